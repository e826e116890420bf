//! Where claims get their evidence, and the settings that most of it shares.

mod experiments;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::{Event, Observer, Request};
use crate::capacity::{self, Criterion};
use crate::code::Code;
use crate::engine::{Backend, Workspace};
use crate::error::Result;
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::plan;
use crate::recall::Dynamics;
use crate::rule::{self, Descent, Model, Solver, learn};
use crate::study::Subject;
use crate::sweep::Ways;

/// What claims are measured with.
pub(super) struct Lab<'a, 'b> {
    pub(super) request: &'a Request<'a>,
    /// The folder of the reproduction.
    pub(super) folder: PathBuf,
    pub(super) observer: &'b mut Observer<'b>,
    /// The claim that is being measured.
    pub(super) claim: &'static str,
    /// Folders of the experiments that it rests on.
    pub(super) experiments: Vec<String>,
    /// What to know of them: how much had not settled, or learnt nothing.
    pub(super) half_trained: Vec<String>,
}

impl Lab<'_, '_> {
    /// Whether at a size that takes minutes, or at the published one.
    pub(super) fn quick(&self) -> bool {
        self.request.settings.quick
    }

    /// The one for a quick run, the other for the published size.
    pub(super) fn either<T>(&self, quick: T, published: T) -> T {
        if self.quick() { quick } else { published }
    }

    pub(super) fn backend(&self) -> &dyn Backend {
        self.request.backend
    }

    pub(super) fn seed(&self) -> u64 {
        self.request.settings.seed
    }

    /// Random patterns, learnt at the published settings but by a solver that converges.
    pub(super) fn subject(&self, neurons: usize, loads: &[f64], models: &[String], networks: usize) -> Subject {
        Subject {
            neurons,
            loads: loads.to_vec(),
            models: models.to_vec(),
            descent: converging(),
            networks,
            seed: self.seed(),
            arithmetic: self.arithmetic(),
            ..Subject::default()
        }
    }

    /// A sweep of random patterns, learnt so; one network of the user's own.
    pub(super) fn sweep_settings(&self, neurons: usize, loads: &[f64], models: &[&str]) -> plan::Settings {
        let Descent { learning_rate, regularization, updates, tolerance, solver, gradient_norm, .. } = converging();
        plan::Settings {
            neurons,
            loads: loads.to_vec(),
            similarities: vec![1.0],
            code: Code::Bipolar,
            models: models.iter().map(|&model| model.to_owned()).collect(),
            learning_rate,
            regularization,
            updates,
            tolerance,
            solver,
            gradient_norm,
            cues_per_pattern: 1,
            max_cues: 1000,
            networks: 3,
            seed: self.seed(),
            max_steps: 30,
            dynamics: Dynamics::default().to_string(),
            patterns: None,
            arithmetic: self.arithmetic(),
            shard: None,
        }
    }

    /// A capacity search of perfect cues of bipolar patterns, which ask for all of their bits.
    pub(super) fn capacity_settings(&self, neurons: Vec<usize>, models: &[&str]) -> capacity::Settings {
        capacity::Settings {
            neurons,
            models: models.iter().map(|&model| model.to_owned()).collect(),
            descent: Descent::default(),
            criterion: Criterion::Mean,
            code: Code::Bipolar,
            flip: 0.0,
            flips: None,
            failure: 0.1,
            recovered_cosine: 1.0,
            confidence: 0.95,
            max_trials: 3200,
            most_patterns: 1 << 14,
            resolution: 0.05,
            networks: self.either(6, 10),
            seed: self.seed(),
            max_steps: 30,
            dynamics: Dynamics::default().to_string(),
            arithmetic: self.arithmetic(),
        }
    }

    pub(super) fn arithmetic(&self) -> String {
        self.backend().device().arithmetic.clone()
    }

    fn ways(&self) -> Ways {
        self.request.ways
    }

    /// Tells how far the claim's work is that is no experiment of its own, and asks whether to go on.
    pub(super) fn go_on(&mut self, doing: &str, share: f64) -> bool {
        (self.observer)(Event::Working { claim: self.claim, doing, share })
    }

    /// What a network learns, outside of any experiment.
    pub(super) fn learn(&mut self, model: &Model, keys: &Patterns, descent: &Descent, doing: &str) -> Result<Memory> {
        let (backend, distances) = (self.request.backend, self.ways().distances);
        let space = Workspace::new(backend);
        let own = std::slice::from_ref(keys);
        let updates = descent.updates.max(1) as f64;
        let mut go_on = |done: usize| self.go_on(doing, done as f64 / updates);
        let learned = learn(model, distances, &space, own, own, descent, &mut go_on)?.swap_remove(0);
        learned.memory(keys.clone(), Code::Bipolar, rule::provenance(model, descent, backend.device()))
    }

    fn hear<'c>(&'c mut self, name: &'c str) -> impl FnMut(&str, f64) -> bool + 'c {
        let claim = self.claim;
        let observer = &mut *self.observer;
        move |stage, share| observer(Event::Working { claim, doing: &format!("{name}: {stage}"), share })
    }
}

/// The published settings, but with a solver that ends where the gradient does: what does not settle depends on the
/// number of updates.
pub(super) fn converging() -> Descent {
    Descent { solver: Solver::Preconditioned, ..Descent::default() }
}

/// The published settings: 500 steps of plain descent.
pub(super) fn published() -> Descent {
    Descent { solver: Solver::GradientDescent, ..Descent::default() }
}
