// Scores of the footprint similarities: coefficients times the sorted likenesses of query and pattern. Twin:
// kernels-cpu/src/footprint.rs.
//
// A workgroup owns a query, and takes as many patterns at a time as fill its room. Eight threads share a pair's sum:
// each has a chain over every eighth dimension, through both kinds, and the chains are added by halves.
#import extent
#import footprint

struct Params { extent: Extent, kinds: u32, sorted: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<f32>;      // [net, trial, dimensions]
@group(0) @binding(2) var<storage, read> patterns: array<f32>;     // [net, pattern, dimensions]
@group(0) @binding(3) var<storage, read> coefficients: array<f32>; // [net, kind, dimensions]
@group(0) @binding(4) var<storage, read_write> scores: array<f32>; // [net, trial, pattern stride]

const TILE_TRIALS = 1u;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = trial_row(group.z, group.y);
    let dimensions = params.extent.neurons;
    let stride = stride_of_pairs();
    let pairs = pairs_at_once(stride);
    let weights = group.z * padded(KINDS * dimensions);
    let pair = lane / PARTS;
    let place = row * params.extent.pattern_stride + params.extent.first_pattern;
    for (var first = 0u; first < padded(params.extent.patterns); first += pairs) {
        var sum = 0.0;
        for (var kind = 0u; kind < KINDS; kind++) {
            if ((params.kinds >> kind) & 1u) == 0u {
                continue;
            }
            liken(group.z, row, first, kind, stride, lane);
            if pair < pairs {
                for (var dimension = lane % PARTS; dimension < dimensions; dimension += PARTS) {
                    let weight = coefficients[weights + kind * dimensions + dimension];
                    sum = fma(weight, values[pair * stride + dimension], sum);
                }
            }
            workgroupBarrier();
        }
        sums[lane] = sum;
        workgroupBarrier();
        for (var half = PARTS / 2u; half > 0u; half >>= 1u) {
            if lane % PARTS < half {
                sums[lane] += sums[lane + half];
            }
            workgroupBarrier();
        }
        let pattern = first + lane;
        if lane < pairs && pattern < padded(params.extent.patterns) {
            scores[place + pattern] = select(0.0, sums[lane * PARTS], pattern < params.extent.patterns);
        }
        workgroupBarrier();
    }
}
