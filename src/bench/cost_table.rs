//! The cost of recall as a table.

use super::cost::Point;
use super::table::Table;
use crate::engine::array::size;
use crate::report::number::{seconds, significant};

/// One row a point: what it took, for each multiply-add and for each byte of the memory.
pub fn cost_table(points: &[Point]) -> Table {
    let note = "One recall step on the CPU, its signs certified, each point in a process of its own. \"At peak\" is the most memory the process \
                held beyond what the idle program does; its ratio to keys and dual says how often the memory is there.";
    let columns = ["<varied", "N", "P", "B", "time", "GFLOP/s", "keys + dual", "at peak", "peak / (keys + dual)", "<"];
    let mut table = Table::new("Cost as work grows", note, &columns);
    for point in points {
        let [n, p, b] = [point.neurons, point.patterns, point.trials];
        let mut row = vec![point.against.to_owned()];
        row.extend([n, p, b].map(|size| size.to_string()));
        match &point.spent {
            Ok(spent) => row.extend([
                seconds(spent.seconds),
                significant(2.0 * n as f64 * p as f64 * b as f64 / spent.seconds / 1e9),
                size(point.memory_bytes()),
                size(spent.own_bytes()),
                significant(spent.own_bytes() as f64 / point.memory_bytes() as f64),
                String::new(),
            ]),
            Err(why) => {
                let dash = || "-".to_owned();
                row.extend([dash(), dash(), size(point.memory_bytes()), dash(), dash(), why.clone()]);
            }
        }
        table.rows.push(row);
    }
    table
}
