//! Ordinary experiments, each in a folder of its own, continued like any other.

use super::super::Request;
use super::Lab;
use crate::capacity::{self, Capacity};
use crate::engine::available_memory;
use crate::error::Result;
use crate::measure::{Cell, Row, Walk};
use crate::pattern::Patterns;
use crate::plan;
use crate::sequence;
use crate::store::{Experiment, Store};
use crate::study::{self, Analysis, Subject};
use crate::sweep;

impl Lab<'_, '_> {
    /// A study's rows.
    pub(in super::super) fn study<A: Analysis>(
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
        drop(hear);
        self.note(name, rows.iter().map(|row| (row.head.learnt(), row.head.settled)));
        Ok(rows)
    }

    /// A sweep's cells.
    pub(in super::super) fn sweep(
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
        drop(hear);
        self.note(name, cells.iter().map(|cell| (cell.gradient_norm.is_finite(), cell.settled)));
        Ok(cells)
    }

    /// A sequence experiment's walks.
    pub(in super::super) fn sequence(&mut self, name: &str, settings: sequence::Settings) -> Result<Vec<Walk>> {
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
        drop(hear);
        self.note(name, walks.iter().map(|walk| (walk.gradient_norm.is_finite(), walk.settled)));
        Ok(walks)
    }

    /// A capacity search's capacities.
    pub(in super::super) fn capacity(&mut self, name: &str, settings: capacity::Settings) -> Result<Vec<Capacity>> {
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
        drop(hear);
        let unsettled: usize = found.iter().map(|one| one.unsettled).sum();
        let tried: usize = found.iter().map(|one| one.decisions).sum();
        self.note(name, (0..tried).map(|at| (true, at >= unsettled)));
        Ok(found)
    }

    /// Notes how many of an experiment's rows are of networks that learnt nothing, or had not settled.
    fn note(&mut self, name: &str, rows: impl Iterator<Item = (bool, bool)> + Clone) {
        let count = rows.clone().count();
        let blank = rows.clone().filter(|(learnt, _)| !learnt).count();
        let unsettled = rows.filter(|(learnt, settled)| *learnt && !settled).count();
        for (number, what) in
            [(blank, "are of networks that learnt nothing"), (unsettled, "are of training that had not settled")]
        {
            let line = format!("Of {name}, {number} of {count} rows {what}.");
            if number > 0 && !self.half_trained.contains(&line) {
                self.half_trained.push(line);
            }
        }
    }

    /// An experiment's folder.
    fn open<E: Experiment>(&mut self, name: &str, plan: &E) -> Result<Store<E>> {
        if !self.experiments.iter().any(|known| known == name) {
            self.experiments.push(name.to_owned());
        }
        let Request { command, backend, ways, .. } = self.request;
        Store::open(&self.folder.join(name), plan, command, backend.device(), ways.precision)
    }

    /// Whether an experiment was cut off before it was reported.
    fn lacks_report(&self, name: &str) -> bool {
        !self.folder.join(name).join("report.html").exists()
    }
}
