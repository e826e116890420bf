//! Signal, noise and margins for people. Knows nothing of how they are measured.

use super::axes::{Line as Mark, Reference};
use super::curves::{Curves, Span};
use super::estimate::Estimate;
use super::fan::Fan;
use super::figure::{COINCIDE, Figure};
use super::html::Body;
use super::number::{count, list, plain, rate, significant};
use super::pool::{Pool, file_name, memories, pooled};
use super::series::Series;
use super::table::{Line, Table};
use crate::error::Result;
use crate::measure::margin::Firmness;
use crate::measure::row::Row;

/// A line for each model and load.
pub fn firmness_table(rows: &[Row<Firmness>]) -> String {
    table(&pools(rows)).text()
}

impl Body {
    /// That of signal, noise and margins.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_firmness(rows: &[Row<Firmness>]) -> Result<Self> {
        let pools = pools(rows);
        Ok(Self {
            finding: finding(&pools),
            terms: "Signal: mean of x alpha K(mu, mu), what a pattern's own dual variable adds to its field. Noise: standard \
                    deviation of what all other patterns add. Margin: distance of a stored pattern from a neuron's \
                    hyperplane in the kernel's feature space, of at most 1; below 0 its bit is wrong.",
            figures: figures(&pools)?,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

fn pools(rows: &[Row<Firmness>]) -> Vec<Pool<'_, Firmness>> {
    pooled(rows, |_| ())
}

fn finding(pools: &[Pool<'_, Firmness>]) -> Vec<String> {
    let all = |estimate: Estimate| estimate.value == 1.0;
    let told = |memory: &[Pool<'_, Firmness>]| {
        let head = memory[0].head();
        let whole = |pool: &&Pool<'_, Firmness>| pool.mean(|firm| Some(firm.fixed)).is_some_and(all);
        let holds = memory.iter().take_while(whole).last();
        let text = match holds {
            Some(pool) => {
                let snr = pool.mean(|firm| firm.snr).map_or(String::new(), |snr| format!(", at SNR {:.2}", snr.value));
                format!("every stored pattern stays as it is up to P = {}{snr}", pool.head().patterns)
            }
            None => "not every stored pattern stays as it is even at the smallest load".to_owned(),
        };
        let lost: Vec<String> = memory
            .iter()
            .filter(|pool| !whole(pool))
            .map(|pool| format!("{} at P = {}", value(pool.mean(|firm| firm.snr), significant), pool.head().patterns))
            .collect();
        let lost = if lost.is_empty() || holds.is_none() { String::new() } else { format!("; SNR is {}", list(&lost)) };
        let recalls = |pool: &&Pool<'_, Firmness>| pool.share(|firm| (firm.target_rate, firm.trials)).is_some_and(all);
        let recalled = memory.iter().take_while(recalls).last().map_or(String::new(), |pool| {
            format!(
                " Every cue with {} bits flipped comes back up to P = {}.",
                pool.first().flips,
                pool.head().patterns
            )
        });
        format!("{}, lambda {}: {text}{lost}.{recalled}", head.model(), head.regularization)
    };
    memories(pools).map(told).collect()
}

/// SNR, what is recalled and what stays against the load, a curve for each memory; of each memory its margins.
fn figures(pools: &[Pool<'_, Firmness>]) -> Result<Vec<Figure>> {
    if pools.is_empty() {
        return Ok(Vec::new());
    }
    let published = Reference { line: Mark::Across(2.0), label: "published threshold, about 2".into() };
    let mut figures = vec![
        Curves {
            references: vec![published],
            span: Span::AMOUNT,
            ..against_load(
                ["snr", "snr", "Signal over noise", "signal / noise"],
                "Mean of x alpha K(mu, mu) over the standard deviation of what all other patterns add to the field. Bars \
                 and bands are Student's 95 % intervals over networks. Couplings have no dual, and no curve.",
                series(pools, |pool| pool.mean(|firm| firm.snr)),
            )
        },
        against_load(
            ["recalled", "target_rate", "Recall of corrupted cues", "target rate (share of trials)"],
            "Share of corrupted cues that end in their target. Bars and bands are 95 % Wilson intervals of the pooled trials.",
            series(pools, |pool| pool.share(|firm| (firm.target_rate, firm.trials))),
        ),
        against_load(
            ["fixed", "fixed", "Stored patterns that stay", "share of patterns"],
            "Share of stored patterns that one step leaves as they are; mean over networks, with Student's 95 % intervals.",
            series(pools, |pool| pool.mean(|firm| Some(firm.fixed))),
        ),
    ]
    .into_iter()
    .map(Curves::figure)
    .collect::<Result<Vec<_>>>()?;
    for memory in memories(pools) {
        let fan = margins(memory);
        figures.extend((!fan.points.is_empty()).then(|| fan.figure()).transpose()?);
    }
    Ok(figures)
}

fn series(pools: &[Pool<'_, Firmness>], of: impl Fn(&Pool<'_, Firmness>) -> Option<Estimate>) -> Vec<Series> {
    let curve = |memory: &[Pool<'_, Firmness>]| {
        let head = memory[0].head();
        let points = memory.iter().map(|pool| (pool.head().load, of(pool)));
        Series::new(format!("{} lambda {}", head.model(), head.regularization), points)
    };
    memories(pools).map(curve).collect()
}

/// Curves of a share against the load, a curve for each memory.
fn against_load<'a>([stem, column, what, label]: [&'a str; 4], reading: &str, series: Vec<Series>) -> Curves<'a> {
    Curves {
        stem: stem.into(),
        title: format!("{what} against load"),
        caption: format!("{reading} {COINCIDE}"),
        labels: ["load P/N (patterns per neuron)", label],
        legend: "memory",
        columns: ["load", "memory", column],
        logarithmic: false,
        span: Span::SHARE,
        references: Vec::new(),
        series,
    }
}

fn margins<'a>(memory: &[Pool<'_, Firmness>]) -> Fan<'a> {
    let head = memory[0].head();
    let quantiles = |pool: &Pool<'_, Firmness>| {
        let mean = |of: fn(&Firmness) -> Option<f64>| pool.mean(of).map_or(f64::NAN, |mean| mean.value);
        let margins = [
            mean(|firm| firm.margin_least),
            mean(|firm| firm.margin_10),
            mean(|firm| firm.margin_50),
            mean(|firm| firm.margin_90),
            mean(|firm| firm.margin_most),
        ];
        (pool.head().load, margins)
    };
    Fan {
        stem: format!("margins-{}", file_name(head)),
        title: format!("Margins against load: {}, lambda {}, N = {}", head.model(), head.regularization, head.neurons),
        caption: "Distances of stored patterns from the neurons' hyperplanes in the kernel's feature space, on the unit \
                  sphere: the least, the median and the most, and the band of the middle 80 %; means over networks. Below 0 \
                  a bit is wrong."
            .into(),
        labels: ["load P/N (patterns per neuron)", "margin"],
        columns: ["load", "margin"],
        logarithmic: false,
        points: memory.iter().map(quantiles).filter(|(_, margins)| margins[0].is_finite()).collect(),
        references: Vec::new(),
    }
}

