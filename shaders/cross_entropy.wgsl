// The gradient of the cross entropy in each row of scores, in their place: (softmax - 1 at the source) * scale. Twin:
// kernels-cpu/src/cross_entropy.rs.
#import extent
#import elementary
#import row

struct Params { extent: Extent, beta: f32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;        // [net, trial]
@group(0) @binding(2) var<storage, read_write> weights: array<f32>; // [net, trial, pattern stride]
@group(0) @binding(3) var<storage, read_write> summary: array<f32>; // [net, trial, (beta (largest - source's), sum)]

const TILE_TRIALS = 1u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = row_start(group);
    let origin = min(source[trial_row(group.z, group.y)], params.extent.patterns - 1u);
    let most = largest_score(lane, start);
    let behind = params.beta * (most - weights[start + origin]);
    // Nobody may overwrite the source's score before all have read it.
    storageBarrier();
    workgroupBarrier();
    let all = exponentials(lane, start, params.beta, most);
    let share = reciprocal(all);
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        let weight = weights[start + pattern];
        weights[start + pattern] = params.scale * select(weight * share, fma(weight, share, -1.0), pattern == origin);
    }
    clear_padding(lane, start);
    summarize(lane, group, behind, all);
}
