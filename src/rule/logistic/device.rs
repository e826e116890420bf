//! Gradient descent on the backend, plain and accelerated.
//!
//! ```text
//! alpha <- alpha - eta K (sigma(K alpha) - t + lambda alpha),   alpha_0 = 0
//! ```
//!
//! the full gradient, not divided by P and with the factor K, as published. Each update is `field`, `logistic`,
//! `field`, `step` (with `field_stored` for `field` where [`Distances`] are stored), in the defined arithmetic, so that
//! the dual is the same bits on every backend whose `fma` rounds alike. Accelerated it is `field`, `logistic`,
//! `momentum`: `nesterov.rs` says why.

use std::time::Instant;

use super::nesterov::{self, Pace, paces};
use super::{AIM, Klr, objective, reached};
use crate::engine::kernel::{LOGISTIC, MOMENTUM, STEP};
use crate::engine::{Array, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Convergence, Table};
use crate::pattern::Patterns;
use crate::rule::dense::largest;
use crate::rule::distances::settle;
use crate::rule::lesson::{Learn, Look, as_written, check_shapes};
use crate::rule::product::Product;
use crate::rule::{Descent, Distances, Observer, Solver};

/// Updates between two looks at the observer: about this many seconds' worth.
const LOOK_EVERY: f64 = 0.3;

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
    /// The start and every update, where that was asked for.
    pub trace: Vec<Look>,
    /// Of a dual that left the finite numbers, the learning rate up to which it would not have, if there is one.
    pub safe_step: Option<f64>,
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
    /// [`Error::Diverged`], naming the learning rate to lower and how far.
    pub fn finite(self, descent: &Descent) -> Result<Self> {
        if self.diverged() {
            let what = format!("the dual left the finite numbers within {} updates", self.convergence.updates);
            return Err(match descent.solver {
                Solver::Nesterov => Error::unlearnable(what, "use a positive definite kernel"),
                _ => Error::Diverged { what, learning_rate: descent.learning_rate, safe: self.safe_step },
            });
        }
        Ok(self)
    }
}

/// Trains every network at once, by plain descent or, if that is the solver, by [`Solver::Nesterov`]. One may have
/// [diverged](Trained::diverged) while others have not.
///
/// # Errors
/// If settings cannot be meant, the networks' shapes differ, the backend fails, or the observer answers no
/// ([`Error::Interrupted`]).
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
    Klr.check_solver(descent)?;
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
    let accelerated = descent.solver == Solver::Nesterov;
    let descender = Descender::new(space, training, descent, distances)?;
    let mut networks: Vec<Network> = training.keys.iter().map(|_| Network::default()).collect();
    let mut done = 0;
    let mut chunk = 1;
    loop {
        let due = done == 0 || done == descent.updates || accelerated && done % nesterov::LOOK_EVERY == 0;
        if due || descent.trace {
            let evaluations = descender.evaluate(training.targets)?;
            for (network, evaluation) in networks.iter_mut().zip(evaluations).filter(|(network, _)| !network.rests) {
                network.look(done, evaluation, descent);
                network.rests = accelerated && due && network.near(descent);
            }
            if due && (done == descent.updates || networks.iter().all(|network| network.rests)) {
                break;
            }
            descender.rest(&networks)?;
        }
        if !observer(done) {
            return Err(Error::Interrupted);
        }
        let next_look = match (descent.trace, accelerated) {
            (true, _) => 1,
            (_, true) => nesterov::LOOK_EVERY - done % nesterov::LOOK_EVERY,
            _ => descent.updates - done,
        };
        let count = chunk.min(next_look).min(descent.updates - done);
        let start = Instant::now();
        descender.reset()?;
        space.backend().run(&descender.update, count)?;
        done += count;
        // Not all at once from one update's time, which may be any: it also pays for what is found out or compiled.
        let fitting = LOOK_EVERY * count as f64 / start.elapsed().as_secs_f64().max(1e-9);
        chunk = (fitting as usize).clamp(1, 32 * chunk);
    }
    observer(done);
    let duals = space.backend().download(&descender.dual, patterns)?;
    let duals: &[f32] = bytemuck::cast_slice(&duals);
    let results = duals.chunks_exact(patterns * neurons).zip(networks).zip(training.keys);
    let trained = results.map(|((dual, network), keys)| {
        let mut trained = Trained {
            dual: dual.to_vec(),
            convergence: network.convergence(descent),
            distances: descender.product.used(),
            trace: network.trace,
            safe_step: None,
        };
        if trained.diverged() {
            trained.safe_step = Klr.safe_step(keys, training.table, descent);
        }
        trained
    });
    Ok(trained.collect())
}

