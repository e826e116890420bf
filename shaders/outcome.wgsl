// Where a trial ended, by exact equality. Twin: kernels-cpu/src/outcome.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> finals: array<u32>;         // [net, trial, words]
@group(0) @binding(2) var<storage, read> targets: array<u32>;        // [net, trial, words]
@group(0) @binding(3) var<storage, read> nearest: array<u32>;        // [net, trial]: distance to the nearest key
@group(0) @binding(4) var<storage, read> period: array<u32>;         // [net, trial]: 0 moving, 1 fixed, else a cycle
@group(0) @binding(5) var<storage, read_write> outcome: array<u32>;  // [net, trial]
@group(0) @binding(6) var<storage, read_write> distance: array<u32>; // [net, trial]: to the target

const TILE_TRIALS = 64u;
const REACHED_TARGET = 0u;
const REACHED_OTHER = 1u;
const SPURIOUS = 2u;
const CYCLE = 3u;
const UNSETTLED = 4u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(group.z, trial);
    var d = 0u;
    for (var word = row * params.extent.words; word < (row + 1u) * params.extent.words; word++) {
        d += countOneBits(finals[word] ^ targets[word]);
    }
    var end = SPURIOUS;
    if period[row] == 0u {
        end = UNSETTLED;
    } else if period[row] > 1u {
        end = CYCLE;
    } else if d == 0u {
        end = REACHED_TARGET;
    } else if nearest[row] == 0u {
        end = REACHED_OTHER;
    }
    outcome[row] = end;
    distance[row] = d;
}
