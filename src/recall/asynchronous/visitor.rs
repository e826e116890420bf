//! Asynchronous steps on a backend: the kernels `visit` and `visit_coupled`, and the host's word where a sign is in
//! doubt.

use attractor_kernels_cpu::visit::{COURSE, DOUBTED, DOWN, OPEN, UP};
use rayon::prelude::*;

use super::super::canonical::Canonical;
use super::super::dynamics::{Asynchronous, Order};
use super::super::winners::margins;
use super::doubt::Doubt;
use crate::engine::kernel::{VISIT, VISIT_COUPLED};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Memory, Readout};
use crate::pattern::words_per_pattern;

/// What a step made of a trial.
pub(super) struct Stepped {
    pub(super) state: Vec<u32>,
    pub(super) pending: Vec<u32>,
    pub(super) flips: usize,
    pub(super) sums: usize,
    /// Signs that only the host could decide.
    pub(super) doubts: usize,
}

/// Memories and at most so many trials a net on a backend.
pub(super) struct Visitor<'a> {
    backend: &'a dyn Backend,
    how: Asynchronous,
    memories: &'a [&'a Memory],
    work: Work,
    keyed: Option<Keyed>,
    columns: Array,
    inverse_bound: Array,
    states: Array,
    order: Array,
    course: Array,
}

/// What memories that are duals have beside their columns.
struct Keyed {
    keys: Array,
    table: Array,
    distances: Array,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(
        how: Asynchronous,
        space: &Workspace<'a>,
        memories: &'a [&'a Memory],
        rows: usize,
    ) -> Result<Self> {
        let (nets, neurons) = (memories.len(), memories[0].keys.neurons());
        let words = words_per_pattern(neurons);
        let patterns = memories[0].keys.len();
        let keyed = match &memories[0].readout {
            Readout::Couplings(_) => None,
            Readout::Dual { .. } => {
                let keys: Vec<u32> = memories.iter().flat_map(|memory| memory.keys.words()).copied().collect();
                let table: Vec<u32> = memories.iter().flat_map(|memory| pairs(memory)).collect();
                Some(Keyed {
                    keys: space.rows("keys", Element::Bits, nets, words, &keys)?,
                    table: space.per_net("table", Element::U32, nets, &table)?,
                    distances: space.alloc("distances", Element::U32, nets, rows, patterns)?,
                })
            }
        };
        let columns: Vec<u32> =
            memories.iter().flat_map(|memory| transposed(memory.readout.matrix(), neurons)).collect();
        let bounds: Vec<f32> = memories.iter().flat_map(|memory| bounds(memory)).collect();
        Ok(Self {
            backend: space.backend(),
            how,
            memories,
            work: Work { nets, trials: 0, patterns: keyed.as_ref().map_or(0, |_| patterns), neurons },
            keyed,
            columns: space.rows("columns", Element::F32, nets, columns.len() / nets / neurons, &columns)?,
            inverse_bound: space.per_net("inverse bounds", Element::F32, nets, bytemuck::cast_slice(&bounds))?,
            states: space.alloc("states", Element::Bits, nets, rows, 2 * words)?,
            order: space.alloc("orders", Element::U32, nets, rows, neurons)?,
            course: space.alloc("courses", Element::U32, nets, rows, COURSE)?,
        })
    }

    pub(super) fn neurons(&self) -> usize {
        self.work.neurons
    }

    /// A step of trials by net, from `states` \[trials, state and pending\], in their `orders` \[trials, N\]. Asks
    /// before every look whether to go on.
    pub(super) fn step(
        &self,
        orders: &[Vec<u32>],
        states: &[Vec<u32>],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Vec<Stepped>>> {
        let neurons = self.work.neurons;
        let width = 2 * words_per_pattern(neurons);
        let rows = orders.iter().map(|order| order.len() / neurons).max().unwrap_or(0);
        self.backend.upload(&self.order, &laid_out(orders, rows * neurons))?;
        self.backend.upload(&self.states, &laid_out(states, rows * width))?;
        // Rows without a trial have nothing left to visit.
        let begun = [0, OPEN, 0, 0].repeat(rows);
        let rest = [neurons as u32, OPEN, 0, 0];
        let mut course: Vec<u32> = orders
            .iter()
            .flat_map(|order| {
                let trials = order.len() / neurons;
                begun[..COURSE * trials].iter().copied().chain(rest.repeat(rows - trials))
            })
            .collect();
        let mut doubts = vec![0; course.len() / COURSE];
        let mut recording = Recording::new();
        self.record(&mut recording, rows)?;
        loop {
            if !go_on() {
                return Err(Error::Interrupted);
            }
            self.backend.upload(&self.course, &course)?;
            self.backend.run(&recording, 1)?;
            course = self.backend.download(&self.course, rows)?;
            let stands = |row: &[u32]| (row[0] as usize, row[1]);
            let lost = course.chunks_exact(COURSE).filter(|row| stands(row).0 != neurons && row[1] != DOUBTED).count();
            if lost > 0 {
                return Err(self.lost(lost));
            }
            let states = self.backend.download(&self.states, rows)?;
            let waiting: Vec<usize> = (0..doubts.len()).filter(|&row| course[COURSE * row + 1] == DOUBTED).collect();
            if waiting.is_empty() {
                return Ok(self.collected(orders, &course, &states, &doubts));
            }
            let verdict = |&row: &usize| {
                let (net, trial) = (row / rows, row % rows);
                let neuron = orders[net][trial * neurons + course[COURSE * row] as usize] as usize;
                let doubt = Doubt { memory: self.memories[net], excluding: self.how.by_energy };
                doubt.sign(&states[width * row..][..width / 2], neuron)
            };
            let verdicts: Vec<bool> = waiting.par_iter().map(verdict).collect();
            for (&row, up) in waiting.iter().zip(verdicts) {
                course[COURSE * row + 1] = if up { UP } else { DOWN };
                doubts[row] += 1;
            }
        }
    }

    fn record(&self, recording: &mut Recording, rows: usize) -> Result<()> {
        let work = Work { trials: rows, ..self.work };
        let lazy = ("lazy", Scalar::U32((self.how.order == Order::EventDriven).into()));
        let states = ("states", Scalar::U32(2));
        let shared = [
            ("states", &self.states),
            ("order", &self.order),
            ("columns", &self.columns),
            ("inverse_bound", &self.inverse_bound),
            ("course", &self.course),
        ];
        match &self.keyed {
            None => recording.dispatch(&VISIT_COUPLED, work, &shared, &[states, lazy]),
            Some(Keyed { keys, table, distances }) => {
                let own = [("keys", keys), ("table", table), ("distances", distances)];
                let excluding = ("excluding", Scalar::U32(self.how.by_energy.into()));
                recording.dispatch(&VISIT, work, &[&shared[..], &own].concat(), &[states, excluding, lazy])
            }
        }
    }

    fn collected(&self, orders: &[Vec<u32>], course: &[u32], states: &[u32], doubts: &[usize]) -> Vec<Vec<Stepped>> {
        let words = words_per_pattern(self.work.neurons);
        let rows = doubts.len() / orders.len().max(1);
        let stepped = |row: usize| {
            let (state, pending) = states[2 * words * row..][..2 * words].split_at(words);
            let [flips, sums] = [2, 3].map(|at| course[COURSE * row + at] as usize);
            Stepped { state: state.to_vec(), pending: pending.to_vec(), flips, sums, doubts: doubts[row] }
        };
        let net = |(net, order): (usize, &Vec<u32>)| {
            (0..order.len() / self.work.neurons).map(|trial| stepped(net * rows + trial)).collect()
        };
        orders.iter().enumerate().map(net).collect()
    }

    fn lost(&self, trials: usize) -> Error {
        Error::Device {
            device: self.backend.device().name.clone(),
            what: format!("{trials} trials were not taken to the end of a step"),
            cure: "the device dropped work without an error; update its driver, or use --backend cpu".into(),
        }
    }
}

