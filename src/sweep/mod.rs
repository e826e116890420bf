//! A sweep: train, cue, recall and measure every cell of a plan; save each as it finishes; skip what is there.

mod measure;
mod publish;

pub use publish::publish;

use std::time::Instant;

use crate::cue::{self, Trial};
use crate::endpoint::{Endpoint, endpoints};
use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::plan::{Plan, Settings, Shard, Unit};
use crate::recall::{Draws, Ending, Manner, Precision, recall_by};
use crate::rule::{self, Descent, Distances, Model, Solver, learn, unstable_step};
use crate::store::{Experiment, Replanned, Seconds, Shared, Store};
use measure::{Network, cells};

impl Experiment for Plan {
    type Settings = Settings;
    type Row = Cell;
    const NAME: &'static str = "sweep";
    const FORMAT: &'static str = "attractor-sweep-2";
    const TABLE: &'static str = "cells.csv";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sweeps begun before there was `auto` say gradient-descent, which is what it means to every rule that takes that.
    fn continues(&self, begun: &Settings) -> bool {
        let usual = |settings: &Settings| match settings.solver {
            Solver::GradientDescent => Settings { solver: Solver::Auto, ..settings.clone() },
            _ => settings.clone(),
        };
        usual(begun) == usual(&self.settings)
    }

    fn expects(&self, before: &[Cell], cell: &Cell) -> bool {
        self.expects(before.len(), cell)
    }

    fn is_complete(&self, cells: &[Cell]) -> bool {
        cells.len() == self.cells()
    }
}

impl Replanned for Plan {
    fn replan(settings: Settings) -> Result<Self> {
        Self::new(settings, None)
    }
}

impl Shared for Plan {
    fn shard(settings: &mut Settings) -> &mut Option<Shard> {
        &mut settings.shard
    }

    fn each(&self) -> usize {
        self.cells_per_network()
    }
}

/// What a sweep tells its observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// The first cells were found finished.
    Resumed {
        /// Cells found.
        done: usize,
        /// Cells in all.
        planned: usize,
    },
    /// A unit is being worked on.
    Working {
        /// The unit.
        unit: &'a Unit,
        /// "training" or "recalling".
        stage: &'static str,
        /// Share of the unit's cost that is done, 0 to 1.
        share: f64,
    },
    /// A network learnt nothing: its cells will have no trials.
    Nothing {
        /// The unit.
        unit: &'a Unit,
        /// The network's index.
        network: u32,
        /// Why.
        why: &'a Error,
    },
    /// A unit's cells were saved.
    Saved {
        /// The unit.
        unit: &'a Unit,
        /// Its cells.
        cells: &'a [Cell],
    },
}

/// Hears of every [`Event`] and answers whether to go on.
pub type Observer<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// How to compute, as far as it changes no result.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways {
    /// In which precision to recall.
    pub precision: Precision,
    /// Where training has its distances from.
    pub distances: Distances,
}

/// Runs what remains of a plan and appends finished cells to the store. Returns all cells.
///
/// # Errors
/// If the backend or the store fails, or the observer answers no; finished cells stay saved. A network that learnt nothing is
/// no error: its cells have no trials and an infinite gradient norm.
pub fn run(
    plan: &Plan,
    ways: Ways,
    backend: &dyn Backend,
    store: &mut Store<Plan>,
    observer: &mut Observer<'_>,
) -> Result<Vec<Cell>> {
    let done = store.rows().len();
    if done > 0 {
        observer(Event::Resumed { done, planned: plan.cells() });
    }
    for unit in plan.units(done / plan.cells_per_network()) {
        let (cells, seconds) = run_unit(plan, ways, &unit, backend, observer)?;
        store.append(&cells, seconds)?;
        if !observer(Event::Saved { unit: &unit, cells: &cells }) {
            return Err(Error::Interrupted);
        }
    }
    Ok(store.rows().to_vec())
}

