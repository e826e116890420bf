//! Hamming distances of states to keys, stored for products to come. Twin of `shaders/distance.wgsl`.
//!
//! For training on a GPU, where fetching a distance is cheaper than making it again; on the CPU it is not (`field`).

use rayon::prelude::*;

use crate::Extent;
use crate::extent::{PAD, padded};

/// Pairs of trials in a tile.
const PAIRS: usize = PAD / 2;

/// Writes every Hamming distance, 16 bits each, two trials a word: `[net, tile of 64 trials, pattern, pair of trials]`, with
/// 0 where a tile has no trial or its padding no pattern; and how many patterns have been `compared`, `[net, trial]`.
///
/// `states` is packed `[net, trial]`, `keys` packed `[net, pattern]`, of at most 65,535 neurons.
pub fn distance(extent: &Extent, states: &[u32], keys: &[u32], distances: &mut [u32], compared: &mut [u32]) {
    let words = extent.words();
    let (tile, first) = (tile_words(extent), extent.first_pattern * PAIRS);
    let nets = distances.chunks_mut(extent.trial_stride / PAD * tile).zip(extent.split_trials(compared, 1));
    for (net, (distances, compared)) in nets.take(extent.nets).enumerate() {
        let keys = extent.patterns_of(net, keys, words);
        let states = extent.trials_of(net, states, words);
        distances.par_chunks_mut(tile).zip(states.par_chunks(PAD * words)).for_each(|(tile, states)| {
            let rows = tile[first..].chunks_exact_mut(PAIRS).take(padded(extent.patterns));
            for (pattern, row) in rows.enumerate() {
                let between = |trial: usize| {
                    let state = states.get(trial * words..(trial + 1) * words);
                    let key = keys.get(pattern * words..(pattern + 1) * words);
                    state.zip(key).map_or(0, |(state, key)| hamming(state, key))
                };
                for (pair, word) in row.iter_mut().enumerate() {
                    *word = between(2 * pair) | between(2 * pair + 1) << 16;
                }
            }
        });
        // Panel upon panel: one that was lost is missing from the count.
        for compared in compared {
            let before = if extent.first_pattern == 0 { 0 } else { *compared };
            *compared = before.wrapping_add(extent.patterns as u32);
        }
    }
}

fn hamming(state: &[u32], key: &[u32]) -> u32 {
    state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Words that the distances of a tile take.
fn tile_words(extent: &Extent) -> usize {
    extent.pattern_stride * PAIRS
}

/// The distances of one net.
pub(crate) struct Stored<'a> {
    words: &'a [u32],
    extent: &'a Extent,
}

impl<'a> Stored<'a> {
    /// Those that [`distance`] wrote.
    pub(crate) fn new(extent: &'a Extent, net: usize, distances: &'a [u32]) -> Self {
        Self { words: &distances[net * extent.trial_stride / PAD * tile_words(extent)..], extent }
    }

    /// Between a trial and a pattern of the panel.
    pub(crate) fn between(&self, trial: usize, pattern: usize) -> usize {
        let row = (self.extent.first_pattern + pattern) * PAIRS + trial % PAD / 2;
        let pair = self.words[trial / PAD * tile_words(self.extent) + row];
        (pair >> (trial % 2 * 16)) as usize & 0xFFFF
    }
}
