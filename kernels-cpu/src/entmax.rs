//! Entmax of rows of scores, sparsemax among them. Twin of `shaders/entmax.wgsl`.

use crate::elementary::{exponential, logarithm, reciprocal};
use crate::row::{LANES, Lanes, Weigh, largest, multiply_and_sum, scale, total, weigh_rows};
use crate::{Arithmetic, Extent};

/// Newton's steps at most.
const ROUNDS: usize = 64;

/// Below this a score is at the threshold: its power would be nothing beside 1.
const LEAST: f32 = 1e-9;

/// Replaces the scores s of each row of `weights`, `[net, trial, padded(P)]`, by max(z - tau, 0)^power, z = sharpness
/// (s - max s), with tau such that they sum to 1: alpha-entmax of beta s with sharpness (alpha - 1) beta and power 1 /
/// (alpha - 1) from 1 on; power 1 is sparsemax (Peters, Niculae, Martins, ACL 2019, equation 10; Martins, Astudillo,
/// ICML 2016).
///
/// The sum falls and is convex in tau, so that Newton's steps from -1, where it is at least 1, approach the root from
/// the left and never pass it; those of sparsemax find it exactly. What rounding leaves is divided out. `summary`,
/// `[net, trial, 2]`, is max s and tau.
pub fn entmax(
    extent: &Extent,
    arithmetic: Arithmetic,
    sharpness: f32,
    power: f32,
    weights: &mut [f32],
    summary: &mut [f32],
) {
    match arithmetic {
        Arithmetic::Fused => weigh_rows(extent, weights, summary, &Entmax::<true> { sharpness, power }),
        Arithmetic::TwiceRounded => weigh_rows(extent, weights, summary, &Entmax::<false> { sharpness, power }),
    }
}

struct Entmax<const FUSED: bool> {
    sharpness: f32,
    power: f32,
}

impl<const FUSED: bool> Entmax<FUSED> {
    /// x^(power - 1).
    #[inline(always)]
    fn slope(&self, x: f32) -> f32 {
        let arithmetic = Arithmetic::of(FUSED);
        match self.power {
            1.0 => f32::from(x > 0.0),
            2.0 => x,
            power if x >= LEAST => {
                let logarithm = (power - 1.0) * logarithm(arithmetic, x);
                exponential(arithmetic, if logarithm < 0.0 { logarithm } else { 0.0 })
            }
            _ => 0.0,
        }
    }

    /// The score by its sharpness above the threshold, at most 1.
    #[inline(always)]
    fn above(&self, score: f32, most: f32, threshold: f32) -> f32 {
        let x = Arithmetic::of(FUSED).multiply_add(self.sharpness, score - most, -threshold);
        if x < LEAST {
            0.0
        } else if x < 1.0 {
            x
        } else {
            1.0
        }
    }
}

impl<const FUSED: bool> Weigh for Entmax<FUSED> {
    const SUMMARY: usize = 2;

    #[inline(always)]
    fn weigh(&self, _: usize, scores: &mut [f32], summary: &mut [f32]) {
        let arithmetic = Arithmetic::of(FUSED);
        let most = largest(scores);
        let mut threshold = -1.0;
        for _ in 0..ROUNDS {
            let (mut sums, mut slopes): (Lanes, Lanes) = ([0.0; LANES], [0.0; LANES]);
            for chunk in scores.chunks(LANES) {
                for ((sum, slopes), &score) in sums.iter_mut().zip(&mut slopes).zip(chunk) {
                    let x = self.above(score, most, threshold);
                    let slope = self.slope(x);
                    *sum = arithmetic.multiply_add(x, slope, *sum);
                    *slopes += slope;
                }
            }
            let (all, steepness) = (total(sums), total(slopes));
            let step = reciprocal(arithmetic, self.power * steepness);
            let next = arithmetic.multiply_add(all - 1.0, step, threshold);
            if next <= threshold || all <= 1.0 {
                break;
            }
            threshold = next;
        }
        let sum = multiply_and_sum(arithmetic, scores, |score| {
            let x = self.above(score, most, threshold);
            (x, self.slope(x))
        });
        scale(scores, reciprocal(arithmetic, sum));
        summary.copy_from_slice(&[most, threshold]);
    }
}
