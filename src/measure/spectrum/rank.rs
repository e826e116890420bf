//! A spectrum as rows: one eigenvalue each, beside what is known of all.

use serde::{Deserialize, Serialize};

use super::{Condition, Spectrum};

/// An eigenvalue of the kernel between a network's patterns, and what all of them say. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// From 1, the largest, on.
    pub rank: usize,
    /// The eigenvalue; none beyond the number of patterns.
    pub eigenvalue: Option<f64>,
    /// An eigenvalue is no farther away than this.
    pub within: Option<f64>,
    /// D_eff.
    pub effective_dimension: f64,
    /// tr(K).
    pub trace: f64,
    /// |K|_F.
    pub frobenius: f64,
    /// The smallest eigenvalue; from above, where not all are known.
    pub smallest: f64,
    /// An eigenvalue is no farther away from it than this.
    pub smallest_within: f64,
    /// Largest over smallest eigenvalue, where the smallest is known.
    pub condition: Option<f64>,
    /// What that is at least; none if there is a negative eigenvalue.
    pub condition_at_least: Option<f64>,
}

impl Rank {
    /// The first `count` ranks of a spectrum.
    pub fn all(spectrum: &Spectrum, count: usize) -> Vec<Self> {
        let (condition, condition_at_least) = match spectrum.condition() {
            Condition::Known(condition) => (Some(condition), Some(condition)),
            Condition::AtLeast(least) => (None, Some(least)),
            Condition::Indefinite => (None, None),
        };
        let row = |index: usize| Self {
            rank: index + 1,
            eigenvalue: spectrum.leading.get(index).map(|one| one.value),
            within: spectrum.leading.get(index).map(|one| one.within),
            effective_dimension: spectrum.effective_dimension(),
            trace: spectrum.trace,
            frobenius: spectrum.frobenius,
            smallest: spectrum.smallest.value,
            smallest_within: spectrum.smallest.within,
            condition,
            condition_at_least,
        };
        (0..count).map(row).collect()
    }
}
