//! Eigenvalues and dimensions for people. Knows nothing of how they are measured.

use super::estimate::Estimate;
use super::figure::Figure;
use super::html::Body;
use super::logarithmic::{LogCurve, LogFigure, LogPanel};
use super::number::{count, plain, scientific, significant};
use super::pool::{Pool, pooled};
use super::table::{Line, Table};
use super::tidy::tidy;
use crate::error::Result;
use crate::measure::row::Row;
use crate::measure::spectrum::Rank;

/// Curves of one kernel that are drawn; of more loads some are left out.
const CURVES: usize = 5;
/// Ranks grow by this share from mark to mark.
const MARKS: f64 = 1.25;

type Ranked<'a> = Pool<'a, Rank>;

/// A line for each kernel and load.
pub fn eigenvalues_table(rows: &[Row<Rank>]) -> String {
    table(&pooled(rows, |rank| rank.rank)).text()
}

impl Body {
    /// That of spectra.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_eigenvalues(rows: &[Row<Rank>]) -> Result<Self> {
        let pools = pooled(rows, |rank| rank.rank);
        let figures = if pools.is_empty() { Vec::new() } else { vec![dimensions(&pools)?, eigenvalues(&pools)?] };
        Ok(Self {
            finding: kernels(&pools).into_iter().map(finding).collect(),
            terms: "K: the kernel between all stored patterns. D_eff = tr(K)^2 / |K|_F^2: dimensions that they fill in \
                    the kernel's space, P if K is the identity, 1 if it is the same everywhere. Condition: largest \
                    eigenvalue of K over the smallest.",
            figures,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

/// Pools of one kernel each, in their order.
fn kernels<'a, 'b>(pools: &'b [Ranked<'a>]) -> Vec<&'b [Ranked<'a>]> {
    pools.chunk_by(|a, b| a.head().model() == b.head().model()).collect()
}

/// Those of the first rank: one for each load.
fn loads<'a, 'b>(kernel: &'b [Ranked<'a>]) -> impl Iterator<Item = &'b Ranked<'a>> {
    kernel.iter().filter(|pool| pool.first().rank == 1)
}

fn dimension(pool: &Ranked<'_>) -> Option<Estimate> {
    pool.mean(|rank| Some(rank.effective_dimension))
}

fn finding(kernel: &[Ranked<'_>]) -> String {
    let told = |pool: &Ranked<'_>| {
        let dimension = dimension(pool).map_or("-".into(), |dimension| significant(dimension.value));
        format!("P = {} patterns fill {dimension} dimensions", count(pool.head().patterns as u64))
    };
    let ends: Vec<String> = [loads(kernel).next(), loads(kernel).last()].into_iter().flatten().map(told).collect();
    let ends = if ends.first() == ends.last() { ends[..ends.len().min(1)].concat() } else { ends.join(", ") };
    let holds = |pool: &&Ranked<'_>| dimension(pool).is_some_and(|d| pool.head().patterns as f64 <= 2.0 * d.value);
    let within = match loads(kernel).take_while(holds).last() {
        Some(pool) => format!("P stays within 2 D_eff up to P = {}", count(pool.head().patterns as u64)),
        None => "P is above 2 D_eff at every load".into(),
    };
    format!("{}: {ends}; {within}.", kernel[0].head().kernel)
}

