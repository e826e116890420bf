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
        names: outcome.contestants.iter().map(|contestant| contestant.label.clone()).collect(),
        panels,
    };
    figure.draw().map(Some)
}

fn panel(outcome: &Outcome, job: Job, label: &str, along: impl Fn(&Case) -> f64) -> Option<LogPanel> {
    let swept = || outcome.cases.iter().enumerate().filter(|(_, case)| case.job == job);
    let curve = |who: usize| {
        let point = |(index, case): (usize, &Case)| {
            let rate = outcome.on(What::Case(index), who).and_then(Measurement::rate)?;
            Some((along(case), rate))
        };
        LogCurve { name: who, points: swept().filter_map(point).collect() }
    };
    let curves: Vec<LogCurve> = (0..outcome.contestants.len()).map(curve).collect();
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
    let panel = |labels: [&str; 2], place: &dyn Fn(&Point) -> Option<(f64, f64)>| {
        let curve = |(name, against): (usize, &String)| {
            let points = points.iter().filter(|point| point.against == against);
            LogCurve { name, points: points.filter_map(place).collect() }
        };
        let curves: Vec<LogCurve> = names.iter().enumerate().map(curve).collect();
        // Through the largest point, where fixed costs weigh least.
        let largest =
            curves.iter().flat_map(|curve| &curve.points).copied().reduce(|a, b| if b.0 > a.0 { b } else { a });
        LogPanel { labels: labels.map(str::to_owned), curves, slope_one: largest }
    };
    let figure = LogFigure {
        title: "What a recall step costs as work grows".into(),
        caption: "Above: time of one recall step on the CPU against its multiply-adds B P N. Below: peak memory beyond the \
                  program's own against the bytes of keys, dual, states and fields. Each point ran in a process of its own; \
                  logarithmic axes. Along the thin lines, of slope 1 through the largest point, cost is proportional to work."
            .into(),
        legend: "varied".into(),
        panels: vec![
            panel(["multiply-adds B P N", "seconds"], &|point| {
                let product = [point.trials, point.patterns, point.neurons].iter().map(|&size| size as f64).product();
                Some((product, point.spent.as_ref().ok()?.seconds))
            }),
            panel(["bytes given", "bytes at peak"], &|point| {
                Some((point.given_bytes() as f64, point.spent.as_ref().ok()?.own_bytes() as f64))
            }),
        ],
        names,
    };
    figure.draw()
}
