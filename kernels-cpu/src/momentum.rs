//! One step of accelerated descent on the dual, with constant momentum. Twin of `shaders/momentum.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::vector::dispatch;
use crate::{Arithmetic, Extent, PAD};

/// Nesterov's two sequences in one: `dual` is where the gradient was taken, and `carried` the momentum that led there.
///
/// ```text
/// moved = carried - step * gradient,   dual += momentum * moved - step * gradient,   carried = momentum * moved
/// ```
///
/// `pace[net]` is (step, momentum); the others are `[net, trial, N]` with a stored pattern a trial.
pub fn momentum(
    extent: &Extent,
    arithmetic: Arithmetic,
    pace: &[f32],
    gradient: &[f32],
    carried: &mut [f32],
    dual: &mut [f32],
) {
    let nets = extent.split_trials(carried, extent.neurons).zip(extent.split_trials(dual, extent.neurons));
    for (net, (carried, dual)) in nets.enumerate() {
        let [step, momentum] = [pace[net * PAD], pace[net * PAD + 1]];
        let gradient = extent.trials_of(net, gradient, extent.neurons);
        let chunks = carried.par_chunks_mut(4096).zip(dual.par_chunks_mut(4096)).zip(gradient.par_chunks(4096));
        chunks.for_each(|((carried, dual), gradient)| {
            dispatch(Chunk { arithmetic, step, momentum, gradient, carried, dual });
        });
    }
}

/// A piece of the dual; compiled for the vector extension found at run time.
struct Chunk<'a> {
    arithmetic: Arithmetic,
    step: f32,
    momentum: f32,
    gradient: &'a [f32],
    carried: &'a mut [f32],
    dual: &'a mut [f32],
}

impl WithSimd for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { arithmetic, step, momentum, .. } = self;
        for ((dual, carried), &gradient) in self.dual.iter_mut().zip(self.carried).zip(self.gradient) {
            let moved = arithmetic.multiply_add(-step, gradient, *carried);
            let stepped = arithmetic.multiply_add(-step, gradient, *dual);
            *dual = arithmetic.multiply_add(momentum, moved, stepped);
            *carried = momentum * moved;
        }
    }
}
