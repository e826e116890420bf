//! A pair of axes, each linear or logarithmic, with reference lines, and what is drawn between them alike in every
//! figure: bands of intervals. Knows nothing of what was measured.

use std::ops::Range;

use plotters::coord::combinators::LogCoord;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::legend::{TEXT, TICKS};
use super::number::{plain, scientific};
use super::palette::{GRID, INK, Tone};
use super::svg::{Area, Drawn, text};

/// From here on ticks are powers of ten.
const LONG: f64 = 1e5;
/// Size of what is written along a reference line.
const NOTE: f64 = 28.0;
/// Room that one tick label needs per letter, between two labels, and from one to the next above it.
const LETTER: usize = 14;
const GAP: usize = 6;
const HEIGHT: usize = 36;

/// What an axis reaches over.
#[derive(Clone, Debug)]
pub(super) enum Scale {
    Linear(Range<f64>),
    /// Of positive numbers.
    Logarithmic(Range<f64>),
}

impl Scale {
    /// A logarithmic one that holds every positive value with room for its marker.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64>) -> Self {
        let values = values.filter(|value| drawable(*value));
        let ends = values.fold((f64::INFINITY, 0.0), |(low, high), value| (low.min(value), f64::max(high, value)));
        let room = if ends.1 / ends.0 < 4.0 { 1.25 } else { 1.6 };
        Self::Logarithmic(if ends.0 > ends.1 { 0.5..20.0 } else { ends.0 / room..ends.1 * room })
    }

    pub(super) fn ends(&self) -> &Range<f64> {
        let (Self::Linear(ends) | Self::Logarithmic(ends)) = self;
        ends
    }

    /// Whether a number has a place on it, within its ends or beyond.
    pub(super) fn places(&self, value: f64) -> bool {
        value.is_finite() && (matches!(self, Self::Linear(_)) || value > 0.0)
    }

    fn tick(&self, value: f64) -> String {
        let short = matches!(self, Self::Linear(_)) || (1.0 / LONG..LONG).contains(&value);
        if short { plain(value) } else { scientific(value).replace(".0e", "e") }
    }

    /// Ticks at powers of two where there would be too few of ten.
    fn coordinate(range: &Range<f64>) -> LogCoord<f64> {
        let base = if range.end / range.start < 300.0 { 2.0 } else { 10.0 };
        range.clone().log_scale().base(base).into()
    }
}

/// Whether a number has a logarithm.
pub(super) fn drawable(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        match self {
            Self::Linear(ends) => RangedCoordf64::from(ends.clone()).map(value, limit),
            Self::Logarithmic(ends) => Self::coordinate(ends).map(value, limit),
        }
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match self {
            Self::Linear(ends) => RangedCoordf64::from(ends.clone()).key_points(hint),
            Self::Logarithmic(ends) => Self::coordinate(ends).key_points(hint),
        }
    }

    fn range(&self) -> Range<f64> {
        self.ends().clone()
    }
}

/// What a curve is to be held against.
#[derive(Clone, Debug)]
pub enum Line {
    /// At this height, from side to side: chance, a threshold.
    Across(f64),
    /// At this place, from top to bottom: a published value.
    Up(f64),
    /// From point to point, rising in x: a prediction.
    Along(Vec<(f64, f64)>),
}

/// A reference line, and what it stands for.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where it runs.
    pub line: Line,
    /// Written along it.
    pub label: String,
}

impl Reference {
    /// The numbers the axes must reach.
    pub(super) fn reach(&self) -> [Vec<f64>; 2] {
        match &self.line {
            Line::Across(y) => [Vec::new(), vec![*y]],
            Line::Up(x) => [vec![*x], Vec::new()],
            Line::Along(points) => [0, 1].map(|at| points.iter().map(|point| [point.0, point.1][at]).collect()),
        }
    }
}

