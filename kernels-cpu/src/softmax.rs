//! Softmax of rows of scores. Twin of `shaders/softmax.wgsl`.

use crate::elementary::{exponential, reciprocal};
use crate::row::{Weigh, largest, scale, weigh_and_sum, weigh_rows};
use crate::{Arithmetic, Extent};

/// Replaces the scores s of each row of `weights`, `[net, trial, padded(P)]`, by exp(beta (s - max s)), divided by
/// their sum if `normalized`. `summary`, `[net, trial, 2]`, is max s and that sum: ln of the sum of exp(beta s) is beta
/// max s + ln of it.
pub fn softmax(
    extent: &Extent,
    arithmetic: Arithmetic,
    beta: f32,
    normalized: bool,
    weights: &mut [f32],
    summary: &mut [f32],
) {
    match arithmetic {
        Arithmetic::Fused => run::<true>(extent, beta, normalized, weights, summary),
        Arithmetic::TwiceRounded => run::<false>(extent, beta, normalized, weights, summary),
    }
}

fn run<const FUSED: bool>(extent: &Extent, beta: f32, normalized: bool, weights: &mut [f32], summary: &mut [f32]) {
    weigh_rows(extent, weights, summary, &Softmax::<FUSED> { beta, normalized });
}

struct Softmax<const FUSED: bool> {
    beta: f32,
    normalized: bool,
}

impl<const FUSED: bool> Weigh for Softmax<FUSED> {
    const SUMMARY: usize = 2;

    #[inline(always)]
    fn weigh(&self, _: usize, scores: &mut [f32], summary: &mut [f32]) {
        let arithmetic = Arithmetic::of(FUSED);
        let most = largest(scores);
        let sum = weigh_and_sum(scores, |score| exponential(arithmetic, self.beta * (score - most)));
        if self.normalized {
            scale(scores, reciprocal(arithmetic, sum));
        }
        summary.copy_from_slice(&[most, sum]);
    }
}
