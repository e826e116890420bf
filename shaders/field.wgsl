// The one hot kernel: distances, weights and their product with the dual, fused. Twin: kernels-cpu/src/field.rs; with
// STORED, when distances are fetched and not made: kernels-cpu/src/field_stored.rs.
//
// A workgroup owns 32 trials x 32 neurons, a thread 4 x 4 of them. Weights and dual come in tiles of 16 patterns; each
// output is one fma chain in pattern order, and the zeros that pad a tile leave it as it is.
#import extent
#import sums
#if STORED {
#import distances
#} else {
#import hamming
#}

struct Params {
    extent: Extent,
    with_norm: u32, // whether to sum the squared weights
}

@group(0) @binding(0) var<uniform> params: Params;
#if STORED {
@group(0) @binding(1) var<storage, read> distances: array<u32>;         // [net, tile, pattern, pair of trials]
#} else {
@group(0) @binding(1) var<storage, read> states: array<u32>;            // [net, trial, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;              // [net, pattern, words]
#}
// With STORED, one array has taken the place of two.
@group(0) @binding({3-STORED}) var<storage, read> table: array<f32>;             // [net, neurons + 1]
@group(0) @binding({4-STORED}) var<storage, read> exponents: array<i32>;         // [net, neurons + 1]
@group(0) @binding({5-STORED}) var<storage, read> reference: array<u32>;         // [net, trial]
@group(0) @binding({6-STORED}) var<storage, read> dual: array<f32>;              // [net, pattern, neurons]
@group(0) @binding({7-STORED}) var<storage, read_write> field: array<f32>;       // [net, trial, neurons]
@group(0) @binding({8-STORED}) var<storage, read_write> weight_norm: array<f32>; // [net, trial]

const TILE_TRIALS = 32u;
const TILE_NEURONS = 32u;
const DEPTH = 16u;

// Scalars, not vectors: a store to one component of a shared vec4 may rewrite the others, which other lanes own.
var<workgroup> weights: array<f32, 512>; // [pattern in tile, trial in tile]
var<workgroup> duals: array<f32, 512>;   // [pattern in tile, neuron in tile]

// The weight between a trial and a pattern, as a multiple of 2^scale; dropped below 2^-64.
fn weight(net: u32, trial: u32, pattern: u32, scale: i32) -> f32 {
    if trial >= params.extent.trials || pattern >= params.extent.patterns {
        return 0.0;
    }
#if STORED {
    let distance = (distances[pair_of(net, trial, pattern)] >> (trial % 2u * 16u)) & 0xffffu;
#} else {
    let distance = hamming(trial_row(net, trial), pattern_row(net, pattern));
#}
    // Tail bits are zero, so no distance passes N; a state that breaks this must not read past the table either.
    let entry = net * padded(params.extent.neurons + 1u) + min(distance, params.extent.neurons);
    let shift = exponents[entry] - scale;
    let scaled = bitcast<f32>(bitcast<u32>(table[entry]) + (bitcast<u32>(shift) << 23u));
    return select(scaled, 0.0, table[entry] == 0.0 || shift < -64);
}

fn dual_or_zero(net: u32, pattern: u32, neuron: u32) -> f32 {
    if pattern >= params.extent.patterns || neuron >= params.extent.neurons {
        return 0.0;
    }
    return dual[pattern_row(net, pattern) * params.extent.neurons + neuron];
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
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    var norm = 0.0;
    if params.extent.first_pattern != 0u {
        let last = params.extent.trials - 1u;
        sum0 = load(trial_row(net, min(trial, last)), neuron);
        sum1 = load(trial_row(net, min(trial + 1u, last)), neuron);
        sum2 = load(trial_row(net, min(trial + 2u, last)), neuron);
        sum3 = load(trial_row(net, min(trial + 3u, last)), neuron);
        norm = weight_norm[fetch_row];
    }

    for (var first = 0u; first < params.extent.patterns; first += DEPTH) {
        for (var i = 0u; i < 8u; i++) {
            let pattern = fetch_pattern + i;
            let slot = pattern * 32u + (lane & 31u);
            weights[slot] = weight(net, fetch_trial, first + pattern, scale);
            duals[slot] = dual_or_zero(net, first + pattern, fetch_neuron);
        }
        workgroupBarrier();
        for (var pattern = 0u; pattern < DEPTH; pattern++) {
            let w = pattern * 32u + local.y * 4u;
            let d = pattern * 32u + local.x * 4u;
            let row = vec4(duals[d], duals[d + 1u], duals[d + 2u], duals[d + 3u]);
            sum0 = fma(vec4(weights[w]), row, sum0);
            sum1 = fma(vec4(weights[w + 1u]), row, sum1);
            sum2 = fma(vec4(weights[w + 2u]), row, sum2);
            sum3 = fma(vec4(weights[w + 3u]), row, sum3);
        }
        if sums_norm && params.with_norm != 0u {
            for (var pattern = 0u; pattern < DEPTH; pattern++) {
                let w = weights[pattern * 32u + lane];
                norm = fma(w, w, norm);
            }
        }
        workgroupBarrier();
    }

    store(net, trial, neuron, sum0);
    store(net, trial + 1u, neuron, sum1);
    store(net, trial + 2u, neuron, sum2);
    store(net, trial + 3u, neuron, sum3);
    if sums_norm {
        weight_norm[fetch_row] = norm;
    }
}
