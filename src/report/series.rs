//! A curve's points, and the ranges that hold them. Knows nothing of pixels.

use std::ops::Range;

use super::estimate::Estimate;

/// A point of a curve.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The setting.
    pub x: f64,
    /// The measured quantity.
    pub estimate: Estimate,
}

/// One curve; where nothing was measured its line is broken.
#[derive(Clone, Debug)]
pub struct Series {
    /// What sets it apart from the others.
    pub name: String,
    /// One entry per value on the horizontal axis, rising.
    pub points: Vec<Option<Point>>,
}

impl Series {
    /// A curve of these settings, rising, and what was measured there; what is not a number was not.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, Option<Estimate>)>) -> Self {
        let point = |(x, estimate): (f64, Option<Estimate>)| {
            estimate.filter(|estimate| estimate.value.is_finite()).map(|estimate| Point { x, estimate })
        };
        Self { name: name.into(), points: points.into_iter().map(point).collect() }
    }

    /// The points there are.
    pub(super) fn measured(&self) -> impl Iterator<Item = Point> {
        self.points.iter().filter_map(|point| *point)
    }
}

/// Least and greatest of the finite values.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// The range that holds every value with room for its marker, from 0 when that is near.
pub(super) fn x_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = ends(values);
    if low > high {
        return 0.0..1.0;
    }
    // One value alone has no span, nor have two that differ by rounding: the axis shows them in the middle.
    let apart = high - low > 1e-9 * low.abs().max(high.abs());
    let margin = if apart { 0.05 * (high - low) } else { 0.5 * low.abs().max(1e-3) };
    let from_zero = apart && low > 0.0 && low < 0.25 * high;
    if from_zero { 0.0..high + margin } else { low - margin..high + margin }
}

/// The range that holds every value, with room for the markers.
pub(super) fn y_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = ends(values);
    let low = if low > high { 0.0 } else { low };
    let span = if high > low { high - low } else { 1.0 };
    low - 0.03 * span..low + 1.04 * span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_never_empty_and_hold_what_they_are_of() {
        assert_eq!(x_range(std::iter::empty()), 0.0..1.0);
        let nothing = y_range([f64::NAN, f64::INFINITY].into_iter());
        assert!(nothing.start < nothing.end);
        for values in [[0.0, 0.0], [3.0, 3.0], [-2.0, 5.0], [1.0, 20.0]] {
            for range in [x_range(values.into_iter()), y_range(values.into_iter())] {
                assert!(values.iter().all(|value| range.contains(value)), "{range:?}");
            }
        }
        assert_eq!(x_range([1.0, 20.0].into_iter()).start, 0.0);
    }

    #[test]
    fn what_is_not_a_number_was_not_measured() {
        let at = |value| Some(Estimate { value, interval: None });
        let curve = Series::new("a", [(1.0, at(0.5)), (2.0, at(f64::NAN)), (3.0, None)]);
        assert_eq!((curve.points.len(), curve.measured().count()), (3, 1));
    }
}
