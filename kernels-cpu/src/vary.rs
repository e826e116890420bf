//! Variants of real-valued patterns: noise, a bias, and some dimensions set to anything. Twin of `shaders/vary.wgsl`.

use rayon::prelude::*;

use crate::elementary::normal;
use crate::philox::philox;
use crate::{Arithmetic, Extent, padded};

/// A bit of `after_mask`: the noise is added after the mask.
pub const NOISE_AFTER: u32 = 1;
/// A bit of `after_mask`: the bias is added after the mask.
pub const BIAS_AFTER: u32 = 2;

/// How patterns vary.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    /// Standard deviation of the noise of a dimension of scale 1.
    pub deviation: f32,
    /// Dimensions set to a number of the uniform distribution on \[-1, 1).
    pub masked: u32,
    /// What is added after the mask: [`NOISE_AFTER`], [`BIAS_AFTER`].
    pub after_mask: u32,
}

/// The arrays of [`vary`].
#[derive(Debug)]
pub struct Vary<'a> {
    /// The patterns, `[net, trial, d]`.
    pub source: &'a [f32],
    /// Which pattern each is, and a number that tells its variants apart, `[net, trial, 2]`.
    pub draw: &'a [u32],
    /// The random numbers' stream, `[net, 2]`.
    pub key: &'a [u32],
    /// What the noise's deviation is multiplied by, `[net, d]`.
    pub scale: &'a [f32],
    /// What is added, `[net, d]`.
    pub bias: &'a [f32],
    /// The variants, `[net, trial, d]`.
    pub queries: &'a mut [f32],
}

/// Writes variants of patterns: x + bias + deviation scale z, z of the normal distribution, with `masked` dimensions,
/// each choice of so many equally often, set to anything in \[-1, 1) before or after either (arXiv 2511.20609).
///
/// A variant depends on its pattern's number, its own and `key` alone, never on its place in the batch: words of Philox
/// at (block of the dimension, pattern, number, 0 for noise, 1 for the mask's choice, 2 for what it sets).
pub fn vary(extent: &Extent, arithmetic: Arithmetic, variation: Variation, arrays: Vary<'_>) {
    let Vary { source, draw, key, scale, bias, queries } = arrays;
    let dimensions = extent.neurons;
    for (net, queries) in extent.split_trials(queries, dimensions).enumerate() {
        let key = [key[net * padded(2)], key[net * padded(2) + 1]];
        let own = |array: &'_ [f32]| array[net * extent.neuron_stride()..][..dimensions].to_vec();
        let (scale, bias) = (own(scale), own(bias));
        let rows =
            queries.par_chunks_mut(dimensions).zip(extent.trials_of(net, source, dimensions).par_chunks(dimensions));
        let rows = rows.zip(extent.trials_of(net, draw, 2).par_chunks(2));
        rows.with_min_len(8).for_each(|((query, source), draw)| {
            let words = |dimension: u32, purpose| philox(key, [dimension, draw[0], draw[1], purpose]);
            let mut left = variation.masked.min(dimensions as u32);
            let (mut normals, mut choices, mut anything) = ([0; 4], [0; 4], [0; 4]);
            for dimension in 0..dimensions {
                let at = dimension as u32;
                if dimension % 2 == 0 {
                    normals = words(at / 2, 0);
                }
                if dimension % 4 == 0 {
                    (choices, anything) = (words(at / 4, 1), words(at / 4, 2));
                }
                let pair = dimension % 2 * 2;
                let noise = normal(arithmetic, normals[pair], normals[pair + 1]);
                let spread = variation.deviation * scale[dimension];
                let mut value = source[dimension];
                if variation.after_mask & NOISE_AFTER == 0 {
                    value = arithmetic.multiply_add(spread, noise, value);
                }
                if variation.after_mask & BIAS_AFTER == 0 {
                    value += bias[dimension];
                }
                // Knuth's algorithm S.
                let remaining = (dimensions - dimension) as u64;
                if ((u64::from(choices[dimension % 4]) * remaining) >> 32) < u64::from(left) {
                    left -= 1;
                    value = arithmetic.multiply_add((anything[dimension % 4] >> 8) as f32, 1.192_092_9e-7, -1.0);
                }
                if variation.after_mask & NOISE_AFTER != 0 {
                    value = arithmetic.multiply_add(spread, noise, value);
                }
                if variation.after_mask & BIAS_AFTER != 0 {
                    value += bias[dimension];
                }
                query[dimension] = value;
            }
        });
    }
}
