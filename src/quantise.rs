//! What a dual in fewer bits costs: recall of the same cues by every width.

use serde::Serialize;

use crate::cue;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::wilson;
use crate::memory::{Memory, Quantised, Readout, Width};
use crate::recall::{Precision, Recall, recall_in};

/// Which cues a memory is tried with.
#[derive(Clone, Debug)]
pub struct Trying {
    /// Cosines between cue and stored pattern.
    pub similarities: Vec<f64>,
    /// Cues of each stored pattern.
    pub cues_per_pattern: usize,
    /// Most cues of one similarity.
    pub max_cues: usize,
    /// Seed of the cues.
    pub seed: u64,
    /// Most synchronous steps.
    pub max_steps: usize,
    /// What fields are computed in; it changes no result.
    pub precision: Precision,
}

/// A width at one similarity. Field order is column order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// "f32" for the memory itself, or the width.
    pub bits: String,
    /// Bytes of the dual, scales included.
    pub bytes: usize,
    /// |quantised - dual| / |dual|, Frobenius norms.
    pub error: f64,
    /// Cosine between cue and pattern that was asked for.
    pub similarity: f64,
    /// Bits flipped in each cue.
    pub flips: usize,
    /// Cues.
    pub trials: usize,
    /// Share that ended in the pattern itself, a fixed point.
    pub target_rate: f64,
    /// Its 95 % Wilson interval,
    pub low: f64,
    /// from low to high.
    pub high: f64,
    /// Share that ended in the same state as with the dual in f32.
    pub unchanged_rate: f64,
}

/// A memory's dual by every width, in their order, and what each loses, the memory itself first. The observer hears the share
/// done, 0 to 1, and answers whether to go on.
///
/// # Errors
/// If the memory has no dual, the cues cannot be meant, the backend fails, or the observer answers no.
pub fn losses(
    space: &Workspace<'_>,
    memory: &Memory,
    widths: &[Width],
    trying: &Trying,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<(Vec<Quantised>, Vec<Loss>)> {
    let Readout::Dual { dual, table } = &memory.readout else {
        return Err(Error::setting(
            "a model of couplings, which has no dual",
            "quantise a model with one, such as klr's",
        ));
    };
    let neurons = memory.keys.neurons();
    let trials: Vec<cue::Trial> = trying
        .similarities
        .iter()
        .flat_map(|&similarity| {
            let flips = cue::flips(neurons, similarity);
            cue::trials(memory.keys.len(), trying.cues_per_pattern, trying.max_cues, flips)
        })
        .collect();
    let keys = std::slice::from_ref(&memory.keys);
    let cues = cue::cues(space.backend(), trying.seed, &[0], keys, &trials)?;
    let quantised: Vec<Quantised> = widths.iter().map(|&width| Quantised::of(dual, neurons, width)).collect();
    let (mut recalled, mut errors) = (Vec::new(), vec![0.0]);
    for at in 0..=quantised.len() {
        let narrow = at.checked_sub(1).map(|at| {
            let found = quantised[at].dual();
            errors.push(relative(&found, dual));
            Memory { readout: Readout::Dual { dual: found, table: table.clone() }, ..memory.clone() }
        });
        let of = narrow.as_ref().unwrap_or(memory);
        let share = |of_width: f64| (at as f64 + of_width) / (quantised.len() + 1) as f64;
        let mut observer = |of_width| observer(share(of_width));
        recalled.extend(recall_in(trying.precision, space, &[of], &cues, trying.max_steps, &mut observer)?);
    }
    let mut losses = Vec::new();
    for (at, recall) in recalled.iter().enumerate() {
        let narrow = at.checked_sub(1).map(|at| &quantised[at]);
        let own = (
            narrow.map_or("f32".to_owned(), |narrow| narrow.width.to_string()),
            narrow.map_or(4 * dual.len(), Quantised::bytes),
        );
        let each = trials.len() / trying.similarities.len().max(1);
        for (index, &similarity) in trying.similarities.iter().enumerate() {
            let rows = index * each..(index + 1) * each;
            let hit = |row: &usize| is_target(memory, recall, *row, trials[*row].pattern);
            let hits = rows.clone().filter(hit).count();
            let same = rows.clone().filter(|&row| recall.finals.row(row) == recalled[0].finals.row(row)).count();
            let (low, high) = wilson(hits as u64, each as u64);
            losses.push(Loss {
                bits: own.0.clone(),
                bytes: own.1,
                error: errors[at],
                similarity,
                flips: trials[rows.start].flips,
                trials: each,
                target_rate: hits as f64 / each as f64,
                low,
                high,
                unchanged_rate: same as f64 / each as f64,
            });
        }
    }
    Ok((quantised, losses))
}

fn is_target(memory: &Memory, recall: &Recall, row: usize, pattern: usize) -> bool {
    recall.endings[row].period == 1 && recall.finals.row(row) == memory.keys.row(pattern)
}

fn relative(found: &[f32], exact: &[f32]) -> f64 {
    let [off, size] = found.iter().zip(exact).fold([0.0; 2], |[off, size], (&found, &exact)| {
        let (found, exact) = (f64::from(found), f64::from(exact));
        [off + (found - exact).powi(2), size + exact * exact]
    });
    if size > 0.0 { (off / size).sqrt() } else { 0.0 }
}
