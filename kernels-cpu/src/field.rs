//! The one hot kernel: distances, weights and their product with the dual, fused. Twin of `shaders/field.wgsl`.
//!
//! A tile is as many trials as two vectors hold, one a lane. Block by block of patterns, its weights are made by
//! population counts and the table (`weights`) in L1 and multiplied (`product`) with the dual, which is packed once for all
//! tiles; so N needs no padding. Few trials are not worth the packing (`few`). Each output is one multiply-add chain in
//! pattern order, whatever the blocking.

mod few;
mod kept;
mod product;
#[cfg(test)]
mod tests;
mod tile;
mod weights;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::vector::dispatch;
use crate::{Arithmetic, Extent};
pub use kept::Kept;
use kept::{Block, Form, Room};
use product::Packed;
use tile::{Lines, VECTORS, load_sums, store_sums, transpose_states};
use weights::{Distances, Pairs, Patterns, Tables, TileTables, add_squares, weigh};

/// Patterns per block: a block of weights is 32 KiB with AVX-512.
const BLOCK: usize = 128;
/// Tiles that pass over a block of dual before the next is fetched, where there are enough to keep every thread busy.
const GROUP: usize = 4;
/// Vectors of trials up to which the dual is multiplied as it lies (`few`).
const FEW: usize = 6;
/// Bytes of dual packed at once. More is packed piece by piece, so that a large memory is not in memory twice.
const PACKED_BYTES: usize = 8 << 20;
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
    /// The distance whose exponent scales each trial's weights \[trial\]: its heaviest key's, or 0.
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
///
/// With what an earlier call [kept](Kept), the weights of a single network are not made again while nothing they depend on
/// has changed.
pub fn field(extent: &Extent, arithmetic: Arithmetic, with_norm: bool, arrays: Field<'_>, kept: Option<&mut Kept>) {
    let Field { states, keys, table, exponents, reference, dual, field, weight_norm } = arrays;
    let source = Source::Keys { keys, table, exponents };
    let starts = extent.first_pattern == 0;
    let arrays = Arrays { states, source, reference, dual, starts, field, weight_norm };
    match arithmetic {
        Arithmetic::Fused => run(extent, Fused, with_norm, arrays, kept),
        Arithmetic::TwiceRounded => run(extent, TwiceRounded, with_norm, arrays, kept),
    }
}

/// Arrays of [`run`]: those of [`Field`], whatever weights are made of.
pub(crate) struct Arrays<'a> {
    pub(crate) states: &'a [u32],
    pub(crate) source: Source<'a>,
    pub(crate) reference: &'a [u32],
    pub(crate) dual: &'a [f32],
    /// Whether chains start at 0 here, or go on from what fields and norms hold.
    pub(crate) starts: bool,
    pub(crate) field: &'a mut [f32],
    pub(crate) weight_norm: &'a mut [f32],
}

/// What weights are made of, beside the states.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Distances from the keys, looked up in the table.
    Keys { keys: &'a [u32], table: &'a [f32], exponents: &'a [i32] },
    /// Nothing else: a pattern is an input neuron, a weight the state's component there: 1 where its bit is set,
    /// elsewhere this.
    Components(f32),
}

