// The highest score of each row and whose it is, the first among equals. Twin: kernels-cpu/src/best.rs.
#import extent

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;      // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read_write> index: array<u32>; // [net, trial]
@group(0) @binding(3) var<storage, read_write> score: array<f32>; // [net, trial]

const TILE_TRIALS = 1u;
const LANES = 64u;

var<workgroup> places: array<u32, 64>;

// Whether the score at one place comes before that at another.
fn leads(one: f32, at: u32, other: f32, there: u32) -> bool {
    return one > other || (one == other && at < there);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = trial_row(group.z, group.y);
    let start = row * params.extent.pattern_stride;
    var place = min(lane, params.extent.patterns - 1u);
    for (var pattern = lane + LANES; pattern < params.extent.patterns; pattern += LANES) {
        if scores[start + pattern] > scores[start + place] {
            place = pattern;
        }
    }
    places[lane] = place;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half >>= 1u) {
        if lane < half {
            let other = places[lane + half];
            if leads(scores[start + other], other, scores[start + places[lane]], places[lane]) {
                places[lane] = other;
            }
        }
        workgroupBarrier();
    }
    if lane == 0u {
        index[row] = places[0];
        score[row] = scores[start + places[0]];
    }
}
