//! The residual of kernel logistic regression. Twin of `shaders/logistic.wgsl`.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{Arithmetic, Extent, sigmoid};

/// Replaces the field F = K alpha, in `residual`, by sigma(F) - t + lambda alpha, with t = (y + 1) / 2 for targets y.
///
/// `dual` (alpha) and `residual` are `[net, trial, N]`, `targets` packed `[net, trial]`; a trial here is a stored pattern.
/// Computed as -y sigma(-y F) + lambda alpha, the same number without the cancellation of sigma(F) - 1 near 1.
pub fn logistic(
    extent: &Extent,
    arithmetic: Arithmetic,
    regularization: f32,
    dual: &[f32],
    targets: &[u32],
    residual: &mut [f32],
) {
    let (words, neurons) = (extent.words(), extent.neurons);
    for (net, residual) in extent.split_trials(residual, neurons).enumerate() {
        let dual = extent.trials_of(net, dual, neurons);
        let targets = extent.trials_of(net, targets, words);
        residual.par_chunks_exact_mut(neurons).enumerate().with_min_len(16).for_each(|(pattern, residual)| {
            let dual = &dual[pattern * neurons..][..neurons];
            let target = &targets[pattern * words..][..words];
            Arch::new().dispatch(Row { arithmetic, regularization, dual, target, residual });
        });
    }
}

/// One pattern's residuals; compiled for the vector extension found at run time.
struct Row<'a> {
    arithmetic: Arithmetic,
    regularization: f32,
    dual: &'a [f32],
    target: &'a [u32],
    residual: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // One loop for each arithmetic, and no branches within, so that the compiler can use whole vectors.
        match self.arithmetic {
            Arithmetic::Fused => self.write(Arithmetic::Fused),
            Arithmetic::TwiceRounded => self.write(Arithmetic::TwiceRounded),
        }
    }
}

impl Row<'_> {
    #[inline(always)]
    fn write(self, arithmetic: Arithmetic) {
        for ((residual, dual), &bits) in self.residual.chunks_mut(32).zip(self.dual.chunks(32)).zip(self.target) {
            for (neuron, (residual, &dual)) in residual.iter_mut().zip(dual).enumerate() {
                // The sign bit that negates where the target is +1.
                let up = (bits >> neuron) << 31;
                let miss = sigmoid(arithmetic, f32::from_bits(residual.to_bits() ^ up));
                *residual = arithmetic.multiply_add(self.regularization, dual, f32::from_bits(miss.to_bits() ^ up));
            }
        }
    }
}
