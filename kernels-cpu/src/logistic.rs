//! The residual of kernel logistic regression. Twin of `shaders/logistic.wgsl`.

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
            for (neuron, (residual, &dual)) in residual.iter_mut().zip(dual).enumerate() {
                let up = target[neuron / 32] >> (neuron % 32) & 1 == 1;
                let field = *residual;
                let miss = sigmoid(arithmetic, if up { -field } else { field });
                *residual = arithmetic.multiply_add(regularization, dual, if up { -miss } else { miss });
            }
        });
    }
}
