// Softmax of each row of scores, in their place; or only the exponentials, relative to the row's largest. Twin:
// kernels-cpu/src/softmax.rs.
#import extent
#import elementary
#import row

struct Params { extent: Extent, beta: f32, normalized: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>; // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read_write> summary: array<f32>; // [net, trial, (largest score, sum of exponentials)]

const TILE_TRIALS = 1u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = row_start(group);
    let most = largest_score(lane, start);
    let all = exponentials(lane, start, params.beta, most);
    if params.normalized != 0u {
        scale_row(lane, start, reciprocal(all));
    }
    clear_padding(lane, start);
    summarize(lane, group, most, all);
}
