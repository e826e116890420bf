//! Recall between two memories, for people. Knows nothing of how it is measured.

mod table;
#[cfg(test)]
mod tests;

use self::table::table;
use super::curves::{Curves, Span};
use super::estimate::Estimate;
use super::figure::{COINCIDE, Figure};
use super::html::Body;
use super::number::{percent, plain};
use super::pool::{Pool, file_name, memories, pooled};
use super::series::Series;
use crate::error::Result;
use crate::measure::morph::{Group, Morph, Path};
use crate::measure::row::Row;
use crate::measure::student_t;

type Condition<'a> = Pool<'a, Morph>;

/// One of a path's ends, the overlap with it and its standard deviation over pairs.
type End = (&'static str, fn(&Morph) -> (f64, f64));

const ENDS: [End; 2] = [("A", |row| (row.overlap_a, row.overlap_a_sd)), ("B", |row| (row.overlap_b, row.overlap_b_sd))];

/// A line for each model, load, path and ratio.
pub fn morph_table(rows: &[Row<Morph>]) -> String {
    table(&pools(rows)).text()
}

impl Body {
    /// That of recall between memories.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_morphs(rows: &[Row<Morph>]) -> Result<Self> {
        let pools = pools(rows);
        let mut figures = Vec::new();
        for memory in memories(&pools) {
            // Where classes are compared each load has its own figures.
            let same =
                |a: &Condition<'_>, b: &Condition<'_>| !classed(memory) || a.head().patterns == b.head().patterns;
            for part in memory.chunk_by(same) {
                for path in [Path::Sign, Path::Bits] {
                    figures.push(figure(part, path)?);
                }
            }
        }
        Ok(Self {
            finding: memories(&pools).map(finding).collect(),
            terms: "The finding is of the path of bits. r: 0 is pattern A, 1 is pattern B. Path of signs: sign of (1 - r) A \
                    + r B and a little noise; path of bits: the share r of the bits that differ is B's. Within: A and B \
                    are of one class; between: of two. Shares have Wilson's 95 % intervals, pairs counted as independent.",
            figures,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

fn pools(rows: &[Row<Morph>]) -> Vec<Condition<'_>> {
    pooled(rows, |row| (row.group, row.path, row.ratio))
}

fn name(path: Path) -> &'static str {
    match path {
        Path::Sign => "sign",
        Path::Bits => "bits",
    }
}

/// Whether classes are known.
fn classed(pools: &[Condition<'_>]) -> bool {
    pools.iter().any(|pool| pool.first().group != Group::Any)
}

/// Where the path of bits leads, at the largest load, group by group.
fn finding(memory: &[Condition<'_>]) -> String {
    let head = memory[0].head();
    let most = memory.iter().map(|pool| (pool.head().patterns, pool.head().load)).max_by_key(|(patterns, _)| *patterns);
    let (patterns, load) = most.unwrap_or_default();
    let bits = |pool: &&Condition<'_>| pool.first().path == Path::Bits && pool.head().patterns == patterns;
    let bits: Vec<&Condition<'_>> = memory.iter().filter(bits).collect();
    let said: Vec<String> = bits.chunk_by(|a, b| a.first().group == b.first().group).filter_map(told).collect();
    let said = if said.is_empty() { "nothing was learnt".into() } else { said.join("; ") };
    format!("{}, lambda {}: at P/N = {}, {said}.", head.model(), head.regularization, plain(load))
}

/// How far along the path of bits one group ends in A, and where its middle leads; nothing where nothing was learnt.
fn told(path: &[&Condition<'_>]) -> Option<String> {
    let ends_in_a = |pool: &&&Condition<'_>| pool.share(|row| (row.a_rate, row.pairs)).is_some_and(|a| a.value >= 0.5);
    let half = match path.iter().take_while(ends_in_a).last() {
        Some(pool) => format!("half of the states or more end in A up to r = {}", plain(pool.first().ratio)),
        None => "fewer than half of the states end in A even at r = 0".into(),
    };
    let off = |pool: &Condition<'_>| (pool.first().ratio - 0.5).abs();
    let middle = path.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
    let share = |of: fn(&Morph) -> f64| {
        let share = middle.share(|row| (of(row), row.pairs))?;
        let ends = share.interval.map(|(low, high)| format!(" ({} to {})", percent(low), percent(high)));
        Some(percent(share.value) + &ends.unwrap_or_default())
    };
    let between = match middle.first().group {
        Group::Any => "",
        Group::Within => "between two of one class ",
        Group::Between => "between two of different classes ",
    };
    let [a, b, spurious] = [share(|row| row.a_rate)?, share(|row| row.b_rate)?, share(|row| row.spurious_rate)?];
    let ratio = plain(middle.first().ratio);
    Some(format!("{between}{half}; of those at r = {ratio} {a} do, {b} end in B and {spurious} in spurious states"))
}

/// Over networks, or where there is one alone over its pairs.
fn overlap(pool: &Condition<'_>, of: fn(&Morph) -> (f64, f64)) -> Option<Estimate> {
    let mut mean = pool.mean(|row| Some(of(row).0))?;
    if let (None, Some(row)) = (mean.interval, pool.each().next()) {
        let half = |freedom| student_t(freedom) * of(row).1 / (row.pairs as f64).sqrt();
        let half = row.pairs.checked_sub(1).filter(|&freedom| freedom > 0).map(half);
        mean.interval = half.map(|half| (mean.value - half, mean.value + half));
    }
    Some(mean)
}

fn figure(memory: &[Condition<'_>], path: Path) -> Result<Figure> {
    let head = memory[0].head();
    let (load, classed) = (plain(head.load), classed(memory));
    let mut series = Vec::new();
    for same in memory.chunk_by(|a, b| a.head().patterns == b.head().patterns) {
        for (end, of) in ENDS {
            for group in same.chunk_by(|a, b| a.first().group == b.first().group) {
                let own = group.iter().filter(|pool| pool.first().path == path);
                let points = own.map(|pool| (pool.first().ratio, overlap(pool, of)));
                let name = match group[0].first().group {
                    Group::Any => format!("{end}, P/N {}", plain(same[0].head().load)),
                    group => format!("{end}, {}", group.name()),
                };
                series.push(Series::new(name, points));
            }
        }
    }
    Curves {
        stem: format!(
            "overlaps-{}-{}{}",
            name(path),
            file_name(head),
            if classed { format!("-load-{load}") } else { String::new() }
        ),
        title: format!(
            "Between two memories, path of {}: {}, lambda {}, N = {}{}",
            if path == Path::Sign { "signs" } else { "bits" },
            head.model(),
            head.regularization,
            head.neurons,
            if classed { format!(", P/N {load}") } else { String::new() }
        ),
        caption: format!(
            "Mean overlap of final states with the patterns A and B between which recall started{}. Bars and bands are \
             Student's 95 % intervals over networks, of a single network over its pairs. {COINCIDE}",
            if classed { ", within classes and between them" } else { "" }
        ),
        labels: ["r (0: A, 1: B)", "overlap of final state"],
        legend: "with",
        columns: ["ratio", "pattern", "overlap"],
        logarithmic: false,
        span: Span::COSINE,
        references: Vec::new(),
        series,
    }
    .figure()
}
