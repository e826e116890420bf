//! The highest score of rows. Twin of `shaders/best.wgsl`.

use rayon::prelude::*;

use crate::Extent;

/// Writes the pattern of the highest score of each row of `scores`, `[net, trial, padded(P)]`, the first among equals,
/// to `index`, and that score to `score`, both `[net, trial]`.
pub fn best(extent: &Extent, scores: &[f32], index: &mut [u32], score: &mut [f32]) {
    let (stride, patterns) = (extent.pattern_stride, extent.patterns);
    let nets = extent.split_trials(index, 1).zip(extent.split_trials(score, 1));
    for (net, (index, score)) in nets.enumerate() {
        let rows = extent.trials_of(net, scores, stride).par_chunks(stride);
        rows.zip(index).zip(score).with_min_len(16).for_each(|((row, index), score)| {
            let row = &row[..patterns];
            let first = (0..patterns).fold(0, |best, at| if row[at] > row[best] { at } else { best });
            *index = first as u32;
            *score = row[first];
        });
    }
}
