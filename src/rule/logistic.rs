//! Kernel logistic regression (KLR), one logistic regression per neuron on a shared kernel, by full gradient descent.
//!
//! With targets y in {-1, +1}, t = (y + 1) / 2, F = K alpha, per neuron (arXiv 2504.07633, 2505.01218, 2605.00366)
//!
//! ```text
//! L(alpha) = sum_mu log(1 + exp(-y_mu F_mu)) + (lambda / 2) alpha^T K alpha
//! alpha   <- alpha - eta K (sigma(K alpha) - t + lambda alpha),   alpha_0 = 0
//! ```
//!
//! the full gradient, not divided by P and with the factor K. Each update is `field`, `logistic`, `field`, `step` (with
//! `field_stored` for `field` where [`Distances`] are stored), in the defined arithmetic, so that the dual is the same bits
//! on every backend whose `fma` rounds alike.

use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dense::largest;
use super::distances::{Distances, settle};
use super::lesson::{Class, Learn, Learned, check_shapes, host_bytes};
use super::product::Product;
use super::table::{Row, Rule};
use super::{LogisticSolver, Observer, preconditioned};
use crate::engine::kernel::{LOGISTIC, STEP};
use crate::engine::{Array, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Convergence, Profile, Readout, Table};
use crate::pattern::Patterns;

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

    fn solver(&self, descent: &Descent) -> Option<LogisticSolver> {
        Some(descent.solver)
    }

    fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> f64 {
        2.0 * patterns as f64 * patterns as f64 * neurons as f64 * (updates as f64 + 2.0)
    }

    /// Dual, residual and gradient on the device, fields and all three on the host, the packed dual of a product, and the distances,
    /// where these must be stored.
    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, descent: &Descent, distances: Distances) -> u64 {
        if descent.solver == LogisticSolver::Preconditioned {
            return host_bytes(nets, patterns, neurons, preconditioned::bytes(patterns, neurons) / 8);
        }
        let values = [nets, patterns, neurons].iter().fold(1, |product: u64, &x| product.saturating_mul(x as u64));
        values.saturating_mul(4 * 8).saturating_add(distances.bytes(nets, patterns))
    }

    fn check(&self, table: &Table) -> Result<()> {
        let fault = table.fault_in_training();
        fault.map_or(Ok(()), |what| Err(Error::setting(what, "train with a kernel that is largest at distance 0")))
    }

    fn learn(&self, space: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        if class.descent.solver == LogisticSolver::Preconditioned {
            return preconditioned::learn(class, observer);
        }
        let training = Training { keys: class.keys, targets: class.targets, table: class.table };
        let trained = train_from(class.distances, space, training, class.descent, observer)?;
        let learned = trained.into_iter().map(|trained| {
            let (convergence, distances) = (Some(trained.convergence.clone()), Some(trained.distances));
            let dual = |trained: Trained| Readout::Dual { dual: trained.dual, table: class.table.clone() };
            Learned { readout: trained.finite(class.descent).map(dual), convergence, distances }
        });
        Ok(learned.collect())
    }
}

/// Updates between two looks at the observer: about this many seconds' worth.
const LOOK_EVERY: f64 = 0.3;

/// Settings of the descent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Descent {
    /// eta.
    pub learning_rate: f32,
    /// lambda.
    pub regularization: f32,
    /// Number of updates.
    pub updates: usize,
    /// Training counts as settled once the largest components of gradient and residual are below this share of their
    /// values at alpha = 0. The gradient K r alone can be small while r, seen through small eigenvalues of K, is not.
    pub tolerance: f64,
    /// What [`learn`](super::learn) takes; [`train`] always descends.
    pub solver: LogisticSolver,
    /// Where the preconditioned solver stops: at this largest component of the gradient, once the residual is below the
    /// tolerance too.
    pub gradient_norm: f64,
}

impl Default for Descent {
    /// The published settings.
    fn default() -> Self {
        Self {
            learning_rate: 0.1,
            regularization: 0.01,
            updates: 500,
            tolerance: 0.05,
            solver: LogisticSolver::GradientDescent,
            gradient_norm: 1e-4,
        }
    }
}

impl Descent {
    /// Checks that the settings can be meant.
    ///
    /// # Errors
    /// Naming the first that cannot.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: String, cure: &str| Err(Error::setting(what, cure));
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse(
                format!("learning rate {}", self.learning_rate),
                "give --learning-rate above 0, such as 0.1",
            );
        }
        if !(self.regularization >= 0.0 && self.regularization.is_finite()) {
            return refuse(
                format!("regularization {}", self.regularization),
                "give --regularization of 0 or more, such as 0.01",
            );
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return refuse(format!("tolerance {}", self.tolerance), "give --tolerance above 0, such as 0.05");
        }
        if !(self.gradient_norm > 0.0 && self.gradient_norm.is_finite()) {
            return refuse(
                format!("gradient norm {}", self.gradient_norm),
                "give --gradient-norm above 0, such as 1e-4",
            );
        }
        Ok(())
    }
}

