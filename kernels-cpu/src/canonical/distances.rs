//! Hamming distances of one state to many keys, and its components.

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

/// Components of a state from the `first` on: 0 for -1, 1 for +1.
#[inline(always)]
pub(super) fn components(state: &[u32], first: usize, components: &mut [u32]) {
    for (component, input) in components.iter_mut().zip(first..) {
        *component = state[input / 32] >> (input % 32) & 1;
    }
}
