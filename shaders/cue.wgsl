// Starting states: stored patterns with an exact number of distinct bits flipped. Twin: kernels-cpu/src/cue.rs.
#import extent
#import philox

struct Params { extent: Extent }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;    // [net, trial, words]
@group(0) @binding(2) var<storage, read> draw: array<u32>;      // [net, trial, (pattern, repetition, flips)]
@group(0) @binding(3) var<storage, read> key: array<u32>;       // [net, 2]
@group(0) @binding(4) var<storage, read_write> cue: array<u32>; // [net, trial, words]

const TILE_TRIALS = 64u;

// Robert Floyd's sampling: each subset of `flips` neurons equally often. The bits flipped so far are cue ^ source.
@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let net = group.z;
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let start = trial_row(net, trial) * params.extent.words;
    for (var word = 0u; word < params.extent.words; word++) {
        cue[start + word] = source[start + word];
    }
    let choice = trial_row(net, trial) * 3u;
    let stream = vec2(key[net * padded(2u)], key[net * padded(2u) + 1u]);
    let flips = min(draw[choice + 2u], params.extent.neurons);
    var random = vec4(0u);
    for (var i = 0u; i < flips; i++) {
        if (i & 3u) == 0u {
            random = philox(stream, vec4(i >> 2u, draw[choice], draw[choice + 1u], flips));
        }
        let last = params.extent.neurons - flips + i;
        let chosen = multiply_high(random[i & 3u], last + 1u);
        let word = start + (chosen >> 5u);
        let taken = (((cue[word] ^ source[word]) >> (chosen & 31u)) & 1u) == 1u;
        let neuron = select(chosen, last, taken);
        cue[start + (neuron >> 5u)] ^= 1u << (neuron & 31u);
    }
}
