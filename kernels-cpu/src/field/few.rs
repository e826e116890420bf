//! Few trials: neurons in the lanes, the dual read as it lies. To pack it would take longer than to multiply it.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tile::{Lines, transpose_states};
use super::weights::{Distances, Pairs, weigh};
use super::{BLOCK, Panel, Trials};
use crate::arithmetic::MultiplyAdd;
use crate::vector::dispatch;

/// Multiply-adds from which a tile's neurons are shared among threads: below, waking one takes as long.
const SHARED: usize = 1 << 20;

/// Runs a panel on trials that are few enough.
pub(super) fn run<M: MultiplyAdd>(panel: &Panel<'_, M>, lanes: usize, trials: &mut Trials<'_>) {
    let Panel { neurons, words, .. } = *panel;
    let threads = rayon::current_num_threads();
    let tiles = trials.reference.len().div_ceil(lanes).max(1);
    let worth = trials.reference.len() * panel.dual.len() / SHARED;
    let shares = threads.div_ceil(tiles).clamp(1, worth.max(1)).min(neurons.div_ceil(lanes));
    let bound = |share: usize| (share * neurons.div_ceil(lanes) / shares * lanes).min(neurons);
    trials.chunks(lanes, words, neurons).for_each(|trials| {
        let share = |share| Share { panel, trials: &trials, neurons: bound(share)..bound(share + 1) };
        let made: Vec<Sums> = (0..shares).into_par_iter().map(|index| dispatch(share(index))).collect();
        for sums in &made {
            let rows = trials.field.chunks_exact_mut(neurons).zip(sums.values.f32s().chunks_exact(sums.stride));
            rows.for_each(|(row, sums_of_trial)| {
                let row = &mut row[sums.neurons.clone()];
                row.copy_from_slice(&sums_of_trial[..row.len()]);
            });
        }
        if let Some(sums) = made.first() {
            trials.weight_norm.copy_from_slice(&sums.norms.f32s()[..trials.weight_norm.len()]);
        }
    });
}

/// Some neurons of a tile of trials.
struct Share<'a, M> {
    panel: &'a Panel<'a, M>,
    trials: &'a Trials<'a>,
    neurons: Range<usize>,
}

/// What a share comes to.
struct Sums {
    neurons: Range<usize>,
    /// \[trial, `stride`\], of which the share's neurons are read.
    values: Lines,
    stride: usize,
    /// \[lane\].
    norms: Lines,
}

impl<M: MultiplyAdd> WithSimd for Share<'_, M> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        let Self { panel, trials, neurons } = self;
        let words = panel.words;
        let lanes = S::F32_LANES;
        let count = trials.reference.len();
        let mut states = Lines::zeros(words * lanes);
        transpose_states(trials.states, words, lanes, states.u32s_mut());
        let tables = panel.tables.of_tile(trials.reference);
        let stride = neurons.len().next_multiple_of(lanes);
        let (mut values, mut norms) = (Lines::zeros(count * stride), Lines::zeros(lanes));
        if !panel.starts {
            let rows = values.f32s_mut().chunks_exact_mut(stride).zip(trials.field.chunks_exact(panel.neurons));
            rows.for_each(|(sums, row)| sums[..neurons.len()].copy_from_slice(&row[neurons.clone()]));
            norms.f32s_mut()[..count].copy_from_slice(trials.weight_norm);
        }
        // Vectors that pass a row's end take in the next row, for sums that nobody reads. After the last rows lie zeros.
        let past = panel.neurons.next_multiple_of(lanes);
        let patterns = panel.count();
        let whole = patterns.saturating_sub((past - 1) / panel.neurons);
        let last = &panel.dual[whole * panel.neurons..];
        let mut padded = Lines::zeros(last.len() + past);
        padded.f32s_mut()[..last.len()].copy_from_slice(last);
        let mut scratch = Lines::any(BLOCK * lanes);
        for (rows, dual) in [(0..whole, panel.dual), (whole..patterns, padded.f32s())] {
            for first in rows.clone().step_by(BLOCK) {
                let block = first..rows.end.min(first + BLOCK);
                let weights = &mut scratch.f32s_mut()[..block.len() * lanes];
                let patterns = panel.patterns.of(block, words);
                let pairs = Pairs { states: &states.u32s()[..words * lanes], patterns, distances: Distances::Fresh };
                let norms = panel.with_norm.then(|| &mut norms.f32s_mut()[..lanes]);
                weigh::<S, M, 1>(simd, panel.arithmetic, pairs, &tables, weights, norms);
                let dual = &dual[(first - rows.start) * panel.neurons + neurons.start..];
                let block = Block { weights, dual, row: panel.neurons, stride };
                block.multiply_all::<S, M>(simd, panel.arithmetic, &mut values.f32s_mut()[..count * stride]);
            }
        }
        Sums { neurons, values, stride, norms }
    }
}

