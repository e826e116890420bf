//! The gradient of Phi: K2-Hop's training.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::footprint::{network, summed};
use crate::data::Features;
use crate::engine::kernel::{CROSS_ENTROPY, WEIGHTED};
use crate::engine::{Array, Element, Recording, Scalar, Workspace};
use crate::error::{Error, Result};
use crate::retrieval::similarity::{Modulation, Similarity};
use crate::retrieval::stage::Stage;

/// Phi, and the patterns as they are: (Phi xi) . (Phi x) = xi . (Phi^T Phi x), so that queries alone move with Phi.
pub(super) struct Learner<'a> {
    stage: Stage<'a>,
    phi: Modulation,
}

impl<'a> Learner<'a> {
    pub(super) fn new(space: &Workspace<'a>, patterns: &Features, phi: Modulation) -> Result<Self> {
        Ok(Self { stage: Stage::new(space, &network(patterns, Similarity::Dot))?, phi })
    }

    /// Rows of Phi.
    fn rows(&self) -> usize {
        self.phi.entries.len() / self.phi.dimensions
    }
}

/// `a`, or its transpose, times `b`: \[rows, inner\] \[inner, columns\].
fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Vec<f64> {
    let (rows, columns) = (a.nrows(), b.ncols());
    let mut product = vec![0.0; rows * columns];
    let into = MatMut::from_row_major_slice_mut(&mut product, rows, columns);
    matmul(into, Accum::Replace, a, b, 1.0, Par::rayon(0));
    product
}

impl super::Learner for Learner<'_> {
    fn parameters(&self) -> Vec<f64> {
        self.phi.entries.clone()
    }

    fn set(&mut self, parameters: &[f64]) -> Result<()> {
        self.phi.entries.copy_from_slice(parameters);
        Ok(())
    }

    fn loss(&self, _: &Array, host: Option<&Features>, sources: &[u32], scale: f32) -> Result<(f64, Vec<f64>)> {
        let host = host.ok_or_else(|| Error::setting("queries that are not on the host", "please report this"))?;
        let (count, dimensions) = (sources.len(), self.phi.dimensions);
        let phi = MatRef::from_row_major_slice(&self.phi.entries, self.rows(), dimensions);
        let wide: Vec<f64> = host.values().iter().map(|&value| value.into()).collect();
        let states = MatRef::from_row_major_slice(&wide, count, dimensions);
        let metric = product(phi.transpose(), phi);
        let asked = product(states, MatRef::from_row_major_slice(&metric, dimensions, dimensions));
        let asked: Vec<f32> = asked.into_iter().map(|value| value as f32).collect();

        let backend = self.stage.space.backend();
        let space = Workspace::new(backend);
        let queries = space.rows("queries", Element::F32, 1, dimensions, bytemuck::cast_slice(&asked))?;
        let source = space.rows("source", Element::U32, 1, 1, sources)?;
        let scores = space.alloc("scores", Element::F32, 1, count, self.stage.stride())?;
        let summary = space.alloc("summary", Element::F32, 1, count, 2)?;
        let slopes = space.alloc("slopes", Element::F32, 1, count, dimensions)?;
        let work = self.stage.work(count);
        let mut recording = Recording::new();
        self.stage.record(&mut recording, &queries, &scores)?;
        let arrays = [("source", &source), ("weights", &scores), ("summary", &summary)];
        let scalars = [("beta", Scalar::F32(1.0)), ("scale", Scalar::F32(scale))];
        recording.dispatch(&CROSS_ENTROPY, work, &arrays, &scalars)?;
        // R = G Xi: the gradient in the moved queries.
        let arrays = [("weights", &scores), ("dual", self.stage.patterns()), ("field", &slopes)];
        recording.dispatch(&WEIGHTED, work, &arrays, &[])?;
        backend.run(&recording, 1)?;
        let loss = summed(&backend.download(&summary, count)?);
        let slopes = backend.download(&slopes, count)?;
        let slopes: Vec<f64> = slopes.into_iter().map(|word| f64::from(f32::from_bits(word))).collect();
        // In Phi^T Phi it is D = X^T R, and in Phi it is Phi (D + D^T).
        let along = product(states.transpose(), MatRef::from_row_major_slice(&slopes, count, dimensions));
        let both: Vec<f64> = (0..dimensions * dimensions)
            .map(|at| along[at] + along[at % dimensions * dimensions + at / dimensions])
            .collect();
        Ok((loss, product(phi, MatRef::from_row_major_slice(&both, dimensions, dimensions))))
    }

    fn needs_host(&self) -> bool {
        true
    }

    fn similarity_of(&self, parameters: &[f64]) -> Similarity {
        Modulation { dimensions: self.phi.dimensions, entries: parameters.to_vec() }.into()
    }
}
