// Neurons visited one by one: a step of asynchronous recall. Twin: kernels-cpu/src/visit.rs; with COUPLED, of memories
// that are couplings, kernels-cpu/src/visit_coupled.rs.
//
// A workgroup owns a trial. A field is summed in 64 chains, terms l, l + 64, ... in lane l, then eight chains after
// another, and the eight sums: every lane adds these up, so that all know the field.
#import extent
#import finite

struct Params {
    extent: Extent,
    states: u32, // packed states in a row of `states`: 2
#if 1-COUPLED {
    excluding: u32, // whether a distance leaves out the neuron that is visited
#}
    lazy: u32, // whether neurons are left out whose field cannot have changed
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> states: array<u32>; // [net, trial, 2 words]: state, who is due
@group(0) @binding(2) var<storage, read> order: array<u32>;        // [net, trial, neurons]
#if COUPLED {
@group(0) @binding(3) var<storage, read> columns: array<f32>;       // [net, neuron, input]
@group(0) @binding(4) var<storage, read> inverse_bound: array<f32>; // [net, neurons]: below 0: exact
@group(0) @binding(5) var<storage, read_write> course: array<u32>;  // [net, trial, 4]
#} else {
@group(0) @binding(3) var<storage, read> keys: array<u32>;            // [net, pattern, words]
@group(0) @binding(4) var<storage, read> table: array<u32>;           // [net, neurons + 1, 2]: value and exponent
@group(0) @binding(5) var<storage, read> columns: array<f32>;         // [net, neuron, pattern]
@group(0) @binding(6) var<storage, read> inverse_bound: array<f32>;   // [net, neurons]: below 0: exact
@group(0) @binding(7) var<storage, read_write> distances: array<u32>; // [net, trial, pattern]: a lane's own
@group(0) @binding(8) var<storage, read_write> course: array<u32>;    // [net, trial, 4]: done, verdict, flips, sums
#}

const TILE_TRIALS = 1u;
const LANES = 64u;
const DOUBTED = 1u;
const DOWN = 2u;
const UP = 3u;

// The chains of the field, and of the sum of squared weights.
var<workgroup> chains: array<f32, 128>;
#if 1-COUPLED {
var<workgroup> scales: array<i32, 64>;
#}

// Eight chains after another, and the eight sums.
fn total(first: u32) -> f32 {
    var total = 0.0;
    for (var block = first; block < first + LANES; block += 8u) {
        var sum = chains[block];
        for (var i = 1u; i < 8u; i++) {
            sum += chains[block + i];
        }
        total += sum;
    }
    return total;
}

fn state_word(row: u32, neuron: u32) -> u32 {
    return states[row * 2u * params.extent.words + (neuron >> 5u)];
}

fn pending_place(row: u32, word: u32) -> u32 {
    return (row * 2u + 1u) * params.extent.words + word;
}

#if 1-COUPLED {
fn differs(net: u32, pattern: u32, neuron: u32, up: bool) -> bool {
    let word = keys[pattern_row(net, pattern) * params.extent.words + (neuron >> 5u)];
    return (((word >> (neuron & 31u)) & 1u) == 1u) != up;
}

// Where a key's weight stands in the table.
fn entry(net: u32, row: u32, pattern: u32, neuron: u32, up: bool) -> u32 {
    var distance = min(distances[row * params.extent.patterns + pattern], params.extent.neurons);
    if params.excluding != 0u && differs(net, pattern, neuron, up) {
        distance -= 1u;
    }
    return net * padded(2u * (params.extent.neurons + 1u)) + 2u * distance;
}

// A weight as a multiple of 2^scale; dropped below 2^-64.
fn weight(entry: u32, scale: i32) -> f32 {
    let value = bitcast<f32>(table[entry]);
    let shift = bitcast<i32>(table[entry + 1u]) - scale;
    let scaled = bitcast<f32>(table[entry] + (bitcast<u32>(shift) << 23u));
    return select(scaled, 0.0, value == 0.0 || shift < -64);
}
#}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let row = trial_row(net, group.y);
    let neurons = params.extent.neurons;
    let words = params.extent.words;
#if COUPLED {
    let terms = neurons;
#} else {
    let terms = params.extent.patterns;
#}
    var done = course[row * 4u];
    var verdict = course[row * 4u + 1u];
    var flips = course[row * 4u + 2u];
    var summed = course[row * 4u + 3u];
    if done >= neurons {
        return;
    }
#if 1-COUPLED {
    for (var pattern = lane; pattern < terms; pattern += LANES) {
        var distance = 0u;
        for (var word = 0u; word < words; word++) {
            let key = keys[pattern_row(net, pattern) * words + word];
            distance += countOneBits(states[row * 2u * words + word] ^ key);
        }
        distances[row * terms + pattern] = distance;
    }
#}
    loop {
        // What lane 0 wrote at the last visit is there for all, and what all read of its sums has been read.
        storageBarrier();
        workgroupBarrier();
        if done >= neurons {
            break;
        }
        let neuron = min(order[row * neurons + done], neurons - 1u);
        let bit = neuron & 31u;
        let pending = states[pending_place(row, neuron >> 5u)];
        if params.lazy != 0u && ((pending >> bit) & 1u) == 0u {
            done++;
            continue;
        }
        let old = ((state_word(row, neuron) >> bit) & 1u) == 1u;
        var up = verdict == UP;
        if verdict != DOWN && verdict != UP {
#if 1-COUPLED {
            var scale = -0x7fffffff;
            for (var pattern = lane; pattern < terms; pattern += LANES) {
                scale = max(scale, bitcast<i32>(table[entry(net, row, pattern, neuron, old) + 1u]));
            }
            scales[lane] = scale;
            workgroupBarrier();
            for (var i = 0u; i < LANES; i++) {
                scale = max(scale, scales[i]);
            }
#}
            var sum = 0.0;
            var norm = 0.0;
            for (var term = lane; term < terms; term += LANES) {
#if COUPLED {
                let w = select(-1.0, 1.0, ((state_word(row, term) >> (term & 31u)) & 1u) == 1u);
#} else {
                let w = weight(entry(net, row, term, neuron, old), scale);
#}
                sum = fma(w, columns[(net * padded(neurons) + neuron) * terms + term], sum);
                norm = fma(w, w, norm);
            }
            chains[lane] = sum;
            chains[LANES + lane] = norm;
            workgroupBarrier();
            let field = total(0u);
            let squares = total(LANES);
            summed++;
            // Products only: nothing a compiler could contract, so that every device doubts the same signs.
            let inverse = inverse_bound[net * padded(neurons) + neuron];
            let scaled = field * inverse;
            let exact = inverse < 0.0;
            let certain = exact || (inverse > 0.0 && scaled * scaled > squares);
            if !(certain && is_finite(field) && is_finite(squares)) {
                verdict = DOUBTED;
                break;
            }
            up = field > 0.0 || (field == 0.0 && old);
        }
        verdict = 0u;
        done++;
        // All have read what is written now.
        workgroupBarrier();
        let changes = up != old;
        if changes {
            flips++;
#if 1-COUPLED {
            for (var pattern = lane; pattern < terms; pattern += LANES) {
                let place = row * terms + pattern;
                let further = differs(net, pattern, neuron, up);
                distances[place] = select(distances[place] - 1u, distances[place] + 1u, further);
            }
#}
        }
        if lane == 0u {
            let cleared = pending & ~(1u << bit);
            states[pending_place(row, neuron >> 5u)] = cleared;
            if changes {
                states[row * 2u * words + (neuron >> 5u)] = state_word(row, neuron) ^ (1u << bit);
            }
        }
        if changes && params.lazy != 0u {
            storageBarrier();
            workgroupBarrier();
            for (var word = lane; word < words; word += LANES) {
                let count = min(32u, neurons - word * 32u);
                var marks = 0u;
                for (var other = 0u; other < count; other++) {
#if COUPLED {
                    let acts = columns[(net * padded(neurons) + word * 32u + other) * neurons + neuron] != 0.0;
                    marks |= select(0u, 1u << other, acts);
#} else {
                    marks |= 1u << other;
#}
                }
                states[pending_place(row, word)] |= marks;
            }
        }
    }
    if lane == 0u {
        course[row * 4u] = done;
        course[row * 4u + 1u] = verdict;
        course[row * 4u + 2u] = flips;
        course[row * 4u + 3u] = summed;
    }
}
