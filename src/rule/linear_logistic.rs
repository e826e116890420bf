//! Linear logistic regression (LLR): for each neuron a logistic regression on the other neurons ([Q] A. Tamamori, arXiv
//! 2505.01218, section 3.2.2).
//!
//! ```text
//! F_i = sum over j of W[j][i] x_j,   t = (y + 1) / 2
//! W[j][i] <- W[j][i] - eta ( (1/P) sum over mu of (sigma(F_i^mu) - t_i^mu) x_j^mu + lambda W[j][i] ),   W = 0 at first
//! ```
//!
//! The mean gradient, unlike KLR's, so that eta does not depend on P; W\[i\]\[i\] stays 0. The symmetrised form, (W +
//! W^T) / 2 at the end, is [Q]'s, and optional. Solver `nesterov` descends with momentum and a safe step instead: the
//! Hessian lies between lambda and l / 4 + lambda, l the largest eigenvalue of X^T X / P.
//! In f64: at N = 500, P = 450 and 200 updates it is a matter of seconds.

use rayon::prelude::*;

use super::couplings::check_pairs;
use super::dense::{bipolar, check_square, largest, multiply, rows};
use super::lesson::{Class, Learn, Learned, Look, as_written, host_bytes, in_turn, squared};
use super::logistic::{Pace, log_loss};
use super::stability::power_iteration;
use super::table::{Row, Rule};
use super::{Distances, Observer, Solver};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Readout, Table};
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["llr", "llr-symmetric"],
    read: |text| match text {
        "llr" => Some(Ok(Rule::new(Llr { symmetrised: false }))),
        "llr-symmetric" => Some(Ok(Rule::new(Llr { symmetrised: true }))),
        _ => None,
    },
};

#[derive(Debug)]
struct Llr {
    symmetrised: bool,
}

impl Learn for Llr {
    fn name(&self) -> String {
        ROW.spellings[usize::from(self.symmetrised)].into()
    }

    fn solvers(&self) -> &'static [Solver] {
        &[Solver::GradientDescent, Solver::Nesterov]
    }

    fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> f64 {
        2.0 * patterns as f64 * neurons as f64 * neurons as f64 * (updates as f64 + 1.0)
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &super::Descent, _: Distances) -> u64 {
        let rows = (patterns as u64).saturating_mul(neurons as u64);
        host_bytes(nets, patterns, neurons, squared(neurons).saturating_mul(3).saturating_add(rows.saturating_mul(3)))
    }

    fn safe_step(&self, keys: &Patterns, _: &Table, descent: &super::Descent) -> Option<f64> {
        Some(2.0 / largest_curvature(keys, as_written(descent.regularization)))
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        let descent = class.descent;
        let settings = LinearLogistic {
            learning_rate: as_written(descent.learning_rate),
            regularization: as_written(descent.regularization),
            updates: descent.updates,
            symmetrised: self.symmetrised,
            solver: descent.solver,
            gradient_norm: descent.gradient_norm,
        };
        in_turn(class, observer, |keys, targets, observer| {
            let trained = train(keys, targets, &settings, descent.trace, observer)?;
            let settled = match descent.solver {
                Solver::Nesterov => trained.gradient_norm <= descent.gradient_norm,
                _ => trained.gradient_norm <= descent.tolerance * trained.initial_gradient_norm,
            };
            let convergence = Convergence {
                objective: Some(trained.objective),
                gradient_norm: trained.gradient_norm,
                initial_gradient_norm: trained.initial_gradient_norm,
                residual_norm: None,
                settled,
                updates: trained.updates,
            };
            let readout = Readout::Couplings(trained.couplings.into());
            Ok(Learned { convergence: Some(convergence), trace: trained.trace, ..Learned::of(readout) })
        })
    }
}

