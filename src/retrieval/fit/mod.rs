//! Similarities learned from variants: cross entropy of the pattern a query was made from, by Adam (arXiv 2511.20609).

mod adam;
mod batch;
mod bias;
mod cues;
mod descent;
mod draws;
mod entropy;
mod footprint;
mod kernel;
mod modulation;
mod separated;

pub use batch::{Examples, Pairs};
pub use bias::bias;
pub use cues::Cues;
pub use descent::{Epoch, Fitted};
pub use kernel::{LogKernel, fit_kernel, kernel_loss};
pub use separated::{Spread, separate};

use super::footprint::Footprint;
use super::network::check_prior;
use super::similarity::{Modulation, Similarity};
use super::stage::Stage;
use crate::data::Features;
use crate::engine::{Array, Workspace};
use crate::error::{Error, Result};
use descent::{Descent, descend};

/// How a similarity is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Epochs at most.
    pub epochs: usize,
    /// Queries of an epoch: as many variants, or all pairs.
    pub samples: usize,
    /// Queries of a step.
    pub batch: usize,
    /// Adam's step.
    pub learning_rate: f64,
    /// Whether the betas are trained.
    pub trains_betas: bool,
    /// Whether what each pattern has before any query is, from 0 on.
    pub trains_prior: bool,
    /// Whether every epoch draws new variants.
    pub resamples: bool,
    /// Epochs without a loss lower by a thousandth after which training stops; never, if 0.
    pub patience: usize,
    /// What is taken from every query first: [`bias`], or nothing.
    pub bias: Option<Vec<f32>>,
    /// Of the order of patterns.
    pub seed: u64,
}

impl Training {
    /// The paper's of a footprint: 200 epochs of Adam with step 0.1; a new variant of each pattern in every epoch, all of
    /// them a batch.
    pub fn of(patterns: usize, seed: u64) -> Self {
        Self {
            epochs: 200,
            samples: patterns,
            batch: patterns,
            learning_rate: 0.1,
            trains_betas: true,
            trains_prior: false,
            resamples: true,
            patience: 0,
            bias: None,
            seed,
        }
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// If there is nothing to do in an epoch, or the step is not positive.
    pub fn check(&self) -> Result<()> {
        let Self { epochs, samples, batch, learning_rate, .. } = *self;
        if epochs == 0 || samples == 0 || batch == 0 || epochs > 1 << 20 {
            let what = format!("{epochs} epochs of {samples} samples in batches of {batch}");
            return Err(Error::setting(what, "give one of each at least, and 1048576 epochs at most"));
        }
        match learning_rate > 0.0 && learning_rate.is_finite() {
            true => Ok(()),
            false => Err(Error::setting(format!("a learning rate of {learning_rate}"), "give a positive number")),
        }
    }
}

/// What scores are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How queries are compared with patterns.
    pub similarity: Similarity,
    /// What each pattern has before any query, \[P\], if that is trained.
    pub prior: Option<Vec<f32>>,
}

/// Something with parameters that a loss has a gradient in.
trait Learner {
    /// The parameters, without the prior.
    fn parameters(&self) -> Vec<f64>;

    /// Takes parameters.
    fn set(&mut self, parameters: &[f64]) -> Result<()>;

    /// The sum of the queries' losses, and the gradient of their mean, of `scale` times the sum: in the parameters, then
    /// in the prior.
    fn loss(&self, queries: &Array, host: Option<&Features>, sources: &[u32], scale: f32) -> Result<(f64, Vec<f64>)>;

    /// The patterns on the device, with their prior.
    fn stage(&self) -> &Stage<'_>;

    /// Whether it needs the queries on the host.
    fn needs_host(&self) -> bool;

    /// The similarity of some parameters.
    fn similarity_of(&self, parameters: &[f64]) -> Similarity;
}

