//! Kernel logistic regression solved to its end: preconditioned accelerated descent, in f64 on the host.
//!
//! With r = sigma(F) - t + lambda alpha and F = K alpha the gradient is K r, and the Hessian K D K + lambda K, where D is
//! diagonal and at most 1/4, is at most K M with M = K/4 + lambda I. In the metric K M a step of 1 never overshoots:
//!
//! ```text
//! alpha <- beta - M^-1 r(beta),   beta <- alpha + momentum (alpha - alpha before)
//! ```
//!
//! Each neuron has its own momentum (Nesterov), which starts anew when the gradient at beta and the step it led to point the same
//! way (O'Donoghue & Candes 2015, section 3.2, the gradient scheme). M is factored once for all neurons. Since K = 4 (M - lambda I),
//! K M^-1 r = 4 (r - lambda M^-1 r): fields follow the dual without a product, and K is made only to look at the gradient.

use rayon::prelude::*;

use super::couplings::check_pairs;
use super::dense::{Factor, bipolar, check_square, largest};
use super::kernel_matrix::Kernel;
use super::lesson::{Class, Learned, as_written, in_turn};
use super::logistic::objective;
use super::{Descent, Observer};
use crate::error::{Error, Result};
use crate::memory::{Convergence, Readout, Table};
use crate::pattern::Patterns;

/// Iterations between two looks at the gradient, which cost about as much as an iteration.
const LOOK_EVERY: usize = 8;
/// Aims at this share of what is asked for: the rest is left to the rounding of the dual to f32.
const AIM: f64 = 0.5;
/// Rows of a partial sum: few enough sums to add up alone, in an order that does not depend on the threads.
const ROWS: usize = 64;

/// Bytes held at once, without the dual itself: the factor, eight arrays \[P, N\], and a panel of K.
pub(super) fn bytes(patterns: usize, neurons: usize) -> u64 {
    let (p, n) = (patterns as u64, neurons as u64);
    p.saturating_mul(p.saturating_add(n.saturating_mul(8))).saturating_add(1 << 22).saturating_mul(8)
}

/// One network after another, each of which uses the whole host.
pub(super) fn learn(class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
    in_turn(class, observer, |keys, targets, observer| {
        let (dual, end) = solve(keys, targets, class.table, class.descent, observer)?;
        Ok(Learned { convergence: Some(end), ..Learned::of(Readout::Dual { dual, table: class.table.clone() }) })
    })
}

/// The dual \[P, N\], and how near the optimum this very dual is.
///
/// # Errors
/// If table or shapes cannot be meant, M does not fit into memory or is singular to rounding, the dual leaves the finite
/// numbers, or the observer, told of each iteration, answers no.
pub(super) fn solve(
    keys: &Patterns,
    targets: &Patterns,
    table: &Table,
    descent: &Descent,
    observer: &mut Observer<'_>,
) -> Result<(Vec<f32>, Convergence)> {
    check_pairs(keys, targets)?;
    if let Some(what) = table.fault_in_training() {
        return Err(Error::setting(what, "train with a kernel that is largest at distance 0"));
    }
    let kernel = Kernel::new(keys, table)?;
    let regularization = as_written(descent.regularization);
    let factor = majorant(&kernel, regularization)?;
    let mut iterate = Iterate::new(bipolar(targets), targets.neurons(), regularization);
    let mut gradient = vec![0.0; iterate.dual.len()];
    let mut initial_gradient_norm = None;
    let mut done = 0;
    let reached = loop {
        iterate.differentiate();
        if done % LOOK_EVERY == 0 || done == descent.updates {
            kernel.product(0.0, &iterate.residual, &mut gradient);
            let [gradient_norm, residual_norm] = [&gradient, &iterate.residual].map(|values| largest(values));
            initial_gradient_norm.get_or_insert(gradient_norm);
            let near = gradient_norm <= AIM * descent.gradient_norm
                && residual_norm <= AIM * largest_residual(descent.tolerance);
            if near || !gradient_norm.is_finite() {
                break near;
            }
        }
        if done == descent.updates {
            break false;
        }
        if !observer(done) {
            return Err(Error::Interrupted);
        }
        iterate.step(&factor);
        done += 1;
    };
    observer(done);
    // The gradient was small where momentum had led; without that, the last step is the better end.
    let solution = if reached { iterate.ahead } else { iterate.dual };
    let dual: Vec<f32> = solution.into_iter().map(|alpha| alpha as f32).collect();
    let convergence = judge(&kernel, targets, &dual, descent, done, initial_gradient_norm.unwrap_or(f64::NAN));
    let finite = dual.iter().all(|alpha| alpha.is_finite())
        && convergence.objective.is_some_and(f64::is_finite)
        && convergence.gradient_norm.is_finite();
    if !finite {
        return Err(Error::unlearnable(
            format!("the preconditioned solver left the finite numbers within {done} iterations"),
            "use a positive definite kernel, raise --regularization, or use --solver gradient-descent",
        ));
    }
    Ok((dual, convergence))
}

/// The residual is 1/2 at the start.
fn largest_residual(tolerance: f64) -> f64 {
    0.5 * tolerance
}

/// The factor of M = K/4 + lambda I = (K + 4 lambda I) / 4.
fn majorant(kernel: &Kernel<'_>, regularization: f64) -> Result<Factor> {
    let patterns = kernel.patterns();
    let what = format!("the preconditioner of {patterns} patterns");
    check_square(&what, patterns, "use --solver gradient-descent, which holds no matrix, or store fewer patterns")?;
    let mut matrix = kernel.matrix(4.0 * regularization);
    matrix.par_iter_mut().for_each(|value| *value *= 0.25);
    Factor::new(matrix, patterns).map_err(|flaw| {
        Error::unlearnable(
            format!("{what}, K/4 + {regularization} I, {flaw}"),
            "raise --regularization, drop duplicate patterns, or use --solver gradient-descent",
        )
    })
}

