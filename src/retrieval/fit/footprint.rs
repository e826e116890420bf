//! The gradient of a footprint's parameters.

use crate::data::Features;
use crate::engine::kernel::{CROSS_ENTROPY, FOOTPRINT_GRADIENT};
use crate::engine::{Array, Element, Recording, Scalar, Workspace};
use crate::error::Result;
use crate::retrieval::footprint::{Cumulative, Footprint};
use crate::retrieval::network::{Activation, Network};
use crate::retrieval::separation::Separation;
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
    ) -> Result<Self> {
        let stage = Stage::new(space, &network(patterns, footprint.clone().into()))?;
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

/// A network to stage: only its patterns and similarity matter.
pub(super) fn network(patterns: &Features, similarity: Similarity) -> Network {
    Network {
        patterns: patterns.clone(),
        values: None,
        similarity,
        separation: Separation::softmax_of(1.0),
        activation: Activation::Identity,
        bias: None,
        keeps_bias: false,
    }
}

/// The sum of the losses that [`CROSS_ENTROPY`] summed up: the first of each pair and ln of the second.
pub(super) fn summed(summary: &[u32]) -> f64 {
    let loss = |pair: &[u32]| {
        let [behind, total] = [pair[0], pair[1]].map(|word| f64::from(f32::from_bits(word)));
        behind + total.ln()
    };
    summary.chunks_exact(2).map(loss).sum()
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
        let source = space.rows("source", Element::U32, 1, 1, sources)?;
        let scores = space.alloc("scores", Element::F32, 1, count, self.stage.stride())?;
        let summary = space.alloc("summary", Element::F32, 1, count, 2)?;
        let gradient = space.alloc("gradient", Element::F32, 1, count, 2 * dimensions)?;
        let work = self.stage.work(count);
        let mut recording = Recording::new();
        self.stage.record(&mut recording, queries, &scores)?;
        let arrays = [("source", &source), ("weights", &scores), ("summary", &summary)];
        let scalars = [("beta", Scalar::F32(1.0)), ("scale", Scalar::F32(scale))];
        recording.dispatch(&CROSS_ENTROPY, work, &arrays, &scalars)?;
        let arrays =
            [("queries", queries), ("patterns", self.stage.patterns()), ("slopes", &scores), ("gradient", &gradient)];
        recording.dispatch(&FOOTPRINT_GRADIENT, work, &arrays, &self.footprint.scalars())?;
        backend.run(&recording, 1)?;
        let loss = summed(&backend.download(&summary, count)?);
        // In f64, query by query: the same on every device.
        let mut coefficients = vec![0.0; 2 * dimensions];
        for row in backend.download(&gradient, count)?.chunks_exact(2 * dimensions) {
            let values = row.iter().map(|&word| f64::from(f32::from_bits(word)));
            coefficients.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Ok((loss, self.gradient(&coefficients)))
    }

    fn needs_host(&self) -> bool {
        false
    }

    fn similarity_of(&self, parameters: &[f64]) -> Similarity {
        self.with(parameters).into()
    }
}
