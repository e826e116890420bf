//! Which curves a sweep gets, and how each is to be read. Knows nothing of drawing.

use std::ops::Range;

use super::estimate::Estimate;
use super::series::{Against, Series, y_range};
use super::summary::Summary;

/// A figure of curves.
pub(super) struct Curves {
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
    /// Whether its scale is 0 to 1.
    pub(super) unit: bool,
    /// How to read the curves, and their intervals.
    pub(super) reading: &'static str,
    pub(super) intervals: &'static str,
}

const WILSON: &str =
    "Bars and bands are 95 % Wilson intervals of the pooled trials; they do not count how networks differ.";
const SPREAD: &str = "Bars and bands are Student's 95 % intervals over networks; a single network has none.";

/// The figures of curves, in the order in which they answer a capacity question.
pub(super) const CURVES: [Curves; 4] = [
    Curves {
        stem: "target-rate-vs-load",
        title: "Target rate against load",
        against: Against::Load,
        measure: |row| Some(row.target),
        column: "target_rate",
        label: "target rate (share of trials)",
        unit: true,
        intervals: WILSON,
        reading: "Share of recall trials that end in the target itself; one curve per cue similarity. A curve that stays \
                  near 1 means that cues of this similarity are completed up to that load.",
    },
    Curves {
        stem: "target-rate-vs-similarity",
        title: "Target rate against cue similarity",
        against: Against::Similarity,
        measure: |row| Some(row.target),
        column: "target_rate",
        label: "target rate (share of trials)",
        unit: true,
        intervals: WILSON,
        reading: "Share of recall trials that end in the target itself; one curve per load. Where a curve leaves 1, the \
                  cue has left the basin of attraction.",
    },
    Curves {
        stem: "steps",
        title: "Steps to convergence against load",
        against: Against::Load,
        measure: |row| row.steps,
        column: "mean_steps",
        label: "mean steps to convergence",
        unit: false,
        intervals: SPREAD,
        reading: "Mean number of steps to the first that changes nothing, over the trials that ended in a \
                  fixed point, whichever it is; no mark where no trial did. One curve per cue similarity.",
    },
    Curves {
        stem: "final-cosine",
        title: "Final cosine to target against load",
        against: Against::Load,
        measure: |row| row.cosine,
        column: "mean_cosine",
        label: "mean final cosine to target",
        unit: true,
        intervals: SPREAD,
        reading: "Mean cosine between final state and target over all trials (of sparse codes the share of active \
                  neurons found), 1 where every bit is right; one curve per cue similarity.",
    },
];

impl Curves {
    /// The vertical range: all of 0..=1 for shares and cosines, from 0 for counts, with room for the markers.
    pub(super) fn range(&self, series: &[Series]) -> Range<f64> {
        y_range(series, if self.unit { 1.0 } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn every_range_holds_its_points() {
        let rows = summarise(&sample::sweep(&["a"], &[1.0, 20.0], &[1.0, 0.4], 3));
        for curves in &CURVES {
            let series = curves.against.series(&rows, curves.measure);
            let range = curves.range(&series);
            assert!(series.iter().flat_map(Series::measured).all(|point| range.contains(&point.estimate.value)));
            assert!(curves.range(&[]).start < curves.range(&[]).end);
        }
    }
}
