//! Gradients of the footprint's coefficients. Twin of `shaders/footprint_gradient.wgsl`.

use pulp::Simd;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::footprint::{Likeness, Likenesses};
use crate::queries::{PerQuery, Rows, each};
use crate::{Arithmetic, Extent};

/// The arrays of [`footprint_gradient`].
#[derive(Debug)]
pub struct FootprintGradient<'a> {
    /// `[net, trial, d]`.
    pub queries: &'a [f32],
    /// `[net, pattern, d]`.
    pub patterns: &'a [f32],
    /// The gradients of the scores, `[net, trial, padded(P)]`, all patterns whatever the panel.
    pub slopes: &'a [f32],
    /// `[net, trial, 2 d]`: of distances, then of products.
    pub gradient: &'a mut [f32],
}

/// Writes gradient\[net, trial, kind, j\] = sum over mu of slopes\[net, trial, mu\] q\[kind, j\], q the likenesses of
/// [`footprint`](crate::footprint::footprint): one chain in pattern order from 0, or from where an earlier panel left
/// it unless this one starts at pattern 0. 0 of kinds that are not asked for.
pub fn footprint_gradient(extent: &Extent, arithmetic: Arithmetic, likeness: Likeness, arrays: FootprintGradient<'_>) {
    let FootprintGradient { queries, patterns, slopes, gradient } = arrays;
    let dimensions = extent.neurons;
    let network = likeness.network(dimensions);
    let likeness = Likenesses { kinds: likeness.kinds, network: network.as_ref() };
    for (net, gradient) in extent.split_trials(gradient, 2 * dimensions).enumerate() {
        let queries = extent.trials_of(net, queries, dimensions);
        let patterns = extent.patterns_of(net, patterns, dimensions);
        let slopes = extent.trials_of(net, slopes, extent.pattern_stride);
        let work = Gradient { extent, likeness, patterns, slopes };
        match arithmetic {
            Arithmetic::Fused => each(queries, gradient, 2 * dimensions, &(work, Fused)),
            Arithmetic::TwiceRounded => each(queries, gradient, 2 * dimensions, &(work, TwiceRounded)),
        }
    }
}

struct Gradient<'a> {
    extent: &'a Extent,
    likeness: Likenesses<'a>,
    patterns: &'a [f32],
    slopes: &'a [f32],
}

impl<M: MultiplyAdd> PerQuery for (Gradient<'_>, M) {
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, query: &[S::f32s], rows: Rows<'_>) {
        let (Gradient { extent, likeness, patterns, slopes }, multiply_add) = self;
        let (lanes, dimensions, stride) = (S::F32_LANES, extent.neurons, extent.pattern_stride);
        let count = rows.values.len() / rows.width;
        let slopes = &slopes[rows.start * stride..][..count * stride];
        let mut values = Likeness::room(simd, dimensions);
        let mut sums = vec![simd.splat_f32s(0.0); 2 * dimensions];
        if extent.first_pattern != 0 {
            let places = bytemuck::cast_slice_mut::<S::f32s, f32>(&mut sums);
            for (lane, row) in rows.values.chunks_exact(rows.width).enumerate() {
                places[lane..].iter_mut().step_by(lanes).zip(row).for_each(|(place, &sum)| *place = sum);
            }
        }
        let mut slope = [simd.splat_f32s(0.0)];
        for (pattern, stored) in patterns.chunks_exact(dimensions).enumerate() {
            let places = bytemuck::cast_slice_mut::<S::f32s, f32>(&mut slope);
            let column = slopes[extent.first_pattern + pattern..].iter().step_by(stride);
            places.iter_mut().zip(column).for_each(|(place, &slope)| *place = slope);
            // What is multiplied with 0 alone leaves every sum as it is.
            if places.iter().all(|&slope| slope == 0.0) {
                continue;
            }
            for kind in likeness.each() {
                likeness.fill(simd, kind, query, stored, &mut values);
                for (sum, &value) in sums[kind * dimensions..][..dimensions].iter_mut().zip(&values) {
                    *sum = multiply_add.simd(simd, slope[0], value, *sum);
                }
            }
        }
        let places = bytemuck::cast_slice::<S::f32s, f32>(&sums);
        for (lane, row) in rows.values.chunks_exact_mut(rows.width).enumerate() {
            row.iter_mut().zip(places[lane..].iter().step_by(lanes)).for_each(|(place, &sum)| *place = sum);
        }
    }
}
