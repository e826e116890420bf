//! What became of the trials, stacked to one.

use super::estimate::Estimate;
use super::number::plain;
use super::stacked::{Panel, Stacked};
use super::summary::{Summary, levels};

/// Reads one outcome's share off a row.
type Share = fn(&Summary) -> Estimate;

/// What can become of a trial, in stacking order.
const OUTCOMES: [&str; 5] = ["target", "other learned", "spurious", "cycle", "unsettled"];
/// Their shares.
const SHARES: [Share; 5] =
    [|row| row.target, |row| row.other, |row| row.spurious, |row| row.cycle, |row| row.unsettled];

/// One memory's outcomes: a bar for each load, a panel for each similarity.
pub(super) fn outcomes(stem: String, title: String, caption: String, memory: &[Summary]) -> Stacked<'static> {
    let mut similarities = levels(memory, |row| row.similarity);
    similarities.reverse();
    let panel = |similarity: f64| {
        let rows = memory.iter().filter(|row| row.similarity == similarity);
        let stacks = rows.map(|row| (row.load, SHARES.iter().map(|share| share(row)).collect()));
        Panel { name: plain(similarity), stacks: stacks.collect() }
    };
    Stacked {
        stem,
        title,
        caption,
        labels: ["load P/N (patterns per neuron)", "outcome (share of trials)"],
        legend: "outcome",
        columns: ["load", "similarity", "share"],
        parts: &OUTCOMES,
        panels: similarities.into_iter().map(panel).collect(),
        areas: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn shares_of_the_sample_stack_to_one() {
        let rows = summarise(&sample::sweep(&["a"], &[1.0, 12.0], &[1.0, 0.6], 2));
        let stacked = outcomes("s".into(), "t".into(), "c".into(), &rows);
        assert_eq!(stacked.panels.iter().map(|panel| panel.name.as_str()).collect::<Vec<_>>(), ["1", "0.6"]);
        for (_, shares) in stacked.panels.iter().flat_map(|panel| &panel.stacks) {
            assert!((shares.iter().map(|share| share.value).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
