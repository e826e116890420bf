//! Phase diagrams for people. Knows nothing of how cells are measured.

mod colours;
mod table;
#[cfg(test)]
mod tests;

use self::table::table;
use super::cell_map::{CellMap, Mark};
use super::estimate::Estimate;
use super::figure::Figure;
use super::html::Body;
use super::number::{list, plain, rate, significant};
use super::pool::{Pool, pooled};
use crate::error::Result;
use crate::measure::phase::Phase;
use crate::measure::row::{Head, Row};
use colours::Colours;

type Cell<'a> = Pool<'a, Phase>;

/// A line for each cell.
pub fn phase_table(rows: &[Row<Phase>]) -> String {
    table(&pooled(rows, |_| ())).text()
}

impl Body {
    /// That of a phase diagram.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_phases(rows: &[Row<Phase>]) -> Result<Self> {
        let cells = pooled(rows, |_| ());
        let diagram = Diagram::of(&cells);
        Ok(Self {
            finding: diagram.finding(),
            terms: "Best: the highest target rate at a load; of equal ones all are framed. The ridge is found on this grid \
                    alone, with 95 % intervals: Wilson's of the pooled trials, Student's over networks for sharpness.",
            figures: diagram.figures()?,
            table: table(&cells).html(),
            placed: false,
        })
    }
}

fn target(cell: &Cell<'_>) -> Option<Estimate> {
    cell.share(|phase| (phase.target_rate, phase.trials))
}

/// A number that is never negative with its interval, where there is one.
fn within(Estimate { value, interval }: Estimate, written: fn(f64) -> String) -> String {
    let ends = interval.map(|(low, high)| format!(" ({} to {})", written(low.max(0.0)), written(high)));
    written(value) + &ends.unwrap_or_default()
}

/// Cells by memory, from below, and load.
struct Diagram<'a> {
    memories: Vec<String>,
    loads: Vec<f64>,
    cells: Vec<Option<&'a Cell<'a>>>,
    neurons: usize,
}