/// Continues the fields by a panel of patterns.
pub(crate) fn run<M: MultiplyAdd>(
    extent: &Extent,
    arithmetic: M,
    with_norm: bool,
    arrays: Arrays<'_>,
    kept: Option<&mut Kept>,
) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let vector = dispatch(Lanes);
    let lanes = VECTORS * vector;
    let tiles = (extent.nets * extent.trials).div_ceil(lanes);
    let group = lanes * (tiles / (32 * rayon::current_num_threads())).clamp(1, GROUP);
    let piece = (PACKED_BYTES / (4 * neurons)).next_multiple_of(BLOCK).max(BLOCK);
    let panel = |net: usize, first: usize| {
        let rows = first..(first + piece).min(extent.patterns);
        let (patterns, tables) = match arrays.source {
            Source::Keys { keys, table, exponents } => {
                let start = net * extent.table_stride();
                let tables = Tables::new(&table[start..][..neurons + 1], &exponents[start..][..neurons + 1]);
                let keys = extent.patterns_of(net, keys, words);
                (Patterns::Keys(&keys[rows.start * words..rows.end * words]), tables)
            }
            Source::Components(zero) => {
                (Patterns::Inputs { first: extent.first_pattern + first, zero }, Tables::new(&[], &[]))
            }
        };
        Panel {
            starts: arrays.starts && first == 0,
            arithmetic,
            with_norm,
            neurons,
            words,
            patterns,
            tables,
            dual: &extent.patterns_of(net, arrays.dual, neurons)[rows.start * neurons..rows.end * neurons],
        }
    };
    let nets = extent.split_trials(arrays.field, neurons).zip(extent.split_trials(arrays.weight_norm, 1));
    let nets = nets.enumerate().map(|(net, (field, weight_norm))| {
        let states = extent.trials_of(net, arrays.states, words);
        (net, Trials { states, reference: extent.trials_of(net, arrays.reference, 1), field, weight_norm })
    });
    let mut nets: Vec<_> = nets.collect();
    let pairs = extent.trials.next_multiple_of(lanes) * extent.patterns;
    if let (Some(kept), Some(form), [(net, trials)]) = (kept, Form::of(pairs, neurons), &mut nets[..])
        && (1..=piece).contains(&extent.patterns)
    {
        let panel = panel(*net, 0);
        let packed = Packed::new(panel.dual, neurons);
        let rooms = kept.room(trials, &panel, form, pairs).chunks(group * extent.patterns).map(Some);
        trials.chunks(group, words, neurons).zip(rooms).for_each(|(trials, room)| {
            dispatch(Task { panel: &panel, dual: &packed, trials, room });
        });
        return;
    }
    nets.into_par_iter().for_each(|(net, mut trials)| {
        if arrays.starts && extent.patterns == 0 {
            trials.field.fill(0.0);
            trials.weight_norm.fill(0.0);
        }
        for first in (0..extent.patterns).step_by(piece) {
            let panel = panel(net, first);
            if extent.trials <= FEW * vector {
                few::run(&panel, vector, &mut trials);
                continue;
            }
            let packed = Packed::new(panel.dual, neurons);
            trials.chunks(group, words, neurons).for_each(|trials| {
                dispatch(Task { panel: &panel, dual: &packed, trials, room: None });
            });
        }
    });
}

/// Trials per vector on this processor.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// One net's share of the work: a piece of its patterns.
struct Panel<'a, M> {
    /// Whether the chains start here.
    starts: bool,
    arithmetic: M,
    with_norm: bool,
    neurons: usize,
    words: usize,
    patterns: Patterns<'a>,
    tables: Tables<'a>,
    /// \[pattern, N\].
    dual: &'a [f32],
}

impl<M> Panel<'_, M> {
    /// How many patterns it has.
    fn count(&self) -> usize {
        self.dual.len() / self.neurons
    }
}

/// Some trials of one net.
struct Trials<'a> {
    states: &'a [u32],
    reference: &'a [u32],
    field: &'a mut [f32],
    weight_norm: &'a mut [f32],
}

impl<'a> Trials<'a> {
    /// The first `trials`, and the others.
    fn split_at(self, trials: usize, words: usize, neurons: usize) -> (Self, Self) {
        let (states, other_states) = self.states.split_at(trials * words);
        let (reference, other_reference) = self.reference.split_at(trials);
        let (field, other_field) = self.field.split_at_mut(trials * neurons);
        let (weight_norm, other_norm) = self.weight_norm.split_at_mut(trials);
        let others =
            Trials { states: other_states, reference: other_reference, field: other_field, weight_norm: other_norm };
        (Trials { states, reference, field, weight_norm }, others)
    }

    /// Pieces of `trials` at most.
    fn chunks(
        &mut self,
        trials: usize,
        words: usize,
        neurons: usize,
    ) -> impl IndexedParallelIterator<Item = Trials<'_>> {
        let inputs = self.states.par_chunks(trials * words).zip(self.reference.par_chunks(trials));
        let outputs = self.field.par_chunks_mut(trials * neurons).zip(self.weight_norm.par_chunks_mut(trials));
        inputs.zip(outputs).map(|((states, reference), (field, weight_norm))| Trials {
            states,
            reference,
            field,
            weight_norm,
        })
    }
}

/// Trials against a panel, on one thread.
struct Task<'a, M> {
    panel: &'a Panel<'a, M>,
    dual: &'a Packed,
    trials: Trials<'a>,
    room: Option<Room<'a>>,
}

impl<M: MultiplyAdd> WithSimd for Task<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, dual, trials, room } = self;
        let tile = VECTORS * S::F32_LANES;
        // What is left for the last tile may fit in half of one.
        let count = trials.reference.len();
        let half = if (1..=S::F32_LANES).contains(&(count % tile)) { count % tile } else { 0 };
        let whole_pairs = (count - half).next_multiple_of(tile) * panel.count();
        let (room, half_room) = Room::split_at(room, whole_pairs);
        let (trials, half_trials) = trials.split_at(count - half, panel.words, panel.neurons);
        run_tiles::<S, M, VECTORS>(simd, panel, dual, trials, room);
        run_tiles::<S, M, 1>(simd, panel, dual, half_trials, half_room);
    }
}

