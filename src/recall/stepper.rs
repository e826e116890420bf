//! The step from one state to the next, on a backend: `field` or one of its kin for halves, and `threshold`;
//! `heaviest` before them where weights are taken relative to the heaviest key's. Knows no trajectory.

use std::borrow::Cow;

use super::Precision;
use super::canonical::Canonical;
use super::half::{self, Halves, Rounding};
use crate::engine::kernel::{FIELD, HEAVIEST, THRESHOLD};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::Result;
use crate::memory::Memory;

/// A memory's arrays on a backend, those of a batch of states beside them, and the step from one state to the next.
pub(crate) struct Stepper<'a> {
    backend: &'a dyn Backend,
    work: Work,
    /// Whether each trial's weights are taken relative to its heaviest key's.
    relative: bool,
    /// In halves, how they are rounded, and where the sums of squared weights start.
    halved: Option<(&'static Rounding, f32)>,
    keys: Array,
    table: Array,
    exponents: Array,
    dual: Array,
    inverse_bound: Array,
    pub(super) states: Array,
    reference: Array,
    field: Array,
    pub(super) weight_norm: Array,
    pub(super) next: Array,
    pub(super) uncertain: Array,
    pub(super) changed: Array,
}

impl<'a> Stepper<'a> {
    /// For at most `batch` states a net.
    ///
    /// # Errors
    /// If the arrays cannot be had.
    pub(crate) fn new(precision: Precision, space: &Workspace<'a>, memories: &[&Memory], batch: usize) -> Result<Self> {
        let nets = memories.len();
        let (neurons, patterns) = (memories[0].keys.neurons(), memories[0].keys.len());
        let words = memories[0].keys.stride();
        let keys = joined(memories, |memory| memory.keys.words());
        let (table, exponents, dual, bounds): (Vec<u32>, Vec<u32>, _, Vec<f32>);
        let (relative, halved) = match half::rounding(precision) {
            None => {
                table = joined(memories, |memory| bytemuck::cast_slice(&memory.table.values)).into_owned();
                exponents = joined(memories, |memory| bytemuck::cast_slice(&memory.table.exponents)).into_owned();
                let words = joined(memories, |memory| bytemuck::cast_slice(&memory.dual));
                dual = space.rows("dual", Element::F32, nets, neurons, &words)?;
                bounds = memories.iter().flat_map(|memory| Canonical::new(memory).inverse_bounds()).collect();
                (memories.iter().any(|memory| memory.table.is_wide()), None)
            }
            Some(rounding) => {
                let halves: Vec<Halves> = memories.iter().map(|memory| rounding.of(memory)).collect();
                table = halves.iter().flat_map(|half| bytemuck::cast_slice(&half.table).to_vec()).collect();
                exponents = halves.iter().flat_map(|half| bytemuck::cast_slice(&half.exponents).to_vec()).collect();
                let words: Vec<u32> = halves.iter().flat_map(|half| half.dual.iter().copied()).collect();
                let (element, width) = rounding.dual;
                let width = width.of(Work { nets, trials: batch, patterns, neurons }, &[]);
                dual = space.rows("dual halves", element, nets, width, &words)?;
                bounds = halves.iter().flat_map(|half| half.inverse_bounds.iter().copied()).collect();
                (true, Some((rounding, rounding.floor(patterns))))
            }
        };
        Ok(Self {
            backend: space.backend(),
            relative,
            halved,
            work: Work { nets, trials: 0, patterns, neurons },
            keys: space.rows("keys", Element::Bits, nets, words, &keys)?,
            table: space.per_net("table", Element::F32, nets, &table)?,
            exponents: space.per_net("table exponents", Element::I32, nets, &exponents)?,
            dual,
            inverse_bound: space.per_net("inverse bounds", Element::F32, nets, bytemuck::cast_slice(&bounds))?,
            states: space.alloc("states", Element::Bits, nets, batch, words)?,
            // Zero unless `heaviest` writes it: of a table without exponents, no weight depends on it.
            reference: space.rows("reference distances", Element::U32, nets, 1, &vec![0; nets * batch])?,
            field: space.alloc("fields", Element::F32, nets, batch, neurons)?,
            weight_norm: space.alloc("weight norms", Element::F32, nets, batch, 1)?,
            next: space.alloc("next states", Element::Bits, nets, batch, words)?,
            uncertain: space.alloc("uncertain signs", Element::Bits, nets, batch, words)?,
            changed: space.alloc("changed", Element::U32, nets, batch, 1)?,
        })
    }

