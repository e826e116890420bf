// Gradients of the footprint's coefficients: the sorted likenesses of each query and all patterns, weighted by the
// gradients of their scores. Twin: kernels-cpu/src/footprint_gradient.rs.
//
// A workgroup owns a query. Each coefficient's gradient is one chain in pattern order.
#import extent
#import footprint

struct Params { extent: Extent, kinds: u32, sorted: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<f32>;        // [net, trial, dimensions]
@group(0) @binding(2) var<storage, read> patterns: array<f32>;       // [net, pattern, dimensions]
@group(0) @binding(3) var<storage, read> slopes: array<f32>;         // [net, trial, pattern stride]
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>; // [net, trial, kind, dimensions]

const TILE_TRIALS = 1u;

var<workgroup> sums: array<f32, 2048>; // [kind, dimension]

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = trial_row(group.z, group.y);
    let dimensions = params.extent.neurons;
    let stride = stride_of_pairs();
    let pairs = pairs_at_once(stride);
    let place = row * params.extent.pattern_stride + params.extent.first_pattern;
    // A thread meets the same sums every time: no other needs to wait for them.
    for (var i = lane; i < KINDS * dimensions; i += THREADS) {
        var sum = 0.0;
        if params.extent.first_pattern != 0u {
            sum = gradient[row * KINDS * dimensions + i];
        }
        sums[i] = sum;
    }
    for (var first = 0u; first < params.extent.patterns; first += pairs) {
        let last = min(pairs, params.extent.patterns - first);
        for (var kind = 0u; kind < KINDS; kind++) {
            if ((params.kinds >> kind) & 1u) == 0u {
                continue;
            }
            liken(group.z, row, first, kind, stride, lane);
            // By the thread that owns the sum, whichever dimension that makes.
            for (var i = lane; i < KINDS * dimensions; i += THREADS) {
                if i / dimensions != kind {
                    continue;
                }
                var sum = sums[i];
                for (var pair = 0u; pair < last; pair++) {
                    sum = fma(slopes[place + first + pair], values[pair * stride + i - kind * dimensions], sum);
                }
                sums[i] = sum;
            }
            workgroupBarrier();
        }
    }
    for (var i = lane; i < KINDS * dimensions; i += THREADS) {
        gradient[row * KINDS * dimensions + i] = sums[i];
    }
}
