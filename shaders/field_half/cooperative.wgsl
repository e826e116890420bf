// The half-precision fields by cooperative matrices of 16 x 16 x 16. Twin: kernels-cpu/src/field_half.rs; with SPLIT those
// of values that are each a high half and a low one. Twin: kernels-cpu/src/field_split.rs.
//
// A workgroup of 8 subgroups of 32 threads owns TRIALS x NEURONS outputs; its subgroups stand in SUBROWS rows, each with its
// block of accumulators. Weights and dual come in tiles of DEPTH patterns, the next one fetched into registers while this
// one is multiplied. The order of a sum, and how it rounds within a matrix, are the device's own.
enable f16;
enable wgpu_cooperative_matrix;
#import extent
#import half

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

const TILE_TRIALS = {TRIALS}u;
const TILE_NEURONS = {NEURONS}u;
const DEPTH = {DEPTH}u;
const THREADS = 256u;
const SUBGROUP = 32u;
const STAGED = 16u;
// A row of a tile, with 16 bytes more, so that rows start in different banks.
const WEIGHT_STRIDE = {TRIALS+8}u;
const DUAL_STRIDE = {NEURONS+8}u;

// Where the low halves of a tile begin.
const LOW_WEIGHTS = {DEPTH*(TRIALS+8)}u;
const LOW_DUALS = {DEPTH*(NEURONS+8)}u;

var<workgroup> weights: array<f16, {(1+SPLIT)*DEPTH*(TRIALS+8)}>;  // [high and low, pattern in tile, trial in tile]
var<workgroup> duals: array<f16, {(1+SPLIT)*DEPTH*(NEURONS+8)}>;   // [high and low, pattern in tile, neuron in tile]
var<workgroup> tile_states: array<u32, {16*TRIALS}>;               // [word, trial in tile], the first words
var<workgroup> results: array<f32, 2048>;                          // [subgroup, 16, 16]

// The weight between a trial of the tile and a pattern, as a multiple of 2^(scale - 14); dropped below 2^-14.
fn weight(net: u32, row: u32, column: u32, pattern: u32, scale: i32) -> f32 {
    if pattern >= params.extent.patterns {
        return 0.0;
    }
    let words = params.extent.words;
    let key = pattern_row(net, pattern) * words;
    var distance = 0u;
    for (var word = 0u; word < min(words, STAGED); word++) {
        distance += countOneBits(tile_states[word * TILE_TRIALS + column] ^ keys[key + word]);
    }
    for (var word = STAGED; word < words; word++) {
        distance += countOneBits(states[row * words + word] ^ keys[key + word]);
    }
    // Tail bits are zero, so no distance passes N; a state that breaks this must not read past the table either.
    let entry = net * padded(params.extent.neurons + 1u) + min(distance, params.extent.neurons);
    let shift = exponents[entry] - scale;
    let scaled = bitcast<f32>(bitcast<u32>(table[entry]) + (bitcast<u32>(shift + 14) << 23u));
    return select(scaled, 0.0, table[entry] == 0.0 || shift < -28);
}

// Two neurons' duals of a pattern; past the last pattern 0, past the last neuron anything.
#if SPLIT {
fn dual_pair(net: u32, pattern: u32, neuron: u32) -> vec2<f32> {
    if pattern >= params.extent.patterns {
        return vec2(0.0);
    }
    let pattern_duals = pattern_row(net, pattern) * params.extent.neurons;
    let last = params.extent.neurons - 1u;
    return vec2(dual[pattern_duals + min(neuron, last)], dual[pattern_duals + min(neuron + 1u, last)]);
}
#} else {
fn dual_pair(net: u32, pattern: u32, neuron: u32) -> u32 {
    if pattern >= params.extent.patterns {
        return 0u;
    }
    let pairs = (params.extent.neurons + 1u) >> 1u;
    return dual[pattern_row(net, pattern) * pairs + min(neuron >> 1u, pairs - 1u)];
}
#}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let words = params.extent.words;
    let first_trial = group.y * TILE_TRIALS;
    let first_neuron = group.x * TILE_NEURONS;
    let last_trial = params.extent.trials - 1u;

    // Where this subgroup's block of accumulators starts in the tile.
    let subgroup = lane / SUBGROUP;
    let block_trial = subgroup / {8/SUBROWS}u * {TRIALS/SUBROWS}u;
    let block_neuron = subgroup % {8/SUBROWS}u * {NEURONS*SUBROWS/8}u;

    // What this thread fetches: weights of one trial, duals of pairs of neurons.
    let column = lane % TILE_TRIALS;
    let weight_pattern = lane / TILE_TRIALS;
    let row = trial_row(net, min(first_trial + column, last_trial));
    let nearest = min(reference[row], params.extent.neurons);
    let scale = exponents[net * padded(params.extent.neurons + 1u) + nearest];
    for (var i = lane; i < min(words, STAGED) * TILE_TRIALS; i += THREADS) {
        let staged = trial_row(net, min(first_trial + i % TILE_TRIALS, last_trial));
        tile_states[i] = states[staged * words + i / TILE_TRIALS];
    }
    workgroupBarrier();

    // Only the first column of workgroups sums the squared weights, one thread a trial.
    let sums_norm = group.x == 0u && lane < TILE_TRIALS && first_trial + lane <= last_trial;
    let continues = params.extent.first_pattern != 0u;
    var norm = params.floor;
    if continues {
        norm = weight_norm[row];
    }
#if SPLIT {
    let zero = coop_mat16x16<f32, C>();
#}
#for r in 0..TRIALS/SUBROWS/16 {
#for c in 0..NEURONS*SUBROWS/8/16 {
    var sum{r}_{c} = coop_mat16x16<f32, C>();
