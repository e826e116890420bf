//! K as its largest eigenvectors see it: a preconditioner that holds P x rank numbers.
//!
//! Randomized Nystrom (Z. Frangella, J. Tropp, M. Udell, 2021, algorithms 2.1 and 5.1): for random Omega \[P, rank\], Y
//! = K Omega and Omega^T Y = C C^T, K is near B B^T, B = Y C^-T. The eigenvectors of that, U, with eigenvalues e from
//! the largest down, give
//!
//! ```text
//! M^-1 = (e_last + lambda) U (diag e + lambda I)^-1 U^T + (I - U U^T)
//! ```
//!
//! Omega is of signs. A kernel that is not positive definite has no C: it is then not preconditioned at all, and
//! conjugate gradients say what it is.

use faer::Side;
use rayon::prelude::*;

use crate::random;
use crate::rule::dense::{bipolar, multiply, norm, rows};
use crate::rule::kernel_matrix::Kernel;

/// Eigenvectors for each neuron, and at most a quarter of all: the mean and the overlap with each neuron are N + 1
/// large ones for random patterns, and twice as many are found well.
const PER_NEURON: usize = 2;

pub(super) fn rank(patterns: usize, neurons: usize) -> usize {
    (PER_NEURON * neurons).min(patterns / 4)
}

pub(super) struct Nystrom {
    rank: usize,
    /// U, row-major \[P, rank\].
    vectors: Vec<f64>,
    /// (e_last + lambda) / (e + lambda) - 1.
    gains: Vec<f64>,
}

/// Of the random signs.
const SEED: u64 = 0x006e_7973_7472_6f6d;
/// Eigenvalues below this share of the largest are rounding.
const ROUNDING: f64 = 1e-12;

impl Nystrom {
    pub(super) fn new(kernel: &Kernel<'_>, rank: usize, regularization: f64) -> Self {
        let found = Some(rank).filter(|&rank| rank > 0).and_then(|rank| Self::of_rank(rank, kernel, regularization));
        found.unwrap_or_else(|| Self { rank: 0, vectors: Vec::new(), gains: Vec::new() })
    }

    fn of_rank(rank: usize, kernel: &Kernel<'_>, regularization: f64) -> Option<Self> {
        let patterns = kernel.patterns();
        let signs = bipolar(&random::patterns(SEED, 0, rank, patterns).ok()?);
        let mut sketch = vec![0.0; signs.len()];
        kernel.product(0.0, &signs, &mut sketch);
        // So little that it only keeps the core from being singular to rounding.
        let shift = f64::EPSILON * norm(&sketch);
        sketch.iter_mut().zip(&signs).for_each(|(value, sign)| *value += shift * sign);
        let [signs, sketch] = [&signs, &sketch].map(|values| rows(values, patterns, rank));
        let core = (signs.transpose() * sketch).llt(Side::Lower).ok()?;
        // B^T = C^-1 Y^T.
        let mut factor = sketch.transpose().to_owned();
        core.L().solve_lower_triangular_in_place(factor.as_mut());
        let eigen = (&factor * factor.transpose()).self_adjoint_eigen(Side::Lower).ok()?;
        let values: Vec<f64> = eigen.S().column_vector().iter().map(|value| value - shift).collect();
        let least = ROUNDING * values.last()?;
        let last = *values.iter().find(|&&value| value > least)?;
        let gain =
            |value: &f64| if *value > least { (last + regularization) / (value + regularization) - 1.0 } else { 0.0 };
        let gains = values.iter().map(gain).collect();
        // U = B V diag(e)^-1/2.
        let mut vectors = vec![0.0; patterns * rank];
        multiply(&mut vectors, factor.transpose(), eigen.U());
        let sizes: Vec<f64> = values.iter().map(|value| 1.0 / (value + shift).max(f64::MIN_POSITIVE).sqrt()).collect();
        vectors.par_chunks_exact_mut(rank).for_each(|row| row.iter_mut().zip(&sizes).for_each(|(u, by)| *u *= by));
        Some(Self { rank, vectors, gains })
    }

    /// `result` = M^-1 `right`, both \[P, N\].
    pub(super) fn solve(&self, right: &[f64], result: &mut [f64]) {
        if self.rank == 0 {
            return result.copy_from_slice(right);
        }
        let patterns = self.vectors.len() / self.rank;
        let width = right.len() / patterns;
        let vectors = rows(&self.vectors, patterns, self.rank);
        let mut shares = vec![0.0; self.rank * width];
        multiply(&mut shares, vectors.transpose(), rows(right, patterns, width));
        for (share, gain) in shares.chunks_exact_mut(width).zip(&self.gains) {
            share.iter_mut().for_each(|value| *value *= gain);
        }
        multiply(result, vectors, rows(&shares, self.rank, width));
        result.par_iter_mut().zip(right).for_each(|(value, right)| *value += right);
    }
}
