//! What trials say about a memory: how alike states are, and patterns before they are stored; of a batch rates, means and their intervals.

pub mod basin;
pub mod cell;
pub mod claim;
pub mod embedding;
pub mod interval;
pub mod landscape;
mod line;
pub mod margin;
pub mod morph;
pub mod phase;
pub mod potential;
mod real;
pub mod row;
pub mod sharpness;
pub mod signal;
pub mod similarity;
pub mod spectrum;
mod trace;
pub mod walk;

pub use basin::Basins;
pub use cell::Cell;
pub use embedding::Embedding;
pub use interval::{binomial_tail, clopper_pearson, paired_mean, student_t, wilson};
pub use line::Line;
pub use potential::{between, potentials};
pub use real::{RealFields, overlap_error, real_fields};
pub use row::{Head, Row};
pub use signal::{Signal, signal};
pub use similarity::Similarity;
pub use spectrum::{Spectrum, spectrum};
pub use trace::{Point, trace};
pub use walk::Walk;
