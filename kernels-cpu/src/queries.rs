//! What the kernels on real-valued queries share: one query in each lane of a vector, so that every chain is a lane's
//! own, and rows of results that are made column by column.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::padded;
use crate::vector::dispatch;

/// Queries of one task: at least one vector of any extension.
const TILE: usize = 16;

/// Columns that are held before they are written to their rows.
const HELD: usize = 64;

/// The rows of results that belong to the lanes, `width` values each.
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) width: usize,
    /// The first of these queries.
    pub(crate) start: usize,
}

/// What is done with a vector of queries.
pub(crate) trait PerQuery: Sync {
    /// `query` has a vector for each dimension.
    fn run<S: Simd>(&self, simd: S, query: &[S::f32s], rows: Rows<'_>);
}

/// Runs over all queries, `[trial, d]`, and the rows of their results, `[trial, width]`.
pub(crate) fn each<W: PerQuery>(queries: &[f32], results: &mut [f32], width: usize, work: &W) {
    let dimensions = queries.len() / (results.len() / width).max(1);
    let tiles = queries.par_chunks(TILE * dimensions).zip(results.par_chunks_mut(TILE * width)).enumerate();
    tiles.for_each(|(tile, (queries, results))| {
        dispatch(Tile { work, dimensions, width, start: tile * TILE, queries, results });
    });
}

/// Some queries; compiled for the vector extension found at run time.
struct Tile<'a, W> {
    work: &'a W,
    dimensions: usize,
    width: usize,
    start: usize,
    queries: &'a [f32],
    results: &'a mut [f32],
}

impl<W: PerQuery> WithSimd for Tile<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { work, dimensions, width, start, queries, results } = self;
        let lanes = S::F32_LANES;
        let mut columns = vec![simd.splat_f32s(0.0); dimensions];
        let vectors = queries.chunks(lanes * dimensions).zip(results.chunks_mut(lanes * width));
        for (vector, (queries, values)) in vectors.enumerate() {
            for (lane, query) in queries.chunks_exact(dimensions).enumerate() {
                let places = bytemuck::cast_slice_mut::<S::f32s, f32>(&mut columns);
                places[lane..].iter_mut().step_by(lanes).zip(query).for_each(|(place, &value)| *place = value);
            }
            work.run(simd, &columns, Rows { values, width, start: start + vector * lanes });
        }
    }
}

/// Results that come a pattern at a time, one for each lane, and lie query by query.
pub(crate) struct Columns<'a, S: Simd> {
    rows: Rows<'a>,
    held: [S::f32s; HELD],
    count: usize,
    place: usize,
}

impl<'a, S: Simd> Columns<'a, S> {
    /// From a pattern on.
    #[inline(always)]
    pub(crate) fn new(simd: S, rows: Rows<'a>, first: usize) -> Self {
        Self { rows, held: [simd.splat_f32s(0.0); HELD], count: 0, place: first }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, column: S::f32s) {
        self.held[self.count] = column;
        self.count += 1;
        if self.count == HELD {
            self.write();
        }
    }

    /// The last are written, and what pads the rows of the panel.
    #[inline(always)]
    pub(crate) fn finish(mut self) {
        self.write();
        let end = padded(self.place).min(self.rows.width);
        for row in self.rows.values.chunks_exact_mut(self.rows.width) {
            row[self.place..end].fill(0.0);
        }
    }

    #[inline(always)]
    fn write(&mut self) {
        if self.count == 0 {
            return;
        }
        let held = bytemuck::cast_slice::<S::f32s, f32>(&self.held[..self.count]);
        for (lane, row) in self.rows.values.chunks_exact_mut(self.rows.width).enumerate() {
            let values = held[lane..].iter().step_by(S::F32_LANES);
            row[self.place..][..self.count].iter_mut().zip(values).for_each(|(place, &value)| *place = value);
        }
        self.place += self.count;
        self.count = 0;
    }
}