/// Settings of the descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearLogistic {
    /// eta.
    pub learning_rate: f64,
    /// lambda.
    pub regularization: f64,
    /// Number of updates; of Nesterov the most of them.
    pub updates: usize,
    /// Whether W becomes (W + W^T) / 2 at the end.
    pub symmetrised: bool,
    /// [`Solver::Nesterov`], or plain descent.
    pub solver: Solver,
    /// Nesterov stops at half this largest component of the gradient.
    pub gradient_norm: f64,
}

/// What the descent gave.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearlyTrained {
    /// W, row-major \[N (input), N (output)\].
    pub couplings: Vec<f32>,
    /// The mean log loss, summed over neurons, plus lambda / 2 |W|^2, before W is symmetrised.
    pub objective: f64,
    /// Largest absolute component of the objective's gradient at the end, before W is symmetrised.
    pub gradient_norm: f64,
    /// The same at the start, where W is 0.
    pub initial_gradient_norm: f64,
    /// Updates made.
    pub updates: usize,
    /// The start and every update, where the rule was asked for it.
    pub trace: Vec<Look>,
}

impl LinearLogistic {
    fn check(&self) -> Result<()> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let what = format!("learning rate {}", self.learning_rate);
            return Err(Error::setting(what, "give --learning-rate above 0, such as 0.1"));
        }
        if !(self.regularization >= 0.0 && self.regularization.is_finite()) {
            let what = format!("regularization {}", self.regularization);
            return Err(Error::setting(what, "give --regularization of 0 or more, such as 0.01"));
        }
        if self.solver == Solver::Nesterov && self.regularization == 0.0 {
            return Err(Error::setting("solver nesterov without regularization", "give --regularization above 0"));
        }
        Ok(())
    }
}

/// W \[N (input), N (output)\]: 2 P N^2 multiply-adds an update; 24 (N^2 + P N) bytes of memory.
///
/// # Errors
/// If settings or shapes cannot be meant, W does not fit into memory, or W left the finite numbers.
pub fn linear_logistic_couplings(
    keys: &Patterns,
    targets: &Patterns,
    settings: &LinearLogistic,
) -> Result<LinearlyTrained> {
    train(keys, targets, settings, false, &mut |_| true)
}

fn train(
    keys: &Patterns,
    targets: &Patterns,
    settings: &LinearLogistic,
    traced: bool,
    observer: &mut Observer<'_>,
) -> Result<LinearlyTrained> {
    settings.check()?;
    check_pairs(keys, targets)?;
    let neurons = keys.neurons();
    check_square(&format!("couplings of {neurons} neurons"), neurons, "give fewer neurons")?;
    let mut descent = Descent::new(keys, targets, settings.regularization);
    let accelerated = settings.solver == Solver::Nesterov;
    let pace = match accelerated {
        true => Pace::new(settings.regularization, largest_curvature(keys, settings.regularization)),
        false => Pace { step: settings.learning_rate, momentum: 0.0 },
    };
    let (mut initial_gradient_norm, mut trace, mut updates) = (None, Vec::new(), 0);
    let (objective, gradient_norm) = loop {
        descent.differentiate();
        let gradient_norm = largest(&descent.gradient);
        initial_gradient_norm.get_or_insert(gradient_norm);
        if traced {
            trace.push(Look { update: updates, objective: descent.objective(), gradient_norm, residual_norm: None });
        }
        if updates == settings.updates || accelerated && gradient_norm <= 0.5 * settings.gradient_norm {
            break (descent.objective(), gradient_norm);
        }
        if !observer(updates) {
            return Err(Error::Interrupted);
        }
        descent.step(&pace);
        updates += 1;
    };
    let initial_gradient_norm = initial_gradient_norm.unwrap_or(gradient_norm);
    let weight = |j: usize, i: usize| descent.weights[j * neurons + i];
    let entries = (0..neurons * neurons).map(|index| (index / neurons, index % neurons));
    let couplings: Vec<f32> = if settings.symmetrised {
        entries.map(|(j, i)| (0.5 * (weight(j, i) + weight(i, j))) as f32).collect()
    } else {
        entries.map(|(j, i)| weight(j, i) as f32).collect()
    };
    let finite = objective.is_finite() && gradient_norm.is_finite() && couplings.iter().all(|w| w.is_finite());
    if !finite {
        return Err(Error::Diverged {
            what: format!("the couplings left the finite numbers within {updates} updates"),
            learning_rate: settings.learning_rate as f32,
            safe: Some(2.0 / largest_curvature(keys, settings.regularization)),
        });
    }
    Ok(LinearlyTrained { couplings, objective, gradient_norm, initial_gradient_norm, updates, trace })
}

