//! Natural gradient descent (arXiv 2609.16827 and 2609.16805): steps in the metric of Fisher's information.
//!
//! ```text
//! alpha <- alpha - eta (K D K + eps I)^-1 K (sigma(F) - t + lambda alpha)
//! D = diag p (1 - p), p = sigma(F), eps = 1e-3
//! ```
//!
//! per neuron; by conjugate gradients, preconditioned by the diagonal, so that no matrix is held. eta is the learning
//! rate: 1 is nearly Newton's step, and each update is some fifty products by K.

use rayon::prelude::*;

use super::host::{Approach, Point, Problem};
use crate::error::{Error, Result};
use crate::rule::conjugate::{self, System, dots};

/// eps, the published one.
const DAMPING: f64 = 1e-3;
/// A residual of the step this small beside the gradient, by Euclidean norm, is none.
const ACCURACY: f64 = 1e-8;
/// Conjugate gradients in a step, at most.
const INNER: usize = 2000;

pub(super) struct Natural;

/// K D K + eps I of each neuron.
struct Information<'a, 'b> {
    problem: &'a Problem<'b>,
    /// D, and the diagonal, \[P, N\].
    slopes: Vec<f64>,
    diagonal: Vec<f64>,
    /// Squares of what each column may leave.
    enough: Vec<f64>,
}

impl System for Information<'_, '_> {
    fn name(&self) -> String {
        format!("the information of {} patterns", self.problem.kernel.patterns())
    }

    fn product(&self, direction: &[f64], result: &mut [f64]) {
        self.problem.kernel.product(0.0, direction, result);
        let weighted: Vec<f64> = result.par_iter().zip(&self.slopes).map(|(value, slope)| value * slope).collect();
        self.problem.kernel.product(0.0, &weighted, result);
        result.par_iter_mut().zip(direction).for_each(|(value, direction)| *value += DAMPING * direction);
    }

    fn precondition(&self, residual: &[f64], result: &mut [f64]) {
        let by = residual.par_iter().zip(&self.diagonal);
        result.par_iter_mut().zip(by).for_each(|(value, (residual, own))| *value = residual / own);
    }

    fn solved(&self, residual: &[f64]) -> bool {
        let left = dots(residual, residual, self.enough.len());
        left.iter().zip(&self.enough).all(|(left, enough)| left <= enough)
    }
}

impl Approach for Natural {
    fn update(&mut self, problem: &Problem<'_>, point: &mut Point, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let slopes = problem.slopes(&point.fields);
        // (K D K)[mu][mu] = sum over nu of K[mu][nu]^2 D[nu].
        let mut diagonal = vec![0.0; slopes.len()];
        problem.kernel.squared().product(0.0, &slopes, &mut diagonal);
        diagonal.par_iter_mut().for_each(|own| *own += DAMPING);
        let squares = dots(&point.gradient, &point.gradient, problem.neurons);
        let enough = squares.iter().map(|square| ACCURACY * ACCURACY * square).collect();
        let information = Information { problem, slopes, diagonal, enough };
        let (step, _) = conjugate::solve(&information, &point.gradient, problem.neurons, INNER, go_on)?;
        point.dual.par_iter_mut().zip(&step).for_each(|(alpha, step)| *alpha -= problem.learning_rate * step);
        problem.kernel.product(0.0, &point.dual, &mut point.fields);
        Ok(())
    }

    /// No step is known to be safe: where the sigmoid saturates D is nearly 0, and where the step leads it need not be.
    fn lost(&self, problem: &Problem<'_>, updates: usize) -> Error {
        Error::Diverged {
            what: format!("the dual left the finite numbers within {updates} natural steps"),
            learning_rate: problem.learning_rate as f32,
            safe: None,
        }
    }
}
