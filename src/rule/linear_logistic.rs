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
//! Hessian lies between lambda and l / 4 + lambda, l the largest eigenvalue of X^T X / P. `newton-cg` takes Newton's
//! steps. In f64: at N = 500, P = 450 and 200 updates it is a matter of seconds.

mod descent;
mod newton;

use super::couplings::check_pairs;
use super::dense::{bipolar, check_square, largest, multiply, rows};
use super::lesson::{Class, Learn, Learned, Look, as_written, host_bytes, in_turn, squared};
use super::logistic::Pace;
use super::stability::power_iteration;
use super::table::{Row, Rule};
use super::{Distances, Observer, Solver};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Readout, Table};
use crate::pattern::Patterns;
use descent::Descent;

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
        &[Solver::GradientDescent, Solver::Nesterov, Solver::NewtonCg]
    }

    fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> f64 {
        2.0 * patterns as f64 * neurons as f64 * neurons as f64 * (updates as f64 + 1.0)
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, descent: &super::Descent, _: Distances) -> u64 {
        let rows = (patterns as u64).saturating_mul(neurons as u64);
        let [square, by_rows] = if descent.solver == Solver::NewtonCg { newton::ARRAYS } else { [3, 4] };
        host_bytes(
            nets,
            patterns,
            neurons,
            squared(neurons).saturating_mul(square).saturating_add(rows.saturating_mul(by_rows)),
        )
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
                Solver::Nesterov | Solver::NewtonCg => trained.gradient_norm <= descent.gradient_norm,
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
    /// Number of updates; of solvers that converge the most of them.
    pub updates: usize,
    /// Whether W becomes (W + W^T) / 2 at the end.
    pub symmetrised: bool,
    /// [`Solver::Nesterov`], [`Solver::NewtonCg`], or plain descent.
    pub solver: Solver,
    /// The first two stop at half this largest component of the gradient.
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
    /// Products of the keys with an array \[N, N\] or of their transpose with one \[P, N\], P N^2 multiply-adds each.
    pub products: usize,
    /// The start and every update, where the rule was asked for it.
    pub trace: Vec<Look>,
}

impl LinearLogistic {
    fn converges(&self) -> bool {
        matches!(self.solver, Solver::Nesterov | Solver::NewtonCg)
    }

    fn check(&self) -> Result<()> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let what = format!("learning rate {}", self.learning_rate);
            return Err(Error::setting(what, "give --learning-rate above 0, such as 0.1"));
        }
        if !(self.regularization >= 0.0 && self.regularization.is_finite()) {
            let what = format!("regularization {}", self.regularization);
            return Err(Error::setting(what, "give --regularization of 0 or more, such as 0.01"));
        }
        if self.converges() && self.regularization == 0.0 {
            let what = format!("solver {} without regularization", self.solver);
            return Err(Error::setting(what, "give --regularization above 0"));
        }
        Ok(())
    }
}

/// W \[N (input), N (output)\]: 2 P N^2 multiply-adds an update; 24 N^2 + 32 P N bytes of memory, of newton-cg 88 N^2 +
/// 72 P N.
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
    let pace = match settings.solver {
        Solver::NewtonCg => None,
        Solver::Nesterov => Some(Pace::new(settings.regularization, largest_curvature(keys, settings.regularization))),
        _ => Some(Pace { step: settings.learning_rate, momentum: 0.0 }),
    };
    let (mut initial_gradient_norm, mut trace, mut updates) = (None, Vec::new(), 0);
    let (objective, gradient_norm) = loop {
        descent.differentiate();
        let gradient_norm = largest(&descent.gradient);
        initial_gradient_norm.get_or_insert(gradient_norm);
        if traced {
            trace.push(Look { update: updates, objective: descent.objective(), gradient_norm, residual_norm: None });
        }
        if updates == settings.updates || settings.converges() && gradient_norm <= 0.5 * settings.gradient_norm {
            break (descent.objective(), gradient_norm);
        }
        if !observer(updates) {
            return Err(Error::Interrupted);
        }
        match &pace {
            Some(pace) => descent.step(pace),
            None => newton::step(&mut descent, &mut || observer(updates))?,
        }
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
    let products = descent.products;
    Ok(LinearlyTrained { couplings, objective, gradient_norm, initial_gradient_norm, updates, products, trace })
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

#[cfg(test)]
mod tests;
