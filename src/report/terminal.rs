//! The sweep as plain text: target rates by load and similarity, and whether training had settled.

use super::number::{plain, rate, scientific, several, span};
use super::summary::{Summary, levels, memories, summarise};
use crate::measure::Cell;

/// Similarities beside one another before the table would be wider than 100 columns.
const ACROSS: usize = 9;

/// For each memory a table of at most 100 columns: loads down, similarities across, pooled target rates inside.
pub fn terminal_table(cells: &[Cell]) -> String {
    let rows = summarise(cells);
    let mut out = String::new();
    for memory in memories(&rows) {
        if !out.is_empty() {
            out.push('\n');
        }
        write_memory(&mut out, memory);
    }
    if rows.iter().any(Summary::unsettled_training) {
        out.push_str(
            "\n* Training had not settled in every network: the rates on that line describe a memory that is\n",
        );
        out.push_str("  still changing. Raise --updates; where the gradient then grows, lower --learning-rate.\n");
    }
    out
}

/// One memory's table, broken into blocks of about one width when its similarities do not fit side by side.
fn write_memory(out: &mut String, memory: &[Summary]) {
    let name = memory.first().map(Summary::memory).unwrap_or_default();
    let networks = several(&span(memory.iter().map(|row| row.networks)), "network");
    let trials = several(&span(memory.iter().map(|row| row.trials)), "trial").replace('\u{a0}', " ");
    out.push_str(&format!("{name}\ntarget rate by load and cue similarity; each entry pools {trials} of {networks}"));
    let mut similarities = levels(memory, |row| row.similarity);
    similarities.reverse();
    let blocks = similarities.len().div_ceil(ACROSS).max(1);
    for block in similarities.chunks(similarities.len().div_ceil(blocks).max(1)) {
        let names: String = block.iter().map(|value| format!("{:>7}", plain(*value))).collect();
        let line = ["-".repeat(9), "-".repeat(7 * block.len() + 1), "-".repeat(24)].join("+");
        out.push_str(&format!("\nload P/N |{names} |  settled gradient norm\n{line}\n"));
        for load in levels(memory, |row| row.load) {
            let rows: Vec<_> = memory.iter().filter(|row| row.load == load).collect();
            out.push_str(&load_line(load, &rows, block));
        }
    }
}

/// One load's line.
fn load_line(load: f64, rows: &[&Summary], similarities: &[f64]) -> String {
    let rates: String = similarities
        .iter()
        .map(|similarity| rows.iter().find(|row| row.similarity == *similarity))
        .map(|row| format!("{:>7}", row.map_or("-".into(), |row| rate(row.target.value))))
        .collect();
    // The networks of a load are trained once for all similarities: the row that has most of them speaks for the load.
    let trained = rows.iter().map(|row| (row.settled, row.networks)).max_by_key(|(_, networks)| *networks);
    let (settled, networks) = trained.unwrap_or_default();
    let mark = if rows.iter().any(|row| row.unsettled_training()) { "*" } else { " " };
    let gradient = rows.iter().map(|row| row.gradient_norm).fold(f64::NAN, f64::max);
    let settled = format!("{settled}/{networks}{mark}");
    format!("{:>8} |{rates} | {settled:>9} {:>13}\n", plain(load), scientific(gradient))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const SIMILARITIES: [f64; 6] = [1.0, 0.95, 0.9, 0.8, 0.6, 0.4];

    #[test]
    fn the_default_sweep_fits_and_marks_what_had_not_settled() {
        let table = terminal_table(&sample::sweep(&["rbf:0.02"], &[1.0, 4.0, 20.0], &SIMILARITIES, 3));
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert!(table.contains("2/3*") && table.contains("3/3") && table.contains("had not settled"), "{table}");
        assert!(table.contains("  1.000"), "{table}");
    }

    #[test]
    fn many_similarities_are_broken_into_blocks() {
        let many: Vec<_> = (0..20).map(|step| 1.0 - 0.05 * f64::from(step)).collect();
        let table = terminal_table(&sample::sweep(&["a", "b"], &[1.0], &many, 1));
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert_eq!(table.matches("load P/N").count(), 6);
    }

    #[test]
    fn gaps_are_dashes_and_nothing_is_nothing() {
        let mut cells = sample::sweep(&["a"], &[1.0, 2.0], &[1.0, 0.5], 1);
        cells.pop();
        assert!(terminal_table(&cells).contains("      -"));
        assert_eq!(terminal_table(&[]), "");
    }
}
