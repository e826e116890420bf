//! Curves against the length of the sequence, one for each model.

use super::super::axes::{self, Plot};
use super::super::estimate::Estimate;
use super::super::figure::{COINCIDE, Figure};
use super::super::number::plain;
use super::super::series::{Point, Series, y_range};
use super::super::tidy::tidy;
use super::Length;
use crate::error::Result;

/// A quantity against the length.
struct Curve {
    stem: &'static str,
    title: &'static str,
    column: &'static str,
    label: &'static str,
    /// The vertical axis reaches so far at least.
    most: f64,
    measure: fn(&Length<'_>) -> Option<Estimate>,
    /// How to read it, and its intervals.
    reading: &'static str,
    intervals: &'static str,
}

const WILSON: &str = "Bars and bands are 95 % Wilson intervals.";
const SPREAD: &str = "Bars and bands are Student's 95 % intervals over trials; a single trial has none.";

const CURVES: [Curve; 3] = [
    Curve {
        stem: "success-vs-length",
        title: "Walks without an error",
        column: "success",
        label: "success (share of trials)",
        most: 1.0,
        measure: |length| Some(length.success()),
        reading: "Share of trials, each with patterns of its own, in which the memory walks once round its cyclic \
                  sequence without an error.",
        intervals: WILSON,
    },
    Curve {
        stem: "transitions-vs-length",
        title: "Transitions exactly right",
        column: "transitions",
        label: "transitions right (share of patterns)",
        most: 1.0,
        measure: |length| length.mean(|walk| Some(walk.transitions)),
        reading: "Share of patterns whose next state is the next pattern, bit for bit; mean over trials.",
        intervals: SPREAD,
    },
    Curve {
        stem: "snr-vs-length",
        title: "Signal over noise",
        column: "snr",
        label: "signal / noise",
        most: 0.0,
        measure: |length| length.mean(|walk| walk.snr),
        reading: "Mean of target times dual variable times K(mu, mu), over the standard deviation of what all other \
                  patterns add to the field; mean over trials. Published memories fail below about 2. Couplings have \
                  no dual, and no curve.",
        intervals: SPREAD,
    },
];

/// All curves; none where nothing was measured.
pub(super) fn curves(models: &[Vec<Length<'_>>]) -> Result<Vec<Figure>> {
    let drawn = CURVES.iter().map(|curve| figure(curve, models));
    if models.is_empty() { Ok(Vec::new()) } else { drawn.collect() }
}

fn figure(curve: &Curve, models: &[Vec<Length<'_>>]) -> Result<Figure> {
    let mut lengths: Vec<usize> = models.iter().flatten().map(Length::patterns).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let series = |model: &Vec<Length<'_>>| {
        let point = |&patterns: &usize| {
            let length = model.iter().find(|length| length.patterns() == patterns)?;
            let mut estimate = (curve.measure)(length).filter(|estimate| estimate.value.is_finite())?;
            // A share's normal interval may reach beyond all of it.
            if curve.most > 0.0 {
                estimate.interval = estimate.interval.map(|(low, high)| (low.max(0.0), high.min(curve.most)));
            }
            Some(Point { x: patterns as f64, estimate })
        };
        let first = model[0].first;
        Series { name: format!("{}/{}", first.rule, first.kernel), points: lengths.iter().map(point).collect() }
    };
    let series: Vec<Series> = models.iter().map(series).collect();
    let neurons = models[0][0].first.neurons;
    let caption = format!("{} {} {COINCIDE} N = {neurons} neurons.", curve.reading, curve.intervals);
    let svg = axes::draw(&Plot {
        title: curve.title,
        caption: &caption,
        labels: ["length of the sequence P (patterns)", curve.label],
        legend: "memory",
        y: y_range(&series, curve.most),
        series: &series,
    })?;
    let points = series.iter().flat_map(|curve| curve.measured().map(move |point| (curve, point)));
    let rows = points.map(|(curve, point)| ([plain(point.x), curve.name.clone()], point.estimate));
    let csv = tidy(curve.stem, &["patterns", "memory", curve.column], rows)?;
    Ok(Figure { stem: curve.stem.into(), title: curve.title.into(), caption, svg, csv })
}
