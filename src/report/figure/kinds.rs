//! Which curves a sweep gets, and how each is to be read. Knows nothing of drawing.

use super::super::curves::Span;
use super::super::estimate::Estimate;
use super::super::number::plain;
use super::super::series::Series;
use super::super::summary::{Summary, levels};

/// The setting along the horizontal axis; the other one tells the curves apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    /// Curves of one similarity each.
    Load,
    /// Curves of one load each.
    Similarity,
}

/// A figure of curves.
pub(super) struct Kind {
    /// File name without its ending.
    pub(super) stem: &'static str,
    /// What is shown.
    pub(super) title: &'static str,
    /// The setting along the horizontal axis.
    pub(super) against: Against,
    /// The quantity.
    pub(super) measure: fn(&Summary) -> Option<Estimate>,
    /// Its name as a column, and along the vertical axis.
    pub(super) column: &'static str,
    pub(super) label: &'static str,
    /// What its axis reaches over.
    pub(super) span: Span,
    /// How to read the curves, and their intervals.
    pub(super) reading: &'static str,
    pub(super) intervals: &'static str,
}

const WILSON: &str =
    "Bars and bands are 95 % Wilson intervals of the pooled trials; they do not count how networks differ.";
const SPREAD: &str = "Bars and bands are Student's 95 % intervals over networks; a single network has none.";

/// The figures of curves, in the order in which they answer a capacity question.
pub(super) const KINDS: [Kind; 4] = [
    Kind {
        stem: "target-rate-vs-load",
        title: "Target rate against load",
        against: Against::Load,
        measure: |row| Some(row.target),
        column: "target_rate",
        label: "target rate (share of trials)",
        span: Span::SHARE,
        intervals: WILSON,
        reading: "Share of recall trials that end in the target itself; one curve per cue similarity. A curve that stays \
                  near 1 means that cues of this similarity are completed up to that load.",
    },
    Kind {
        stem: "target-rate-vs-similarity",
        title: "Target rate against cue similarity",
        against: Against::Similarity,
        measure: |row| Some(row.target),
        column: "target_rate",
        label: "target rate (share of trials)",
        span: Span::SHARE,
        intervals: WILSON,
        reading: "Share of recall trials that end in the target itself; one curve per load. Where a curve leaves 1, the \
                  cue has left the basin of attraction.",
    },
    Kind {
        stem: "steps",
        title: "Steps to convergence against load",
        against: Against::Load,
        measure: |row| row.steps,
        column: "mean_steps",
        label: "mean steps to convergence",
        span: Span::AMOUNT,
        intervals: SPREAD,
        reading: "Mean number of steps to the first that changes nothing, over the trials that ended in a \
                  fixed point, whichever it is; no mark where no trial did. One curve per cue similarity.",
    },
    Kind {
        stem: "final-cosine",
        title: "Final cosine to target against load",
        against: Against::Load,
        measure: |row| row.cosine,
        column: "mean_cosine",
        label: "mean final cosine to target",
        span: Span::COSINE,
        intervals: SPREAD,
        reading: "Mean cosine between final state and target over all trials (of sparse codes the share of active \
                  neurons found), 1 where every bit is right; one curve per cue similarity.",
    },
];

impl Against {
    /// The label of the horizontal axis.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Load => "load P/N (patterns per neuron)",
            Self::Similarity => "cue similarity (cosine to target, or active share kept)",
        }
    }

    /// The name of the setting along the axis, and of the one that tells curves apart.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Load => ("load", "similarity"),
            Self::Similarity => ("similarity", "load"),
        }
    }

    /// The two settings, in the same order.
    fn settings(self) -> [fn(&Summary) -> f64; 2] {
        let settings: [fn(&Summary) -> f64; 2] = [|row| row.load, |row| row.similarity];
        match self {
            Self::Load => settings,
            Self::Similarity => [settings[1], settings[0]],
        }
    }

    /// One memory's curves: similarities fall, as cues get harder; loads rise.
    pub(super) fn series(self, memory: &[Summary], measure: impl Fn(&Summary) -> Option<Estimate>) -> Vec<Series> {
        let [along, apart] = self.settings();
        let (xs, mut names) = (levels(memory, along), levels(memory, apart));
        if self == Self::Load {
            names.reverse();
        }
        let row = |x: f64, name: f64| memory.iter().find(|row| along(row) == x && apart(row) == name);
        let curve = |name: f64| xs.iter().map(|&x| (x, row(x, name).and_then(&measure))).collect::<Vec<_>>();
        names.into_iter().map(|name| Series::new(plain(name), curve(name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{sample, summarise};
    use super::*;

    #[test]
    fn a_gap_breaks_the_curve_and_order_follows_difficulty() {
        let mut cells = sample::sweep(&["a"], &[1.0, 2.0, 4.0], &[0.5, 1.0], 1);
        cells.retain(|cell| !(cell.load == 2.0 && cell.similarity == 0.5));
        let rows = summarise(&cells);
        let curves = Against::Load.series(&rows, |row| Some(row.target));
        assert_eq!(curves.iter().map(|curve| curve.name.as_str()).collect::<Vec<_>>(), ["1", "0.5"]);
        assert_eq!((curves[1].points.len(), curves[1].measured().count()), (3, 2));
        assert_eq!(Against::Similarity.series(&rows, |row| row.steps).len(), 3);
    }
}
