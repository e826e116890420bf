//! The nearest stored pattern of each state. Twin of `shaders/nearest.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::Extent;
use crate::vector::dispatch;

/// Writes the Hamming distance to the nearest key and that key's index (the lowest among equals).
///
/// `states` is packed `[net, trial]`, `keys` packed `[net, pattern]`; `distance` and `index` are `[net, trial]`, and are
/// continued from an earlier panel unless this one starts at pattern 0.
pub fn nearest(extent: &Extent, states: &[u32], keys: &[u32], distance: &mut [u32], index: &mut [u32]) {
    let words = extent.words();
    let nets = extent.split_trials(distance, 1).zip(extent.split_trials(index, 1)).enumerate();
    for (net, (distance, index)) in nets {
        let states = extent.trials_of(net, states, words);
        let keys = extent.patterns_of(net, keys, words);
        let trials = states.par_chunks_exact(words).zip(distance).zip(index).with_min_len(16);
        trials.for_each(|((state, distance), index)| {
            let best = if extent.first_pattern == 0 { (u32::MAX, 0) } else { (*distance, *index) };
            (*distance, *index) = dispatch(Search { state, keys, first: extent.first_pattern, best });
        });
    }
}

/// One state against one panel of keys; compiled for the population count found at run time.
struct Search<'a> {
    state: &'a [u32],
    keys: &'a [u32],
    first: usize,
    best: (u32, u32),
}

impl WithSimd for Search<'_> {
    type Output = (u32, u32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (u32, u32) {
        let mut best = self.best;
        for (pattern, key) in self.keys.chunks_exact(self.state.len()).enumerate() {
            let distance = self.state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum();
            if distance < best.0 {
                best = (distance, (self.first + pattern) as u32);
            }
        }
        best
    }
}
