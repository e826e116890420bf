//! Curves: a measured quantity against one setting, one curve per value of the other. Knows nothing of pixels.

use std::ops::Range;

use super::estimate::Estimate;
use super::number::plain;
use super::summary::{Summary, levels};

/// The setting along the horizontal axis; the other one tells the curves apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    /// Curves of one similarity each.
    Load,
    /// Curves of one load each.
    Similarity,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// The setting.
    pub(super) x: f64,
    /// The measured quantity.
    pub(super) estimate: Estimate,
}

/// One curve; where nothing was measured its line is broken.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// The value of the setting this curve belongs to.
    pub(super) name: String,
    /// One entry per value on the horizontal axis, rising.
    pub(super) points: Vec<Option<Point>>,
}

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
        let point = |x: f64, name: f64| {
            let row = memory.iter().find(|row| along(row) == x && apart(row) == name)?;
            measure(row).filter(|estimate| estimate.value.is_finite()).map(|estimate| Point { x, estimate })
        };
        let curve = |name: f64| xs.iter().map(|x| point(*x, name)).collect();
        names.into_iter().map(|name| Series { name: plain(name), points: curve(name) }).collect()
    }
}

impl Series {
    /// The points there are.
    pub(super) fn measured(&self) -> impl Iterator<Item = Point> {
        self.points.iter().filter_map(|point| *point)
    }
}

/// The range that holds every point with room for its marker, from 0 when that is near.
pub(super) fn x_range(series: &[Series]) -> Range<f64> {
    let xs = || series.iter().flat_map(Series::measured).map(|point| point.x).filter(|x| x.is_finite());
    let (low, high) = (xs().fold(f64::INFINITY, f64::min), xs().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return 0.0..1.0;
    }
    // One value alone has no span, nor have two that differ by rounding: the axis shows them in the middle.
    let apart = high - low > 1e-9 * low.abs().max(high.abs());
    let margin = if apart { 0.05 * (high - low) } else { 0.5 * low.abs().max(1e-3) };
    let from_zero = apart && low > 0.0 && low < 0.25 * high;
    if from_zero { 0.0..high + margin } else { low - margin..high + margin }
}

/// The range that holds 0, `most` and every point with its interval, with room for the markers.
pub(super) fn y_range(series: &[Series], most: f64) -> Range<f64> {
    let ends = |point: Estimate| [point.value, point.interval.map_or(point.value, |(low, _)| low)];
    let points = || series.iter().flat_map(Series::measured).map(|point| point.estimate);
    let lowest = points().flat_map(ends).filter(|low| low.is_finite()).fold(0.0, f64::min);
    let highs = points().flat_map(|point| [point.value, point.interval.map_or(point.value, |(_, high)| high)]);
    let highest = highs.filter(|high| high.is_finite()).fold(most, f64::max);
    let span = if highest > lowest { highest - lowest } else { 1.0 };
    lowest - 0.03 * span..lowest + 1.04 * span
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
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

    #[test]
    fn ranges_are_never_empty() {
        assert_eq!(x_range(&[]), 0.0..1.0);
        let one = summarise(&sample::sweep(&["a"], &[0.0], &[1.0], 1));
        let range = x_range(&Against::Load.series(&one, |row| Some(row.target)));
        assert!(range.start < 0.0 && range.end > 0.0);
    }
}
