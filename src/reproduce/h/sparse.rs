//! Rules for sparse binary patterns.

use super::super::Evidence;
use super::super::estimate::held;
use super::super::lab::Lab;
use crate::capacity;
use crate::code::Code;
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};
use crate::plan;
use crate::rule::Descent;

pub(super) fn anchor(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const NEURONS: usize = 1024;
    let networks = lab.either(10, 20);
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
        Reading::single("recalled, where single networks lie", published, &rates),
        Reading::unpublished("recalled, mean over networks", Measured::mean(rates.iter().copied())),
        Reading::unpublished("recalled, the least of a network", Measured::known(low)),
        Reading::unpublished("recalled, the most of a network", Measured::known(high)),
    ];
    let remark = "Probabilities of pairs are clamped at 1/(P + 1)^2, as the authors' code does: at 1/(P + 1) 3 to 4 \
                  % are recalled.";
    let setting = format!("N = 1024, 32 hypercolumns, P = 1775, {networks} networks, one cue a pattern, 15 steps.");
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], ..Evidence::default() })
}

pub(super) fn ranking(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const RULES: [&str; 7] =
        ["bcpnn", "boms", "willshaw", "sparse-covariance", "presynaptic-covariance", "sparse-hopfield", "sparse-hebb"];
    let (neurons, columns) = lab.either((256, 16), (1024, 32));
    let settings = capacity::Settings {
        code: Code::Hypercolumns(columns),
        flips: Some(1),
        resolution: 0.02,
        max_steps: 15,
        ..lab.capacity_settings(vec![neurons], &RULES)
    };
    let networks = settings.networks;
    let found = lab.capacity("sparse-rules", settings)?;
    let of = |rule: &'static str| found.iter().filter(move |one| one.rule == rule);
    let score = Published::number("about 3", 2.5, 3.5);
    let mut readings = vec![Reading::of("composite score over the second best", score, Measured::default())];
    for rule in RULES {
        let patterns = held(of(rule), |one| one.capacity as f64);
        let bits = held(of(rule), |one| one.bits_per_synapse);
        readings.push(Reading::unpublished(format!("patterns held by {rule}"), patterns));
        readings.push(Reading::unpublished(format!("bits per synapse of {rule}"), bits));
    }
    for rule in &RULES[1..] {
        let ratios = of(RULES[0]).zip(of(rule)).map(|(first, other)| first.capacity as f64 / other.capacity as f64);
        readings.push(Reading::unpublished(format!("bcpnn's patterns over {rule}'s"), Measured::mean(ratios)));
    }
    let setting = format!(
        "N = {neurons}, {columns} hypercolumns, one unit of each cue moved, nine of ten recalled; {networks} \
         networks."
    );
    let remark = "Prototype extraction, the other half of the published score, needs instances of prototypes as the \
                  paper makes them, which the copy at hand does not say.";
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], ..Evidence::default() })
}
