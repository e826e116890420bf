// The distance at which each state's weights are largest: that of its key of the largest exponent, the first among equals.
// Twin: kernels-cpu/src/heaviest.rs.
#import extent
#import hamming

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;          // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;            // [net, pattern, words]
@group(0) @binding(3) var<storage, read> exponents: array<i32>;       // [net, neurons + 1]
@group(0) @binding(4) var<storage, read_write> reference: array<u32>; // [net, trial]

const TILE_TRIALS = 64u;

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(net, trial);
    let table = net * padded(params.extent.neurons + 1u);
    var heaviest = 0u;
    var largest = -2147483647;
    if params.extent.first_pattern != 0u {
        heaviest = min(reference[row], params.extent.neurons);
        largest = exponents[table + heaviest];
    }
    for (var pattern = 0u; pattern < params.extent.patterns; pattern++) {
        // Tail bits are zero, so no distance passes N; a state that breaks this must not read past the table.
        let d = min(hamming(row, pattern_row(net, pattern)), params.extent.neurons);
        if exponents[table + d] > largest {
            heaviest = d;
            largest = exponents[table + d];
        }
    }
    reference[row] = heaviest;
}
