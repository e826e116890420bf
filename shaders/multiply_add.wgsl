// The probe: what fma does on this device. Twin: kernels-cpu/src/multiply_add.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;           // [net, trial]
@group(0) @binding(2) var<storage, read> b: array<f32>;           // [net, trial]
@group(0) @binding(3) var<storage, read> c: array<f32>;           // [net, trial]
@group(0) @binding(4) var<storage, read_write> result: array<f32>; // [net, trial]

const TILE_TRIALS = 64u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(group.z, trial);
    result[row] = fma(a[row], b[row], c[row]);
}
