//! The one hot kernel: distances, weights and their product with the dual, fused. Twin of `shaders/field.wgsl`.
//!
//! Blocked so that a panel of packed dual stays in L2 while a group of trials passes over it, and a tile of weights in
//! L1 while the neurons pass over it. Each output is one multiply-add chain in pattern order, whatever the blocking.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::{Arithmetic, Extent};

/// Trials whose accumulators are held in registers together.
const TILE: usize = 6;
/// Tiles that pass over one block of patterns before the next is fetched.
const GROUP: usize = 16;
/// Patterns per block: a block of the dual at N = 512 is 512 KiB, a tile of weights 6 KiB.
const BLOCK: usize = 256;
/// Weights smaller than 2^-64 of the reference are dropped; the certified bound allows for them.
const SMALLEST_EXPONENT: i32 = -64;

/// Arrays of [`field`]. The shapes are per net; every net's rows are padded.
pub struct Field<'a> {
    /// Packed states \[trial\].
    pub states: &'a [u32],
    /// Packed keys \[pattern\].
    pub keys: &'a [u32],
    /// Weight mantissas by Hamming distance \[N + 1\].
    pub table: &'a [f32],
    /// Binary exponents of the weights \[N + 1\]; all 0 when the profile fits in f32.
    pub exponents: &'a [i32],
    /// The distance whose exponent scales each trial's weights \[trial\]: its nearest key, or 0.
    pub reference: &'a [u32],
    /// Dual variables \[pattern, N\].
    pub dual: &'a [f32],
    /// Fields \[trial, N\]: written, or continued when the panel does not start at pattern 0.
    pub field: &'a mut [f32],
    /// Sum of squared weights \[trial\], likewise; written as 0 unless asked for.
    pub weight_norm: &'a mut [f32],
}

/// The weight at one distance, as a multiple of 2^`reference`: exact, and 0 below 2^-64.
#[inline(always)]
pub fn scaled_weight(value: f32, exponent: i32, reference: i32) -> f32 {
    let shift = exponent - reference;
    if value == 0.0 || shift < SMALLEST_EXPONENT {
        0.0
    } else {
        f32::from_bits(value.to_bits().wrapping_add_signed(shift << 23))
    }
}

/// field\[net, trial, i\] = sum over mu of weight(net, popcount(state ^ key_mu)) * dual\[net, mu, i\], and, when
/// `with_norm`, the sum of squared weights that the certified bound needs.
pub fn field(extent: &Extent, arithmetic: Arithmetic, with_norm: bool, arrays: Field<'_>) {
    match arithmetic {
        Arithmetic::Fused => run(extent, Fused, with_norm, arrays),
        Arithmetic::TwiceRounded => run(extent, TwiceRounded, with_norm, arrays),
    }
}

fn run<M: MultiplyAdd>(extent: &Extent, arithmetic: M, with_norm: bool, arrays: Field<'_>) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let outputs: Vec<_> =
        extent.split_trials(arrays.field, neurons).zip(extent.split_trials(arrays.weight_norm, 1)).collect();
    // Enough groups to keep every thread busy, even when a single net has few trials.
    let wanted = (extent.nets * extent.trials).div_ceil(4 * rayon::current_num_threads());
    let group = wanted.next_multiple_of(TILE).clamp(TILE, GROUP * TILE);
    outputs.into_par_iter().enumerate().for_each(|(net, (field, weight_norm))| {
        let states = extent.trials_of(net, arrays.states, words);
        let reference = extent.trials_of(net, arrays.reference, 1);
        let table = net * extent.table_stride();
        let panel = Panel {
            arithmetic,
            with_norm,
            starts: extent.first_pattern == 0,
            neurons,
            words,
            table: &arrays.table[table..][..neurons + 1],
            exponents: &arrays.exponents[table..][..neurons + 1],
            keys: block_keys(extent.patterns_of(net, arrays.keys, words), words),
            dual: Arch::new().dispatch(Pack { dual: extent.patterns_of(net, arrays.dual, neurons), neurons }),
        };
        field
            .par_chunks_mut(group * neurons)
            .zip(weight_norm.par_chunks_mut(group))
            .zip(states.par_chunks(group * words))
            .zip(reference.par_chunks(group))
            .for_each(|(((field, weight_norm), states), reference)| {
                Arch::new().dispatch(Group { panel: &panel, states, reference, field, weight_norm });
            });
    });
}

