//! Signal, noise and margins for people. Knows nothing of how they are measured.

use super::estimate::Estimate;
use super::html::Body;
use super::number::{count, list, plain, rate, significant};
use super::pool::{Pool, pooled};
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
            figures: Vec::new(),
            table: table(&pools).html(),
        })
    }
}

fn pools(rows: &[Row<Firmness>]) -> Vec<Pool<'_, Firmness>> {
    pooled(rows, |_| ())
}

fn finding(pools: &[Pool<'_, Firmness>]) -> Vec<String> {
    let memories = pools
        .chunk_by(|a, b| (a.head().model(), a.head().regularization) == (b.head().model(), b.head().regularization));
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
    memories.map(told).collect()
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
