//! Several memories on the same patterns and cues: their target rates in one figure, and what sets each apart from the first,
//! network by network. Knows nothing of drawing.

use std::collections::HashMap;

use super::curves::{Curves, Span};
use super::estimate::Estimate;
use super::figure::{COINCIDE, Figure};
use super::number::plain;
use super::series::Series;
use super::summary::{Summary, levels, memories};
use crate::error::Result;
use crate::measure::{Cell, paired_mean};

/// What a comparison shows of every memory.
struct Kind {
    stem: &'static str,
    title: &'static str,
    column: &'static str,
    label: &'static str,
    span: Span,
    reading: &'static str,
}

const RATES: Kind = Kind {
    stem: "memories-target-rate",
    title: "Target rate of every memory",
    column: "target_rate",
    label: "target rate (share of trials)",
    span: Span::SHARE,
    reading: "Share of recall trials that end in the target itself; one curve per memory. All store the same patterns and get the \
              same cues. Bars and bands are 95 % Wilson intervals of the pooled trials; they do not count how networks differ.",
};

const DIFFERENCES: Kind = Kind {
    stem: "memories-difference",
    title: "Target rate less that of",
    column: "difference",
    label: "difference in target rate",
    span: Span::DIFFERENCE,
    reading: "How much more often a memory ends in the target than the first one listed does, on the same patterns and cues. Bars and \
              bands are 95 % paired t intervals: each network's two rates are compared with each other, so that what makes a network's \
              patterns easy or hard for both cancels. One that leaves out 0 tells the two memories apart.",
};

/// For each similarity the target rates of all memories, and, where several networks can be paired, their differences; nothing for a
/// single memory.
pub(super) fn figures(cells: &[Cell], rows: &[Summary]) -> Result<Vec<Figure>> {
    let memories: Vec<&[Summary]> = memories(rows).collect();
    let [first, _, ..] = memories.as_slice() else { return Ok(Vec::new()) };
    let loads = levels(rows, |row| row.load);
    let mut similarities = levels(rows, |row| row.similarity);
    similarities.reverse();
    let rates = rates(cells);
    let networks = cells.iter().map(|cell| cell.network + 1).max().unwrap_or(0);
    let mut figures = Vec::new();
    for similarity in similarities {
        let curves = memories
            .iter()
            .map(|memory| curve(memory, &loads, |row| (row.similarity == similarity).then_some(row.target)));
        figures.extend(figure(&RATES, RATES.title, similarity, curves.collect())?);
        let difference =
            |row: &Summary| (row.similarity == similarity).then(|| paired(&rates, networks, &first[0], row)).flatten();
        // The first, whose difference is 0, is drawn too: each memory keeps its colour.
        let differences = memories.iter().map(|memory| curve(memory, &loads, difference));
        let title = format!("{} {}", DIFFERENCES.title, first[0].model());
        figures.extend(figure(&DIFFERENCES, &title, similarity, differences.collect())?);
    }
    Ok(figures)
}

/// One memory's curve over the loads.
fn curve(memory: &[Summary], loads: &[f64], measure: impl Fn(&Summary) -> Option<Estimate>) -> Series {
    let measured = |load: f64| memory.iter().filter(|row| row.load == load).find_map(&measure);
    Series::new(memory[0].model(), loads.iter().map(|&load| (load, measured(load))))
}

/// Target rates by memory (rule, kernel, N), condition (the bits of load and similarity) and network.
type Rates<'a> = HashMap<((&'a str, &'a str, usize), [u64; 2], usize), f64>;

fn rates(cells: &[Cell]) -> Rates<'_> {
    let measured = cells.iter().filter(|cell| cell.target_rate.is_finite());
    let condition = |cell: &Cell| [cell.load, cell.similarity].map(f64::to_bits);
    measured
        .map(|cell| (((&*cell.rule, &*cell.kernel, cell.neurons), condition(cell), cell.network), cell.target_rate))
        .collect()
}

/// The mean difference in target rate between a row's networks and the first memory's on the same patterns.
fn paired(rates: &Rates<'_>, networks: usize, first: &Summary, row: &Summary) -> Option<Estimate> {
    let condition = [row.load, row.similarity].map(f64::to_bits);
    let of = |memory: &Summary, network: usize| {
        rates.get(&((&*memory.rule, &*memory.kernel, memory.neurons), condition, network)).copied()
    };
    let differences = (0..networks).filter_map(|network| Some(of(row, network)? - of(first, network)?));
    let (value, interval) = paired_mean(&differences.collect::<Vec<_>>())?;
    Some(Estimate { value, interval: Some(interval) })
}

/// Draws one kind of curves at one similarity, unless there is nothing to draw.
fn figure(kind: &Kind, title: &str, similarity: f64, series: Vec<Series>) -> Result<Option<Figure>> {
    if series.iter().all(|curve| curve.measured().next().is_none()) {
        return Ok(None);
    }
    let curves = Curves {
        stem: format!("{}-at-{}", kind.stem, plain(similarity)),
        title: format!("{title}, cue similarity {}", plain(similarity)),
        caption: format!("{} {COINCIDE}", kind.reading),
        labels: ["load P/N (patterns per neuron)", kind.label],
        legend: "memory",
        columns: ["load", "memory", kind.column],
        logarithmic: false,
        span: kind.span.clone(),
        references: Vec::new(),
        series,
    };
    curves.figure().map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn a_single_memory_is_compared_with_nothing_and_several_with_the_first() {
        let draw = |kernels: &[&str], networks| {
            let cells = sample::sweep(kernels, &[1.0, 4.0], &[1.0, 0.9], networks);
            figures(&cells, &summarise(&cells)).expect("drawn")
        };
        assert!(draw(&["a"], 3).is_empty());
        let stems = |figures: &[Figure]| figures.iter().map(|figure| figure.stem.clone()).collect::<Vec<_>>();
        assert_eq!(stems(&draw(&["a", "b"], 1)), ["memories-target-rate-at-1", "memories-target-rate-at-0.9"]);
        let several = draw(&["a", "b", "c"], 3);
        assert_eq!(stems(&several)[1], "memories-difference-at-1");
        assert_eq!(several[0].csv.lines().count(), 1 + 3 * 2);
        assert_eq!(several[1].csv.lines().count(), 1 + 3 * 2);
        // Equal memories: no difference, and no doubt about it.
        assert!(several[1].csv.contains("1,klr/b,0,0,0"), "{}", several[1].csv);
    }

    #[test]
    fn a_difference_is_taken_within_each_network() {
        let mut cells = sample::sweep(&["a", "b"], &[1.0], &[1.0], 4);
        for cell in &mut cells {
            // The networks differ by far more than the memories, and the last of b is missing.
            cell.target_rate =
                0.2 * cell.network as f64 + if cell.kernel == "b" { 0.1 + 0.01 * cell.network as f64 } else { 0.0 };
        }
        cells.retain(|cell| cell.kernel == "a" || cell.network < 3);
        let rows = summarise(&cells);
        let difference = paired(&rates(&cells), 4, &rows[0], &rows[1]).expect("three pairs");
        // 0.10, 0.11 and 0.12: standard error 0.01 / sqrt 3, t 4.302652729911.
        let (low, high) = difference.interval.expect("an interval");
        assert!((difference.value - 0.11).abs() < 1e-12, "{difference:?}");
        assert!((high - low - 2.0 * 4.302_652_729_911 * 0.01 / 3.0_f64.sqrt()).abs() < 1e-9, "{difference:?}");
    }
}
