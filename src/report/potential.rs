//! Heights between memories and along recall, for people. Knows nothing of how they are measured.

use super::curves::{Curves, Span};
use super::estimate::Estimate;
use super::figure::{COINCIDE, Figure};
use super::html::Body;
use super::number::{count, percent, plain, rate, scientific, significant};
use super::pool::{Pool, file_name, memories, pooled};
use super::series::Series;
use super::table::{Line, Table};
use crate::error::Result;
use crate::measure::potential::{Height, Place};
use crate::measure::row::Row;

type Condition<'a> = Pool<'a, Height>;

/// A line for each model and load.
pub fn height_table(rows: &[Row<Height>]) -> String {
    table(&pools(rows)).text()
}

impl Body {
    /// That of heights between memories and along recall.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_heights(rows: &[Row<Height>]) -> Result<Self> {
        let pools = pools(rows);
        let mut figures = Vec::new();
        for memory in memories(&pools) {
            figures.push(way(memory)?);
            figures.push(descent(memory)?);
        }
        Ok(Self {
            finding: loads(&pools).map(finding).collect(),
            terms: "U(r): -sum s h(s) on the sphere |s|^2 = N, from pattern A (r = 0) to B (r = 1). Barrier: what U \
                    rises above its higher end. V: -sum s h(s) of a state of recall. All per neuron.",
            figures,
            table: table(&pools).html(),
            placed: false,
        })
    }
}

fn pools(rows: &[Row<Height>]) -> Vec<Condition<'_>> {
    pooled(rows, |row| (row.place, row.ratio, row.flip, row.step))
}

/// The conditions of one memory at one load after another.
fn loads<'a, 'b>(pools: &'b [Condition<'a>]) -> impl Iterator<Item = &'b [Condition<'a>]> {
    memories(pools).flat_map(|memory| memory.chunk_by(|a, b| a.head().patterns == b.head().patterns))
}

fn barrier<'a, 'b>(load: &'b [Condition<'a>]) -> Option<&'b Condition<'a>> {
    load.iter().find(|pool| pool.first().place == Place::Barrier)
}

/// As many digits as tell apart what is compared; beside heights of order 1 the rest is small.
fn height(value: f64) -> String {
    if value.abs() < 1e-3 { scientific(value) } else { significant(value) }
}

