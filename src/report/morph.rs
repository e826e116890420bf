//! Recall between two memories, for people. Knows nothing of how it is measured.

use super::curves::{Curves, Span};
use super::figure::{COINCIDE, Figure};
use super::html::Body;
use super::number::{count, fixed, percent, plain, rate};
use super::pool::{Pool, file_name, memories, pooled};
use super::series::Series;
use super::table::{Line, Table};
use crate::error::Result;
use crate::measure::morph::{Morph, Path};
use crate::measure::row::Row;

type Condition<'a> = Pool<'a, Morph>;

/// One of a path's ends, and the overlap with it.
type End = (&'static str, fn(&Morph) -> f64);

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
            for path in [Path::Sign, Path::Bits] {
                figures.push(figure(memory, path)?);
            }
        }
        Ok(Self {
            finding: memories(&pools).map(finding).collect(),
            terms: "r: 0 is pattern A, 1 is pattern B. Path of signs: sign of (1 - r) A + r B and a little noise; path \
                    of bits: the share r of the bits that differ is B's.",
            figures,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

fn pools(rows: &[Row<Morph>]) -> Vec<Condition<'_>> {
    pooled(rows, |row| (row.path, row.ratio))
}

fn name(path: Path) -> &'static str {
    match path {
        Path::Sign => "sign",
        Path::Bits => "bits",
    }
}

/// Where the middle of the path of bits leads, at the largest load.
fn finding(memory: &[Condition<'_>]) -> String {
    let head = memory[0].head();
    let most = memory.iter().map(|pool| pool.head().patterns).max();
    let bits = memory.iter().filter(|pool| pool.first().path == Path::Bits && Some(pool.head().patterns) == most);
    let off = |pool: &Condition<'_>| (pool.first().ratio - 0.5).abs();
    let said = bits.min_by(|a, b| off(a).total_cmp(&off(b))).and_then(|pool| {
        let share = |of: fn(&Morph) -> f64| Some(percent(pool.share(|row| (of(row), row.pairs))?.value));
        Some(format!(
            "at P/N = {}, of states with the share {} of bits from B, {} end in A, {} in B and {} in spurious states.",
            plain(pool.head().load),
            plain(pool.first().ratio),
            share(|row| row.a_rate)?,
            share(|row| row.b_rate)?,
            share(|row| row.spurious_rate)?
        ))
    });
    format!("{}, lambda {}: {}", head.model(), head.regularization, said.unwrap_or("nothing was learnt.".into()))
}

fn figure(memory: &[Condition<'_>], path: Path) -> Result<Figure> {
    let head = memory[0].head();
    let mut series = Vec::new();
    for load in memory.chunk_by(|a, b| a.head().patterns == b.head().patterns) {
        let ends: [End; 2] = [("A", |row| row.overlap_a), ("B", |row| row.overlap_b)];
        for (end, of) in ends {
            let own = load.iter().filter(|pool| pool.first().path == path);
            let points = own.map(|pool| (pool.first().ratio, pool.mean(|row| Some(of(row)))));
            series.push(Series::new(format!("{end}, P/N {}", plain(load[0].head().load)), points));
        }
    }
    Curves {
        stem: format!("overlaps-{}-{}", name(path), file_name(head)),
        title: format!(
            "Between two memories, path of {}: {}, lambda {}, N = {}",
            if path == Path::Sign { "signs" } else { "bits" },
            head.model(),
            head.regularization,
            head.neurons
        ),
        caption: format!(
            "Mean overlap of final states with the patterns A and B between which recall started. Bars and bands are \
             Student's 95 % intervals over networks. {COINCIDE}"
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

fn table(pools: &[Condition<'_>]) -> Table {
    let line = |pool: &Condition<'_>| {
        let head = pool.head();
        let mean = |of: fn(&Morph) -> Option<f64>| pool.mean(of).map_or("-".into(), |mean| fixed(mean.value, 2));
        let share = |of: fn(&Morph) -> f64| {
            pool.share(|row| (of(row), row.pairs)).map_or("-".into(), |share| rate(share.value))
        };
        let cells = vec![
            head.model(),
            plain(head.load),
            name(pool.first().path).into(),
            plain(pool.first().ratio),
            count(pool.each().map(|row| row.pairs).sum::<usize>() as u64),
            mean(|row| Some(row.overlap_a)),
            mean(|row| Some(row.overlap_b)),
            share(|row| row.a_rate),
            share(|row| row.b_rate),
            share(|row| row.other_rate),
            share(|row| row.spurious_rate),
            share(|row| row.cycle_rate),
            share(|row| row.unsettled_rate),
            mean(|row| row.mean_steps),
            format!("{}/{}", pool.settled(), pool.networks),
        ];
        Line { unsettled: pool.unsettled(), cells }
    };
    Table {
        heading: "Every condition",
        reading: "Overlaps are means of final states'; A to unsettled are shares of the pooled pairs.",
        columns: vec![
            "memory",
            "load P/N",
            "path",
            "r",
            "pairs",
            "m(A)",
            "m(B)",
            "A",
            "B",
            "other",
            "spurious",
            "cycle",
            "unsettled",
            "steps",
            "settled",
        ],
        lines: pools.iter().map(line).collect(),
    }
}
