//! Published claims and their verdicts for people. Knows nothing of how they are measured.

use maud::{Markup, html};

use super::figure::Figure;
use super::html::{Body, drawing};
use super::number::{count, fixed, scientific, several, significant};
use crate::measure::claim::{Reading, Verdict};

/// A claim with its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Its name.
    pub name: &'a str,
    /// Paper and place.
    pub source: &'a str,
    /// What it says.
    pub says: &'a str,
    /// When it counts as reproduced.
    pub judged: &'a str,
    /// With what settings it was measured.
    pub setting: &'a str,
    /// What came out.
    pub verdict: Verdict,
    /// Its numbers.
    pub readings: &'a [Reading],
    /// Reasons, as far as they are known.
    pub remarks: &'a [String],
    /// What shows it.
    pub figures: &'a [Figure],
    /// Folders of the experiments that it rests on.
    pub experiments: &'a str,
}

impl Body {
    /// That of claims.
    pub fn of_claims(claims: &[Told<'_>]) -> Self {
        Self {
            finding: finding(claims),
            terms: "Reproduced: the 95 % intervals of all numbers that count lie within what agrees with the published \
                    ones (a number of a single network: it lies where 95 % of single networks do). Not reproduced: \
                    one of them lies outside. Not decidable: one lies across, or could not be measured, or a setting \
                    that is open decides. Intervals of shares are the wider of Wilson's (of all trials) and \
                    Student's (over networks); brackets reach from the largest number tried that holds to the \
                    smallest that fails.",
            figures: claims.iter().flat_map(|claim| claim.figures).cloned().collect(),
            table: table(claims),
            placed: true,
        }
    }
}

/// How many of each verdict, and which.
fn finding(claims: &[Told<'_>]) -> Vec<String> {
    let of = |verdict: Verdict| {
        let names: Vec<&str> = claims.iter().filter(|claim| claim.verdict == verdict).map(|claim| claim.name).collect();
        (!names.is_empty())
            .then(|| format!("{} {verdict}: {}.", several(&names.len().to_string(), "claim"), names.join(", ")))
    };
    [Verdict::Reproduced, Verdict::NotReproduced, Verdict::Undecidable].into_iter().filter_map(of).collect()
}

/// A measured number, written.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 5e-4 => scientific(value),
        size if size < 1000.0 => fixed(value, 3),
        size if size.fract() == 0.0 && value > 0.0 && size < 1e15 => count(value as u64),
        _ => significant(value),
    }
}

/// A reading's value and interval.
fn measured(reading: &Reading) -> String {
    let Reading { measured, low, high, .. } = *reading;
    if !measured.is_finite() {
        "not measured".into()
    } else if low == high {
        number(measured)
    } else if high == f64::INFINITY {
        format!("{} or more", number(measured))
    } else if low.is_finite() && high.is_finite() {
        format!("{} ({} to {})", number(measured), number(low), number(high))
    } else {
        format!("{} (no interval)", number(measured))
    }
}

const COLUMNS: [&str; 4] = ["what", "published", "measured, 95 % interval", "verdict"];

fn table(claims: &[Told<'_>]) -> Markup {
    html! {
        @if !claims.is_empty() {
            section {
                h2 { "Every claim" }
                @for claim in claims { (section(claim)) }
            }
        }
    }
}

fn section(claim: &Told<'_>) -> Markup {
    html! {
        section.claim {
            h3 { (claim.name) ": " (claim.verdict) }
            p { (claim.says) }
            p.fine { (claim.source) ". " (claim.judged) }
            @if !claim.setting.is_empty() { p { (claim.setting) } }
            @if !claim.readings.is_empty() {
                div.wide tabindex="0" {
                    table.numbers {
                        thead { tr {
                            @for column in COLUMNS { th scope="col" { (column) } }
                        } }
                        tbody {
                            @for reading in claim.readings {
                                tr.beside[!reading.counts] {
                                    td.words { (reading.what) }
                                    td { (reading.published) }
                                    td { (measured(reading)) }
                                    td { (standing(reading)) }
                                }
                            }
                        }
                    }
                }
            }
            @for remark in claim.remarks { p { (remark) } }
            @for figure in claim.figures { (drawing(figure)) }
            @if !claim.experiments.is_empty() {
                p.fine { "Experiments, each with its own report: " (claim.experiments) "." }
            }
        }
    }
}

/// What a reading means for its claim.
fn standing(reading: &Reading) -> String {
    match (reading.counts, reading.verdict) {
        (true, verdict) => verdict.unwrap_or_default().to_string(),
        (false, Some(verdict)) => format!("beside: {verdict}"),
        (false, None) => "beside".into(),
    }
}

/// A claim and its numbers, for a terminal.
pub fn claim_lines(claim: &Told<'_>) -> String {
    let mut lines = format!("{}: {}\n", claim.name, claim.verdict);
    for reading in claim.readings {
        let published =
            if reading.published.is_empty() { String::new() } else { format!("published {}, ", reading.published) };
        let beside = if reading.counts { "" } else { "beside, " };
        lines.push_str(&format!("  {}: {published}{beside}measured {}\n", reading.what, measured(reading)));
    }
    lines.replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::claim::{Measured, Published};

    fn readings() -> Vec<Reading> {
        let seventh = Published::number("0.14", 0.135, 0.145);
        vec![
            Reading::of("C/N <all>", seventh, Measured { value: 0.1391, low: 0.1371, high: 0.1411 }),
            Reading::of("C/N, half", seventh, Measured::default()).beside(),
            Reading::unpublished("rises", Measured::known(0.0)),
        ]
    }

    fn told(readings: &[Reading], verdict: Verdict) -> Told<'_> {
        let (source, says, judged, setting) = ("paper, 1", "It fails near 0.14.", "It rounds to 0.14.", "N = 7.");
        let name = "limit";
        Told { name, source, says, judged, setting, verdict, readings, remarks: &[], figures: &[], experiments: "hebb" }
    }

    #[test]
    fn a_page_tells_each_number_and_its_standing() {
        let readings = readings();
        let body = Body::of_claims(&[told(&readings, Verdict::Reproduced), told(&[], Verdict::Undecidable)]);
        assert_eq!(body.finding, ["1 claim reproduced: limit.", "1 claim not decidable: limit."]);
        let page = body.table.into_string();
        for part in
            ["limit: reproduced", "C/N &lt;all&gt;", "0.139 (0.137 to 0.141)", "not measured", "beside: not decidable"]
        {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn a_terminal_has_a_line_for_each_number() {
        let readings = readings();
        let text = claim_lines(&told(&readings, Verdict::Reproduced));
        let wanted = "limit: reproduced\n  C/N <all>: published 0.14, measured 0.139 (0.137 to 0.141)\n  C/N, half: \
                      published 0.14, beside, measured not measured\n  rises: beside, measured 0\n";
        assert_eq!(text, wanted);
    }
}