/// U where r is nearest to this.
fn potential(load: &[Condition<'_>], ratio: f64) -> Option<f64> {
    let places = load.iter().filter_map(|pool| Some((pool, pool.first().ratio?)));
    let (pool, _) = places.min_by(|a, b| (a.1 - ratio).abs().total_cmp(&(b.1 - ratio).abs()))?;
    Some(pool.mean(|row| row.mean)?.value)
}

fn separated(barrier: &Condition<'_>) -> Option<f64> {
    Some(barrier.share(|row| (row.separated.unwrap_or(f64::NAN), row.count))?.value)
}

fn finding(load: &[Condition<'_>]) -> String {
    let head = load[0].head();
    let said = barrier(load).and_then(|barrier| {
        let (rise, end) = (barrier.mean(|row| row.mean)?, potential(load, 0.0)?);
        Some(format!(
            "U rises by {} from {} at a memory to the barrier before the next; in {} of pairs both lie in minima.",
            height(rise.value),
            height(end),
            percent(separated(barrier)?)
        ))
    });
    let said = said.unwrap_or("nothing was learnt.".into());
    format!("{}, lambda {}, P/N = {}: {said}", head.model(), head.regularization, plain(head.load))
}

fn way(memory: &[Condition<'_>]) -> Result<Figure> {
    let head = memory[0].head();
    let series = loads(memory).map(|load| {
        let of_pairs = |pool: &Condition<'_>| {
            let (mean, sd) = (pool.mean(|row| row.mean)?.value, pool.mean(|row| row.sd).map(|sd| sd.value));
            Some(Estimate { value: mean, interval: sd.map(|sd| (mean - sd, mean + sd)) })
        };
        let points = load.iter().filter_map(|pool| Some((pool.first().ratio?, of_pairs(pool))));
        Series::new(format!("P/N {}", plain(load[0].head().load)), points)
    });
    Curves {
        stem: format!("between-{}", file_name(head)),
        title: format!(
            "Potential between two memories: {}, lambda {}, N = {}",
            head.model(),
            head.regularization,
            head.neurons
        ),
        caption: format!(
            "Mean of U(r) = -sum s h(s) over pairs of stored patterns, per neuron. Bands reach one standard deviation over \
             pairs to either side. {COINCIDE}"
        ),
        labels: ["r (0: A, 1: B)", "U / N"],
        legend: "load",
        columns: ["ratio", "load", "potential"],
        logarithmic: false,
        span: Span::FREE,
        references: Vec::new(),
        series: series.collect(),
    }
    .figure()
}

fn descent(memory: &[Condition<'_>]) -> Result<Figure> {
    let head = memory[0].head();
    let mut series = Vec::new();
    for load in loads(memory) {
        let recall: Vec<_> = load.iter().filter(|pool| pool.first().place == Place::Recall).collect();
        for own in recall.chunk_by(|a, b| a.first().flip == b.first().flip) {
            let flip = own[0].first().flip.unwrap_or_default();
            let name = format!("{} flipped, P/N {}", percent(flip), plain(load[0].head().load));
            let points =
                own.iter().filter_map(|pool| Some((pool.first().step? as f64, pool.mean(|row| row.mean_of_all))));
            series.push(Series::new(name, points));
        }
    }
    Curves {
        stem: format!("descent-{}", file_name(head)),
        title: format!(
            "Pseudo-energy along recall: {}, lambda {}, N = {}",
            head.model(),
            head.regularization,
            head.neurons
        ),
        caption: format!(
            "Mean of V(s) = -sum s h(s) after so many steps over all cues, those that have arrived where they are; per \
             neuron. Bars and bands are Student's 95 % intervals over networks. {COINCIDE}"
        ),
        labels: ["step of recall", "V / N"],
        legend: "cues",
        columns: ["step", "cues", "pseudo_energy"],
        logarithmic: false,
        span: Span::FREE,
        references: Vec::new(),
        series,
    }
    .figure()
}

/// V of the first and the last state of recall, of each kind of cue.
fn descents(load: &[Condition<'_>]) -> String {
    let recall: Vec<_> = load.iter().filter(|pool| pool.first().place == Place::Recall).collect();
    let told = |own: &[&Condition<'_>]| {
        let mean = |pool: &Condition<'_>| Some(height(pool.mean(|row| row.mean_of_all)?.value));
        let (first, last) = (mean(own.first()?)?, mean(own.last()?)?);
        Some(format!("{}: {first} to {last}", percent(own[0].first().flip?)))
    };
    let all: Vec<String> = recall.chunk_by(|a, b| a.first().flip == b.first().flip).filter_map(told).collect();
    all.join("; ")
}

fn table(pools: &[Condition<'_>]) -> Table {
    let line = |load: &[Condition<'_>]| {
        let (head, own) = (load[0].head(), barrier(load));
        let of = |mean: fn(&Height) -> Option<f64>| {
            own.and_then(|own| own.mean(mean)).map_or("-".into(), |mean| height(mean.value))
        };
        let at = |ratio| potential(load, ratio).map_or("-".into(), height);
        let pairs = own.map_or(0, |own| own.each().map(|row| row.count).sum::<usize>());
        let minima = own.and_then(|own| own.mean(|row| row.minima)).map_or("-".into(), |mean| rate(mean.value));
        let cells = vec![
            head.model(),
            head.regularization.to_string(),
            plain(head.load),
            count(pairs as u64),
            at(0.0),
            at(0.5),
            of(|row| row.mean),
            of(|row| row.sd),
            minima,
            own.and_then(separated).map_or("-".into(), rate),
            descents(load),
            format!("{}/{}", load[0].settled(), load[0].networks),
        ];
        Line { unsettled: load[0].unsettled(), cells }
    };
    Table {
        heading: "Every memory",
        reading: "Means over networks, per neuron. U: at a pattern and halfway. Barrier and sd: its mean and standard \
                  deviation over pairs. Minima: share of patterns from which U rises; both: share of pairs. V: of cues \
                  with such a share of flips, and where they are at the end.",
        columns: vec![
            "memory",
            "lambda",
            "load P/N",
            "pairs",
            "U at A",
            "U halfway",
            "barrier",
            "sd",
            "minima",
            "both",
            "V from cue to end",
            "settled",
        ],
        lines: loads(pools).map(line).collect(),
    }
}
