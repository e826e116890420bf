//! The probe of speed: multiply-adds in registers and nothing else. Twin of `shaders/peak.wgsl`.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
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
            Arch::new().dispatch(Task { arithmetic, factor, offset, result });
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
            let mut chains: [S::f32s; CHAINS] = std::array::from_fn(|chain| simd.splat_f32s(chain as f32));
            for _ in 0..STEPS {
                for chain in &mut chains {
                    *chain = self.arithmetic.simd(simd, *chain, factor, offset);
                }
            }
            *result = sum(chains, |a, b| simd.add_f32s(a, b));
        }
        for (result, (&factor, &offset)) in last_results.iter_mut().zip(last_factors.iter().zip(last_offsets)) {
            let mut chains: [f32; CHAINS] = std::array::from_fn(|chain| chain as f32);
            for _ in 0..STEPS {
                for chain in &mut chains {
                    *chain = self.arithmetic.scalar(*chain, factor, offset);
                }
            }
            *result = sum(chains, |a, b| a + b);
        }
    }
}

/// The shader's order: its three vectors, then their four lanes.
#[inline(always)]
fn sum<T: Copy>(chains: [T; CHAINS], add: impl Fn(T, T) -> T) -> T {
    let lane = |lane: usize| add(add(chains[lane], chains[lane + 4]), chains[lane + 8]);
    add(add(add(lane(0), lane(1)), lane(2)), lane(3))
}
