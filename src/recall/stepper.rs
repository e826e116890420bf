//! The step from one state to the next, on a backend: `field` or one of its kin for halves, or `couple`, and
//! `threshold` or `winners`; `heaviest` before them where weights are taken relative to the heaviest key's. Knows no
//! trajectory.

use std::borrow::Cow;

use super::Precision;
use super::canonical::Canonical;
use super::half::{self, Halves, Rounding};
use crate::code::Code;
use crate::engine::kernel::{COUPLE, FIELD, HEAVIEST, THRESHOLD, WINNERS};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::Result;
use crate::memory::{Memory, Table};

/// A memory's arrays on a backend, those of a batch of states beside them, and the step from one state to the next.
pub(crate) struct Stepper<'a> {
    backend: &'a dyn Backend,
    work: Work,
    source: Source,
    code: Code,
    /// Inverse bounds of the fields whose signs count; of others how far they may be off.
    bounds: Array,
    pub(super) states: Array,
    field: Array,
    pub(super) weight_norm: Array,
    pub(super) next: Array,
    pub(super) uncertain: Array,
    pub(super) changed: Array,
}

/// What fields are made of.
enum Source {
    Duals(Box<Duals>),
    Couplings { couplings: Array, bias: Array },
}

/// The arrays of memories that are duals.
struct Duals {
    /// Whether each trial's weights are taken relative to its heaviest key's.
    relative: bool,
    /// In halves, how they are rounded, and where the sums of squared weights start.
    halved: Option<(&'static Rounding, f32)>,
    keys: Array,
    table: Array,
    exponents: Array,
    dual: Array,
    reference: Array,
}

impl Duals {
    /// For at most `batch` states a net; and the inverse bounds.
    fn new(
        precision: Precision,
        space: &Workspace<'_>,
        memories: &[&Memory],
        duals: &[(&[f32], &Table)],
        batch: usize,
    ) -> Result<(Self, Vec<f32>)> {
        let nets = memories.len();
        let (neurons, patterns) = (memories[0].keys.neurons(), memories[0].keys.len());
        let words = memories[0].keys.stride();
        let keys = joined(memories, |memory| memory.keys.words());
        let (table, exponents, dual, bounds): (Vec<u32>, Vec<u32>, _, Vec<f32>);
        let (relative, halved) = match half::rounding(precision) {
            None => {
                table = joined(duals, |(_, table)| bytemuck::cast_slice(&table.values)).into_owned();
                exponents = joined(duals, |(_, table)| bytemuck::cast_slice(&table.exponents)).into_owned();
                let words = joined(duals, |(dual, _)| bytemuck::cast_slice(dual));
                dual = space.rows("dual", Element::F32, nets, neurons, &words)?;
                bounds = memories.iter().flat_map(|memory| Canonical::new(memory).inverse_bounds()).collect();
                (duals.iter().any(|(_, table)| table.is_wide()), None)
            }
            Some(rounding) => {
                let halves: Vec<Halves> = duals.iter().map(|(dual, table)| rounding.of(neurons, dual, table)).collect();
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
        let duals = Self {
            relative,
            halved,
            keys: space.rows("keys", Element::Bits, nets, words, &keys)?,
            table: space.per_net("table", Element::F32, nets, &table)?,
            exponents: space.per_net("table exponents", Element::I32, nets, &exponents)?,
            dual,
            // Zero unless `heaviest` writes it: of a table without exponents, no weight depends on it.
            reference: space.rows("reference distances", Element::U32, nets, 1, &vec![0; nets * batch])?,
        };
        Ok((duals, bounds))
    }
}

impl<'a> Stepper<'a> {
    /// For at most `batch` states a net. The memories' readouts are of one kind.
    ///
    /// # Errors
    /// If the arrays cannot be had.
    pub(crate) fn new(precision: Precision, space: &Workspace<'a>, memories: &[&Memory], batch: usize) -> Result<Self> {
        let (nets, neurons) = (memories.len(), memories[0].keys.neurons());
        let words = memories[0].keys.stride();
        let duals: Option<Vec<_>> = memories.iter().map(|memory| memory.readout.dual()).collect();
        let (source, patterns, bounds) = match duals {
            Some(duals) => {
                let (duals, bounds) = Duals::new(precision, space, memories, &duals, batch)?;
                (Source::Duals(Box::new(duals)), memories[0].keys.len(), bounds)
            }
            None => {
                let words = joined(memories, |memory| bytemuck::cast_slice(memory.readout.matrix()));
                let couplings = space.rows("couplings", Element::F32, nets, neurons, &words)?;
                let none = vec![0.0; neurons];
                let biases: Vec<f32> =
                    memories.iter().flat_map(|memory| memory.readout.bias().unwrap_or(&none)).copied().collect();
                let bias = space.per_net("biases", Element::F32, nets, bytemuck::cast_slice(&biases))?;
                let bounds = memories.iter().flat_map(|memory| {
                    let canonical = Canonical::new(memory);
                    if memory.code.is_sparse() { canonical.margins() } else { canonical.inverse_bounds() }
                });
                (Source::Couplings { couplings, bias }, neurons, bounds.collect())
            }
        };
        Ok(Self {
            backend: space.backend(),
            work: Work { nets, trials: 0, patterns, neurons },
            source,
            code: memories[0].code,
            bounds: space.per_net("bounds", Element::F32, nets, bytemuck::cast_slice(&bounds))?,
            states: space.alloc("states", Element::Bits, nets, batch, words)?,
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
        match &self.source {
            Source::Duals(duals) => self.record_duals(&mut recording, work, duals)?,
            Source::Couplings { couplings, bias } => {
                let arrays = [
                    ("states", &self.states),
                    ("couplings", couplings),
                    ("bias", bias),
                    ("field", &self.field),
                    ("weight_norm", &self.weight_norm),
                ];
                recording.dispatch(&COUPLE, work, &arrays, &[("zero", Scalar::F32(self.code.zero()))])?;
            }
        }
        let groups = self.code.groups(work.neurons);
        let arrays = [
            ("states", &self.states),
            ("field", &self.field),
            ("weight_norm", &self.weight_norm),
            (if groups.is_some() { "margin" } else { "inverse_bound" }, &self.bounds),
            ("next", &self.next),
            ("uncertain", &self.uncertain),
            ("changed", &self.changed),
        ];
        match groups {
            None => recording.dispatch(&THRESHOLD, work, &arrays, &[])?,
            Some(groups) => {
                let [size, winners] = [groups.size, groups.winners].map(|count| Scalar::U32(count as u32));
                recording.dispatch(&WINNERS, work, &arrays, &[("size", size), ("winners", winners)])?;
            }
        }
        Ok(recording)
    }

    fn record_duals(&self, recording: &mut Recording, work: Work, duals: &Duals) -> Result<()> {
        if duals.relative {
            let arrays = [
                ("states", &self.states),
                ("keys", &duals.keys),
                ("exponents", &duals.exponents),
                ("reference", &duals.reference),
            ];
            recording.dispatch(&HEAVIEST, work, &arrays, &[])?;
        }
        let arrays = [
            ("states", &self.states),
            ("keys", &duals.keys),
            ("table", &duals.table),
            ("exponents", &duals.exponents),
            ("reference", &duals.reference),
            ("dual", &duals.dual),
            ("field", &self.field),
            ("weight_norm", &self.weight_norm),
        ];
        match duals.halved {
            None => recording.dispatch(&FIELD, work, &arrays, &[("with_norm", Scalar::U32(1))]),
            Some((rounding, floor)) => {
                recording.dispatch(rounding.kernel, work, &arrays, &[("floor", Scalar::F32(floor))])
            }
        }
    }

    /// Fills what a step writes with what no kernel writes. Should a kernel not run, that shows: a NaN norm makes every
    /// sign uncertain. So the fields, by far the largest, need no fresh fill.
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
fn joined<'m, M: Copy>(memories: &[M], part: impl Fn(M) -> &'m [u32]) -> Cow<'m, [u32]> {
    match memories {
        [memory] => Cow::Borrowed(part(*memory)),
        _ => Cow::Owned(memories.iter().flat_map(|memory| part(*memory)).copied().collect()),
    }
}
