//! Orbits: every state that a trial passes through, in order of time. The host looks at each step, decides the signs in
//! doubt, and knows a state that was there before: from then on a deterministic step repeats itself.

use std::collections::HashMap;

use super::batch::rows_at_once;
use super::canonical::Canonical;
use super::{Ending, Precision, Stepper, check_batch};
use crate::engine::{Recording, Workspace};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::{Patterns, words_per_pattern};

/// Every state of one trial, from its cue on.
#[derive(Clone, Debug, PartialEq)]
pub struct Orbit {
    states: Patterns,
    period: usize,
    uncertain: usize,
}

impl Orbit {
    /// The states, the cue first: up to the last before one that was there already, or to that after the last step.
    pub fn states(&self) -> &Patterns {
        &self.states
    }

    /// Which of [`Self::states`] it is in after so many steps.
    ///
    /// # Panics
    /// If it had found no period and did not take so many.
    pub fn index(&self, steps: usize) -> usize {
        let known = self.states.len();
        match self.period {
            _ if steps < known => steps,
            0 => panic!("{steps} steps of an orbit of {}", known - 1),
            period => known - period + (steps - known) % period,
        }
    }

    /// Its packed state after so many steps; panics as [`Self::index`].
    pub fn state(&self, steps: usize) -> &[u32] {
        self.states.row(self.index(steps))
    }

    /// 1 if it ends in a fixed point, p in a cycle of p states, 0 if no state was met twice.
    pub fn period(&self) -> usize {
        self.period
    }

    /// How it ended within so many steps, those that were asked for, as [`recall_in`](super::recall_in) says it.
    pub fn ending(&self, steps: usize) -> Ending {
        let steps = if self.period == 0 { steps } else { self.states.len() };
        Ending { steps, period: self.period, uncertain: self.uncertain }
    }

    /// Signs on the way that only the canonical sum could decide.
    pub fn uncertain(&self) -> usize {
        self.uncertain
    }
}

/// A trial on its way.
struct Walker {
    /// Its states so far, packed one after another.
    states: Vec<u32>,
    /// Which of them each is.
    seen: HashMap<Vec<u32>, usize>,
    period: usize,
    uncertain: usize,
}

impl Walker {
    fn new(cue: &[u32]) -> Self {
        Self { states: cue.to_vec(), seen: HashMap::from([(cue.to_vec(), 0)]), period: 0, uncertain: 0 }
    }

    fn state(&self, words: usize) -> &[u32] {
        &self.states[self.states.len() - words..]
    }

    fn take(&mut self, next: &[u32]) {
        let time = self.seen.len();
        match self.seen.get(next) {
            Some(earlier) => self.period = time - earlier,
            None => {
                self.seen.insert(next.to_vec(), time);
                self.states.extend_from_slice(next);
            }
        }
    }
}

