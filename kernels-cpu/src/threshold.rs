//! The sign of each field, and whether it can be trusted. Twin of `shaders/threshold.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::Extent;
use crate::vector::dispatch;

/// Arrays of [`threshold`], all `[net, trial]` but `inverse_bound`, which is `[net]`.
pub struct Threshold<'a> {
    /// Packed states the fields were computed from.
    pub states: &'a [u32],
    /// Fields, N per trial.
    pub field: &'a [f32],
    /// Sum over patterns of the squared weights.
    pub weight_norm: &'a [f32],
    /// 1 / (gamma |dual_i|_2), N per net, rounded down: gamma is the relative rounding error of a field's sum. 0 where
    /// nothing is certain.
    pub inverse_bound: &'a [f32],
    /// Packed next states.
    pub next: &'a mut [u32],
    /// Packed: 1 where the sign is not certain.
    pub uncertain: &'a mut [u32],
    /// 1 where the next state differs from the state, else 0.
    pub changed: &'a mut [u32],
}

/// Signs the fields: +1 above 0, -1 below, and a field of exactly 0 keeps the neuron's state.
///
/// A sign is certain when `(field * inverse_bound)^2 > weight_norm`, that is |h| > gamma |k|_2 |dual_i|_2, which by
/// Cauchy-Schwarz bounds the rounding error of h. Written with products only, so that every device decides alike; what
/// underflows, is infinite or NaN is never certain.
pub fn threshold(extent: &Extent, arrays: Threshold<'_>) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let nets = extent
        .split_trials(arrays.next, words)
        .zip(extent.split_trials(arrays.uncertain, words))
        .zip(extent.split_trials(arrays.changed, 1))
        .enumerate();
    for (net, ((next, uncertain), changed)) in nets {
        let states = extent.trials_of(net, arrays.states, words);
        let field = extent.trials_of(net, arrays.field, neurons);
        let weight_norm = extent.trials_of(net, arrays.weight_norm, 1);
        let inverse_bound = &arrays.inverse_bound[net * extent.neuron_stride()..][..neurons];
        let bounds = Bounds::new(inverse_bound);
        next.par_chunks_mut(ROWS * words)
            .zip(uncertain.par_chunks_mut(ROWS * words))
            .zip(changed.par_chunks_mut(ROWS))
            .zip(states.par_chunks(ROWS * words).zip(field.par_chunks(ROWS * neurons)))
            .zip(weight_norm.par_chunks(ROWS))
            .for_each(|((((next, uncertain), changed), (states, field)), weight_norm)| {
                dispatch(Rows { neurons, bounds: &bounds, states, field, weight_norm, next, uncertain, changed });
            });
    }
}

/// Trials that are one task.
const ROWS: usize = 64;

/// Some trials of one net; compiled for the vector extension found at run time.
struct Rows<'a> {
    neurons: usize,
    bounds: &'a Bounds<'a>,
    states: &'a [u32],
    field: &'a [f32],
    weight_norm: &'a [f32],
    next: &'a mut [u32],
    uncertain: &'a mut [u32],
    changed: &'a mut [u32],
}

/// Inverse bounds as the words of a state want them.
struct Bounds<'a> {
    /// Those of words that are full.
    whole: &'a [[f32; WORD]],
    /// Those of the last word that is not: of the last 32 neurons, or of fewer and zeros.
    last: Option<[f32; WORD]>,
}

impl<'a> Bounds<'a> {
    fn new(inverse: &'a [f32]) -> Self {
        let (whole, rest) = inverse.as_chunks();
        let last = (!rest.is_empty()).then(|| *inverse.last_chunk().unwrap_or(&padded(rest)));
        Self { whole, last }
    }
}

