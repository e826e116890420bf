//! Rules for sparse binary patterns.

use super::super::Evidence;
use super::super::lab::Lab;
use crate::capacity::{self, Criterion};
use crate::code::Code;
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};
use crate::plan;
use crate::recall::Dynamics;
use crate::rule::Descent;

pub(super) fn anchor(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const NEURONS: usize = 1024;
    let networks = lab.either(5, 20);
    let settings = plan::Settings {
        code: Code::Hypercolumns(32),
        similarities: vec![31.0 / 32.0],
        max_cues: 1775,
        networks,
        max_steps: 15,
        solver: Descent::default().solver,
        ..lab.sweep_settings(NEURONS, &[1775.0 / NEURONS as f64], &["bcpnn"])
    };
    let cells = lab.sweep("bcpnn", settings, None)?;
    let rates: Vec<f64> = cells.iter().map(|cell| cell.target_rate).collect();
    let (low, high) = rates.iter().fold((1.0_f64, 0.0_f64), |(low, high), &rate| (low.min(rate), high.max(rate)));
    let published = Published::number("92.9 %", 0.9285, 0.9295);
    let readings = vec![
        Reading::of("recalled, mean over networks", published, Measured::mean(rates.clone())),
        Reading::unpublished("recalled, the least of a network", Measured::known(low)),
        Reading::unpublished("recalled, the most of a network", Measured::known(high)),
    ];
    let mut remarks =
        vec!["Probabilities of pairs are clamped at 1/(P + 1)^2, as the authors' code does: at 1/(P + 1) 3 to 4 % are recalled."
            .to_owned()];
    if (low..=high).contains(&0.929) {
        remarks.push("The published number is one network's; that of single networks here reaches across it.".into());
    }
    let setting = format!("N = 1024, 32 hypercolumns, P = 1775, {networks} networks, one cue a pattern, 15 steps.");
    Ok(Evidence { setting, readings, remarks, figures: Vec::new() })
}

pub(super) fn ranking(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const RULES: [&str; 7] =
        ["bcpnn", "boms", "willshaw", "sparse-covariance", "presynaptic-covariance", "sparse-hopfield", "sparse-hebb"];
    let (neurons, columns) = lab.either((256, 16), (1024, 32));
    let settings = capacity::Settings {
        neurons: vec![neurons],
        models: RULES.map(str::to_owned).into(),
        descent: Descent::default(),
        criterion: Criterion::Mean,
        code: Code::Hypercolumns(columns),
        flip: 0.0,
        flips: Some(1),
        failure: 0.1,
        recovered_cosine: 1.0,
        confidence: 0.95,
        max_trials: 3200,
        most_patterns: 1 << 14,
        resolution: 0.02,
        networks: lab.either(3, 5),
        seed: lab.seed(),
        max_steps: 15,
        dynamics: Dynamics::default().to_string(),
        arithmetic: lab.arithmetic(),
    };
    let found = lab.capacity("sparse-rules", settings)?;
    let held = |rule: &str| -> Vec<f64> {
        found.iter().filter(|one| one.rule == rule).map(|one| one.capacity as f64).collect()
    };
    let mut readings = vec![Reading::of(
        "composite score over the second best",
        Published::number("about 3", 2.5, 3.5),
        Measured::default(),
    )];
    let ratio =
        |rule: &str| Measured::mean(held("bcpnn").into_iter().zip(held(rule)).map(|(first, other)| first / other));
    for rule in RULES {
        readings.push(Reading::unpublished(format!("patterns held by {rule}"), Measured::mean(held(rule))));
    }
    readings.extend(RULES[1..].iter().map(|rule| Reading::unpublished(format!("bcpnn's over {rule}'s"), ratio(rule))));
    let setting = format!(
        "N = {neurons}, {columns} hypercolumns, one unit of each cue moved, nine of ten recalled; {} networks.",
        lab.either(3, 5)
    );
    let remark = "Prototype extraction, the other half of the published score, needs instances of prototypes as the paper \
                  makes them, which the copy at hand does not say.";
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], figures: Vec::new() })
}