/// What to train on: one entry per network, all of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// Stored patterns per network.
    pub keys: &'a [Patterns],
    /// What each should answer with; the keys themselves for auto-association.
    pub targets: &'a [Patterns],
    /// The separation profile, shared.
    pub table: &'a Table,
}

/// One network's result.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// alpha, row-major \[P, N\].
    pub dual: Vec<f32>,
    /// How it ended.
    pub convergence: Convergence,
    /// Where its distances were from: recomputed or stored.
    pub distances: Distances,
}

impl Trained {
    /// Whether the dual left the finite numbers: such a memory answers nothing.
    pub fn diverged(&self) -> bool {
        self.convergence.objective.is_some_and(|objective| !objective.is_finite())
            || self.dual.iter().any(|alpha| !alpha.is_finite())
    }

    /// Itself, unless it diverged.
    ///
    /// # Errors
    /// [`Error::Diverged`], naming the learning rate to lower.
    pub fn finite(self, descent: &Descent) -> Result<Self> {
        if self.diverged() {
            let what = format!("the dual left the finite numbers within {} updates", descent.updates);
            return Err(Error::Diverged { what, learning_rate: descent.learning_rate });
        }
        Ok(self)
    }
}

/// Trains every network at once. One may have [diverged](Trained::diverged) while others have not.
///
/// # Errors
/// If the networks' shapes differ, the backend fails, or the observer answers no ([`Error::Interrupted`]).
pub fn train(
    space: &Workspace<'_>,
    training: Training<'_>,
    descent: &Descent,
    observer: &mut Observer<'_>,
) -> Result<Vec<Trained>> {
    train_from(Distances::Auto, space, training, descent, observer)
}

/// [`train`] with a say in where distances are from: the same bits.
///
/// # Errors
/// As [`train`], and if distances are to be stored but 16 bits or the memory do not hold them.
pub fn train_from(
    distances: Distances,
    space: &Workspace<'_>,
    training: Training<'_>,
    descent: &Descent,
    observer: &mut Observer<'_>,
) -> Result<Vec<Trained>> {
    descent.check()?;
    let Some(first) = training.keys.first() else { return Ok(Vec::new()) };
    let (neurons, patterns) = (first.neurons(), first.len());
    if let Some(what) = training.table.fault() {
        return Err(Error::setting(what, "make the table with Profile::table"));
    }
    Klr.check(training.table)?;
    if training.table.values.len() != neurons + 1 || training.table.exponents.len() != neurons + 1 {
        return Err(Error::setting(
            format!("a table of {} weights for {neurons} neurons", training.table.values.len()),
            format!("give {} weights, one for each Hamming distance", neurons + 1),
        ));
    }
    check_shapes(training.keys, training.targets)?;
    let descender = Descender::new(space, training, descent, distances)?;
    let initial = descender.evaluate(training.targets)?;
    let mut done = 0;
    let mut chunk = 1;
    while done < descent.updates {
        if !observer(done) {
            return Err(Error::Interrupted);
        }
        let count = chunk.min(descent.updates - done);
        let start = Instant::now();
        descender.reset()?;
        space.backend().run(&descender.update, count)?;
        done += count;
        // Not all at once from one update's time, which may be any: it also pays for what is found out or compiled.
        let fitting = LOOK_EVERY * count as f64 / start.elapsed().as_secs_f64().max(1e-9);
        chunk = (fitting as usize).clamp(1, 32 * chunk);
    }
    observer(done);
    let last = descender.evaluate(training.targets)?;
    let duals = space.backend().download(&descender.dual, patterns)?;
    let duals: &[f32] = bytemuck::cast_slice(&duals);
    let results = duals.chunks_exact(patterns * neurons).zip(initial.iter().zip(&last));
    let trained = results.map(|(dual, (initial, last))| Trained {
        dual: dual.to_vec(),
        convergence: Convergence {
            objective: Some(last.objective),
            gradient_norm: last.gradient_norm,
            initial_gradient_norm: initial.gradient_norm,
            residual_norm: Some(last.residual_norm),
            settled: last.gradient_norm <= descent.tolerance * initial.gradient_norm
                && last.residual_norm <= descent.tolerance * initial.residual_norm,
            updates: descent.updates,
        },
        distances: descender.product.used(),
    });
    Ok(trained.collect())
}

