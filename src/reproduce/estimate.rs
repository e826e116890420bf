//! From an experiment's rows to the numbers of a reading.

use crate::measure::Row;
use crate::measure::claim::Measured;
use crate::report::Figure;

/// Rows of one model and load, by network.
pub(super) fn of<'a, M>(rows: &'a [Row<M>], kernel: &'a str, load: f64) -> impl Iterator<Item = &'a Row<M>> + Clone {
    rows.iter().filter(move |row| row.head.kernel == kernel && row.head.load == load)
}

/// Differences of pairs, in their order, as a mean over networks.
pub(super) fn differences(pairs: impl IntoIterator<Item = (f64, f64)>) -> Measured {
    Measured::mean(pairs.into_iter().map(|(a, b)| a - b))
}

/// Whichever estimate is the least.
pub(super) fn least<T>(estimates: impl IntoIterator<Item = (T, Measured)>) -> Option<(T, Measured)> {
    let finite = estimates.into_iter().filter(|(_, measured)| measured.value.is_finite());
    finite.min_by(|a, b| a.1.low.total_cmp(&b.1.low))
}

/// Whichever is the most.
pub(super) fn most<T>(estimates: impl IntoIterator<Item = (T, Measured)>) -> Option<(T, Measured)> {
    let finite = estimates.into_iter().filter(|(_, measured)| measured.value.is_finite());
    finite.max_by(|a, b| a.1.high.total_cmp(&b.1.high))
}

/// Figures whose names begin so.
pub(super) fn picked(figures: Vec<Figure>, stems: &[&str]) -> Vec<Figure> {
    figures.into_iter().filter(|figure| stems.iter().any(|stem| figure.stem.starts_with(stem))).collect()
}
