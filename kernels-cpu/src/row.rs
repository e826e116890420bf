//! What the kernels that weigh rows of scores share: 64 lanes, each of which takes every 64th score, and sums by
//! halves. The same order as `shaders/shared/row.wgsl`, whose 64 threads the lanes are.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

pub(crate) const LANES: usize = 64;

/// One value for each lane.
pub(crate) type Lanes = [f32; LANES];

/// The sum of what the lanes found.
#[inline(always)]
pub(crate) fn total(mut found: Lanes) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            found[lane] += found[lane + half];
        }
        half /= 2;
    }
    found[0]
}

/// The largest of some scores, 0 where it is -0.
#[inline(always)]
pub(crate) fn largest(scores: &[f32]) -> f32 {
    let most = scores.iter().fold(f32::MIN, |most, &score| if score > most { score } else { most });
    if most == 0.0 { 0.0 } else { most }
}

/// Replaces each score by `weigh` of it, and sums these.
#[inline(always)]
pub(crate) fn weigh_and_sum(scores: &mut [f32], weigh: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    for chunk in scores.chunks_mut(LANES) {
        for (sum, score) in sums.iter_mut().zip(chunk) {
            *score = weigh(*score);
            *sum += *score;
        }
    }
    total(sums)
}

/// Replaces each score by the product of the two numbers that `factors` makes of it, and sums these by multiply-adds: a
/// device may join a product and a sum that follows it, unless that is what it is told.
#[inline(always)]
pub(crate) fn multiply_and_sum(arithmetic: Arithmetic, scores: &mut [f32], factors: impl Fn(f32) -> (f32, f32)) -> f32 {
    let mut sums = [0.0; LANES];
    for chunk in scores.chunks_mut(LANES) {
        for (sum, score) in sums.iter_mut().zip(chunk) {
            let (a, b) = factors(*score);
            *score = a * b;
            *sum = arithmetic.multiply_add(a, b, *sum);
        }
    }
    total(sums)
}

/// Multiplies all weights.
#[inline(always)]
pub(crate) fn scale(weights: &mut [f32], share: f32) {
    weights.iter_mut().for_each(|weight| *weight *= share);
}

/// What is done with one row of scores.
pub(crate) trait Weigh: Sync {
    /// Values that sum a row up.
    const SUMMARY: usize;

    /// Replaces the scores of a trial, its row in memory given, by weights; fills the summary.
    fn weigh(&self, row: usize, scores: &mut [f32], summary: &mut [f32]);
}

/// Weighs every row of `weights`, `[net, trial, padded(P)]`, into `summary`, `[net, trial, SUMMARY]`; what pads a row
/// weighs 0.
pub(crate) fn weigh_rows<W: Weigh>(extent: &Extent, weights: &mut [f32], summary: &mut [f32], weigh: &W) {
    let (stride, patterns) = (extent.pattern_stride, extent.patterns);
    let nets = extent.split_trials(weights, stride).zip(extent.split_trials(summary, W::SUMMARY));
    for (net, (weights, summary)) in nets.enumerate() {
        let rows = weights.par_chunks_mut(stride).zip(summary.par_chunks_mut(W::SUMMARY)).enumerate().with_min_len(4);
        rows.for_each(|(trial, (weights, summary))| {
            let (scores, padding) = weights.split_at_mut(patterns);
            dispatch(Row { weigh, row: net * extent.trial_stride + trial, scores, summary });
            padding.fill(0.0);
        });
    }
}

/// One row; compiled for the vector extension found at run time.
struct Row<'a, W> {
    weigh: &'a W,
    row: usize,
    scores: &'a mut [f32],
    summary: &'a mut [f32],
}

impl<W: Weigh> WithSimd for Row<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.weigh.weigh(self.row, self.scores, self.summary);
    }
}
