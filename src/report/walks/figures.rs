//! Curves against the length of the sequence, one for each model.

use super::super::axes::{Line, Reference};
use super::super::curves::{Curves, Span};
use super::super::estimate::Estimate;
use super::super::figure::{COINCIDE, Figure};
use super::super::series::Series;
use super::Length;
use crate::error::Result;

/// A quantity against the length.
struct Curve {
    stem: &'static str,
    title: &'static str,
    column: &'static str,
    label: &'static str,
    span: Span,
    /// A height to hold the curves against, and what it stands for.
    reference: Option<(f64, &'static str)>,
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
        span: Span::SHARE,
        reference: None,
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
        span: Span::SHARE,
        reference: None,
        measure: |length| length.mean(|walk| Some(walk.transitions)),
        reading: "Share of patterns whose next state is the next pattern, bit for bit; mean over trials.",
        intervals: SPREAD,
    },
    Curve {
        stem: "snr-vs-length",
        title: "Signal over noise",
        column: "snr",
        label: "signal / noise",
        span: Span::FREE,
        reference: Some((2.0, "SNR 2")),
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
        let measured = |patterns: usize| (curve.measure)(model.iter().find(|length| length.patterns() == patterns)?);
        let first = model[0].first;
        let points = lengths.iter().map(|&patterns| (patterns as f64, measured(patterns)));
        Series::new(format!("{}/{}", first.rule, first.kernel), points)
    };
    let neurons = models[0][0].first.neurons;
    Curves {
        stem: curve.stem.into(),
        title: curve.title.into(),
        caption: format!("{} {} {COINCIDE} N = {neurons} neurons.", curve.reading, curve.intervals),
        labels: ["length of the sequence P (patterns)", curve.label],
        legend: "memory",
        columns: ["patterns", "memory", curve.column],
        logarithmic: false,
        span: curve.span.clone(),
        references: curve
            .reference
            .map(|(y, label)| Reference { line: Line::Across(y), label: label.into() })
            .into_iter()
            .collect(),
        series: models.iter().map(series).collect(),
    }
    .figure()
}
