//! Winners that arithmetic in f32 cannot tell: how far a field may be off, and who wins by f64 sums.

use std::cmp::Ordering;

use attractor_kernels_cpu::winners::Groups;
use rayon::prelude::*;

use super::canonical::{SLACK, SMALLEST_NORM, UNIT};
use crate::memory::Memory;
use crate::pattern::is_up;

/// How far each computed field may be from the exact one, of states with no more active neurons than the code has; 0
/// where every sum is exact, and below 0 where nothing is certain.
///
/// A sum of n numbers in precision u, in any order, is within gamma_n of the sum of their magnitudes (Higham, Accuracy
/// and Stability, section 4.2); those of inactive neurons are exact zeros. So with `active` neurons the n largest
/// couplings of a column and its bias bound it. Two more roundings are for the bounds themselves. Whole numbers are
/// exact up to 2^24.
pub(super) fn margins(memory: &Memory, active: usize) -> Vec<f32> {
    let neurons = memory.keys.neurons();
    let (matrix, bias) = (memory.readout.matrix(), memory.readout.bias());
    let count = (active as f64 + 4.0) * UNIT;
    let gamma = count / (1.0 - count);
    let margin = |column: &mut Vec<f32>, neuron: usize| {
        let bias = bias.map_or(0.0, |bias| bias[neuron]);
        column.clear();
        column.extend(matrix.iter().skip(neuron).step_by(neurons).map(|coupling| coupling.abs()));
        let whole = column.iter().chain([&bias]).all(|value| value.fract() == 0.0);
        if active < neurons {
            column.select_nth_unstable_by(active, |a, b| b.total_cmp(a));
        }
        let sum = f64::from(bias.abs()) + column.iter().take(active).copied().map(f64::from).sum::<f64>();
        if whole && sum <= 1.0 / UNIT {
            0.0
        } else if sum > f64::from(f32::MAX) / 2.0 {
            // It may pass f32's range on the way.
            -1.0
        } else {
            ((gamma * SLACK * sum.max(SMALLEST_NORM)) as f32).next_up()
        }
    };
    (0..neurons).into_par_iter().map_init(Vec::new, margin).collect()
}

/// Decides the neurons marked in `uncertain`, whose fields are given in their order, writing them into `next`: in each
/// group those of the highest fields take the places that the certain winners leave. Of equal fields an active neuron
/// comes first, then the lower index.
pub(super) fn decide(
    groups: Groups,
    state: &[u32],
    uncertain: &[u32],
    (marked, fields): (&[usize], &[f64]),
    next: &mut [u32],
) {
    let doubted: Vec<(usize, f64)> = marked.iter().copied().zip(fields.iter().copied()).collect();
    for doubted in doubted.chunk_by(|a, b| a.0 / groups.size == b.0 / groups.size) {
        let first = doubted[0].0 / groups.size * groups.size;
        let members = first..first + groups.size;
        let certain = members.filter(|&neuron| is_up(next, neuron) && !is_up(uncertain, neuron)).count();
        let mut ranked = doubted.to_vec();
        ranked.sort_by(|a, b| {
            let by_field = b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal);
            by_field.then_with(|| is_up(state, b.0).cmp(&is_up(state, a.0))).then_with(|| a.0.cmp(&b.0))
        });
        for (place, (neuron, _)) in (certain..).zip(ranked) {
            let (word, bit) = (neuron / 32, neuron % 32);
            next[word] = next[word] & !(1 << bit) | u32::from(place < groups.winners) << bit;
        }
    }
}
