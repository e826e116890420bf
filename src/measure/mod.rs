//! What a batch of trials says about a memory: rates, means and their intervals.

pub mod cell;
pub mod interval;
mod trace;

pub use cell::Cell;
pub use interval::{paired_mean, wilson};
pub use trace::{Point, trace};
