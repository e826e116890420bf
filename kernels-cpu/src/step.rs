//! One step of gradient descent on the dual. Twin of `shaders/step.wgsl`.

use rayon::prelude::*;

use crate::{Arithmetic, Extent};

/// `dual -= rate * gradient`, both `[net, trial, N]` with a stored pattern a trial.
pub fn step(extent: &Extent, arithmetic: Arithmetic, rate: f32, gradient: &[f32], dual: &mut [f32]) {
    for (net, dual) in extent.split_trials(dual, extent.neurons).enumerate() {
        let gradient = extent.trials_of(net, gradient, extent.neurons);
        dual.par_iter_mut().zip(gradient).with_min_len(4096).for_each(|(dual, &gradient)| {
            *dual = arithmetic.multiply_add(-rate, gradient, *dual);
        });
    }
}
