// Packed states brought from one row to another. Twin: kernels-cpu/src/gather.rs.
#import extent

struct Params { extent: Extent, states: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;          // [net, trial]: a row of source, or beyond the last
@group(0) @binding(2) var<storage, read> source: array<u32>;         // [net, pattern, states * words]
@group(0) @binding(3) var<storage, read_write> gathered: array<u32>; // [net, trial, states * words]
@group(0) @binding(4) var<storage, read_write> found: array<u32>;    // [net, trial]

const TILE_TRIALS = 64u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(group.z, trial);
    // Another panel has the rows before this one's and after them: a place before the first wraps round to a large one.
    let place = index[row] - params.extent.first_pattern;
    let here = place < params.extent.patterns;
    if here || params.extent.first_pattern == 0u {
        found[row] = select(0u, 1u, here);
    }
    if here {
        let width = params.states * params.extent.words;
        let first = pattern_row(group.z, place) * width;
        for (var word = 0u; word < width; word++) {
            gathered[row * width + word] = source[first + word];
        }
    }
}
