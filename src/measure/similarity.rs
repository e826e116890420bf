//! How alike two states are, by the measures that papers report (C. Hanley, Investigating Hebbian alternatives to
//! dense associative memory, 2025).

use crate::code::Code;
use crate::pattern::hamming;

/// Two states, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Direction cosine: 1 - 2 d / N with the Hamming distance d; of a sparse code, both with k active neurons, 1 - d /
    /// (2 k).
    pub cosine: f64,
    /// Hamming distance d: bits that differ.
    pub hamming: u32,
    /// Jaccard index of the bits that are set: those that are in both, of those that are in either; 1 where none is.
    pub jaccard: f64,
    /// Euclidean distance, 2 sqrt(d); sqrt(d) where a bit not set is 0.
    pub euclidean: f64,
    /// Share of equal bits, 1 - d / N.
    pub bit_accuracy: f64,
}

impl Similarity {
    /// Of two packed states of `neurons` neurons.
    pub fn of(code: Code, a: &[u32], b: &[u32], neurons: usize) -> Self {
        let up = |of: fn(u32, u32) -> u32| a.iter().zip(b).map(|(&a, &b)| of(a, b).count_ones()).sum::<u32>();
        let (both, either) = (up(|a, b| a & b), up(|a, b| a | b));
        let (distance, n) = (hamming(a, b), neurons as f64);
        Self {
            cosine: code.similarity(neurons, distance as usize),
            hamming: distance,
            jaccard: if either == 0 { 1.0 } else { f64::from(both) / f64::from(either) },
            euclidean: f64::from(1.0 - code.zero()) * f64::from(distance).sqrt(),
            bit_accuracy: (n - f64::from(distance)) / n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_values_come_out() {
        // 40 neurons in two words: bits 0 to 9 are +1 in one, 4 to 13 in the other, and bit 39 in both: 8 differ, 7 are
        // shared, 15 are in either.
        let (a, b) = ([0x3ff, 0x80], [0x3ff0, 0x80]);
        let found = Similarity::of(Code::Bipolar, &a, &b, 40);
        let wanted =
            Similarity { cosine: 0.6, hamming: 8, jaccard: 7.0 / 15.0, euclidean: 32.0_f64.sqrt(), bit_accuracy: 0.8 };
        assert!((found.euclidean - wanted.euclidean).abs() < 1e-12);
        assert_eq!(Similarity { euclidean: wanted.euclidean, ..found }, wanted);
    }

    #[test]
    fn of_a_sparse_code_a_bit_not_set_is_nothing() {
        // Three of four active neurons in common.
        let found = Similarity::of(Code::Active(4), &[0b1111], &[0b10111], 20);
        assert_eq!((found.cosine, found.hamming, found.jaccard, found.bit_accuracy), (0.75, 2, 0.6, 0.9));
        assert!((found.euclidean - 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn equal_opposite_and_empty_states_have_their_ends() {
        let same = Similarity::of(Code::Bipolar, &[0b101], &[0b101], 3);
        assert_eq!(
            (same.cosine, same.hamming, same.jaccard, same.euclidean, same.bit_accuracy),
            (1.0, 0, 1.0, 0.0, 1.0)
        );
        let opposite = Similarity::of(Code::Bipolar, &[0b1111], &[0], 4);
        assert_eq!((opposite.cosine, opposite.hamming, opposite.jaccard), (-1.0, 4, 0.0));
        assert_eq!((opposite.euclidean, opposite.bit_accuracy), (4.0, 0.0));
        assert_eq!(Similarity::of(Code::Bipolar, &[0], &[0], 9).jaccard, 1.0);
    }
}
