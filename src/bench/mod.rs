//! Benchmarks: how fast this machine trains, recalls and retrieves, beside the best it could do and what others do on it.
//!
//! [`Job`]s become [`Case`]s; every case is drawn once and measured on every contestant, a backend of the engine or a
//! [`Peer`] program that answers the same question, in rounds, so that what drifts drifts for all. The [`Outcome`] holds
//! every time that was taken; tables, figures and files are made of it. Knows nothing of the command line, and refuses to
//! judge: an answer that differs or a peer that fails is a line in the tables.

mod archive;
mod ceiling;
mod checksum;
mod cost;
mod cost_table;
mod csv_files;
mod figure;
mod footprint;
mod job;
mod machine;
mod memory_use;
mod outcome;
mod peer;
mod prepare;
mod question;
mod recorded;
mod round;
mod sgemm;
mod shapes;
mod statistics;
mod subject;
mod summary;
mod table;
mod tables;
mod training;

use std::time::Duration;

use crate::rule::Distances;

pub use ceiling::Ceiling;
pub use checksum::checksum;
pub use cost::{Point, Spent, measure_here, points};
pub use cost_table::cost_table;
pub use csv_files::{cost_csv, raw_csv};
pub use figure::{cost_figure, rate_figure};
pub use job::{Case, Job, Task};
pub use machine::{Machine, free_folder};
pub use outcome::{Contestant, Measurement, Outcome, What};
pub use peer::Peer;
pub use round::{Event, Observer, run};
pub use shapes::{Overrides, cases};
pub use statistics::Statistics;
pub use summary::{About, summary};
pub use table::Table;
pub use tables::tables;

pub use self::cost::run as run_cost;

/// Separation profile of every memory here, as `--kernel` would name it.
pub const KERNEL: &str = "rbf:0.02";

/// Mask, noise and bias of the variants that the adaptive similarity is asked.
pub const DIFFICULTY: f64 = 0.4;

/// Every question is drawn from this.
const SEED: u64 = 1;

/// How long and how often to measure, and what.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds: every contestant is measured once in each.
    pub rounds: usize,
    /// A shorter run is repeated within its round until it took so long.
    pub at_least: Duration,
    /// Small ceilings, for a first look.
    pub quick: bool,
    /// Where training has its distances from.
    pub distances: Distances,
}
