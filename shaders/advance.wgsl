// Each trial's step from its state to the next. Twin: kernels-cpu/src/advance.rs.
#import extent

struct Params { extent: Extent, most: u32, resuming: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> next: array<u32>;              // [net, trial, words]
@group(0) @binding(2) var<storage, read> uncertain: array<u32>;         // [net, trial, words]
@group(0) @binding(3) var<storage, read_write> changed: array<u32>;     // [net, trial]
@group(0) @binding(4) var<storage, read_write> weight_norm: array<f32>; // [net, trial]
@group(0) @binding(5) var<storage, read_write> states: array<u32>;      // [net, trial, words]
@group(0) @binding(6) var<storage, read_write> history: array<u32>;     // [net, trial, most * words]: oldest first
@group(0) @binding(7) var<storage, read_write> course: array<u32>;      // [net, trial, 2]: steps taken, and how it stands
@group(0) @binding(8) var<storage, read_write> counts: array<atomic<u32>>; // [net, 3]: fresh, new waiting, new ended

const TILE_TRIALS = 64u;
const MOVING = 0u;
const WAITING = 0x7fffffffu;
const TAKEN = 2u;
const TAKEN_NORM = -1.0;
const FRESH = 0u;
const WAITS = 1u;
const ENDED = 2u;

var<workgroup> tally: array<atomic<u32>, 3>;

// Whether field and threshold have run since the last time, whose results bear marks that neither writes.
fn taken_anew(row: u32) -> bool {
    // By its bits: a norm may be a NaN.
    if changed[row] > 1u || bitcast<u32>(weight_norm[row]) == bitcast<u32>(TAKEN_NORM) {
        return false;
    }
    changed[row] = TAKEN;
    weight_norm[row] = TAKEN_NORM;
    return true;
}

fn doubted(row: u32) -> bool {
    var doubts = 0u;
    for (var word = row * params.extent.words; word < (row + 1u) * params.extent.words; word++) {
        doubts |= uncertain[word];
    }
    return doubts != 0u;
}

// How many steps ago the trial was in its next state; 0 for never. The state itself is the history's newest.
fn returned(row: u32, steps: u32) -> u32 {
    let words = params.extent.words;
    let first = row * params.most * words;
    for (var ago = 1u; ago <= steps + 1u; ago++) {
        let earlier = first + (steps + 1u - ago) * words;
        var word = 0u;
        while word < words && history[earlier + word] == next[row * words + word] {
            word++;
        }
        if word == words {
            return ago;
        }
    }
    return 0u;
}

fn take_step(row: u32, steps: u32) {
    let words = params.extent.words;
    let newest = (row * params.most + steps) * words;
    for (var word = 0u; word < words; word++) {
        history[newest + word] = states[row * words + word];
    }
    let period = returned(row, steps);
    for (var word = 0u; word < words; word++) {
        states[row * words + word] = next[row * words + word];
    }
    course[row * 2u] = steps + 1u;
    course[row * 2u + 1u] = period;
    if period > 0u || steps + 1u == params.most {
        atomicAdd(&tally[ENDED], 1u);
    }
}

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if lane < 3u {
        atomicStore(&tally[lane], 0u);
    }
    workgroupBarrier();
    let trial = group.y * TILE_TRIALS + lane;
    if trial < params.extent.trials {
        let row = trial_row(group.z, trial);
        let steps = course[row * 2u];
        let stands = course[row * 2u + 1u];
        if params.resuming == 1u {
            if stands == WAITING && steps < params.most {
                atomicAdd(&tally[FRESH], 1u);
                take_step(row, steps);
            }
        } else if taken_anew(row) {
            atomicAdd(&tally[FRESH], 1u);
            if stands == MOVING && steps < params.most {
                if doubted(row) {
                    course[row * 2u + 1u] = WAITING;
                    atomicAdd(&tally[WAITS], 1u);
                } else {
                    take_step(row, steps);
                }
            }
        }
    }
    workgroupBarrier();
    if lane < 3u {
        atomicAdd(&counts[group.z * padded(3u) + lane], atomicLoad(&tally[lane]));
    }
}
