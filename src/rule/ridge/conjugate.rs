//! Conjugate gradients (M. R. Hestenes, E. Stiefel, 1952) for all neurons at once: one system each, the product by K
//! shared.
//!
//! The columns of Y are solved side by side, each with its own step lengths, so that every iteration makes K once and
//! multiplies it with all of them. Columns that are done stand still. All sums are f64, in an order that does not
//! depend on threads.

use rayon::prelude::*;

use super::Ridge;
use crate::error::{Error, Result};
use crate::rule::kernel_matrix::Kernel;

/// f64 residuals go down to this share of the tolerance, which leaves the rest of it to rounding the dual to f32.
const SHARE: f64 = 0.01;

/// Rows whose products are summed by one thread.
const ROWS: usize = 64;

/// A dual \[P, N\] in f64, and the iterations that it took.
pub(super) fn solve(kernel: &Kernel<'_>, answers: &[f64], ridge: &Ridge) -> Result<(Vec<f64>, usize)> {
    let width = answers.len() / kernel.patterns();
    let target = SHARE * ridge.tolerance;
    let mut solution = vec![0.0; answers.len()];
    let mut product = vec![0.0; answers.len()];
    let mut residual = answers.to_vec();
    let mut done = 0;
    // Residuals that are carried along drift from the true ones, so these are taken again, until they agree that it is
    // done.
    while largest(&residual) > target && done < ridge.iterations {
        let mut direction = residual.clone();
        let mut squares = dots(&residual, &residual, width);
        while done < ridge.iterations && largest(&residual) > target {
            kernel.product(ridge.regularization, &direction, &mut product);
            let curvatures = dots(&direction, &product, width);
            // Of a column that is done, what is left may underflow.
            let done_or_convex = |neuron: &usize| squares[*neuron] <= target * target || curvatures[*neuron] > 0.0;
            if let Some(neuron) = (0..width).find(|neuron| !done_or_convex(neuron)) {
                return Err(Error::unlearnable(
                    format!(
                        "the kernel matrix plus {} is not positive definite: curvature {:e} for neuron {neuron}",
                        ridge.regularization, curvatures[neuron]
                    ),
                    "raise --regularization, or use a positive definite profile",
                ));
            }
            let steps = quotients(&squares, &curvatures);
            combine(&mut solution, &steps, &direction);
            let back: Vec<f64> = steps.iter().map(|step| -step).collect();
            combine(&mut residual, &back, &product);
            let next = dots(&residual, &residual, width);
            let keeps = quotients(&next, &squares);
            direction.par_chunks_exact_mut(width).zip(residual.par_chunks_exact(width)).for_each(|(row, residual)| {
                for ((value, residual), keep) in row.iter_mut().zip(residual).zip(&keeps) {
                    *value = residual + keep * *value;
                }
            });
            squares = next;
            done += 1;
        }
        kernel.product(ridge.regularization, &solution, &mut product);
        residual.iter_mut().zip(answers).zip(&product).for_each(|((residual, y), product)| *residual = y - product);
    }
    Ok((solution, done))
}

/// Column by column, 0 where a system is solved exactly.
fn quotients(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| if *below > 0.0 { above / below } else { 0.0 }).collect()
}

/// Adds `factors`, one for each column, times `right`.
fn combine(left: &mut [f64], factors: &[f64], right: &[f64]) {
    let width = factors.len();
    left.par_chunks_exact_mut(width).zip(right.par_chunks_exact(width)).for_each(|(left, right)| {
        for ((left, right), factor) in left.iter_mut().zip(right).zip(factors) {
            *left += factor * right;
        }
    });
}

/// Inner product of each column.
fn dots(left: &[f64], right: &[f64], width: usize) -> Vec<f64> {
    let blocks = left.par_chunks(ROWS * width).zip(right.par_chunks(ROWS * width));
    let partial: Vec<Vec<f64>> = blocks.map(|(left, right)| add_products(left, right, width)).collect();
    partial.into_iter().fold(vec![0.0; width], |mut sums, block| {
        sums.iter_mut().zip(block).for_each(|(sum, block)| *sum += block);
        sums
    })
}

fn add_products(left: &[f64], right: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for (left, right) in left.chunks_exact(width).zip(right.chunks_exact(width)) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums
}

/// Largest absolute value.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
}
