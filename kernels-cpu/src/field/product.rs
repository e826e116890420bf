//! The product of weights and dual: each sum one multiply-add chain in pattern order, held in a register for a block.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tile::Lines;
use crate::arithmetic::MultiplyAdd;
use crate::vector::dispatch;

/// Patterns packed by one task.
const PATTERNS: usize = 1024;

/// The dual as \[neuron tile, pattern, neuron in tile\]: what the inner loop reads lies in a row.
pub(super) struct Packed {
    patterns: usize,
    tiles: Vec<Tile>,
    values: Lines,
}

/// Neurons whose sums are held in registers together.
#[derive(Clone, Copy)]
struct Tile {
    first: usize,
    /// Even; of an odd N, the last is a neuron that nobody reads.
    width: usize,
}

impl Packed {
    /// Packs a panel of dual \[pattern, N\].
    pub(super) fn new(dual: &[f32], neurons: usize) -> Self {
        let patterns = dual.len() / neurons;
        let tiles = dispatch(Tiles { neurons });
        let mut values = Lines::any(patterns * Self::columns(neurons));
        let mut rest = values.f32s_mut();
        for &Tile { first, width } in &tiles {
            let (tile, others) = std::mem::take(&mut rest).split_at_mut(patterns * width);
            rest = others;
            tile.par_chunks_mut(PATTERNS * width).zip(dual.par_chunks(PATTERNS * neurons)).for_each(
                |(packed, dual)| {
                    dispatch(Pack { packed, dual, neurons, tile: Tile { first, width } });
                },
            );
        }
        Self { patterns, tiles, values }
    }

    /// Sums per trial: N, made even.
    pub(super) fn columns(neurons: usize) -> usize {
        neurons.next_multiple_of(2)
    }

    /// Continues sums \[neuron, lane\] by weights \[pattern, lane\] of the patterns from `first` on.
    #[inline(always)]
    pub(super) fn multiply<S: Simd, M: MultiplyAdd, const VECTORS: usize>(
        &self,
        simd: S,
        arithmetic: M,
        first: usize,
        weights: &[f32],
        sums: &mut [f32],
    ) {
        let (weights, _) = S::as_simd_f32s(weights);
        let (weights, _) = weights.as_chunks::<VECTORS>();
        let (sums, _) = S::as_mut_simd_f32s(sums);
        let (sums, _) = sums.as_chunks_mut::<VECTORS>();
        for tile in &self.tiles {
            let start = tile.first * self.patterns + first * tile.width;
            let dual = &self.values.f32s()[start..][..weights.len() * tile.width];
            let sums = &mut sums[tile.first..][..tile.width];
            match tile.width {
                2 => multiply::<S, M, VECTORS, 2>(simd, arithmetic, weights, dual, sums),
                4 => multiply::<S, M, VECTORS, 4>(simd, arithmetic, weights, dual, sums),
                6 => multiply::<S, M, VECTORS, 6>(simd, arithmetic, weights, dual, sums),
                8 => multiply::<S, M, VECTORS, 8>(simd, arithmetic, weights, dual, sums),
                10 => multiply::<S, M, VECTORS, 10>(simd, arithmetic, weights, dual, sums),
                12 => multiply::<S, M, VECTORS, 12>(simd, arithmetic, weights, dual, sums),
                _ => multiply::<S, M, VECTORS, 14>(simd, arithmetic, weights, dual, sums),
            }
        }
    }
}

/// Packs one tile of neurons.
struct Pack<'a> {
    packed: &'a mut [f32],
    dual: &'a [f32],
    neurons: usize,
    tile: Tile,
}

impl WithSimd for Pack<'_> {
    type Output = ();

    /// Copies a whole vector for each pattern: what is too much, the next one overwrites.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        const VECTOR: usize = 16;
        let Self { packed, dual, neurons, tile: Tile { first, width } } = self;
        for pattern in 0..packed.len() / width {
            let from = &dual[pattern * neurons + first..];
            let to = &mut packed[pattern * width..];
            match (to.first_chunk_mut::<VECTOR>(), from.first_chunk::<VECTOR>()) {
                (Some(to), Some(from)) => *to = *from,
                _ => {
                    let used = width.min(from.len());
                    to[..used].copy_from_slice(&from[..used]);
                }
            }
        }
    }
}

#[inline(always)]
fn multiply<S: Simd, M: MultiplyAdd, const VECTORS: usize, const NEURONS: usize>(
    simd: S,
    arithmetic: M,
    weights: &[[S::f32s; VECTORS]],
    dual: &[f32],
    sums: &mut [[S::f32s; VECTORS]],
) {
    let Some(sums) = sums.first_chunk_mut::<NEURONS>() else { return };
    let mut held = *sums;
    for (weights, dual) in weights.iter().zip(dual.as_chunks::<NEURONS>().0) {
        for (sums, &dual) in held.iter_mut().zip(dual) {
            let dual = simd.splat_f32s(dual);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = arithmetic.simd(simd, weight, dual, *sum);
            }
        }
    }
    *sums = held;
}

/// Cuts N neurons into tiles of nearly equal width.
struct Tiles {
    neurons: usize,
}

impl WithSimd for Tiles {
    type Output = Vec<Tile>;

    fn with_simd<S: Simd>(self, _: S) -> Vec<Tile> {
        // Two vectors of sums a neuron, two of weights and one dual: 31 of AVX-512's and NEON's registers, 15 of AVX2's.
        let most = if S::REGISTER_COUNT >= 32 { 7 } else { 3 };
        let pairs = self.neurons.div_ceil(2);
        let tiles = pairs.div_ceil(most);
        let first = |tile: usize| tile * pairs / tiles;
        (0..tiles).map(|tile| Tile { first: 2 * first(tile), width: 2 * (first(tile + 1) - first(tile)) }).collect()
    }
}
