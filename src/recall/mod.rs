//! Recall: steps from many cues at once, until fixed, cycling or out of time.
//!
//! `dynamics.rs` names how states move: all neurons at once, as the files here have it, or one after another
//! (`asynchronous.rs`).
//!
//! `stepper.rs` records a step, and `batch.rs` what follows it: the trials' histories stay on the device, and the host
//! reads a few counts every few steps. Signs that a backend's arithmetic cannot certify are taken again by the
//! canonical f64 sum, so that trajectories are the same on every backend, to the last bit; trials that wait for theirs
//! do not hold up the others, and finished trials leave the batch (`round.rs`).

mod asynchronous;
mod batch;
mod canonical;
mod dynamics;
mod half;
mod orbit;
mod precision;
mod round;
mod stepper;
mod trajectory;
mod winners;

pub use asynchronous::{Draws, Effort, Visited, check_visits, recall_asynchronously};
pub use dynamics::{Asynchronous, Dynamics, Order};
pub use orbit::{Orbit, orbit_bytes, orbits};
pub use precision::Precision;
pub(crate) use stepper::Stepper;
pub use trajectory::Ending;

use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Couplings, Memory, Readout};
use crate::pattern::Patterns;
use batch::Batch;
use canonical::Canonical;
use round::Round;
use trajectory::Trajectory;

/// Bytes of fields and histories held at once; more trials than fit run one batch after another.
pub(crate) const FIELD_BYTES: usize = 256 << 20;
/// Steps that the histories of the first round have room for.
const FIRST_STEPS: usize = 32;

/// Where every trial of one network went.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// Final states, in the order of the cues.
    pub finals: Patterns,
    /// How each trial ended.
    pub endings: Vec<Ending>,
}

/// How to recall.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// How states move.
    pub dynamics: Dynamics,
    /// What synchronous fields are computed in; asynchronous ones are f32.
    pub precision: Precision,
    /// What random orders depend on.
    pub draws: Draws<'a>,
}

/// Recalls every network's cues in any manner: [`recall_in`] or [`recall_asynchronously`].
///
/// # Errors
/// As they.
pub fn recall_by(
    manner: Manner<'_>,
    space: &Workspace<'_>,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Recall>> {
    match manner.dynamics {
        Dynamics::Synchronous => recall_in(manner.precision, space, memories, cues, max_steps, observer),
        Dynamics::Asynchronous(how) => {
            let visited = recall_asynchronously(how, manner.draws, space, memories, cues, max_steps, observer)?;
            Ok(visited.into_iter().map(|visited| visited.recall).collect())
        }
    }
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

/// Recalls every network's cues, at most `max_steps` synchronous steps each; the precision decides how fast, and how
/// many signs are doubted on the way, but no sign. The networks share their number of neurons, are all duals of equally
/// many patterns or all couplings, and have equally many cues. The observer hears the share done, 0 to 1, and answers
/// whether to go on.
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
    let Some((neurons, trials)) = check_batch(memories, cues, max_steps)? else { return Ok(Vec::new()) };
    let canonical: Vec<Canonical<'_>> = memories.iter().map(|memory| Canonical::new(memory)).collect();
    let mut nets = trajectory::at_cues(cues);
    let all = (nets.len() * trials).max(1);
    let mut share = 0.0_f64;
    // A history has room for few steps at first: most trials take no more, and those that do go on with more room.
    let mut most = FIRST_STEPS.min(max_steps);
    loop {
        let still = |net: &Vec<Trajectory>| (0..net.len()).filter(|&trial| net[trial].ending.period == 0).collect();
        let moving: Vec<Vec<usize>> = nets.iter().map(still).collect();
        let tallest = moving.iter().map(Vec::len).max().unwrap_or(0);
        if tallest == 0 {
            break;
        }
        let rows = batch::rows_at_once(nets.len(), neurons, most).min(tallest);
        let space = Workspace::new(space.backend());
        let mut batch = Batch::new(precision, &space, memories, rows, most)?;
        let mut ahead: usize = moving.iter().map(Vec::len).sum();
        for start in (0..tallest).step_by(rows) {
            let part = |net: &Vec<usize>| net.iter().copied().skip(start).take(rows).collect();
            let part: Vec<Vec<usize>> = moving.iter().map(part).collect();
            ahead -= part.iter().map(Vec::len).sum::<usize>();
            let round = Round::new(&mut batch, &mut nets, &canonical, part, most == max_steps)?;
            round.run(&mut |still| {
                // Trials that go on in another round were thought done in this one.
                share = share.max(1.0 - (ahead + still) as f64 / all as f64);
                observer(share)
            })?;
        }
        if most == max_steps {
            break;
        }
        most = most.saturating_mul(4).min(max_steps);
    }
    observer(1.0);
    trajectory::collect(nets, neurons)
}

