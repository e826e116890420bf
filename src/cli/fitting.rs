//! What the verbs that fit something share: options, how many queries, when the best is saved, how it ended.

use std::path::Path;
use std::time::{Duration, Instant};

use attractor::data::lines;
use attractor::retrieval::fit::Fitted;
use attractor::{Error, Result};
use clap::Args;
use serde::Serialize;

use super::interrupt::go_on;
use super::{CheckArgs, DeviceArgs, Output};

/// The best so far is saved this often.
const EVERY: Duration = Duration::from_secs(30);

/// Variants of an epoch at most.
const MOST_SAMPLES: usize = 1 << 24;

/// Options of any fit.
#[derive(Args, Debug)]
pub(super) struct FittingArgs {
    #[command(flatten)]
    pub(super) training: TrainingArgs,
    #[command(flatten)]
    pub(super) device: DeviceArgs,
    // Of shaders the fastest is chosen: --variant is another thing here.
    #[command(flatten)]
    pub(super) checks: CheckArgs,
    /// Seed of patterns, queries and training
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

/// How it is trained.
#[derive(Args, Debug)]
pub(super) struct TrainingArgs {
    /// Epochs
    #[arg(long, default_value_t = 200, help_heading = "Training")]
    pub(super) epochs: usize,
    /// Queries of an epoch [default: one for each pattern, or all pairs]
    #[arg(long, value_name = "COUNT", help_heading = "Training")]
    pub(super) samples: Option<usize>,
    /// Queries of a step [default: all of an epoch, at most 2048, and fewer of very many patterns, or of a kernel neurons]
    #[arg(long, value_name = "COUNT", help_heading = "Training")]
    pub(super) batch: Option<usize>,
    /// Adam's step [default: 0.1 of a footprint, 0.02 of a kernel, 0.01 of Phi]
    #[arg(long, value_name = "STEP", help_heading = "Training", allow_negative_numbers = true)]
    pub(super) learning_rate: Option<f64>,
    /// Train on the same variants in every epoch
    #[arg(long, help_heading = "Training")]
    pub(super) fixed_samples: bool,
    /// Stop after so many epochs without a loss lower by a thousandth; 0 for never
    #[arg(long, default_value_t = 0, value_name = "EPOCHS", help_heading = "Training")]
    pub(super) patience: usize,
}

/// So many patterns of so many dimensions or neurons.
pub(super) fn pair(text: &str) -> Result<[usize; 2], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[patterns, dimensions])
            if patterns >= 2 && dimensions >= 1 && patterns.saturating_mul(dimensions) <= 1 << 28 =>
        {
            Ok([patterns, dimensions])
        }
        _ => Err("write patterns, from 2 on, and dimensions: 2048,64; at most 2^28 numbers".into()),
    }
}

/// Variants of each of so many patterns, to try what was fitted on.
pub(super) fn fresh(patterns: usize, rounds: u32) -> Vec<[u32; 2]> {
    (0..rounds).flat_map(|round| (0..patterns as u32).map(move |row| [row, round])).collect()
}

/// Queries of an epoch: as many as were asked for, else all pairs, or one for each pattern.
pub(super) fn samples(asked: Option<usize>, patterns: usize, pairs: Option<usize>) -> Result<usize> {
    let most = pairs.unwrap_or(MOST_SAMPLES);
    match asked {
        Some(samples) if samples > most => {
            let of = if pairs.is_some() { "pairs there are" } else { "an epoch takes" };
            Err(Error::setting(format!("--samples {samples}"), format!("give {most} at most, which is what {of}")))
        }
        Some(samples) => Ok(samples),
        None => Ok(pairs.unwrap_or(patterns.min(most))),
    }
}

/// Saves the best so far now and then.
pub(super) struct Checkpoint {
    last: Instant,
    output: Output,
}

impl Checkpoint {
    pub(super) fn new(output: Output) -> Self {
        Self { last: Instant::now(), output }
    }

    /// Saves if it is time. What cannot be saved now may be at the end: it is told, and training goes on.
    pub(super) fn save(&mut self, save: impl FnOnce() -> Result<()>) {
        if self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        if let Err(error) = save() {
            self.output.warn(&format!("the best so far was not saved, and training goes on: {error}"));
        }
    }
}

/// A row of a training's trace.
#[derive(Serialize)]
struct Loss {
    epoch: usize,
    loss: f64,
}

/// The loss of each epoch, as CSV.
pub(super) fn trace(losses: &[f64]) -> Result<Vec<u8>> {
    let rows: Vec<Loss> = (1..).zip(losses).map(|(epoch, &loss)| Loss { epoch, loss }).collect();
    lines(&rows, true)
}

/// Refuses a training that was interrupted or went astray; its best is in `place`.
pub(super) fn ended<T>(fitted: &Fitted<T>, learning_rate: f64, place: &Path) -> Result<()> {
    if !go_on() {
        return Err(Error::Kept { place: place.into() });
    }
    if !fitted.diverged {
        return Ok(());
    }
    let what = format!(
        "in epoch {} the loss, {:.3} at first, or what is learned grew beyond bounds; {} holds the best, of {:.3}",
        fitted.losses.len(),
        fitted.losses.first().copied().unwrap_or(f64::NAN),
        place.display(),
        fitted.best_loss
    );
    Err(Error::Diverged { what, learning_rate: learning_rate as f32, safe: None })
}

/// An interruption after the training, whose best is in `place`.
pub(super) fn kept(error: Error, place: &Path) -> Error {
    match error {
        Error::Interrupted => Error::Kept { place: place.into() },
        other => other,
    }
}
