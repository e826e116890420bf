//! Preconditioned accelerated descent.
//!
//! With r = sigma(F) - t + lambda alpha and F = K alpha the gradient is K r, and the Hessian K D K + lambda K, where D
//! is diagonal and at most 1/4, is at most K M with M = K/4 + lambda I. In the metric K M a step of 1 never overshoots:
//!
//! ```text
//! alpha <- beta - M^-1 r(beta),   beta <- alpha + momentum (alpha - alpha before)
//! ```
//!
//! Each neuron has its own momentum (Nesterov), which starts anew when the gradient at beta and the step it led to
//! point the same way (O'Donoghue & Candes 2015, section 3.2, the gradient scheme). M is factored once for all neurons.
//! Since K = 4 (M - lambda I), K M^-1 r = 4 (r - lambda M^-1 r): fields follow the dual without a product, and K is
//! made only to look at the gradient.

use rayon::prelude::*;

use super::host::{Approach, Point, Problem};
use crate::error::{Error, Result};
use crate::rule::dense::{Factor, check_square, column_sums};

/// Iterations between two looks at the gradient, which cost about as much as an iteration.
const LOOK_EVERY: usize = 8;

/// f64 held at once, without the dual itself: the factor, ten arrays \[P, N\], and a panel of K.
pub(super) fn f64s(patterns: usize, neurons: usize) -> u64 {
    let (p, n) = (patterns as u64, neurons as u64);
    p.saturating_mul(p.saturating_add(n.saturating_mul(10))).saturating_add(1 << 22)
}

/// Where it was: its point is beta, where momentum has led.
pub(super) struct Preconditioned {
    /// Of M.
    factor: Factor,
    /// alpha, and K alpha, row-major \[P, N\].
    dual: Vec<f64>,
    fields: Vec<f64>,
    /// M^-1 r(beta).
    step: Vec<f64>,
    /// Nesterov's sequence, 1 where it starts anew, by neuron.
    pace: Vec<f64>,
}

impl Preconditioned {
    /// # Errors
    /// If M does not fit into memory, or is singular to rounding.
    pub(super) fn new(problem: &Problem<'_>) -> Result<Self> {
        let zeros = || vec![0.0; problem.signs.len()];
        let pace = vec![1.0; problem.neurons];
        Ok(Self { factor: majorant(problem)?, dual: zeros(), fields: zeros(), step: zeros(), pace })
    }

    /// Of each neuron, 0 where it starts anew.
    fn momentum(&mut self, point: &Point, regularization: f64) -> Vec<f64> {
        // (K r) . (alpha new - alpha) = r . (F new - F).
        let sums = column_sums(point.residual.len(), self.pace.len(), |at| {
            let by = moved(point.residual[at], self.step[at], regularization);
            point.residual[at] * (point.fields[at] - by - self.fields[at])
        });
        let next = |(pace, sum): (&mut f64, f64)| {
            let before = if sum > 0.0 { 1.0 } else { *pace };
            *pace = f64::midpoint(1.0, (1.0 + 4.0 * before * before).sqrt());
            (before - 1.0) / *pace
        };
        self.pace.iter_mut().zip(sums).map(next).collect()
    }
}

impl Approach for Preconditioned {
    fn look_every(&self) -> usize {
        LOOK_EVERY
    }

    fn update(&mut self, problem: &Problem<'_>, point: &mut Point, _: &mut dyn FnMut() -> bool) -> Result<()> {
        self.step.copy_from_slice(&point.residual);
        self.factor.solve(&mut self.step);
        let (neurons, regularization) = (problem.neurons, problem.regularization);
        let momentum = self.momentum(point, regularization);
        let before = self.dual.par_chunks_mut(neurons).zip(self.fields.par_chunks_mut(neurons));
        let ahead = point.dual.par_chunks_mut(neurons).zip(point.fields.par_chunks_mut(neurons));
        let by = point.residual.par_chunks(neurons).zip(self.step.par_chunks(neurons));
        before.zip(ahead).zip(by).for_each(|(((dual, fields), (ahead, fields_ahead)), (residual, step))| {
            for (neuron, momentum) in momentum.iter().enumerate() {
                let alpha = ahead[neuron] - step[neuron];
                let field = fields_ahead[neuron] - moved(residual[neuron], step[neuron], regularization);
                ahead[neuron] = alpha + momentum * (alpha - dual[neuron]);
                fields_ahead[neuron] = field + momentum * (field - fields[neuron]);
                (dual[neuron], fields[neuron]) = (alpha, field);
            }
        });
        Ok(())
    }
}

/// By how much a step M^-1 r lowers the field.
fn moved(residual: f64, step: f64, regularization: f64) -> f64 {
    4.0 * (residual - regularization * step)
}

/// The factor of M = K/4 + lambda I = (K + 4 lambda I) / 4.
fn majorant(problem: &Problem<'_>) -> Result<Factor> {
    let patterns = problem.kernel.patterns();
    let what = format!("the preconditioner of {patterns} patterns");
    check_square(&what, patterns, "use --solver newton-cg, which holds no such matrix, or store fewer patterns")?;
    let mut matrix = problem.kernel.matrix(4.0 * problem.regularization);
    matrix.par_iter_mut().for_each(|value| *value *= 0.25);
    Factor::new(matrix, patterns).map_err(|flaw| {
        Error::unlearnable(
            format!("{what}, K/4 + {} I, {flaw}", problem.regularization),
            "raise --regularization, drop duplicate patterns, or use --solver gradient-descent",
        )
    })
}
