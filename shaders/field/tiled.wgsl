// The hot kernel in larger tiles, for devices with registers to spare. Twin: kernels-cpu/src/field.rs; with STORED, when
// distances are fetched and not made: kernels-cpu/src/field_stored.rs.
//
// A workgroup owns TRIALS x NEURONS outputs, a thread ROWS x COLUMNS of them, in named registers. Weights and dual come in
// tiles of DEPTH patterns, each weight made once; the next tile is fetched while this one is multiplied, into the other
// half of the workgroup's memory, so that one barrier a tile is enough. Each output is one fma chain in pattern order, and
// the zeros that pad the last tile leave it as it is. With VECTORS a row of neurons is read and written four at a time.
#import extent
#if STORED {
#import distances
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
#if VECTORS {
@group(0) @binding({6-STORED}) var<storage, read> dual: array<vec4<f32>>;        // [net, pattern, neurons / 4]
@group(0) @binding({7-STORED}) var<storage, read_write> field: array<vec4<f32>>; // [net, trial, neurons / 4]
#} else {
@group(0) @binding({6-STORED}) var<storage, read> dual: array<f32>;              // [net, pattern, neurons]
@group(0) @binding({7-STORED}) var<storage, read_write> field: array<f32>;       // [net, trial, neurons]
#}
@group(0) @binding({8-STORED}) var<storage, read_write> weight_norm: array<f32>; // [net, trial]

const TILE_TRIALS = {TRIALS}u;
const TILE_NEURONS = {NEURONS}u;
const DEPTH = {DEPTH}u;
const THREADS = {TRIALS/ROWS*(NEURONS/COLUMNS)}u;
// Vectors of one tile.
const WEIGHTS = {DEPTH*TRIALS/4}u;
const DUALS = {DEPTH*NEURONS/4}u;
#if 1-STORED {
// A thread holds the first words of its trials' states itself; the workgroup's memory holds the words after.
const HELD = 4u;
const STAGED = 16u;
#}

// Only whole vectors are stored: a store to one component may rewrite the others, which other threads own.
var<workgroup> weights: array<vec4<f32>, {2*DEPTH*TRIALS/4}>;   // [half, pattern in tile, trial in tile / 4]
var<workgroup> duals: array<vec4<f32>, {2*DEPTH*NEURONS/4}>;    // [half, pattern in tile, neuron in tile / 4]
#if 1-STORED {
var<workgroup> tile_states: array<vec4<u32>, {12*TRIALS/4}>;    // [word - HELD, trial in tile / 4]

// One word of four states, which start at the words `rows`.
fn state_words(rows: vec4<u32>, word: u32) -> vec4<u32> {
    return vec4(states[rows.x + word], states[rows.y + word], states[rows.z + word], states[rows.w + word]);
}
#}

// The weight at a distance, as a multiple of 2^scale; dropped below 2^-64.
fn weight(entry: u32, scale: i32) -> f32 {
    let shift = exponents[entry] - scale;
    let scaled = bitcast<f32>(bitcast<u32>(table[entry]) + (bitcast<u32>(shift) << 23u));
    return select(scaled, 0.0, table[entry] == 0.0 || shift < -64);
}

// The four trials for which a thread makes weights.
struct Trials {
    scale: vec4<i32>,  // the binary exponents that scale their weights
#if STORED {
    pairs: u32,        // where their distances to the first pattern lie
#} else {
    quad: u32,         // which four of the tile
    rows: vec4<u32>,   // where their states start
#for word in 0..4 {
    held{word}: vec4<u32>,
#}
#}
}

