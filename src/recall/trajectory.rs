//! The trials of a batch: where each is, where it has been, and when it leaves.

use std::ops::Range;

use rayon::prelude::*;
use serde::Serialize;

use super::Recall;
use super::canonical::Canonical;
use crate::error::Result;
use crate::pattern::{Patterns, words_per_pattern};

/// How a trial ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// Steps taken; for a fixed point, up to and including the first that changed nothing (a perfect cue takes 1), for a
    /// cycle, up to the first that returned to an earlier state.
    pub steps: usize,
    /// 1 for a fixed point, p for a cycle of p states, 0 for a trial still moving after the last step.
    pub period: usize,
    /// Signs on the way that only the canonical sum could decide.
    pub uncertain: usize,
}

/// One trial on its way.
struct Trajectory {
    /// Every state so far, packed one after another; the last is the present one.
    history: Vec<u32>,
    ending: Ending,
}

impl Trajectory {
    fn state(&self, words: usize) -> &[u32] {
        &self.history[self.history.len() - words..]
    }

    /// Takes one step: certifies the signs, and notices a fixed point or a return to an earlier state.
    fn advance(&mut self, next: &mut [u32], uncertain: &[u32], canonical: &Canonical<'_>) {
        let words = next.len();
        let doubts: u32 = uncertain.iter().map(|mask| mask.count_ones()).sum();
        if doubts > 0 {
            canonical.decide(self.state(words), uncertain, next);
            self.ending.uncertain += doubts as usize;
        }
        self.ending.steps += 1;
        let earlier = self.history.chunks_exact(words).rposition(|state| state == next);
        if let Some(earlier) = earlier {
            self.ending.period = self.history.len() / words - earlier;
        }
        self.history.extend_from_slice(next);
    }
}

/// The trials of one batch, net by net.
pub(super) struct Trajectories {
    words: usize,
    nets: Vec<Vec<Trajectory>>,
    /// Indices of the trials of each net that are still moving.
    moving: Vec<Vec<usize>>,
}

impl Trajectories {
    /// The trials in `range` of every net, at their cues.
    pub(super) fn new(cues: &[Patterns], range: Range<usize>) -> Self {
        let trials = |cues: &Patterns| {
            range
                .clone()
                .map(|trial| Trajectory { history: cues.row(trial).to_vec(), ending: Ending::default() })
                .collect()
        };
        Self {
            words: cues.first().map_or(0, Patterns::stride),
            nets: cues.iter().map(trials).collect(),
            moving: cues.iter().map(|_| (0..range.len()).collect()).collect(),
        }
    }

    /// Trials still moving in the net that has most of them.
    pub(super) fn active(&self) -> usize {
        self.moving.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The moving trials' states, `[nets, rows, words]`, nets with fewer filled up with zeros; and the rows.
    pub(super) fn states(&self) -> (Vec<u32>, usize) {
        let rows = self.active();
        let mut states = vec![0; self.nets.len() * rows * self.words];
        for ((states, trials), moving) in states.chunks_mut(rows * self.words).zip(&self.nets).zip(&self.moving) {
            for (state, &trial) in states.chunks_exact_mut(self.words).zip(moving) {
                state.copy_from_slice(trials[trial].state(self.words));
            }
        }
        (states, rows)
    }

    /// Moves every trial to its next state; those that end leave.
    pub(super) fn advance(&mut self, mut next: Vec<u32>, uncertain: &[u32], rows: usize, canonical: &[Canonical<'_>]) {
        let words = self.words;
        let size = rows * words;
        let nets = self.nets.iter_mut().zip(&mut self.moving).zip(canonical);
        for (((trials, moving), canonical), (next, uncertain)) in
            nets.zip(next.chunks_mut(size).zip(uncertain.chunks(size)))
        {
            let mut places = vec![None; trials.len()];
            for (row, &trial) in moving.iter().enumerate() {
                places[trial] = Some(row);
            }
            let mut steps: Vec<Option<(&mut [u32], &[u32])>> =
                next.chunks_exact_mut(words).zip(uncertain.chunks_exact(words)).map(Some).collect();
            let stepping: Vec<_> = trials
                .iter_mut()
                .zip(&places)
                .filter_map(|(trial, place)| place.and_then(|row| steps[row].take()).map(|step| (trial, step)))
                .collect();
            stepping
                .into_par_iter()
                .with_min_len(8)
                .for_each(|(trial, (next, uncertain))| trial.advance(next, uncertain, canonical));
            moving.retain(|&trial| trials[trial].ending.period == 0);
        }
    }

    /// The batches' results, joined net by net.
    pub(super) fn collect(batches: Vec<Self>, nets: usize, neurons: usize) -> Result<Vec<Recall>> {
        let words = words_per_pattern(neurons);
        (0..nets)
            .map(|net| {
                let trials = || batches.iter().flat_map(|batch| &batch.nets[net]);
                let finals = trials().flat_map(|trial| trial.state(words).iter().copied()).collect();
                let endings = trials().map(|trial| trial.ending).collect();
                Ok(Recall { finals: Patterns::from_words(neurons, finals)?, endings })
            })
            .collect()
    }
}
