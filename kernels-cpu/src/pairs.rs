//! Hamming distances of one packed row to many, for learning rules on the host: kernel rows and Hebbian couplings.

use pulp::{Simd, WithSimd};

use crate::canonical::distances::{measure, transpose};
use crate::vector::dispatch;

/// Packed rows, word by word, so that a vector holds one word of many rows.
pub struct Columns {
    rows: usize,
    words: usize,
    columns: Vec<u32>,
}

impl Columns {
    /// Of packed `rows` of `words` words each.
    ///
    /// # Panics
    /// If `words` is 0 or does not divide the rows.
    pub fn new(rows: &[u32], words: usize) -> Self {
        assert!(words > 0 && rows.len().is_multiple_of(words), "{} words are no rows of {words}", rows.len());
        let mut columns = vec![0; rows.len()];
        if !rows.is_empty() {
            transpose(rows, words, &mut columns);
        }
        Self { rows: rows.len() / words, words, columns }
    }

    /// Writes the distance of a packed row to each of these, in their order.
    ///
    /// # Panics
    /// If `row` has another width, or there is not one distance for each row.
    pub fn distances(&self, row: &[u32], distances: &mut [u32]) {
        assert_eq!((row.len(), distances.len()), (self.words, self.rows), "words of a row, distances");
        if self.rows > 0 {
            dispatch(Measure { row, columns: &self.columns, distances });
        }
    }
}

struct Measure<'a> {
    row: &'a [u32],
    columns: &'a [u32],
    distances: &'a mut [u32],
}

impl WithSimd for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        measure(self.row, self.columns, self.distances);
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn every_distance_is_the_popcount_of_the_difference() {
        let row = |seed: u32| [seed.wrapping_mul(0x9E37_79B9), seed.wrapping_mul(0x85EB_CA6B), seed];
        let rows: Vec<u32> = (0..37).flat_map(row).collect();
        let mut distances = vec![u32::MAX; 37];
        Columns::new(&rows, 3).distances(&row(5), &mut distances);
        for (other, &distance) in (0..).zip(&distances) {
            let expected: u32 = row(5).iter().zip(row(other)).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!(distance, expected, "row {other}");
        }
        Columns::new(&[], 3).distances(&row(5), &mut []);
    }
}
