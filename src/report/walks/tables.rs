//! Walks as tables: in plain text, and on the page.

use maud::{Markup, html};

use super::super::number::{count, plain, rate, scientific, significant};
use super::{Length, pooled};
use crate::measure::Walk;

/// For each model a table of at most 100 columns, a line for each length; least and most of its trials where they
/// differ.
pub fn walks_table(walks: &[Walk]) -> String {
    let mut out = String::new();
    let models = pooled(walks);
    for lengths in &models {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}\n", lengths[0].memory()));
        out.push_str("     P | success     transitions  first error            SNR |  settled gradient norm\n");
        out.push_str("-------+------------------------------------------------------+-----------------------\n");
        for length in lengths {
            let success = format!("{}/{}", length.successes(), length.trials);
            let settled = format!("{}/{}", length.settled(), length.walks.len());
            let mark = if length.unsettled() { "*" } else { " " };
            out.push_str(&format!(
                "{:>6} | {success:>7} {:>15} {:>12} {:>14} | {:>8} {:>13}\n",
                length.patterns(),
                length.span(rate, |walk| Some(walk.transitions)),
                length.first_error(),
                length.span(significant, |walk| walk.snr),
                settled + mark,
                length.gradient_norm(),
            ));
        }
    }
    if models.iter().flatten().any(Length::unsettled) {
        out.push_str("\n* Training had not settled in every trial: these memories depend on the number of updates.\n");
        out.push_str("  Raise --updates, or give --solver preconditioned (rule klr).\n");
    }
    out
}

const HEADINGS: [&str; 16] = [
    "rule",
    "kernel",
    "P",
    "P/N",
    "trials",
    "success",
    "95 % interval",
    "transitions right",
    "bits right",
    "first error",
    "overlap",
    "SNR",
    "signal",
    "noise",
    "gradient norm",
    "training settled",
];

/// One row per model and length.
pub(super) fn html_table(models: &[Vec<Length<'_>>]) -> Markup {
    html! {
        @if !models.is_empty() {
            section {
                h2 { "Every length" }
                p.fine {
                    "Least and most of the trials where they differ. Transitions and bits: shares that are right after "
                    "one step from each pattern. First error: the earliest step, in any trial, after which the state was "
                    "not the pattern whose turn it was. Overlap: mean cosine to that pattern over all steps. SNR: mean of "
                    "target times dual variable times K(mu, mu) over the standard deviation of the rest of the field. "
                    "Gradient norm: the largest component left in any trial."
                }
                div.wide tabindex="0" {
                    table.numbers {
                        thead { tr {
                            @for heading in HEADINGS { th scope="col" { (heading) } }
                        } }
                        tbody { @for length in models.iter().flatten() { (line(length)) } }
                    }
                }
            }
        }
    }
}

fn line(length: &Length<'_>) -> Markup {
    let success = length.success();
    let (low, high) = success.interval.unwrap_or_default();
    let scale = |of: fn(&Walk) -> Option<f64>| length.mean(of).map_or("-".into(), |mean| scientific(mean.value));
    html! {
        tr.half-trained[length.unsettled()] {
            td { (length.first.rule) }
            td { (length.first.kernel) }
            td { (count(length.patterns() as u64)) }
            td { (plain(length.patterns() as f64 / length.first.neurons as f64)) }
            td { (length.trials) }
            td { (rate(success.value)) }
            td { (rate(low)) " to " (rate(high)) }
            td { (length.span(rate, |walk| Some(walk.transitions))) }
            td { (length.span(rate, |walk| Some(walk.bits))) }
            td { (length.first_error()) }
            td { (length.span(rate, |walk| Some(walk.overlap))) }
            td { (length.span(significant, |walk| walk.snr)) }
            td { (scale(|walk| walk.signal)) }
            td { (scale(|walk| walk.noise)) }
            td { (length.gradient_norm()) }
            td { (length.settled()) "/" (length.walks.len()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_line_for_each_length_fits_and_marks_what_had_not_settled() {
        let table = walks_table(&sample(&[1500, 1650, 1700]));
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert!(table.contains("3/3           1.000            -   3.20 to 3.40 |     3/3 "), "{table}");
        assert!(table.contains("1/3  0.500 to 1.000           40") && table.contains("0/3*"), "{table}");
        assert_eq!(walks_table(&[]), "");
    }
}
