//! Scores of queries and patterns: dot products, minus the distances. Twin of `shaders/similarity.wgsl`.

use pulp::Simd;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::queries::{Columns, PerQuery, Rows, each};
use crate::{Arithmetic, Extent};

/// What is summed over the dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Products.
    Dot = 0,
    /// Minus the magnitudes of differences.
    L1 = 1,
    /// Minus their squares.
    L2 = 2,
}

impl Kind {
    /// By its number.
    pub fn numbered(number: u32) -> Self {
        [Self::Dot, Self::L1, Self::L2][number.min(2) as usize]
    }
}

/// Writes scores\[net, trial, mu\] = sum over j of x_j y_j, -|x_j - y_j| or -(x_j - y_j)^2 of query x and pattern y =
/// mu: one chain in the dimensions' order from 0. `queries` is `[net, trial, d]`, `patterns` `[net, pattern, d]`,
/// `scores` `[net, trial, padded(P)]`, of which a panel writes its own patterns; what pads a row is 0.
pub fn similarity(
    extent: &Extent,
    arithmetic: Arithmetic,
    kind: Kind,
    queries: &[f32],
    patterns: &[f32],
    scores: &mut [f32],
) {
    let (dimensions, stride) = (extent.neurons, extent.pattern_stride);
    for (net, scores) in extent.split_trials(scores, stride).enumerate() {
        let queries = extent.trials_of(net, queries, dimensions);
        let patterns = extent.patterns_of(net, patterns, dimensions);
        let work = Scores { first: extent.first_pattern, patterns, dimensions };
        match (arithmetic, kind) {
            (Arithmetic::Fused, Kind::Dot) => each(queries, scores, stride, &(work, Products(Fused))),
            (Arithmetic::TwiceRounded, Kind::Dot) => each(queries, scores, stride, &(work, Products(TwiceRounded))),
            (_, Kind::L1) => each(queries, scores, stride, &(work, Distances)),
            (Arithmetic::Fused, Kind::L2) => each(queries, scores, stride, &(work, Squares(Fused))),
            (Arithmetic::TwiceRounded, Kind::L2) => each(queries, scores, stride, &(work, Squares(TwiceRounded))),
        }
    }
}

/// How one dimension joins a sum.
trait Join: Copy + Sync {
    fn join<S: Simd>(self, simd: S, sum: S::f32s, query: S::f32s, value: S::f32s) -> S::f32s;
}

#[derive(Clone, Copy)]
struct Products<M>(M);

#[derive(Clone, Copy)]
struct Distances;

#[derive(Clone, Copy)]
struct Squares<M>(M);

impl<M: MultiplyAdd> Join for Products<M> {
    #[inline(always)]
    fn join<S: Simd>(self, simd: S, sum: S::f32s, query: S::f32s, value: S::f32s) -> S::f32s {
        self.0.simd(simd, query, value, sum)
    }
}

impl Join for Distances {
    #[inline(always)]
    fn join<S: Simd>(self, simd: S, sum: S::f32s, query: S::f32s, value: S::f32s) -> S::f32s {
        simd.sub_f32s(sum, simd.abs_f32s(simd.sub_f32s(query, value)))
    }
}

impl<M: MultiplyAdd> Join for Squares<M> {
    #[inline(always)]
    fn join<S: Simd>(self, simd: S, sum: S::f32s, query: S::f32s, value: S::f32s) -> S::f32s {
        let apart = simd.sub_f32s(query, value);
        self.0.simd(simd, simd.neg_f32s(apart), apart, sum)
    }
}

/// Patterns whose scores are summed at once, in registers.
const TOGETHER: usize = 8;

#[derive(Clone, Copy)]
struct Scores<'a> {
    first: usize,
    patterns: &'a [f32],
    dimensions: usize,
}

impl<J: Join> PerQuery for (Scores<'_>, J) {
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, query: &[S::f32s], rows: Rows<'_>) {
        let (Scores { first, patterns, dimensions }, join) = *self;
        let mut columns = Columns::new(simd, rows, first);
        let mut groups = patterns.chunks_exact(TOGETHER * dimensions);
        for group in groups.by_ref() {
            let mut sums = [simd.splat_f32s(0.0); TOGETHER];
            let of: [&[f32]; TOGETHER] = std::array::from_fn(|k| &group[k * dimensions..][..query.len()]);
            for (dimension, &question) in query.iter().enumerate() {
                for (sum, values) in sums.iter_mut().zip(of) {
                    *sum = join.join(simd, *sum, question, simd.splat_f32s(values[dimension]));
                }
            }
            sums.into_iter().for_each(|sum| columns.push(sum));
        }
        for values in groups.remainder().chunks_exact(dimensions) {
            let mut sum = simd.splat_f32s(0.0);
            for (&question, &value) in query.iter().zip(values) {
                sum = join.join(simd, sum, question, simd.splat_f32s(value));
            }
            columns.push(sum);
        }
        columns.finish();
    }
}