/// 1 / (gamma |column_i|_2) of each neuron, or -1 where a sum of its couplings is exact in any order.
fn bounds(memory: &Memory) -> Vec<f32> {
    let mut bounds = Canonical::new(memory).inverse_bounds();
    if let Readout::Couplings(_) = memory.readout {
        let margins = margins(memory, memory.keys.neurons());
        bounds.iter_mut().zip(margins).filter(|(_, margin)| *margin == 0.0).for_each(|(bound, _)| *bound = -1.0);
    }
    bounds
}

/// Every net's words, filled up with zeros.
fn laid_out(nets: &[Vec<u32>], size: usize) -> Vec<u32> {
    nets.iter().flat_map(|net| net.iter().copied().chain(std::iter::repeat(0)).take(size)).collect()
}

/// A table's values and exponents side by side.
fn pairs(memory: &Memory) -> Vec<u32> {
    let table = memory.readout.dual().map(|(_, table)| table);
    let pairs = table.into_iter().flat_map(|table| table.values.iter().zip(&table.exponents));
    pairs.flat_map(|(value, &exponent)| [value.to_bits(), exponent as u32]).collect()
}

/// The bits of a matrix \[rows, neurons\] by neuron.
fn transposed(matrix: &[f32], neurons: usize) -> Vec<u32> {
    let column = |neuron: usize| matrix.iter().skip(neuron).step_by(neurons).map(|value| value.to_bits());
    (0..neurons).flat_map(column).collect()
}
