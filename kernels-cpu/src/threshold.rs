//! The sign of each field, and whether it can be trusted. Twin of `shaders/threshold.wgsl`.

use rayon::prelude::*;

use crate::Extent;

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
        next.par_chunks_exact_mut(words)
            .zip(uncertain.par_chunks_exact_mut(words))
            .zip(changed)
            .enumerate()
            .with_min_len(64)
            .for_each(|(trial, ((next, uncertain), changed))| {
                let state = &states[trial * words..][..words];
                let field = &field[trial * neurons..][..neurons];
                let norm = weight_norm[trial];
                for (word, (field, inverse)) in field.chunks(32).zip(inverse_bound.chunks(32)).enumerate() {
                    let (mut signs, mut doubts) = (0, 0);
                    for (bit, (&h, &inverse)) in field.iter().zip(inverse).enumerate() {
                        let old = state[word] >> bit & 1 == 1;
                        let positive = h > 0.0 || (h == 0.0 && old);
                        signs |= u32::from(positive) << bit;
                        let scaled = h * inverse;
                        let certain = inverse > 0.0 && scaled * scaled > norm && h.is_finite() && norm.is_finite();
                        doubts |= u32::from(!certain) << bit;
                    }
                    next[word] = signs;
                    uncertain[word] = doubts;
                }
                *changed = u32::from(next != state);
            });
    }
}