fn run_unit(
    plan: &Plan,
    ways: Ways,
    unit: &Unit,
    backend: &dyn Backend,
    observer: &mut Observer<'_>,
) -> Result<(Vec<Cell>, Seconds)> {
    let settings = &plan.settings;
    let keys: Vec<Patterns> =
        unit.networks.iter().map(|&network| stored(plan, unit.patterns, network)).collect::<Result<_>>()?;
    let training_share = plan.training_share(unit);

    let start = Instant::now();
    let learned = {
        let space = Workspace::new(backend);
        let updates = settings.updates.max(1) as f64;
        learn(&unit.model, ways.distances, &space, &keys, &keys, &plan.descent, &mut |done| {
            observer(Event::Working { unit, stage: "training", share: training_share * done as f64 / updates })
        })?
    };
    let training = start.elapsed();
    let mut networks: Vec<Network> =
        unit.networks.iter().zip(&learned).map(|(&index, learned)| Network::new(index, learned)).collect();

    // A network that learnt nothing answers nothing; its cells say so, and the others go on.
    let provenance = rule::provenance(&unit.model, &plan.descent, backend.device());
    let mut memories: Vec<Memory> = Vec::new();
    let mut networks_answering: Vec<&mut Network> = Vec::new();
    for ((keys, learned), network) in keys.into_iter().zip(learned).zip(&mut networks) {
        match learned.memory(keys, settings.code, provenance.clone()) {
            Ok(memory) => {
                memories.push(memory);
                networks_answering.push(network);
            }
            Err(error) => {
                if !observer(Event::Nothing { unit, network: network.index, why: &error }) {
                    return Err(Error::Interrupted);
                }
            }
        }
    }
    let start = Instant::now();
    let indices: Vec<u32> = networks_answering.iter().map(|network| network.index).collect();
    let trials = recall_all(plan, ways.precision, unit, backend, &indices, &memories, &mut |share| {
        let share = training_share + (1.0 - training_share) * share;
        observer(Event::Working { unit, stage: "recalling", share })
    })?;
    for (network, trials) in networks_answering.iter_mut().zip(trials) {
        network.trials = trials;
    }
    Ok((cells(plan, unit, &networks), Seconds::new(training, start.elapsed())))
}

/// Every network's trials, those of every similarity in one batch: the device is busiest so, and no trial depends on
/// its neighbours.
fn recall_all(
    plan: &Plan,
    precision: Precision,
    unit: &Unit,
    backend: &dyn Backend,
    indices: &[u32],
    memories: &[Memory],
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Vec<(Ending, Endpoint)>>> {
    let settings = &plan.settings;
    let of_flips = |&flips: &usize| cue::trials(unit.patterns, settings.cues_per_pattern, settings.max_cues, flips);
    let trials: Vec<Trial> = plan.flips.iter().flat_map(of_flips).collect();
    let keys: Vec<Patterns> = memories.iter().map(|memory| memory.keys.clone()).collect();
    let cues = cue::cues_of(settings.code, backend, settings.seed, indices, &keys, &trials)?;
    let space = Workspace::new(backend);
    let references: Vec<&Memory> = memories.iter().collect();
    let draws = Draws { seed: settings.seed, networks: indices, trials: &trials };
    let manner = Manner { dynamics: plan.dynamics, precision, draws };
    let recalls = recall_by(manner, &space, &references, &cues, settings.max_steps, observer)?;
    let targets: Vec<Patterns> =
        keys.iter().map(|keys| keys.select(trials.iter().map(|trial| trial.pattern))).collect();
    let ends = endpoints(&space, &keys.iter().collect::<Vec<_>>(), &recalls, &targets)?;
    let joined = recalls.into_iter().zip(ends);
    Ok(joined.map(|(recall, ends)| recall.endings.into_iter().zip(ends).collect()).collect())
}

/// The first `patterns` patterns that one network stores.
fn stored(plan: &Plan, patterns: usize, network: u32) -> Result<Patterns> {
    match &plan.patterns {
        Some(given) => Ok(given.prefix(patterns)),
        None => plan.settings.code.patterns(plan.settings.seed, network, plan.settings.neurons, patterns),
    }
}

/// What to know of a plan before it runs: a line for each network with equal patterns at its largest load, and for each
/// model the smallest load at which gradient descent may not settle, judged by the first network.
///
/// # Errors
/// If there are no neurons.
pub fn warnings(plan: &Plan) -> Result<Vec<String>> {
    let largest = plan.largest();
    let mut lines = Vec::new();
    for network in 0..plan.settings.networks as u32 {
        let count = stored(plan, largest, network)?.duplicates().len();
        if count > 0 {
            lines.push(format!(
                "{count} of the {largest} patterns of network {network} repeat an earlier one: equal keys share one answer"
            ));
        }
    }
    let loads = plan.units(0).into_iter().map(|unit| (unit.model, unit.patterns)).collect();
    lines.extend(unstable_steps(loads, &plan.descent, |patterns| stored(plan, patterns, 0))?);
    Ok(lines)
}

/// For each model the smallest number of patterns at which gradient descent may not settle, judged by those given: the
/// more there are, the smaller the step that is safe.
///
/// # Errors
/// Those of the patterns.
pub(crate) fn unstable_steps(
    mut loads: Vec<(Model, usize)>,
    descent: &Descent,
    stored: impl Fn(usize) -> Result<Patterns>,
) -> Result<Vec<String>> {
    loads.sort_by_key(|(_, patterns)| *patterns);
    loads.dedup();
    let (mut lines, mut told) = (Vec::new(), Vec::<Model>::new());
    for (model, patterns) in loads {
        if told.contains(&model) {
            continue;
        }
        if let Some(warning) = unstable_step(&model, &stored(patterns)?, descent) {
            lines.push(format!("{model}, from P = {patterns} on: {warning}"));
            told.push(model);
        }
    }
    Ok(lines)
}
