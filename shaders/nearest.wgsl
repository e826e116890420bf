// The nearest stored pattern of each state, the lowest index among equals. Twin: kernels-cpu/src/nearest.rs.
#import extent
#import hamming

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;         // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;           // [net, pattern, words]
@group(0) @binding(3) var<storage, read_write> distance: array<u32>; // [net, trial]
@group(0) @binding(4) var<storage, read_write> index: array<u32>;    // [net, trial]

const TILE_TRIALS = 64u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(net, trial);
    var best = 0xffffffffu;
    var best_index = 0u;
    if params.extent.first_pattern != 0u {
        best = distance[row];
        best_index = index[row];
    }
    for (var pattern = 0u; pattern < params.extent.patterns; pattern++) {
        let d = hamming(row, pattern_row(net, pattern));
        if d < best {
            best = d;
            best_index = params.extent.first_pattern + pattern;
        }
    }
    distance[row] = best;
    index[row] = best_index;
}