impl<'a> Diagram<'a> {
    fn of(cells: &'a [Cell<'a>]) -> Self {
        let mut penalties: Vec<f32> = cells.iter().map(|cell| cell.head().regularization).collect();
        penalties.sort_by(f32::total_cmp);
        penalties.dedup();
        let one_rule = cells.iter().all(|cell| cell.head().rule == cells[0].head().rule);
        let name = |head: &Head| {
            let model = if one_rule { head.kernel.clone() } else { head.model() };
            if penalties.len() > 1 { format!("{model} {}", head.regularization) } else { model }
        };
        let mut memories: Vec<String> = Vec::new();
        let mut loads: Vec<f64> = Vec::new();
        for cell in cells {
            let own = name(cell.head());
            if !memories.contains(&own) {
                memories.push(own);
            }
            if !loads.contains(&cell.head().load) {
                loads.push(cell.head().load);
            }
        }
        loads.sort_by(f64::total_cmp);
        let at = |memory: &String, load: f64| {
            cells.iter().find(|cell| name(cell.head()) == *memory && cell.head().load == load)
        };
        let found = memories.iter().flat_map(|memory| loads.iter().map(move |&load| at(memory, load))).collect();
        let neurons = cells.first().map_or(0, |cell| cell.head().neurons);
        Self { cells: found, memories, loads, neurons }
    }

    fn values(&self, of: impl Fn(&Cell<'_>) -> Option<Estimate>) -> Vec<Option<Estimate>> {
        self.cells.iter().map(|cell| cell.and_then(&of).filter(|estimate| estimate.value.is_finite())).collect()
    }

    /// The rows that are best at a load, and their rate; none where nothing is recalled.
    fn best(&self, load: usize) -> Option<(Vec<usize>, Estimate)> {
        let rates = self.values(target);
        let of = |row: usize| rates[row * self.loads.len() + load].map(|rate| (row, rate));
        let column: Vec<(usize, Estimate)> = (0..self.memories.len()).filter_map(of).collect();
        let (_, most) = *column.iter().max_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
        let rows = column.iter().filter(|(_, rate)| rate.value == most.value).map(|(row, _)| *row).collect();
        (most.value > 0.0).then_some((rows, most))
    }

    /// The sharpest row at a load.
    fn sharpest(&self, load: usize) -> Option<(usize, Estimate)> {
        let column = self.values(|cell| cell.mean(|phase| phase.sharpness)).into_iter().skip(load);
        let rows = column.step_by(self.loads.len().max(1)).enumerate();
        rows.filter_map(|(row, value)| Some((row, value?))).max_by(|a, b| a.1.value.total_cmp(&b.1.value))
    }

    fn finding(&self) -> Vec<String> {
        let told = |(at, load): (usize, &f64)| {
            let best = match self.best(at) {
                None => "no memory recalls any cue".to_owned(),
                Some((rows, most)) => {
                    let names: Vec<&str> = rows.iter().map(|&row| self.memories[row].as_str()).collect();
                    let named = match names.as_slice() {
                        [first, _, .., last] => format!("{} from {first} to {last}", names.len()),
                        _ => list(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()),
                    };
                    format!("best is {named}, target rate {}", within(most, rate))
                }
            };
            let sharpest = self
                .sharpest(at)
                .map(|(row, value)| format!("; sharpest is {}, {}", self.memories[row], within(value, significant)));
            format!("P/N = {}: {best}{}.", plain(*load), sharpest.unwrap_or_default())
        };
        self.loads.iter().enumerate().map(told).collect()
    }

    fn figures(&self) -> Result<Vec<Figure>> {
        if self.memories.is_empty() {
            return Ok(Vec::new());
        }
        let mean = |of: fn(&Phase) -> Option<f64>| self.values(|cell| cell.mean(of));
        let settled = |cell: &Cell<'_>| {
            let trained = cell.each().count();
            let value = cell.settled() as f64 / trained as f64;
            (trained > 0).then_some(Estimate { value, interval: None })
        };
        let share = |of: fn(&Phase) -> f64| self.values(|cell| cell.share(|phase| (of(phase), phase.trials)));
        [
            self.map(
                "target_rate",
                "Target rate",
                "share of corrupted cues that end in their target",
                Colours::Share,
                self.values(target),
            ),
            self.map(
                "spurious_rate",
                "Spurious rate",
                "share that end in no stored pattern",
                Colours::Share,
                share(|phase| phase.spurious_rate),
            ),
            self.map(
                "fixed",
                "Stored patterns that stay",
                "share that one step leaves as they are",
                Colours::Share,
                mean(|phase| Some(phase.fixed)),
            ),
            self.map(
                "snr",
                "Signal over noise",
                "signal over noise of stored patterns",
                Colours::Within(0.1..10.0),
                mean(|phase| phase.snr),
            ),
            self.map(
                "sharpness",
                "Pinnacle sharpness",
                "mean |grad V|^2 at stored patterns",
                Colours::Decades,
                mean(|phase| phase.sharpness),
            ),
            self.map(
                "settled",
                "Settled training",
                "share of networks whose training had settled",
                Colours::Share,
                self.values(settled),
            ),
        ]
        .into_iter()
        .flatten()
        .map(CellMap::figure)
        .collect()
    }

    /// None where no cell has the quantity.
    fn map<'b>(
        &self,
        column: &'b str,
        title: &str,
        reading: &str,
        colours: Colours,
        values: Vec<Option<Estimate>>,
    ) -> Option<CellMap<'b>> {
        let is_share = matches!(colours, Colours::Share);
        // What spans orders of magnitude is drawn so, and only what is positive then.
        let mut known: Vec<f64> = values.iter().flatten().map(|estimate| estimate.value).collect();
        known.retain(|&value| is_share || value > 0.0);
        known.sort_by(f64::total_cmp);
        let range = colours.range(&known)?;
        let beyond = colours.beyond(&range, &known);
        let across = self.loads.len();
        let unsettled = |at: &usize| self.cells[*at].is_some_and(Pool::unsettled);
        let dots = (0..self.cells.len()).filter(unsettled).map(|at| (at / across, at % across)).collect();
        let frames = (0..across).flat_map(|load| {
            let rows = self.best(load).map(|(rows, _)| rows).unwrap_or_default();
            rows.into_iter().map(move |row| (row, load))
        });
        Some(CellMap {
            stem: column.replace('_', "-"),
            title: format!("{title} over kernel and load, N = {}", self.neurons),
            caption: format!(
                "Colour: {reading}; mean over networks.{beyond} Frames: the best target rate of each load. Dots: cells \
                 in which training had not settled in every network. Hatched: nothing to measure."
            ),
            labels: ["load P/N (patterns per neuron)", "memory"],
            scale: title_of(column),
            columns: ["load", "memory", column],
            settings: [self.loads.iter().map(|&load| plain(load)).collect(), self.memories.clone()],
            range,
            logarithmic: !is_share,
            values,
            marks: vec![
                Mark { name: "best", cells: frames.collect(), framed: true },
                Mark { name: "not settled", cells: dots, framed: false },
            ],
        })
    }
}

fn title_of(column: &str) -> &str {
    match column {
        "target_rate" => "target rate",
        "spurious_rate" => "spurious rate",
        other => other,
    }
}
