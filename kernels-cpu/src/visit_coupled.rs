//! Neurons of coupled memories visited one by one. Twin of `shaders/visit.wgsl` with `COUPLED`.

use rayon::prelude::*;

use crate::visit::{COURSE, Memory, Terms, Trial, run};
use crate::{Arithmetic, Extent};

/// The arrays of a call. Leading shapes are per net; every net's rows are padded.
pub struct VisitCoupled<'a> {
    /// Packed states \[trial\], each followed by the neurons whose field may have changed since they were visited.
    pub states: &'a mut [u32],
    /// Neurons in the order of their visits \[trial, N\].
    pub order: &'a [u32],
    /// Couplings by the neuron that they act on \[neuron, input\].
    pub columns: &'a [f32],
    /// 1 / (gamma |column_i|_2) \[N\]; below 0 where every sum is exact.
    pub inverse_bound: &'a [f32],
    /// Where each trial stands \[trial, [`COURSE`]\].
    pub course: &'a mut [u32],
}

/// As [`visit`](crate::visit::visit), of fields that are sums over j of state_j * columns\[i, j\]. Products with -1 and
/// +1 are exact, so that both arithmetics give the same bits.
pub fn visit_coupled(extent: &Extent, lazy: bool, arrays: VisitCoupled<'_>) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let VisitCoupled { states, order, columns, inverse_bound, course } = arrays;
    let trials = extent.split_trials(states, 2 * words).zip(extent.split_trials(course, COURSE));
    for (net, (states, course)) in trials.enumerate() {
        let order = extent.trials_of(net, order, neurons);
        let memory = Memory {
            columns: &columns[net * extent.neuron_stride() * neurons..][..neurons * neurons],
            inverse_bound: &inverse_bound[net * extent.neuron_stride()..][..neurons],
            arithmetic: Arithmetic::Fused,
            lazy,
        };
        let trials = states
            .par_chunks_exact_mut(2 * words)
            .zip(course.par_chunks_exact_mut(COURSE))
            .zip(order.par_chunks_exact(neurons));
        trials.for_each(|((state, course), order)| {
            let (state, pending) = state.split_at_mut(words);
            let terms = Components { columns: memory.columns, components: vec![0.0; neurons] };
            run(&memory, terms, Trial { state, pending, order, course });
        });
    }
}

/// A trial's own components, -1 and +1.
struct Components<'a> {
    columns: &'a [f32],
    components: Vec<f32>,
}

impl Terms for Components<'_> {
    #[inline(always)]
    fn start(&mut self, state: &[u32]) {
        for (neuron, component) in self.components.iter_mut().enumerate() {
            *component = if state[neuron / 32] >> (neuron % 32) & 1 == 1 { 1.0 } else { -1.0 };
        }
    }

    #[inline(always)]
    fn differ(&self) -> bool {
        false
    }

    #[inline(always)]
    fn weights(&mut self, _: usize, _: bool) -> &[f32] {
        &self.components
    }

    #[inline(always)]
    fn flipped(&mut self, neuron: usize, up: bool) {
        self.components[neuron] = if up { 1.0 } else { -1.0 };
    }

    /// Only those that it acts on.
    #[inline(always)]
    fn mark(&self, neuron: usize, pending: &mut [u32]) {
        for (other, column) in self.columns.chunks_exact(self.components.len()).enumerate() {
            pending[other / 32] |= u32::from(column[neuron] != 0.0) << (other % 32);
        }
    }
}
