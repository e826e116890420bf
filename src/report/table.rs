//! Tables: of one page of HTML and of a terminal. Knows nothing of what was measured.

use maud::{Markup, html};

/// A table, for both.
pub(crate) struct Table {
    /// Its heading in the report.
    pub(crate) heading: &'static str,
    /// How its columns are meant.
    pub(crate) reading: &'static str,
    /// The names of its columns; cells in a terminal are as wide as what they hold.
    pub(crate) columns: Vec<&'static str>,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// A line of a table.
pub(crate) struct Line {
    /// Whether training had not settled in every network.
    pub(crate) unsettled: bool,
    /// A cell for each column.
    pub(crate) cells: Vec<String>,
}

impl Table {
    /// For a report; nothing without lines.
    pub(crate) fn html(&self) -> Markup {
        html! {
            @if !self.lines.is_empty() {
                section {
                    h2 { (self.heading) }
                    p.fine { (self.reading) }
                    div.wide tabindex="0" {
                        table.numbers {
                            thead { tr { @for column in &self.columns { th scope="col" { (column) } } } }
                            tbody {
                                @for line in &self.lines {
                                    tr.half-trained[line.unsettled] { @for cell in &line.cells { td { (cell) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// For a terminal: the first column to the left, the others to the right; a star where training had not settled.
    pub(crate) fn text(&self) -> String {
        let of = |line: &Line, column: usize| line.cells.get(column).map_or(0, |cell| cell.chars().count());
        let width = |column: usize| {
            let widest = self.lines.iter().map(|line| of(line, column)).max().unwrap_or(0);
            widest.max(self.columns[column].chars().count())
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let written = |cells: &mut dyn Iterator<Item = &str>, mark: &str| {
            let mut line = String::new();
            for (column, (cell, &width)) in cells.zip(&widths).enumerate() {
                let padded = if column == 0 { format!("{cell:<width$}") } else { format!("  {:>width$}", plain(cell)) };
                line.push_str(&padded);
            }
            line.push_str(mark);
            line.trim_end().to_owned() + "\n"
        };
        if self.lines.is_empty() {
            return String::new();
        }
        let mut out = written(&mut self.columns.iter().copied(), "");
        let across = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        out.push_str(&format!("{}\n", "-".repeat(across)));
        for line in &self.lines {
            out.push_str(&written(&mut line.cells.iter().map(String::as_str), if line.unsettled { " *" } else { "" }));
        }
        if self.lines.iter().any(|line| line.unsettled) {
            out.push_str("\n* Training had not settled in every network: these numbers depend on --updates.\n");
            out.push_str("  Raise it, or give --solver preconditioned (rule klr).\n");
        }
        out
    }
}

/// The spaces that keep a number together on a page are plain ones in a terminal.
fn plain(cell: &str) -> String {
    cell.replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let line = |unsettled, cells: [&str; 2]| Line { unsettled, cells: cells.map(str::to_owned).into() };
        let lines = vec![line(false, ["klr/rbf:0.02", "1\u{a0}000"]), line(true, ["<hebb>", "7"])];
        Table { heading: "All", reading: "r", columns: vec!["memory", "P"], lines }
    }

    #[test]
    fn columns_line_up_and_what_had_not_settled_is_marked() {
        let text = table().text();
        let lines: Vec<_> = text.lines().take(4).collect();
        let wanted = ["memory            P", "-------------------", "klr/rbf:0.02  1 000", "<hebb>            7 *"];
        assert_eq!(lines, wanted);
        assert!(text.contains("had not settled"));
    }

    #[test]
    fn a_page_has_every_cell_escaped() {
        let page = table().html().into_string();
        assert!(page.contains("&lt;hebb&gt;") && page.matches("<td>").count() == 4);
        assert_eq!(page.matches("half-trained").count(), 1);
        assert!(Table { lines: Vec::new(), ..table() }.html().into_string().is_empty());
    }
}
