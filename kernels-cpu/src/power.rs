//! Powers of rows of scores. Twin of `shaders/power.wgsl`.

use crate::elementary::reciprocal;
use crate::row::{Weigh, multiply_and_sum, weigh_rows};
use crate::{Arithmetic, Extent};

/// Magnitudes below this are no scores.
const LEAST: f32 = 1e-30;

/// Replaces the scores s of each row of `weights`, `[net, trial, padded(P)]`, by (s / max |s|)^exponent, so that none
/// overflows: the separation of dense memories, up to a positive factor of each trial. `summary`, `[net, trial, 2]`, is
/// max |s|, at least 1e-30, and the sum of the powers.
pub fn power(extent: &Extent, arithmetic: Arithmetic, exponent: u32, weights: &mut [f32], summary: &mut [f32]) {
    weigh_rows(extent, weights, summary, &Power { arithmetic, exponent });
}

/// Powers below 2^-64 are dropped: the next might be subnormal, which some devices flush.
#[inline(always)]
fn kept(power: f32) -> f32 {
    if power.abs() < 5.421_011e-20 { 0.0 } else { power }
}

struct Power {
    arithmetic: Arithmetic,
    exponent: u32,
}

impl Weigh for Power {
    const SUMMARY: usize = 2;

    #[inline(always)]
    fn weigh(&self, _: usize, scores: &mut [f32], summary: &mut [f32]) {
        let most = scores.iter().fold(LEAST, |most, score| if score.abs() > most { score.abs() } else { most });
        let share = reciprocal(self.arithmetic, most);
        let sum = multiply_and_sum(self.arithmetic, scores, |score| {
            let base = kept(score * share);
            let power = (1..self.exponent).fold(1.0, |power, _| kept(power * base));
            if kept(power * base) == 0.0 { (0.0, 0.0) } else { (power, base) }
        });
        summary.copy_from_slice(&[most, sum]);
    }
}
