//! Whether what was retrieved is what the query came from.

use super::network::Network;
use super::run::{Steps, retrieve};
use super::separation::Separation;
use super::similarity::Similarity;
use super::stage::Stage;
use crate::data::Features;
use crate::engine::kernel::BEST;
use crate::engine::{Element, Recording, Workspace};
use crate::error::{Error, Result};

/// Queries whose nearest patterns are found at once.
const BLOCK: usize = 2048;

/// How well queries were answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Whether the stored pattern nearest to each readout is the query's source.
    pub correct: Vec<bool>,
    /// Mean squared difference of each readout and the source.
    pub errors: Vec<f64>,
}

impl Evaluation {
    /// The share of correct answers.
    pub fn accuracy(&self) -> f64 {
        self.correct.iter().filter(|&&correct| correct).count() as f64 / self.correct.len() as f64
    }

    /// The mean error.
    pub fn error(&self) -> f64 {
        self.errors.iter().sum::<f64>() / self.errors.len() as f64
    }
}

/// Retrieves queries, each made from the pattern `sources` names, and compares: an answer is correct if the stored
/// pattern nearest to the readout by Euclidean distance, the first among equals, is the source (arXiv 2511.20609,
/// section 5).
///
/// # Errors
/// As [`retrieve`]; if other values are read out than patterns, or a source is no pattern.
pub fn evaluate(
    space: &Workspace<'_>,
    network: &Network,
    queries: &Features,
    sources: &[usize],
    steps: Steps,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Evaluation> {
    let patterns = &network.patterns;
    if network.values.is_some() || sources.len() != queries.len() || sources.iter().any(|&row| row >= patterns.len()) {
        let what = format!("{} sources of {} queries among {} patterns", sources.len(), queries.len(), patterns.len());
        return Err(Error::setting(what, "give each query the pattern it was made from, and read patterns out"));
    }
    let retrieved = retrieve(space, network, queries, steps, observer)?;
    let nearest = nearest(space, patterns, &retrieved.readouts)?;
    let correct = nearest.into_iter().zip(sources).map(|(found, &source)| found == source).collect();
    let squared = |(y, &source): (&[f32], &usize)| {
        let apart = y.iter().zip(patterns.row(source)).map(|(&y, &x)| (f64::from(y) - f64::from(x)).powi(2));
        apart.sum::<f64>() / patterns.dimensions() as f64
    };
    Ok(Evaluation { correct, errors: retrieved.readouts.rows().zip(sources).map(squared).collect() })
}

/// The stored pattern nearest to each state.
fn nearest(space: &Workspace<'_>, patterns: &Features, states: &Features) -> Result<Vec<usize>> {
    let network = Network {
        patterns: patterns.clone(),
        values: None,
        similarity: Similarity::L2,
        separation: Separation::argmax(),
        activation: super::Activation::Identity,
        bias: None,
        keeps_bias: false,
    };
    let stage = Stage::new(space, &network)?;
    let mut found = Vec::with_capacity(states.len());
    for start in (0..states.len()).step_by(BLOCK) {
        let count = BLOCK.min(states.len() - start);
        let own = Workspace::new(space.backend());
        let block = states.select(start..start + count);
        let queries =
            own.rows("readouts", Element::F32, 1, states.dimensions(), bytemuck::cast_slice(block.values()))?;
        let scores = own.alloc("scores", Element::F32, 1, count, stage.stride())?;
        let index = own.alloc("nearest", Element::U32, 1, count, 1)?;
        let score = own.alloc("distance", Element::F32, 1, count, 1)?;
        let mut recording = Recording::new();
        stage.record(&mut recording, &queries, &scores)?;
        let arrays = [("scores", &scores), ("index", &index), ("score", &score)];
        recording.dispatch(&BEST, stage.work(count), &arrays, &[])?;
        own.backend().run(&recording, 1)?;
        found.extend(own.backend().download(&index, count)?.into_iter().map(|index| index as usize));
    }
    Ok(found)
}
