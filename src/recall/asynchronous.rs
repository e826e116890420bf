//! Asynchronous recall: neurons visited one after another, each seeing what the one before became.
//!
//! A step is as many visits as there are neurons, in an order that the host draws. The kernel `visit` takes a trial as
//! far as the first sign in doubt; that one the host decides by the canonical f64 sum, and the trial goes on from
//! there. So the ways are the same on every backend, to the last bit.

mod doubt;
mod visitor;

use super::dynamics::{Asynchronous, Dynamics, Order};
use super::{Ending, FIELD_BYTES, Recall, check, check_batch};
use crate::cue::Trial;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Memory, Readout};
use crate::pattern::{Patterns, words_per_pattern};
use crate::random::{Philox, Purpose, stream};
use attractor_kernels_cpu::philox::philox;
use rayon::prelude::*;
use visitor::Visitor;

/// Terms of fields that are summed before an observer is asked again, about: a second's worth on two cores.
const WORK: usize = 1 << 30;

/// What random orders depend on: the seed, and each trial's own pattern, repetition and flips.
#[derive(Clone, Copy, Debug)]
pub struct Draws<'a> {
    /// Seed of all randomness.
    pub seed: u64,
    /// The networks' indices.
    pub networks: &'a [u32],
    /// The trials, in the order of every network's cues.
    pub trials: &'a [Trial],
}

/// What a trial cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Neurons that changed, each time one did: the events of arXiv 2605.05978.
    pub events: usize,
    /// Fields that were summed: N a step, unless events say which.
    pub sums: usize,
}

/// Where every trial of one network went, and at what cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Visited {
    /// Final states and endings. A step is N visits; one that changes nothing ends a trial. Only a sequential trial can
    /// cycle: where chance picks the order, a state that returns need not return again.
    pub recall: Recall,
    /// What each trial cost.
    pub efforts: Vec<Effort>,
    /// Each trial's states from its cue to its end, packed one after another.
    pub paths: Vec<Vec<u32>>,
}

/// Recalls every network's cues asynchronously, at most `max_steps` steps each. Networks and cues as of
/// [`recall`](super::recall()); the observer hears the share done, 0 to 1, and answers whether to go on.
///
/// # Errors
/// If shapes differ, a memory has no energy to go by, the backend fails or cannot hold a memory in one piece, or the
/// observer answers no ([`Error::Interrupted`]).
pub fn recall_asynchronously(
    how: Asynchronous,
    draws: Draws<'_>,
    space: &Workspace<'_>,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Visited>> {
    check_batch(memories, cues, max_steps)?;
    let Some(first) = memories.first() else { return Ok(Vec::new()) };
    let trials = cues[0].len();
    memories.iter().try_for_each(|memory| check_visits(memory))?;
    if draws.networks.len() != memories.len() || draws.trials.len() != trials {
        return Err(Error::setting(
            format!("draws for {} networks and {} trials", draws.networks.len(), draws.trials.len()),
            format!("name {} networks and {trials} trials", memories.len()),
        ));
    }
    let differences: Option<Vec<Memory>> =
        how.by_energy.then(|| memories.iter().map(|memory| memory.of_differences()).collect()).transpose()?;
    let memories = differences.as_ref().map_or_else(|| memories.to_vec(), |own| own.iter().collect());
    // Sums of couplings may leave the finite numbers.
    memories.iter().try_for_each(|memory| check(memory))?;
    let rows = rows_at_once(&memories).min(trials);
    let mut nets: Vec<Vec<Walk>> =
        cues.iter().map(|cues| (0..trials).map(|at| Walk::at(cues.row(at))).collect()).collect();
    for start in (0..trials).step_by(rows.max(1)) {
        let batch = start..(start + rows).min(trials);
        // A batch's arrays go with it.
        let space = Workspace::new(space.backend());
        let visitor = Visitor::new(how, &space, &memories, batch.len())?;
        let mut walks: Vec<&mut [Walk]> = nets.iter_mut().map(|net| &mut net[batch.clone()]).collect();
        let draws = Draws { trials: &draws.trials[batch.clone()], ..draws };
        let done = |share: f64| (start as f64 + share * batch.len() as f64) / trials as f64;
        walk(how, draws, &visitor, &mut walks, max_steps, &mut |share| observer(done(share)))?;
    }
    observer(1.0);
    nets.into_iter().map(|walks| collect(walks, first.keys.neurons())).collect()
}

/// Refuses a memory whose neurons cannot be visited one by one: those of sparse codes win together, and a bias is of
/// such.
///
/// # Errors
/// Saying which it is.
pub fn check_visits(memory: &Memory) -> Result<()> {
    let what = match memory.code {
        code if code.is_sparse() => format!("asynchronous recall of code {code}"),
        _ if memory.readout.bias().is_some() => "asynchronous recall of couplings with a bias".into(),
        _ => return Ok(()),
    };
    Err(Error::setting(what, "give --dynamics synchronous"))
}

