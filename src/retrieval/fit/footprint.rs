//! The gradient of a footprint's parameters.

use super::entropy::Entropy;
use crate::data::Features;
use crate::engine::kernel::FOOTPRINT_GRADIENT;
use crate::engine::{Array, Element, Recording, Workspace};
use crate::error::Result;
use crate::retrieval::footprint::{Cumulative, Footprint};
use crate::retrieval::similarity::Similarity;
use crate::retrieval::stage::Stage;

/// A footprint on the device.
pub(super) struct Learner<'a> {
    stage: Stage<'a>,
    footprint: Footprint,
    trains_betas: bool,
}

impl<'a> Learner<'a> {
    pub(super) fn new(
        space: &Workspace<'a>,
        patterns: &Features,
        footprint: Footprint,
        trains_betas: bool,
        prior: Option<&[f32]>,
    ) -> Result<Self> {
        let stage = Stage::new(space, patterns, &footprint.clone().into(), prior)?;
        Ok(Self { stage, footprint, trains_betas })
    }

    /// The footprint of some parameters.
    fn with(&self, parameters: &[f64]) -> Footprint {
        let mut footprint = self.footprint.clone();
        let (dimensions, kinds) = (footprint.dimensions(), footprint.kinds);
        let mut rest = parameters;
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken
        };
        for kind in kinds.each() {
            footprint.weights[kind].copy_from_slice(take(dimensions));
        }
        if self.trains_betas {
            for kind in kinds.each() {
                footprint.betas[kind] = take(1)[0];
            }
        }
        if let Cumulative::Matrix { entries, learned: true } = &mut footprint.cumulative {
            entries.copy_from_slice(take(dimensions * dimensions));
        }
        footprint
    }

    /// The gradient in every parameter of that in the coefficients c = beta U^T w: in w it is beta U dc, in beta dc .
    /// U^T w, in U beta w dc^T.
    fn gradient(&self, coefficients: &[f64]) -> Vec<f64> {
        let Footprint { kinds, cumulative, weights, betas, .. } = &self.footprint;
        let dimensions = self.footprint.dimensions();
        let (mut of_weights, mut of_betas): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        let learned = matches!(cumulative, Cumulative::Matrix { learned: true, .. });
        let mut of_matrix = vec![0.0; if learned { dimensions * dimensions } else { 0 }];
        for kind in kinds.each() {
            let slope = &coefficients[kind * dimensions..][..dimensions];
            of_weights.extend(cumulative.times(slope).into_iter().map(|value| betas[kind] * value));
            let plain = cumulative.transposed_times(&weights[kind]);
            of_betas.push(plain.iter().zip(slope).map(|(value, slope)| value * slope).sum());
            for (row, weight) in of_matrix.chunks_exact_mut(dimensions).zip(&weights[kind]) {
                row.iter_mut().zip(slope).for_each(|(entry, slope)| *entry += betas[kind] * weight * slope);
            }
        }
        if self.trains_betas {
            of_weights.extend(of_betas);
        }
        of_weights.extend(of_matrix);
        of_weights
    }
}

impl super::Learner for Learner<'_> {
    fn parameters(&self) -> Vec<f64> {
        let Footprint { kinds, cumulative, weights, betas, .. } = &self.footprint;
        let mut all: Vec<f64> = kinds.each().flat_map(|kind| weights[kind].iter().copied()).collect();
        if self.trains_betas {
            all.extend(kinds.each().map(|kind| betas[kind]));
        }
        if let Cumulative::Matrix { entries, learned: true } = cumulative {
            all.extend(entries);
        }
        all
    }

    fn set(&mut self, parameters: &[f64]) -> Result<()> {
        self.footprint = self.with(parameters);
        self.stage.set(&self.footprint.coefficients())
    }

    fn loss(&self, queries: &Array, _: Option<&Features>, sources: &[u32], scale: f32) -> Result<(f64, Vec<f64>)> {
        let (count, dimensions) = (sources.len(), self.footprint.dimensions());
        let backend = self.stage.space.backend();
        let space = Workspace::new(backend);
        let gradient = space.alloc("gradient", Element::F32, 1, count, 2 * dimensions)?;
        let mut recording = Recording::new();
        let entropy = Entropy::record(&self.stage, &space, &mut recording, queries, sources, scale)?;
        let arrays = [
            ("queries", queries),
            ("patterns", self.stage.patterns()),
            ("slopes", &entropy.slopes),
            ("gradient", &gradient),
        ];
        recording.dispatch(&FOOTPRINT_GRADIENT, self.stage.work(count), &arrays, &self.footprint.scalars())?;
        backend.run(&recording, 1)?;
        // In f64, query by query: the same on every device.
        let mut coefficients = vec![0.0; 2 * dimensions];
        for row in backend.download(&gradient, count)?.chunks_exact(2 * dimensions) {
            let values = row.iter().map(|&word| f64::from(f32::from_bits(word)));
            coefficients.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        let mut gradient = self.gradient(&coefficients);
        gradient.extend(entropy.prior(&space)?);
        Ok((entropy.loss(&space)?, gradient))
    }

    fn stage(&self) -> &Stage<'_> {
        &self.stage
    }

    fn needs_host(&self) -> bool {
        false
    }

    fn similarity_of(&self, parameters: &[f64]) -> Similarity {
        self.with(parameters).into()
    }
}
