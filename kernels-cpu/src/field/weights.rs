//! Weights of a tile of trials against a block of keys: distances by population counts, then the table. Or the states'
//! own components.

use std::ops::Range;

use bytemuck::{cast_slice, cast_slice_mut};
use pulp::Simd;

use super::scaled_weight;
use crate::arithmetic::MultiplyAdd;

/// Entries that AVX-512 looks up in eight registers.
const PERMUTED: usize = 128;

/// The table of one net.
pub(super) struct Tables<'a> {
    values: &'a [f32],
    exponents: &'a [i32],
    /// The values padded to a power of two of at least [`PERMUTED`] entries, where the profile fits in f32.
    shared: Option<Vec<f32>>,
}

/// The tables of one tile, as the look-up wants them.
pub(super) enum TileTables<'a> {
    /// One for all trials.
    Shared(&'a [f32]),
    /// One for each lane, \[lane, distance\], scaled by the lane's own reference.
    Scaled { entries: usize, tables: Vec<f32> },
}

impl<'a> Tables<'a> {
    pub(super) fn new(values: &'a [f32], exponents: &'a [i32]) -> Self {
        let shared = exponents.iter().all(|&exponent| exponent == 0).then(|| {
            let mut padded = values.to_vec();
            padded.resize(values.len().next_power_of_two().max(PERMUTED), 0.0);
            padded
        });
        Self { values, exponents, shared }
    }

    /// For trials of these references.
    pub(super) fn of_tile(&self, references: &[u32]) -> TileTables<'_> {
        if let Some(shared) = &self.shared {
            return TileTables::Shared(shared);
        }
        let scaled = |&reference: &u32| {
            let scale = self.exponents[reference as usize];
            let entries = self.values.iter().zip(self.exponents);
            entries.map(move |(&value, &exponent)| scaled_weight(value, exponent, scale))
        };
        TileTables::Scaled { entries: self.values.len(), tables: references.iter().flat_map(scaled).collect() }
    }

    /// Its bits.
    pub(super) fn words(&self) -> [&[u32]; 2] {
        [cast_slice(self.values), cast_slice(self.exponents)]
    }
}

/// The patterns of a panel or a block.
#[derive(Clone, Copy)]
pub(super) enum Patterns<'a> {
    /// Packed keys \[pattern, word\]: a weight is the table's, at the state's distance.
    Keys(&'a [u32]),
    /// Input neurons from `first` on: a weight is the state's component, 1 where its bit is set, elsewhere `zero`.
    Inputs { first: usize, zero: f32 },
}

impl Patterns<'_> {
    /// Some of them.
    #[inline(always)]
    pub(super) fn of(self, rows: Range<usize>, words: usize) -> Self {
        match self {
            Self::Keys(keys) => Self::Keys(&keys[rows.start * words..rows.end * words]),
            Self::Inputs { first, zero } => Self::Inputs { first: first + rows.start, zero },
        }
    }
}

/// The states of a tile and the patterns of a block.
pub(super) struct Pairs<'a> {
    /// \[word, lane\].
    pub(super) states: &'a [u32],
    pub(super) patterns: Patterns<'a>,
    pub(super) distances: Distances<'a>,
}

