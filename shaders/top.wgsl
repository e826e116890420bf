// Softmax of the highest scores of each row, in their place; the others weigh nothing. Twin: kernels-cpu/src/top.rs.
#import extent
#import elementary
#import row

struct Params { extent: Extent, count: u32, beta: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>; // [net, trial, pattern stride]
@group(0) @binding(2) var<storage, read_write> summary: array<f32>; // [net, trial, (largest score, sum of exponentials)]

const TILE_TRIALS = 1u;

// A score's place among all numbers, as an unsigned one; -0 is 0.
fn rank(score: f32) -> u32 {
    let bits = bitcast<u32>(score);
    return select(bits | 0x80000000u, select(~bits, 0x80000000u, bits == 0x80000000u), bits >= 0x80000000u);
}

// How many of a row's scores rank at least so high; those of that very rank only before an index.
fn ranked(lane: u32, start: u32, least: u32, before: u32) -> u32 {
    var count = 0.0;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        let place = rank(weights[start + pattern]);
        count += select(0.0, 1.0, place > least || (place == least && pattern < before));
    }
    return u32(total(lane, count));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let start = row_start(group);
    let patterns = params.extent.patterns;
    let count = min(params.count, patterns);
    // The rank of the last that is in, bit by bit from the highest.
    var least = 0u;
    for (var bit = 32u; bit > 0u; bit--) {
        let higher = least | (1u << (bit - 1u));
        if ranked(lane, start, higher, patterns) >= count {
            least = higher;
        }
    }
    // Of equals the first are in.
    var before = patterns;
    if ranked(lane, start, least, patterns) > count {
        var low = 0u;
        while low < before {
            let middle = (low + before) / 2u;
            if ranked(lane, start, least, middle) >= count {
                before = middle;
            } else {
                low = middle + 1u;
            }
        }
    }
    let most = largest_score(lane, start);
    var sum = 0.0;
    for (var pattern = lane; pattern < patterns; pattern += LANES) {
        let score = weights[start + pattern];
        let place = rank(score);
        let chosen = place > least || (place == least && pattern < before);
        let weight = select(0.0, exponential(params.beta * (score - most)), chosen);
        weights[start + pattern] = weight;
        sum += weight;
    }
    let all = total(lane, sum);
    scale_row(lane, start, reciprocal(all));
    clear_padding(lane, start);
    summarize(lane, group, most, all);
}
