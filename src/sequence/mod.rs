//! Sequence memories: x^mu is answered with x^(mu+1), the last with the first, so that the state walks through the
//! patterns (arXiv 2605.00366, sections 2.2 to 2.5). Trains every model, length and trial, lets it walk, measures, and
//! saves each.

mod bracket;
mod judge;
mod map;
mod plan;
mod publish;
mod settings;

pub use bracket::{Bracket, Search};
pub use judge::next_patterns;
pub use plan::{Plan, Unit};
pub use publish::{publish, told_capacities};
pub use settings::{Lengths, Settings};

use std::time::Instant;

use crate::code::Code;
use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::measure::Walk;
use crate::memory::{Memory, Provenance};
use crate::pattern::Patterns;
use crate::recall::{orbits, recall_in};
use crate::report::Figure;
use crate::rule::{self, learn};
use crate::store::{Seconds, Store};
use crate::sweep::{Ways, unstable_steps};

/// What a run tells its observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many rows were found finished.
    Resumed(usize),
    /// A unit is being worked on.
    Working {
        /// The unit.
        unit: &'a Unit,
        /// "training", "walking" or "measuring".
        stage: &'static str,
        /// Share of the unit's cost that is done, 0 to 1.
        share: f64,
    },
    /// A trial's network learnt nothing.
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
        walks: &'a [Walk],
    },
}

/// Hears of every [`Event`] and answers whether to go on.
pub type Observer<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// Runs what remains of a plan, draws the first trial's walk of each length listed, and appends finished rows to the
/// store. Returns all rows.
///
/// # Errors
/// If the backend or the store fails, or the observer answers no; finished rows stay saved. A network that learnt
/// nothing is no error: it walks no step, and fails.
pub fn run(
    plan: &Plan,
    ways: Ways,
    backend: &dyn Backend,
    store: &mut Store<Plan>,
    observer: &mut Observer<'_>,
) -> Result<Vec<Walk>> {
    let done = store.rows().len();
    if done > 0 {
        observer(Event::Resumed(done));
    }
    while let Some(unit) = plan.next(store.rows()) {
        let (walks, map, seconds) = run_unit(plan, ways, &unit, backend, observer)?;
        // Drawn first: whose row is there, its walk is too.
        store.draw(map.as_slice())?;
        store.append(&walks, seconds)?;
        if !observer(Event::Saved { unit: &unit, walks: &walks }) {
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
) -> Result<(Vec<Walk>, Option<Figure>, Seconds)> {
    let descent = &plan.settings.descent;
    let keys: Vec<Patterns> =
        unit.trials.iter().map(|&trial| plan.stored(unit.patterns, trial)).collect::<Result<_>>()?;
    let targets: Vec<Patterns> = keys.iter().map(next_patterns).collect();
    let training_share = plan.training_share(unit);

    let start = Instant::now();
    let learned = {
        let space = Workspace::new(backend);
        let updates = descent.updates.max(1) as f64;
        learn(&unit.model, ways.distances, &space, &keys, &targets, descent, &mut |done| {
            observer(Event::Working { unit, stage: "training", share: training_share * done as f64 / updates })
        })?
    };
    let training = start.elapsed();
    let blank = |(&trial, learned)| judge::blank(plan, unit, trial, learned);
    let mut walks: Vec<Walk> = unit.trials.iter().zip(&learned).map(blank).collect();

    let provenance = rule::provenance(&unit.model, descent, backend.device());
    let provenance = Provenance { targets: Some("the next pattern".into()), ..provenance };
    let (mut memories, mut answering) = (Vec::new(), Vec::new());
    for (index, (keys, learned)) in keys.into_iter().zip(learned).enumerate() {
        match learned.memory(keys, Code::Bipolar, provenance.clone()) {
            Ok(memory) => {
                memories.push(memory);
                answering.push(index);
            }
            Err(why) if observer(Event::Nothing { unit, why: &why }) => {}
            Err(_) => return Err(Error::Interrupted),
        }
    }

    let start = Instant::now();
    let steps = plan.settings.walk(unit.patterns);
    let walking_share = (1.0 - training_share) * steps as f64 / (steps + unit.patterns) as f64;
    let space = Workspace::new(backend);
    let references: Vec<&Memory> = memories.iter().collect();
    let starts: Vec<Patterns> = memories.iter().map(|memory| memory.keys.prefix(1)).collect();
    let orbits = orbits(ways.precision, &space, &references, &starts, steps, &mut |share| {
        observer(Event::Working { unit, stage: "walking", share: training_share + walking_share * share })
    })?;
    let all: Vec<Patterns> = memories.iter().map(|memory| memory.keys.clone()).collect();
    let moved = recall_in(ways.precision, &space, &references, &all, 1, &mut |share| {
        let share = training_share + walking_share + (1.0 - training_share - walking_share) * share;
        observer(Event::Working { unit, stage: "measuring", share })
    })?;
    let mut figure = None;
    for (((&index, memory), orbit), moved) in answering.iter().zip(&memories).zip(&orbits).zip(&moved) {
        let walk = &mut walks[index];
        judge::fill(walk, memory, &targets[index], &orbit[0], moved, steps);
        if walk.trial == 0 && matches!(plan.settings.lengths, Lengths::Listed(_)) {
            figure = Some(map::figure(&unit.model, &memory.keys, &orbit[0], steps)?);
        }
    }
    Ok((walks, figure, Seconds::new(training, start.elapsed())))
}

/// The maps of walks that were drawn, in the order of models and lengths.
///
/// # Errors
/// If one is there and cannot be read.
pub fn maps(plan: &Plan, store: &Store<Plan>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (model, patterns) in plan.loads() {
        let stem = map::stem(&model, patterns);
        if let Some([svg, csv]) = store.drawn(&stem)? {
            let [title, caption] = map::title(&model, patterns);
            figures.push(Figure { stem, title, caption, svg, csv });
        }
    }
    Ok(figures)
}

/// What to know of a plan before it runs: a line where patterns repeat, and for
/// each model the smallest length at which gradient descent may not settle, judged by the first trial.
///
/// # Errors
/// If there are no neurons.
pub fn warnings(plan: &Plan) -> Result<Vec<String>> {
    let longest = plan.longest();
    let mut lines = Vec::new();
    for trial in 0..plan.settings.trials as u32 {
        if let Some((earlier, later)) = plan.stored(longest, trial)?.duplicates().first() {
            lines.push(format!(
                "pattern {later} of trial {trial} repeats pattern {earlier} (counted from 0): one state has one next \
                 state, and a sequence that goes on differently from both cannot be walked without an error"
            ));
        }
    }
    lines.extend(unstable_steps(plan.loads(), &plan.settings.descent, |patterns| plan.stored(patterns, 0))?);
    Ok(lines)
}
