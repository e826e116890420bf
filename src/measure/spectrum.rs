//! The spectrum of K, the kernel between all stored patterns: how many dimensions they fill, how large the leading
//! eigenvalues are, and how well conditioned K is. K is never in memory but for networks small enough to know it whole.

mod krylov;
mod pair_distances;
mod rank;
#[cfg(test)]
mod tests;

use faer::Side;

use crate::error::{Error, Result};
use crate::memory::Table;
use crate::pattern::Patterns;
use crate::rule::dense::{check_square, rows};
use crate::rule::kernel_matrix::Kernel;
pub use pair_distances::PairDistances;
pub use rank::Rank;

/// How much of a spectrum to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Leading eigenvalues that are found where K is not known whole.
    pub leading: usize,
    /// Up to so many patterns all eigenvalues are, by K in memory: 8 P^2 bytes, and about 4 P^3 / 3 multiply-adds.
    pub whole_up_to: usize,
}

impl Default for Extent {
    fn default() -> Self {
        Self { leading: 100, whole_up_to: 2048 }
    }
}

/// A number near an eigenvalue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eigenvalue {
    /// The number. Found by Lanczos, that of rank i is at most the i-th largest eigenvalue, but for rounding.
    pub value: f64,
    /// An eigenvalue is no farther away: |K x - value x| for the x of norm 1 that it was found by, and a bound of
    /// rounding.
    pub within: f64,
}

/// The largest eigenvalue over the smallest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// It is this, to about the share that the smallest eigenvalue is known to.
    Known(f64),
    /// At least this: the smallest eigenvalue is only known from above, or is 0 as far as rounding can tell.
    AtLeast(f64),
    /// There is a negative eigenvalue: K is no inner product.
    Indefinite,
}

/// What is known of the eigenvalues of K. Of a wide table they are relative to the power of two at distance 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Their sum, P K(mu, mu).
    pub trace: f64,
    /// The root of the sum of their squares, |K|_F: exact but for N + 1 roundings.
    pub frobenius: f64,
    /// From the largest down: all, or the leading ones.
    pub leading: Vec<Eigenvalue>,
    /// The smallest. By Lanczos, from above.
    pub smallest: Eigenvalue,
    /// Whether all are known.
    pub whole: bool,
}

impl Spectrum {
    /// Dimensions that the patterns fill in the kernel's space, D_eff = (sum of l)^2 / sum of l^2 = tr(K)^2 / |K|_F^2
    /// (arXiv 2605.00366): P if K is the identity, 1 if it is the same everywhere.
    pub fn effective_dimension(&self) -> f64 {
        (self.trace / self.frobenius).powi(2)
    }

    /// How well conditioned K is.
    pub fn condition(&self) -> Condition {
        let largest = self.leading.first().map_or(self.smallest.value, |first| first.value);
        let Eigenvalue { value, within } = self.smallest;
        if value < -within {
            Condition::Indefinite
        } else if self.whole && value > within {
            Condition::Known(largest / value)
        } else {
            Condition::AtLeast(largest / if self.whole { value + within } else { value.max(within) })
        }
    }

    /// The largest eigenvalue of K^2 / 4 + lambda K, the Hessian of kernel logistic regression at alpha = 0 (arXiv
    /// 2609.16827): descent settles by steps below 2 over it.
    pub fn curvature(&self, regularization: f64) -> f64 {
        self.leading.first().map_or(0.0, |largest| largest.value * (0.25 * largest.value + regularization))
    }
}

/// Measures K of these keys: P^2 distances once for trace and norm; then all eigenvalues, or the leading ones by block
/// Lanczos, whose products make K again, a panel at a time.
///
/// # Errors
/// If there are no keys, the table is not one for them, what is held does not fit into memory, or `go_on` answers no.
pub fn spectrum(keys: &Patterns, table: &Table, extent: Extent, go_on: &mut dyn FnMut() -> bool) -> Result<Spectrum> {
    if keys.is_empty() || extent.leading == 0 {
        let what = format!("{} eigenvalues of the kernel between {} patterns", extent.leading, keys.len());
        return Err(Error::setting(what, "ask for at least one, of at least one pattern"));
    }
    let kernel = Kernel::new(keys, table)?;
    let (trace, frobenius) = PairDistances::of(keys, go_on)?.trace_and_norm(table)?;
    let patterns = keys.len();
    // Of products and eigenvalue solvers: a modest multiple of P u |K|, |K|_2 <= |K|_F (Higham 2002, 3.5; Golub & Van
    // Loan 2013, 8.1).
    let rounding = patterns as f64 * f64::EPSILON;
    if patterns <= extent.whole_up_to {
        let values = whole(&kernel)?;
        let within = rounding * values[0].abs().max(values[patterns - 1].abs());
        let leading: Vec<Eigenvalue> = values.into_iter().map(|value| Eigenvalue { value, within }).collect();
        let smallest = leading[patterns - 1];
        return Ok(Spectrum { trace, frobenius, leading, smallest, whole: true });
    }
    let found = krylov::extremes(patterns, extent.leading, |right, image| kernel.product(0.0, right, image), go_on)?;
    let within = rounding * found.iter().fold(0.0, |most: f64, ritz| most.max(ritz.value.abs()));
    let mut leading: Vec<Eigenvalue> =
        found.into_iter().map(|ritz| Eigenvalue { within: ritz.within + within, ..ritz }).collect();
    let smallest = leading.pop().unwrap_or(Eigenvalue { value: f64::NAN, within: f64::NAN });
    Ok(Spectrum { trace, frobenius, leading, smallest, whole: false })
}

/// Every eigenvalue, from the largest down.
fn whole(kernel: &Kernel<'_>) -> Result<Vec<f64>> {
    let patterns = kernel.patterns();
    check_square(
        &format!("the kernel matrix of {patterns} patterns"),
        patterns,
        "ask for the leading eigenvalues only",
    )?;
    let matrix = kernel.matrix(0.0);
    let mut values = rows(&matrix, patterns, patterns).self_adjoint_eigenvalues(Side::Lower).map_err(|_| {
        Error::unlearnable(
            format!("the eigenvalues of the kernel matrix of {patterns} patterns were not found"),
            "ask for the leading eigenvalues only",
        )
    })?;
    values.reverse();
    Ok(values)
}