/// Trains a footprint or Phi, from where `start` is. The observer hears of each epoch and answers whether to go on; if
/// not, what was learned so far is returned.
///
/// # Errors
/// If `start` learns nothing or does not fit the patterns, settings cannot be meant, pairs name no pattern, or the
/// backend fails.
pub fn fit(
    space: &Workspace<'_>,
    patterns: &Features,
    start: &Similarity,
    examples: &Examples<'_>,
    training: &Training,
    observer: &mut dyn FnMut(&Epoch<'_>) -> bool,
) -> Result<Fitted> {
    training.check()?;
    start.check(patterns.dimensions())?;
    examples.check(patterns)?;
    let prior = training.trains_prior.then(|| vec![0.0; patterns.len()]);
    match start {
        Similarity::Footprint(from) => {
            let betas = training.trains_betas;
            let learner = footprint::Learner::new(space, patterns, from.clone(), betas, prior.as_deref())?;
            descend(Task { space, patterns, learner, examples, training }, training, observer)
        }
        Similarity::Modulated(from) => {
            let learner = modulation::Learner::new(space, patterns, from.clone(), prior.as_deref())?;
            descend(Task { space, patterns, learner, examples, training }, training, observer)
        }
        _ => Err(learns_nothing(start)),
    }
}

/// The mean cross entropy of pairs, and its gradient in what training changes: of a footprint w of distances, w of
/// products, both betas and U, each if it counts and is trained; of Phi its entries; then of the prior.
///
/// # Errors
/// As [`fit`].
pub fn loss(
    space: &Workspace<'_>,
    patterns: &Features,
    similarity: &Similarity,
    prior: Option<&[f32]>,
    pairs: Pairs<'_>,
) -> Result<(f64, Vec<f64>)> {
    similarity.check(patterns.dimensions())?;
    let examples = Examples::Pairs(pairs);
    examples.check(patterns)?;
    let draws: Vec<[u32; 2]> = (0..pairs.sources.len() as u32).map(|pair| [pair; 2]).collect();
    let own = Workspace::new(space.backend());
    let batch = examples.batch(&own, patterns, &draws, None, true)?;
    let scale = (draws.len() as f32).recip();
    let of = |learner: &dyn Learner| learner.loss(&batch.queries, batch.host.as_ref(), &batch.sources, scale);
    let (sum, gradient) = match similarity {
        Similarity::Footprint(from) => of(&footprint::Learner::new(space, patterns, from.clone(), true, prior)?),
        Similarity::Modulated(from) => of(&modulation::Learner::new(space, patterns, from.clone(), prior)?),
        _ => Err(learns_nothing(similarity)),
    }?;
    Ok((sum / draws.len() as f64, gradient))
}

fn learns_nothing(similarity: &Similarity) -> Error {
    Error::setting(format!("similarity {similarity} learns nothing"), "fit a footprint or Phi")
}

/// Training of a similarity by real-valued queries.
struct Task<'a, L> {
    space: &'a Workspace<'a>,
    patterns: &'a Features,
    learner: L,
    examples: &'a Examples<'a>,
    training: &'a Training,
}

impl<L> Task<'_, L> {
    /// Patterns whose prior is trained.
    fn priors(&self) -> usize {
        if self.training.trains_prior { self.patterns.len() } else { 0 }
    }
}

fn singles(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

impl<L: Learner> Descent for Task<'_, L> {
    type Learned = Scores;

    fn parameters(&self) -> Vec<f64> {
        let prior = std::iter::repeat_n(0.0, self.priors());
        self.learner.parameters().into_iter().chain(prior).collect()
    }

    fn set(&mut self, parameters: &[f64]) -> Result<()> {
        let (own, prior) = parameters.split_at(parameters.len() - self.priors());
        self.learner.set(own)?;
        self.learner.stage().set_prior(&singles(prior))
    }

    fn learned(&self, parameters: &[f64]) -> Scores {
        let (own, prior) = parameters.split_at(parameters.len() - self.priors());
        let prior = self.training.trains_prior.then(|| singles(prior));
        Scores { similarity: self.learner.similarity_of(own), prior }
    }

    fn check(&self, learned: &Scores) -> Result<()> {
        learned.similarity.check(self.patterns.dimensions())?;
        check_prior(learned.prior.as_deref(), self.patterns.len())
    }

    fn draws(&self, epoch: usize) -> Vec<[u32; 2]> {
        self.examples.draws(self.patterns.len(), self.training, epoch)
    }

    fn loss(&self, draws: &[[u32; 2]]) -> Result<(f64, Vec<f64>)> {
        let Self { space, patterns, learner, examples, training } = self;
        let own = Workspace::new(space.backend());
        let batch = examples.batch(&own, patterns, draws, training.bias.as_deref(), learner.needs_host())?;
        learner.loss(&batch.queries, batch.host.as_ref(), &batch.sources, (draws.len() as f32).recip())
    }
}

/// A footprint as a start.
impl From<Footprint> for Similarity {
    fn from(footprint: Footprint) -> Self {
        Self::Footprint(footprint)
    }
}

/// A similarity alone.
impl From<Similarity> for Scores {
    fn from(similarity: Similarity) -> Self {
        Self { similarity, prior: None }
    }
}

/// Phi as a start.
impl From<Modulation> for Similarity {
    fn from(modulation: Modulation) -> Self {
        Self::Modulated(modulation)
    }
}
