//! Recall: synchronous steps from many cues at once, until fixed, cycling or out of time.
//!
//! Each step is `field` or `field_half`, and `threshold`, on the backend; `nearest` before them when the profile exceeds f32
//! or halves fall with distance. Signs that the
//! backend's arithmetic cannot certify are taken again by the canonical f64 sum, so that trajectories are the
//! same on every backend, to the last bit. Finished trials leave the batch.

mod canonical;
mod half;
mod precision;
mod trajectory;

pub use precision::Precision;
pub use trajectory::Ending;

use crate::engine::kernel::{FIELD, FIELD_HALF, NEAREST, THRESHOLD};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::Patterns;
use canonical::Canonical;
use half::Half;
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
            trajectories.advance(next, &uncertain, rows, &stepper.canonical);
        }
        finished.push(trajectories);
    }
    observer(1.0);
    Trajectories::collect(finished, memories.len(), neurons)
}

/// A memory's arrays on a backend, those of a batch of states beside them, and the step from one state to the next.
struct Stepper<'a> {
    backend: &'a dyn Backend,
    canonical: Vec<Canonical<'a>>,
    work: Work,
    /// Whether each trial's weights are taken relative to its nearest key's.
    relative: bool,
    /// In half precision, where the sums of squared weights start.
    floor: Option<f32>,
    keys: Array,
    table: Array,
    exponents: Array,
    dual: Array,
    inverse_bound: Array,
    states: Array,
    reference: Array,
    nearest: Array,
    field: Array,
    weight_norm: Array,
    next: Array,
    uncertain: Array,
    changed: Array,
}

impl<'a> Stepper<'a> {
    /// For at most `batch` states a net.
    fn new(precision: Precision, space: &Workspace<'a>, memories: &[&'a Memory], batch: usize) -> Result<Self> {
        let nets = memories.len();
        let (neurons, patterns) = (memories[0].keys.neurons(), memories[0].keys.len());
        let words = memories[0].keys.stride();
        let canonical: Vec<Canonical<'_>> = memories.iter().map(|memory| Canonical::new(memory)).collect();
        let joined =
            |part: &dyn Fn(&Memory) -> Vec<u32>| memories.iter().flat_map(|&memory| part(memory)).collect::<Vec<_>>();
        let keys = joined(&|memory| memory.keys.words().to_vec());
        let (table, exponents, dual, bounds): (Vec<u32>, Vec<u32>, _, Vec<f32>);
        let (relative, floor, references) = match precision {
            Precision::F32 => {
                table = joined(&|memory| bytemuck::cast_slice(&memory.table.values).to_vec());
                exponents = joined(&|memory| bytemuck::cast_slice(&memory.table.exponents).to_vec());
                let words = joined(&|memory| bytemuck::cast_slice(&memory.dual).to_vec());
                dual = space.rows("dual", Element::F32, nets, neurons, &words)?;
                bounds = canonical.iter().flat_map(Canonical::inverse_bounds).collect();
                // Zero, the distance of a key to itself, unless `nearest` writes it.
                (memories.iter().any(|memory| memory.table.is_wide()), None, vec![0; nets])
            }
            Precision::F16 => {
                let halves: Vec<Half> = memories.iter().map(|memory| Half::new(memory)).collect();
                table = halves.iter().flat_map(|half| bytemuck::cast_slice(&half.table).to_vec()).collect();
                exponents = halves.iter().flat_map(|half| bytemuck::cast_slice(&half.exponents).to_vec()).collect();
                let words: Vec<u32> = halves.iter().flat_map(|half| half.dual.iter().copied()).collect();
                dual = space.rows("dual halves", Element::Halves, nets, neurons.div_ceil(2), &words)?;
                bounds = halves.iter().flat_map(|half| half.inverse_bounds.iter().copied()).collect();
                let relative = memories.iter().all(|memory| half::falls(&memory.table));
                let heaviest = memories.iter().map(|memory| half::heaviest(&memory.table) as u32).collect();
                (relative, Some(half::floor(patterns)), heaviest)
            }
        };
        let references: Vec<u32> = references.into_iter().flat_map(|distance| vec![distance; batch]).collect();
        Ok(Self {
            backend: space.backend(),
            relative,
            floor,
            work: Work { nets, trials: 0, patterns, neurons },
            keys: space.rows("keys", Element::Bits, nets, words, &keys)?,
            table: space.per_net("table", Element::F32, nets, &table)?,
            exponents: space.per_net("table exponents", Element::I32, nets, &exponents)?,
            dual,
            inverse_bound: space.per_net("inverse bounds", Element::F32, nets, bytemuck::cast_slice(&bounds))?,
            states: space.alloc("states", Element::Bits, nets, batch, words)?,
            reference: space.rows("reference distances", Element::U32, nets, 1, &references)?,
            nearest: space.alloc("nearest patterns", Element::U32, nets, batch, 1)?,
            field: space.alloc("fields", Element::F32, nets, batch, neurons)?,
            weight_norm: space.alloc("weight norms", Element::F32, nets, batch, 1)?,
            next: space.alloc("next states", Element::Bits, nets, batch, words)?,
            uncertain: space.alloc("uncertain signs", Element::Bits, nets, batch, words)?,
            changed: space.alloc("changed", Element::U32, nets, batch, 1)?,
            canonical,
        })
    }

    /// One synchronous step of `rows` states a net: (next states, uncertain signs), both packed.
    fn step(&self, states: &[u32], rows: usize) -> Result<(Vec<u32>, Vec<u32>)> {
        let work = Work { trials: rows, ..self.work };
        self.backend.upload(&self.states, states)?;
        // Should a kernel not run, what it did not write shows: a NaN norm makes every sign uncertain. So the fields, by far
        // the largest, need no fresh fill.
        for array in [&self.weight_norm, &self.next, &self.uncertain, &self.changed] {
            self.backend.reset(array)?;
        }
        let mut recording = Recording::new();
        if self.relative {
            let arrays = [
                ("states", &self.states),
                ("keys", &self.keys),
                ("distance", &self.reference),
                ("index", &self.nearest),
            ];
            recording.dispatch(&NEAREST, work, &arrays, &[])?;
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
        match self.floor {
            None => recording.dispatch(&FIELD, work, &arrays, &[("with_norm", Scalar::U32(1))])?,
            Some(floor) => recording.dispatch(&FIELD_HALF, work, &arrays, &[("floor", Scalar::F32(floor))])?,
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
        self.backend.run(&recording, 1)?;
        // Read for its sentinel: a packed state may hold any bits, so only this shows that the kernel ran.
        self.backend.download(&self.changed, rows)?;
        Ok((self.backend.download(&self.next, rows)?, self.backend.download(&self.uncertain, rows)?))
    }
}