/// The arrays and recordings of one descent.
struct Descender<'a> {
    space: &'a Workspace<'a>,
    work: Work,
    regularization: f32,
    dual: Array,
    /// F, then the residual in its place.
    residual: Array,
    gradient: Array,
    fields: Recording,
    gradients: Recording,
    update: Recording,
    product: Product<'a>,
}

/// Objective and gradient of one network at its present dual.
struct Evaluation {
    objective: f64,
    gradient_norm: f64,
    residual_norm: f64,
}

impl<'a> Descender<'a> {
    fn new(space: &'a Workspace<'a>, training: Training<'_>, descent: &Descent, distances: Distances) -> Result<Self> {
        let (nets, patterns, neurons) = (training.keys.len(), training.keys[0].len(), training.keys[0].neurons());
        let work = Work { nets, trials: patterns, patterns, neurons };
        let packed: Vec<u32> = training.targets.iter().flat_map(|set| set.words().iter().copied()).collect();
        let targets = space.rows("targets", Element::Bits, nets, training.targets[0].stride(), &packed)?;
        let zeros = vec![0_u32; nets * patterns * neurons];
        let dual = space.rows("dual", Element::F32, nets, neurons, &zeros)?;
        let residual = space.alloc("residual", Element::F32, nets, patterns, neurons)?;
        let gradient = space.alloc("gradient", Element::F32, nets, patterns, neurons)?;
        let mut product = Product::new(space, training, work)?;
        settle(distances, &mut product, 2 * descent.updates, &dual, &residual)?;

        let mut fields = Recording::new();
        product.record(&mut fields, &dual, &residual)?;
        let mut gradients = Recording::new();
        let regularization = [("regularization", Scalar::F32(descent.regularization))];
        let arrays = [("dual", &dual), ("targets", &targets), ("residual", &residual)];
        gradients.dispatch(&LOGISTIC, work, &arrays, &regularization)?;
        product.record(&mut gradients, &residual, &gradient)?;
        let mut update = Recording::new();
        update.extend(&fields);
        update.extend(&gradients);
        let rate = [("rate", Scalar::F32(descent.learning_rate))];
        update.dispatch(&STEP, work, &[("gradient", &gradient), ("dual", &dual)], &rate)?;
        Ok(Self {
            space,
            work,
            regularization: descent.regularization,
            dual,
            residual,
            gradient,
            fields,
            gradients,
            update,
            product,
        })
    }

    /// Fills what an update writes with what no kernel writes: should one not run, the dual becomes NaN, not stale.
    fn reset(&self) -> Result<()> {
        [&self.residual, &self.gradient].into_iter().try_for_each(|array| self.space.backend().reset(array))
    }

    /// Objective and gradient norm of every network, the sums in f64 over the device's fields.
    fn evaluate(&self, targets: &[Patterns]) -> Result<Vec<Evaluation>> {
        let backend = self.space.backend();
        let rows = self.work.patterns;
        self.reset()?;
        backend.run(&self.fields, 1)?;
        let fields = backend.download(&self.residual, rows)?;
        backend.run(&self.gradients, 1)?;
        let gradients = backend.download(&self.gradient, rows)?;
        let residuals = backend.download(&self.residual, rows)?;
        let duals = backend.download(&self.dual, rows)?;
        let [fields, gradients, residuals, duals] =
            [&fields, &gradients, &residuals, &duals].map(|words| bytemuck::cast_slice::<u32, f32>(words));
        let size = rows * self.work.neurons;
        let evaluation = |(net, targets): (usize, &Patterns)| {
            let own = net * size..(net + 1) * size;
            Evaluation {
                objective: objective(
                    f64::from(self.regularization),
                    &fields[own.clone()],
                    &duals[own.clone()],
                    targets,
                ),
                gradient_norm: largest(&gradients[own.clone()]),
                residual_norm: largest(&residuals[own]),
            }
        };
        Ok(targets.iter().enumerate().map(evaluation).collect())
    }
}

/// sum over mu and i of log(1 + exp(-y F)) + (lambda / 2) alpha F, pattern by pattern.
pub(super) fn objective<T: Copy + Into<f64> + Sync>(
    regularization: f64,
    fields: &[T],
    duals: &[f32],
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
                let margin = if up { field } else { -field };
                // log(1 + exp(-m)) without overflow for large negative margins.
                let loss = (-margin).max(0.0) + libm::log1p(libm::exp(-margin.abs()));
                loss + 0.5 * regularization * dual * field
            })
            .sum::<f64>()
    });
    // Threads make the patterns' sums; one adds them up, so that the result does not depend on their number.
    patterns.collect::<Vec<_>>().into_iter().sum()
}
