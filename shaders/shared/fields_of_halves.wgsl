// The plain shader of field_half, and with SPLIT of field_split, whose values are each a high half and a low one.
//
// A workgroup owns 32 trials x 32 neurons, a thread 4 x 4 of them. Weights and dual come in tiles of 16 patterns.
#import extent
#import sums
#import half
#import hamming

struct Params {
    extent: Extent,
    floor: f32, // where the sum of the squared weights starts
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;            // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;              // [net, pattern, words]
@group(0) @binding(3) var<storage, read> table: array<f32>;             // [net, neurons + 1]
@group(0) @binding(4) var<storage, read> exponents: array<i32>;         // [net, neurons + 1]
@group(0) @binding(5) var<storage, read> reference: array<u32>;         // [net, trial]
#if SPLIT {
@group(0) @binding(6) var<storage, read> dual: array<f32>;              // [net, pattern, neurons]
#} else {
@group(0) @binding(6) var<storage, read> dual: array<u32>;              // [net, pattern, neurons / 2]: two halves a word
#}
@group(0) @binding(7) var<storage, read_write> field: array<f32>;       // [net, trial, neurons]
@group(0) @binding(8) var<storage, read_write> weight_norm: array<f32>; // [net, trial]

const TILE_TRIALS = 32u;
const TILE_NEURONS = 32u;
const DEPTH = 16u;
// Where the low halves of a tile begin.
const LOW = 512u;

// Scalars, not vectors: a store to one component of a shared vec4 may rewrite the others, which other lanes own.
var<workgroup> weights: array<f32, {512*(1+SPLIT)}>; // [high and low, pattern in tile, trial in tile]
var<workgroup> duals: array<f32, {512*(1+SPLIT)}>;   // [high and low, pattern in tile, neuron in tile]

// The weight between a trial and a pattern, as a multiple of 2^(scale - 14); dropped below 2^-14.
fn weight(net: u32, trial: u32, pattern: u32, scale: i32) -> f32 {
    if trial >= params.extent.trials || pattern >= params.extent.patterns {
        return 0.0;
    }
    let distance = hamming(trial_row(net, trial), pattern_row(net, pattern));
    // Tail bits are zero, so no distance passes N; a state that breaks this must not read past the table either.
    let entry = net * padded(params.extent.neurons + 1u) + min(distance, params.extent.neurons);
    let shift = exponents[entry] - scale;
    let scaled = bitcast<f32>(bitcast<u32>(table[entry]) + (bitcast<u32>(shift + 14) << 23u));
    return select(scaled, 0.0, table[entry] == 0.0 || shift < -28);
}

fn dual_or_zero(net: u32, pattern: u32, neuron: u32) -> f32 {
    if pattern >= params.extent.patterns || neuron >= params.extent.neurons {
        return 0.0;
    }
#if SPLIT {
    return dual[pattern_row(net, pattern) * params.extent.neurons + neuron];
#} else {
    let halves = unpack_halves(dual[pattern_row(net, pattern) * ((params.extent.neurons + 1u) >> 1u) + (neuron >> 1u)]);
    return select(halves.x, halves.y, (neuron & 1u) == 1u);
#}
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + local.y * 4u;
    let neuron = group.x * TILE_NEURONS + local.x * 4u;

    // What this thread fetches: a column of weights of one trial, a column of duals of one neuron, 8 patterns each.
    let fetch_trial = group.y * TILE_TRIALS + (lane & 31u);
    let fetch_neuron = group.x * TILE_NEURONS + (lane & 31u);
    let fetch_pattern = (lane >> 5u) * 8u;
    let present = fetch_trial < params.extent.trials;
    let fetch_row = trial_row(net, min(fetch_trial, params.extent.trials - 1u));
    let nearest = min(reference[fetch_row], params.extent.neurons);
    let scale = exponents[net * padded(params.extent.neurons + 1u) + nearest];

    // Only the first column of workgroups sums the squared weights, one thread a trial.
    let sums_norm = group.x == 0u && lane < TILE_TRIALS && present;
#for i in 0..4 {
    var sum{i} = vec4(0.0);
#}
    var norm = params.floor;
    if params.extent.first_pattern != 0u {
        let last = params.extent.trials - 1u;
#for i in 0..4 {
        sum{i} = load(trial_row(net, min(trial + {i}u, last)), neuron);
#}
        norm = weight_norm[fetch_row];
    }

    for (var first = 0u; first < params.extent.patterns; first += DEPTH) {
        for (var i = 0u; i < 8u; i++) {
            let pattern = fetch_pattern + i;
            let slot = pattern * 32u + (lane & 31u);
#if SPLIT {
            let weight_halves = split_halves(weight(net, fetch_trial, first + pattern, scale));
            let dual_halves = split_halves(dual_or_zero(net, first + pattern, fetch_neuron));
            weights[slot] = weight_halves.x;
            weights[LOW + slot] = weight_halves.y;
            duals[slot] = dual_halves.x;
            duals[LOW + slot] = dual_halves.y;
#} else {
            weights[slot] = weight(net, fetch_trial, first + pattern, scale);
            duals[slot] = dual_or_zero(net, first + pattern, fetch_neuron);
#}
        }
        workgroupBarrier();
#if SPLIT {
        // The tile's own sums, the low products apart: few additions, and most of them of little.
#for i in 0..4 {
        var high{i} = vec4(0.0);
        var low{i} = vec4(0.0);
#}
#}
        for (var pattern = 0u; pattern < DEPTH; pattern++) {
            let w = pattern * 32u + local.y * 4u;
            let d = pattern * 32u + local.x * 4u;
            let row = vec4(duals[d], duals[d + 1u], duals[d + 2u], duals[d + 3u]);
#if SPLIT {
            let low_row = vec4(duals[LOW + d], duals[LOW + d + 1u], duals[LOW + d + 2u], duals[LOW + d + 3u]);
#for i in 0..4 {
            low{i} = fma(vec4(weights[w + {i}u]), low_row, low{i});
            low{i} = fma(vec4(weights[LOW + w + {i}u]), row, low{i});
            high{i} = fma(vec4(weights[w + {i}u]), row, high{i});
#}
#} else {
#for i in 0..4 {
            sum{i} = fma(vec4(weights[w + {i}u]), row, sum{i});
#}
#}
        }
#if SPLIT {
#for i in 0..4 {
        sum{i} += high{i} + low{i};
#}
#}
        if sums_norm {
            for (var pattern = 0u; pattern < DEPTH; pattern++) {
#if SPLIT {
                let w = weights[pattern * 32u + lane] + weights[LOW + pattern * 32u + lane];
#} else {
                let w = weights[pattern * 32u + lane];
#}
                norm = fma(w, w, norm);
            }
        }
        workgroupBarrier();
    }

#for i in 0..4 {
    store(net, trial + {i}u, neuron, sum{i});
#}
    if sums_norm {
        weight_norm[fetch_row] = norm;
    }
}
