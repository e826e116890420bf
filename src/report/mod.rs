//! What an experiment found, for people: cells -> summaries -> figures -> report.
//!
//! A sweep's [`Cell`](crate::measure::Cell)s are pooled over networks into [`Summary`] rows; the rows become a table
//! for the terminal ([`terminal_table`]), the finding in words ([`finding()`]), the figures with the numbers behind
//! them ([`sweep_figures`]) and one offline page that holds it all ([`render`]). Everything here is a pure function of
//! its arguments: it refuses to know where cells come from, where files go, and what a kernel or a device is.

mod axes;
mod cell_map;
mod claims;
mod colour_scale;
mod comparison;
mod curves;
mod eigenvalues;
pub mod estimate;
mod fan;
pub mod figure;
pub mod finding;
mod firmness;
mod heat_map;
mod histogram;
pub mod html;
mod html_table;
mod landscape;
mod legend;
mod logarithmic;
mod marker;
mod morph;
pub(crate) mod number;
mod outcomes;
mod palette;
mod phase;
mod pool;
mod potential;
mod series;
mod stacked;
pub mod summary;
mod svg;
mod table;
pub mod terminal;
mod tidy;
mod walks;

pub use axes::{Line, Reference};
pub use cell_map::{CellMap, Mark};
pub use claims::{Told, claim_lines};
pub use curves::{Curves, Span};
pub use eigenvalues::eigenvalues_table;
pub use estimate::Estimate;
pub use fan::Fan;
pub use figure::{Figure, sweep_figures};
pub use finding::finding;
pub use firmness::firmness_table;
pub use heat_map::HeatMap;
pub use histogram::Histogram;
pub use html::{Body, Report, render};
pub use landscape::landscape_table;
pub use logarithmic::{LogCurve, LogFigure, LogPanel};
pub use morph::morph_table;
pub use phase::phase_table;
pub use potential::height_table;
pub use series::{Point, Series};
pub use stacked::{Panel, Stacked};
pub use summary::{Summary, summarise};
pub use terminal::terminal_table;
pub use walks::walks_table;

#[cfg(test)]
mod sample;
