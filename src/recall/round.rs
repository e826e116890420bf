//! A round: a batch of trials, step after step, until each has ended or taken as many steps as its history has room for.
//!
//! The host looks on now and then. It decides the signs that trials wait for, and lets those leave that have ended.

use std::time::Instant;

use attractor_kernels_cpu::advance::{MOVING, WAITING};

use super::batch::{AT_REST, Batch, Doubts, NOWHERE};
use super::canonical::Canonical;
use super::trajectory::Trajectory;
use crate::error::{Error, Result};

/// Steps between two looks, at most: a trial that waits is computed in vain until the next.
const MOST_UNSEEN: usize = 8;
/// Looks further apart in time than this grow no further apart: an observer wants to be asked.
const LOOK_SECONDS: f64 = 0.25;

/// Decided next states of a net's trials, in the order of their rows.
type Decided = Vec<(usize, Vec<u32>)>;

/// Some trials of every net on their way.
pub(super) struct Round<'r, 'a> {
    batch: &'r mut Batch<'a>,
    nets: &'r mut [Vec<Trajectory>],
    canonical: &'r [Canonical<'r>],
    /// Whether a trial that has taken as many steps as it may has ended for good.
    last: bool,
    words: usize,
    /// Which trial each row of each net holds.
    trials: Vec<Vec<usize>>,
    /// Rows of every net; nets with fewer trials are filled up.
    rows: usize,
}

