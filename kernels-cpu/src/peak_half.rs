//! The probe of matrix units: products of 16 x 16 matrices of halves, summed in registers. Twin of `shaders/peak_half.wgsl`.

use rayon::prelude::*;

use crate::Extent;

/// Rows and columns of a matrix.
const SIDE: usize = 16;
/// Sums side by side, which do not wait for each other.
const SUMS: usize = 4;
/// Products in every sum.
pub const STEPS: usize = 128;

/// Multiply-adds that the kernel does for one trial, which is one row of a matrix.
pub const PER_TRIAL: usize = SIDE * SIDE * SUMS * STEPS;

/// The largest factor: up to it every sum is below 2^24, and so exact in any order.
pub const MOST: u32 = 61;

/// `result[net, trial]` = the sum over four matrices j, their columns c, and 128 times, of the sum over k of
/// A\[trial, k\] B_j\[k, c\], A = factor + k mod 4, B_j = (k + 2 c + j) mod 3. Factors are at most [`MOST`].
pub fn peak_half(extent: &Extent, factor: &[u32], result: &mut [f32]) {
    let column = |at: usize| ((at / (SIDE * SUMS) + 2 * (at / SUMS % SIDE) + at % SUMS) % 3) as f32;
    let right: Vec<f32> = (0..SIDE * SIDE * SUMS).map(column).collect();
    for (net, result) in extent.split_trials(result, 1).enumerate() {
        let factor = extent.trials_of(net, factor, 1);
        result.par_iter_mut().zip(factor).for_each(|(result, &factor)| {
            let mut sums = [0.0_f32; SIDE * SUMS];
            for _ in 0..STEPS {
                for (k, row) in right.chunks_exact(SIDE * SUMS).enumerate() {
                    let left = (factor + k as u32 % 4) as f32;
                    for (sum, right) in sums.iter_mut().zip(row) {
                        *sum += left * right;
                    }
                }
            }
            *result = sums.iter().sum();
        });
    }
}
