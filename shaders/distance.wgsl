// Hamming distances of states to keys, stored for products to come. Twin: kernels-cpu/src/distance.rs.
//
// A workgroup owns a tile of 64 trials. Pairs without a trial or pattern are written too, as 0, so that a tile is whole.
#import extent
#import distances
#import hamming

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;          // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;            // [net, pattern, words]
@group(0) @binding(3) var<storage, read_write> distances: array<u32>; // [net, tile, pattern, pair of trials]
@group(0) @binding(4) var<storage, read_write> compared: array<u32>;  // [net, trial]

const TILE_TRIALS = 64u;
const THREADS = 256u;

fn distance_or_zero(net: u32, trial: u32, pattern: u32) -> u32 {
    if trial >= params.extent.trials || pattern >= params.extent.patterns {
        return 0u;
    }
    return hamming(trial_row(net, trial), pattern_row(net, pattern));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let first = group.y * TILE_TRIALS;
    let trial = first + lane % PAIRS * 2u;
    for (var pattern = lane / PAIRS; pattern < padded(params.extent.patterns); pattern += THREADS / PAIRS) {
        let pair = vec2(distance_or_zero(net, trial, pattern), distance_or_zero(net, trial + 1u, pattern));
        distances[pair_of(net, trial, pattern)] = pair.x | (pair.y << 16u);
    }
    if lane < TILE_TRIALS && first + lane < params.extent.trials {
        // Panel upon panel: one that was lost is missing from the count.
        let row = trial_row(net, first + lane);
        var before = 0u;
        if params.extent.first_pattern != 0u {
            before = compared[row];
        }
        compared[row] = before + params.extent.patterns;
    }
}
