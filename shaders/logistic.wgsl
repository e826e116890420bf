// The KLR residual sigma(F) - t + lambda alpha, in place of the field F. Twin: kernels-cpu/src/logistic.rs.
#import extent
#import sigmoid

struct Params {
    extent: Extent,
    regularization: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dual: array<f32>;           // [net, trial, neurons]; a trial is a pattern
@group(0) @binding(2) var<storage, read> targets: array<u32>;        // [net, trial, words]
@group(0) @binding(3) var<storage, read_write> residual: array<f32>; // [net, trial, neurons]; the field on entry

const TILE_TRIALS = 4u;
const TILE_NEURONS = 32u;

@compute @workgroup_size(TILE_NEURONS, TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let trial = group.y * TILE_TRIALS + local.y;
    let neuron = group.x * TILE_NEURONS + local.x;
    if trial >= params.extent.trials || neuron >= params.extent.neurons {
        return;
    }
    let row = trial_row(group.z, trial);
    let at = row * params.extent.neurons + neuron;
    let up = ((targets[row * params.extent.words + (neuron >> 5u)] >> (neuron & 31u)) & 1u) == 1u;
    // sigma(F) - t = -y sigma(-y F), without the cancellation near 1.
    let miss = sigmoid(select(residual[at], -residual[at], up));
    residual[at] = fma(params.regularization, dual[at], select(miss, -miss, up));
}