// Weights between four trials and a pattern.
fn weigh(net: u32, pattern: u32, trials: Trials) -> vec4<f32> {
    if pattern >= params.extent.patterns {
        return vec4(0.0);
    }
#if STORED {
    let pairs = trials.pairs + pattern * PAIRS;
    let words = vec2(distances[pairs], distances[pairs + 1u]);
    let distance = vec4(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u);
#} else {
    let words = params.extent.words;
    let key = pattern_row(net, pattern) * words;
    var distance = countOneBits(trials.held0 ^ vec4(keys[key]));
#for word in 1..4 {
    if {word}u < words {
        distance += countOneBits(trials.held{word} ^ vec4(keys[key + {word}u]));
    }
#}
    for (var word = HELD; word < min(words, STAGED); word++) {
        let state = tile_states[(word - HELD) * (TILE_TRIALS / 4u) + trials.quad];
        distance += countOneBits(state ^ vec4(keys[key + word]));
    }
    for (var word = STAGED; word < words; word++) {
        distance += countOneBits(state_words(trials.rows, word) ^ vec4(keys[key + word]));
    }
#}
    // Tail bits are zero, so no distance passes N; a state that breaks this must not read past the table either.
    let entry = net * padded(params.extent.neurons + 1u) + min(distance, vec4(params.extent.neurons));
    return vec4(
        weight(entry.x, trials.scale.x),
        weight(entry.y, trials.scale.y),
        weight(entry.z, trials.scale.z),
        weight(entry.w, trials.scale.w),
    );
}

// The dual of a pattern at four neurons; past the last pattern 0, past the last neuron anything.
fn dual_row(net: u32, pattern: u32, neuron: u32) -> vec4<f32> {
    if pattern >= params.extent.patterns {
        return vec4(0.0);
    }
    let last = params.extent.neurons - 1u;
#if VECTORS {
    return dual[(pattern_row(net, pattern) * params.extent.neurons + min(neuron, last)) >> 2u];
#} else {
    let row = pattern_row(net, pattern) * params.extent.neurons;
    return vec4(
        dual[row + min(neuron, last)],
        dual[row + min(neuron + 1u, last)],
        dual[row + min(neuron + 2u, last)],
        dual[row + min(neuron + 3u, last)],
    );
#}
}

// Four sums of an earlier panel; for trials and neurons past the last, anything.
fn load(net: u32, trial: u32, neuron: u32) -> vec4<f32> {
    let row = trial_row(net, min(trial, params.extent.trials - 1u)) * params.extent.neurons;
    let last = params.extent.neurons - 1u;
#if VECTORS {
    return field[(row + min(neuron, last)) >> 2u];
#} else {
    return vec4(
        field[row + min(neuron, last)],
        field[row + min(neuron + 1u, last)],
        field[row + min(neuron + 2u, last)],
        field[row + min(neuron + 3u, last)],
    );
#}
}