/// One net's share of the work, its keys and dual laid out for the inner loops.
struct Panel<'a, M> {
    arithmetic: M,
    with_norm: bool,
    starts: bool,
    neurons: usize,
    words: usize,
    table: &'a [f32],
    exponents: &'a [i32],
    /// \[block, word, pattern in block\], the last block padded with zero keys.
    keys: Vec<u32>,
    dual: Packed,
}

fn block_keys(keys: &[u32], words: usize) -> Vec<u32> {
    let blocks = keys.len().div_ceil(words * BLOCK);
    let mut blocked = vec![0; blocks * words * BLOCK];
    for (block, keys) in blocked.chunks_exact_mut(words * BLOCK).zip(keys.chunks(words * BLOCK)) {
        for (pattern, key) in keys.chunks_exact(words).enumerate() {
            for (word, &bits) in key.iter().enumerate() {
                block[word * BLOCK + pattern] = bits;
            }
        }
    }
    blocked
}

/// The dual as `[neuron block, pattern, lane]`, padded with zero neurons, each row of lanes on its own cache lines.
struct Packed {
    patterns: usize,
    values: Vec<f32>,
    /// Where the first cache line starts.
    start: usize,
}

impl Packed {
    fn values(&self) -> &[f32] {
        &self.values[self.start..]
    }
}

struct Pack<'a> {
    dual: &'a [f32],
    neurons: usize,
}

impl WithSimd for Pack<'_> {
    type Output = Packed;

    fn with_simd<S: Simd>(self, _: S) -> Packed {
        const LINE: usize = 16;
        let lanes = S::F32_LANES;
        let patterns = self.dual.len() / self.neurons;
        let mut values = vec![0.0; patterns * self.neurons.next_multiple_of(lanes) + LINE];
        let start = values.as_ptr().align_offset(64).min(LINE);
        for (first, vectors) in neuron_blocks::<S>(self.neurons) {
            let width = vectors * lanes;
            let block = &mut values[start + patterns * first..][..patterns * width];
            let used = width.min(self.neurons - first);
            block
                .par_chunks_exact_mut(width)
                .zip(self.dual.par_chunks_exact(self.neurons))
                .with_min_len(256)
                .for_each(|(packed, row)| packed[..used].copy_from_slice(&row[first..first + used]));
        }
        Packed { patterns, values, start }
    }
}

/// (first neuron, vectors) of each block of neurons: as many vectors as leave the accumulators in registers.
fn neuron_blocks<S: Simd>(neurons: usize) -> impl Iterator<Item = (usize, usize)> {
    let most = if S::F32_LANES >= 16 { 4 } else { 2 };
    let total = neurons.div_ceil(S::F32_LANES);
    let blocks = total.div_ceil(most);
    let begin = move |block: usize| block * total / blocks;
    (0..blocks).map(move |block| (begin(block) * S::F32_LANES, begin(block + 1) - begin(block)))
}

/// The trials that one task works on.
struct Group<'a, M> {
    panel: &'a Panel<'a, M>,
    states: &'a [u32],
    reference: &'a [u32],
    field: &'a mut [f32],
    weight_norm: &'a mut [f32],
}

impl<M: MultiplyAdd> WithSimd for Group<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let panel = self.panel;
        if panel.starts {
            self.field.fill(0.0);
            self.weight_norm.fill(0.0);
        }
        let tables = scaled_tables(panel, self.reference);
        let patterns = panel.dual.patterns;
        let mut weights = [[0.0; BLOCK]; TILE];
        for (block, keys) in panel.keys.chunks_exact(panel.words * BLOCK).enumerate() {
            let first = block * BLOCK;
            let count = BLOCK.min(patterns - first);
            let tiles = self.field.chunks_mut(TILE * panel.neurons).zip(self.weight_norm.chunks_mut(TILE));
            let tiles = tiles.zip(self.states.chunks(TILE * panel.words)).enumerate();
            for (tile, ((field, weight_norm), states)) in tiles {
                for (trial, state) in states.chunks_exact(panel.words).enumerate() {
                    let table = match &tables {
                        Some(tables) => &tables[(tile * TILE + trial) * panel.table.len()..][..panel.table.len()],
                        None => panel.table,
                    };
                    look_up(state, keys, table, &mut weights[trial]);
                }
                if panel.with_norm {
                    add_squares(panel.arithmetic, &weights, count, weight_norm);
                }
                for (neuron, vectors) in neuron_blocks::<S>(panel.neurons) {
                    let width = vectors * S::F32_LANES;
                    let dual = &panel.dual.values()[patterns * neuron + first * width..][..count * width];
                    let columns = Columns { simd, arithmetic: panel.arithmetic, neurons: panel.neurons, neuron };
                    match vectors {
                        1 => columns.multiply::<1>(&weights, dual, field),
                        2 => columns.multiply::<2>(&weights, dual, field),
                        3 => columns.multiply::<3>(&weights, dual, field),
                        _ => columns.multiply::<4>(&weights, dual, field),
                    }
                }
            }
        }
    }
}