/// Neurons and trials of networks that are recalled together; none of none.
///
/// # Errors
/// If their shapes differ, or one of them is no memory.
fn check_batch(memories: &[&Memory], cues: &[Patterns], steps: usize) -> Result<Option<(usize, usize)>> {
    let Some(first) = memories.first() else { return Ok(None) };
    let neurons = first.keys.neurons();
    let trials = cues.first().map_or(0, Patterns::len);
    for memory in memories {
        let alike = match (&memory.readout, &first.readout) {
            (Readout::Dual { .. }, Readout::Dual { .. }) => memory.keys.len() == first.keys.len(),
            (Readout::Couplings(_), Readout::Couplings(_)) => memory.code == first.code,
            _ => return Err(Error::setting("memories of duals and of couplings in one batch", "recall them apart")),
        };
        if memory.keys.neurons() != neurons || !alike {
            return Err(Error::setting("memories of different shapes in one batch", "recall them one by one"));
        }
        check(memory)?;
    }
    for cues in cues {
        if cues.neurons() != neurons || cues.len() != trials {
            return Err(Error::setting(
                format!("{} cues of {} neurons for a memory of {neurons}", cues.len(), cues.neurons()),
                format!("give cues of {neurons} neurons, {trials} for every network"),
            ));
        }
    }
    if cues.len() != memories.len() || steps == 0 {
        return Err(Error::setting(
            format!("{} memories, {} sets of cues, {steps} steps", memories.len(), cues.len()),
            "give a set of cues for each memory and at least one step",
        ));
    }
    Ok(Some((neurons, trials)))
}

/// Refuses a memory whose parts do not fit each other, or whose fields nothing could certify.
fn check(memory: &Memory) -> Result<()> {
    let (neurons, patterns) = (memory.keys.neurons(), memory.keys.len());
    let finite = memory.readout.matrix().iter().all(|value| value.is_finite());
    memory.code.check(neurons)?;
    match &memory.readout {
        Readout::Dual { .. } if memory.code.is_sparse() => Err(Error::setting(
            format!("a memory of a dual with code {}", memory.code),
            "winners are of couplings: give code bipolar",
        )),
        Readout::Dual { dual, table } => {
            if let Some(what) = table.fault() {
                return Err(Error::setting(what, "make tables with Profile::table, or load them"));
            }
            let whole = table.values.len() == neurons + 1 && table.exponents.len() == neurons + 1;
            if whole && dual.len() == patterns * neurons && finite {
                return Ok(());
            }
            Err(Error::setting(
                format!(
                    "a memory of {neurons} neurons with {} weights and {} dual variables",
                    table.values.len(),
                    dual.len()
                ),
                format!("give {} weights and {} finite dual variables", neurons + 1, patterns * neurons),
            ))
        }
        Readout::Couplings(Couplings { matrix, bias }) => {
            let biased = bias.as_ref().is_none_or(|bias| bias.len() == neurons && bias.iter().all(|b| b.is_finite()));
            if matrix.len() == neurons * neurons && finite && biased {
                return Ok(());
            }
            let biases = bias.as_ref().map_or(0, Vec::len);
            Err(Error::setting(
                format!("a memory of {neurons} neurons with {} couplings and {biases} biases", matrix.len()),
                format!("give {neurons} x {neurons} finite couplings, and {neurons} finite biases or none"),
            ))
        }
    }
}
