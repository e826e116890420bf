//! Studies: one frame in which memories of many models, penalties and loads are trained, measured and saved, and what
//! is measured is an [`Analysis`].
//!
//! To add an analysis: what is measured and how, in `src/measure/`; its [`Analysis`] in a file here; its figures and
//! words in `src/report/`; its options in `src/cli/`. The frame trains, asks the observer, saves, continues and reports.

mod attractors;
mod check;
mod labels;
mod morph;
mod phase;
mod plan;
mod potential;
mod publish;
mod scene;
mod snr;
mod spectrum;
mod subject;

pub use attractors::Attractors;
pub use labels::Labels;
pub use morph::Morphs;
pub use phase::PhaseDiagram;
pub use plan::{Plan, Settings, Unit};
pub use potential::Potentials;
pub use publish::publish;
pub use scene::Scene;
pub use snr::Snr;
pub use spectrum::Spectrum;
pub use subject::Subject;

use std::fmt::Debug;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::measure::row::{Head, Row};
use crate::pattern::Patterns;
use crate::report::Body;
use crate::rule::{self, Learned, Model, learn};
use crate::store::{Seconds, Store};
use crate::sweep::{Ways, unstable_steps};

/// What is measured of trained memories. Its fields are its settings, as the manifest names them.
pub trait Analysis: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// A flat record: the columns that follow the head's.
    type Measured: Clone + Debug + Default + Serialize + DeserializeOwned;
    /// The verb, in messages and as the folder's name.
    const NAME: &'static str;
    /// The manifest's format.
    const FORMAT: &'static str;
    /// The file of rows.
    const TABLE: &'static str;
    /// The report's heading.
    const TITLE: &'static str;
    /// Whether memories are trained; where they are not, the keys alone are looked at.
    const TRAINS: bool = true;

    /// Refuses settings that cannot be meant, naming the first and the cure; `least` is the fewest patterns stored.
    ///
    /// # Errors
    /// Those.
    fn check(&self, subject: &Subject, least: usize) -> Result<()>;

    /// Refuses a model that it cannot be of.
    ///
    /// # Errors
    /// Naming it and the cure.
    fn check_model(&self, _model: &Model) -> Result<()> {
        Ok(())
    }

    /// Refuses to be planned again from what its folder holds alone, or to be shared.
    ///
    /// # Errors
    /// If settings are not all there.
    fn check_saved(&self) -> Result<()> {
        Ok(())
    }

    /// Rows of each network, whatever its load.
    fn rows(&self) -> usize;

    /// What a network's rows say before anything was measured: those of one that learnt nothing stay so. As many as
    /// [`Self::rows`].
    fn blank(&self) -> Vec<Self::Measured>;

    /// Whether a row that was read may be the network's `within`-th.
    fn expects(&self, _within: usize, _row: &Self::Measured) -> bool {
        true
    }

    /// Recall steps of single trials that measuring a network of so many patterns takes, about.
    fn steps(&self, patterns: usize) -> f64;

    /// Bytes that are held where nothing is trained.
    fn bytes(&self, _patterns: usize) -> u64 {
        0
    }

    /// Trials of a network that are recalled at once.
    fn trials(&self, patterns: usize) -> usize {
        patterns
    }

    /// The most steps that a trial may take.
    fn most_steps(&self) -> usize {
        1
    }

    /// Measures every network of a scene: the rows of each. The observer hears the share done, 0 to 1, and answers
    /// whether to go on.
    ///
    /// # Errors
    /// If the backend fails, or the observer answers no.
    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Self::Measured>>>;

    /// Its settings and their values, for reports.
    fn settings(&self) -> Vec<(String, String)>;

    /// What the report asks.
    fn question(&self, subject: &Subject) -> String;

    /// What was found, in words, figures and a table.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    fn body(&self, subject: &Subject, rows: &[Row<Self::Measured>]) -> Result<Body>;

    /// The same for a terminal.
    fn table(&self, rows: &[Row<Self::Measured>]) -> String;
}

/// What a study tells its observer.
#[derive(Debug)]
pub enum Event<'a, Measured> {
    /// So many rows were found finished.
    Resumed(usize),
    /// A unit is being worked on.
    Working {
        /// The unit.
        unit: &'a Unit,
        /// "training" or "measuring".
        stage: &'static str,
        /// Share of the unit's cost that is done, 0 to 1.
        share: f64,
    },
    /// A network learnt nothing.
    Nothing {
        /// The unit.
        unit: &'a Unit,
        /// Why.
        why: &'a Error,
    },
    /// A unit's rows were saved.
    Saved {
        /// The unit.
        unit: &'a Unit,
        /// Its rows.
        rows: &'a [Row<Measured>],
    },
}

/// Hears of every [`Event`] and answers whether to go on.
pub type Observer<'a, Measured> = dyn FnMut(Event<'_, Measured>) -> bool + 'a;

