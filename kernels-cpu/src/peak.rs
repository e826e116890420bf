//! The probe of speed: multiply-adds in registers and nothing else. Twin of `shaders/peak.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// Chains a trial, which do not wait for each other: three vectors of four on a GPU, twelve registers here.
const CHAINS: usize = 12;
/// Multiply-adds of every chain.
const STEPS: usize = 2048;
/// Trials that one thread takes at a time.
const TASK: usize = 256;

/// Multiply-adds that the kernel does for one trial.
pub const PER_TRIAL: usize = CHAINS * STEPS;

/// `result[net, trial]` = the sum over chains c of x_c after 2048 times x_c <- x_c * factor + offset, from x_c = c.
pub fn peak(extent: &Extent, arithmetic: Arithmetic, factor: &[f32], offset: &[f32], result: &mut [f32]) {
    match arithmetic {
        Arithmetic::Fused => run(extent, Fused, factor, offset, result),
        Arithmetic::TwiceRounded => run(extent, TwiceRounded, factor, offset, result),
    }
}

fn run<M: MultiplyAdd>(extent: &Extent, arithmetic: M, factor: &[f32], offset: &[f32], result: &mut [f32]) {
    for (net, result) in extent.split_trials(result, 1).enumerate() {
        let [factor, offset] = [factor, offset].map(|array| extent.trials_of(net, array, 1));
        let inputs = factor.par_chunks(TASK).zip(offset.par_chunks(TASK));
        result.par_chunks_mut(TASK).zip(inputs).for_each(|(result, (factor, offset))| {
            dispatch(Task { arithmetic, factor, offset, result });
        });
    }
}

/// Trials side by side in vectors; compiled for the vector extension found at run time.
struct Task<'a, M> {
    arithmetic: M,
    factor: &'a [f32],
    offset: &'a [f32],
    result: &'a mut [f32],
}

impl<M: MultiplyAdd> WithSimd for Task<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (factors, last_factors) = S::as_simd_f32s(self.factor);
        let (offsets, last_offsets) = S::as_simd_f32s(self.offset);
        let (results, last_results) = S::as_mut_simd_f32s(self.result);
        for (result, (&factor, &offset)) in results.iter_mut().zip(factors.iter().zip(offsets)) {
            *result = chains(simd, self.arithmetic, factor, offset);
        }
        if !last_results.is_empty() {
            let (factor, offset) = (simd.partial_load_f32s(last_factors), simd.partial_load_f32s(last_offsets));
            simd.partial_store_f32s(last_results, chains(simd, self.arithmetic, factor, offset));
        }
    }
}

#[inline(always)]
fn chains<S: Simd, M: MultiplyAdd>(simd: S, arithmetic: M, factor: S::f32s, offset: S::f32s) -> S::f32s {
    let mut chains = [simd.splat_f32s(0.0); CHAINS];
    for (start, chain) in chains.iter_mut().enumerate() {
        *chain = simd.splat_f32s(start as f32);
    }
    for _ in 0..STEPS {
        for chain in &mut chains {
            *chain = arithmetic.simd(simd, *chain, factor, offset);
        }
    }
    // The shader's order: its three vectors, then their four lanes.
    let mut lanes = [chains[0]; 4];
    for (i, lane) in lanes.iter_mut().enumerate() {
        *lane = simd.add_f32s(simd.add_f32s(chains[i], chains[i + 4]), chains[i + 8]);
    }
    simd.add_f32s(simd.add_f32s(simd.add_f32s(lanes[0], lanes[1]), lanes[2]), lanes[3])
}
