//! The residual of kernel logistic regression. Twin of `shaders/logistic.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::vector::dispatch;
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
        residual
            .par_chunks_mut(ROWS * neurons)
            .zip(dual.par_chunks(ROWS * neurons))
            .zip(targets.par_chunks(ROWS * words))
            .for_each(|((residual, dual), targets)| {
                dispatch(Rows { arithmetic, regularization, neurons, dual, targets, residual });
            });
    }
}

/// Residuals at a time: as many as a packed word has bits.
const LANES: usize = 32;

/// Patterns whose residuals are one task.
const ROWS: usize = 32;

/// Some patterns' residuals; compiled for the vector extension found at run time.
struct Rows<'a> {
    arithmetic: Arithmetic,
    regularization: f32,
    neurons: usize,
    dual: &'a [f32],
    targets: &'a [u32],
    residual: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
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

impl Rows<'_> {
    #[inline(always)]
    fn write(self, arithmetic: Arithmetic) {
        let signs = joined(self.targets, self.neurons);
        let (residuals, last) = self.residual.as_chunks_mut();
        let (duals, last_dual) = self.dual.as_chunks();
        for ((residual, dual), &bits) in residuals.iter_mut().zip(duals).zip(&signs) {
            lanes(arithmetic, self.regularization, residual, dual, bits);
        }
        if let Some(&bits) = signs.get(residuals.len()) {
            let (mut residual, mut dual) = ([0.0; LANES], [0.0; LANES]);
            residual[..last.len()].copy_from_slice(last);
            dual[..last_dual.len()].copy_from_slice(last_dual);
            lanes(arithmetic, self.regularization, &mut residual, &dual, bits);
            last.copy_from_slice(&residual[..last.len()]);
        }
    }
}

/// Packed rows without the gaps between them: the residuals of many rows are then one run of whole vectors.
#[inline(always)]
fn joined(rows: &[u32], neurons: usize) -> Vec<u32> {
    let words = neurons.div_ceil(32);
    let mut joined = vec![0; (rows.len() / words * neurons).div_ceil(32)];
    for (row, bits) in rows.chunks_exact(words).enumerate() {
        for (word, &bits) in bits.iter().enumerate() {
            let at = row * neurons + word * 32;
            // Tail bits are zero, so what reaches beyond the row, or beyond the last word, says nothing.
            let shifted = u64::from(bits) << (at % 32);
            joined[at / 32] |= shifted as u32;
            if let Some(next) = joined.get_mut(at / 32 + 1) {
                *next |= (shifted >> 32) as u32;
            }
        }
    }
    joined
}

#[inline(always)]
fn lanes(arithmetic: Arithmetic, regularization: f32, residual: &mut [f32; LANES], dual: &[f32; LANES], bits: u32) {
    for (neuron, (residual, &dual)) in residual.iter_mut().zip(dual).enumerate() {
        // The sign bit that negates where the target is +1.
        let up = (bits >> neuron) << 31;
        let miss = sigmoid(arithmetic, f32::from_bits(residual.to_bits() ^ up));
        *residual = arithmetic.multiply_add(regularization, dual, f32::from_bits(miss.to_bits() ^ up));
    }
}
