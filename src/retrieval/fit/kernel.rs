//! The adaptive similarity of bipolar states: a kernel of N + 1 numbers, learned.
//!
//! Of -1 and 1 every likeness -(xi_i - x_i)^2 or xi_i x_i has two values, and sorted they say how many neurons differ
//! and nothing else: w . footprint is a function T of the Hamming distance, and any is. With n_b\[h\] stored patterns
//! at distance h of query b, and its own at d_b,
//!
//! ```text
//! loss_b = ln sum over h of n_b[h] exp(T[h]) - T[d_b]
//! ```
//!
//! so the loss needs the counts alone, which kernel `histogram` makes.
//!
//! Parameters are the slopes T\[h + 1\] - T\[h\], which are the footprint's own weights up to a factor. A single T\[h\]
//! would stand still where no query has a pattern, while Adam moves its neighbours: distance 0 could fall below what is
//! farther. Slopes carry it along: below and above all distances of the training the start's slope goes on, and all
//! slopes between two distances that were met move alike.

use super::Training;
use super::cues::Cues;
use super::descent::{Descent, Epoch, Fitted, descend};
use crate::engine::kernel::HISTOGRAM;
use crate::engine::{Array, Element, Recording, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::Table;
use crate::pattern::{Patterns, hamming};
use crate::retrieval::variant::Use;

/// A kernel on bipolar states, as its natural logarithm at each Hamming distance.
#[derive(Clone, Debug, PartialEq)]
pub struct LogKernel(pub Vec<f64>);

/// Counts held at once.
const HELD: usize = 1 << 24;

/// What text of numbers holds: exp of no more than this, up and down.
const WITHIN_F64: f64 = 700.0;

impl LogKernel {
    /// -slope h: with slope 2 softmax of dot products, M-Hop's similarity.
    pub fn straight(neurons: usize, slope: f64) -> Self {
        Self((0..=neurons).map(|distance| -slope * distance as f64).collect())
    }

    /// Its weights in f32, relative to the largest, with exponents where they are needed.
    ///
    /// # Errors
    /// If it is empty or not finite, or spans more than any table.
    pub fn table(&self) -> Result<Table> {
        if self.0.is_empty() {
            return Err(Error::setting("a kernel without numbers", "give one for each Hamming distance"));
        }
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Table::from_logarithm(self.0.len().saturating_sub(1), |distance| (1.0, self.0[distance] - most))
    }

    /// Its weights as f64, as `--kernel table:FILE` reads them: relative to the largest, or all larger by one factor if
    /// the smallest would not be normal then; and how many are 0 even so, those below e^-1400 of the largest.
    pub fn values(&self) -> (Vec<f64>, usize) {
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let raised = (most - least - WITHIN_F64).clamp(0.0, WITHIN_F64);
        let weight = |logarithm: &f64| {
            let scaled = logarithm - most + raised;
            if scaled < -WITHIN_F64 { 0.0 } else { libm::exp(scaled) }
        };
        let values: Vec<f64> = self.0.iter().map(weight).collect();
        let lost = values.iter().filter(|&&value| value == 0.0).count();
        (values, lost)
    }

    fn check(&self, neurons: usize) -> Result<()> {
        if self.0.len() == neurons + 1 {
            return self.table().map(|_| ());
        }
        let what = format!("a kernel of {} numbers for {neurons} neurons", self.0.len());
        Err(Error::setting(what, format!("give {}, one for each Hamming distance", neurons + 1)))
    }
}

/// Trains a kernel, from where `start` is, to find the pattern that each query was made from. The observer hears of
/// each epoch and answers whether to go on; if not, what was learned so far is returned. Of `training` betas and
/// prior play no part.
///
/// # Errors
/// If `start` or the cues do not fit the patterns, settings cannot be meant, there are no patterns, or the backend
/// fails.
pub fn fit_kernel(
    space: &Workspace<'_>,
    patterns: &Patterns,
    start: &LogKernel,
    cues: &Cues<'_>,
    training: &Training,
    observer: &mut dyn FnMut(&Epoch<'_, LogKernel>) -> bool,
) -> Result<Fitted<LogKernel>> {
    training.check()?;
    if training.bias.is_some() {
        return Err(Error::setting("a bias taken from bipolar queries", "leave it out"));
    }
    start.check(patterns.neurons())?;
    cues.check(patterns)?;
    let own = Workspace::new(space.backend());
    let keys = keys(&own, patterns)?;
    let slopes = start.0.windows(2).map(|pair| pair[1] - pair[0]).collect();
    descend(Learner { space, patterns, keys, cues, training, slopes }, training, observer)
}

/// The mean cross entropy of queries, and its gradient in each T\[h\].
///
/// # Errors
/// As [`fit_kernel`].
pub fn kernel_loss(
    space: &Workspace<'_>,
    patterns: &Patterns,
    kernel: &LogKernel,
    queries: &Patterns,
    sources: &[usize],
) -> Result<(f64, Vec<f64>)> {
    kernel.check(patterns.neurons())?;
    Cues::Pairs { queries, sources }.check(patterns)?;
    let own = Workspace::new(space.backend());
    let keys = keys(&own, patterns)?;
    let (mut sum, mut gradient) = (0.0, vec![0.0; kernel.0.len()]);
    let count = queries.len();
    let block = (HELD / kernel.0.len()).max(1);
    for start in (0..count).step_by(block) {
        let rows = start..(start + block).min(count);
        let share = rows.len() as f64 / count as f64;
        let part = queries.select(rows.clone());
        let (loss, slopes) = cross_entropy(&own, &keys, patterns, kernel, &part, &sources[rows])?;
        sum += loss;
        gradient.iter_mut().zip(slopes).for_each(|(all, slope)| *all += share * slope);
    }
    Ok((sum / count as f64, gradient))
}

struct Learner<'a> {
    space: &'a Workspace<'a>,
    patterns: &'a Patterns,
    keys: Array,
    cues: &'a Cues<'a>,
    training: &'a Training,
    slopes: Vec<f64>,
}

impl Descent for Learner<'_> {
    type Learned = LogKernel;

    fn parameters(&self) -> Vec<f64> {
        self.slopes.clone()
    }

    fn set(&mut self, parameters: &[f64]) -> Result<()> {
        self.slopes = parameters.to_vec();
        Ok(())
    }

    fn learned(&self, parameters: &[f64]) -> LogKernel {
        let mut at = 0.0;
        let further = parameters.iter().map(|slope| {
            at += slope;
            at
        });
        LogKernel(std::iter::once(0.0).chain(further).collect())
    }

    fn check(&self, learned: &LogKernel) -> Result<()> {
        learned.check(self.patterns.neurons())
    }

    fn draws(&self, epoch: usize) -> Vec<[u32; 2]> {
        self.cues.draws(self.patterns.len(), self.training, epoch)
    }

    fn loss(&self, draws: &[[u32; 2]]) -> Result<(f64, Vec<f64>)> {
        let Self { space, patterns, keys, cues, training, slopes } = self;
        let (queries, sources) = cues.draw(space, training.seed, patterns, draws, Use::Training)?;
        let (sum, gradient) = cross_entropy(space, keys, patterns, &self.learned(slopes), &queries, &sources)?;
        // A slope moves all that is further.
        let mut beyond = 0.0;
        let mut of_slopes: Vec<f64> = gradient[1..]
            .iter()
            .rev()
            .map(|slope| {
                beyond += slope;
                beyond
            })
            .collect();
        of_slopes.reverse();
        Ok((sum, of_slopes))
    }
}

