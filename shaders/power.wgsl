// A power of each score of a row, relative to the row's largest magnitude, in their place. Twin:
// kernels-cpu/src/power.rs.
#import extent
#import elementary
#import row

struct Params { extent: Extent, exponent: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>; // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read_write> summary: array<f32>; // [net, trial, (largest magnitude, sum of powers)]

const TILE_TRIALS = 1u;
// Magnitudes below this are no scores.
const LEAST = 1e-30;

// Powers below 2^-64 are dropped: the next might be subnormal, which some devices flush.
fn kept(power: f32) -> f32 {
    return select(power, 0.0, abs(power) < 5.421011e-20);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = row_start(group);
    var size = LEAST;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        size = max(size, abs(weights[start + pattern]));
    }
    let most = largest(lane, size);
    let share = reciprocal(most);
    var sum = 0.0;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        let base = kept(weights[start + pattern] * share);
        var weight = 1.0;
        for (var i = 1u; i < params.exponent; i++) {
            weight = kept(weight * base);
        }
        let last = kept(weight * base);
        weights[start + pattern] = last;
        sum = fma(select(weight, 0.0, last == 0.0), base, sum);
    }
    let all = total(lane, sum);
    clear_padding(lane, start);
    summarize(lane, group, most, all);
}
