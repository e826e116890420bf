//! The report: one offline page that needs no network and no script. Knows nothing of where it is written.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figure::Figure;
use super::finding::finding;
use super::html_table::summary_table;
use super::summary::summarise;
use crate::measure::Cell;

/// Everything a report says.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The page's heading.
    pub title: &'a str,
    /// What the sweep was run to find out.
    pub question: &'a str,
    /// Settings and their values, in the order to show them.
    pub settings: &'a [(String, String)],
    /// Warnings a reader must know before the numbers.
    pub notes: &'a [String],
    /// The sweep's cells.
    pub cells: &'a [Cell],
    /// Its figures.
    pub figures: &'a [Figure],
    /// The command that makes it again.
    pub command: &'a str,
    /// The full manifest.
    pub manifest: &'a serde_json::Value,
    /// Cells done and cells planned.
    pub complete: (usize, usize),
}

/// What every report has: one page, whatever was measured.
#[derive(Clone, Debug)]
pub(crate) struct Page<'a> {
    /// The page's heading.
    pub(crate) title: &'a str,
    /// What the work was done to find out.
    pub(crate) question: &'a str,
    /// What was found, a paragraph each.
    pub(crate) findings: &'a [String],
    /// How the findings are to be read.
    pub(crate) reading: &'a str,
    /// What a reader must know before the numbers.
    pub(crate) notes: &'a [String],
    /// Settings and their values, in the order to show them.
    pub(crate) settings: &'a [(String, String)],
    /// Drawings.
    pub(crate) figures: &'a [Figure],
    /// The numbers.
    pub(crate) table: Markup,
    /// The command that makes it again.
    pub(crate) command: &'a str,
    /// The full manifest.
    pub(crate) manifest: &'a serde_json::Value,
}

/// A sweep's report as one HTML page.
pub fn render(report: &Report) -> String {
    let rows = summarise(report.cells);
    let (done, planned) = report.complete;
    let unfinished = format!("The sweep is unfinished: {done} of {planned} cells are in this report.");
    let notes: Vec<String> =
        (done < planned).then_some(unfinished).into_iter().chain(report.notes.iter().cloned()).collect();
    Page {
        title: report.title,
        question: report.question,
        findings: &finding(&rows),
        reading: "Target rate: share of recall trials that end in the target itself, pooled over networks. A load \
                  counts when it and every smaller load measured reach the rate.",
        notes: &notes,
        settings: report.settings,
        figures: report.figures,
        table: summary_table(&rows),
        command: report.command,
        manifest: report.manifest,
    }
    .render()
}

impl Page<'_> {
    /// As HTML that needs nothing else.
    pub(crate) fn render(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(include_str!("style.css"))) }
                }
                body {
                    main {
                        (opening(self))
                        (settings(self.settings))
                        (figures(self.figures))
                        (self.table)
                        (again(self))
                    }
                }
            }
        };
        page.into_string()
    }
}

/// The question, the finding, and what to know before believing it.
fn opening(page: &Page) -> Markup {
    html! {
        header {
            h1 { (page.title) }
            p.question { (page.question) }
        }
        section.finding {
            h2 { "Finding" }
            @for sentence in page.findings { p { (sentence) } }
            @if page.findings.is_empty() { p { "Nothing has been measured yet, so there is nothing to report." } }
            p.fine { (page.reading) }
        }
        @if !page.notes.is_empty() {
            section.notes {
                h2 { "Before you read on" }
                ul { @for note in page.notes { li { (note) } } }
            }
        }
    }
}

/// The settings as a table.
fn settings(settings: &[(String, String)]) -> Markup {
    html! {
        @if !settings.is_empty() {
            section {
                h2 { "Settings" }
                div.wide tabindex="0" {
                    table.settings {
                        @for (name, value) in settings { tr { th scope="row" { (name) } td { (value) } } }
                    }
                }
            }
        }
    }
}

/// The figures, inline, each with its caption.
fn figures(figures: &[Figure]) -> Markup {
    html! {
        @if !figures.is_empty() {
            section {
                h2 { "Figures" }
                @for figure in figures {
                    figure id=(figure.stem) {
                        div.wide tabindex="0" { (PreEscaped(&figure.svg)) }
                        figcaption { (figure.caption) }
                    }
                }
            }
        }
    }
}

/// How to make it again, and all that was recorded.
fn again(page: &Page) -> Markup {
    // A JSON value always serialises; should it not, its compact form says what it is.
    let manifest = serde_json::to_string_pretty(page.manifest).unwrap_or_else(|_| page.manifest.to_string());
    html! {
        section {
            h2 { "How to make it again" }
            pre { code { (page.command) } }
            details {
                summary { "The full manifest" }
                pre { code { (manifest) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sample, sweep_figures};
    use super::*;

    fn page(cells: &[Cell], complete: (usize, usize)) -> String {
        let figures = sweep_figures(cells).expect("drawn");
        let manifest = serde_json::json!({ "seed": 7, "host": "<b>" });
        render(&Report {
            title: "Capacity",
            question: "How many <patterns>?",
            settings: &[("kernel".into(), "rbf:0.02".into())],
            notes: &["Two patterns are equal.".into()],
            cells,
            figures: &figures,
            command: "attractor sweep --seed 7",
            manifest: &manifest,
            complete,
        })
    }

    #[test]
    fn a_page_is_whole_escaped_and_offline() {
        let cells = sample::sweep(&["rbf:0.02"], &[1.0, 4.0], &[1.0, 0.9], 3);
        let page = page(&cells, (12, 24));
        for part in ["How many &lt;patterns&gt;?", "12 of 24", "attractor sweep --seed 7", "&lt;b&gt;", "equal."] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<svg").count(), 5);
        assert!(
            !page.contains("<script") && !page.contains("src=") && !page.contains("href=") && !page.contains("url(")
        );
    }

    #[test]
    fn a_sweep_without_cells_has_a_page() {
        assert!(page(&[], (0, 0)).contains("nothing to report"));
    }
}
