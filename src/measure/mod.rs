//! What a batch of trials says about a memory: rates, means and their intervals.

pub mod cell;
pub mod interval;
pub mod signal;
pub mod walk;

pub use cell::Cell;
pub use interval::{paired_mean, wilson};
pub use signal::{Signal, signal};
pub use walk::Walk;
