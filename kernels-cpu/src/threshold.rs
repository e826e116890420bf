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
        let mut inverse = inverse_bound.to_vec();
        inverse.resize(words * 32, 0.0);
        let (inverse, _) = inverse.as_chunks();
        next.par_chunks_mut(ROWS * words)
            .zip(uncertain.par_chunks_mut(ROWS * words))
            .zip(changed.par_chunks_mut(ROWS))
            .zip(states.par_chunks(ROWS * words).zip(field.par_chunks(ROWS * neurons)))
            .zip(weight_norm.par_chunks(ROWS))
            .for_each(|((((next, uncertain), changed), (states, field)), weight_norm)| {
                dispatch(Rows { neurons, inverse, states, field, weight_norm, next, uncertain, changed });
            });
    }
}

/// Trials that are one task.
const ROWS: usize = 64;

/// Some trials of one net; compiled for the vector extension found at run time.
struct Rows<'a> {
    neurons: usize,
    /// Inverse bounds, 32 for each word, 0 beyond N.
    inverse: &'a [[f32; 32]],
    states: &'a [u32],
    field: &'a [f32],
    weight_norm: &'a [f32],
    next: &'a mut [u32],
    uncertain: &'a mut [u32],
    changed: &'a mut [u32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let words = self.inverse.len();
        // Ones where the last word has neurons.
        let last = u32::MAX >> (words * 32 - self.neurons);
        let outputs = self.next.chunks_exact_mut(words).zip(self.uncertain.chunks_exact_mut(words)).zip(self.changed);
        let inputs = self.states.chunks_exact(words).zip(self.field.chunks_exact(self.neurons)).zip(self.weight_norm);
        for (((next, uncertain), changed), ((states, field), &norm)) in outputs.zip(inputs) {
            let (whole, rest) = field.as_chunks();
            let outputs = next.iter_mut().zip(uncertain.iter_mut());
            let inputs = states.iter().zip(self.inverse).zip(whole);
            for ((next, uncertain), ((&state, inverse), field)) in outputs.zip(inputs) {
                (*next, *uncertain) = signs(state, field, inverse, norm);
            }
            if !rest.is_empty() {
                let mut padded = [0.0; 32];
                padded.iter_mut().zip(rest).for_each(|(padded, &field)| *padded = field);
                let (signs, doubts) = signs(states[words - 1], &padded, &self.inverse[words - 1], norm);
                (next[words - 1], uncertain[words - 1]) = (signs & last, doubts & last);
            }
            *changed = u32::from(next != states);
        }
    }
}

/// The signs of one word's fields, and which of them are not certain.
#[inline(always)]
fn signs(state: u32, field: &[f32; 32], inverse: &[f32; 32], norm: f32) -> (u32, u32) {
    let (mut signs, mut certain) = ([0; 32], [0; 32]);
    // Bit by bit and without branches, so that the compiler can use whole vectors.
    for (bit, (sign, certain)) in signs.iter_mut().zip(&mut certain).enumerate() {
        let (h, inverse) = (field[bit], inverse[bit]);
        let old = state & (1 << bit);
        *sign = if h > 0.0 { 1 << bit } else { 0 } | if h == 0.0 { old } else { 0 };
        let scaled = h * inverse;
        let clear = (inverse > 0.0) & (scaled * scaled > norm) & h.is_finite();
        *certain = if clear { 1 << bit } else { 0 };
    }
    let any = |bits: [u32; 32]| bits.into_iter().fold(0, |all, bit| all | bit);
    let certain = if norm.is_finite() { any(certain) } else { 0 };
    (any(signs), !certain)
}
