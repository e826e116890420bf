//! Fields from weights that are given. Twin of `shaders/weighted.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// Trials that share each pass over the dual.
const ROWS: usize = 8;

/// field\[net, trial, i\] = sum over mu of weights\[net, trial, mu\] * dual\[net, mu, i\]: one multiply-add chain in pattern
/// order from 0, or from where an earlier panel left it unless this one starts at pattern 0.
///
/// `weights` is `[net, trial, padded(P)]`, all patterns whatever the panel, `dual` `[net, pattern, N]`, `field` `[net, trial,
/// N]`.
pub fn weighted(extent: &Extent, arithmetic: Arithmetic, weights: &[f32], dual: &[f32], field: &mut [f32]) {
    let (neurons, stride) = (extent.neurons, extent.pattern_stride);
    for (net, field) in extent.split_trials(field, neurons).enumerate() {
        let weights = extent.trials_of(net, weights, stride);
        let dual = extent.patterns_of(net, dual, neurons);
        field.par_chunks_mut(ROWS * neurons).zip(weights.par_chunks(ROWS * stride)).for_each(|(field, weights)| {
            if extent.first_pattern == 0 {
                field.fill(0.0);
            }
            match arithmetic {
                Arithmetic::Fused => dispatch(Rows { arithmetic: Fused, extent, weights, dual, field }),
                Arithmetic::TwiceRounded => dispatch(Rows { arithmetic: TwiceRounded, extent, weights, dual, field }),
            }
        });
    }
}

/// Some trials; compiled for the vector extension found at run time.
struct Rows<'a, M> {
    arithmetic: M,
    extent: &'a Extent,
    weights: &'a [f32],
    dual: &'a [f32],
    field: &'a mut [f32],
}

impl<M: MultiplyAdd> WithSimd for Rows<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Extent { neurons, pattern_stride, first_pattern, .. } = *self.extent;
        for (pattern, dual) in self.dual.chunks_exact(neurons).enumerate() {
            let (duals, last_duals) = S::as_simd_f32s(dual);
            for (field, weights) in self.field.chunks_exact_mut(neurons).zip(self.weights.chunks_exact(pattern_stride))
            {
                let weight = simd.splat_f32s(weights[first_pattern + pattern]);
                let (sums, last_sums) = S::as_mut_simd_f32s(field);
                for (sum, &dual) in sums.iter_mut().zip(duals) {
                    *sum = self.arithmetic.simd(simd, weight, dual, *sum);
                }
                if !last_sums.is_empty() {
                    let (held, dual) = (simd.partial_load_f32s(last_sums), simd.partial_load_f32s(last_duals));
                    simd.partial_store_f32s(last_sums, self.arithmetic.simd(simd, weight, dual, held));
                }
            }
        }
    }
}
