//! Trials of one memory: which pattern, how many flips, and whether it came back.

use rand::Rng;

use super::settings::{Criterion, Settings};
use super::test::Tally;
use crate::cue::{self, Trial};
use crate::engine::{Backend, Workspace};
use crate::error::Result;
use crate::memory::Memory;
use crate::pattern::hamming;
use crate::random::{Philox, Purpose, stream};
use crate::recall::{self, Dynamics, Manner, Precision, recall_by};

/// Draws trials; each depends on the seed, the network, and its own pattern and number alone.
pub(super) struct Draws {
    key: [u32; 2],
    flips: Flips,
}

/// How many bits a cue differs in.
enum Flips {
    Always(usize),
    /// The probability of 0, 1, 2, ... or fewer.
    Cumulated(Vec<f64>),
}

impl Draws {
    pub(super) fn new(settings: &Settings, network: u32, neurons: usize) -> Self {
        let binomial = || cumulated(settings.code.movable(neurons), settings.flip);
        let flips = settings.flips.map_or_else(|| Flips::Cumulated(binomial()), Flips::Always);
        Self { key: stream(settings.seed, Purpose::Trial, network), flips }
    }

    /// The `number`-th trial of a pattern, or with `mean` of all `patterns` together: of any of them, each as likely,
    /// so that trials are independent and fail with one probability.
    pub(super) fn trial(&self, criterion: Criterion, pattern: usize, number: usize, patterns: usize) -> Trial {
        let pattern = match criterion {
            Criterion::Every => pattern,
            Criterion::Mean => {
                let share = uniform(&mut Philox::new(self.key, [number as u32, 0, 1]));
                // A product with less than 1 may round up to all of it.
                ((share * patterns as f64) as usize).min(patterns - 1)
            }
        };
        let flips = match &self.flips {
            Flips::Always(flips) => *flips,
            Flips::Cumulated(sums) => {
                let share = uniform(&mut Philox::new(self.key, [pattern as u32, number as u32, 0]));
                sums.partition_point(|&below| below <= share)
            }
        };
        Trial { pattern, repetition: number, flips }
    }
}

/// From 0 to below 1, in steps of 2^-53.
fn uniform(generator: &mut Philox) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// The binomial distribution's sums up to 0, 1, ..., N - 1 flips. Products and quotients only, outwards from the most
/// likely number: the same bits on every machine, and nothing underflows that counts.
fn cumulated(neurons: usize, flip: f64) -> Vec<f64> {
    let peak = ((neurons + 1) as f64 * flip).floor().min(neurons as f64) as usize;
    let odds = flip / (1.0 - flip);
    let mut chances = vec![0.0; neurons + 1];
    chances[peak] = 1.0;
    for k in peak..neurons {
        chances[k + 1] = chances[k] * odds * (neurons - k) as f64 / (k + 1) as f64;
    }
    for k in (0..peak).rev() {
        // At flip = 1 the odds are infinite, and nothing is left below the peak.
        chances[k] = chances[k + 1] * (k + 1) as f64 / (neurons - k) as f64 / odds;
    }
    let all: f64 = chances.iter().sum();
    let sums = chances.iter().scan(0.0, |sum, chance| {
        *sum += chance;
        Some(*sum / all)
    });
    sums.take(neurons).collect()
}

/// How to recall one memory's trials.
pub(super) struct Recaller<'a> {
    pub(super) backend: &'a dyn Backend,
    pub(super) dynamics: Dynamics,
    pub(super) precision: Precision,
    pub(super) memory: &'a Memory,
    pub(super) seed: u64,
    pub(super) network: u32,
    pub(super) max_steps: usize,
    /// Bits in which a fixed point may differ from its target.
    pub(super) tolerated: u32,
    /// Trials at once, at most.
    pub(super) batch: usize,
}

impl Recaller<'_> {
    /// Recalls trials, `count` in all, and notes in its tally whether each failed: it ended in no fixed point, or in
    /// one that is too far from its target. The observer hears the share done, and answers whether to go on.
    pub(super) fn note(
        &self,
        mut trials: impl Iterator<Item = (usize, Trial)>,
        count: usize,
        tallies: &mut [Tally],
        observer: &mut dyn FnMut(f64) -> bool,
    ) -> Result<()> {
        let keys = std::slice::from_ref(&self.memory.keys);
        let mut before = 0;
        loop {
            let (at, batch): (Vec<usize>, Vec<Trial>) = trials.by_ref().take(self.batch).unzip();
            if batch.is_empty() {
                return Ok(());
            }
            let cues = cue::cues_of(self.memory.code, self.backend, self.seed, &[self.network], keys, &batch)?;
            let space = Workspace::new(self.backend);
            let draws = recall::Draws { seed: self.seed, networks: &[self.network], trials: &batch };
            let manner = Manner { dynamics: self.dynamics, precision: self.precision, draws };
            let recalls = recall_by(manner, &space, &[self.memory], &cues, self.max_steps, &mut |share| {
                observer((before as f64 + share * batch.len() as f64) / count as f64)
            })?;
            for recall in &recalls {
                for (row, (&at, trial)) in at.iter().zip(&batch).enumerate() {
                    let distance = hamming(recall.finals.row(row), self.memory.keys.row(trial.pattern));
                    tallies[at].note(recall.endings[row].period != 1 || distance > self.tolerated);
                }
            }
            before += batch.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn drawn() -> Settings {
        Settings { seed: 3, flip: 0.1, ..settings("hebb", &[200]) }
    }

    #[test]
    fn flips_are_binomial() {
        let sums = cumulated(4, 0.25);
        for (sum, exact) in sums.iter().zip([81.0, 189.0, 243.0, 255.0]) {
            assert!((sum * 256.0 - exact).abs() < 1e-10, "{sums:?}");
        }
        assert_eq!((cumulated(5, 0.0), cumulated(5, 1.0)), (vec![1.0; 5], vec![0.0; 5]));
        // Where (1 - delta)^N is below every number.
        let wide = cumulated(20_000, 0.3);
        assert!((wide[6000] - 0.5).abs() < 0.01 && wide.iter().all(|sum| sum.is_finite()));
        let draws = Draws::new(&drawn(), 0, 200);
        let flips: Vec<usize> = (0..4000).map(|number| draws.trial(Criterion::Every, 7, number, 9).flips).collect();
        let mean = flips.iter().sum::<usize>() as f64 / 4000.0;
        let spread = flips.iter().map(|&k| (k as f64 - mean).powi(2)).sum::<f64>() / 4000.0;
        // Five standard errors of the mean of 20 and of the variance of 18.
        assert!((mean - 20.0).abs() < 0.34 && (spread - 18.0).abs() < 2.1, "{mean} {spread}");
    }

    #[test]
    fn trials_of_all_patterns_cue_each_as_often() {
        let draws = Draws::new(&drawn(), 0, 50);
        let mut counts = [0; 10];
        for number in 0..10_000 {
            counts[draws.trial(Criterion::Mean, 0, number, 10).pattern] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