/// Objective, gradient and residual of the dual that is given out, by products of its own.
fn judge(
    kernel: &Kernel<'_>,
    targets: &Patterns,
    dual: &[f32],
    descent: &Descent,
    updates: usize,
    initial_gradient_norm: f64,
) -> Convergence {
    let regularization = as_written(descent.regularization);
    let given: Vec<f64> = dual.iter().map(|&alpha| f64::from(alpha)).collect();
    let mut fields = vec![0.0; given.len()];
    kernel.product(0.0, &given, &mut fields);
    let objective = objective(regularization, &fields, dual, targets);
    let signs = bipolar(targets);
    let terms = fields.par_iter_mut().zip(&given).zip(&signs);
    terms.for_each(|((field, alpha), y)| *field = residual(*field, *alpha, *y, regularization));
    let residual_norm = largest(&fields);
    let mut gradient = vec![0.0; given.len()];
    kernel.product(0.0, &fields, &mut gradient);
    let gradient_norm = largest(&gradient);
    Convergence {
        objective: Some(objective),
        gradient_norm,
        initial_gradient_norm,
        residual_norm: Some(residual_norm),
        settled: gradient_norm <= descent.gradient_norm && residual_norm <= largest_residual(descent.tolerance),
        updates,
    }
}

/// sigma(F) - t = -y sigma(-y F), without its cancellation.
fn residual(field: f64, alpha: f64, y: f64, regularization: f64) -> f64 {
    -y / (1.0 + libm::exp(y * field)) + regularization * alpha
}

/// Where the solver stands, all row-major \[P, N\] but the last.
struct Iterate {
    neurons: usize,
    regularization: f64,
    targets: Vec<f64>,
    /// alpha, and K alpha.
    dual: Vec<f64>,
    fields: Vec<f64>,
    /// beta, and K beta.
    ahead: Vec<f64>,
    fields_ahead: Vec<f64>,
    /// r(beta), and M^-1 r(beta).
    residual: Vec<f64>,
    step: Vec<f64>,
    /// Nesterov's sequence, 1 where it starts anew, by neuron.
    pace: Vec<f64>,
}

impl Iterate {
    /// At a dual of 0.
    fn new(targets: Vec<f64>, neurons: usize, regularization: f64) -> Self {
        let zeros = || vec![0.0; targets.len()];
        Self {
            neurons,
            regularization,
            dual: zeros(),
            fields: zeros(),
            ahead: zeros(),
            fields_ahead: zeros(),
            residual: zeros(),
            step: zeros(),
            pace: vec![1.0; neurons],
            targets,
        }
    }

    fn differentiate(&mut self) {
        let regularization = self.regularization;
        let at = self.fields_ahead.par_iter().zip(&self.ahead).zip(&self.targets);
        let residuals = self.residual.par_iter_mut().zip(at);
        residuals.for_each(|(value, ((field, alpha), y))| *value = residual(*field, *alpha, *y, regularization));
    }

    fn step(&mut self, factor: &Factor) {
        self.step.copy_from_slice(&self.residual);
        factor.solve(&mut self.step);
        let momentum = self.momentum();
        let (neurons, regularization) = (self.neurons, self.regularization);
        let before = self.dual.par_chunks_mut(neurons).zip(self.fields.par_chunks_mut(neurons));
        let ahead = self.ahead.par_chunks_mut(neurons).zip(self.fields_ahead.par_chunks_mut(neurons));
        let by = self.residual.par_chunks(neurons).zip(self.step.par_chunks(neurons));
        before.zip(ahead).zip(by).for_each(|(((dual, fields), (ahead, fields_ahead)), (residual, step))| {
            for (neuron, momentum) in momentum.iter().enumerate() {
                let alpha = ahead[neuron] - step[neuron];
                let field = fields_ahead[neuron] - moved(residual[neuron], step[neuron], regularization);
                ahead[neuron] = alpha + momentum * (alpha - dual[neuron]);
                fields_ahead[neuron] = field + momentum * (field - fields[neuron]);
                (dual[neuron], fields[neuron]) = (alpha, field);
            }
        });
    }

    /// Of each neuron, 0 where it starts anew.
    fn momentum(&mut self) -> Vec<f64> {
        let neurons = self.neurons;
        // (K r) . (alpha new - alpha) = r . (F new - F).
        let starts = (0..self.residual.len()).into_par_iter().step_by(ROWS * neurons);
        let sums: Vec<Vec<f64>> = starts
            .map(|start| {
                let mut sums = vec![0.0; neurons];
                for at in start..(start + ROWS * neurons).min(self.residual.len()) {
                    let by = moved(self.residual[at], self.step[at], self.regularization);
                    sums[at % neurons] += self.residual[at] * (self.fields_ahead[at] - by - self.fields[at]);
                }
                sums
            })
            .collect();
        let uphill = |neuron: usize| sums.iter().map(|sums| sums[neuron]).sum::<f64>() > 0.0;
        let next = |(neuron, pace): (usize, &mut f64)| {
            let before = if uphill(neuron) { 1.0 } else { *pace };
            *pace = f64::midpoint(1.0, (1.0 + 4.0 * before * before).sqrt());
            (before - 1.0) / *pace
        };
        self.pace.iter_mut().enumerate().map(next).collect()
    }
}

/// By how much a step M^-1 r lowers the field.
fn moved(residual: f64, step: f64, regularization: f64) -> f64 {
    4.0 * (residual - regularization * step)
}
