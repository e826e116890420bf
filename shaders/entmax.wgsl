// Entmax of each row of scores, in their place: max(z - tau, 0)^power, z the scores by their sharpness, tau where the
// sum is 1. Twin: kernels-cpu/src/entmax.rs.
#import extent
#import elementary
#import row

struct Params { extent: Extent, sharpness: f32, power: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>; // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read_write> summary: array<f32>; // [net, trial, (largest score, tau)]

const TILE_TRIALS = 1u;
const ROUNDS = 64u;
// Below this a score is at the threshold: its power would be nothing beside 1.
const LEAST = 1e-9;

// x^(power - 1).
fn slope(x: f32) -> f32 {
    if params.power == 1.0 {
        return select(0.0, 1.0, x > 0.0);
    }
    if params.power == 2.0 {
        return x;
    }
    return select(exponential(min((params.power - 1.0) * logarithm(max(x, LEAST)), 0.0)), 0.0, x < LEAST);
}

// The score by its sharpness above the threshold, at most 1.
fn above(score: f32, most: f32, threshold: f32) -> f32 {
    let x = fma(params.sharpness, score - most, -threshold);
    return select(min(x, 1.0), 0.0, x < LEAST);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = row_start(group);
    let most = largest_score(lane, start);
    // Newton's steps from the left of a falling convex function: they never pass its root.
    var threshold = -1.0;
    for (var round = 0u; round < ROUNDS; round++) {
        var sum = 0.0;
        var slopes = 0.0;
        for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
            let x = above(weights[start + pattern], most, threshold);
            let steep = slope(x);
            sum = fma(x, steep, sum);
            slopes += steep;
        }
        let all = total(lane, sum);
        let steepness = total(lane, slopes);
        let next = fma(all - 1.0, reciprocal(params.power * steepness), threshold);
        if next <= threshold || all <= 1.0 {
            break;
        }
        threshold = next;
    }
    var sum = 0.0;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        let x = above(weights[start + pattern], most, threshold);
        let steep = slope(x);
        weights[start + pattern] = x * steep;
        sum = fma(x, steep, sum);
    }
    // What rounding left of the threshold's error.
    scale_row(lane, start, reciprocal(total(lane, sum)));
    clear_padding(lane, start);
    summarize(lane, group, most, threshold);
}