/// How far one network has come.
#[derive(Default)]
struct Network {
    initial: Evaluation,
    last: Evaluation,
    /// Updates until then.
    updates: usize,
    /// Whether it has arrived, while others go on.
    rests: bool,
    trace: Vec<Look>,
}

impl Network {
    fn look(&mut self, done: usize, evaluation: Evaluation, descent: &Descent) {
        if done == 0 {
            self.initial = evaluation;
        }
        (self.last, self.updates) = (evaluation, done);
        if descent.trace {
            let Evaluation { objective, gradient_norm, residual_norm } = evaluation;
            self.trace.push(Look { update: done, objective, gradient_norm, residual_norm: Some(residual_norm) });
        }
    }

    /// Nearer than asked for, so that what rounding does to the gradient does not matter.
    fn near(&self, descent: &Descent) -> bool {
        reached(descent, AIM, self.last.gradient_norm, self.last.residual_norm)
    }

    fn convergence(&self, descent: &Descent) -> Convergence {
        let Self { initial, last, .. } = self;
        let settled = match descent.solver {
            Solver::Nesterov => reached(descent, 1.0, last.gradient_norm, last.residual_norm),
            _ => {
                last.gradient_norm <= descent.tolerance * initial.gradient_norm
                    && last.residual_norm <= descent.tolerance * initial.residual_norm
            }
        };
        Convergence {
            objective: Some(last.objective),
            gradient_norm: last.gradient_norm,
            initial_gradient_norm: initial.gradient_norm,
            residual_norm: Some(last.residual_norm),
            settled,
            updates: self.updates,
        }
    }
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
    /// Of accelerated descent, each network's pace and where the backend has them.
    paces: Option<(Vec<Pace>, Array)>,
}

/// Objective and gradient of one network at its present dual.
#[derive(Clone, Copy, Default)]
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
        let paces = match descent.solver {
            Solver::Nesterov => {
                let carried = space.rows("momentum", Element::F32, nets, neurons, &zeros)?;
                let pace = space.alloc("pace", Element::F32, nets, 2, 1)?;
                update.dispatch(&LOGISTIC, work, &arrays, &regularization)?;
                let arrays = [("pace", &pace), ("gradient", &residual), ("carried", &carried), ("dual", &dual)];
                update.dispatch(&MOMENTUM, work, &arrays, &[])?;
                Some((paces(training, as_written(descent.regularization))?, pace))
            }
            _ => {
                update.extend(&gradients);
                let rate = [("rate", Scalar::F32(descent.learning_rate))];
                update.dispatch(&STEP, work, &[("gradient", &gradient), ("dual", &dual)], &rate)?;
                None
            }
        };
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
            paces,
        })
    }

    /// Lets networks that have arrived stand still.
    fn rest(&self, networks: &[Network]) -> Result<()> {
        let Some((paces, array)) = &self.paces else { return Ok(()) };
        let pace = |(pace, network): (&Pace, &Network)| match network.rests {
            true => [0.0, 0.0],
            false => [pace.step as f32, pace.momentum as f32],
        };
        let paces: Vec<f32> = paces.iter().zip(networks).flat_map(pace).collect();
        self.space.backend().upload(array, bytemuck::cast_slice(&paces))
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
