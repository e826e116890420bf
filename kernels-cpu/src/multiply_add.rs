//! The probe: what `fma` does on a device. Twin of `shaders/multiply_add.wgsl`.

use crate::{Arithmetic, Extent};

/// `result[net, trial] = a * b + c` in the given arithmetic.
pub fn multiply_add(extent: &Extent, arithmetic: Arithmetic, a: &[f32], b: &[f32], c: &[f32], result: &mut [f32]) {
    for (net, result) in extent.split_trials(result, 1).enumerate() {
        let inputs = [a, b, c].map(|x| extent.trials_of(net, x, 1));
        for (trial, result) in result.iter_mut().enumerate() {
            *result = arithmetic.multiply_add(inputs[0][trial], inputs[1][trial], inputs[2][trial]);
        }
    }
}
