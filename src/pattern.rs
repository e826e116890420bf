//! Bipolar patterns, bit-packed: the keys a memory stores and the targets it answers with.
//!
//! Bit 1 is +1, bit 0 is -1; neuron `i` is bit `i % 32` of word `i / 32`; the tail bits of the last word are zero, so
//! that the Hamming distance of two patterns is the popcount of their XOR. Knows nothing of kernels or devices.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// Rows of bipolar patterns, bit-packed row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    neurons: usize,
    words: Vec<u32>,
}

/// Number of 32-bit words that hold `neurons` bits.
pub fn words_per_pattern(neurons: usize) -> usize {
    neurons.div_ceil(32)
}

/// The mask of the bits in use in a pattern's last word.
pub fn tail_mask(neurons: usize) -> u32 {
    match neurons % 32 {
        0 => u32::MAX,
        bits => (1 << bits) - 1,
    }
}

impl Patterns {
    /// Takes packed rows of [`words_per_pattern`] words each; bits past the last neuron are cleared.
    pub fn from_words(neurons: usize, mut words: Vec<u32>) -> Result<Self> {
        let stride = words_per_pattern(neurons);
        if neurons == 0 || !words.len().is_multiple_of(stride) {
            return Err(Error::setting(
                format!("{} packed words do not make rows of {neurons} neurons", words.len()),
                format!("give a multiple of {stride} words and at least one neuron"),
            ));
        }
        for row in words.chunks_exact_mut(stride) {
            row[stride - 1] &= tail_mask(neurons);
        }
        Ok(Self { neurons, words })
    }

    /// Packs rows of `neurons` signs each: true is +1. The iterator must yield whole rows.
    pub fn from_signs(neurons: usize, signs: impl IntoIterator<Item = bool>) -> Result<Self> {
        let stride = words_per_pattern(neurons).max(1);
        let mut words = Vec::new();
        let mut count = 0;
        for sign in signs {
            let bit = if neurons == 0 { 0 } else { count % neurons };
            if bit == 0 {
                words.resize(words.len() + stride, 0);
            }
            let row = words.len() - stride;
            words[row + bit / 32] |= u32::from(sign) << (bit % 32);
            count += 1;
        }
        if neurons == 0 || !count.is_multiple_of(neurons) {
            return Err(Error::setting(
                format!("{count} values do not make whole rows of {neurons} neurons"),
                "give a multiple of the number of neurons",
            ));
        }
        Ok(Self { neurons, words })
    }

    /// Neurons per pattern, N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// Number of patterns, P.
    pub fn len(&self) -> usize {
        self.words.len() / self.stride()
    }

    /// Whether there is no pattern at all.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Words per pattern.
    pub fn stride(&self) -> usize {
        words_per_pattern(self.neurons)
    }

    /// All packed words, row by row.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The packed words of one pattern.
    pub fn row(&self, index: usize) -> &[u32] {
        &self.words[index * self.stride()..][..self.stride()]
    }

    /// The patterns as -1 and +1, row-major \[P, N\].
    pub fn to_bipolar(&self) -> Vec<i8> {
        self.words
            .chunks_exact(self.stride())
            .flat_map(|row| (0..self.neurons).map(move |i| if is_up(row, i) { 1 } else { -1 }))
            .collect()
    }

    /// The first `count` patterns.
    ///
    /// # Panics
    /// If there are fewer than `count`.
    pub fn prefix(&self, count: usize) -> Self {
        Self { neurons: self.neurons, words: self.words[..count * self.stride()].to_vec() }
    }

    /// The chosen patterns, in the order given.
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let words = rows.into_iter().flat_map(|row| self.row(row).iter().copied()).collect();
        Self { neurons: self.neurons, words }
    }

    /// Pairs (first row, repeated row) of equal patterns.
    pub fn duplicates(&self) -> Vec<(usize, usize)> {
        let mut first = HashMap::with_capacity(self.len());
        let rows = self.words.chunks_exact(self.stride()).enumerate();
        rows.filter_map(|(index, row)| match *first.entry(row).or_insert(index) {
            earlier if earlier == index => None,
            earlier => Some((earlier, index)),
        })
        .collect()
    }
}

/// Whether a neuron's bit is set in a packed pattern.
pub(crate) fn is_up(row: &[u32], neuron: usize) -> bool {
    row[neuron / 32] >> (neuron % 32) & 1 == 1
}

/// Hamming distance of two packed patterns of one width.
pub fn hamming(a: &[u32], b: &[u32]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}
