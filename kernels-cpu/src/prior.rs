//! What patterns have before any query. Twin of `shaders/prior.wgsl`.

use rayon::prelude::*;

use crate::Extent;

/// Adds `prior`, `[net, pattern]`, to each row of `scores`, `[net, trial, padded(P)]`; what pads a row becomes 0.
pub fn prior(extent: &Extent, prior: &[f32], scores: &mut [f32]) {
    let (stride, patterns) = (extent.pattern_stride, extent.patterns);
    for (net, scores) in extent.split_trials(scores, stride).enumerate() {
        let own = extent.patterns_of(net, prior, 1);
        scores.par_chunks_mut(stride).with_min_len(16).for_each(|row| {
            let (row, padding) = row.split_at_mut(patterns);
            row.iter_mut().zip(own).for_each(|(score, prior)| *score += prior);
            padding.fill(0.0);
        });
    }
}