/// Trials in tiles of `VECTORS` vectors.
#[inline(always)]
fn run_tiles<S: Simd, M: MultiplyAdd, const VECTORS: usize>(
    simd: S,
    panel: &Panel<'_, M>,
    dual: &Packed,
    trials: Trials<'_>,
    mut room: Option<Room<'_>>,
) {
    let Panel { neurons, words, arithmetic, .. } = *panel;
    let lanes = VECTORS * S::F32_LANES;
    let inputs = trials.states.chunks(lanes * words).zip(trials.reference.chunks(lanes));
    let outputs = trials.field.chunks(lanes * neurons).zip(trials.weight_norm.chunks(lanes));
    let carried = |((states, reference), (field, norm))| Carried::new(panel, lanes, states, reference, field, norm);
    let mut tiles: Vec<Carried<'_>> = inputs.zip(outputs).map(carried).collect();
    let patterns = panel.count();
    let blocks = patterns.div_ceil(BLOCK);
    let mut scratch = Lines::any(BLOCK * lanes);
    for block in 0..blocks {
        let rows = block * BLOCK..patterns.min((block + 1) * BLOCK);
        let size = rows.len() * lanes;
        for (index, tile) in tiles.iter_mut().enumerate() {
            let scratch = &mut scratch.f32s_mut()[..size];
            let start = (index * patterns + block * BLOCK) * lanes;
            let (weights, distances, made) = match room.as_mut().map(|room| room.block(start, size)) {
                None => (scratch, Distances::Fresh, false),
                Some(Block::Weights(weights, made)) => (weights, Distances::Fresh, made),
                Some(Block::Distances(distances, false)) => (scratch, Distances::Record(distances), false),
                Some(Block::Distances(distances, true)) => (scratch, Distances::Known(distances), false),
            };
            let states = &tile.states.u32s()[..words * lanes];
            let norms = panel.with_norm.then(|| &mut tile.norms.f32s_mut()[..lanes]);
            if !made {
                let pairs = Pairs { states, patterns: panel.patterns.of(rows.clone(), words), distances };
                weigh::<S, M, VECTORS>(simd, arithmetic, pairs, &tile.tables, weights, norms);
            } else if let Some(norms) = norms {
                add_squares::<S, M, VECTORS>(simd, arithmetic, weights, norms);
            }
            let sums = &mut tile.sums.f32s_mut()[..Packed::columns(neurons) * lanes];
            let fields = trials.field.chunks(lanes * neurons).nth(index).unwrap_or_default();
            let share = fields.len().div_ceil(blocks);
            let ahead = fields.chunks(share).nth(block).unwrap_or_default();
            dual.multiply::<S, M, VECTORS>(simd, arithmetic, block, weights, sums, ahead);
        }
    }
    let outputs = trials.field.chunks_mut(lanes * neurons).zip(trials.weight_norm.chunks_mut(lanes));
    for (tile, (field, norm)) in tiles.iter().zip(outputs) {
        store_sums(simd, tile.sums.f32s(), neurons, lanes, field);
        norm.copy_from_slice(&tile.norms.f32s()[..norm.len()]);
    }
}

/// What one tile carries from block to block.
struct Carried<'a> {
    /// \[word, lane\].
    states: Lines,
    /// \[neuron, lane\].
    sums: Lines,
    /// \[lane\].
    norms: Lines,
    tables: TileTables<'a>,
}

impl<'a> Carried<'a> {
    fn new<M>(
        panel: &'a Panel<'_, M>,
        lanes: usize,
        states: &[u32],
        reference: &[u32],
        field: &[f32],
        norm: &[f32],
    ) -> Self {
        let mut transposed = Lines::zeros(panel.words * lanes);
        transpose_states(states, panel.words, lanes, transposed.u32s_mut());
        let mut sums = Lines::zeros(Packed::columns(panel.neurons) * lanes);
        let mut norms = Lines::zeros(lanes);
        if !panel.starts {
            load_sums(field, panel.neurons, lanes, sums.f32s_mut());
            norms.f32s_mut()[..norm.len()].copy_from_slice(norm);
        }
        Self { states: transposed, sums, norms, tables: panel.tables.of_tile(reference) }
    }
}
