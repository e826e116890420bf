//! Each trial's step from its state to the next. Twin of `shaders/advance.wgsl`.

use rayon::prelude::*;

use crate::{Extent, padded};

/// How a trial stands that has not ended.
pub const MOVING: u32 = 0;
/// How a trial stands whose next state has signs that only the canonical sum can decide.
pub const WAITING: u32 = 0x7FFF_FFFF;
/// What is left in `changed` once it was read.
pub const TAKEN: u32 = 2;
/// What is left in `weight_norm` once it was read.
pub const TAKEN_NORM: f32 = -1.0;

/// Arrays of [`advance`], all `[net, trial]` but `counts`.
pub struct Advance<'a> {
    /// Packed next states.
    pub next: &'a [u32],
    /// Packed: 1 where a sign is not certain.
    pub uncertain: &'a [u32],
    /// 0 or 1 where `threshold` has run since the last time; [`TAKEN`] is left.
    pub changed: &'a mut [u32],
    /// Anything but [`TAKEN_NORM`], which is left, where `field` has run since the last time.
    pub weight_norm: &'a mut [f32],
    /// Packed states.
    pub states: &'a mut [u32],
    /// The packed states that the trial has left, oldest first; room for as many as it may take steps.
    pub history: &'a mut [u32],
    /// Steps taken, and how the trial stands: [`MOVING`], [`WAITING`], or the period with which it ended.
    pub course: &'a mut [u32],
    /// `[net, 3]`, added to: trials found with fresh results (or resumed), trials that began to wait, trials that ended.
    pub counts: &'a mut [u32],
}

/// Moves every trial that is certain of its next state there, and ends it when it has been there before, or when it has
/// taken `most` steps; a trial in doubt waits. A trial without fresh results stays and is counted nowhere, and so a
/// kernel that did not run shows. With `resuming`, the trials that wait take the step, their signs decided by now, and no
/// others do.
pub fn advance(extent: &Extent, most: usize, resuming: bool, arrays: Advance<'_>) {
    let words = extent.words();
    let nets = extent
        .split_trials(arrays.changed, 1)
        .zip(extent.split_trials(arrays.weight_norm, 1))
        .zip(extent.split_trials(arrays.states, words).zip(extent.split_trials(arrays.history, most * words)))
        .zip(extent.split_trials(arrays.course, 2))
        .zip(arrays.counts.chunks_mut(padded(3)))
        .enumerate();
    for (net, ((((changed, weight_norm), (states, history)), course), counts)) in nets {
        let next = extent.trials_of(net, arrays.next, words);
        let uncertain = extent.trials_of(net, arrays.uncertain, words);
        let marks = changed.par_iter_mut().zip(weight_norm);
        let ways = states.par_chunks_exact_mut(words).zip(history.par_chunks_exact_mut(most * words));
        let steps = next.par_chunks_exact(words).zip(uncertain.par_chunks_exact(words));
        let tally = marks
            .zip(ways)
            .zip(course.par_chunks_exact_mut(2))
            .zip(steps)
            .with_min_len(64)
            .map(|((((changed, norm), (state, history)), course), (next, uncertain))| {
                let mut trial = Trial { most, state, history, course };
                if resuming {
                    return if trial.course[1] == WAITING { trial.take(next, [1, 0, 0]) } else { [0; 3] };
                }
                // By its bits, as on a device that may assume that there are no NaNs.
                if *changed > 1 || norm.to_bits() == TAKEN_NORM.to_bits() {
                    return [0; 3];
                }
                (*changed, *norm) = (TAKEN, TAKEN_NORM);
                trial.step(next, uncertain)
            })
            .reduce(|| [0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
        counts.iter_mut().zip(tally).for_each(|(count, tally)| *count = count.wrapping_add(tally));
    }
}

/// One trial's rows.
struct Trial<'a> {
    most: usize,
    state: &'a mut [u32],
    history: &'a mut [u32],
    course: &'a mut [u32],
}

impl Trial<'_> {
    fn step(&mut self, next: &[u32], uncertain: &[u32]) -> [u32; 3] {
        if self.course[1] != MOVING || self.course[0] as usize >= self.most {
            return [1, 0, 0];
        }
        if uncertain.iter().any(|&mask| mask != 0) {
            self.course[1] = WAITING;
            return [1, 1, 0];
        }
        self.take(next, [1, 0, 0])
    }

    /// Goes to the next state, and adds to the counts if that ends the trial.
    fn take(&mut self, next: &[u32], [fresh, waits, ended]: [u32; 3]) -> [u32; 3] {
        let (words, steps) = (next.len(), self.course[0] as usize);
        if steps >= self.most {
            return [0; 3];
        }
        self.history[steps * words..][..words].copy_from_slice(self.state);
        let past = self.history[..(steps + 1) * words].chunks_exact(words);
        let period = past.rev().position(|earlier| earlier == next).map_or(0, |ago| ago as u32 + 1);
        self.state.copy_from_slice(next);
        self.course.copy_from_slice(&[steps as u32 + 1, period]);
        [fresh, waits, ended + u32::from(period > 0 || steps + 1 == self.most)]
    }
}
