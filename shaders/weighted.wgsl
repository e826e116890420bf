// Fields from given weights: their product with the dual. Twin: kernels-cpu/src/weighted.rs.
//
// The product of field.wgsl with weights that lie in memory. A workgroup owns 32 trials x 32 neurons, a thread 4 x 4 of them.
// Weights and dual come in tiles of 16 patterns; each output is one fma chain in pattern order, and the zeros that pad a
// tile leave it as it is.
#import extent
#import sums

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;     // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read> dual: array<f32>;        // [net, pattern, neurons]
@group(0) @binding(3) var<storage, read_write> field: array<f32>; // [net, trial, neurons]

const TILE_TRIALS = 32u;
const TILE_NEURONS = 32u;
const DEPTH = 16u;

// Scalars, not vectors: a store to one component of a shared vec4 may rewrite the others, which other lanes own.
var<workgroup> held: array<f32, 512>;  // [pattern in tile, trial in tile]
var<workgroup> duals: array<f32, 512>; // [pattern in tile, neuron in tile]

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + local.y * 4u;
    let neuron = group.x * TILE_NEURONS + local.x * 4u;

    // What this thread fetches: weights of one trial, a column of duals of one neuron, 8 patterns each.
    let fetch_trial = group.y * TILE_TRIALS + (lane & 31u);
    let fetch_neuron = group.x * TILE_NEURONS + (lane & 31u);
    let fetch_pattern = (lane >> 5u) * 8u;
    let last = params.extent.trials - 1u;
    let present = fetch_trial <= last;
    let fetch_row = trial_row(net, min(fetch_trial, last)) * params.extent.pattern_stride + params.extent.first_pattern;

    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    if params.extent.first_pattern != 0u {
        sum0 = load(trial_row(net, min(trial, last)), neuron);
        sum1 = load(trial_row(net, min(trial + 1u, last)), neuron);
        sum2 = load(trial_row(net, min(trial + 2u, last)), neuron);
        sum3 = load(trial_row(net, min(trial + 3u, last)), neuron);
    }

    for (var first = 0u; first < params.extent.patterns; first += DEPTH) {
        for (var i = 0u; i < 8u; i++) {
            let pattern = first + fetch_pattern + i;
            let slot = (fetch_pattern + i) * 32u + (lane & 31u);
            var weight = 0.0;
            var variable = 0.0;
            if pattern < params.extent.patterns {
                if present {
                    weight = weights[fetch_row + pattern];
                }
                if fetch_neuron < params.extent.neurons {
                    variable = dual[pattern_row(net, pattern) * params.extent.neurons + fetch_neuron];
                }
            }
            held[slot] = weight;
            duals[slot] = variable;
        }
        workgroupBarrier();
        for (var pattern = 0u; pattern < DEPTH; pattern++) {
            let w = pattern * 32u + local.y * 4u;
            let d = pattern * 32u + local.x * 4u;
            let row = vec4(duals[d], duals[d + 1u], duals[d + 2u], duals[d + 3u]);
            sum0 = fma(vec4(held[w]), row, sum0);
            sum1 = fma(vec4(held[w + 1u]), row, sum1);
            sum2 = fma(vec4(held[w + 2u]), row, sum2);
            sum3 = fma(vec4(held[w + 3u]), row, sum3);
        }
        workgroupBarrier();
    }

    store(net, trial, neuron, sum0);
    store(net, trial + 1u, neuron, sum1);
    store(net, trial + 2u, neuron, sum2);
    store(net, trial + 3u, neuron, sum3);
}