fn value(estimate: Option<Estimate>, written: impl Fn(f64) -> String) -> String {
    estimate.map_or("-".into(), |estimate| written(estimate.value))
}

fn table(pools: &[Pool<'_, Firmness>]) -> Table {
    let line = |pool: &Pool<'_, Firmness>| {
        let head = pool.head();
        let mean = |of: fn(&Firmness) -> Option<f64>, written: fn(f64) -> String| value(pool.mean(of), written);
        let target = pool.share(|firm| (firm.target_rate, firm.trials));
        let cells = vec![
            head.model(),
            plain(head.load),
            count(head.patterns as u64),
            mean(|firm| firm.signal, significant),
            mean(|firm| firm.noise, significant),
            mean(|firm| firm.snr, significant),
            mean(|firm| firm.margin_least, significant),
            mean(|firm| firm.margin_50, significant),
            mean(|firm| Some(firm.bits), rate),
            mean(|firm| Some(firm.fixed), rate),
            value(target, rate),
            pool.gradient_norm(),
            format!("{}/{}", pool.settled(), pool.networks),
        ];
        Line { unsettled: pool.unsettled(), cells }
    };
    Table {
        heading: "Every load",
        reading: "Means over networks. Bits and fixed: shares of bits and of whole stored patterns that are right after one \
                  step from the stored patterns. Recalled: share of corrupted cues that end in their target. Gradient norm: \
                  the largest component left in any network.",
        columns: vec![
            "memory",
            "load P/N",
            "P",
            "signal",
            "noise",
            "SNR",
            "least margin",
            "median",
            "bits",
            "fixed",
            "recalled",
            "gradient",
            "settled",
        ],
        lines: pools.iter().map(line).collect(),
    }
}
