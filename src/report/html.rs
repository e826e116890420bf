//! The report: one offline page that needs no network and no script. Knows nothing of where it is written.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figure::{Figure, sweep_figures};
use super::finding::finding;
use super::html_table::summary_table;
use super::summary::summarise;
use crate::error::Result;
use crate::measure::Cell;

/// Everything a report says.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The page's heading.
    pub title: &'a str,
    /// What it was run to find out.
    pub question: &'a str,
    /// Settings and their values, in the order to show them.
    pub settings: &'a [(String, String)],
    /// Warnings a reader must know before the numbers.
    pub notes: &'a [String],
    /// What was found.
    pub body: &'a Body,
    /// The command that makes it again.
    pub command: &'a str,
    /// The full manifest.
    pub manifest: &'a serde_json::Value,
    /// Rows done and rows planned.
    pub complete: (usize, usize),
}

/// What was found, in words, figures and a table.
#[derive(Clone, Debug)]
pub struct Body {
    /// Sentences; none where nothing was measured.
    pub finding: Vec<String>,
    /// How its words are meant.
    pub(crate) terms: &'static str,
    /// The figures, in the order to show them.
    pub figures: Vec<Figure>,
    /// The table of all conditions.
    pub(crate) table: Markup,
    /// Whether the table shows the figures where they belong.
    pub(crate) placed: bool,
}

impl Body {
    /// That of a sweep.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_sweep(cells: &[Cell]) -> Result<Self> {
        let rows = summarise(cells);
        Ok(Self {
            finding: finding(&rows),
            terms: "Target rate: share of recall trials that end in the target itself, pooled over networks. \
                    A load counts when it and every smaller load measured reach the rate.",
            figures: sweep_figures(cells)?,
            table: summary_table(&rows),
            placed: false,
        })
    }
}

/// The report as one HTML page.
pub fn render(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    (opening(report))
                    (settings(report.settings))
                    @if !report.body.placed { (figures(&report.body.figures)) }
                    (report.body.table)
                    (again(report))
                }
            }
        }
    };
    page.into_string()
}

/// The question, the finding, and what to know before believing it.
fn opening(report: &Report) -> Markup {
    let (done, planned) = report.complete;
    html! {
        header {
            h1 { (report.title) }
            p.question { (report.question) }
        }
        section.finding {
            h2 { "Finding" }
            @for sentence in &report.body.finding { p { (sentence) } }
            @if report.body.finding.is_empty() { p { "Nothing has been measured yet, so there is nothing to report." } }
            p.fine { (report.body.terms) }
        }
        @if !report.notes.is_empty() || done < planned {
            section.notes {
                h2 { "Before you read on" }
                ul {
                    @if done < planned {
                        li { "This is unfinished: " (done) " of " (planned) " rows are in this report." }
                    }
                    @for note in report.notes { li { (note) } }
                }
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

/// The figures, one after another.
fn figures(figures: &[Figure]) -> Markup {
    html! {
        @if !figures.is_empty() {
            section {
                h2 { "Figures" }
                @for figure in figures { (drawing(figure)) }
            }
        }
    }
}

/// A figure, inline, with its caption.
pub(super) fn drawing(figure: &Figure) -> Markup {
    html! {
        figure id=(figure.stem) {
            div.wide tabindex="0" { (PreEscaped(&figure.svg)) }
            figcaption { (figure.caption) }
        }
    }
}

/// How to make it again, and all that was recorded.
fn again(report: &Report) -> Markup {
    // A JSON value always serialises; should it not, its compact form says what it is.
    let manifest = serde_json::to_string_pretty(report.manifest).unwrap_or_else(|_| report.manifest.to_string());
    html! {
        section {
            h2 { "How to make it again" }
            pre { code { (report.command) } }
            details {
                summary { "The full manifest" }
                pre { code { (manifest) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn page(cells: &[Cell], complete: (usize, usize)) -> String {
        let body = Body::of_sweep(cells).expect("drawn");
        let manifest = serde_json::json!({ "seed": 7, "host": "<b>" });
        render(&Report {
            title: "Capacity",
            question: "How many <patterns>?",
            settings: &[("kernel".into(), "rbf:0.02".into())],
            notes: &["Two patterns are equal.".into()],
            body: &body,
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