impl<'r, 'a> Round<'r, 'a> {
    /// Brings the trials, by net, to the device: all have taken as many steps.
    pub(super) fn new(
        batch: &'r mut Batch<'a>,
        nets: &'r mut [Vec<Trajectory>],
        canonical: &'r [Canonical<'r>],
        trials: Vec<Vec<usize>>,
        last: bool,
    ) -> Result<Self> {
        let words = nets.iter().flatten().map(|trial| trial.state.len()).next().unwrap_or(0);
        let mut round = Self { batch, nets, canonical, last, words, trials, rows: 0 };
        round.rows = round.tallest();
        let steps = round.steps_taken();
        let states = round.laid_out(words, &[], |trial| &trial.state);
        let start = [steps as u32, MOVING];
        let course = round.laid_out(2, &AT_REST, |_| &start);
        round.batch.load(&states, &course)?;
        if steps > 0 {
            let history = round.laid_out(round.batch.most * words, &[], |trial| &trial.past);
            round.batch.load_history(&history)?;
        }
        Ok(round)
    }

    /// Steps until nothing moves. Asks after every look, with how many trials still move, whether to go on.
    pub(super) fn run(mut self, go_on: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let mut moving: Vec<usize> = self.trials.iter().map(Vec::len).collect();
        let mut resumed = vec![0; self.nets.len()];
        let (mut times, mut taken) = (1, self.steps_taken());
        while moving.iter().any(|&count| count > 0) {
            let all: usize = moving.iter().sum();
            if !go_on(all) {
                return Err(Error::Interrupted);
            }
            // Trials that never waited have taken all steps; they need no more than they may take.
            times = times.min(self.batch.most.saturating_sub(taken)).max(1);
            let start = Instant::now();
            let counts = self.batch.steps(self.rows, times, &resumed)?;
            taken += times;
            moving.iter_mut().zip(&counts.ended).for_each(|(moving, ended)| *moving -= ended);
            let waiting = counts.waiting.iter().sum::<usize>();
            let active = moving.iter().copied().max().unwrap_or(0);
            let leave = 2 * active <= self.rows;
            let course = if waiting > 0 || leave { self.batch.course(self.rows)? } else { Vec::new() };
            let decided = if waiting > 0 { self.decide(&course, &counts.waiting)? } else { Vec::new() };
            if leave {
                self.leave(&course, active)?;
            }
            resumed = counts.waiting;
            if waiting > 0 {
                self.resume(&decided, &resumed)?;
            }
            // Rows that wait or have ended are computed in vain: where they are few, the host may look away for longer.
            let idle = waiting + counts.ended.iter().sum::<usize>();
            let soon = start.elapsed().as_secs_f64() < LOOK_SECONDS;
            times = if 16 * idle > all {
                times / 2
            } else if soon {
                (2 * times).min(MOST_UNSEEN)
            } else {
                times
            }
            .max(1);
        }
        Ok(())
    }

    fn tallest(&self) -> usize {
        self.trials.iter().map(Vec::len).max().unwrap_or(0)
    }

    fn steps_taken(&self) -> usize {
        let first =
            self.nets.iter().zip(&self.trials).find_map(|(net, trials)| trials.first().map(|&trial| &net[trial]));
        first.map_or(0, |trial| trial.ending.steps)
    }

    /// A part of every trial, `[nets, rows, width]`, zeros where a part is shorter; rows without a trial hold `rest`.
    fn laid_out<'s>(&'s self, width: usize, rest: &'s [u32], part: impl Fn(&'s Trajectory) -> &'s [u32]) -> Vec<u32> {
        let mut words = vec![0; self.nets.len() * self.rows * width];
        for ((rows, net), trials) in words.chunks_mut(self.rows * width).zip(self.nets.iter()).zip(&self.trials) {
            let parts = trials.iter().map(|&trial| part(&net[trial]));
            for (row, part) in rows.chunks_exact_mut(width).zip(parts.chain(std::iter::repeat(rest))) {
                row[..part.len()].copy_from_slice(part);
            }
        }
        words
    }

    /// Decides the signs that trials wait for.
    fn decide(&mut self, course: &[u32], waiting: &[usize]) -> Result<Vec<Decided>> {
        let waits = |row: usize| course[2 * row + 1] == WAITING;
        let chosen: Vec<Vec<usize>> = (0..self.nets.len())
            .map(|net| (0..self.trials[net].len()).filter(|&row| waits(net * self.rows + row)).collect())
            .collect();
        let count = chosen.iter().map(Vec::len).max().unwrap_or(0);
        if chosen.iter().map(Vec::len).ne(waiting.iter().copied()) {
            return Err(self.batch.lost(format!("{count} trials of a network wait, by its count {waiting:?}")));
        }
        let Doubts { states, mut next, uncertain } = self.batch.doubts(&listed(&chosen, count), self.rows)?;
        let size = count * self.words;
        let nets = self.nets.iter_mut().zip(self.canonical).zip(&self.trials).zip(&chosen);
        let doubts = states.chunks(size).zip(next.chunks_mut(size)).zip(uncertain.chunks(size));
        let decided = nets.zip(doubts).map(|((((net, canonical), trials), chosen), ((states, next), uncertain))| {
            // Nets with fewer trials are filled up.
            let used = chosen.len() * self.words;
            canonical.decide(&states[..used], &uncertain[..used], &mut next[..used]);
            let signs = next.chunks_exact(self.words).zip(uncertain.chunks_exact(self.words));
            let decided = chosen.iter().zip(signs).map(|(&row, (next, uncertain))| {
                net[trials[row]].ending.uncertain +=
                    uncertain.iter().map(|mask| mask.count_ones() as usize).sum::<usize>();
                (trials[row], next.to_vec())
            });
            decided.collect()
        });
        Ok(decided.collect())
    }

    /// Hands the decided states over, to be taken with the next step.
    fn resume(&self, decided: &[Decided], resumed: &[usize]) -> Result<()> {
        let count = resumed.iter().copied().max().unwrap_or(0);
        let mut next = vec![0; self.nets.len() * count * self.words];
        let mut index = vec![NOWHERE; self.nets.len() * self.rows];
        let places = next.chunks_mut(count * self.words).zip(index.chunks_mut(self.rows));
        for ((decided, trials), (next, index)) in decided.iter().zip(&self.trials).zip(places) {
            // Both are in the order of their rows.
            let mut rows = trials.iter().enumerate();
            for ((place, (trial, signs)), next) in decided.iter().enumerate().zip(next.chunks_exact_mut(self.words)) {
                next.copy_from_slice(signs);
                if let Some((row, _)) = rows.find(|(_, held)| *held == trial) {
                    index[row] = place as u32;
                }
            }
        }
        self.batch.decided(&next, &index)
    }

    /// Takes down where every trial is, and closes the ranks of those, `active` in the net that has most, that still move.
    fn leave(&mut self, course: &[u32], active: usize) -> Result<()> {
        let (words, most, rows) = (self.words, self.batch.most, self.rows);
        let states = self.batch.states(rows)?;
        let (mut kept, mut survivors) = (Vec::new(), Vec::new());
        let held = states.chunks(rows * words).zip(course.chunks(2 * rows));
        for ((net, trials), (states, course)) in self.nets.iter_mut().zip(&self.trials).zip(held) {
            let (mut moving, mut surviving) = (Vec::new(), Vec::new());
            let rows = trials.iter().zip(states.chunks_exact(words).zip(course.chunks_exact(2))).enumerate();
            for (row, (&trial, (state, course))) in rows {
                let (trial, steps, stands) = (&mut net[trial], course[0] as usize, course[1]);
                trial.state.copy_from_slice(state);
                trial.ending.steps = steps;
                match stands {
                    WAITING => moving.push(row),
                    MOVING if steps < most => moving.push(row),
                    // It has not ended, and may go on in a round with more room.
                    MOVING if !self.last => surviving.push(row),
                    MOVING => {}
                    period => trial.ending.period = period as usize,
                }
            }
            kept.push(moving);
            survivors.push(surviving);
        }
        self.remember(&survivors)?;
        let stands = |net: usize, row: usize| &course[2 * (net * rows + row)..][..2];
        let mut kept_course = vec![0; 2 * self.nets.len() * active];
        for (net, course) in kept_course.chunks_mut((2 * active).max(1)).enumerate() {
            let kept = kept[net].iter().map(|&row| stands(net, row));
            let all = course.chunks_exact_mut(2).zip(kept.chain(std::iter::repeat(&AT_REST[..])));
            all.for_each(|(course, stands)| course.copy_from_slice(stands));
        }
        if active > 0 {
            self.batch.keep(&listed(&kept, active), rows)?;
        }
        for (trials, kept) in self.trials.iter_mut().zip(&kept) {
            *trials = kept.iter().map(|&row| trials[row]).collect();
        }
        self.rows = active;
        if active > 0 {
            self.batch.load(&self.laid_out(words, &[], |trial| &trial.state), &kept_course)?;
        }
        Ok(())
    }

    /// Brings home the states left by trials, given by their rows, that another round must know.
    fn remember(&mut self, survivors: &[Vec<usize>]) -> Result<()> {
        let count = survivors.iter().map(Vec::len).max().unwrap_or(0);
        if count == 0 {
            return Ok(());
        }
        let size = self.batch.most * self.words;
        let histories = self.batch.histories(&listed(survivors, count), self.rows)?;
        let nets = self.nets.iter_mut().zip(&self.trials).zip(survivors).zip(histories.chunks(count * size));
        for (((net, trials), survivors), histories) in nets {
            for (&row, history) in survivors.iter().zip(histories.chunks_exact(size)) {
                net[trials[row]].past = history.to_vec();
            }
        }
        Ok(())
    }
}

/// Rows of every net as an index `[nets, count]`.
fn listed(rows: &[Vec<usize>], count: usize) -> Vec<u32> {
    let net = |rows: &Vec<usize>| {
        let rows = rows.iter().map(|&row| row as u32);
        rows.chain(std::iter::repeat(NOWHERE)).take(count).collect::<Vec<u32>>()
    };
    rows.iter().flat_map(net).collect()
}
