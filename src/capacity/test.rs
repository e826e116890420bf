//! The sequential test: trials in growing numbers, until exact bounds tell or the trials are used up.
//!
//! The statement tested at one P is that the failure probability, of each pattern (`every`) or averaged over patterns
//! (`mean`), is below epsilon. Trials are looked at a fixed number of times K, each look with a share 1 / K of the
//! error alpha = 1 - confidence.
//!
//! Shown: the exact upper bound is below epsilon at error alpha / K, for `every` of each pattern. This needs no
//! correction for the number of patterns: were the statement false, one certain pattern would have to be below by
//! chance (an intersection-union test). A pattern that was shown draws no more trials.
//! Refuted: the exact lower bound reaches epsilon, for `every` of any pattern, each at error alpha / (K P): P patterns
//! have P chances to look bad (Bonferroni).
//! The statement is true or false, so that a decision is wrong with probability alpha at most. It says nothing of the
//! others: a search's bounds rest on the two decisions beside them, and on none tried before having been wrong.

use super::decision::Verdict;
use super::settings::{Criterion, Settings};
use crate::error::{Error, Result};
use crate::measure::{binomial_tail, clopper_pearson};

/// Each look has so many times the trials of the one before.
const GROWTH: usize = 4;

/// When to look, and how certain to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    /// Trials of a pattern, or of all together, at each look.
    pub(super) looks: Vec<usize>,
    failure: f64,
    /// Of a look.
    error: f64,
}

/// Trials and failures of one pattern, or of all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) trials: usize,
    pub(super) failures: usize,
}

impl Tally {
    pub(super) fn note(&mut self, failed: bool) {
        self.trials += 1;
        self.failures += usize::from(failed);
    }

    fn rate(self) -> f64 {
        self.failures as f64 / self.trials as f64
    }
}

impl Test {
    /// Looks at max_trials, a fourth of it, and so on, as long as one in eight memories at epsilon would show a
    /// failure.
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let least = (1.0 / (8.0 * settings.failure)).max(1.0);
        let mut looks: Vec<usize> = std::iter::successors(Some(settings.max_trials), |trials| Some(trials / GROWTH))
            .take_while(|&trials| trials as f64 >= least)
            .collect();
        looks.reverse();
        let error = (1.0 - settings.confidence) / looks.len().max(1) as f64;
        let needed = (error.ln() / (1.0 - settings.failure).ln()).ceil();
        if looks.is_empty() || (settings.max_trials as f64) < needed {
            return Err(Error::setting(
                format!(
                    "--max-trials {}, which shows no failure probability to be below {}",
                    settings.max_trials, settings.failure
                ),
                format!("give at least {} trials", needed.max(least)),
            ));
        }
        Ok(Self { looks, failure: settings.failure, error })
    }

    /// Whether the rate behind a tally is shown to be below epsilon.
    pub(super) fn shown(&self, tally: Tally) -> bool {
        binomial_tail(tally.failures as u64, tally.trials as u64, self.failure) < self.error
    }

    /// Whether it is shown to be epsilon or more; `tallies` is how many are looked at.
    fn refuted(&self, tally: Tally, tallies: usize) -> bool {
        let fewer = tally.failures.checked_sub(1);
        fewer.is_some_and(|fewer| {
            1.0 - binomial_tail(fewer as u64, tally.trials as u64, self.failure) < self.error / tallies as f64
        })
    }

    /// What so many trials of each tell, those shown before among them.
    pub(super) fn verdict(&self, tallies: &[Tally]) -> Verdict {
        if tallies.iter().any(|&tally| self.refuted(tally, tallies.len())) {
            return Verdict::Not;
        }
        if tallies.iter().all(|&tally| self.shown(tally)) { Verdict::Retrievable } else { Verdict::Undecided }
    }

    /// The largest rate of the tallies, and bounds of it as the verdict has them.
    pub(super) fn bounds(&self, tallies: &[Tally]) -> (f64, f64, f64) {
        let mut kinds: Vec<(usize, usize)> = tallies.iter().map(|tally| (tally.failures, tally.trials)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let most = |of: &dyn Fn(usize, usize) -> f64| kinds.iter().map(|&(f, n)| of(f, n)).fold(0.0, f64::max);
        let each = tallies.len() as f64;
        (
            most(&|failures, trials| Tally { trials, failures }.rate()),
            most(&|failures, trials| clopper_pearson(failures as u64, trials as u64, self.error / each).0),
            most(&|failures, trials| clopper_pearson(failures as u64, trials as u64, self.error).1),
        )
    }
}

/// Without flips a pattern has one cue and one trial, which tells for certain: (verdict, rate).
pub(super) fn certain(criterion: Criterion, failure: f64, all: Tally) -> (Verdict, f64) {
    let rate = match criterion {
        Criterion::Every => f64::from(u8::from(all.failures > 0)),
        Criterion::Mean => all.rate(),
    };
    (if rate < failure { Verdict::Retrievable } else { Verdict::Not }, rate)
}
