//! How many stored patterns lie at each Hamming distance of each state. Twin of `shaders/histogram.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::Extent;
use crate::vector::dispatch;

/// Counts the keys at each Hamming distance, N + 1 numbers for each state.
///
/// `states` is packed `[net, trial]`, `keys` packed `[net, pattern]`; `counts` is `[net, trial, N + 1]`, and is
/// continued from an earlier panel unless this one starts at pattern 0.
pub fn histogram(extent: &Extent, states: &[u32], keys: &[u32], counts: &mut [u32]) {
    let (words, distances) = (extent.words(), extent.neurons + 1);
    for (net, counts) in extent.split_trials(counts, distances).enumerate() {
        let states = extent.trials_of(net, states, words);
        let keys = extent.patterns_of(net, keys, words);
        let trials = states.par_chunks_exact(words).zip(counts.par_chunks_exact_mut(distances)).with_min_len(16);
        trials.for_each(|(state, counts)| {
            if extent.first_pattern == 0 {
                counts.fill(0);
            }
            dispatch(Count { state, keys, counts });
        });
    }
}

/// One state against one panel of keys; compiled for the population count found at run time.
struct Count<'a> {
    state: &'a [u32],
    keys: &'a [u32],
    counts: &'a mut [u32],
}

impl WithSimd for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for key in self.keys.chunks_exact(self.state.len()) {
            let distance: u32 = self.state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum();
            self.counts[distance as usize] += 1;
        }
    }
}
