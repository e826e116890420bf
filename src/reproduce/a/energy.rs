//! Theorem 2: the energy that retrieval lowers.

use crate::data::Features;
use crate::engine::Workspace;
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};
use crate::random;
use crate::report::{Curves, Series, Span};
use crate::reproduce::estimate::drawn;
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Network, Separation, Similarity, Steps, retrieve};

const DIMENSIONS: usize = 64;
const QUERIES: usize = 500;
const STEPS: usize = 10;

pub(super) fn falls(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let count = lab.either(512, 2048);
    let patterns = random::features(lab.seed(), 0, DIMENSIONS, count)?;
    let (mut readings, mut curves) = (Vec::new(), Vec::new());
    for beta in [0.1, 0.5, 1.0] {
        for biased in [false, true] {
            let shift = random::features(lab.seed(), 2, DIMENSIONS, 1)?.values().to_vec();
            let network = Network {
                bias: biased.then_some(shift),
                keeps_bias: true,
                ..Network::new(patterns.clone(), Similarity::L2, Separation::softmax_of(beta))
            };
            let energies = energies(lab, &network)?;
            let rises = energies.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1])).filter(|(before, after)| {
                // Of energies that no step changes rounding is all there is.
                **after > **before + 1e-4 * before.abs().max(1.0)
            });
            let memory = format!("beta {beta}{}", if biased { ", biased" } else { "" });
            let what = format!("steps that raised it, {memory}");
            readings.push(Reading::of(what, Published::at_most("none", 0.0), Measured::known(rises.count() as f64)));
            let mean = |all: &Vec<f64>| all.iter().sum::<f64>() / all.len() as f64;
            let means: Vec<f64> = energies.iter().map(mean).collect();
            let fall = Measured::known(means[STEPS - 1] - means[0]);
            readings.push(Reading::unpublished(format!("mean change of it in all steps, {memory}"), fall));
            let point = |(step, mean): (usize, f64)| (step as f64, Some(drawn(&Measured::known(mean - means[0]))));
            curves.push(Series::new(memory, means.iter().copied().enumerate().map(point)));
        }
    }
    let figure = Curves {
        stem: "energy".into(),
        title: "Energy of states on their way".into(),
        caption: format!("Mean over {QUERIES} random states of E, less that of the states themselves."),
        labels: ["steps", "change of energy"],
        legend: "memory",
        columns: ["step", "memory", "change"],
        logarithmic: false,
        span: Span::FREE,
        references: Vec::new(),
        series: curves,
    };
    let setting = format!(
        "N = {count}, d = {DIMENSIONS}, s = -|xi - x|^2, {QUERIES} random states, {STEPS} steps. Our bias is -b/2 of the theorem."
    );
    Ok(Evidence { setting, readings, figures: vec![figure.figure()?], ..Evidence::default() })
}

/// Of every query, step after step.
fn energies(lab: &mut Lab<'_, '_>, network: &Network) -> Result<Vec<Vec<f64>>> {
    let backend = lab.request.backend;
    let space = Workspace::new(backend);
    let mut states: Features = random::features(lab.seed(), 1, DIMENSIONS, QUERIES)?;
    let mut all = Vec::new();
    for step in 0..STEPS {
        let mut go_on = |share| lab.go_on("steps", (step as f64 + share) / STEPS as f64);
        let found = retrieve(&space, network, &states, Steps::default(), &mut go_on)?;
        all.extend(found.energies);
        states = found.readouts;
    }
    Ok(all)
}
