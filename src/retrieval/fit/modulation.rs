//! The gradient of Phi: K2-Hop's training.

use super::entropy::Entropy;
use crate::data::Features;
use crate::engine::kernel::WEIGHTED;
use crate::engine::{Array, Element, Recording, Workspace};
use crate::error::{Error, Result};
use crate::retrieval::similarity::{Modulation, Similarity};
use crate::retrieval::stage::Stage;
use crate::rule::dense::{product, rows};

/// Phi, and the patterns as they are: (Phi xi) . (Phi x) = xi . (Phi^T Phi x), so that queries alone move with Phi.
pub(super) struct Learner<'a> {
    stage: Stage<'a>,
    phi: Modulation,
}

impl<'a> Learner<'a> {
    pub(super) fn new(
        space: &Workspace<'a>,
        patterns: &Features,
        phi: Modulation,
        prior: Option<&[f32]>,
    ) -> Result<Self> {
        Ok(Self { stage: Stage::new(space, patterns, &Similarity::Dot, prior)?, phi })
    }

    /// Rows of Phi.
    fn rows(&self) -> usize {
        self.phi.entries.len() / self.phi.dimensions
    }
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
        let phi = rows(&self.phi.entries, self.rows(), dimensions);
        let wide = host.wide();
        let states = rows(&wide, count, dimensions);
        let metric = product(phi.transpose(), phi);
        let asked = product(states, rows(&metric, dimensions, dimensions));
        let asked: Vec<f32> = asked.into_iter().map(|value| value as f32).collect();

        let backend = self.stage.space.backend();
        let space = Workspace::new(backend);
        let queries = space.rows("queries", Element::F32, 1, dimensions, bytemuck::cast_slice(&asked))?;
        let slopes = space.alloc("slopes", Element::F32, 1, count, dimensions)?;
        let mut recording = Recording::new();
        let entropy = Entropy::record(&self.stage, &space, &mut recording, &queries, sources, scale)?;
        // R = G Xi: the gradient in the moved queries.
        let arrays = [("weights", &entropy.slopes), ("dual", self.stage.patterns()), ("field", &slopes)];
        recording.dispatch(&WEIGHTED, self.stage.work(count), &arrays, &[])?;
        backend.run(&recording, 1)?;
        let slopes = backend.download(&slopes, count)?;
        let slopes: Vec<f64> = slopes.into_iter().map(|word| f64::from(f32::from_bits(word))).collect();
        // In Phi^T Phi it is D = X^T R, and in Phi it is Phi (D + D^T).
        let along = product(states.transpose(), rows(&slopes, count, dimensions));
        let both: Vec<f64> = (0..dimensions * dimensions)
            .map(|at| along[at] + along[at % dimensions * dimensions + at / dimensions])
            .collect();
        let mut gradient = product(phi, rows(&both, dimensions, dimensions));
        gradient.extend(entropy.prior(&space)?);
        Ok((entropy.loss(&space)?, gradient))
    }

    fn stage(&self) -> &Stage<'_> {
        &self.stage
    }

    fn needs_host(&self) -> bool {
        true
    }

    fn similarity_of(&self, parameters: &[f64]) -> Similarity {
        Modulation { dimensions: self.phi.dimensions, entries: parameters.to_vec() }.into()
    }
}