/// Where the distances \[pattern, lane\] come from.
pub(super) enum Distances<'a> {
    /// They are counted.
    Fresh,
    /// They are counted, and written down.
    Record(&'a mut [u8]),
    /// They were written down.
    Known(&'a [u8]),
}

/// Writes weights \[pattern, lane\], and adds their squares to the norms \[lane\], where these are wanted.
#[inline(always)]
pub(super) fn weigh<S: Simd, M: MultiplyAdd, const VECTORS: usize>(
    simd: S,
    arithmetic: M,
    pairs: Pairs<'_>,
    tables: &TileTables<'_>,
    weights: &mut [f32],
    norms: Option<&mut [f32]>,
) {
    let lanes = VECTORS * S::F32_LANES;
    let words = pairs.states.len() / lanes;
    let keys = match pairs.patterns {
        Patterns::Keys(keys) => keys,
        Patterns::Inputs { first, zero } => {
            components(pairs.states, lanes, first, zero, weights);
            if let Some(norms) = norms {
                add_squares::<S, M, VECTORS>(simd, arithmetic, weights, norms);
            }
            return;
        }
    };
    #[cfg(target_arch = "x86_64")]
    if let (Some(simd), TileTables::Shared(table)) = (crate::vector::avx512(simd), tables)
        && let Ok(table) = <&[f32; PERMUTED]>::try_from(*table)
    {
        return match words {
            1 => permuted::weigh::<M, VECTORS, 1>(simd, arithmetic, pairs, keys, table, weights, norms),
            2 => permuted::weigh::<M, VECTORS, 2>(simd, arithmetic, pairs, keys, table, weights, norms),
            3 => permuted::weigh::<M, VECTORS, 3>(simd, arithmetic, pairs, keys, table, weights, norms),
            _ => permuted::weigh::<M, VECTORS, 4>(simd, arithmetic, pairs, keys, table, weights, norms),
        };
    }
    // In place: a distance is as wide as the weight that takes its place.
    let distances: &mut [u32] = cast_slice_mut(weights);
    match pairs.distances {
        Distances::Known(known) => {
            distances.iter_mut().zip(known).for_each(|(distance, &known)| *distance = known.into());
        }
        Distances::Fresh => count::<S, VECTORS>(simd, pairs.states, keys, distances),
        Distances::Record(record) => {
            count::<S, VECTORS>(simd, pairs.states, keys, distances);
            record.iter_mut().zip(distances.iter()).for_each(|(record, &distance)| *record = distance as u8);
        }
    }
    match tables {
        TileTables::Shared(table) => match table.len() {
            128 => look_up::<128>(table, distances),
            256 => look_up::<256>(table, distances),
            512 => look_up::<512>(table, distances),
            1024 => look_up::<1024>(table, distances),
            2048 => look_up::<2048>(table, distances),
            4096 => look_up::<4096>(table, distances),
            _ => distances.iter_mut().for_each(|distance| *distance = table[*distance as usize].to_bits()),
        },
        TileTables::Scaled { entries, tables } => {
            for distances in distances.chunks_exact_mut(lanes) {
                // Lanes beyond the last trial have no table.
                for (distance, table) in distances.iter_mut().zip(tables.chunks_exact(*entries)) {
                    *distance = table[*distance as usize].to_bits();
                }
            }
        }
    }
    if let Some(norms) = norms {
        add_squares::<S, M, VECTORS>(simd, arithmetic, weights, norms);
    }
}

/// Continues each lane's sum of squares, in pattern order.
#[inline(always)]
pub(super) fn add_squares<S: Simd, M: MultiplyAdd, const VECTORS: usize>(
    simd: S,
    arithmetic: M,
    weights: &[f32],
    norms: &mut [f32],
) {
    let (norms, _) = S::as_mut_simd_f32s(norms);
    let Some(norms) = norms.first_chunk_mut::<VECTORS>() else { return };
    let mut held = *norms;
    let (weights, _) = S::as_simd_f32s(weights);
    for weights in weights.as_chunks::<VECTORS>().0 {
        for (norm, &weight) in held.iter_mut().zip(weights) {
            *norm = arithmetic.simd(simd, weight, weight, *norm);
        }
    }
    *norms = held;
}

/// Writes components \[input, lane\] of states \[word, lane\] from the `first` input on.
#[inline(always)]
fn components(states: &[u32], lanes: usize, first: usize, zero: f32, weights: &mut [f32]) {
    let [zero, one] = [zero, 1.0].map(f32::to_bits);
    let weights: &mut [u32] = cast_slice_mut(weights);
    for (weights, input) in weights.chunks_exact_mut(lanes).zip(first..) {
        for (weight, &bits) in weights.iter_mut().zip(&states[input / 32 * lanes..][..lanes]) {
            let mask = (bits >> (input % 32) & 1).wrapping_neg();
            *weight = one & mask | zero & !mask;
        }
    }
}

/// Writes the distances \[pattern, lane\] of states \[word, lane\] from keys \[pattern, word\].
#[inline(always)]
fn count<S: Simd, const VECTORS: usize>(simd: S, states: &[u32], keys: &[u32], distances: &mut [u32]) {
    let words = states.len() / (VECTORS * S::F32_LANES);
    let (states, _) = S::as_simd_u32s(states);
    let (vectors, _) = S::as_mut_simd_u32s(distances);
    for (vectors, key) in vectors.as_chunks_mut::<VECTORS>().0.iter_mut().zip(keys.chunks_exact(words)) {
        let mut sums = [simd.splat_u32s(0); VECTORS];
        for (states, &key) in states.as_chunks::<VECTORS>().0.iter().zip(key) {
            let key = simd.splat_u32s(key);
            for (sum, &state) in sums.iter_mut().zip(states) {
                *sum = simd.add_u32s(*sum, count_ones::<S>(simd.xor_u32s(state, key)));
            }
        }
        *vectors = sums;
    }
}

/// Replaces distances by their weights. The length is a constant, so that the compiler sees every index in bounds and
/// gathers a vector at once.
#[inline(always)]
fn look_up<const ENTRIES: usize>(table: &[f32], distances: &mut [u32]) {
    let Some(table) = table.first_chunk::<ENTRIES>() else { return };
    let entry = |distance: u32| table[distance as usize & (ENTRIES - 1)].to_bits();
    let (vectors, last) = distances.as_chunks_mut::<16>();
    for distances in vectors {
        let mut weights = [0; 16];
        for (weight, &distance) in weights.iter_mut().zip(distances.iter()) {
            *weight = entry(distance);
        }
        *distances = weights;
    }
    for distance in last {
        *distance = entry(*distance);
    }
}

#[inline(always)]
fn count_ones<S: Simd>(bits: S::u32s) -> S::u32s {
    let mut counts = bits;
    for lane in cast_slice_mut::<_, u32>(std::slice::from_mut(&mut counts)) {
        *lane = lane.count_ones();
    }
    counts
}

/// Small networks on AVX-512: states and table stay in registers.
#[cfg(target_arch = "x86_64")]
mod permuted {
    use std::arch::x86_64::{__m512, __m512i};

    use pulp::x86::V4;
    use pulp::{Simd, f32x16, u32x16};

    use super::{Distances, PERMUTED, Pairs, add_squares, count_ones};
    use crate::arithmetic::MultiplyAdd;

    /// Squares are added on the way: in a loop of their own, each would wait for the one before.
    #[inline(always)]
    pub(super) fn weigh<M: MultiplyAdd, const VECTORS: usize, const WORDS: usize>(
        simd: V4,
        arithmetic: M,
        pairs: Pairs<'_>,
        keys: &[u32],
        table: &[f32; PERMUTED],
        weights: &mut [f32],
        norms: Option<&mut [f32]>,
    ) {
        let (states, _) = V4::as_simd_u32s(pairs.states);
        let Some(states) = states.as_chunks::<VECTORS>().0.first_chunk::<WORDS>() else { return };
        let (keys, _) = keys.as_chunks::<WORDS>();
        let table: [__m512; 8] = pulp::cast(*table);
        let (vectors, _) = V4::as_mut_simd_f32s(weights);
        let (vectors, _) = vectors.as_chunks_mut::<VECTORS>();
        // A loop of its own for each, so that none asks what is to be done.
        match (pairs.distances, &norms) {
            (Distances::Fresh, Some(_)) => {
                let norms = norms.and_then(|norms| V4::as_mut_simd_f32s(norms).0.first_chunk_mut::<VECTORS>());
                let Some(norms) = norms else { return };
                let mut held = *norms;
                for (weights, key) in vectors.iter_mut().zip(keys) {
                    *weights = look_up_all(simd, &table, count(simd, states, key));
                    for (norm, &weight) in held.iter_mut().zip(weights.iter()) {
                        *norm = arithmetic.simd(simd, weight, weight, *norm);
                    }
                }
                *norms = held;
                return;
            }
            (Distances::Fresh, None) => {
                for (weights, key) in vectors.iter_mut().zip(keys) {
                    *weights = look_up_all(simd, &table, count(simd, states, key));
                }
            }
            (Distances::Record(record), _) => {
                let (record, _) = record.as_chunks_mut::<16>();
                let record = record.as_chunks_mut::<VECTORS>().0.iter_mut();
                for ((weights, record), key) in vectors.iter_mut().zip(record).zip(keys) {
                    let distances = count(simd, states, key);
                    for (record, distance) in record.iter_mut().zip(distances) {
                        *record = pulp::cast(simd.avx512f._mm512_cvtepi32_epi8(pulp::cast(distance)));
                    }
                    *weights = look_up_all(simd, &table, distances);
                }
            }
            (Distances::Known(known), _) => {
                let (known, _) = known.as_chunks::<16>();
                for (weights, known) in vectors.iter_mut().zip(known.as_chunks::<VECTORS>().0) {
                    let mut distances = [simd.splat_u32s(0); VECTORS];
                    for (distance, known) in distances.iter_mut().zip(known) {
                        *distance = pulp::cast(simd.avx512f._mm512_cvtepu8_epi32(pulp::cast(*known)));
                    }
                    *weights = look_up_all(simd, &table, distances);
                }
            }
        }
        if let Some(norms) = norms {
            add_squares::<V4, M, VECTORS>(simd, arithmetic, weights, norms);
        }
    }

    /// The distances from one key.
    #[inline(always)]
    fn count<const VECTORS: usize, const WORDS: usize>(
        simd: V4,
        states: &[[u32x16; VECTORS]; WORDS],
        key: &[u32; WORDS],
    ) -> [u32x16; VECTORS] {
        let mut distances = [simd.splat_u32s(0); VECTORS];
        for (vector, distance) in distances.iter_mut().enumerate() {
            for (states, &key) in states.iter().zip(key) {
                let differing = simd.xor_u32s(states[vector], simd.splat_u32s(key));
                *distance = simd.add_u32s(*distance, count_ones::<V4>(differing));
            }
        }
        distances
    }

    #[inline(always)]
    fn look_up_all<const VECTORS: usize>(
        simd: V4,
        table: &[__m512; 8],
        distances: [u32x16; VECTORS],
    ) -> [f32x16; VECTORS] {
        let mut weights = [simd.splat_f32s(0.0); VECTORS];
        for (weight, distance) in weights.iter_mut().zip(distances) {
            *weight = pulp::cast(look_up(simd, table, pulp::cast(distance)));
        }
        weights
    }

    /// Four look-ups among 32 entries each, by the low five bits; the two bits above choose between them.
    #[inline(always)]
    fn look_up(simd: V4, table: &[__m512; 8], distance: __m512i) -> __m512 {
        let avx = simd.avx512f;
        let a = avx._mm512_permutex2var_ps(table[0], distance, table[1]);
        let b = avx._mm512_permutex2var_ps(table[2], distance, table[3]);
        let c = avx._mm512_permutex2var_ps(table[4], distance, table[5]);
        let d = avx._mm512_permutex2var_ps(table[6], distance, table[7]);
        let by_32 = avx._mm512_test_epi32_mask(distance, avx._mm512_set1_epi32(32));
        let by_64 = avx._mm512_test_epi32_mask(distance, avx._mm512_set1_epi32(64));
        let (low, high) = (avx._mm512_mask_blend_ps(by_32, a, b), avx._mm512_mask_blend_ps(by_32, c, d));
        avx._mm512_mask_blend_ps(by_64, low, high)
    }
}