/// At most l / 4 + lambda, l the largest eigenvalue of X^T X / P: that a neuron does not hear itself only lowers it.
fn largest_curvature(keys: &Patterns, regularization: f64) -> f64 {
    let (patterns, neurons, inputs) = (keys.len(), keys.neurons(), bipolar(keys));
    let mut fields = vec![0.0; patterns];
    let largest = power_iteration(neurons, |vector, product| {
        multiply(&mut fields, rows(&inputs, patterns, neurons), rows(vector, neurons, 1));
        multiply(product, rows(&inputs, patterns, neurons).transpose(), rows(&fields, patterns, 1));
    });
    0.25 * largest / patterns as f64 + regularization
}

/// Patterns, W and its gradient, all in f64.
struct Descent {
    patterns: usize,
    neurons: usize,
    regularization: f64,
    inputs: Vec<f64>,
    answers: Vec<f64>,
    weights: Vec<f64>,
    /// F, then the residual in its place.
    residual: Vec<f64>,
    gradient: Vec<f64>,
    /// What momentum carries on.
    carried: Vec<f64>,
}

impl Descent {
    fn new(keys: &Patterns, targets: &Patterns, regularization: f64) -> Self {
        let (patterns, neurons) = (keys.len(), keys.neurons());
        Self {
            patterns,
            neurons,
            regularization,
            inputs: bipolar(keys),
            answers: bipolar(targets),
            weights: vec![0.0; neurons * neurons],
            residual: vec![0.0; patterns * neurons],
            gradient: vec![0.0; neurons * neurons],
            carried: vec![0.0; neurons * neurons],
        }
    }

    /// X W, where the residual was.
    fn fields(&mut self) {
        let weights = rows(&self.weights, self.neurons, self.neurons);
        multiply(&mut self.residual, rows(&self.inputs, self.patterns, self.neurons), weights);
    }

    fn differentiate(&mut self) {
        self.fields();
        // sigma(F) - t = -y sigma(-y F), without its cancellation.
        let residuals = self.residual.par_iter_mut().zip(&self.answers);
        residuals.for_each(|(field, y)| *field = -y / (1.0 + libm::exp(y * *field)));
        let residual = rows(&self.residual, self.patterns, self.neurons);
        multiply(&mut self.gradient, rows(&self.inputs, self.patterns, self.neurons).transpose(), residual);
        let (scale, regularization, neurons) = (1.0 / self.patterns as f64, self.regularization, self.neurons);
        let rows = self.gradient.par_chunks_exact_mut(neurons).zip(self.weights.par_chunks_exact(neurons));
        rows.enumerate().for_each(|(input, (gradient, weights))| {
            for (gradient, weight) in gradient.iter_mut().zip(weights) {
                *gradient = scale * *gradient + regularization * weight;
            }
            gradient[input] = 0.0;
        });
    }

    /// Kernel `momentum` in f64; without momentum it is plain descent.
    fn step(&mut self, pace: &Pace) {
        let places = self.weights.par_iter_mut().zip(&mut self.carried).zip(&self.gradient);
        places.for_each(|((weight, carried), gradient)| {
            let moved = *carried - pace.step * gradient;
            *carried = pace.momentum * moved;
            *weight += *carried - pace.step * gradient;
        });
    }

