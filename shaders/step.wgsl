// One step of gradient descent on the dual. Twin: kernels-cpu/src/step.rs.
#import extent

struct Params {
    extent: Extent,
    rate: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;   // [net, trial, neurons]; a trial is a pattern
@group(0) @binding(2) var<storage, read_write> dual: array<f32>; // [net, trial, neurons]

const TILE_TRIALS = 4u;
const TILE_NEURONS = 32u;

@compute @workgroup_size(TILE_NEURONS, TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let trial = group.y * TILE_TRIALS + local.y;
    let neuron = group.x * TILE_NEURONS + local.x;
    if trial >= params.extent.trials || neuron >= params.extent.neurons {
        return;
    }
    let at = trial_row(group.z, trial) * params.extent.neurons + neuron;
    dual[at] = fma(-params.rate, gradient[at], dual[at]);
}
