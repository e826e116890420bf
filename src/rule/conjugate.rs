//! Preconditioned conjugate gradients (M. R. Hestenes, E. Stiefel, 1952) for all neurons at once: one system each, in
//! the columns of arrays \[rows, N\], whose products they share.
//!
//! Each column has its own step lengths. All sums are f64, in an order that does not depend on threads.

use rayon::prelude::*;

use super::dense::column_sums;
use crate::error::{Error, Result};

/// Symmetric positive definite matrices, one for each column.
pub(super) trait System {
    /// Of errors: what is not positive definite.
    fn name(&self) -> String;

    /// `result` = A `direction`, column by column.
    fn product(&self, direction: &[f64], result: &mut [f64]);

    /// `result` = M^-1 `residual`, M symmetric, positive definite, and near A.
    fn precondition(&self, residual: &[f64], result: &mut [f64]);

    /// Whether this residual is small enough.
    fn solved(&self, residual: &[f64]) -> bool;
}

/// x with A x = `right` from 0, and the iterations that it took, `most` of them at most: what is then left is the
/// caller's to judge.
///
/// # Errors
/// If a matrix is not positive definite, or `go_on`, asked before each iteration, answers no.
pub(super) fn solve(
    system: &impl System,
    right: &[f64],
    width: usize,
    most: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Vec<f64>, usize)> {
    let [mut solution, mut product, mut nearer] = [(); 3].map(|()| vec![0.0; right.len()]);
    let mut residual = right.to_vec();
    system.precondition(&residual, &mut nearer);
    let mut direction = nearer.clone();
    let mut sizes = dots(&residual, &nearer, width);
    let start: f64 = sizes.iter().sum();
    let mut done = 0;
    while done < most && !system.solved(&residual) {
        if !go_on() {
            return Err(Error::Interrupted);
        }
        system.product(&direction, &mut product);
        let curvatures = dots(&direction, &product, width);
        // Of a column that is done, what is left may underflow.
        let done_or_convex = |neuron: &usize| sizes[*neuron] <= DONE * start || curvatures[*neuron] > 0.0;
        if let Some(neuron) = (0..width).find(|neuron| !done_or_convex(neuron)) {
            return Err(Error::unlearnable(
                format!(
                    "{} is not positive definite: curvature {:e} for neuron {neuron}",
                    system.name(),
                    curvatures[neuron]
                ),
                "raise --regularization, or use a positive definite profile",
            ));
        }
        let steps = quotients(&sizes, &curvatures);
        combine(&mut solution, &steps, &direction);
        let back: Vec<f64> = steps.iter().map(|step| -step).collect();
        combine(&mut residual, &back, &product);
        system.precondition(&residual, &mut nearer);
        let next = dots(&residual, &nearer, width);
        let keeps = quotients(&next, &sizes);
        direction.par_chunks_exact_mut(width).zip(nearer.par_chunks_exact(width)).for_each(|(row, nearer)| {
            for ((value, nearer), keep) in row.iter_mut().zip(nearer).zip(&keeps) {
                *value = nearer + keep * *value;
            }
        });
        sizes = next;
        done += 1;
    }
    Ok((solution, done))
}

/// Share of all columns' squared residual at the start below which one counts as done.
const DONE: f64 = 1e-24;

/// Column by column, 0 where a system is solved exactly.
fn quotients(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| if *below > 0.0 { above / below } else { 0.0 }).collect()
}

/// Adds `factors`, one for each column, times `right`.
pub(super) fn combine(left: &mut [f64], factors: &[f64], right: &[f64]) {
    let width = factors.len();
    left.par_chunks_exact_mut(width).zip(right.par_chunks_exact(width)).for_each(|(left, right)| {
        for ((left, right), factor) in left.iter_mut().zip(right).zip(factors) {
            *left += factor * right;
        }
    });
}

/// Inner product of each column.
pub(super) fn dots(left: &[f64], right: &[f64], width: usize) -> Vec<f64> {
    column_sums(left.len(), width, |at| left[at] * right[at])
}