    fn objective(&mut self) -> f64 {
        self.fields();
        let losses = self.residual.iter().zip(&self.answers).map(|(field, y)| log_loss(y * field));
        let squares: f64 = self.weights.iter().map(|weight| weight * weight).sum();
        losses.sum::<f64>() / self.patterns as f64 + 0.5 * self.regularization * squares
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;

    const SETTINGS: LinearLogistic = LinearLogistic {
        learning_rate: 0.1,
        regularization: 0.01,
        updates: 50,
        symmetrised: false,
        solver: Solver::GradientDescent,
        gradient_norm: 1e-4,
    };

    #[test]
    fn the_gradient_is_the_slope_of_the_objective() {
        let (keys, targets) = (patterns(1, 0, 13, 20).unwrap(), patterns(2, 0, 13, 20).unwrap());
        let mut descent = Descent::new(&keys, &targets, 0.3);
        let start = |j: usize, i: usize| if i == j { 0.0 } else { ((j * 5 + i * 3) % 7) as f64 / 10.0 - 0.3 };
        descent.weights = (0..169).map(|index| start(index / 13, index % 13)).collect();
        descent.differentiate();
        let gradient = descent.gradient.clone();
        for (j, i) in [(0, 1), (5, 2), (12, 11), (7, 0)] {
            let mut at = |offset: f64| {
                descent.weights[j * 13 + i] = start(j, i) + offset;
                descent.objective()
            };
            let slope = (at(1e-4) - at(-1e-4)) / 2e-4;
            at(0.0);
            // Third derivatives are below 1, so the quotient is off by 1e-8 / 6, and by 1e-13 / 1e-4 of rounding.
            assert!((gradient[j * 13 + i] - slope).abs() < 1e-8, "{j} to {i}: {slope}");
        }
        assert!((0..13).all(|i| gradient[i * 14] == 0.0));
    }

    #[test]
    fn the_symmetrised_form_is_the_mean_with_the_transpose() {
        let keys = patterns(1, 0, 21, 15).unwrap();
        let plain = linear_logistic_couplings(&keys, &keys, &SETTINGS).unwrap();
        let symmetrised = LinearLogistic { symmetrised: true, ..SETTINGS };
        let both = linear_logistic_couplings(&keys, &keys, &symmetrised).unwrap();
        assert!(plain.gradient_norm < plain.initial_gradient_norm);
        assert_eq!((plain.objective, plain.gradient_norm), (both.objective, both.gradient_norm));
        for (j, i) in (0..21).flat_map(|j| (0..21).map(move |i| (j, i))) {
            let [w, transposed] = [plain.couplings[j * 21 + i], plain.couplings[i * 21 + j]];
            let bound = 2.0 * f32::EPSILON * (w.abs() + transposed.abs());
            assert!((both.couplings[j * 21 + i] - 0.5 * (w + transposed)).abs() <= bound);
            assert_eq!(both.couplings[j * 21 + i], both.couplings[i * 21 + j]);
        }
        assert!((0..21).all(|i| plain.couplings[i * 22] == 0.0));
    }

    #[test]
    fn what_cannot_be_meant_or_diverges_is_refused() {
        let keys = patterns(1, 0, 21, 15).unwrap();
        let refusal = |settings| linear_logistic_couplings(&keys, &keys, &settings).unwrap_err().to_string();
        assert!(refusal(LinearLogistic { learning_rate: f64::NAN, ..SETTINGS }).contains("learning rate NaN"));
        assert!(refusal(LinearLogistic { regularization: -1.0, ..SETTINGS }).contains("regularization -1"));
        // eta lambda = 1e9: W grows 1e9-fold at each update.
        let large = LinearLogistic { learning_rate: 1e9, regularization: 1.0, ..SETTINGS };
        assert!(refusal(large).contains("lower --learning-rate (now 1000000000)"));
        assert!(linear_logistic_couplings(&keys, &keys.prefix(3), &SETTINGS).is_err());
    }
}