#}
#}

#for i in 0..TRIALS*DEPTH/256 {
    var weight{i} = weight(net, row, column, weight_pattern + {i*(256/TRIALS)}u, scale);
#}
#for i in 0..NEURONS*DEPTH/512 {
    let dual_pattern{i} = (lane + {i*256}u) / {NEURONS/2}u;
    let dual_neuron{i} = (lane + {i*256}u) % {NEURONS/2}u * 2u;
    var pair{i} = dual_pair(net, dual_pattern{i}, first_neuron + dual_neuron{i});
#}
    for (var first = 0u; first < params.extent.patterns; first += DEPTH) {
#for i in 0..TRIALS*DEPTH/256 {
        let weight_at{i} = (weight_pattern + {i*(256/TRIALS)}u) * WEIGHT_STRIDE + column;
#if SPLIT {
        let weight_halves{i} = split_halves(weight{i});
        weights[weight_at{i}] = f16(weight_halves{i}.x);
        weights[LOW_WEIGHTS + weight_at{i}] = f16(weight_halves{i}.y);
#} else {
        weights[weight_at{i}] = f16(weight{i});
#}
#}
#for i in 0..NEURONS*DEPTH/512 {
        let dual_at{i} = dual_pattern{i} * DUAL_STRIDE + dual_neuron{i};
#if SPLIT {
        let first_halves{i} = split_halves(pair{i}.x);
        let second_halves{i} = split_halves(pair{i}.y);
        duals[dual_at{i}] = f16(first_halves{i}.x);
        duals[dual_at{i} + 1u] = f16(second_halves{i}.x);
        duals[LOW_DUALS + dual_at{i}] = f16(first_halves{i}.y);
        duals[LOW_DUALS + dual_at{i} + 1u] = f16(second_halves{i}.y);
#} else {
        let halves{i} = unpack_halves(pair{i});
        duals[dual_at{i}] = f16(halves{i}.x);
        duals[dual_at{i} + 1u] = f16(halves{i}.y);
#}
#}
        workgroupBarrier();
        let next = first + DEPTH;
#for i in 0..TRIALS*DEPTH/256 {
        weight{i} = weight(net, row, column, next + weight_pattern + {i*(256/TRIALS)}u, scale);
#}
#for i in 0..NEURONS*DEPTH/512 {
        pair{i} = dual_pair(net, next + dual_pattern{i}, first_neuron + dual_neuron{i});
#}
#for k in 0..DEPTH/16 {
        {
#for r in 0..TRIALS/SUBROWS/16 {
            let at_a{r} = {k*16*(TRIALS+8)+r*16}u + block_trial;
            let a{r} = coopLoad<coop_mat16x16<f16, A>>(&weights[at_a{r}], WEIGHT_STRIDE);
#if SPLIT {
            let low_a{r} = coopLoad<coop_mat16x16<f16, A>>(&weights[LOW_WEIGHTS + at_a{r}], WEIGHT_STRIDE);
#}
#}
#for c in 0..NEURONS*SUBROWS/8/16 {
            let at_b{c} = {k*16*(NEURONS+8)+c*16}u + block_neuron;
            let b{c} = coopLoadT<coop_mat16x16<f16, B>>(&duals[at_b{c}], DUAL_STRIDE);
#if SPLIT {
            let low_b{c} = coopLoadT<coop_mat16x16<f16, B>>(&duals[LOW_DUALS + at_b{c}], DUAL_STRIDE);
#}
#}
#for r in 0..TRIALS/SUBROWS/16 {
#for c in 0..NEURONS*SUBROWS/8/16 {
#if SPLIT {
            // A block's own sum, the low products first: the bound of the twin counts on both.
            let low{r}_{c} = coopMultiplyAdd(a{r}, low_b{c}, coopMultiplyAdd(low_a{r}, b{c}, zero));
            sum{r}_{c} = sum{r}_{c} + coopMultiplyAdd(a{r}, b{c}, low{r}_{c});
#} else {
            sum{r}_{c} = coopMultiplyAdd(a{r}, b{c}, sum{r}_{c});
#}
#}
#}
        }
#}
        if sums_norm {
            for (var pattern = 0u; pattern < DEPTH; pattern++) {
#if SPLIT {
                let at = pattern * WEIGHT_STRIDE + lane;
                let w = f32(weights[at]) + f32(weights[LOW_WEIGHTS + at]);
#} else {
                let w = f32(weights[pattern * WEIGHT_STRIDE + lane]);
#}
                norm = fma(w, w, norm);
            }
        }
        workgroupBarrier();
    }

    // Accumulators give up their elements only through memory. naga needs every argument of a store bound beforehand.
    let own = subgroup * 256u;
    let stride = 16u;
#for r in 0..TRIALS/SUBROWS/16 {
#for c in 0..NEURONS*SUBROWS/8/16 {
    let done{r}_{c} = sum{r}_{c};
    coopStoreT(done{r}_{c}, &results[own], stride);
    workgroupBarrier();
    for (var i = lane % SUBGROUP; i < 256u; i += SUBGROUP) {
        let trial = first_trial + block_trial + {r*16}u + i / 16u;
        let neuron = first_neuron + block_neuron + {c*16}u + i % 16u;
        if trial <= last_trial && neuron < params.extent.neurons {
            let at = trial_row(net, trial) * params.extent.neurons + neuron;
            var value = results[own + i];
            if continues {
                value += field[at];
            }
            field[at] = value;
        }
    }
    workgroupBarrier();
#}
#}
    if sums_norm {
        weight_norm[row] = norm;
    }
}
