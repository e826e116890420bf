//! One step of gradient descent on the dual. Twin of `shaders/step.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// `dual -= rate * gradient`, both `[net, trial, N]` with a stored pattern a trial.
pub fn step(extent: &Extent, arithmetic: Arithmetic, rate: f32, gradient: &[f32], dual: &mut [f32]) {
    for (net, dual) in extent.split_trials(dual, extent.neurons).enumerate() {
        let gradient = extent.trials_of(net, gradient, extent.neurons);
        dual.par_chunks_mut(4096).zip(gradient.par_chunks(4096)).for_each(|(dual, gradient)| {
            dispatch(Chunk { arithmetic, rate, gradient, dual });
        });
    }
}

/// A piece of the dual; compiled for the vector extension found at run time.
struct Chunk<'a> {
    arithmetic: Arithmetic,
    rate: f32,
    gradient: &'a [f32],
    dual: &'a mut [f32],
}

impl WithSimd for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (dual, &gradient) in self.dual.iter_mut().zip(self.gradient) {
            *dual = self.arithmetic.multiply_add(-self.rate, gradient, *dual);
        }
    }
}