/// The orbits of every network's cues over `steps` synchronous steps, net by net in the order of the cues: the states
/// that [`recall_in`](super::recall_in) passes through, whose shapes and observer these are. A trial that meets a state
/// again is not stepped further.
///
/// # Errors
/// If shapes differ, the backend fails, or the observer answers no ([`Error::Interrupted`]).
pub fn orbits(
    precision: Precision,
    space: &Workspace<'_>,
    memories: &[&Memory],
    cues: &[Patterns],
    steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Vec<Orbit>>> {
    let Some((neurons, trials)) = check_batch(memories, cues, steps)? else { return Ok(Vec::new()) };
    let canonical: Vec<Canonical<'_>> = memories.iter().map(|memory| Canonical::new(memory)).collect();
    let walker = |cues: &Patterns| (0..trials).map(|trial| Walker::new(cues.row(trial))).collect();
    let mut nets: Vec<Vec<Walker>> = cues.iter().map(walker).collect();
    if trials > 0 {
        let space = Workspace::new(space.backend());
        let rows = rows_at_once(nets.len(), neurons, 0).min(trials);
        let stepper = Stepper::new(precision, &space, memories, rows)?;
        for start in (0..trials).step_by(rows) {
            let share = |of_part: f64| (start as f64 + of_part * rows.min(trials - start) as f64) / trials as f64;
            let mut parts: Vec<&mut [Walker]> =
                nets.iter_mut().map(|net| &mut net[start..trials.min(start + rows)]).collect();
            walk(&space, &stepper, &canonical, &mut parts, steps, &mut |of_part| observer(share(of_part)))?;
        }
    }
    let orbit = |walker: Walker| {
        let states = Patterns::from_words(neurons, walker.states)?;
        Ok(Orbit { states, period: walker.period, uncertain: walker.uncertain })
    };
    nets.into_iter().map(|net| net.into_iter().map(orbit).collect()).collect()
}

/// Lets all trials of a batch walk.
fn walk(
    space: &Workspace<'_>,
    stepper: &Stepper<'_>,
    canonical: &[Canonical<'_>],
    nets: &mut [&mut [Walker]],
    steps: usize,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<()> {
    let words = nets.first().and_then(|net| net.first()).map_or(0, |walker| walker.states.len());
    let mut recorded: Option<(usize, Recording)> = None;
    for step in 0..steps {
        let moving: Vec<Vec<usize>> =
            nets.iter().map(|net| (0..net.len()).filter(|&trial| net[trial].period == 0).collect()).collect();
        let rows = moving.iter().map(Vec::len).max().unwrap_or(0);
        if rows == 0 {
            break;
        }
        if !observer(step as f64 / steps as f64) {
            return Err(Error::Interrupted);
        }
        // Rows beyond a network's own moving trials repeat nothing: they are stepped and not looked at.
        let mut states = vec![0; nets.len() * rows * words];
        for ((net, moving), states) in nets.iter().zip(&moving).zip(states.chunks_exact_mut(rows * words)) {
            for (&trial, state) in moving.iter().zip(states.chunks_exact_mut(words)) {
                state.copy_from_slice(net[trial].state(words));
            }
        }
        let recording = match recorded.take() {
            Some((of, recording)) if of == rows => recording,
            _ => stepper.recording(rows)?,
        };
        stepper.load(&states)?;
        stepper.reset()?;
        space.backend().run(&recording, 1)?;
        let (mut next, uncertain) = stepper.stepped(rows)?;
        recorded = Some((rows, recording));
        for (index, (net, moving)) in nets.iter_mut().zip(&moving).enumerate() {
            let own = index * rows * words..(index * rows + moving.len()) * words;
            decide(&canonical[index], &states[own.clone()], &uncertain[own.clone()], &mut next[own.clone()], words);
            let stepped = next[own.clone()].chunks_exact(words).zip(uncertain[own].chunks_exact(words));
            for (&trial, (next, uncertain)) in moving.iter().zip(stepped) {
                net[trial].uncertain += uncertain.iter().map(|word| word.count_ones() as usize).sum::<usize>();
                net[trial].take(next);
            }
        }
    }
    Ok(())
}

/// Decides the doubted signs of some rows; those without any cost nothing.
fn decide(canonical: &Canonical<'_>, states: &[u32], uncertain: &[u32], next: &mut [u32], words: usize) {
    let marked = |&at: &usize| uncertain[at * words..][..words].iter().any(|&word| word != 0);
    let doubted: Vec<usize> = (0..next.len() / words).filter(marked).collect();
    if doubted.is_empty() {
        return;
    }
    let gathered = |of: &[u32]| doubted.iter().flat_map(|&at| of[at * words..][..words].to_vec()).collect::<Vec<u32>>();
    let mut decided = gathered(next);
    canonical.decide(&gathered(states), &gathered(uncertain), &mut decided);
    for (&at, decided) in doubted.iter().zip(decided.chunks_exact(words)) {
        next[at * words..][..words].copy_from_slice(decided);
    }
}

/// Bytes that orbits of so many steps take at most: each state twice, once to be found again by.
pub fn orbit_bytes(nets: usize, neurons: usize, trials: usize, steps: usize) -> u64 {
    let state = 8 * words_per_pattern(neurons) as u64 + 64;
    [nets, trials, steps.saturating_add(1)].iter().fold(state, |bytes, &count| bytes.saturating_mul(count as u64))
}
