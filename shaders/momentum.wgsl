// One step of accelerated descent on the dual, with constant momentum. Twin: kernels-cpu/src/momentum.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pace: array<f32>;          // [net, (step, momentum)]
@group(0) @binding(2) var<storage, read> gradient: array<f32>;      // [net, trial, neurons]; a trial is a pattern
@group(0) @binding(3) var<storage, read_write> carried: array<f32>; // [net, trial, neurons]
@group(0) @binding(4) var<storage, read_write> dual: array<f32>;    // [net, trial, neurons]

const TILE_TRIALS = 4u;
const TILE_NEURONS = 32u;

@compute @workgroup_size(TILE_NEURONS, TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let trial = group.y * TILE_TRIALS + local.y;
    let neuron = group.x * TILE_NEURONS + local.x;
    if trial >= params.extent.trials || neuron >= params.extent.neurons {
        return;
    }
    let step = pace[group.z * padded(2u)];
    let momentum = pace[group.z * padded(2u) + 1u];
    let at = trial_row(group.z, trial) * params.extent.neurons + neuron;
    let moved = fma(-step, gradient[at], carried[at]);
    dual[at] = fma(momentum, moved, fma(-step, gradient[at], dual[at]));
    // A product that is stored and not added: nothing for a compiler to contract.
    carried[at] = momentum * moved;
}