/// Two axes and what lies along them.
pub(super) struct Axes<'a> {
    pub(super) labels: [&'a str; 2],
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// What is drawn upon.
pub(super) type Chart<'c, 's> = ChartContext<'c, SVGBackend<'s>, Cartesian2d<Scale, Scale>>;

impl Axes<'_> {
    /// Draws them with a grid behind.
    pub(super) fn draw<'c, 's>(&self, area: &'c Area<'s>) -> Drawn<Chart<'c, 's>> {
        let mut chart = ChartBuilder::on(area)
            .margin_right(20)
            .margin_bottom(16)
            .margin_left(20)
            .x_label_area_size(84)
            .y_label_area_size(if matches!(self.y, Scale::Linear(_)) { 120 } else { 130 })
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let ticks = |scale: &Scale, linear, logarithmic| match scale {
            Scale::Linear(_) => linear,
            Scale::Logarithmic(_) => logarithmic,
        };
        chart
            .configure_mesh()
            .max_light_lines(0)
            .bold_line_style(GRID.light.stroke_width(2))
            .axis_style(INK.light.stroke_width(2))
            .x_labels(ticks(&self.x, 11, 8))
            .y_labels(ticks(&self.y, 8, 6))
            .x_label_formatter(&|value| self.x.tick(*value))
            .y_label_formatter(&|value| self.y.tick(*value))
            .label_style(text(TICKS, Pos::default()))
            .axis_desc_style(text(TEXT, Pos::default()))
            .x_desc(self.labels[0])
            .y_desc(self.labels[1])
            .draw()?;
        Ok(chart)
    }

    /// Draws reference lines, dashed, each with its label at its end; those that meet no place on the axes are left out.
    pub(super) fn draw_references(&self, chart: &mut Chart, references: &[Reference]) -> Drawn {
        let (xs, ys) = (self.x.ends(), self.y.ends());
        for reference in references {
            let points = match &reference.line {
                Line::Across(y) => vec![(xs.start, *y), (xs.end, *y)],
                Line::Up(x) => vec![(*x, ys.start), (*x, ys.end)],
                Line::Along(points) => points.clone(),
            };
            let inside = |point: &(f64, f64)| self.x.places(point.0) && self.y.places(point.1);
            let points: Vec<_> = points.into_iter().filter(inside).collect();
            let Some(end) = points.last().copied() else { continue };
            chart.draw_series(DashedLineSeries::new(points, 14, 9, INK.light.stroke_width(2)))?;
            let (place, anchor) = match reference.line {
                Line::Up(_) => ((8, 6), Pos::new(HPos::Left, VPos::Top)),
                _ => ((-8, -6), Pos::new(HPos::Right, VPos::Bottom)),
            };
            let note = Text::new(reference.label.clone(), place, text(NOTE, anchor));
            chart.draw_series([EmptyElement::at(end) + note])?;
        }
        Ok(())
    }
}

/// Writes names below the middles of columns 1 wide, the first from 0, and leaves out what would not fit.
pub(super) fn name_columns(area: &Area, chart: &Chart, names: &[String]) -> Drawn {
    let room = chart.plotting_area().get_pixel_range().0.len();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(1);
    let every = ((widest * LETTER + GAP) * names.len()).div_ceil(room.max(1)).max(1);
    for (index, name) in names.iter().enumerate().step_by(every) {
        let (x, y) = chart.backend_coord(&(index as f64 + 0.5, 0.0));
        let base = area.get_base_pixel();
        let style = text(TICKS, Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(name.clone(), (x - base.0, y - base.1 + 12), style))?;
    }
    Ok(())
}

/// The same of rows, left of their middles.
pub(super) fn name_rows(area: &Area, chart: &Chart, names: &[String]) -> Drawn {
    let room = chart.plotting_area().get_pixel_range().1.len();
    let every = (HEIGHT * names.len()).div_ceil(room.max(1)).max(1);
    for (index, name) in names.iter().enumerate().step_by(every) {
        let (x, y) = chart.backend_coord(&(0.0, index as f64 + 0.5));
        let base = area.get_base_pixel();
        let style = text(TICKS, Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(name.clone(), (x - base.0 - 12, y - base.1 + 3), style))?;
    }
    Ok(())
}

/// Draws intervals (x, low, high), a bar for each, joined to bands; where one is missing, the band is broken.
pub(super) fn draw_band(chart: &mut Chart, ends: &[Option<(f64, f64, f64)>], tone: Tone) -> Drawn {
    for run in ends.split(Option::is_none).filter(|run| !run.is_empty()) {
        let lows = run.iter().flatten().map(|end| (end.0, end.1));
        let highs = run.iter().rev().flatten().map(|end| (end.0, end.2));
        chart.draw_series([Polygon::new(lows.chain(highs).collect::<Vec<_>>(), tone.light.mix(0.17))])?;
    }
    // The bar shows the interval of a point that stands alone, and which points a band joins.
    let bar = |(x, low, high)| PathElement::new([(x, low), (x, high)], tone.light.stroke_width(3));
    chart.draw_series(ends.iter().flatten().copied().map(bar))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithmic_scale_holds_what_has_a_logarithm() {
        let ends = Scale::logarithmic([0.0, -1.0, f64::NAN, 0.01, 100.0].into_iter());
        assert!(ends.ends().start < 0.01 && ends.ends().end > 100.0 && ends.ends().start > 0.0);
        assert!(!ends.places(0.0) && ends.places(1e-9) && Scale::Linear(0.0..1.0).places(-3.0));
        // Equal factors are equal lengths.
        let at = |value| f64::from(ends.map(&value, (0, 10_000)));
        assert!((at(0.1) - at(0.01) - (at(10.0) - at(1.0))).abs() <= 2.0);
        assert!(Scale::logarithmic(std::iter::empty()).ends().start > 0.0);
    }

    #[test]
    fn what_is_long_is_a_power() {
        let scale = Scale::Logarithmic(1.0..1e7);
        assert_eq!((scale.tick(1e6), scale.tick(100.0)), ("1e6".into(), "100".into()));
        assert_eq!(Scale::Linear(0.0..1e6).tick(1e6), "1000000");
    }
}
