//! The figures of a sweep and the numbers behind them. Knows nothing of files: stems and contents are handed back.

mod kinds;

use std::collections::HashSet;

use self::kinds::{KINDS, Kind};
use super::comparison;
use super::curves::Curves;
use super::number::{several, span};
use super::outcomes::outcomes;
use super::summary::{Summary, memories, summarise};
use crate::error::Result;
use crate::measure::Cell;

/// One figure, ready to be written as `stem.svg` and `stem.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// File name without its ending.
    pub stem: String,
    /// What is shown, and of which memory.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// The drawing: one self-contained SVG that scales and turns dark with the screen.
    pub svg: String,
    /// The numbers drawn, one row per mark: setting, series, value, low, high.
    pub csv: String,
}

pub(super) const COINCIDE: &str = "Where curves coincide, the one further down the legend lies on top.";

/// Draws every figure of a sweep: where there are several memories, they beside each other; then one set per memory, told apart in
/// stem and title where there are several.
pub fn sweep_figures(cells: &[Cell]) -> Result<Vec<Figure>> {
    let rows = summarise(cells);
    let (mut figures, mut taken) = (comparison::figures(cells, &rows)?, HashSet::new());
    for memory in memories(&rows) {
        let suffix = if memory.len() < rows.len() { suffix(memory, &mut taken) } else { String::new() };
        let [by_load, by_similarity, steps, cosine] = &KINDS;
        figures.push(curves(by_load, memory, &suffix)?);
        figures.push(curves(by_similarity, memory, &suffix)?);
        figures.push(shares(memory, &suffix)?);
        figures.push(curves(steps, memory, &suffix)?);
        figures.push(curves(cosine, memory, &suffix)?);
    }
    Ok(figures)
}

/// A figure of curves for one memory.
fn curves(kind: &Kind, memory: &[Summary], suffix: &str) -> Result<Figure> {
    let (along, apart) = kind.against.names();
    Curves {
        stem: format!("{}{suffix}", kind.stem),
        title: titled(kind.title, memory),
        caption: format!("{} {} {COINCIDE} {}", kind.reading, kind.intervals, sizes(memory)),
        labels: [kind.against.label(), kind.label],
        legend: if apart == "load" { "load P/N" } else { apart },
        columns: [along, apart, kind.column],
        logarithmic: false,
        span: kind.span.clone(),
        references: Vec::new(),
        series: kind.against.series(memory, kind.measure),
    }
    .figure()
}

/// The figure of stacked outcomes for one memory.
fn shares(memory: &[Summary], suffix: &str) -> Result<Figure> {
    let title = titled("Outcomes of recall", memory);
    let caption = format!(
        "What became of the trials, one panel per cue similarity, one bar per load: the share that ended in the target, \
         in another learned pattern, in a spurious fixed point (no stored pattern) or in a cycle, and the share still \
         moving after the last step. The five add up to 1; each share's 95 % Wilson interval stands in the figure's .csv. {}",
        sizes(memory)
    );
    outcomes(format!("outcomes{suffix}"), title, caption, memory).figure()
}

/// A title that names the memory.
fn titled(title: &str, memory: &[Summary]) -> String {
    memory.first().map_or(title.to_owned(), |row| format!("{title}: {}", row.memory()))
}

/// The sizes behind a figure, for its caption.
fn sizes(memory: &[Summary]) -> String {
    let networks = several(&span(memory.iter().map(|row| row.networks)), "network");
    let trials = several(&span(memory.iter().map(|row| row.trials)), "trial");
    let patterns = span(memory.iter().map(|row| row.patterns as u64));
    let neurons = memory.first().map_or(0, |row| row.neurons);
    format!("N = {neurons} neurons, P = {patterns} patterns; each mark pools {trials} of {networks}.")
}

/// What sets this memory's file names apart from the others': rule and kernel, in letters that every file system takes.
fn suffix(memory: &[Summary], taken: &mut HashSet<String>) -> String {
    let model = memory.first().map(Summary::model).unwrap_or_default().to_ascii_lowercase();
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let name: String = model.chars().map(safe).take(60).collect();
    let numbered = (2..).map(|number| format!("-{name}-{number}"));
    // Names that differ only in what was replaced, or memories that differ in N, are numbered.
    let free = std::iter::once(format!("-{name}")).chain(numbered).find(|stem| !taken.contains(stem));
    let stem = free.unwrap_or_default();
    taken.insert(stem.clone());
    stem
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn one_kernel_has_plain_stems_and_several_are_told_apart() {
        let one = sweep_figures(&sample::sweep(&["rbf:0.02"], &[1.0, 2.0], &[1.0, 0.9], 2)).expect("drawn");
        let stems: Vec<_> = one.iter().map(|figure| figure.stem.as_str()).collect();
        assert_eq!(stems, ["target-rate-vs-load", "target-rate-vs-similarity", "outcomes", "steps", "final-cosine"]);
        let kernels = ["rbf:0.02", "RBF 0.02", "poly/2"];
        let several = sweep_figures(&sample::sweep(&kernels, &[1.0], &[1.0], 1)).expect("drawn");
        let stems: HashSet<_> = several.iter().map(|figure| figure.stem.as_str()).collect();
        assert_eq!(stems.len(), 1 + 15);
        assert!(
            stems.contains("steps-klr-rbf-0.02")
                && stems.contains("steps-klr-rbf-0.02-2")
                && stems.contains("steps-klr-poly-2")
        );
        assert!(several[1].title.contains("rbf:0.02"));
    }

    #[test]
    fn the_numbers_behind_a_figure_are_tidy() {
        let figures = sweep_figures(&sample::sweep(&["a"], &[1.0, 2.0], &[1.0, 0.9], 1)).expect("drawn");
        let lines: Vec<_> = figures[0].csv.lines().collect();
        assert_eq!((lines[0], lines.len()), ("load,similarity,target_rate,low,high", 5));
        assert!(lines[1].starts_with("1,1,1,0.99") && lines[1].ends_with(",1"), "{}", lines[1]);
        assert!(figures[3].csv.lines().skip(1).all(|line| line.ends_with(",,")));
    }

    #[test]
    fn odd_sweeps_are_drawn() {
        assert!(sweep_figures(&[]).expect("nothing to draw").is_empty());
        let mut cells = sample::sweep(&["a"], &[3.0], &[0.5], 1);
        (cells[0].mean_steps, cells[0].trials, cells[0].mean_cosine) = (None, 0, f64::NAN);
        assert_eq!(sweep_figures(&cells).expect("drawn").len(), 5);
    }
}