/// A block of patterns.
struct Block<'a> {
    /// \[pattern, lane\].
    weights: &'a [f32],
    /// \[pattern, `row`\], from the share's first neuron on.
    dual: &'a [f32],
    row: usize,
    /// Sums a trial: whole vectors.
    stride: usize,
}

impl Block<'_> {
    /// Continues sums \[trial, `stride`\].
    #[inline(always)]
    fn multiply_all<S: Simd, M: MultiplyAdd>(&self, simd: S, arithmetic: M, sums: &mut [f32]) {
        let count = sums.len() / self.stride;
        let (fours, twos) = (count / 4 * 4, count / 2 * 2);
        // Loops, not closures: a closure would be compiled without the instructions.
        for trial in (0..fours).step_by(4) {
            self.multiply::<S, M, 4>(simd, arithmetic, trial, sums);
        }
        if twos > fours {
            self.multiply::<S, M, 2>(simd, arithmetic, fours, sums);
        }
        if count > twos {
            self.multiply::<S, M, 1>(simd, arithmetic, twos, sums);
        }
    }

    /// Continues the sums of `TRIALS` trials from the `trial`-th on.
    #[inline(always)]
    fn multiply<S: Simd, M: MultiplyAdd, const TRIALS: usize>(
        &self,
        simd: S,
        arithmetic: M,
        trial: usize,
        sums: &mut [f32],
    ) {
        // With a row of the dual and a weight, 4 x 6 sums fill 32 registers, 4 x 2 fill 16.
        let most = match (S::REGISTER_COUNT >= 32, TRIALS) {
            (true, 4) => 6,
            (false, 4) => 2,
            (false, 2) => 4,
            _ => 7,
        };
        let vectors = self.stride / S::F32_LANES;
        let tiles = vectors.div_ceil(most);
        let start = |tile: usize| tile * vectors / tiles;
        for tile in 0..tiles {
            let at = (trial, start(tile));
            match start(tile + 1) - start(tile) {
                1 => self.multiply_tile::<S, M, TRIALS, 1>(simd, arithmetic, at, sums),
                2 => self.multiply_tile::<S, M, TRIALS, 2>(simd, arithmetic, at, sums),
                3 => self.multiply_tile::<S, M, TRIALS, 3>(simd, arithmetic, at, sums),
                4 => self.multiply_tile::<S, M, TRIALS, 4>(simd, arithmetic, at, sums),
                5 => self.multiply_tile::<S, M, TRIALS, 5>(simd, arithmetic, at, sums),
                6 => self.multiply_tile::<S, M, TRIALS, 6>(simd, arithmetic, at, sums),
                _ => self.multiply_tile::<S, M, TRIALS, 7>(simd, arithmetic, at, sums),
            }
        }
    }

    /// Those of `VECTORS` vectors of neurons, held in registers.
    #[inline(always)]
    fn multiply_tile<S: Simd, M: MultiplyAdd, const TRIALS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        arithmetic: M,
        (trial, vector): (usize, usize),
        sums: &mut [f32],
    ) {
        let lanes = S::F32_LANES;
        let mut held = [[simd.splat_f32s(0.0); VECTORS]; TRIALS];
        let rows = sums.chunks_exact_mut(self.stride).skip(trial);
        for (held, row) in held.iter_mut().zip(rows) {
            if let Some(row) = S::as_simd_f32s(&row[vector * lanes..]).0.first_chunk() {
                *held = *row;
            }
        }
        for (pattern, weights) in self.weights.chunks_exact(lanes).enumerate() {
            let dual = &self.dual[pattern * self.row + vector * lanes..][..VECTORS * lanes];
            let Some(dual) = S::as_simd_f32s(dual).0.first_chunk::<VECTORS>() else { return };
            for (sums, &weight) in held.iter_mut().zip(&weights[trial..][..TRIALS]) {
                let weight = simd.splat_f32s(weight);
                for (sum, &dual) in sums.iter_mut().zip(dual) {
                    *sum = arithmetic.simd(simd, weight, dual, *sum);
                }
            }
        }
        let rows = sums.chunks_exact_mut(self.stride).skip(trial);
        for (held, row) in held.iter().zip(rows) {
            if let Some(row) = S::as_mut_simd_f32s(&mut row[vector * lanes..]).0.first_chunk_mut() {
                *row = *held;
            }
        }
    }
}
