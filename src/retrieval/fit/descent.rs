//! Epochs of Adam's steps: the best is kept, and what goes astray is told.

use super::Scores;
use super::Training;
use super::adam::Adam;
use crate::error::Result;

/// An epoch that is over.
#[derive(Clone, Debug)]
pub struct Epoch<'a, T = Scores> {
    /// Its number, from 1 on.
    pub number: usize,
    /// Mean cross entropy of its queries, each before the step that it is part of.
    pub loss: f64,
    /// What had the lowest loss so far.
    pub best: &'a T,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted<T = Scores> {
    /// What had the lowest loss: what an epoch began with, or the last one ended with. Of several batches in an epoch the
    /// mean of their losses, each before its own step, stands for what it began with.
    pub learned: T,
    /// The loss of each epoch, of its queries each before the step that it is part of.
    pub losses: Vec<f64>,
    /// The epoch that began with it, from 1 on, one more than there were if the last ended with it; 0 if no loss was
    /// finite.
    pub best: usize,
    /// Its loss.
    pub best_loss: f64,
    /// Whether training ended with a loss or parameters that are not finite or too large to save, or a loss one above
    /// twice the first.
    pub diverged: bool,
}

/// Something with parameters, and queries whose loss has a gradient in them.
pub(super) trait Descent {
    /// What its parameters make.
    type Learned;

    /// The parameters.
    fn parameters(&self) -> Vec<f64>;

    /// Takes parameters.
    fn set(&mut self, parameters: &[f64]) -> Result<()>;

    /// What some parameters make.
    fn learned(&self, parameters: &[f64]) -> Self::Learned;

    /// Refuses what could not be saved.
    fn check(&self, learned: &Self::Learned) -> Result<()>;

    /// What the queries of an epoch are made from.
    fn draws(&self, epoch: usize) -> Vec<[u32; 2]>;

    /// The sum of some queries' losses, and the gradient of their mean.
    fn loss(&self, draws: &[[u32; 2]]) -> Result<(f64, Vec<f64>)>;
}

pub(super) fn descend<D: Descent>(
    mut learner: D,
    training: &Training,
    observer: &mut dyn FnMut(&Epoch<'_, D::Learned>) -> bool,
) -> Result<Fitted<D::Learned>> {
    let mut parameters = learner.parameters();
    let mut adam = Adam::new(parameters.len(), training.learning_rate);
    let mut losses: Vec<f64> = Vec::with_capacity(training.epochs);
    let mut best = Best { epoch: 0, loss: f64::INFINITY, parameters: parameters.clone() };
    let (mut waited, mut reference, mut astray) = (0, f64::INFINITY, false);
    for number in 1..=training.epochs {
        let before = parameters.clone();
        let draws = learner.draws(number);
        let (mut sum, mut answered, mut lost) = (0.0, 0, false);
        for part in draws.chunks(training.batch) {
            let (loss, gradient) = learner.loss(part)?;
            sum += loss;
            answered += part.len();
            adam.step(&mut parameters, &gradient);
            // What could not be saved is no memory.
            lost = !sum.is_finite() || learner.check(&learner.learned(&parameters)).is_err();
            if lost {
                break;
            }
            learner.set(&parameters)?;
        }
        let loss = sum / answered as f64;
        losses.push(loss);
        // The loss is that of the parameters before the epoch's steps.
        best.challenge(number, loss, before);
        waited += 1;
        if loss < reference * 0.999 {
            (waited, reference) = (0, loss);
        }
        let goes_on = observer(&Epoch { number, loss, best: &learner.learned(&best.parameters) });
        astray = lost;
        if lost || !goes_on || (training.patience > 0 && waited >= training.patience) {
            break;
        }
    }
    // What the last steps came to, of the last epoch's queries.
    let mut last = f64::NAN;
    if !astray {
        let draws = learner.draws(losses.len());
        let mut sum = 0.0;
        for part in draws.chunks(training.batch) {
            sum += learner.loss(part)?.0;
        }
        last = sum / draws.len() as f64;
        best.challenge(losses.len() + 1, last, parameters);
    }
    let diverged = !(last.is_finite() && last <= 1.0 + 2.0 * losses[0]);
    let learned = learner.learned(&best.parameters);
    Ok(Fitted { learned, losses, best: best.epoch, best_loss: best.loss, diverged })
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
