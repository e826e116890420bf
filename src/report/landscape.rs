//! Outcomes and basins for people. Knows nothing of how they are measured.

use super::curves::{Curves, Span};
use super::estimate::Estimate;
use super::fan::Fan;
use super::figure::{COINCIDE, Figure};
use super::html::Body;
use super::number::{count, fixed, plain, rate};
use super::pool::{Pool, file_name, memories, pooled};
use super::series::Series;
use super::stacked::{Panel, Stacked};
use super::table::{Line, Table};
use crate::error::Result;
use crate::measure::landscape::Landscape;
use crate::measure::row::Row;

type Condition<'a> = Pool<'a, Landscape>;

/// What became of trials, in stacking order.
const PARTS: [&str; 6] = ["target", "other learned", "spurious", "2-cycle", "longer cycle", "unsettled"];

/// A line for each model, load and similarity.
pub fn landscape_table(rows: &[Row<Landscape>]) -> String {
    table(&pools(rows)).text()
}

impl Body {
    /// That of outcomes and basins.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_landscape(rows: &[Row<Landscape>]) -> Result<Self> {
        let pools = pools(rows);
        let mut figures = Vec::new();
        for memory in memories(&pools) {
            figures.extend(of_memory(memory)?);
        }
        Ok(Self {
            finding: memories(&pools).map(finding).collect(),
            terms: "Target rate: share of trials that end in their target. Basin radius: flips, in one random order of a \
                    pattern's bits, up to which it comes back, by bisection.",
            figures,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

fn pools(rows: &[Row<Landscape>]) -> Vec<Condition<'_>> {
    pooled(rows, |row| row.flips)
}

fn target(pool: &Condition<'_>) -> Option<Estimate> {
    pool.share(|row| (row.target_rate, row.trials))
}

/// The shares of [`PARTS`].
fn parts(pool: &Condition<'_>) -> Vec<Estimate> {
    let shares: [fn(&Landscape) -> f64; 6] = [
        |row| row.target_rate,
        |row| row.other_rate,
        |row| row.spurious_rate,
        |row| row.two_cycle_rate,
        |row| row.long_cycle_rate,
        |row| row.unsettled_rate,
    ];
    let nothing = Estimate { value: f64::NAN, interval: None };
    shares.iter().map(|share| pool.share(|row| (share(row), row.trials)).unwrap_or(nothing)).collect()
}

/// Largest loads at which all perfect cues stay, and the basins there and at the largest load.
fn finding(memory: &[Condition<'_>]) -> String {
    let head = memory[0].head();
    let perfect: Vec<&Condition<'_>> = memory.iter().filter(|pool| pool.first().flips == 0).collect();
    let stays = |pool: &&&Condition<'_>| target(pool).is_some_and(|share| share.value == 1.0);
    let kept = match perfect.iter().take_while(stays).last() {
        _ if perfect.is_empty() => String::new(),
        None => " Not every stored pattern stays as it is even at the smallest load.".into(),
        Some(pool) => {
            format!(" Every stored pattern that was tried stays as it is up to P/N = {}.", plain(pool.head().load))
        }
    };
    let radius = |pool: &Condition<'_>| {
        let median = pool.mean(|row| Some(row.radius_50).filter(|radius| radius.is_finite()))?;
        Some(format!("{} flips at P/N = {}", fixed(median.value, 1), plain(pool.head().load)))
    };
    let ends = [memory.first().and_then(radius), memory.last().and_then(radius)];
    let basins = match ends {
        [Some(first), Some(last)] if first != last => format!(" The median basin radius is {first} and {last}."),
        [Some(only), _] => format!(" The median basin radius is {only}."),
        _ => String::new(),
    };
    format!("{}, lambda {}:{kept}{basins}", head.model(), head.regularization)
}

fn of_memory(memory: &[Condition<'_>]) -> Result<Vec<Figure>> {
    let head = memory[0].head();
    let (suffix, name) =
        (file_name(head), format!("{}, lambda {}, N = {}", head.model(), head.regularization, head.neurons));
    let loads: Vec<&[Condition<'_>]> = memory.chunk_by(|a, b| a.head().patterns == b.head().patterns).collect();
    let rising = |load: &[Condition<'_>]| {
        let mut order: Vec<usize> = (0..load.len()).collect();
        order.sort_by(|&a, &b| load[a].first().similarity.total_cmp(&load[b].first().similarity));
        order
    };
    let by_similarity = |of: fn(&Condition<'_>) -> Option<Estimate>| -> Vec<Series> {
        let curve = |load: &&[Condition<'_>]| {
            let points = rising(load).into_iter().map(|at| (load[at].first().similarity, of(&load[at])));
            Series::new(plain(load[0].head().load), points.collect::<Vec<_>>())
        };
        loads.iter().map(curve).collect()
    };
    let curves = |stem: &str, title: &str, reading: &str, label, column, span, series| {
        Curves {
            stem: format!("{stem}-{suffix}"),
            title: format!("{title}: {name}"),
            caption: format!("{reading} {COINCIDE}"),
            labels: ["cue similarity m0 (cosine to target)", label],
            legend: "load P/N",
            columns: ["similarity", "load", column],
            logarithmic: false,
            span,
            references: Vec::new(),
            series,
        }
        .figure()
    };
    let panel = |load: &&[Condition<'_>]| Panel {
        name: plain(load[0].head().load),
        stacks: rising(load).into_iter().map(|at| (load[at].first().similarity, parts(&load[at]))).collect(),
    };
    let radii = |load: &&[Condition<'_>]| {
        let pool = &load[0];
        let mean = |of: fn(&Landscape) -> f64| pool.mean(|row| Some(of(row))).map_or(f64::NAN, |mean| mean.value);
        let quantiles = [
            mean(|row| row.radius_least),
            mean(|row| row.radius_10),
            mean(|row| row.radius_50),
            mean(|row| row.radius_90),
            mean(|row| row.radius_most),
        ];
        (pool.head().load, quantiles)
    };
    Ok(vec![
        curves(
            "target-rate",
            "Target rate against cue similarity",
            "Share of trials that end in their target; one curve per load. Bars and bands are 95 % Wilson intervals of the \
             pooled trials.",
            "target rate (share of trials)",
            "target_rate",
            Span::SHARE,
            by_similarity(target),
        )?,
        Stacked {
            stem: format!("errors-{suffix}"),
            title: format!("Where trials end: {name}"),
            caption: "Shares of trials by where they end, against the similarity of the cue; one panel per load. Spurious: a \
                      fixed point that is no stored pattern. Unsettled: still moving after the last step."
                .into(),
            labels: ["cue similarity m0 (cosine to target)", "share of trials"],
            legend: "outcome",
            columns: ["similarity", "load", "share"],
            parts: &PARTS,
            panels: loads.iter().map(panel).collect(),
            areas: true,
        }
        .figure()?,
        curves(
            "steps",
            "Steps to a fixed point",
            "Mean steps up to and including the first that changes nothing, over trials that ended in a fixed point, \
             whichever it is. Bars and bands are Student's 95 % intervals over networks.",
            "mean steps",
            "mean_steps",
            Span::AMOUNT,
            by_similarity(|pool| pool.mean(|row| row.mean_steps)),
        )?,
        Fan {
            stem: format!("basin-radius-{suffix}"),
            title: format!("Basin radii against load: {name}"),
            caption: "Flips from which stored patterns come back: the least, the median and the most of those sampled, and \
                      the band of the middle 80 %; means over networks. -1 stands for a pattern that is no fixed point."
                .into(),
            labels: ["load P/N (patterns per neuron)", "basin radius (flips)"],
            columns: ["load", "radius"],
            logarithmic: false,
            points: loads.iter().map(radii).filter(|(_, radii)| radii[0].is_finite()).collect(),
            references: Vec::new(),
        }
        .figure()?,
        curves(
            "basin-share",
            "Basins that reach so far",
            "Share of the sampled patterns whose basin radius covers the flips of this similarity. Bars and bands are \
             Wilson intervals of the pooled patterns.",
            "share of patterns",
            "basin_share",
            Span::SHARE,
            by_similarity(|pool| pool.share(|row| (row.basin_share, row.basins))),
        )?,
    ])
}

fn table(pools: &[Condition<'_>]) -> Table {
    let line = |pool: &Condition<'_>| {
        let head = pool.head();
        let mean = |of: fn(&Landscape) -> Option<f64>, decimals| {
            pool.mean(of).map_or("-".into(), |mean| fixed(mean.value, decimals))
        };
        let trials: usize = pool.each().map(|row| row.trials).sum();
        let mut cells = vec![
            head.model(),
            plain(head.load),
            count(head.patterns as u64),
            plain(pool.first().similarity),
            count(trials as u64),
        ];
        cells.extend(parts(pool).iter().map(|share| rate(share.value)));
        cells.extend([
            mean(|row| row.mean_steps, 2),
            pool.share(|row| (row.basin_share, row.basins)).map_or("-".into(), |share| rate(share.value)),
            mean(|row| Some(row.radius_50), 1),
            format!("{}/{}", pool.settled(), pool.networks),
        ]);
        Line { unsettled: pool.unsettled(), cells }
    };
    Table {
        heading: "Every condition",
        reading: "Rates are shares of the pooled trials. Basins: share of the sampled patterns whose basin radius covers the \
                  similarity's flips. Radius: the median in flips, mean over networks.",
        columns: vec![
            "memory",
            "load P/N",
            "P",
            "m0",
            "trials",
            "target",
            "other",
            "spurious",
            "2-cycle",
            "longer",
            "unsettled",
            "steps",
            "basins",
            "radius",
            "settled",
        ],
        lines: pools.iter().map(line).collect(),
    }
}
