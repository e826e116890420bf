//! A sweep: train, cue, recall and measure every cell of a plan; save each as it finishes; skip what is there.

mod measure;
pub mod store;

use std::time::Instant;

use crate::cue::{self, Trial};
use crate::endpoint::endpoints;
use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::memory::{Memory, Provenance};
use crate::pattern::Patterns;
use crate::plan::{Plan, Unit};
use crate::random;
use crate::recall::recall;
use crate::rule::{self, Trained, Training, train};
use measure::{Recalled, cells};
use store::Store;

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
    /// Equal patterns were drawn or given.
    Duplicates {
        /// The unit.
        unit: &'a Unit,
        /// Index of the network.
        network: u32,
        /// Number of patterns equal to an earlier one.
        count: usize,
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

/// Runs what remains of a plan, appending finished cells to the store. Returns all cells.
///
/// # Errors
/// If the backend or the store fails, training diverges, or the observer answers no; finished cells stay saved.
pub fn run(plan: &Plan, backend: &dyn Backend, store: &mut Store, observer: &mut Observer<'_>) -> Result<Vec<Cell>> {
    let done = store.cells().len();
    if done > 0 {
        observer(Event::Resumed { done, planned: plan.cells() });
    }
    for unit in plan.units(done / plan.cells_per_network()) {
        let cells = run_unit(plan, &unit, backend, observer)?;
        store.append(&cells)?;
        if !observer(Event::Saved { unit: &unit, cells: &cells }) {
            return Err(Error::Interrupted);
        }
    }
    Ok(store.cells().to_vec())
}

fn run_unit(plan: &Plan, unit: &Unit, backend: &dyn Backend, observer: &mut Observer<'_>) -> Result<Vec<Cell>> {
    let settings = &plan.settings;
    let keys: Vec<Patterns> =
        unit.networks.iter().map(|&network| stored(plan, unit, network)).collect::<Result<_>>()?;
    for (keys, &network) in keys.iter().zip(&unit.networks) {
        let count = keys.duplicates().len();
        if count > 0 {
            observer(Event::Duplicates { unit, network, count });
        }
    }
    let table = unit.profile.table(settings.neurons)?;
    let training_share = plan.training_share(unit);

    let start = Instant::now();
    let trained = {
        let space = Workspace::new(backend);
        let training = Training { keys: &keys, targets: &keys, table: &table };
        let updates = settings.updates.max(1) as f64;
        train(&space, training, &plan.descent, &mut |done| {
            observer(Event::Working { unit, stage: "training", share: training_share * done as f64 / updates })
        })?
    };
    let train_seconds = start.elapsed().as_secs_f64() / unit.networks.len() as f64;
    let provenance = provenance(plan, unit, backend);
    let memory =
        |(keys, trained): (&Patterns, Trained)| rule::memory(keys.clone(), table.clone(), trained, provenance.clone());
    let memories: Vec<Memory> = keys.iter().zip(trained).map(memory).collect();

    // Every similarity's trials in one batch: the device is busiest so, and no trial depends on its neighbours.
    let of_flips = |&flips: &usize| cue::trials(unit.patterns, settings.cues_per_pattern, settings.max_cues, flips);
    let trials: Vec<Trial> = plan.flips.iter().flat_map(of_flips).collect();
    let start = Instant::now();
    let cues = cue::cues(backend, settings.seed, &unit.networks, &keys, &trials)?;
    let space = Workspace::new(backend);
    let references: Vec<&Memory> = memories.iter().collect();
    let recalls = recall(&space, &references, &cues, settings.max_steps, &mut |share| {
        let share = training_share + (1.0 - training_share) * share;
        observer(Event::Working { unit, stage: "recalling", share })
    })?;
    let learned: Vec<&Patterns> = keys.iter().collect();
    let targets: Vec<Patterns> =
        keys.iter().map(|keys| keys.select(trials.iter().map(|trial| trial.pattern))).collect();
    let ends = endpoints(&space, &learned, &recalls, &targets)?;
    let recall_seconds = start.elapsed().as_secs_f64();
    let recalled = Recalled { plan, unit, memories: &memories, recalls: &recalls, endpoints: &ends };
    Ok(cells(&recalled, train_seconds, recall_seconds))
}

/// The patterns that one network stores.
fn stored(plan: &Plan, unit: &Unit, network: u32) -> Result<Patterns> {
    match &plan.patterns {
        Some(given) => Ok(given.prefix(unit.patterns)),
        None => random::patterns(plan.settings.seed, network, plan.settings.neurons, unit.patterns),
    }
}

fn provenance(plan: &Plan, unit: &Unit, backend: &dyn Backend) -> Provenance {
    let settings = &plan.settings;
    Provenance {
        seed: Some(settings.seed),
        source: settings.patterns.as_ref().map_or_else(|| "random".into(), |source| source.file.clone()),
        ..rule::provenance(unit.profile, plan.rule, &plan.descent, backend.device())
    }
}
