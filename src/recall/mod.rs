//! Recall: synchronous steps from many cues at once, until fixed, cycling or out of time.
//!
//! Each [step](stepper) runs on the backend. Signs that its arithmetic cannot certify are taken again by the canonical f64
//! sum, so that trajectories are the same on every backend, to the last bit. Finished trials leave the batch.

mod canonical;
mod half;
mod precision;
mod stepper;
mod trajectory;

pub use precision::Precision;
pub(crate) use stepper::Stepper;
pub use trajectory::Ending;

use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::Patterns;
use canonical::Canonical;
use trajectory::Trajectories;

/// Bytes of fields held at once; more trials than fit run one batch after another.
const FIELD_BYTES: usize = 256 << 20;

/// Where every trial of one network went.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// Final states, in the order of the cues.
    pub finals: Patterns,
    /// How each trial ended.
    pub endings: Vec<Ending>,
}

/// [`recall_in`] f32.
///
/// # Errors
/// As [`recall_in`].
pub fn recall(
    space: &Workspace<'_>,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Recall>> {
    recall_in(Precision::F32, space, memories, cues, max_steps, observer)
}

/// Recalls every network's cues, at most `max_steps` synchronous steps each; the precision decides how fast, and how many
/// signs are doubted on the way, but no sign. The networks share their numbers of neurons
/// and patterns, and have equally many cues. The observer hears the share done, 0 to 1, and answers whether to go on.
///
/// # Errors
/// If shapes differ, the backend fails, or the observer answers no ([`Error::Interrupted`]).
pub fn recall_in(
    precision: Precision,
    space: &Workspace<'_>,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Recall>> {
    let Some(first) = memories.first() else { return Ok(Vec::new()) };
    let (neurons, patterns) = (first.keys.neurons(), first.keys.len());
    let trials = cues.first().map_or(0, Patterns::len);
    for memory in memories {
        if memory.keys.neurons() != neurons || memory.keys.len() != patterns {
            return Err(Error::setting("memories of different shapes in one batch", "recall them one by one"));
        }
        let Memory { table, dual, .. } = memory;
        if let Some(what) = table.fault() {
            return Err(Error::setting(what, "make tables with Profile::table, or load them"));
        }
        let whole = table.values.len() == neurons + 1 && table.exponents.len() == neurons + 1;
        if !whole || dual.len() != patterns * neurons || dual.iter().any(|alpha| !alpha.is_finite()) {
            return Err(Error::setting(
                format!(
                    "a memory of {neurons} neurons with {} weights and {} dual variables",
                    table.values.len(),
                    dual.len()
                ),
                format!("give {} weights and {} finite dual variables", neurons + 1, patterns * neurons),
            ));
        }
    }
    for cues in cues {
        if cues.neurons() != neurons || cues.len() != trials {
            return Err(Error::setting(
                format!("{} cues of {} neurons for a memory of {neurons}", cues.len(), cues.neurons()),
                format!("give cues of {neurons} neurons, {trials} for every network"),
            ));
        }
    }
    if cues.len() != memories.len() || max_steps == 0 {
        return Err(Error::setting(
            format!("{} memories, {} sets of cues, {max_steps} steps", memories.len(), cues.len()),
            "give a set of cues for each memory and at least one step",
        ));
    }
    let batch = (FIELD_BYTES / (4 * neurons * memories.len())).max(1).next_multiple_of(64).min(trials);
    let canonical: Vec<Canonical<'_>> = memories.iter().map(|memory| Canonical::new(memory)).collect();
    let stepper = Stepper::new(precision, space, memories, batch)?;
    let mut finished: Vec<Trajectories> = Vec::new();
    for start in (0..trials).step_by(batch.max(1)) {
        let range = start..(start + batch).min(trials);
        let mut trajectories = Trajectories::new(cues, range.clone());
        for step in 0..max_steps {
            let share = step as f64 / max_steps as f64;
            if !observer((start as f64 + share * range.len() as f64) / trials as f64) {
                return Err(Error::Interrupted);
            }
            if trajectories.active() == 0 {
                break;
            }
            let (states, rows) = trajectories.states();
            let (next, uncertain) = stepper.step(&states, rows)?;
            trajectories.advance(next, &uncertain, rows, &canonical);
        }
        finished.push(trajectories);
    }
    observer(1.0);
    Trajectories::collect(finished, memories.len(), neurons)
}
