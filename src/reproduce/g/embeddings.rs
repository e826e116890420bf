//! Real structured patterns: table 1, on whatever the user gives.

use super::super::Evidence;
use super::super::estimate::picked;
use super::super::lab::{Lab, published};
use crate::error::Result;
use crate::measure::Cell;
use crate::measure::claim::{Measured, Published, Reading};
use crate::plan;
use crate::report::sweep_figures;

/// Table 1's neurons, and its numbers of patterns.
const WIDTH: usize = 512;
pub(in super::super) const COUNTS: [usize; 5] = [1000, 3000, 5000, 8000, 10_000];
/// Cosines of cues with 0, 10 and 20 % of the bits flipped.
const SIMILARITIES: [f64; 3] = [1.0, 0.8, 0.6];

pub(super) fn clean(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    table(lab, SIMILARITIES[0])
}

pub(super) fn noisy(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    table(lab, SIMILARITIES[1])
}

/// One of the table's columns.
fn table(lab: &mut Lab<'_, '_>, similarity: f64) -> Result<Evidence> {
    let perfect = Published::at_least("1.0000", 0.995);
    let Some((source, patterns)) = lab.request.settings.patterns.clone().zip(lab.request.patterns.cloned()) else {
        return Ok(Evidence {
            readings: vec![Reading::of("target rate", perfect, Measured::default())],
            remarks: vec![
                "No patterns were given: make them with attractor embed FEATURES.npy and give --patterns \
                 DIR/patterns.npy."
                    .into(),
            ],
            ..Evidence::default()
        });
    };
    let (neurons, most, max_cues) = (patterns.neurons(), lab.either(3000, 10_000), lab.either(1000, 10_000));
    let counts: Vec<usize> = COUNTS.into_iter().filter(|&count| count <= patterns.len().min(most)).collect();
    let loads: Vec<f64> = counts.iter().map(|&count| count as f64 / neurons as f64).collect();
    let descent = published();
    let settings = plan::Settings {
        similarities: SIMILARITIES.to_vec(),
        solver: descent.solver,
        max_cues,
        networks: 1,
        patterns: Some(source.clone()),
        ..lab.sweep_settings(neurons, &loads, &["klr/rbf:0.02"])
    };
    let cells = lab.sweep("embeddings", settings, Some(patterns))?;
    let at = |count: usize, m0: f64| cells.iter().find(|cell| cell.patterns == count && cell.similarity == m0);
    let rate = |cell: &Cell| Measured::share([(cell.target_rate, cell.trials)]);
    let mut readings = Vec::new();
    for count in COUNTS {
        let measured = at(count, similarity).map_or_else(Measured::default, rate);
        let reading = Reading::of(format!("target rate, P = {count}"), perfect, measured);
        // Codes of another width are another experiment.
        readings.push(if neurons == WIDTH { reading } else { reading.beside() });
        if let Some(cell) = at(count, similarity) {
            let bits = Measured { value: 0.5 * (1.0 + cell.mean_cosine), ..Measured::default() };
            readings.push(Reading::unpublished(format!("share of right bits, P = {count}"), bits));
        }
        if let Some(cell) = at(count, SIMILARITIES[2]) {
            readings.push(Reading::unpublished(format!("target rate with 20 % flipped, P = {count}"), rate(cell)));
        }
    }
    let setting = format!(
        "Patterns of {}, N = {neurons}, P = {}; rbf:0.02, eta 0.1, lambda 0.01, 500 updates; exactly 10 or 20 % of \
         the bits of each cue flipped, one cue a pattern, at most {max_cues}.",
        source.file,
        counts.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    );
    let figures = picked(sweep_figures(&cells)?, &["target-rate-vs-load"]);
    let mut remarks = Vec::new();
    if neurons != WIDTH {
        remarks.push(format!("Table 1 is of {WIDTH} neurons: of {neurons} nothing is decided."));
    }
    if lab.quick() {
        remarks.push(format!("--quick stops at P = {most}: leave it out for the others."));
    }
    Ok(Evidence { setting, readings, remarks, figures, ..Evidence::default() })
}
