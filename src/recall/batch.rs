//! A batch of trials on a backend: their states, their ways and their counts. Knows arrays and dispatches; what they mean
//! for a trial is [`round`](super::round)'s.

use super::stepper::Stepper;
use super::{FIELD_BYTES, Precision};
use crate::engine::kernel::{ADVANCE, GATHER};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::words_per_pattern;

/// An index of no row.
pub(super) const NOWHERE: u32 = 0x7FFF_FFFF;

/// The course of a row without a trial: ended, so that it never moves.
pub(super) const AT_REST: [u32; 2] = [0, 1];

/// What some steps did, by net.
pub(super) struct Counts {
    /// Trials that began to wait for signs to be decided.
    pub(super) waiting: Vec<usize>,
    /// Trials that ended, or took the last step that they may.
    pub(super) ended: Vec<usize>,
}

/// States, next states and doubted signs of some trials, each packed `[nets, rows, words]`.
pub(super) struct Doubts {
    pub(super) states: Vec<u32>,
    pub(super) next: Vec<u32>,
    pub(super) uncertain: Vec<u32>,
}

/// Arrays of at most so many trials a net, which take at most `most` steps.
pub(super) struct Batch<'a> {
    backend: &'a dyn Backend,
    stepper: Stepper<'a>,
    nets: usize,
    neurons: usize,
    pub(super) most: usize,
    /// The states that each trial has left; the second takes over what is kept of the first.
    history: [Array; 2],
    course: Array,
    counts: Array,
    index: Array,
    found: Array,
    /// States, next states and doubted signs of trials that wait, side by side.
    doubted: [Array; 3],
}

