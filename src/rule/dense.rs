//! Dense f64 matrices for rules on the host: products, and Cholesky factors that know when they are worthless. By faer;
//! not in the defined arithmetic: results agree between machines to rounding.

use std::fmt;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{LltError, LltRegularization, cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::cholesky::llt::solve::solve_in_place;
use faer::linalg::matmul::matmul;
use faer::{Accum, Auto, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;

use crate::engine::array::size;
use crate::engine::available_memory;
use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// Unit roundoff of f64.
const UNIT: f64 = f64::EPSILON / 2.0;

/// Steps of inverse iteration. A matrix that is as good as singular has one eigenvalue far below the others, or several
/// that do equally well, and shows it after one or two.
const STEPS: usize = 8;

/// A row-major matrix.
pub(crate) fn rows(values: &[f64], rows: usize, columns: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(values, rows, columns)
}

/// `result`, row-major, = `left` `right`.
pub(crate) fn multiply(result: &mut [f64], left: MatRef<'_, f64>, right: MatRef<'_, f64>) {
    let result = MatMut::from_row_major_slice_mut(result, left.nrows(), right.ncols());
    matmul(result, Accum::Replace, left, right, 1.0, Par::rayon(0));
}

/// [`multiply`] into a matrix of its own.
pub(crate) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Vec<f64> {
    let mut result = vec![0.0; left.nrows() * right.ncols()];
    multiply(&mut result, left, right);
    result
}

/// Patterns as -1 and +1, \[P, N\].
pub(crate) fn bipolar(patterns: &Patterns) -> Vec<f64> {
    patterns.to_bipolar().into_iter().map(f64::from).collect()
}

/// # Errors
/// If a square matrix of f64 does not fit into memory.
pub(crate) fn check_square(what: &str, side: usize, cure: &str) -> Result<()> {
    let needed = (side as u64).saturating_mul(side as u64).saturating_mul(8);
    let available = available_memory();
    if needed <= available {
        return Ok(());
    }
    Err(Error::Memory { what: what.into(), needed: size(needed), available: size(available), cure: cure.into() })
}

/// The Cholesky factor of a symmetric positive definite matrix.
pub(super) struct Factor {
    triangle: Vec<f64>,
    size: usize,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// The pivot of this row was not above 0.
    Pivot(usize),
    /// The reciprocal condition number is at most this, and rounding alone could have made the matrix from a singular
    /// one.
    Condition(f64),
}

impl fmt::Display for Flaw {
    /// What the matrix is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pivot(pivot) => write!(f, "is not positive definite, its pivot {pivot} is not above 0"),
            Self::Condition(reciprocal) => {
                write!(f, "is singular to rounding, reciprocal condition {reciprocal:.1e} or less")
            }
        }
    }
}

impl Factor {
    /// Of a symmetric matrix \[size, size\] in f64.
    ///
    /// L L^T = A + E with |E|_2 <= gamma trace(A) / (1 - gamma), gamma = (n + 1) u / (1 - (n + 1) u): by components |E|
    /// <= gamma |L| |L^T| (Higham, Accuracy and Stability, theorem 10.3), where row i of L has norm sqrt(a_ii) or,
    /// rounded, at most sqrt(a_ii / (1 - gamma)). A smallest eigenvalue below that might as well be 0.
    pub(super) fn new(mut matrix: Vec<f64>, size: usize) -> Result<Self, Flaw> {
        let diagonal = matrix.iter().step_by(size + 1).copied();
        let (trace, largest) = diagonal.fold((0.0, 0.0_f64), |(sum, most), own| (sum + own, most.max(own)));
        let parallel = Par::rayon(0);
        let settings = Spec::<_, f64>::new(Auto::<f64>::auto());
        let mut scratch = MemBuffer::new(cholesky_in_place_scratch::<f64>(size, parallel, settings));
        let view = MatMut::from_column_major_slice_mut(&mut matrix, size, size);
        let stack = MemStack::new(&mut scratch);
        cholesky_in_place(view, LltRegularization::default(), parallel, stack, settings)
            .map_err(|LltError::NonPositivePivot { index }| Flaw::Pivot(index))?;
        let factor = Self { triangle: matrix, size };
        let count = (size + 1) as f64 * UNIT;
        let gamma = count / (1.0 - count);
        let smallest = factor.smallest_eigenvalue();
        // Inverse iteration comes down to the smallest eigenvalue from above: 4 for what it may still be away. Not
        // `smallest < bound`, so that NaN is refused.
        let sound = smallest >= 4.0 * gamma * trace / (1.0 - gamma);
        if !sound {
            return Err(Flaw::Condition(smallest / largest));
        }
        Ok(factor)
    }