/// Each trial's own table, scaled by its reference, when the profile exceeds f32; else none, and the panel's serves.
fn scaled_tables<M>(panel: &Panel<'_, M>, reference: &[u32]) -> Option<Vec<f32>> {
    let wide = panel.exponents.iter().any(|&exponent| exponent != 0);
    let entries = || panel.table.iter().zip(panel.exponents);
    let table = |&distance: &u32| {
        let scale = panel.exponents[distance as usize];
        entries().map(move |(&value, &exponent)| scaled_weight(value, exponent, scale))
    };
    wide.then(|| reference.iter().flat_map(table).collect())
}

/// The weights of one trial against one block of keys.
#[inline(always)]
fn look_up(state: &[u32], keys: &[u32], table: &[f32], weights: &mut [f32; BLOCK]) {
    let mut distance = [0_u32; BLOCK];
    for (&bits, keys) in state.iter().zip(keys.chunks_exact(BLOCK)) {
        for (distance, &key) in distance.iter_mut().zip(keys) {
            *distance += (bits ^ key).count_ones();
        }
    }
    for (weight, &distance) in weights.iter_mut().zip(&distance) {
        *weight = table[distance as usize];
    }
}

#[inline(always)]
fn add_squares<M: MultiplyAdd>(arithmetic: M, weights: &[[f32; BLOCK]; TILE], count: usize, norms: &mut [f32]) {
    let mut sums = [0.0; TILE];
    sums[..norms.len()].copy_from_slice(norms);
    for pattern in 0..count.min(BLOCK) {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            *sum = arithmetic.scalar(weights[pattern], weights[pattern], *sum);
        }
    }
    norms.copy_from_slice(&sums[..norms.len()]);
}

/// A block of neurons, starting at `neuron`.
struct Columns<S, M> {
    simd: S,
    arithmetic: M,
    neurons: usize,
    neuron: usize,
}

impl<S: Simd, M: MultiplyAdd> Columns<S, M> {
    /// Continues the chains of `VECTORS` vectors of neurons for a tile of trials over one block of patterns.
    #[inline(always)]
    fn multiply<const VECTORS: usize>(self, weights: &[[f32; BLOCK]; TILE], dual: &[f32], field: &mut [f32]) {
        let simd = self.simd;
        let trials = field.len() / self.neurons;
        let used = (VECTORS * S::F32_LANES).min(self.neurons - self.neuron);
        let (rows, _) = S::as_simd_f32s(dual);
        let (rows, _) = rows.as_chunks::<VECTORS>();
        let rows = &rows[..rows.len().min(BLOCK)];
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; TILE];
        for (trial, sums) in sums.iter_mut().enumerate().take(trials) {
            let row = &field[trial * self.neurons + self.neuron..][..used];
            for (sum, lanes) in sums.iter_mut().zip(row.chunks(S::F32_LANES)) {
                *sum = simd.partial_load_f32s(lanes);
            }
        }
        for (pattern, row) in rows.iter().enumerate() {
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = simd.splat_f32s(weights[pattern]);
                for (sum, &dual) in sums.iter_mut().zip(row) {
                    *sum = self.arithmetic.simd(simd, weight, dual, *sum);
                }
            }
        }
        for (trial, sums) in sums.iter().enumerate().take(trials) {
            let row = &mut field[trial * self.neurons + self.neuron..][..used];
            for (&sum, lanes) in sums.iter().zip(row.chunks_mut(S::F32_LANES)) {
                simd.partial_store_f32s(lanes, sum);
            }
        }
    }
}
