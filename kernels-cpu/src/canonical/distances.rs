//! Hamming distances: of one state to many keys.

use pulp::{Simd, WithSimd};

use crate::vector::dispatch;

/// Hamming distance of a packed state to the nearest of packed keys \[pattern\]; 0 without keys.
pub fn nearest(state: &[u32], keys: &[u32]) -> u32 {
    dispatch(Nearest { state, keys })
}

struct Nearest<'a> {
    state: &'a [u32],
    keys: &'a [u32],
}

impl WithSimd for Nearest<'_> {
    type Output = u32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> u32 {
        let mut nearest = u32::MAX;
        for key in self.keys.chunks_exact(self.state.len()) {
            let mut distance = 0;
            for (a, b) in self.state.iter().zip(key) {
                distance += (a ^ b).count_ones();
            }
            nearest = nearest.min(distance);
        }
        if self.keys.is_empty() { 0 } else { nearest }
    }
}

/// Keys \[pattern, word\] to columns \[word, pattern\].
#[inline(always)]
pub(crate) fn transpose(keys: &[u32], words: usize, columns: &mut [u32]) {
    for (word, column) in columns.chunks_exact_mut(keys.len() / words).enumerate() {
        for (bits, key) in column.iter_mut().zip(keys.chunks_exact(words)) {
            *bits = key[word];
        }
    }
}

/// Hamming distances of a state to the keys in columns \[word, pattern\].
#[inline(always)]
pub(crate) fn measure(state: &[u32], columns: &[u32], distances: &mut [u32]) {
    distances.fill(0);
    for (&bits, column) in state.iter().zip(columns.chunks_exact(distances.len())) {
        for (distance, key) in distances.iter_mut().zip(column) {
            *distance += (bits ^ key).count_ones();
        }
    }
}
