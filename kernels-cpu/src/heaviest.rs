//! The distance at which each state's weights are largest. Twin of `shaders/heaviest.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::Extent;
use crate::vector::dispatch;

/// Writes the Hamming distance of each state's key whose weight has the largest binary exponent, the first among equals: what
/// the state's other weights are taken relative to. 0 where there are no keys.
///
/// `states` is packed `[net, trial]`, `keys` packed `[net, pattern]`, `exponents` is `[net, N + 1]`; `reference` is `[net,
/// trial]`, and is continued from an earlier panel unless this one starts at pattern 0.
pub fn heaviest(extent: &Extent, states: &[u32], keys: &[u32], exponents: &[i32], reference: &mut [u32]) {
    let words = extent.words();
    for (net, reference) in extent.split_trials(reference, 1).enumerate() {
        let states = extent.trials_of(net, states, words);
        let keys = extent.patterns_of(net, keys, words);
        let exponents = &exponents[net * extent.table_stride()..][..extent.neurons + 1];
        let trials = states.par_chunks_exact(words).zip(reference).with_min_len(16);
        trials.for_each(|(state, reference)| {
            let first = if extent.first_pattern == 0 { None } else { Some(*reference as usize) };
            *reference = of_state(state, keys, exponents, first) as u32;
        });
    }
}

/// The same for one state, from the distance found among earlier keys on.
pub fn of_state(state: &[u32], keys: &[u32], exponents: &[i32], earlier: Option<usize>) -> usize {
    dispatch(Search { state, keys, exponents, earlier })
}

/// One state against one panel of keys; compiled for the population count found at run time.
struct Search<'a> {
    state: &'a [u32],
    keys: &'a [u32],
    exponents: &'a [i32],
    earlier: Option<usize>,
}

impl WithSimd for Search<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        let (mut heaviest, mut largest) = match self.earlier {
            None => (0, i32::MIN),
            Some(distance) => (distance, self.exponents[distance]),
        };
        for key in self.keys.chunks_exact(self.state.len()) {
            let distance = self.state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() as usize;
            if self.exponents[distance] > largest {
                (heaviest, largest) = (distance, self.exponents[distance]);
            }
        }
        heaviest
    }
}