/// 2 D_eff against P, beside the line where they are equal.
fn dimensions(pools: &[Ranked<'_>]) -> Result<Figure> {
    let kernels = kernels(pools);
    let curve = |(name, kernel): (usize, &&[Ranked<'_>])| {
        let of = |pool: &Ranked<'_>| dimension(pool).map(|dimension| (pool.head().patterns as f64, dimension));
        let mut found: Vec<(f64, Estimate)> = loads(kernel).filter_map(of).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ends = |&(x, Estimate { interval, .. }): &(f64, Estimate)| interval.map(|(a, b)| (x, 2.0 * a, 2.0 * b));
        LogCurve {
            name,
            points: found.iter().map(|(x, dimension)| (*x, 2.0 * dimension.value)).collect(),
            intervals: found.iter().filter_map(ends).collect(),
            fit: None,
        }
    };
    let title = "Twice the effective dimension against the number of patterns".to_owned();
    let caption =
        "2 D_eff of the kernel between P stored patterns, mean over networks; logarithmic axes. The straight \
                   line is P itself: where a curve lies under it, there are more patterns than 2 D_eff (arXiv \
                   2605.00366 holds one against the other). Bars are Student's 95 % intervals over networks; a \
                   single network has none."
            .to_owned();
    let rows = kernels
        .iter()
        .flat_map(|kernel| loads(kernel))
        .filter_map(|pool| Some(([pool.head().kernel.clone(), pool.head().patterns.to_string()], dimension(pool)?)));
    let csv = tidy("effective-dimension", &["kernel", "patterns", "effective_dimension"], rows)?;
    let svg = LogFigure {
        title: title.clone(),
        caption: caption.clone(),
        legend: "kernel".into(),
        names: kernels.iter().map(|kernel| kernel[0].head().kernel.clone()).collect(),
        panels: vec![LogPanel {
            labels: ["stored patterns P".into(), "2 D_eff".into()],
            curves: kernels.iter().enumerate().map(curve).collect(),
            slope_one: Some((1.0, 1.0)),
        }],
    }
    .draw()?;
    Ok(Figure { stem: "effective-dimension".into(), title, caption, svg, csv })
}

/// Leading eigenvalues against their rank: a panel for each kernel, a curve for each load.
fn eigenvalues(pools: &[Ranked<'_>]) -> Result<Figure> {
    let kernels = kernels(pools);
    let mut patterns: Vec<usize> = loads(kernels[0]).map(|pool| pool.head().patterns).collect();
    patterns.sort_unstable();
    let drawn: Vec<usize> = spread(patterns.len(), CURVES).into_iter().map(|index| patterns[index]).collect();
    let eigenvalue = |pool: &Ranked<'_>| pool.mean(|rank| rank.eigenvalue.filter(|value| Some(*value) > rank.within));
    let panel = |kernel: &&[Ranked<'_>]| {
        let curve = |(name, &patterns): (usize, &usize)| {
            let own = kernel.iter().filter(|pool| pool.head().patterns == patterns && marked(pool.first().rank));
            let found: Vec<(f64, Estimate)> =
                own.filter_map(|pool| Some((pool.first().rank as f64, eigenvalue(pool)?))).collect();
            let points = found.iter().map(|(rank, value)| (*rank, value.value)).collect();
            LogCurve { name, points, ..LogCurve::default() }
        };
        LogPanel {
            labels: ["rank".into(), format!("eigenvalue, {}", kernel[0].head().kernel)],
            curves: drawn.iter().enumerate().map(curve).collect(),
            slope_one: None,
        }
    };
    let title = "Leading eigenvalues against rank".to_owned();
    let caption = "Eigenvalues of the kernel between P stored patterns from the largest down, mean over networks; \
                   logarithmic axes, a panel for each kernel and a curve for each P. Not every rank has a mark; what \
                   rounding could have made from 0 is left out."
        .to_owned();
    let rows = pools.iter().filter_map(|pool| {
        let (head, rank) = (pool.head(), pool.first().rank.to_string());
        Some(([head.kernel.clone(), head.patterns.to_string(), rank], pool.mean(|rank| rank.eigenvalue)?))
    });
    let csv = tidy("leading-eigenvalues", &["kernel", "patterns", "rank", "eigenvalue"], rows)?;
    let svg = LogFigure {
        title: title.clone(),
        caption: caption.clone(),
        legend: "patterns P".into(),
        names: drawn.iter().map(|&patterns| count(patterns as u64)).collect(),
        panels: kernels.iter().map(panel).collect(),
    }
    .draw()?;
    Ok(Figure { stem: "leading-eigenvalues".into(), title, caption, svg, csv })
}

/// At most `most` of `count` places, evenly, the ends among them.
fn spread(count: usize, most: usize) -> Vec<usize> {
    let drawn = count.min(most);
    (0..drawn).map(|index| (index * (count - 1)).checked_div(drawn - 1).unwrap_or(0)).collect()
}

/// Whether a rank is the first past a power of [`MARKS`].
fn marked(rank: usize) -> bool {
    let power = |rank: usize| ((rank as f64).ln() / MARKS.ln()).floor();
    rank == 1 || power(rank) > power(rank - 1)
}

/// Three digits while the number is neither long nor small.
fn readable(value: f64) -> String {
    if (1e-3..1e5).contains(&value) { significant(value) } else { scientific(value) }
}

fn table(pools: &[Ranked<'_>]) -> Table {
    let line = |pool: &Ranked<'_>| {
        let (head, twice) = (pool.head(), dimension(pool).map_or(f64::NAN, |dimension| 2.0 * dimension.value));
        let mean = |of: fn(&Rank) -> Option<f64>| pool.mean(of).map_or("-".into(), |mean| significant(mean.value));
        let least = pool.each().filter_map(|rank| rank.condition_at_least).fold(f64::NAN, f64::min);
        let known = pool.each().all(|rank| rank.condition.is_some());
        let cells = vec![
            head.kernel.clone(),
            plain(head.load),
            count(head.patterns as u64),
            significant(twice / 2.0),
            significant(head.patterns as f64 / twice),
            mean(|rank| rank.eigenvalue),
            readable(pool.mean(|rank| Some(rank.smallest)).map_or(f64::NAN, |mean| mean.value)),
            format!("{}{}", if known || least.is_nan() { "" } else { "> " }, readable(least)),
        ];
        Line { unsettled: false, cells }
    };
    Table {
        heading: "Every load",
        reading: "Means over networks; of the condition the least, after > where it is only known from below.",
        columns: vec!["kernel", "load P/N", "P", "D_eff", "P / 2 D_eff", "largest", "smallest", "condition"],
        lines: kernels(pools).into_iter().flat_map(loads).map(line).collect(),
    }
}
