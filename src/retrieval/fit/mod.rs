//! Similarities learned from variants: cross entropy of the pattern a query was made from, by Adam (arXiv 2511.20609).

mod adam;
mod batch;
mod bias;
mod entropy;
mod footprint;
mod modulation;
mod separated;

pub use batch::{Examples, Pairs};
pub use bias::bias;
pub use separated::{Spread, separate};

use super::footprint::Footprint;
use super::network::check_prior;
use super::similarity::{Modulation, Similarity};
use super::stage::Stage;
use crate::data::Features;
use crate::engine::{Array, Workspace};
use crate::error::{Error, Result};
use adam::Adam;

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
    /// The paper's: 200 epochs of Adam with step 0.1; a new variant of each pattern in every epoch, all of them a
    /// batch.
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

    fn check(&self) -> Result<()> {
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

/// An epoch that is over.
#[derive(Clone, Debug)]
pub struct Epoch<'a> {
    /// Its number, from 1 on.
    pub number: usize,
    /// Mean cross entropy of its queries, each before the step that it is part of.
    pub loss: f64,
    /// The similarity of the lowest loss so far,
    pub best: &'a Similarity,
    /// and its prior, if that is trained.
    pub prior: Option<Vec<f32>>,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The similarity of the lowest loss: what an epoch began with, or the last one ended with.
    pub similarity: Similarity,
    /// Its prior, if that was trained.
    pub prior: Option<Vec<f32>>,
    /// The loss of each epoch, of its queries each before the step that it is part of.
    pub losses: Vec<f64>,
    /// The epoch that began with it, from 1 on, one more than there were if the last ended with it; 0 if no loss was finite.
    pub best: usize,
    /// Its loss.
    pub best_loss: f64,
    /// Whether training ended with a loss or parameters that are not finite or too large to save, or a loss one above twice
    /// the first.
    pub diverged: bool,
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
            descend(space, patterns, learner, examples, training, observer)
        }
        Similarity::Modulated(from) => {
            let learner = modulation::Learner::new(space, patterns, from.clone(), prior.as_deref())?;
            descend(space, patterns, learner, examples, training, observer)
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

fn descend(
    space: &Workspace<'_>,
    patterns: &Features,
    mut learner: impl Learner,
    examples: &Examples<'_>,
    training: &Training,
    observer: &mut dyn FnMut(&Epoch<'_>) -> bool,
) -> Result<Fitted> {
    let mut parameters = learner.parameters();
    let own = parameters.len();
    parameters.resize(own + if training.trains_prior { patterns.len() } else { 0 }, 0.0);
    let prior_of = |parameters: &[f64]| -> Option<Vec<f32>> {
        training.trains_prior.then(|| parameters[own..].iter().map(|&value| value as f32).collect())
    };
    let mut adam = Adam::new(parameters.len(), training.learning_rate);
    let mut losses: Vec<f64> = Vec::with_capacity(training.epochs);
    let mut best = Best { epoch: 0, loss: f64::INFINITY, parameters: parameters.clone() };
    let (mut waited, mut reference, mut astray) = (0, f64::INFINITY, false);
    for number in 1..=training.epochs {
        let before = parameters.clone();
        let draws = examples.draws(patterns, training, number);
        let (mut sum, mut answered, mut lost) = (0.0, 0, false);
        for part in draws.chunks(training.batch) {
            let (loss, gradient) = of_batch(space, patterns, &learner, examples, training, part)?;
            sum += loss;
            answered += part.len();
            adam.step(&mut parameters, &gradient);
            // What could not be saved is no memory.
            let prior = prior_of(&parameters);
            lost = !sum.is_finite()
                || learner.similarity_of(&parameters[..own]).check(patterns.dimensions()).is_err()
                || check_prior(prior.as_deref(), patterns.len()).is_err();
            if lost {
                break;
            }
            learner.set(&parameters[..own])?;
            if let Some(prior) = prior {
                learner.stage().set_prior(&prior)?;
            }
        }
        let loss = sum / answered as f64;
        losses.push(loss);
        // The loss is that of the parameters before the epoch's steps.
        best.challenge(number, loss, before);
        waited += 1;
        if loss < reference * 0.999 {
            (waited, reference) = (0, loss);
        }
        let found = learner.similarity_of(&best.parameters[..own]);
        let goes_on = observer(&Epoch { number, loss, best: &found, prior: prior_of(&best.parameters) });
        astray = lost;
        if lost || !goes_on || (training.patience > 0 && waited >= training.patience) {
            break;
        }
    }
    // What the last steps came to, of the last epoch's queries.
    let mut last = f64::NAN;
    if !astray {
        let draws = examples.draws(patterns, training, losses.len());
        let mut sum = 0.0;
        for part in draws.chunks(training.batch) {
            sum += of_batch(space, patterns, &learner, examples, training, part)?.0;
        }
        last = sum / draws.len() as f64;
        best.challenge(losses.len() + 1, last, parameters);
    }
    let diverged = !(last.is_finite() && last <= 1.0 + 2.0 * losses[0]);
    let similarity = learner.similarity_of(&best.parameters[..own]);
    let prior = prior_of(&best.parameters);
    Ok(Fitted { similarity, prior, losses, best: best.epoch, best_loss: best.loss, diverged })
}

/// The sum of some queries' losses, and the gradient of their mean.
fn of_batch(
    space: &Workspace<'_>,
    patterns: &Features,
    learner: &impl Learner,
    examples: &Examples<'_>,
    training: &Training,
    part: &[[u32; 2]],
) -> Result<(f64, Vec<f64>)> {
    let own = Workspace::new(space.backend());
    let batch = examples.batch(&own, patterns, part, training.bias.as_deref(), learner.needs_host())?;
    learner.loss(&batch.queries, batch.host.as_ref(), &batch.sources, (part.len() as f32).recip())
}

/// The parameters of the lowest loss so far.
struct Best {
    epoch: usize,
    loss: f64,
    parameters: Vec<f64>,
}

impl Best {
    fn challenge(&mut self, epoch: usize, loss: f64, parameters: Vec<f64>) {
        if loss < self.loss {
            *self = Self { epoch, loss, parameters };
        }
    }
}

/// A footprint as a start.
impl From<Footprint> for Similarity {
    fn from(footprint: Footprint) -> Self {
        Self::Footprint(footprint)
    }
}

/// Phi as a start.
impl From<Modulation> for Similarity {
    fn from(modulation: Modulation) -> Self {
        Self::Modulated(modulation)
    }
}
