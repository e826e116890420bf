// The probe of matrix units by cooperative matrices of 16 x 16 x 16. Twin: kernels-cpu/src/peak_half.rs.
//
// A workgroup of 8 subgroups of 32 threads takes 128 trials, a subgroup 16 of them, one a row. Its four sums do not wait for
// each other; only their start and end touch memory.
enable f16;
enable wgpu_cooperative_matrix;
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> factor: array<u32>;       // [net, trial]
@group(0) @binding(2) var<storage, read_write> result: array<f32>; // [net, trial]

const TILE_TRIALS = 128u;
const STEPS = {STEPS}u; // products in every sum
const THREADS = 256u;
const SUBGROUP = 32u;

var<workgroup> left: array<f16, 2048>;  // [trial in tile, 16]
var<workgroup> right: array<f16, 1024>; // [sum, 16, 16]
var<workgroup> sums: array<f32, 2048>;  // [subgroup, 16, 16]

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let first_trial = group.y * TILE_TRIALS;
    let last_trial = params.extent.trials - 1u;
    for (var i = lane; i < 2048u; i += THREADS) {
        left[i] = f16(factor[trial_row(net, min(first_trial + i / 16u, last_trial))] + i % 4u);
    }
    for (var i = lane; i < 1024u; i += THREADS) {
        right[i] = f16((i / 16u % 16u + 2u * (i % 16u) + i / 256u) % 3u);
    }
    workgroupBarrier();

    let own = lane / SUBGROUP * 256u;
    let stride = 16u;
    let a = coopLoadT<coop_mat16x16<f16, A>>(&left[own], stride);
#for j in 0..4 {
    let b{j} = coopLoadT<coop_mat16x16<f16, B>>(&right[{j*256}u], stride);
    var sum{j} = coop_mat16x16<f32, C>();
#}
    for (var step = 0u; step < STEPS; step += 8u) {
#for i in 0..8 {
#for j in 0..4 {
        sum{j} = coopMultiplyAdd(a, b{j}, sum{j});
#}
#}
    }

    // Accumulators give up their elements only through memory. naga needs every argument of a store bound beforehand.
    let row = lane % SUBGROUP;
    var total = 0.0;
#for j in 0..4 {
    let done{j} = sum{j};
    coopStoreT(done{j}, &sums[own], stride);
    workgroupBarrier();
    if row < 16u {
        for (var column = 0u; column < 16u; column++) {
            total += sums[own + row * 16u + column];
        }
    }
    workgroupBarrier();
#}
    let trial = first_trial + lane / SUBGROUP * 16u + row;
    if row < 16u && trial <= last_trial {
        result[trial_row(net, trial)] = total;
    }
}
