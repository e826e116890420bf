// How many stored patterns lie at each Hamming distance of each state. Twin: kernels-cpu/src/histogram.rs.
//
// A workgroup owns a trial, and counts in its own memory: sums of integers are the same in any order, and the array
// needs no atomics. States of more distances than fit there are gone through again for every BINS of them.
#import extent
#import hamming

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;       // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;         // [net, pattern, words]
@group(0) @binding(3) var<storage, read_write> counts: array<u32>; // [net, trial, N + 1]

const TILE_TRIALS = 1u;
const LANES = 64u;
const BINS = 2048u;

var<workgroup> tally: array<atomic<u32>, 2048>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let row = trial_row(net, group.y);
    let distances = params.extent.neurons + 1u;
    for (var first = 0u; first < distances; first += BINS) {
        let bins = min(BINS, distances - first);
        for (var bin = lane; bin < bins; bin += LANES) {
            atomicStore(&tally[bin], 0u);
        }
        workgroupBarrier();
        for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
            // Of a distance below the first this is larger than any bin.
            let bin = hamming(row, pattern_row(net, pattern)) - first;
            if bin < bins {
                atomicAdd(&tally[bin], 1u);
            }
        }
        workgroupBarrier();
        for (var bin = lane; bin < bins; bin += LANES) {
            let place = row * distances + first + bin;
            var before = 0u;
            if params.extent.first_pattern != 0u {
                before = counts[place];
            }
            counts[place] = before + atomicLoad(&tally[bin]);
        }
        // The next bins are cleared by the lanes that read these: no barrier is needed between.
    }
}
