//! Kernel logistic regression (KLR), one logistic regression per neuron on a shared kernel.
//!
//! With targets y in {-1, +1}, t = (y + 1) / 2, F = K alpha, per neuron (arXiv 2504.07633, 2505.01218, 2605.00366)
//!
//! ```text
//! L(alpha) = sum_mu log(1 + exp(-y_mu F_mu)) + (lambda / 2) alpha^T K alpha
//! ```
//!
//! whose gradient is K r, r = sigma(F) - t + lambda alpha. To add a solver: a file in `logistic/`, its line in
//! `solvers` and its arm in `learn`, and its name in `solver.rs`.

mod device;
mod host;
mod natural;
mod nesterov;
mod newton;
mod preconditioned;

use rayon::prelude::*;

use super::kernel_matrix::Kernel;
use super::lesson::{Class, Learn, Learned, host_bytes};
use super::stability::largest_eigenvalue;
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer, Solver};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Profile, Readout, Table};
use crate::pattern::Patterns;
pub use device::{Trained, Training, train, train_from};
pub(super) use nesterov::Pace;

pub(super) const ROW: Row = Row { spellings: &["klr"], read: |text| (text == "klr").then(|| Ok(Rule::klr())) };

/// The rule.
#[derive(Debug)]
pub(super) struct Klr;

impl Learn for Klr {
    fn name(&self) -> String {
        ROW.spellings[0].into()
    }

    fn usual_kernel(&self) -> Option<Profile> {
        Some(Profile::Rbf { gamma: 0.02 })
    }

    fn solvers(&self) -> &'static [Solver] {
        use Solver::{GradientDescent, Natural, Nesterov, NewtonCg, Preconditioned};
        &[GradientDescent, Nesterov, Natural, Preconditioned, NewtonCg]
    }

    fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> f64 {
        2.0 * patterns as f64 * patterns as f64 * neurons as f64 * (updates as f64 + 2.0)
    }

    /// Dual, residual, gradient and momentum on the device, fields and all three on the host, the packed dual of a
    /// product, and the distances, where these must be stored.
    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, descent: &Descent, distances: Distances) -> u64 {
        let on_host = |f64s| host_bytes(nets, patterns, neurons, f64s);
        match descent.solver {
            Solver::Preconditioned => on_host(preconditioned::f64s(patterns, neurons)),
            Solver::NewtonCg | Solver::Natural => on_host(newton::f64s(patterns, neurons)),
            _ => {
                let values = [nets, patterns, neurons].iter().fold(1, |all: u64, &x| all.saturating_mul(x as u64));
                values.saturating_mul(4 * 9).saturating_add(distances.bytes(nets, patterns))
            }
        }
    }

    fn check(&self, table: &Table) -> Result<()> {
        let fault = table.fault_in_training();
        fault.map_or(Ok(()), |what| Err(Error::setting(what, "train with a kernel that is largest at distance 0")))
    }

    /// The Hessian is at most K (K/4 + lambda I): descent is certain for eta < 2 / (l (l/4 + lambda)), l the largest
    /// eigenvalue of K.
    fn safe_step(&self, keys: &Patterns, table: &Table, descent: &Descent) -> Option<f64> {
        let kernel = Kernel::new(keys, table).ok().filter(|kernel| kernel.patterns() > 0)?;
        let largest = largest_eigenvalue(&kernel);
        Some(2.0 / (largest * (0.25 * largest + f64::from(descent.regularization))))
    }

    fn learn(&self, space: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        match self.solver(class.descent) {
            Some(Solver::Preconditioned) => host::learn(class, observer, preconditioned::Preconditioned::new),
            Some(Solver::NewtonCg) => host::learn(class, observer, |_| Ok(newton::Newton)),
            Some(Solver::Natural) => host::learn(class, observer, |_| Ok(natural::Natural)),
            _ => on_device(space, class, observer),
        }
    }
}

/// Gradient descent, plain or accelerated, of all networks at once.
fn on_device(space: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
    let training = Training { keys: class.keys, targets: class.targets, table: class.table };
    let trained = train_from(class.distances, space, training, class.descent, observer)?;
    let learned = trained.into_iter().map(|mut trained| {
        let (convergence, distances) = (Some(trained.convergence.clone()), Some(trained.distances));
        let trace = std::mem::take(&mut trained.trace);
        let dual = |trained: Trained| Readout::Dual { dual: trained.dual, table: class.table.clone() };
        Learned { readout: trained.finite(class.descent).map(dual), convergence, distances, trace }
    });
    Ok(learned.collect())
}

/// Solvers that converge aim at this share of what is asked for: the rest is left to rounding.
const AIM: f64 = 0.5;

/// Whether largest gradient and residual, 1/2 at the start, are below this share of what is asked for.
fn reached(descent: &Descent, share: f64, gradient_norm: f64, residual_norm: f64) -> bool {
    gradient_norm <= share * descent.gradient_norm && residual_norm <= share * 0.5 * descent.tolerance
}

/// sum over mu and i of log(1 + exp(-y F)) + (lambda / 2) alpha F, pattern by pattern.
fn objective<F: Copy + Into<f64> + Sync, A: Copy + Into<f64> + Sync>(
    regularization: f64,
    fields: &[F],
    duals: &[A],
    targets: &Patterns,
) -> f64 {
    let neurons = targets.neurons();
    let rows = fields.par_chunks_exact(neurons).zip(duals.par_chunks_exact(neurons)).enumerate();
    let patterns = rows.map(|(pattern, (fields, duals))| {
        let target = targets.row(pattern);
        let terms = fields.iter().zip(duals).enumerate();
        terms
            .map(|(neuron, (&field, &dual))| {
                let up = target[neuron / 32] >> (neuron % 32) & 1 == 1;
                let (field, dual): (f64, f64) = (field.into(), dual.into());
                log_loss(if up { field } else { -field }) + 0.5 * regularization * dual * field
            })
            .sum::<f64>()
    });
    // Threads make the patterns' sums; one adds them up, so that the result does not depend on their number.
    patterns.collect::<Vec<_>>().into_iter().sum()
}

/// log(1 + exp(-m)) without overflow for large negative margins m.
pub(super) fn log_loss(margin: f64) -> f64 {
    (-margin).max(0.0) + libm::log1p(libm::exp(-margin.abs()))
}
