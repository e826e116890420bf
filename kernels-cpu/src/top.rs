//! The highest scores of rows. Twin of `shaders/top.wgsl`.

use crate::elementary::{exponential, reciprocal};
use crate::row::{Weigh, largest, scale, weigh_and_sum, weigh_rows};
use crate::{Arithmetic, Extent};

/// Replaces the `count` highest scores s of each row of `weights`, `[net, trial, padded(P)]`, of equals the first, by
/// the softmax of beta s among them, and all others by 0. `summary`, `[net, trial, 2]`, is max s and the sum of
/// exp(beta (s - max s)) over the highest.
pub fn top(extent: &Extent, arithmetic: Arithmetic, count: usize, beta: f32, weights: &mut [f32], summary: &mut [f32]) {
    weigh_rows(extent, weights, summary, &Top { arithmetic, count, beta });
}

struct Top {
    arithmetic: Arithmetic,
    count: usize,
    beta: f32,
}

impl Weigh for Top {
    const SUMMARY: usize = 2;

    #[inline(always)]
    fn weigh(&self, _: usize, scores: &mut [f32], summary: &mut [f32]) {
        let most = largest(scores);
        if self.count < scores.len() {
            // Highest first, of equals the first: a total order, so that the count highest are always the same.
            let mut places: Vec<u32> = (0..scores.len() as u32).collect();
            let before = |a: &u32, b: &u32| {
                let (one, other) = (scores[*a as usize] + 0.0, scores[*b as usize] + 0.0);
                other.total_cmp(&one).then(a.cmp(b))
            };
            places.select_nth_unstable_by(self.count, before);
            let out: Vec<u32> = places[self.count..].to_vec();
            out.into_iter().for_each(|place| scores[place as usize] = f32::NEG_INFINITY);
        }
        let sum = weigh_and_sum(scores, |score| exponential(self.arithmetic, self.beta * (score - most)));
        scale(scores, reciprocal(self.arithmetic, sum));
        summary.copy_from_slice(&[most, sum]);
    }
}