    /// Uploads states, packed `[nets, rows, words]`, as those the next step starts from.
    ///
    /// # Errors
    /// If the backend fails.
    pub(crate) fn load(&self, states: &[u32]) -> Result<()> {
        self.backend.upload(&self.states, states)
    }

    /// One synchronous step of `rows` loaded states a net.
    ///
    /// # Errors
    /// If there are more rows than the batch has.
    pub(crate) fn recording(&self, rows: usize) -> Result<Recording> {
        let work = Work { trials: rows, ..self.work };
        let mut recording = Recording::new();
        if self.relative {
            let arrays = [
                ("states", &self.states),
                ("keys", &self.keys),
                ("exponents", &self.exponents),
                ("reference", &self.reference),
            ];
            recording.dispatch(&HEAVIEST, work, &arrays, &[])?;
        }
        let arrays = [
            ("states", &self.states),
            ("keys", &self.keys),
            ("table", &self.table),
            ("exponents", &self.exponents),
            ("reference", &self.reference),
            ("dual", &self.dual),
            ("field", &self.field),
            ("weight_norm", &self.weight_norm),
        ];
        match self.halved {
            None => recording.dispatch(&FIELD, work, &arrays, &[("with_norm", Scalar::U32(1))])?,
            Some((rounding, floor)) => {
                recording.dispatch(rounding.kernel, work, &arrays, &[("floor", Scalar::F32(floor))])?;
            }
        }
        let arrays = [
            ("states", &self.states),
            ("field", &self.field),
            ("weight_norm", &self.weight_norm),
            ("inverse_bound", &self.inverse_bound),
            ("next", &self.next),
            ("uncertain", &self.uncertain),
            ("changed", &self.changed),
        ];
        recording.dispatch(&THRESHOLD, work, &arrays, &[])?;
        Ok(recording)
    }

    /// Fills what a step writes with what no kernel writes. Should a kernel not run, that shows: a NaN norm makes every sign
    /// uncertain. So the fields, by far the largest, need no fresh fill.
    ///
    /// # Errors
    /// If the backend fails.
    pub(crate) fn reset(&self) -> Result<()> {
        let written = [&self.weight_norm, &self.next, &self.uncertain, &self.changed];
        written.into_iter().try_for_each(|array| self.backend.reset(array))
    }

    /// What the step wrote: (next states, uncertain signs), both packed.
    ///
    /// # Errors
    /// If a kernel did not run, or the backend fails.
    pub(crate) fn stepped(&self, rows: usize) -> Result<(Vec<u32>, Vec<u32>)> {
        // Read for its sentinel: a packed state may hold any bits, so only this shows that the kernel ran.
        self.backend.download(&self.changed, rows)?;
        Ok((self.backend.download(&self.next, rows)?, self.backend.download(&self.uncertain, rows)?))
    }
}

/// A part of every memory, one after another; a single memory's is not copied.
fn joined<'m>(memories: &[&'m Memory], part: impl Fn(&'m Memory) -> &'m [u32]) -> Cow<'m, [u32]> {
    match memories {
        [memory] => Cow::Borrowed(part(memory)),
        _ => Cow::Owned(memories.iter().flat_map(|memory| part(memory)).copied().collect()),
    }
}
