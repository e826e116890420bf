// Fields from couplings: a matrix multiplied with the states themselves. Twin: kernels-cpu/src/couple.rs.
//
// The product of field.wgsl with other weights, 1 and -1 or 0; its patterns are input neurons. A workgroup owns 32
// trials x 32 neurons, a thread 4 x 4 of them. States and couplings come in tiles of 16 inputs; each output is one fma
// chain in order of the inputs from its bias on, and the zeros that pad a tile leave it as it is.
#import extent
#import sums

struct Params { extent: Extent, zero: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;            // [net, trial, words]
@group(0) @binding(2) var<storage, read> couplings: array<f32>;         // [net, input, neurons]
@group(0) @binding(3) var<storage, read> bias: array<f32>;              // [net, neurons]
@group(0) @binding(4) var<storage, read_write> field: array<f32>;       // [net, trial, neurons]
@group(0) @binding(5) var<storage, read_write> weight_norm: array<f32>; // [net, trial]

const TILE_TRIALS = 32u;
const TILE_NEURONS = 32u;
const DEPTH = 16u;

// Scalars, not vectors: a store to one component of a shared vec4 may rewrite the others, which other lanes own.
var<workgroup> components: array<f32, 512>; // [input in tile, trial in tile]
var<workgroup> columns: array<f32, 512>;    // [input in tile, neuron in tile]

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + local.y * 4u;
    let neuron = group.x * TILE_NEURONS + local.x * 4u;
    // Inputs beyond the last neuron count for nothing.
    let before = min(params.extent.first_pattern, params.extent.neurons);
    let inputs = min(params.extent.patterns, params.extent.neurons - before);

    // What this thread fetches: components of one trial, couplings to one neuron, 8 inputs of each.
    let fetch_trial = group.y * TILE_TRIALS + (lane & 31u);
    let fetch_neuron = group.x * TILE_NEURONS + (lane & 31u);
    let fetch_input = (lane >> 5u) * 8u;
    let present = fetch_trial < params.extent.trials;
    let fetch_row = trial_row(net, min(fetch_trial, params.extent.trials - 1u));

    var sum0 = start(net, neuron);
    var sum1 = sum0;
    var sum2 = sum0;
    var sum3 = sum0;
    // Only the first column of workgroups counts squares, one thread a trial.
    let counts = group.x == 0u && lane < TILE_TRIALS && present;
    var norm = 0.0;
    if params.extent.first_pattern != 0u {
        let last = params.extent.trials - 1u;
        sum0 = load(trial_row(net, min(trial, last)), neuron);
        sum1 = load(trial_row(net, min(trial + 1u, last)), neuron);
        sum2 = load(trial_row(net, min(trial + 2u, last)), neuron);
        sum3 = load(trial_row(net, min(trial + 3u, last)), neuron);
        norm = weight_norm[fetch_row];
    }

    for (var first = 0u; first < inputs; first += DEPTH) {
        // Panels start at multiples of 64, so 8 inputs are bits of one word.
        let place = params.extent.first_pattern + first + fetch_input;
        let word = min(place >> 5u, params.extent.words - 1u);
        let bits = states[fetch_row * params.extent.words + word] >> (place & 31u);
        for (var i = 0u; i < 8u; i++) {
            let input = first + fetch_input + i;
            let slot = (fetch_input + i) * 32u + (lane & 31u);
            let component = select(params.zero, 1.0, ((bits >> i) & 1u) == 1u);
            components[slot] = select(0.0, component, present && input < inputs);
            var coupling = 0.0;
            if input < inputs && fetch_neuron < params.extent.neurons {
                coupling = couplings[pattern_row(net, input) * params.extent.neurons + fetch_neuron];
            }
            columns[slot] = coupling;
        }
        if counts {
            // These threads have the first inputs of the tile at the end of their word, and the others after them.
            let tile = min(DEPTH, inputs - first);
            let up = countOneBits(bits & ((1u << tile) - 1u));
            norm += f32(up) + params.zero * params.zero * f32(tile - up);
        }
        workgroupBarrier();
        for (var input = 0u; input < DEPTH; input++) {
            let s = input * 32u + local.y * 4u;
            let c = input * 32u + local.x * 4u;
            let row = vec4(columns[c], columns[c + 1u], columns[c + 2u], columns[c + 3u]);
            sum0 = fma(vec4(components[s]), row, sum0);
            sum1 = fma(vec4(components[s + 1u]), row, sum1);
            sum2 = fma(vec4(components[s + 2u]), row, sum2);
            sum3 = fma(vec4(components[s + 3u]), row, sum3);
        }
        workgroupBarrier();
    }

    store(net, trial, neuron, sum0);
    store(net, trial + 1u, neuron, sum1);
    store(net, trial + 2u, neuron, sum2);
    store(net, trial + 3u, neuron, sum3);
    if counts {
        weight_norm[fetch_row] = norm;
    }
}

// What four neurons' sums start from.
fn start(net: u32, neuron: u32) -> vec4<f32> {
    var sums = vec4(0.0);
    for (var i = 0u; i < 4u; i++) {
        if neuron + i < params.extent.neurons {
            // The zero that is not negative, which those that pad a tile leave as it is.
            let own = bias[net * padded(params.extent.neurons) + neuron + i];
            sums[i] = select(own, 0.0, own == 0.0);
        }
    }
    return sums;
}
