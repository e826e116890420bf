//! Curves with their intervals on a pair of axes, beside their legend, and the numbers behind them. Every figure of
//! curves is one of these. Knows nothing of memories.

use std::ops::Range;

use plotters::prelude::*;

use super::axes::{Axes, Reference, Scale, draw_band};
use super::estimate::Estimate;
use super::figure::Figure;
use super::legend::{Key, draw_legend, legend_height, legend_width};
use super::number::plain;
use super::series::{Point, Series, x_range, y_range};
use super::svg::{self, Area, Drawn, TITLE, WIDTH};
use super::tidy::tidy;
use crate::error::Result;

/// Least height of the plot; more curves than fit beside it make the figure taller.
const PLOT: u32 = 700;
/// The most markers on a curve.
const MARKERS: usize = 25;

/// Curves and what to write around them.
#[derive(Clone, Debug)]
pub struct Curves<'a> {
    /// File name without its ending.
    pub stem: String,
    /// Over the figure, and its name for readers that do not see it.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the axes.
    pub labels: [&'a str; 2],
    /// What tells the curves apart.
    pub legend: &'a str,
    /// The same three as columns: the horizontal setting, what tells curves apart, and the quantity.
    pub columns: [&'a str; 3],
    /// Whether the horizontal axis is logarithmic; what has no logarithm is then written down but not drawn.
    pub logarithmic: bool,
    /// The vertical range.
    pub span: Span,
    /// What the curves are to be held against.
    pub references: Vec<Reference>,
    /// The curves, in their order.
    pub series: Vec<Series>,
}

/// What a vertical axis reaches over.
#[derive(Clone, Debug)]
pub struct Span {
    /// At least this; nothing by itself if empty.
    least: Option<Range<f64>>,
    /// Where a quantity ends by its nature: an interval that reaches beyond says no more than one that reaches so far.
    limits: Range<f64>,
    logarithmic: bool,
}

impl Span {
    /// A share: all of 0 to 1.
    pub const SHARE: Self = Self { least: Some(0.0..1.0), limits: 0.0..1.0, logarithmic: false };
    /// A cosine: 0 to 1, and below where there is something.
    pub const COSINE: Self = Self { least: Some(0.0..1.0), limits: -1.0..1.0, logarithmic: false };
    /// A difference of shares, about 0.
    pub const DIFFERENCE: Self = Self { least: Some(-0.05..0.05), limits: -1.0..1.0, logarithmic: false };
    /// What is never negative, from 0.
    pub const AMOUNT: Self = Self { least: Some(0.0..0.0), limits: 0.0..f64::INFINITY, logarithmic: false };
    /// Any number, from 0 or to it.
    pub const FREE: Self = Self { least: Some(0.0..0.0), limits: f64::NEG_INFINITY..f64::INFINITY, logarithmic: false };
    /// What is positive, over orders of magnitude; what has no logarithm is written down but not drawn.
    pub const LOGARITHMIC: Self = Self { least: None, limits: 0.0..f64::INFINITY, logarithmic: true };

    fn clip(&self, mut estimate: Estimate) -> Estimate {
        let Range { start, end } = self.limits;
        estimate.interval = estimate.interval.map(|(low, high)| (low.max(start), high.min(end)));
        estimate
    }
}

impl Curves<'_> {
    /// Draws them, and writes their numbers down: setting, series, value, low, high.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(mut self) -> Result<Figure> {
        for point in self.series.iter_mut().flat_map(|curve| curve.points.iter_mut().flatten()) {
            point.estimate = self.span.clip(point.estimate);
        }
        let svg = self.draw()?;
        let points = self.series.iter().flat_map(|curve| curve.measured().map(move |point| (curve, point)));
        let rows = points.map(|(curve, point)| ([plain(point.x), curve.name.clone()], point.estimate));
        let csv = tidy(&self.stem, &self.columns, rows)?;
        Ok(Figure { stem: self.stem, title: self.title, caption: self.caption, svg, csv })
    }

    fn draw(&self) -> Result<String> {
        let count = self.series.len();
        let keys: Vec<_> = (0..count).map(|index| Key::of_curve(index, count, &self.series[index].name)).collect();
        let tones: Vec<_> = keys.iter().map(|key| key.tone).collect();
        let height = TITLE + PLOT.max(legend_height(count));
        svg::draw(&self.title, &self.caption, height, &tones, |area| {
            let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
            self.draw_curves(&left, &keys)?;
            draw_legend(&right, self.legend, &keys)
        })
    }

    fn axes(&self) -> Axes<'_> {
        let [mut xs, mut ys] = [Vec::new(), Vec::new()];
        for [x, y] in self.references.iter().map(Reference::reach) {
            xs.extend(x);
            ys.extend(y);
        }
        let points = || self.series.iter().flat_map(Series::measured);
        let x = if self.logarithmic {
            Scale::logarithmic(points().map(|point| point.x).chain(xs))
        } else {
            Scale::Linear(x_range(points().map(|point| point.x).chain(xs)))
        };
        let ends = |point: Point| {
            let (low, high) = point.estimate.interval.unwrap_or((f64::NAN, f64::NAN));
            [point.estimate.value, low, high]
        };
        let least = self.span.least.iter().flat_map(|least| [least.start, least.end]);
        let y = points().flat_map(ends).chain(ys).chain(least);
        let y = if self.span.logarithmic { Scale::logarithmic(y) } else { Scale::Linear(y_range(y)) };
        Axes { labels: self.labels, x, y }
    }

    /// Axes, then all intervals, then the curves, so that no interval hides a value.
    fn draw_curves(&self, area: &Area, keys: &[Key]) -> Drawn {
        let axes = self.axes();
        let mut chart = axes.draw(area)?;
        let placed =
            |point: &Option<Point>| point.filter(|point| axes.x.places(point.x) && axes.y.places(point.estimate.value));
        let interval = |point: &Option<Point>| {
            let point = placed(point)?;
            let (low, high) = point.estimate.interval?;
            (axes.y.places(low) && axes.y.places(high)).then_some((point.x, low, high))
        };
        for (series, key) in self.series.iter().zip(keys) {
            draw_band(&mut chart, &series.points.iter().map(interval).collect::<Vec<_>>(), key.tone)?;
        }
        axes.draw_references(&mut chart, &self.references)?;
        // Curve by curve, so that the rims of one curve's markers do not cut up the next one's line.
        for (series, key) in self.series.iter().zip(keys) {
            let points: Vec<_> = series.points.iter().map(placed).collect();
            for run in points.split(Option::is_none) {
                let line: Vec<_> = run.iter().flatten().map(|point| (point.x, point.estimate.value)).collect();
                chart.draw_series([PathElement::new(line, key.tone.light.stroke_width(4))])?;
            }
            // Of points so close that their markers would hide the line, some have none.
            let marked = points.iter().step_by(points.len().div_ceil(MARKERS).max(1)).flatten();
            chart.draw_series(marked.map(|point| {
                let (fill, rim) = key.mark();
                EmptyElement::at((point.x, point.estimate.value)) + fill + rim
            }))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::axes::Line;
    use super::*;

    fn curves(series: Vec<Series>) -> Curves<'static> {
        Curves {
            stem: "s".into(),
            title: "t".into(),
            caption: "c".into(),
            labels: ["x", "y"],
            legend: "l",
            columns: ["load", "memory", "rate"],
            logarithmic: false,
            span: Span::SHARE,
            references: Vec::new(),
            series,
        }
    }

    fn series(points: &[(f64, f64, (f64, f64))]) -> Series {
        let point = |&(x, value, interval): &(f64, f64, _)| (x, Some(Estimate { value, interval: Some(interval) }));
        Series::new("a", points.iter().map(point))
    }

    #[test]
    fn no_curve_and_a_curve_without_points_are_drawn() {
        assert!(curves(Vec::new()).figure().expect("drawn").svg.contains("</svg>"));
        let empty = Series::new("a", [(1.0, None), (2.0, None)]);
        assert!(curves(vec![empty]).figure().expect("drawn").svg.contains(">\na"));
    }

    #[test]
    fn a_gap_parts_the_line_but_no_marker_is_lost() {
        let half = Some(Estimate { value: 0.5, interval: Some((0.4, 0.6)) });
        let gap = Series::new("a", [(1.0, half), (2.0, half), (3.0, None), (4.0, half), (5.0, half)]);
        // Two bands, four markers and one in the legend.
        assert_eq!(curves(vec![gap]).figure().expect("drawn").svg.matches("<polygon").count(), 2 + 4 + 1);
    }

    #[test]
    fn an_interval_ends_where_the_quantity_does() {
        let figure = curves(vec![series(&[(1.0, 0.9, (0.7, 1.1)), (2.0, 0.1, (-0.2, 0.4))])]).figure().expect("drawn");
        assert_eq!(figure.csv, "load,memory,rate,low,high\n1,a,0.9,0.7,1\n2,a,0.1,0,0.4\n");
    }

    #[test]
    fn what_has_no_logarithm_is_written_but_not_drawn() {
        let points = [(0.0, 1.0, (0.5, 2.0)), (1.0, 0.0, (0.0, 1.0)), (10.0, 5.0, (4.0, 6.0))];
        let logarithmic = Curves { logarithmic: true, span: Span::LOGARITHMIC, ..curves(vec![series(&points)]) };
        let figure = logarithmic.figure().expect("drawn");
        // One band, one marker and one in the legend.
        assert_eq!((figure.svg.matches("<polygon").count(), figure.csv.lines().count()), (1 + 1 + 1, 1 + 3));
    }

    #[test]
    fn the_axes_reach_every_reference() {
        let lines = [Line::Across(3.0), Line::Up(-2.0), Line::Along(vec![(0.0, 0.0), (9.0, 0.5)])];
        let references = lines.map(|line| Reference { line, label: "chance".into() }).into();
        let curves = Curves { references, ..curves(vec![series(&[(1.0, 0.5, (0.4, 0.6))])]) };
        let axes = curves.axes();
        assert!(axes.x.ends().contains(&-2.0) && axes.x.ends().contains(&9.0) && axes.y.ends().contains(&3.0));
        assert_eq!(curves.figure().expect("drawn").svg.matches("chance").count(), 3);
    }
}