/// Trials a net that are taken at once, so that their orders and states, thrice on the way to a device, and their
/// distances take no more than [`FIELD_BYTES`].
fn rows_at_once(memories: &[&Memory]) -> usize {
    let memory = memories[0];
    let (neurons, patterns) = (memory.keys.neurons(), memory.keys.len());
    let distances = if matches!(memory.readout, Readout::Dual { .. }) { patterns } else { 0 };
    let words = (3 * (neurons + 2 * words_per_pattern(neurons)) + distances).saturating_mul(4 * memories.len());
    let visits = neurons.saturating_mul(distances.max(neurons));
    // Whole tiles; and little enough work that an observer is asked every second or so.
    (FIELD_BYTES / words.max(1)).min(WORK / visits.max(1)).max(1).next_multiple_of(64)
}

/// One trial on its way.
struct Walk {
    /// Every state from the cue to the present one, packed.
    path: Vec<u32>,
    words: usize,
    /// Packed: the neurons whose field can have changed since they were visited.
    pending: Vec<u32>,
    ending: Ending,
    effort: Effort,
}

impl Walk {
    fn at(cue: &[u32]) -> Self {
        Self {
            path: cue.to_vec(),
            words: cue.len(),
            pending: Vec::new(),
            ending: Ending::default(),
            effort: Effort::default(),
        }
    }

    fn state(&self) -> &[u32] {
        &self.path[self.path.len() - self.words..]
    }

    fn moves(&self) -> bool {
        self.ending.period == 0
    }

    /// Takes a step: to a state, having changed so many neurons on the way.
    fn take(&mut self, how: Asynchronous, state: &[u32], pending: &[u32], flips: usize, sums: usize) {
        self.effort.events += flips;
        self.effort.sums += sums;
        self.ending.steps += 1;
        pending.clone_into(&mut self.pending);
        let rests = match how.order {
            Order::Sequential | Order::Random => flips == 0,
            Order::EventDriven => pending.iter().all(|&word| word == 0),
        };
        if rests {
            self.ending.period = 1;
        } else if Dynamics::Asynchronous(how).is_deterministic() {
            let returned = self.path.chunks_exact(self.words).rev().position(|past| past == state);
            self.ending.period = returned.map_or(0, |back| back + 1);
        }
        self.path.extend_from_slice(state);
    }
}

/// Takes walks, by net, to their ends.
fn walk(
    how: Asynchronous,
    draws: Draws<'_>,
    visitor: &Visitor<'_>,
    nets: &mut [&mut [Walk]],
    max_steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<()> {
    let neurons = visitor.neurons();
    let full = Patterns::from_words(neurons, vec![u32::MAX; words_per_pattern(neurons)])?;
    nets.iter_mut().flat_map(|net| net.iter_mut()).for_each(|walk| walk.pending = full.words().to_vec());
    let all: usize = nets.iter().map(|net| net.len()).sum();
    for step in 0..max_steps {
        let moving: Vec<Vec<usize>> =
            nets.iter().map(|net| (0..net.len()).filter(|&at| net[at].moves()).collect()).collect();
        let left: usize = moving.iter().map(Vec::len).sum();
        if left == 0 {
            break;
        }
        let share = (1.0 - left as f64 / all as f64).max(step as f64 / max_steps as f64);
        let orders: Vec<Vec<u32>> = moving
            .iter()
            .zip(draws.networks)
            .map(|(moving, &network)| {
                let order = |&at: &usize| order(how.order, draws.seed, network, &draws.trials[at], step, neurons);
                moving.par_iter().flat_map_iter(order).collect()
            })
            .collect();
        let states: Vec<Vec<u32>> = nets
            .iter()
            .zip(&moving)
            .map(|(net, moving)| {
                moving.iter().flat_map(|&at| net[at].state().iter().chain(&net[at].pending).copied()).collect()
            })
            .collect();
        let stepped = visitor.step(&orders, &states, &mut || observer(share))?;
        for ((net, moving), stepped) in nets.iter_mut().zip(&moving).zip(stepped) {
            for (&at, trial) in moving.iter().zip(stepped) {
                net[at].ending.uncertain += trial.doubts;
                net[at].take(how, &trial.state, &trial.pending, trial.flips, trial.sums);
            }
        }
    }
    Ok(())
}

/// The order of a trial's visits in a step.
fn order(order: Order, seed: u64, network: u32, trial: &Trial, step: usize, neurons: usize) -> Vec<u32> {
    let mut visits: Vec<u32> = (0..neurons as u32).collect();
    if order == Order::Sequential {
        return visits;
    }
    let [a, b, ..] = philox(stream(seed, Purpose::Order, network), [step as u32, 0, 0, 0]);
    let mut generator = Philox::new([a, b], [trial.pattern, trial.repetition, trial.flips].map(|x| x as u32));
    // Fisher and Yates; a draw of 32 bits is biased by less than N / 2^32.
    for last in (1..neurons).rev() {
        visits.swap(last, generator.below(last + 1));
    }
    visits
}

fn collect(walks: Vec<Walk>, neurons: usize) -> Result<Visited> {
    let finals = walks.iter().flat_map(|walk| walk.state().iter().copied()).collect();
    Ok(Visited {
        recall: Recall {
            finals: Patterns::from_words(neurons, finals)?,
            endings: walks.iter().map(|walk| walk.ending).collect(),
        },
        efforts: walks.iter().map(|walk| walk.effort).collect(),
        paths: walks.into_iter().map(|walk| walk.path).collect(),
    })
}
