// The probe of matrix units, without any: the products of its matrices in f32. Twin: kernels-cpu/src/peak_half.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> factor: array<u32>;       // [net, trial]
@group(0) @binding(2) var<storage, read_write> result: array<f32>; // [net, trial]

const TILE_TRIALS = 64u;
const STEPS = {STEPS}u; // products in every sum

// A thread takes a row: of four matrices, one a component.
@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(group.z, trial);
#for k in 0..4 {
    let a{k} = vec4(f32(factor[row] + {k}u));
#}
    var sums = vec4(0.0);
    for (var step = 0u; step < STEPS; step++) {
#for c in 0..16 {
#for k in 0..16 {
        sums = fma(a{k%4}, vec4({(k+2*c)%3}.0, {(k+2*c+1)%3}.0, {(k+2*c+2)%3}.0, {(k+2*c+3)%3}.0), sums);
#}
#}
    }
    result[row] = ((sums.x + sums.y) + sums.z) + sums.w;
}
