// The probe of speed: multiply-adds in registers and nothing else. Twin: kernels-cpu/src/peak.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> factor: array<f32>;       // [net, trial]
@group(0) @binding(2) var<storage, read> offset: array<f32>;       // [net, trial]
@group(0) @binding(3) var<storage, read_write> result: array<f32>; // [net, trial]

const TILE_TRIALS = 64u;
const STEPS = 2048u; // of every chain

// Twelve chains that do not wait for each other: more than any device's latency times its issue rate asks for.
@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(group.z, trial);
    let a = vec4(factor[row]);
    let b = vec4(offset[row]);
    var x = vec4(0.0, 1.0, 2.0, 3.0);
    var y = vec4(4.0, 5.0, 6.0, 7.0);
    var z = vec4(8.0, 9.0, 10.0, 11.0);
    for (var step = 0u; step < STEPS; step += 8u) {
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
        x = fma(x, a, b); y = fma(y, a, b); z = fma(z, a, b);
    }
    let sum = (x + y) + z;
    result[row] = ((sum.x + sum.y) + sum.z) + sum.w;
}
