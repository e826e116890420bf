//! Counter-based randomness: every random number is a function of (seed, purpose, network, index) alone.
//!
//! Nothing depends on batch size, order, shard or backend, and the streams of two purposes never meet.

use std::convert::Infallible;

use attractor_kernels_cpu::philox::philox;
use rand::{SeedableRng, TryRng};

use crate::data::Features;
use crate::error::Result;
use crate::pattern::{Patterns, words_per_pattern};

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Stored patterns.
    Pattern = 1,
    /// The bits that cues flip.
    Cue = 2,
    /// Dual variables that no training made, for benchmarks.
    Dual = 3,
    /// Which pattern a trial cues, and how many of its bits are flipped.
    Trial = 4,
    /// The orders in which asynchronous recall visits neurons.
    Order = 5,
    /// The orders in which bits are flipped on the way out of a basin.
    Basin = 6,
    /// Pairs of patterns, and the states between them.
    Morph = 7,
    /// Pairs of patterns whose overlaps are counted.
    Overlap = 8,
    /// Real-valued patterns.
    Feature = 9,
    /// Variants of real-valued patterns, and the signs of their bias.
    Variant = 10,
    /// Which patterns a batch of training is made from.
    Batch = 11,
    /// A footprint's matrix, and Phi.
    Footprint = 12,
}

/// The Philox key of one purpose in one network of one experiment.
pub fn stream(seed: u64, purpose: Purpose, network: u32) -> [u32; 2] {
    let [a, b, ..] = philox([seed as u32, (seed >> 32) as u32], [purpose as u32, network, 0, 0]);
    [a, b]
}

/// Philox4x32-10 as a generator for rand's traits: words in the order of the counter's first component.
#[derive(Clone, Debug)]
pub struct Philox {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Philox {
    /// The generator of `stream` at coordinates (a, b, c).
    pub fn new(stream: [u32; 2], coordinates: [u32; 3]) -> Self {
        let [a, b, c] = coordinates;
        Self { key: stream, counter: [0, a, b, c], block: [0; 4], used: 4 }
    }

    /// A number below `end`, each equally often up to 2^-32 `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        use rand::Rng;
        ((u64::from(self.next_u32()) * end as u64) >> 32) as usize
    }

    /// The same of an end up to 2^64, each equally often up to 2^-64 `end`.
    pub(crate) fn below_wide(&mut self, end: u64) -> u64 {
        use rand::Rng;
        ((u128::from(self.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// Two different numbers below `end` >= 2, each ordered pair equally often as [`Self::below`] has it.
    pub(crate) fn pair(&mut self, end: usize) -> [usize; 2] {
        let (a, b) = (self.below(end), self.below(end - 1));
        [a, b + usize::from(b >= a)]
    }

    /// `count` distinct numbers below `end`, or all: Robert Floyd's sampling, as kernel `cue` does it.
    pub(crate) fn distinct(&mut self, end: usize, count: usize) -> Vec<usize> {
        let mut chosen = Vec::with_capacity(count.min(end));
        let mut taken = vec![false; end];
        for last in end - count.min(end)..end {
            let drawn = self.below(last + 1);
            let at = if taken[drawn] { last } else { drawn };
            taken[at] = true;
            chosen.push(at);
        }
        chosen
    }
}

impl TryRng for Philox {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if self.used == 4 {
            self.block = philox(self.key, self.counter);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        Ok(self.block[self.used - 1])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let (low, high) = (self.try_next_u32()?, self.try_next_u32()?);
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.try_next_u32()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl SeedableRng for Philox {
    type Seed = [u8; 8];

    fn from_seed(seed: [u8; 8]) -> Self {
        let seed = u64::from_le_bytes(seed);
        Self::new([seed as u32, (seed >> 32) as u32], [0; 3])
    }
}

/// `count` independent uniform patterns of `neurons`; the first rows of a longer draw are those of a shorter one.
///
/// # Errors
/// If `neurons` is 0.
pub fn patterns(seed: u64, network: u32, neurons: usize, count: usize) -> Result<Patterns> {
    use rand::Rng;
    let key = stream(seed, Purpose::Pattern, network);
    let rows = (0..count).flat_map(|pattern| {
        let mut generator = Philox::new(key, [pattern as u32, 0, 0]);
        (0..words_per_pattern(neurons)).map(move |_| generator.next_u32())
    });
    Patterns::from_words(neurons, rows.collect())
}

/// `count` rows of `dimensions` independent numbers of the uniform distribution on \[-1, 1), of 24 bits each; the first
/// rows of a longer draw are those of a shorter one.
///
/// # Errors
/// If `dimensions` or `count` is 0.
pub fn features(seed: u64, network: u32, dimensions: usize, count: usize) -> Result<Features> {
    use rand::Rng;
    let key = stream(seed, Purpose::Feature, network);
    let rows = (0..count).flat_map(|row| {
        let mut generator = Philox::new(key, [row as u32, 0, 0]);
        (0..dimensions).map(move |_| (generator.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0)
    });
    Features::new(dimensions, rows.collect())
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn the_generator_walks_the_counter() {
        let mut generator = Philox::new([3, 4], [7, 8, 9]);
        let words: Vec<u32> = (0..8).map(|_| generator.next_u32()).collect();
        assert_eq!(words, [philox([3, 4], [0, 7, 8, 9]), philox([3, 4], [1, 7, 8, 9])].concat());
    }

    #[test]
    fn patterns_are_nested_balanced_and_differ_between_networks() {
        let long = patterns(1, 0, 100, 1000).unwrap();
        assert_eq!(patterns(1, 0, 100, 10).unwrap(), long.prefix(10));
        assert_ne!(patterns(1, 1, 100, 10).unwrap(), long.prefix(10));
        assert_ne!(patterns(2, 0, 100, 10).unwrap(), long.prefix(10));
        let up: u32 = long.words().iter().map(|word| word.count_ones()).sum();
        // 100,000 fair bits: five standard deviations are 791.
        assert!((f64::from(up) - 50_000.0).abs() < 791.0, "{up}");
        assert!(long.duplicates().is_empty());
    }
}
