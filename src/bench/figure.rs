//! The figures of a bench: rate against load and trials, and cost against work.

use super::cost::Point;
use super::job::{Case, Job};
use super::outcome::{Measurement, Outcome, What};
use crate::error::Result;
use crate::report::{LogCurve, LogFigure, LogPanel};

/// rate.svg: useful GFLOP/s against load and against trials, one curve a contestant; none where neither was swept.
///
/// # Errors
/// If the drawing fails.
pub fn rate_figure(outcome: &Outcome) -> Result<Option<String>> {
    let load = |case: &Case| case.patterns as f64 / case.neurons as f64;
    let panels: Vec<LogPanel> = [
        panel(outcome, Job::Load, "load P/N (patterns per neuron)", load),
        panel(outcome, Job::Trials, "trials B recalled at once", |case| case.trials as f64),
    ]
    .into_iter()
    .flatten()
    .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let figure = LogFigure {
        title: "How fast recall is".into(),
        caption:
            "Useful arithmetic rate of one synchronous recall step, 2 B P N over the median time, one curve for each \
                  backend and each peer; logarithmic axes. Higher is better; a flat curve means that the rate does not \
                  depend on what lies along the axis."
                .into(),
        legend: "computed by".into(),
        names: outcome.answering().iter().map(|&who| outcome.contestants[who].label.clone()).collect(),
        panels,
    };
    figure.draw().map(Some)
}

fn panel(outcome: &Outcome, job: Job, label: &str, along: impl Fn(&Case) -> f64) -> Option<LogPanel> {
    let swept = || outcome.cases.iter().enumerate().filter(|(_, case)| case.job == job);
    let curve = |(name, who): (usize, usize)| {
        let point = |(index, case): (usize, &Case)| {
            let rate = outcome.on(What::Case(index), who).and_then(Measurement::rate)?;
            Some((along(case), rate))
        };
        LogCurve { name, points: swept().filter_map(point).collect(), ..LogCurve::default() }
    };
    let curves: Vec<LogCurve> = outcome.answering().into_iter().enumerate().map(curve).collect();
    let labels = [label.into(), "useful GFLOP/s".into()];
    curves.iter().any(|curve| !curve.points.is_empty()).then_some(LogPanel { labels, curves, slope_one: None })
}

/// cost.svg: time against the multiply-adds of a step, and memory against the bytes it is given, one curve for each size
/// that was varied, with lines of slope 1.
///
/// # Errors
/// If the drawing fails.
pub fn cost_figure(points: &[Point]) -> Result<String> {
    let mut names: Vec<String> = points.iter().map(|point| point.against.to_owned()).collect();
    names.dedup();
    let curves = |place: &dyn Fn(&Point) -> Option<(f64, f64)>| -> Vec<LogCurve> {
        let curve = |(name, against): (usize, &String)| {
            let points = points.iter().filter(|point| point.against == against);
            LogCurve { name, points: points.filter_map(place).collect(), ..LogCurve::default() }
        };
        names.iter().enumerate().map(curve).collect()
    };
    let times = curves(&|point| {
        let product = [point.trials, point.patterns, point.neurons].iter().map(|&size| size as f64).product();
        Some((product, point.spent.as_ref().ok()?.seconds))
    });
    let bytes = curves(&|point| Some((point.given_bytes() as f64, point.spent.as_ref().ok()?.own_bytes() as f64)));
    // Through the largest point, where fixed costs weigh least.
    let largest = times.iter().flat_map(|curve| &curve.points).copied().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let panel = |[x, y]: [&str; 2], curves, slope_one| LogPanel { labels: [x.into(), y.into()], curves, slope_one };
    let figure = LogFigure {
        title: "What a recall step costs as work grows".into(),
        caption: "Above: time of one recall step on the CPU against its multiply-adds B P N. Below: peak memory beyond the \
                  program's own against the bytes of keys, dual, states and fields. Each point ran in a process of its own; \
                  logarithmic axes. The thin lines have slope 1: above, cost in proportion to work, through the largest point; \
                  below, every byte held once."
            .into(),
        legend: "varied".into(),
        panels: vec![
            panel(["multiply-adds B P N", "seconds"], times, largest),
            panel(["bytes given", "bytes at peak"], bytes, Some((1.0, 1.0))),
        ],
        names,
    };
    figure.draw()
}
