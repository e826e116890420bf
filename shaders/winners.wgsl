// The winners of each group of neurons, and whether their places can be trusted. Twin: kernels-cpu/src/winners.rs.
//
// A workgroup owns a trial, a thread whole words of it. Each neuron counts the others of its group that come before it:
// no order has to be shared, and a group may be of any size.
#import extent
#import finite

struct Params { extent: Extent, size: u32, winners: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> states: array<u32>;          // [net, trial, words]
@group(0) @binding(2) var<storage, read> field: array<f32>;           // [net, trial, neurons]
@group(0) @binding(3) var<storage, read> weight_norm: array<f32>;     // [net, trial]: active neurons
@group(0) @binding(4) var<storage, read> margin: array<f32>;          // [net, neurons]: below 0: nothing certain
@group(0) @binding(5) var<storage, read_write> next: array<u32>;      // [net, trial, words]
@group(0) @binding(6) var<storage, read_write> uncertain: array<u32>; // [net, trial, words]
@group(0) @binding(7) var<storage, read_write> changed: array<u32>;   // [net, trial]

const TILE_TRIALS = 1u;
const THREADS = 64u;

var<workgroup> differs: array<u32, 64>;

// Words in the order of the fields, whatever their bits; zeros of both signs are one.
fn key(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    if (bits & 0x7fffffffu) == 0u {
        return 0x80000000u;
    }
    return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let neurons = params.extent.neurons;
    let row = trial_row(net, group.y);
    let bounds = net * padded(neurons);
    let norm = weight_norm[row];
    let most = (neurons / params.size) * min(params.winners, params.size) + min(params.winners, neurons % params.size);
    let known = is_finite(norm) && norm <= f32(most);
    var changes = 0u;
    for (var word = lane; word < params.extent.words; word += THREADS) {
        let count = min(32u, neurons - word * 32u);
        var winning = 0u;
        var doubts = 0u;
        for (var bit = 0u; bit < count; bit++) {
            let neuron = word * 32u + bit;
            let first = neuron - neuron % params.size;
            let end = min(first + params.size, neurons);
            let h = field[row * neurons + neuron];
            let own = margin[bounds + neuron];
            let own_known = known && own >= 0.0 && is_finite(h);
            let least = h - own;
            let highest = h + own;
            let own_key = key(h);
            let own_state = (states[row * params.extent.words + word] >> bit) & 1u;
            var before = 0u; // others that come first
            var above = 0u;  // others that certainly do
            var below = 0u;  // others that certainly come later
            var exact = own_known;
            for (var other = first; other < end; other++) {
                let g = field[row * neurons + other];
                let off = margin[bounds + other];
                let state = (states[row * params.extent.words + (other >> 5u)] >> (other & 31u)) & 1u;
                let k = key(g);
                let tie = state > own_state || (state == own_state && other < neuron);
                before += select(0u, 1u, k > own_key || (k == own_key && tie));
                let other_known = known && off >= 0.0 && is_finite(g);
                above += select(0u, 1u, other_known && g - off > highest);
                below += select(0u, 1u, other_known && g + off < least);
                exact = exact && other_known && off == 0.0;
            }
            let size = end - first;
            let wins = below + min(params.winners, size) >= size;
            let certain = exact || (own_known && (wins || above >= params.winners));
            winning |= select(0u, 1u << bit, before < params.winners);
            doubts |= select(1u << bit, 0u, certain);
        }
        next[row * params.extent.words + word] = winning;
        uncertain[row * params.extent.words + word] = doubts;
        changes |= winning ^ states[row * params.extent.words + word];
    }
    differs[lane] = changes;
    workgroupBarrier();
    if lane == 0u {
        for (var other = 1u; other < THREADS; other++) {
            changes |= differs[other];
        }
        changed[row] = select(0u, 1u, changes != 0u);
    }
}