    /// Solves A x = `right` in its place, `right` row-major \[size, columns\].
    pub(super) fn solve(&self, right: &mut [f64]) {
        let factor = MatRef::from_column_major_slice(&self.triangle, self.size, self.size);
        let right = MatMut::from_row_major_slice_mut(right, self.size, right.len() / self.size);
        // The solve needs no scratch.
        solve_in_place(factor, right, Par::rayon(0), MemStack::new(&mut []));
    }

    /// An estimate from above, by inverse iteration.
    fn smallest_eigenvalue(&self) -> f64 {
        // Orthogonal to no eigenvector but by chance.
        let mut vector: Vec<f64> = (0..self.size).map(irregular_sign).collect();
        let mut smallest = f64::INFINITY;
        for _ in 0..STEPS {
            let before = norm(&vector);
            vector.iter_mut().for_each(|value| *value /= before);
            self.solve(&mut vector);
            smallest = 1.0 / norm(&vector);
        }
        smallest
    }
}

/// -1 or 1, of no regularity.
pub(super) fn irregular_sign(row: usize) -> f64 {
    if (row as u32).wrapping_mul(0x9E37_79B9).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// Rows of a partial sum: few enough sums to add up alone, in an order that does not depend on the threads.
const ROWS: usize = 64;

/// Sums of the columns of an array \[rows, width\] of so many values, each made from its index.
pub(super) fn column_sums(size: usize, width: usize, term: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
    let partial: Vec<Vec<f64>> = (0..size)
        .into_par_iter()
        .step_by(ROWS * width)
        .map(|first| {
            let mut sums = vec![0.0; width];
            for row in (first..(first + ROWS * width).min(size)).step_by(width) {
                sums.iter_mut().enumerate().for_each(|(column, sum)| *sum += term(row + column));
            }
            sums
        })
        .collect();
    partial.into_iter().fold(vec![0.0; width], |mut sums, block| {
        sums.iter_mut().zip(block).for_each(|(sum, block)| *sum += block);
        sums
    })
}

/// Largest absolute value; NaN when there is one.
pub(super) fn largest<T: Copy + Into<f64>>(values: &[T]) -> f64 {
    values.iter().fold(0.0, |most: f64, &value| {
        let value: f64 = value.into();
        if value.is_nan() { f64::NAN } else { most.max(value.abs()) }
    })
}

/// The Euclidean norm.
pub(crate) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gram matrix of the integer vectors (1, i, i^2 mod 7, i^3 mod 11, ..): small and exact.
    fn gram(rows: &[Vec<f64>]) -> Vec<f64> {
        rows.iter().flat_map(|a| rows.iter().map(|b| a.iter().zip(b).map(|(a, b)| a * b).sum())).collect()
    }

    fn vectors(count: usize, width: usize) -> Vec<Vec<f64>> {
        let entry = |row: usize, column: usize| (((row * 37 + column * 101 + row * column * 13) % 17) as f64) - 8.0;
        (0..count).map(|row| (0..width).map(|column| entry(row, column)).collect()).collect()
    }

    #[test]
    fn a_factor_solves() {
        let rows = vectors(5, 9);
        let matrix = gram(&rows);
        let solution: Vec<f64> = (0..10).map(|k| k as f64 - 4.0).collect();
        let mut right = vec![0.0; 10];
        for (row, pair) in right.chunks_exact_mut(2).enumerate() {
            for (column, value) in pair.iter_mut().enumerate() {
                *value = (0..5).map(|k| matrix[row * 5 + k] * solution[2 * k + column]).sum();
            }
        }
        Factor::new(matrix, 5).ok().unwrap().solve(&mut right);
        assert!(right.iter().zip(&solution).all(|(a, b)| (a - b).abs() < 1e-9), "{right:?}");
    }

    #[test]
    fn a_singular_matrix_is_found_out_whatever_its_last_pivot_rounds_to() {
        for count in 3..40 {
            // The last is the sum of two others, scaled so that no pivot is exact.
            let mut rows = vectors(count, 60);
            let sum = rows[0].iter().zip(&rows[1]).map(|(a, b)| a + b).collect();
            rows.push(sum);
            let matrix: Vec<f64> = gram(&rows).into_iter().map(|value| value / 3.0).collect();
            assert!(Factor::new(matrix, count + 1).is_err(), "{count}");
        }
        assert_eq!(Factor::new(vec![1.0, 2.0, 2.0, 1.0], 2).err(), Some(Flaw::Pivot(1)));
        assert!(Factor::new(vec![1.0, f64::NAN, f64::NAN, 1.0], 2).is_err());
    }
}
