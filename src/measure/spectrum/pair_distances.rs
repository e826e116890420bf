//! How far apart stored patterns are: one count for each distance, from which trace and norm of K follow for any
//! kernel.

use attractor_kernels_cpu::pairs::Columns;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::memory::Table;
use crate::pattern::Patterns;
use crate::rule::kernel_matrix::weights;

/// Rows between two questions whether to go on.
const ROWS: usize = 1024;

/// Of the P^2 ordered pairs of P patterns, each with itself among them, how many are at each Hamming distance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairDistances {
    counts: Vec<u64>,
}

impl PairDistances {
    /// Counts them: P^2 distances, whatever the kernel.
    ///
    /// # Errors
    /// If `go_on` answers no.
    pub fn of(patterns: &Patterns, go_on: &mut dyn FnMut() -> bool) -> Result<Self> {
        let (count, neurons) = (patterns.len(), patterns.neurons());
        let columns = Columns::new(patterns.words(), patterns.stride());
        let none = || (vec![0_u64; neurons + 1], vec![0; count]);
        let mut counts = vec![0; neurons + 1];
        for first in (0..count).step_by(ROWS) {
            if !go_on() {
                return Err(Error::Interrupted);
            }
            let block = (first..(first + ROWS).min(count)).into_par_iter();
            let counted = block.fold(none, |(mut counts, mut distances), row| {
                columns.distances(patterns.row(row), &mut distances);
                distances.iter().for_each(|&distance| counts[distance as usize] += 1);
                (counts, distances)
            });
            let sums = counted.map(|(counts, _)| counts).reduce(|| none().0, added);
            counts = added(counts, sums);
        }
        Ok(Self { counts })
    }

    /// N + 1 of them, by distance.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// D_eff = tr(K)^2 / |K|_F^2 of one kernel (arXiv 2605.00366).
    ///
    /// # Errors
    /// If the table is not one for these patterns, or no kernel's.
    pub fn effective_dimension(&self, table: &Table) -> Result<f64> {
        self.trace_and_norm(table).map(|(trace, frobenius)| (trace / frobenius).powi(2))
    }

    /// tr(K) and |K|_F, relative to the power of two at distance 0.
    pub(super) fn trace_and_norm(&self, table: &Table) -> Result<(f64, f64)> {
        let weights = weights(table)?;
        if weights.len() != self.counts.len() {
            return Err(Error::setting(
                format!("a table of {} weights for {} distances", weights.len(), self.counts.len()),
                "make the table with Profile::table for as many neurons as the patterns have",
            ));
        }
        let pairs: u64 = self.counts.iter().sum();
        let squares: f64 =
            self.counts.iter().zip(&weights).map(|(&count, weight)| count as f64 * weight * weight).sum();
        Ok(((pairs as f64).sqrt() * weights[0], squares.sqrt()))
    }
}

fn added(mut left: Vec<u64>, right: Vec<u64>) -> Vec<u64> {
    left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
    left
}
