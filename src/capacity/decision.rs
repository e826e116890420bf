//! One number of patterns, tried: a row of decisions.csv. And what a list of them leaves open.

use serde::{Deserialize, Serialize};

/// Whether a memory of P patterns is retrievable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Shown to be.
    Retrievable,
    /// Shown not to be.
    Not,
    /// Neither, with the trials there were.
    #[default]
    Undecided,
}

/// A number of patterns that was tried. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// Neurons, N.
    pub neurons: usize,
    /// Which of the independent networks.
    pub network: usize,
    /// Stored patterns, P.
    pub patterns: usize,
    /// What was found.
    pub verdict: Verdict,
    /// Trials in all; 0 when the network learnt nothing, which every cue fails.
    pub trials: usize,
    /// Trials that did not recover their target.
    pub failures: usize,
    /// Share of failing trials: of the pattern with the largest (`every`), or of all (`mean`).
    pub rate: f64,
    /// The rate that was tested against epsilon, the largest of the patterns' probabilities or their mean, is above
    /// this,
    pub low: f64,
    /// and below this, with the confidence asked for.
    pub high: f64,
    /// Whether training settled; true where nothing is descended, or nothing was learnt.
    pub settled: bool,
}

/// Where a network's capacity lies, as far as its decisions tell. P grows, and retrievability ends once: what is larger
/// than a P that was shown not to be retrievable, and that none above it was shown to be, is taken not to be either. It
/// may begin late: a covariance of one pattern is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The largest P shown to be retrievable; 0 when none was.
    pub shown: usize,
    /// The smallest P above it shown not to be.
    pub refuted: Option<usize>,
    /// The largest P tried.
    tried: usize,
    /// The smallest and the largest P between them that stayed undecided.
    undecided: Option<(usize, usize)>,
}

impl Bracket {
    /// Of one network's decisions, in any order.
    pub fn of(decisions: &[Decision]) -> Self {
        let of = |verdict| decisions.iter().filter(move |tried| tried.verdict == verdict).map(|tried| tried.patterns);
        let shown = of(Verdict::Retrievable).max().unwrap_or(0);
        let refuted = of(Verdict::Not).filter(|&p| p > shown).min();
        let tried = decisions.iter().map(|tried| tried.patterns).max().unwrap_or(0);
        let between = || of(Verdict::Undecided).filter(|&p| p > shown && refuted.is_none_or(|end| p < end));
        Self { shown, refuted, tried, undecided: between().min().zip(between().max()) }
    }

    /// What to try next, from 1 to `most`: twice as many patterns until one is refuted, or `few` if none is shown before,
    /// so that no memory is much larger than need be, then the middle of the gap below what is undecided, then of the
    /// one above; none when each is at most `resolution` of its upper end.
    pub fn next(&self, most: usize, few: usize, resolution: f64) -> Option<usize> {
        if self.shown == 0 && self.tried < few.min(most) {
            return Some((2 * self.tried).clamp(1, most));
        }
        let last = self.undecided.map_or(self.shown, |(_, last)| last);
        let Some(refuted) = self.refuted else {
            if last < most {
                return Some((2 * last).clamp(1, most));
            }
            return self.undecided.and_then(|(first, _)| middle(self.shown, first, resolution));
        };
        let first = self.undecided.map_or(refuted, |(first, _)| first);
        middle(self.shown, first, resolution).or_else(|| middle(last, refuted, resolution))
    }
}

fn middle(low: usize, high: usize, resolution: f64) -> Option<usize> {
    let gap = high - low;
    (gap > 1 && gap as f64 > resolution * high as f64).then_some(low + gap / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decisions of a search whose memory is retrievable up to `yes` and shown not to be from `no` on.
    fn search(yes: usize, no: usize, most: usize, resolution: f64) -> Vec<Decision> {
        let verdict = |patterns| match patterns {
            p if p <= yes => Verdict::Retrievable,
            p if p >= no => Verdict::Not,
            _ => Verdict::Undecided,
        };
        search_by(verdict, most, 1, resolution)
    }

    fn search_by(verdict: impl Fn(usize) -> Verdict, most: usize, few: usize, resolution: f64) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = Vec::new();
        while let Some(patterns) = Bracket::of(&decisions).next(most, few, resolution) {
            let verdict = verdict(patterns);
            decisions.push(Decision { patterns, verdict, ..Decision::default() });
            assert!(decisions.len() < 100, "{decisions:?}");
        }
        decisions
    }

    #[test]
    fn a_search_ends_at_the_edges_whatever_stays_undecided() {
        for (yes, no) in [(0, 1), (1, 2), (37, 38), (37, 45), (100, 131), (63, 64), (0, 9), (31, 90)] {
            let decisions = search(yes, no, 1000, 0.0);
            let bracket = Bracket::of(&decisions);
            assert_eq!((bracket.shown, bracket.refuted), (yes, Some(no)), "{decisions:?}");
            let largest = decisions.iter().map(|decision| decision.patterns).max();
            assert!(largest.unwrap() <= (2 * no).max(1), "{yes} {no}: {largest:?} is tried");
        }
    }

    #[test]
    fn a_memory_that_begins_late_is_found_and_one_that_never_begins_ends_the_search() {
        let verdict = |p| if (5..=37).contains(&p) { Verdict::Retrievable } else { Verdict::Not };
        let bracket = Bracket::of(&search_by(verdict, 1000, 64, 0.0));
        assert_eq!((bracket.shown, bracket.refuted), (37, Some(38)));
        let never = search_by(|_| Verdict::Not, 1000, 64, 0.0);
        assert_eq!((Bracket::of(&never).shown, never.len()), (0, 7), "{never:?}");
    }

    #[test]
    fn a_bound_and_a_resolution_end_it_sooner() {
        let bracket = Bracket::of(&search(500, 501, 100, 0.0));
        assert_eq!((bracket.shown, bracket.refuted), (100, None));
        // The bound itself is tried, and what is undecided below it has its lower edge.
        let decisions = search(37, 500, 100, 0.0);
        assert_eq!((Bracket::of(&decisions).shown, Bracket::of(&decisions).refuted), (37, None));
        assert!(decisions.iter().any(|decision| decision.patterns == 100));
        let coarse = search(1000, 1001, 1 << 20, 0.1);
        let bracket = Bracket::of(&coarse);
        assert!(bracket.shown <= 1000 && bracket.refuted.is_some_and(|no| no > 1000 && no - bracket.shown <= no / 10));
        assert!(coarse.len() < search(1000, 1001, 1 << 20, 0.0).len());
    }
}
