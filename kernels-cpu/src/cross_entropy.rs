//! The gradient of the cross entropy in rows of scores. Twin of `shaders/cross_entropy.wgsl`.

use crate::elementary::{exponential, reciprocal};
use crate::row::{Weigh, largest, scale, weigh_and_sum, weigh_rows};
use crate::{Arithmetic, Extent};

/// What the loss is taken with.
#[derive(Clone, Copy, Debug)]
pub struct Loss<'a> {
    /// The pattern that each query was made from, `[net, trial]`.
    pub source: &'a [u32],
    /// Scores are multiplied by this.
    pub beta: f32,
    /// The gradients are multiplied by this.
    pub scale: f32,
}

/// Replaces the scores s of each row of `weights`, `[net, trial, padded(P)]`, by scale (softmax(beta s) - 1 at the
/// source): the gradient in beta s of scale times the loss -ln softmax(beta s) at the source.
///
/// `summary`, `[net, trial, 2]`, is beta (max s - s at the source) and the sum of exp(beta (s - max s)): the loss is
/// the first and ln of the second. (softmax - 1 is a difference without cancellation only while softmax is below 1/2;
/// above, its error is a unit in the last place of 1, which is what a gradient in f32 can be expected to know.)
pub fn cross_entropy(
    extent: &Extent,
    arithmetic: Arithmetic,
    loss: Loss<'_>,
    weights: &mut [f32],
    summary: &mut [f32],
) {
    match arithmetic {
        Arithmetic::Fused => weigh_rows(extent, weights, summary, &CrossEntropy::<true>(loss)),
        Arithmetic::TwiceRounded => weigh_rows(extent, weights, summary, &CrossEntropy::<false>(loss)),
    }
}

struct CrossEntropy<'a, const FUSED: bool>(Loss<'a>);

impl<const FUSED: bool> Weigh for CrossEntropy<'_, FUSED> {
    const SUMMARY: usize = 2;

    #[inline(always)]
    fn weigh(&self, row: usize, scores: &mut [f32], summary: &mut [f32]) {
        let arithmetic = Arithmetic::of(FUSED);
        let Loss { source, beta, scale: factor } = self.0;
        let from = (source[row] as usize).min(scores.len() - 1);
        let most = largest(scores);
        let behind = beta * (most - scores[from]);
        let sum = weigh_and_sum(scores, |score| exponential(arithmetic, beta * (score - most)));
        let share = reciprocal(arithmetic, sum);
        let at_source = arithmetic.multiply_add(scores[from], share, -1.0);
        scale(scores, share);
        scores[from] = at_source;
        scale(scores, factor);
        summary.copy_from_slice(&[behind, sum]);
    }
}
