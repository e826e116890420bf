//! The product of weights and dual: each sum one multiply-add chain in pattern order, held in a register for a block.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::BLOCK;
use super::tile::Lines;
use crate::arithmetic::MultiplyAdd;
use crate::vector::dispatch;

/// Neurons to whose multiple a tile's row is filled up: packing then writes whole, aligned vectors.
const ALIGNED: usize = 8;

/// The dual as \[block of patterns, neuron tile, pattern in block, neuron in tile\]: what the inner loop reads lies in a row.
pub(super) struct Packed {
    tiles: Vec<Tile>,
    /// Values a pattern.
    stride: usize,
    values: Lines,
}

/// Neurons whose sums are held in registers together.
#[derive(Clone, Copy)]
struct Tile {
    first: usize,
    /// Even; of an odd N, the last is a neuron that nobody reads.
    width: usize,
}

impl Tile {
    /// Values a pattern, of which the first `width` are read.
    fn stride(self) -> usize {
        self.width.next_multiple_of(ALIGNED)
    }
}

impl Packed {
    /// Packs a panel of dual \[pattern, N\].
    pub(super) fn new(dual: &[f32], neurons: usize) -> Self {
        let tiles = dispatch(Tiles { neurons });
        let stride = tiles.iter().map(|tile| tile.stride()).sum();
        let patterns = dual.len() / neurons;
        let mut values = Lines::any(patterns * stride);
        let blocks = values.f32s_mut()[..patterns * stride].par_chunks_mut(BLOCK * stride);
        blocks.zip(dual.par_chunks(BLOCK * neurons)).for_each(|(packed, dual)| {
            dispatch(Pack { packed, dual, neurons, tiles: &tiles });
        });
        Self { tiles, stride, values }
    }

    /// Sums per trial: N, made even.
    pub(super) fn columns(neurons: usize) -> usize {
        neurons.next_multiple_of(2)
    }

    /// Continues sums \[neuron, lane\] by weights \[pattern, lane\] of a block of patterns. Meanwhile, memory is asked for what
    /// is written after it.
    #[inline(always)]
    pub(super) fn multiply<S: Simd, M: MultiplyAdd, const VECTORS: usize>(
        &self,
        simd: S,
        arithmetic: M,
        block: usize,
        weights: &[f32],
        sums: &mut [f32],
        written_next: &[f32],
    ) {
        let mut written_next = written_next.chunks(written_next.len().div_ceil(self.tiles.len()).max(1));
        let (weights, _) = S::as_simd_f32s(weights);
        let (weights, _) = weights.as_chunks::<VECTORS>();
        let (sums, _) = S::as_mut_simd_f32s(sums);
        let (sums, _) = sums.as_chunks_mut::<VECTORS>();
        let mut rest = &self.values.f32s()[block * BLOCK * self.stride..];
        for tile in &self.tiles {
            let (dual, others) = rest.split_at(weights.len() * tile.stride());
            rest = others;
            let sums = &mut sums[tile.first..][..tile.width];
            fetch(written_next.next().unwrap_or_default());
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

/// Reads a value of every cache line. A store whose line is far away holds up those after it; a product does not wait for
/// such a read. Many small networks, whose fields are too many for a cache, gain 8 %.
#[inline(always)]
fn fetch(values: &[f32]) {
    const LINE: usize = 64 / size_of::<f32>();
    std::hint::black_box(values.iter().step_by(LINE).fold(0, |all, value| all | value.to_bits()));
}

/// Packs a block of patterns.
struct Pack<'a> {
    packed: &'a mut [f32],
    dual: &'a [f32],
    neurons: usize,
    tiles: &'a [Tile],
}

impl WithSimd for Pack<'_> {
    type Output = ();

    /// Row by row of the dual, as memory likes to be read.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { packed, dual, neurons, tiles } = self;
        let patterns = dual.len() / neurons;
        for pattern in 0..patterns {
            let row = &dual[pattern * neurons..];
            let mut start = 0;
            for tile in tiles {
                let to = &mut packed[start + pattern * tile.stride()..];
                let from = &row[tile.first..];
                match tile.stride() {
                    ALIGNED => copy::<ALIGNED>(to, from),
                    _ => copy::<{ 2 * ALIGNED }>(to, from),
                }
                start += patterns * tile.stride();
            }
        }
    }
}

/// Copies so many values, or as many as there are. The neurons past a tile's own are nobody's.
#[inline(always)]
fn copy<const VALUES: usize>(to: &mut [f32], from: &[f32]) {
    match (to.first_chunk_mut::<VALUES>(), from.first_chunk()) {
        (Some(to), Some(from)) => *to = *from,
        (_, _) => to[..from.len()].copy_from_slice(from),
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
    for (weights, dual) in weights.iter().zip(dual.chunks_exact(NEURONS.next_multiple_of(ALIGNED))) {
        for (sums, &dual) in held.iter_mut().zip(&dual[..NEURONS]) {
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
