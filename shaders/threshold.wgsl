// The sign of each field, and whether it can be trusted. Twin: kernels-cpu/src/threshold.rs.
#import extent
#import finite

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;          // [net, trial, words]
@group(0) @binding(2) var<storage, read> field: array<f32>;           // [net, trial, neurons]
@group(0) @binding(3) var<storage, read> weight_norm: array<f32>;     // [net, trial]
@group(0) @binding(4) var<storage, read> inverse_bound: array<f32>;   // [net, neurons]: 1 / (gamma |dual_i|_2), or 0
@group(0) @binding(5) var<storage, read_write> next: array<u32>;      // [net, trial, words]
@group(0) @binding(6) var<storage, read_write> uncertain: array<u32>; // [net, trial, words]
@group(0) @binding(7) var<storage, read_write> changed: array<u32>;   // [net, trial]

const TILE_TRIALS = 64u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(net, trial);
    let norm = weight_norm[row];
    var differs = 0u;
    for (var word = 0u; word < params.extent.words; word++) {
        let state = states[row * params.extent.words + word];
        let count = min(32u, params.extent.neurons - word * 32u);
        var signs = 0u;
        var doubts = 0u;
        for (var bit = 0u; bit < count; bit++) {
            let neuron = word * 32u + bit;
            let h = field[row * params.extent.neurons + neuron];
            // A field of exactly 0 keeps the neuron's state.
            let old = ((state >> bit) & 1u) == 1u;
            let positive = h > 0.0 || (h == 0.0 && old);
            signs |= select(0u, 1u << bit, positive);
            // Products only: nothing a compiler could contract, so that every device doubts the same signs.
            let inverse = inverse_bound[net * padded(params.extent.neurons) + neuron];
            let scaled = h * inverse;
            let certain = inverse > 0.0 && scaled * scaled > norm && is_finite(h) && is_finite(norm);
            doubts |= select(1u << bit, 0u, certain);
        }
        next[row * params.extent.words + word] = signs;
        uncertain[row * params.extent.words + word] = doubts;
        differs |= signs ^ state;
    }
    changed[row] = select(0u, 1u, differs != 0u);
}
