//! The nearest stored pattern of each state. Twin of `shaders/nearest.wgsl`.

use rayon::prelude::*;

use crate::Extent;

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
            let mut best = if extent.first_pattern == 0 { (u32::MAX, 0) } else { (*distance, *index) };
            for (pattern, key) in keys.chunks_exact(words).enumerate() {
                let d = state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum();
                if d < best.0 {
                    best = (d, (extent.first_pattern + pattern) as u32);
                }
            }
            (*distance, *index) = best;
        });
    }
}