fn keys(space: &Workspace<'_>, patterns: &Patterns) -> Result<Array> {
    if patterns.is_empty() {
        return Err(Error::setting("no patterns", "store one at least"));
    }
    space.rows("keys", Element::Bits, 1, patterns.stride(), patterns.words())
}

/// The sum of the queries' losses, and the gradient of their mean.
fn cross_entropy(
    space: &Workspace<'_>,
    keys: &Array,
    patterns: &Patterns,
    kernel: &LogKernel,
    queries: &Patterns,
    sources: &[usize],
) -> Result<(f64, Vec<f64>)> {
    let (count, neurons) = (queries.len(), patterns.neurons());
    let own = Workspace::new(space.backend());
    let states = own.rows("queries", Element::Bits, 1, queries.stride(), queries.words())?;
    let counts = own.alloc("counts", Element::U32, 1, count, neurons + 1)?;
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: count, patterns: patterns.len(), neurons };
    recording.dispatch(&HISTOGRAM, work, &[("states", &states), ("keys", keys), ("counts", &counts)], &[])?;
    own.backend().run(&recording, 1)?;
    let counts = own.backend().download(&counts, count)?;
    let (mut sum, mut gradient) = (0.0, vec![0.0; neurons + 1]);
    for ((row, &source), counts) in sources.iter().enumerate().zip(counts.chunks_exact(neurons + 1)) {
        let distance = hamming(queries.row(row), patterns.row(source)) as usize;
        let met = || counts.iter().zip(&kernel.0).enumerate().filter(|(_, (count, _))| **count > 0);
        let most = met().map(|(_, (_, &logarithm))| logarithm).fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<(usize, f64)> =
            met().map(|(at, (&count, logarithm))| (at, f64::from(count) * libm::exp(logarithm - most))).collect();
        let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
        sum += libm::log(all) + most - kernel.0[distance];
        weights.iter().for_each(|(at, weight)| gradient[*at] += weight / all);
        gradient[distance] -= 1.0;
    }
    gradient.iter_mut().for_each(|slope| *slope /= count as f64);
    Ok((sum, gradient))
}