fn store(net: u32, trial: u32, neuron: u32, sums: vec4<f32>) {
    if trial >= params.extent.trials {
        return;
    }
    let at = trial_row(net, trial) * params.extent.neurons + neuron;
#if VECTORS {
    if neuron < params.extent.neurons {
        field[at >> 2u] = sums;
    }
#} else {
#for i in 0..4 {
    if neuron + {i}u < params.extent.neurons {
        field[at + {i}u] = sums[{i}];
    }
#}
#}
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let first_trial = group.y * TILE_TRIALS;
    let first_neuron = group.x * TILE_NEURONS;
    let last_trial = params.extent.trials - 1u;

    // What this thread multiplies: quads of trials and of neurons, each quad a stride after the one before.
    let x = lane % {NEURONS/COLUMNS}u;
    let y = lane / {NEURONS/COLUMNS}u;
    let trial = first_trial + y * 4u;
    let neuron = first_neuron + x * 4u;

    // What it fetches: the weights of four trials and one pattern, the dual of four neurons.
    let makes_weights = lane < WEIGHTS;
    let weight_pattern = lane / {TRIALS/4}u;
    let quad = lane % {TRIALS/4}u;
    var own: Trials;
#for i in 0..4 {
    let row{i} = trial_row(net, min(first_trial + quad * 4u + {i}u, last_trial));
#}
    let entries = net * padded(params.extent.neurons + 1u);
#for i in 0..4 {
    let scale{i} = exponents[entries + min(reference[row{i}], params.extent.neurons)];
#}
    own.scale = vec4(scale0, scale1, scale2, scale3);
#if STORED {
    // Past the last trial, the distances of the last four.
    own.pairs = pair_of(net, min(first_trial + quad * 4u, last_trial / 4u * 4u), 0u);
#} else {
    let words = params.extent.words;
    own.quad = quad;
    own.rows = vec4(row0, row1, row2, row3) * words;
#for word in 0..4 {
    own.held{word} = state_words(own.rows, min({word}u, words - 1u));
#}
    for (var i = lane; i < (min(words, STAGED) - min(words, HELD)) * {TRIALS/4}u; i += THREADS) {
        let staged = first_trial + i % {TRIALS/4}u * 4u;
        let rows = vec4(
            trial_row(net, min(staged, last_trial)),
            trial_row(net, min(staged + 1u, last_trial)),
            trial_row(net, min(staged + 2u, last_trial)),
            trial_row(net, min(staged + 3u, last_trial)),
        );
        tile_states[i] = state_words(rows * words, i / {TRIALS/4}u + HELD);
    }
    workgroupBarrier();
#}

    // Only the first column of workgroups sums the squared weights, one thread a trial.
    let norm_row = trial_row(net, min(first_trial + lane, last_trial));
    let sums_norm = group.x == 0u && lane < TILE_TRIALS && first_trial + lane <= last_trial;
    var norm = 0.0;
#for r in 0..ROWS {
#for c in 0..COLUMNS/4 {
    var sum{r}_{c} = vec4(0.0);
#}
#}
    if params.extent.first_pattern != 0u {
        norm = weight_norm[norm_row];
#for r in 0..ROWS {
#for c in 0..COLUMNS/4 {
        sum{r}_{c} = load(net, trial + {r/4*(4*TRIALS/ROWS)+r%4}u, neuron + {c*(4*NEURONS/COLUMNS)}u);
#}
#}
    }

    if makes_weights {
        weights[lane] = weigh(net, weight_pattern, own);
    }
#for i in 0..(DEPTH*NEURONS/4)/(TRIALS/ROWS*(NEURONS/COLUMNS)) {
    let dual_pattern{i} = (lane + {i}u * THREADS) / {NEURONS/4}u;
    let dual_neuron{i} = first_neuron + (lane + {i}u * THREADS) % {NEURONS/4}u * 4u;
    duals[lane + {i}u * THREADS] = dual_row(net, dual_pattern{i}, dual_neuron{i});
#}
    workgroupBarrier();

    var half = 0u;
    for (var first = 0u; first < params.extent.patterns; first += DEPTH) {
        // The next tile, on its way while this one is multiplied.
        let next = first + DEPTH;
        var next_weights = vec4(0.0);
        if makes_weights && next < params.extent.patterns {
            next_weights = weigh(net, next + weight_pattern, own);
        }
#for i in 0..(DEPTH*NEURONS/4)/(TRIALS/ROWS*(NEURONS/COLUMNS)) {
        let next_dual{i} = dual_row(net, next + dual_pattern{i}, dual_neuron{i});
#}

        let w = half * WEIGHTS + y;
        let d = half * DUALS + x;
#for p in 0..DEPTH {
        {
#for q in 0..ROWS/4 {
            let w{q} = weights[w + {p*TRIALS/4+q*TRIALS/ROWS}u];
#}
#for c in 0..COLUMNS/4 {
            let d{c} = duals[d + {p*NEURONS/4+c*NEURONS/COLUMNS}u];
#}
#for r in 0..ROWS {
#for c in 0..COLUMNS/4 {
            sum{r}_{c} = fma(vec4(w{r/4}[{r%4}]), d{c}, sum{r}_{c});
#}
#}
        }
#}
        if sums_norm && params.with_norm != 0u {
            for (var pattern = 0u; pattern < DEPTH; pattern++) {
                let w = weights[half * WEIGHTS + pattern * (TILE_TRIALS / 4u) + (lane >> 2u)][lane & 3u];
                norm = fma(w, w, norm);
            }
        }

        half = 1u - half;
        if makes_weights {
            weights[half * WEIGHTS + lane] = next_weights;
        }
#for i in 0..(DEPTH*NEURONS/4)/(TRIALS/ROWS*(NEURONS/COLUMNS)) {
        duals[half * DUALS + lane + {i}u * THREADS] = next_dual{i};
#}
        workgroupBarrier();
    }

#for r in 0..ROWS {
#for c in 0..COLUMNS/4 {
    store(net, trial + {r/4*(4*TRIALS/ROWS)+r%4}u, neuron + {c*(4*NEURONS/COLUMNS)}u, sum{r}_{c});
#}
#}
    if sums_norm {
        weight_norm[norm_row] = norm;
    }
}
