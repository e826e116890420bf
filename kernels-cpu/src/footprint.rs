//! Scores of the footprint similarities. Twin of `shaders/footprint.wgsl`.

use pulp::Simd;

use crate::arithmetic::{Fused, MultiplyAdd, TwiceRounded};
use crate::queries::{Columns, PerQuery, Rows, each};
use crate::sorted::{BLOCK, Network};
use crate::{Arithmetic, Extent, padded};

/// Minus the squared differences, among the kinds of likeness.
pub const DISTANCES: u32 = 1;
/// The products.
pub const PRODUCTS: u32 = 2;

/// Chains that a sum is made of.
const PARTS: usize = 8;

/// How alike a query and a pattern are in each dimension.
#[derive(Clone, Copy, Debug)]
pub struct Likeness {
    /// [`DISTANCES`], [`PRODUCTS`] or both.
    pub kinds: u32,
    /// Whether each kind's values are sorted, highest first.
    pub sorted: bool,
}

impl Likeness {
    /// What sorts so many values, if they are to be sorted.
    pub(crate) fn network(self, dimensions: usize) -> Option<Network> {
        self.sorted.then(|| Network::new(dimensions))
    }

    /// Room for the values of so many dimensions, and what pads them.
    #[inline(always)]
    pub(crate) fn room<S: Simd>(simd: S, dimensions: usize) -> Vec<S::f32s> {
        vec![simd.splat_f32s(f32::MIN); dimensions.next_multiple_of(BLOCK)]
    }
}

impl Likenesses<'_> {
    /// Replaces `values` by one kind of likeness, 0 or 1, of the queries of all lanes and a pattern. What pads them is
    /// lower than any, and stays where it is.
    #[inline(always)]
    pub(crate) fn fill<S: Simd>(
        self,
        simd: S,
        kind: usize,
        query: &[S::f32s],
        pattern: &[f32],
        values: &mut [S::f32s],
    ) {
        let dimensions = values.iter_mut().zip(query).zip(pattern);
        if kind == 0 {
            for ((value, &question), &stored) in dimensions {
                let apart = simd.sub_f32s(question, simd.splat_f32s(stored));
                *value = simd.neg_f32s(simd.mul_f32s(apart, apart));
            }
        } else {
            for ((value, &question), &stored) in dimensions {
                *value = simd.mul_f32s(question, simd.splat_f32s(stored));
            }
        }
        if let Some(network) = self.network {
            network.sort(simd, values);
        }
    }

    /// The kinds asked for, 0 and 1.
    pub(crate) fn each(self) -> impl Iterator<Item = usize> {
        (0..2).filter(move |kind| self.kinds >> kind & 1 == 1)
    }
}

/// [`Likeness`] with what sorts.
#[derive(Clone, Copy)]
pub(crate) struct Likenesses<'a> {
    pub(crate) kinds: u32,
    pub(crate) network: Option<&'a Network>,
}

/// The arrays of [`footprint`].
#[derive(Debug)]
pub struct Footprint<'a> {
    /// `[net, trial, d]`.
    pub queries: &'a [f32],
    /// `[net, pattern, d]`.
    pub patterns: &'a [f32],
    /// `[net, 2 d]`: of distances, then of products.
    pub coefficients: &'a [f32],
    /// `[net, trial, padded(P)]`, of which a panel writes its own patterns; what pads a row is 0.
    pub scores: &'a mut [f32],
}

/// Writes scores\[net, trial, mu\] = sum over kinds and j of c\[kind, j\] q\[kind, j\], q the likenesses in each
/// dimension of query x and pattern y = mu, -(x_j - y_j)^2 and x_j y_j, each kind sorted with the highest first: w . f
/// of the footprint f, whose entries are the sums of the first k of q, with c_j the sum of w_k over k >= j (arXiv
/// 2511.20609). f is never stored.
///
/// Sums are of eight chains, each over every eighth dimension, through both kinds; these are added by halves.
pub fn footprint(extent: &Extent, arithmetic: Arithmetic, likeness: Likeness, arrays: Footprint<'_>) {
    let Footprint { queries, patterns, coefficients, scores } = arrays;
    let (dimensions, stride) = (extent.neurons, extent.pattern_stride);
    let network = likeness.network(dimensions);
    let likeness = Likenesses { kinds: likeness.kinds, network: network.as_ref() };
    for (net, scores) in extent.split_trials(scores, stride).enumerate() {
        let queries = extent.trials_of(net, queries, dimensions);
        let patterns = extent.patterns_of(net, patterns, dimensions);
        let coefficients = &coefficients[net * padded(2 * dimensions)..][..2 * dimensions];
        let work = Scores { first: extent.first_pattern, likeness, patterns, coefficients, dimensions };
        match arithmetic {
            Arithmetic::Fused => each(queries, scores, stride, &(work, Fused)),
            Arithmetic::TwiceRounded => each(queries, scores, stride, &(work, TwiceRounded)),
        }
    }
}

struct Scores<'a> {
    first: usize,
    likeness: Likenesses<'a>,
    patterns: &'a [f32],
    coefficients: &'a [f32],
    dimensions: usize,
}

impl<M: MultiplyAdd> PerQuery for (Scores<'_>, M) {
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, query: &[S::f32s], rows: Rows<'_>) {
        let (work, multiply_add) = self;
        let mut values = Likeness::room(simd, work.dimensions);
        let mut columns = Columns::new(simd, rows, work.first);
        for pattern in work.patterns.chunks_exact(work.dimensions) {
            let mut sums = [simd.splat_f32s(0.0); PARTS];
            for kind in work.likeness.each() {
                work.likeness.fill(simd, kind, query, pattern, &mut values);
                let weights = &work.coefficients[kind * work.dimensions..][..work.dimensions];
                for (values, weights) in values.chunks(PARTS).zip(weights.chunks(PARTS)) {
                    for ((sum, &value), &weight) in sums.iter_mut().zip(values).zip(weights) {
                        *sum = multiply_add.simd(simd, simd.splat_f32s(weight), value, *sum);
                    }
                }
            }
            let mut half = PARTS / 2;
            while half > 0 {
                for part in 0..half {
                    sums[part] = simd.add_f32s(sums[part], sums[part + half]);
                }
                half /= 2;
            }
            columns.push(sums[0]);
        }
        columns.finish();
    }
}
