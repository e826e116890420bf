//! K + lambda I by preconditioned conjugate gradients, all neurons at once. K is never in memory.

use super::Ridge;
use super::nystrom::Nystrom;
use crate::error::Result;
use crate::rule::conjugate::{self, System};
use crate::rule::dense::largest;
use crate::rule::kernel_matrix::Kernel;

/// f64 residuals go down to this share of the tolerance, which leaves the rest of it to rounding the dual to f32.
const SHARE: f64 = 0.01;

struct Regularized<'a, 'b> {
    kernel: &'a Kernel<'b>,
    regularization: f64,
    preconditioner: Nystrom,
    enough: f64,
}

impl System for Regularized<'_, '_> {
    fn name(&self) -> String {
        format!("the kernel matrix plus {}", self.regularization)
    }

    fn product(&self, direction: &[f64], result: &mut [f64]) {
        self.kernel.product(self.regularization, direction, result);
    }

    fn precondition(&self, residual: &[f64], result: &mut [f64]) {
        self.preconditioner.solve(residual, result);
    }

    fn solved(&self, residual: &[f64]) -> bool {
        largest(residual) <= self.enough
    }
}

/// A dual \[P, N\] in f64, and the iterations that it took, preconditioned by so many eigenvectors.
pub(super) fn solve(
    kernel: &Kernel<'_>,
    answers: &[f64],
    ridge: &Ridge,
    rank: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Vec<f64>, usize)> {
    let width = answers.len() / kernel.patterns();
    let system = Regularized {
        kernel,
        regularization: ridge.regularization,
        preconditioner: Nystrom::new(kernel, rank, ridge.regularization),
        enough: SHARE * ridge.tolerance,
    };
    let mut solution = vec![0.0; answers.len()];
    let mut residual = answers.to_vec();
    let mut done = 0;
    // Residuals that are carried along drift from the true ones, so these are taken again, until they agree that it is
    // done.
    while !system.solved(&residual) && done < ridge.iterations {
        let (more, taken) = conjugate::solve(&system, &residual, width, ridge.iterations - done, go_on)?;
        solution.iter_mut().zip(&more).for_each(|(value, more)| *value += more);
        done += taken;
        system.product(&solution, &mut residual);
        residual.iter_mut().zip(answers).for_each(|(product, y)| *product = y - *product);
    }
    Ok((solution, done))
}
