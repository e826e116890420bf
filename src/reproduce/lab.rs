//! Where claims get their evidence: ordinary experiments, each in a folder of its own, continued like any other.

use std::path::PathBuf;

use super::{Event, Observer, Request};
use crate::capacity::{self, Capacity};
use crate::code::Code;
use crate::engine::{Backend, available_memory};
use crate::error::Result;
use crate::measure::{Cell, Row, Walk};
use crate::pattern::Patterns;
use crate::plan;
use crate::recall::Dynamics;
use crate::rule::{Descent, Solver};
use crate::sequence;
use crate::store::{Experiment, Store};
use crate::study::{self, Analysis, Subject};
use crate::sweep::{self, Ways};

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
        }
    }

    pub(super) fn arithmetic(&self) -> String {
        self.backend().device().arithmetic.clone()
    }

    /// A study's rows.
    pub(super) fn study<A: Analysis>(
        &mut self,
        name: &str,
        subject: Subject,
        analysis: A,
    ) -> Result<Vec<Row<A::Measured>>> {
        let plan = study::Plan::new(subject, analysis, None)?;
        plan.check_memory(self.ways().distances, available_memory())?;
        let mut store = self.open(name, &plan)?;
        let missing = self.lacks_report(name) || store.rows().len() < plan.rows();
        let total: f64 = plan.units(0).iter().map(study::Unit::total).sum();
        let left = plan.units(store.rows().len() / plan.settings.analysis.rows());
        let mut done = total - left.iter().map(study::Unit::total).sum::<f64>();
        let (ways, backend) = (self.ways(), self.request.backend);
        let mut hear = self.hear(name);
        let rows = study::run(&plan, ways, backend, &mut store, &mut |event| match event {
            study::Event::Working { unit, stage, share } => hear(stage, (done + share * unit.total()) / total),
            study::Event::Saved { unit, .. } => {
                done += unit.total();
                true
            }
            study::Event::Resumed(_) | study::Event::Nothing { .. } => true,
        })?;
        if missing {
            study::publish(&plan, &store, &study::warnings(&plan)?)?;
        }
        Ok(rows)
    }

    /// A sweep's cells.
    pub(super) fn sweep(
        &mut self,
        name: &str,
        settings: plan::Settings,
        patterns: Option<Patterns>,
    ) -> Result<Vec<Cell>> {
        let plan = plan::Plan::new(settings, patterns)?;
        plan.check_memory(self.ways().distances, available_memory())?;
        let mut store = self.open(name, &plan)?;
        let missing = self.lacks_report(name) || store.rows().len() < plan.cells();
        let total: f64 = plan.units(0).iter().map(|unit| unit.cost).sum();
        let left = plan.units(store.rows().len() / plan.cells_per_network());
        let mut done = total - left.iter().map(|unit| unit.cost).sum::<f64>();
        let (ways, backend) = (self.ways(), self.request.backend);
        let mut hear = self.hear(name);
        let cells = sweep::run(&plan, ways, backend, &mut store, &mut |event| match event {
            sweep::Event::Working { unit, stage, share } => hear(stage, (done + share * unit.cost) / total),
            sweep::Event::Saved { unit, .. } => {
                done += unit.cost;
                true
            }
            sweep::Event::Resumed { .. } | sweep::Event::Nothing { .. } => true,
        })?;
        if missing {
            sweep::publish(&plan, &store, &cells, &sweep::warnings(&plan)?)?;
        }
        Ok(cells)
    }

    /// A sequence experiment's walks.
    pub(super) fn sequence(&mut self, name: &str, settings: sequence::Settings) -> Result<Vec<Walk>> {
        let plan = sequence::Plan::new(settings, None)?;
        plan.check_memory(self.ways().distances, available_memory())?;
        let mut store = self.open(name, &plan)?;
        let missing = self.lacks_report(name) || plan.next(store.rows()).is_some();
        let (total, mut done) = (plan.cost(), plan.done(store.rows()));
        let (ways, backend) = (self.ways(), self.request.backend);
        let mut hear = self.hear(name);
        let walks = sequence::run(&plan, ways, backend, &mut store, &mut |event| match event {
            sequence::Event::Working { unit, stage, share } => hear(stage, (done + share * unit.cost) / total),
            sequence::Event::Saved { unit, .. } => {
                done += unit.cost;
                true
            }
            sequence::Event::Resumed(_) | sequence::Event::Nothing { .. } => true,
        })?;
        if missing {
            sequence::publish(&plan, &store, &walks, &sequence::warnings(&plan)?)?;
        }
        Ok(walks)
    }

    /// A capacity search's capacities.
    pub(super) fn capacity(&mut self, name: &str, settings: capacity::Settings) -> Result<Vec<Capacity>> {
        let plan = capacity::Plan::new(settings)?;
        plan.check_memory(self.ways().distances, available_memory())?;
        let mut store = self.open(name, &plan)?;
        let (ended, planned) = (capacity::ended(&plan, &store)?.len(), plan.searches.len());
        let missing = self.lacks_report(name) || ended < planned;
        let (ways, backend) = (self.ways(), self.request.backend);
        let mut hear = self.hear(name);
        let mut done = 0;
        // How many numbers of patterns a search will try is not known: what shows is the share of searches.
        let found = capacity::run(&plan, ways, backend, &mut store, &mut |event| match event {
            capacity::Event::Working { stage, .. } => hear(stage, done as f64 / planned as f64),
            capacity::Event::Ended { .. } => {
                done += 1;
                true
            }
            capacity::Event::Resumed { .. } | capacity::Event::Nothing { .. } => true,
        })?;
        if missing {
            capacity::publish(&plan, &store, &found, &[])?;
        }
        Ok(found)
    }

    fn ways(&self) -> Ways {
        self.request.ways
    }

    /// Tells how far the claim's work is that is no experiment of its own, and asks whether to go on.
    pub(super) fn go_on(&mut self, doing: &str, share: f64) -> bool {
        (self.observer)(Event::Working { claim: self.claim, doing, share })
    }

    fn hear<'c>(&'c mut self, name: &'c str) -> impl FnMut(&str, f64) -> bool + 'c {
        let claim = self.claim;
        let observer = &mut *self.observer;
        move |stage, share| observer(Event::Working { claim, doing: &format!("{name}: {stage}"), share })
    }

    /// An experiment's folder.
    fn open<E: Experiment>(&mut self, name: &str, plan: &E) -> Result<Store<E>> {
        self.experiments.push(name.to_owned());
        let Request { command, backend, ways, .. } = self.request;
        Store::open(&self.folder.join(name), plan, command, backend.device(), ways.precision)
    }

    /// Whether an experiment was cut off before it was reported.
    fn lacks_report(&self, name: &str) -> bool {
        !self.folder.join(name).join("report.html").exists()
    }
}

/// The published settings, but with a solver that ends where the gradient does: what does not settle depends on the number
/// of updates.
pub(super) fn converging() -> Descent {
    Descent { solver: Solver::Preconditioned, ..Descent::default() }
}

/// The published settings: 500 steps of plain descent.
pub(super) fn published() -> Descent {
    Descent { solver: Solver::GradientDescent, ..Descent::default() }
}
