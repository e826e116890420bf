//! Starting states: stored patterns with an exact number of distinct bits flipped. Twin of `shaders/cue.wgsl`.

use crate::{Extent, philox::philox};

/// Writes `cue[net, trial] = source` with `flips` distinct neurons negated, chosen by Philox.
///
/// `draw[net, trial]` is (pattern, repetition, flips); a trial's bits depend on these and on `key[net]` (two words) alone,
/// never on its place in the batch. Robert Floyd's sampling (Bentley & Floyd, CACM 30, 1987) picks each subset of
/// `flips` neurons equally often, up to the 2^-32 N by which a 32-bit multiply-shift is not uniform.
pub fn cue(extent: &Extent, source: &[u32], draw: &[u32], key: &[u32], cue: &mut [u32]) {
    let words = extent.words();
    for (net, cue) in extent.split_trials(cue, words).enumerate() {
        let key = [key[net * crate::PAD], key[net * crate::PAD + 1]];
        let source = extent.trials_of(net, source, words);
        let draw = extent.trials_of(net, draw, 3);
        for (trial, cue) in cue.chunks_exact_mut(words).enumerate() {
            let source = &source[trial * words..][..words];
            cue.copy_from_slice(source);
            flip(key, &draw[trial * 3..][..3], extent.neurons as u32, source, cue);
        }
    }
}

fn flip(key: [u32; 2], draw: &[u32], neurons: u32, source: &[u32], cue: &mut [u32]) {
    let flips = draw[2].min(neurons);
    let mut random = [0; 4];
    for i in 0..flips {
        if i % 4 == 0 {
            random = philox(key, [i / 4, draw[0], draw[1], flips]);
        }
        let last = neurons - flips + i;
        let chosen = ((u64::from(random[(i % 4) as usize]) * u64::from(last + 1)) >> 32) as u32;
        let word = (chosen / 32) as usize;
        let taken = (cue[word] ^ source[word]) >> (chosen % 32) & 1 == 1;
        let neuron = if taken { last } else { chosen };
        cue[(neuron / 32) as usize] ^= 1 << (neuron % 32);
    }
}
