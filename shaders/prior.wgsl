// Adds to each score what its pattern has before any query. Twin: kernels-cpu/src/prior.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> prior: array<f32>;        // [net, pattern]
@group(0) @binding(2) var<storage, read_write> scores: array<f32>; // [net, trial, pattern stride]

const TILE_TRIALS = 1u;
const LANES = 64u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = trial_row(group.z, group.y) * params.extent.pattern_stride;
    let own = pattern_row(group.z, 0u);
    for (var pattern = lane; pattern < params.extent.pattern_stride; pattern += LANES) {
        // What pads a row may be anything, and stays out.
        scores[start + pattern] =
            select(0.0, scores[start + pattern] + prior[own + pattern], pattern < params.extent.patterns);
    }
}
