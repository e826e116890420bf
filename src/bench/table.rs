//! A table of text, for a terminal and for Markdown. Knows nothing of what is in it.

/// Columns and rows under a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Over it.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// Names of the columns. Those that start with `<` are aligned to the left, and written without it.
    pub columns: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(title: impl Into<String>, note: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.into()).collect();
        Self { title: title.into(), note: note.into(), columns, rows: Vec::new() }
    }

    fn column(&self, index: usize) -> (&str, bool) {
        let name = &self.columns[index];
        name.strip_prefix('<').map_or((name, false), |name| (name, true))
    }

    /// For a terminal: the note left out, cells padded.
    pub fn plain(&self) -> String {
        let width = |index: usize| {
            let cells = self.rows.iter().map(|row| row[index].chars().count());
            cells.chain([self.column(index).0.chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().enumerate().map(|(index, cell)| match self.column(index).1 {
                true => format!("{cell:<0$}", widths[index]),
                false => format!("{cell:>0$}", widths[index]),
            });
            let line = padded.collect::<Vec<_>>().join("  ");
            format!("{}\n", line.trim_end())
        };
        let mut text = format!("{}\n", self.title);
        text.push_str(&line((0..self.columns.len()).map(|index| self.column(index).0).collect()));
        text.push_str(&format!("{}\n", "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1))));
        self.rows.iter().for_each(|row| text.push_str(&line(row.iter().map(String::as_str).collect())));
        text
    }

    /// A section of Markdown.
    pub fn markdown(&self) -> String {
        let escaped = |cell: &str| cell.replace('|', "\\|").replace('\n', " ");
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("## {}\n\n", self.title);
        if !self.note.is_empty() {
            text.push_str(&format!("{}\n\n", self.note));
        }
        let columns = 0..self.columns.len();
        text.push_str(&row(columns.clone().map(|index| escaped(self.column(index).0)).collect()));
        text.push_str(&row(columns.map(|index| if self.column(index).1 { "---" } else { "---:" }.into()).collect()));
        self.rows.iter().for_each(|cells| text.push_str(&row(cells.iter().map(|cell| escaped(cell)).collect())));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_in_both_forms() {
        let mut table = Table::new("Times", "Lower is better.", &["<who", "time"]);
        table.rows.push(vec!["a|b".into(), "1.5 s".into()]);
        assert_eq!(table.plain(), "Times\nwho   time\n----------\na|b  1.5 s\n");
        assert_eq!(
            table.markdown(),
            "## Times\n\nLower is better.\n\n| who | time |\n| --- | ---: |\n| a\\|b | 1.5 s |\n"
        );
    }
}
