//! The report's table of pooled rows.

use maud::{Markup, html};

use super::estimate::Estimate;
use super::number::{count, fixed, plain, rate, scientific};
use super::summary::Summary;

const HEADINGS: [&str; 17] = [
    "rule",
    "kernel",
    "load P/N",
    "P",
    "similarity",
    "trials",
    "target rate",
    "95 % interval",
    "other learned",
    "spurious",
    "cycle",
    "unsettled",
    "mean cosine",
    "mean steps",
    "gradient norm",
    "training settled",
    "uncertain signs",
];

/// One row per rule, kernel, load and similarity, pooled over networks.
pub(super) fn summary_table(rows: &[Summary]) -> Markup {
    html! {
        @if !rows.is_empty() {
            section {
                h2 { "Every condition" }
                p.fine {
                    "Pooled over networks. Rates are shares of trials; the interval is Wilson's. Gradient norm: the largest "
                    "component left in any network. Training settled: networks of those trained. Uncertain signs: "
                    "decisions too close to call in f32 and taken again in f64, per neuron and trial."
                }
                div.wide tabindex="0" {
                    table.numbers {
                        thead { tr {
                            @for heading in HEADINGS { th scope="col" { (heading) } }
                        } }
                        tbody { @for row in rows { (line(row)) } }
                    }
                }
            }
        }
    }
}

/// One condition's line.
fn line(row: &Summary) -> Markup {
    let interval = |estimate: Estimate| {
        estimate.interval.map_or("-".into(), |(low, high)| format!("{} to {}", rate(low), rate(high)))
    };
    let mean = |estimate: Option<Estimate>, decimals| estimate.map_or("-".into(), |mean| fixed(mean.value, decimals));
    html! {
        tr.half-trained[row.unsettled_training()] {
            td { (row.rule) }
            td { (row.kernel) }
            td { (plain(row.load)) }
            td { (count(row.patterns as u64)) }
            td { (plain(row.similarity)) }
            td { (count(row.trials)) }
            td { (rate(row.target.value)) }
            td { (interval(row.target)) }
            @for share in [row.other, row.spurious, row.cycle, row.unsettled] { td { (rate(share.value)) } }
            td { (mean(row.cosine, 3)) }
            td { (mean(row.steps, 2)) }
            td { (scientific(row.gradient_norm)) }
            td { (row.settled) "/" (row.networks) }
            td { (scientific(row.uncertain_share())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn every_row_has_every_column_and_half_trained_rows_are_marked() {
        let rows = summarise(&sample::sweep(&["a"], &[1.0, 20.0], &[1.0, 0.4], 3));
        let table = summary_table(&rows).into_string();
        assert_eq!(table.matches("<td>").count(), 4 * HEADINGS.len());
        assert_eq!(table.matches("half-trained").count(), 2);
        assert!(table.contains("12\u{a0}000") && table.contains("2/3"));
    }
}
