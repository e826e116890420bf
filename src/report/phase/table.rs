//! Every cell of a phase diagram in a line.

use super::super::number::{count, plain, rate, significant};
use super::super::table::{Line, Table};
use super::{Cell, target};
use crate::measure::phase::Phase;

pub(super) fn table(cells: &[Cell<'_>]) -> Table {
    let line = |cell: &Cell<'_>| {
        let head = cell.head();
        let mean = |of: fn(&Phase) -> Option<f64>, written: fn(f64) -> String| {
            cell.mean(of).map_or("-".into(), |mean| written(mean.value))
        };
        let (share, interval) = target(cell).map_or(("-".into(), "-".into()), |share| {
            let (low, high) = share.interval.unwrap_or_default();
            (rate(share.value), format!("{} to {}", rate(low), rate(high)))
        });
        let cells = vec![
            head.model(),
            head.regularization.to_string(),
            plain(head.load),
            count(head.patterns as u64),
            share,
            interval,
            cell.share(|phase| (phase.spurious_rate, phase.trials)).map_or("-".into(), |share| rate(share.value)),
            mean(|phase| Some(phase.fixed), rate),
            mean(|phase| phase.snr, significant),
            mean(|phase| phase.sharpness, significant),
            cell.gradient_norm(),
            format!("{}/{}", cell.settled(), cell.networks),
        ];
        Line { unsettled: cell.unsettled(), cells }
    };
    Table {
        heading: "Every cell",
        reading: "Target and spurious rates are of the pooled trials, with Wilson's interval; the others are means over \
                  networks.",
        columns: vec![
            "memory",
            "lambda",
            "load P/N",
            "P",
            "target",
            "95 % interval",
            "spurious",
            "fixed",
            "SNR",
            "sharpness",
            "gradient",
            "settled",
        ],
        lines: cells.iter().map(line).collect(),
    }
}
