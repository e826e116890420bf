//! Whether what was retrieved is what the query came from.

use super::network::Network;
use super::run::{Retrieved, Steps, retrieve};
use super::similarity::Similarity;
use super::stage::Stage;
use crate::data::Features;
use crate::engine::kernel::BEST;
use crate::engine::{Element, Recording, Workspace};
use crate::error::{Error, Result};

/// Distances held at once.
const HELD: usize = 1 << 23;

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
    check_sources(network, sources, queries.len())?;
    let retrieved = retrieve(space, network, queries, steps, observer)?;
    judge(space, network, &retrieved, sources)
}

/// Refuses sources that are no patterns, other than one for each query, and readouts that are no patterns.
///
/// # Errors
/// Naming the first source that is none.
pub fn check_sources(network: &Network, sources: &[usize], queries: usize) -> Result<()> {
    if network.values.is_some() || sources.len() != queries {
        let what = format!("{} sources of {queries} queries", sources.len());
        return Err(Error::setting(what, "give each query the pattern it was made from, and read patterns out"));
    }
    match sources.iter().position(|&source| source >= network.patterns.len()) {
        None => Ok(()),
        Some(row) => {
            let what = format!("query {row} has source {} of {}", sources[row], network.patterns.len());
            Err(Error::setting(what, "number the patterns from 0"))
        }
    }
}

/// [`evaluate`] of what was retrieved; a bias that readouts keep is taken off first.
///
/// # Errors
/// As [`evaluate`].
pub fn judge(space: &Workspace<'_>, network: &Network, retrieved: &Retrieved, sources: &[usize]) -> Result<Evaluation> {
    check_sources(network, sources, retrieved.readouts.len())?;
    let patterns = &network.patterns;
    let readouts = match network.bias.as_deref().filter(|_| network.keeps_bias) {
        Some(bias) => retrieved.readouts.less(bias)?,
        None => retrieved.readouts.clone(),
    };
    let nearest = nearest(space, patterns, &readouts)?;
    let correct = nearest.into_iter().zip(sources).map(|(found, &source)| found == source).collect();
    let squared = |(y, &source): (&[f32], &usize)| {
        let apart = y.iter().zip(patterns.row(source)).map(|(&y, &x)| (f64::from(y) - f64::from(x)).powi(2));
        apart.sum::<f64>() / patterns.dimensions() as f64
    };
    Ok(Evaluation { correct, errors: readouts.rows().zip(sources).map(squared).collect() })
}

/// The stored pattern nearest to each state.
fn nearest(space: &Workspace<'_>, patterns: &Features, states: &Features) -> Result<Vec<usize>> {
    let stage = Stage::new(space, patterns, &Similarity::L2, None)?;
    let mut found = Vec::with_capacity(states.len());
    let most = (HELD / stage.stride()).max(1);
    for start in (0..states.len()).step_by(most) {
        let count = most.min(states.len() - start);
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