/// Fewer values than a word has bits, and zeros.
#[inline(always)]
fn padded(values: &[f32]) -> [f32; WORD] {
    let mut padded = [0.0; WORD];
    padded.iter_mut().zip(values).for_each(|(padded, &value)| *padded = value);
    padded
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let words = self.neurons.div_ceil(WORD);
        let outputs = self.next.chunks_exact_mut(words).zip(self.uncertain.chunks_exact_mut(words)).zip(self.changed);
        let inputs = self.states.chunks_exact(words).zip(self.field.chunks_exact(self.neurons)).zip(self.weight_norm);
        for (((next, uncertain), changed), ((states, field), &norm)) in outputs.zip(inputs) {
            let (whole, rest) = field.as_chunks();
            let outputs = next.iter_mut().zip(uncertain.iter_mut());
            let inputs = states.iter().zip(self.bounds.whole).zip(whole);
            for ((next, uncertain), ((&state, bounds), field)) in outputs.zip(inputs) {
                let compared = compare(simd, field, bounds, norm);
                (*next, *uncertain) = (compared.signs(state), !compared.certain);
            }
            if let Some(bounds) = &self.bounds.last {
                // The last 32 neurons are loaded at once where there are so many: copying a few of them costs more.
                let compared = match field.last_chunk() {
                    Some(field) => compare(simd, field, bounds, norm).past(WORD - rest.len()),
                    None => compare(simd, &padded(rest), bounds, norm),
                };
                let ones = u32::MAX >> (WORD - rest.len());
                next[words - 1] = compared.signs(states[words - 1]) & ones;
                uncertain[words - 1] = !compared.certain & ones;
            }
            let moved = next.iter().zip(states).fold(0, |moved, (next, state)| moved | (next ^ state));
            *changed = u32::from(moved != 0);
        }
    }
}

/// Neurons of a packed word.
const WORD: usize = 32;

/// Fields of 32 neurons against 0 and their bounds, a bit each.
#[derive(Clone, Copy)]
struct Compared {
    above: u32,
    ties: u32,
    certain: u32,
}

impl Compared {
    /// Those after the first `neurons`.
    #[inline(always)]
    fn past(self, neurons: usize) -> Self {
        let Self { above, ties, certain } = self;
        Self { above: above >> neurons, ties: ties >> neurons, certain: certain >> neurons }
    }

    /// The next states.
    #[inline(always)]
    fn signs(self, state: u32) -> u32 {
        self.above | self.ties & state
    }
}

#[inline(always)]
fn compare<S: Simd>(simd: S, field: &[f32; WORD], inverse: &[f32; WORD], norm: f32) -> Compared {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = crate::vector::avx512(simd) {
        return compare_avx512(simd, field, inverse, norm);
    }
    let _ = simd;
    let mut bits = [[0; WORD]; 3];
    let [above, ties, certain] = &mut bits;
    // Bit by bit and without branches, so that the compiler can use whole vectors.
    for (bit, (&h, &inverse)) in field.iter().zip(inverse).enumerate() {
        let scaled = h * inverse;
        let clear = (inverse > 0.0) & (scaled * scaled > norm) & h.is_finite();
        above[bit] = if h > 0.0 { 1 << bit } else { 0 };
        ties[bit] = if h == 0.0 { 1 << bit } else { 0 };
        certain[bit] = if clear { 1 << bit } else { 0 };
    }
    let [above, ties, certain] = bits.map(|bits| bits.into_iter().fold(0, |all, bit| all | bit));
    Compared { above, ties, certain: if norm.is_finite() { certain } else { 0 } }
}

/// The same, each comparison sixteen bits at once.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn compare_avx512(simd: pulp::x86::V4, field: &[f32; WORD], inverse: &[f32; WORD], norm: f32) -> Compared {
    use std::arch::x86_64::{__m512, _CMP_EQ_OQ, _CMP_GT_OQ};
    /// The classes of both infinities; a NaN fails the comparison with the norm.
    const INFINITE: i32 = 0x18;
    let (avx, classes) = (simd.avx512f, simd.avx512dq);
    let (fields, inverses): ([__m512; 2], [__m512; 2]) = (pulp::cast(*field), pulp::cast(*inverse));
    let (zero, norms) = (avx._mm512_setzero_ps(), avx._mm512_set1_ps(norm));
    let mut compared = Compared { above: 0, ties: 0, certain: 0 };
    for (half, (h, inverse)) in fields.into_iter().zip(inverses).enumerate() {
        let scaled = avx._mm512_mul_ps(h, inverse);
        let clear = avx._mm512_cmp_ps_mask::<_CMP_GT_OQ>(avx._mm512_mul_ps(scaled, scaled), norms)
            & avx._mm512_cmp_ps_mask::<_CMP_GT_OQ>(inverse, zero)
            & !classes._mm512_fpclass_ps_mask::<INFINITE>(h);
        compared.above |= u32::from(avx._mm512_cmp_ps_mask::<_CMP_GT_OQ>(h, zero)) << (16 * half);
        compared.ties |= u32::from(avx._mm512_cmp_ps_mask::<_CMP_EQ_OQ>(h, zero)) << (16 * half);
        compared.certain |= u32::from(clear) << (16 * half);
    }
    if !norm.is_finite() {
        compared.certain = 0;
    }
    compared
}