/// Runs what remains of a plan and appends finished rows to the store. Returns all rows.
///
/// # Errors
/// If the backend or the store fails, or the observer answers no; finished rows stay saved. A network that learnt
/// nothing is no error: its rows are blank, and its gradient norm is infinite.
pub fn run<A: Analysis>(
    plan: &Plan<A>,
    ways: Ways,
    backend: &dyn Backend,
    store: &mut Store<Plan<A>>,
    observer: &mut Observer<'_, A::Measured>,
) -> Result<Vec<Row<A::Measured>>> {
    let done = store.rows().len();
    if done > 0 {
        observer(Event::Resumed(done));
    }
    for unit in plan.units(done / plan.settings.analysis.rows()) {
        let (rows, seconds) = run_unit(plan, ways, &unit, backend, observer)?;
        store.append(&rows, seconds)?;
        if !observer(Event::Saved { unit: &unit, rows: &rows }) {
            return Err(Error::Interrupted);
        }
    }
    Ok(store.rows().to_vec())
}

/// Every row of a plan, measured without a folder.
///
/// # Errors
/// As [`run`].
pub fn measure<A: Analysis>(
    plan: &Plan<A>,
    ways: Ways,
    backend: &dyn Backend,
    observer: &mut Observer<'_, A::Measured>,
) -> Result<Vec<Row<A::Measured>>> {
    let mut all = Vec::new();
    for unit in plan.units(0) {
        all.extend(run_unit(plan, ways, &unit, backend, observer)?.0);
    }
    Ok(all)
}

fn run_unit<A: Analysis>(
    plan: &Plan<A>,
    ways: Ways,
    unit: &Unit,
    backend: &dyn Backend,
    observer: &mut Observer<'_, A::Measured>,
) -> Result<(Vec<Row<A::Measured>>, Seconds)> {
    let start = Instant::now();
    let Settings { subject, analysis } = &plan.settings;
    let mut heads: Vec<Head> = unit.networks.iter().map(|&network| plan.head(unit, network)).collect();
    let mut keys: Vec<Patterns> =
        unit.networks.iter().map(|&network| plan.stored(unit.patterns, network)).collect::<Result<_>>()?;
    let (mut memories, mut answering) = (Vec::new(), (0..heads.len()).collect::<Vec<_>>());
    let training_share = unit.cost[0] / unit.total().max(1.0);
    if A::TRAINS {
        let learned = train(ways, unit, backend, &keys, training_share, observer)?;
        heads = heads.into_iter().zip(&learned).map(|(head, learned)| head.trained(learned)).collect();
        answering.clear();
        let provenance = rule::provenance(&unit.model, &unit.descent, backend.device());
        for (index, (keys, learned)) in keys.iter().zip(learned).enumerate() {
            match learned.memory(keys.clone(), Code::Bipolar, provenance.clone()) {
                Ok(memory) => {
                    memories.push(memory);
                    answering.push(index);
                }
                Err(why) if observer(Event::Nothing { unit, why: &why }) => {}
                Err(_) => return Err(Error::Interrupted),
            }
        }
        keys = answering.iter().map(|&index| keys[index].clone()).collect();
    }
    let training = start.elapsed();
    let networks: Vec<u32> = answering.iter().map(|&index| unit.networks[index]).collect();
    let scene = Scene {
        subject,
        model: &unit.model,
        descent: unit.descent,
        networks: &networks,
        keys: &keys,
        memories: &memories,
        backend,
        precision: ways.precision,
    };
    let mut measured = vec![analysis.blank(); heads.len()];
    if !networks.is_empty() {
        let found = analysis.measure(&scene, &mut |share| {
            let share = training_share + (1.0 - training_share) * share;
            observer(Event::Working { unit, stage: "measuring", share })
        })?;
        answering.iter().zip(found).for_each(|(&index, found)| measured[index] = found);
    }
    let rows = heads
        .iter()
        .zip(measured)
        .flat_map(|(head, measured)| measured.into_iter().map(move |measured| Row { head: head.clone(), measured }));
    Ok((rows.collect(), Seconds::new(training, start.elapsed() - training)))
}

fn train<Measured>(
    ways: Ways,
    unit: &Unit,
    backend: &dyn Backend,
    keys: &[Patterns],
    training_share: f64,
    observer: &mut Observer<'_, Measured>,
) -> Result<Vec<Learned>> {
    let space = Workspace::new(backend);
    let updates = unit.descent.updates.max(1) as f64;
    learn(&unit.model, ways.distances, &space, keys, keys, &unit.descent, &mut |done| {
        observer(Event::Working { unit, stage: "training", share: training_share * done as f64 / updates })
    })
}

/// What to know of a plan before it runs: a line for each network with equal patterns at its largest load, and for each
/// model the smallest load at which gradient descent may not settle, judged by the first network.
///
/// # Errors
/// If there are no neurons.
pub fn warnings<A: Analysis>(plan: &Plan<A>) -> Result<Vec<String>> {
    let Subject { networks, ref descent, .. } = plan.settings.subject;
    let largest = plan.largest();
    let mut lines = Vec::new();
    for network in 0..networks as u32 {
        let count = plan.stored(largest, network)?.duplicates().len();
        if count > 0 {
            lines.push(format!(
                "{count} of the {largest} patterns of network {network} repeat an earlier one: equal keys share one answer"
            ));
        }
    }
    if A::TRAINS {
        lines.extend(unstable_steps(plan.loads(), descent, |patterns| plan.stored(patterns, 0))?);
    }
    Ok(lines)
}