/// Trials a net of which fields, histories and states take no more than [`FIELD_BYTES`]; a whole number of tiles.
pub(super) fn rows_at_once(nets: usize, neurons: usize, most: usize) -> usize {
    let words = neurons + words_per_pattern(neurons).saturating_mul(2 * most + 6);
    (FIELD_BYTES / nets.saturating_mul(words.saturating_mul(4))).max(1).next_multiple_of(64)
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        precision: Precision,
        space: &Workspace<'a>,
        memories: &[&Memory],
        rows: usize,
        most: usize,
    ) -> Result<Self> {
        let (nets, neurons) = (memories.len(), memories[0].keys.neurons());
        let words = words_per_pattern(neurons);
        let packed = |label, states| space.alloc(label, Element::Bits, nets, rows, states * words);
        Ok(Self {
            backend: space.backend(),
            stepper: Stepper::new(precision, space, memories, rows)?,
            nets,
            neurons,
            most,
            history: [packed("states left", most)?, packed("states left by those that move", most)?],
            course: space.alloc("courses", Element::U32, nets, rows, 2)?,
            counts: space.per_net("counts", Element::U32, nets, &vec![0; 3 * nets])?,
            index: space.alloc("rows wanted", Element::U32, nets, rows, 1)?,
            found: space.alloc("rows found", Element::U32, nets, rows, 1)?,
            doubted: [packed("states in doubt", 1)?, packed("next states in doubt", 1)?, packed("signs in doubt", 1)?],
        })
    }

    /// Uploads states and how each stands, `[nets, rows]`; the history stays as it is.
    pub(super) fn load(&self, states: &[u32], course: &[u32]) -> Result<()> {
        self.stepper.load(states)?;
        self.backend.upload(&self.course, course)
    }

    /// Uploads the states that each trial has left, `[nets, rows, most, words]`.
    pub(super) fn load_history(&self, history: &[u32]) -> Result<()> {
        self.backend.upload(&self.history[0], history)
    }

    /// `times` steps of the first `rows` rows; before them, the step of the `resumed` trials that waited in each net.
    pub(super) fn steps(&self, rows: usize, times: usize, resumed: &[usize]) -> Result<Counts> {
        self.backend.upload(&self.counts, &vec![0; 3 * self.nets])?;
        let mut step = self.stepper.recording(rows)?;
        self.advance(&mut step, rows, false)?;
        let mut left = times;
        if resumed.iter().any(|&count| count > 0) {
            let mut first = Recording::new();
            self.gather(
                &mut first,
                [&self.doubted[1], &self.stepper.next],
                [resumed.iter().copied().max().unwrap_or(0), rows],
                1,
            )?;
            self.advance(&mut first, rows, true)?;
            first.extend(&step);
            self.backend.run(&first, 1)?;
            left -= 1;
        }
        if left > 0 {
            self.backend.run(&step, left)?;
        }
        let counts = self.backend.download(&self.counts, 3)?;
        for (counts, resumed) in counts.chunks_exact(3).zip(resumed) {
            // Every step counts every row, so long as its field and its signs were written anew.
            let expected = rows * times + resumed;
            if counts[0] as usize != expected {
                return Err(self.lost(format!("{} of {expected} steps were taken", counts[0])));
            }
        }
        let column = |column: usize| counts.chunks_exact(3).map(|counts| counts[column] as usize).collect();
        Ok(Counts { waiting: column(1), ended: column(2) })
    }

    /// Steps taken, and how each trial stands, `[nets, rows, 2]`.
    pub(super) fn course(&self, rows: usize) -> Result<Vec<u32>> {
        self.backend.download(&self.course, rows)
    }

    /// Where every trial is, `[nets, rows, words]`; the counts say that the kernel ran which wrote it.
    pub(super) fn states(&self, rows: usize) -> Result<Vec<u32>> {
        self.backend.download(&self.stepper.states, rows)
    }

    /// What those that wait wait for: `index`, `[nets, count]`, names their rows among the first `rows`.
    pub(super) fn doubts(&self, index: &[u32], rows: usize) -> Result<Doubts> {
        let count = index.len() / self.nets;
        let sources = [&self.stepper.states, &self.stepper.next, &self.stepper.uncertain];
        let mut recording = Recording::new();
        for (source, target) in sources.into_iter().zip(&self.doubted) {
            self.gather(&mut recording, [source, target], [rows, count], 1)?;
        }
        self.fetch(&recording, index)?;
        let [states, next, uncertain] = self.doubted.each_ref().map(|array| self.backend.download(array, count));
        Ok(Doubts { states: states?, next: next?, uncertain: uncertain? })
    }

    /// Uploads decided next states, `[nets, count, words]`; `index`, `[nets, rows]`, says which is whose. They are taken
    /// with the next [`Self::steps`].
    pub(super) fn decided(&self, next: &[u32], index: &[u32]) -> Result<()> {
        self.backend.upload(&self.doubted[1], next)?;
        self.backend.upload(&self.index, index)
    }

    /// Brings histories from their rows, `index`, `[nets, count]`, among the first `rows`, to the front.
    pub(super) fn keep(&mut self, index: &[u32], rows: usize) -> Result<()> {
        let mut recording = Recording::new();
        let [from, to] = &self.history;
        self.gather(&mut recording, [from, to], [rows, index.len() / self.nets], self.most)?;
        self.fetch(&recording, index)?;
        self.history.swap(0, 1);
        Ok(())
    }

    /// The histories of some rows, `[nets, count, most, words]`.
    pub(super) fn histories(&self, index: &[u32], rows: usize) -> Result<Vec<u32>> {
        let mut recording = Recording::new();
        let [from, to] = &self.history;
        let count = index.len() / self.nets;
        self.gather(&mut recording, [from, to], [rows, count], self.most)?;
        self.fetch(&recording, index)?;
        self.backend.download(to, count)
    }

    /// Runs a recording that gathers, and makes sure that it found every row asked for.
    fn fetch(&self, recording: &Recording, index: &[u32]) -> Result<()> {
        self.backend.upload(&self.index, index)?;
        self.backend.reset(&self.found)?;
        self.backend.run(recording, 1)?;
        let found = self.backend.download(&self.found, index.len() / self.nets)?;
        let (asked, found) = (index.iter().filter(|&&row| row != NOWHERE).count(), found.iter().sum::<u32>());
        if asked == found as usize { Ok(()) } else { Err(self.lost(format!("{found} of {asked} rows were found"))) }
    }

    fn gather(
        &self,
        recording: &mut Recording,
        [source, target]: [&Array; 2],
        [from, to]: [usize; 2],
        states: usize,
    ) -> Result<()> {
        let work = Work { nets: self.nets, trials: to, patterns: from, neurons: self.neurons };
        let arrays = [("index", &self.index), ("source", source), ("gathered", target), ("found", &self.found)];
        recording.dispatch(&GATHER, work, &arrays, &[("states", Scalar::U32(states as u32))])
    }

    fn advance(&self, recording: &mut Recording, rows: usize, resuming: bool) -> Result<()> {
        let work = Work { nets: self.nets, trials: rows, patterns: 0, neurons: self.neurons };
        let arrays = [
            ("next", &self.stepper.next),
            ("uncertain", &self.stepper.uncertain),
            ("changed", &self.stepper.changed),
            ("weight_norm", &self.stepper.weight_norm),
            ("states", &self.stepper.states),
            ("history", &self.history[0]),
            ("course", &self.course),
            ("counts", &self.counts),
        ];
        let scalars = [("most", Scalar::U32(self.most as u32)), ("resuming", Scalar::U32(resuming.into()))];
        recording.dispatch(&ADVANCE, work, &arrays, &scalars)
    }

    /// Work that was asked for and not done.
    pub(super) fn lost(&self, what: String) -> Error {
        Error::Device {
            device: self.backend.device().name.clone(),
            what,
            cure: "the device dropped work without an error; update its driver, or use --backend cpu".into(),
        }
    }
}
