//! What trials say about a memory: how alike states are; of a batch rates, means and their intervals.

pub mod cell;
pub mod interval;
mod potential;
mod real;
pub mod signal;
pub mod similarity;
mod trace;
pub mod walk;

pub use cell::Cell;
pub use interval::{binomial_tail, clopper_pearson, paired_mean, student_t, wilson};
pub use potential::{between, potentials};
pub use real::{RealFields, overlap_error, real_fields};
pub use signal::{Signal, signal};
pub use similarity::Similarity;
pub use trace::{Point, trace};
pub use walk::Walk;
