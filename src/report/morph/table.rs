//! The table of recall between memories.

use super::{Condition, name};
use crate::measure::morph::{Group, Morph};
use crate::report::number::{count, fixed, plain, rate};
use crate::report::table::{Line, Table};

/// A line for each condition; a column for the classes where they are known.
pub(super) fn table(pools: &[Condition<'_>]) -> Table {
    let classed = pools.iter().any(|pool| pool.first().group != Group::Any);
    let line = |pool: &Condition<'_>| {
        let head = pool.head();
        let mean = |of: fn(&Morph) -> Option<f64>| pool.mean(of).map_or("-".into(), |mean| fixed(mean.value, 2));
        let share = |of: fn(&Morph) -> f64| {
            pool.share(|row| (of(row), row.pairs)).map_or("-".into(), |share| rate(share.value))
        };
        let mut cells = vec![head.model(), plain(head.load)];
        cells.extend(classed.then(|| pool.first().group.name().to_owned()));
        cells.extend([
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
        ]);
        Line { unsettled: pool.unsettled(), cells }
    };
    let mut columns = vec!["memory", "load P/N"];
    columns.extend(classed.then_some("classes"));
    let ends = ["m(A)", "m(B)", "A", "B", "other", "spurious", "cycle", "unsettled", "steps", "settled"];
    columns.extend(["path", "r", "pairs"].into_iter().chain(ends));
    Table {
        heading: "Every condition",
        reading: "Overlaps are means of final states'; A to unsettled are shares of the pooled pairs.",
        columns,
        lines: pools.iter().map(line).collect(),
    }
}
