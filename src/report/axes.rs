//! Draws curves with their intervals on a pair of axes, beside their legend. Knows nothing of memories.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::Pos;

use super::legend::{Key, TEXT, TICKS, draw_legend, legend_height, legend_width};
use super::number::plain;
use super::palette::{GRID, INK};
use super::series::{Point, Series, x_range};
use super::svg::{self, Area, Drawn, TITLE, WIDTH, text};
use crate::error::Result;

/// Least height of the plot; more curves than fit beside it make the figure taller.
const PLOT: u32 = 700;
/// Curves and what to write around them.
pub(super) struct Plot<'a> {
    /// Over the figure, and its name for readers that do not see it.
    pub(super) title: &'a str,
    /// How to read it.
    pub(super) caption: &'a str,
    /// What lies along the axes.
    pub(super) labels: [&'a str; 2],
    /// What tells the curves apart.
    pub(super) legend: &'a str,
    /// The vertical range.
    pub(super) y: Range<f64>,
    /// The curves, in their order.
    pub(super) series: &'a [Series],
}

/// Draws the curves as an SVG.
pub(super) fn draw(plot: &Plot) -> Result<String> {
    let count = plot.series.len();
    let keys: Vec<_> = (0..count).map(|index| Key::of_curve(index, count, &plot.series[index].name)).collect();
    let tones: Vec<_> = keys.iter().map(|key| key.tone).collect();
    let height = TITLE + PLOT.max(legend_height(count));
    svg::draw(plot.title, plot.caption, height, &tones, |area| {
        let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
        draw_curves(&left, plot, &keys)?;
        draw_legend(&right, plot.legend, &keys)
    })
}

/// Axes, then all intervals, then the curves, so that no interval hides a value.
fn draw_curves(area: &Area, plot: &Plot, keys: &[Key]) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin_right(20)
        .margin_bottom(16)
        .margin_left(20)
        .x_label_area_size(84)
        .y_label_area_size(120)
        .build_cartesian_2d(x_range(plot.series), plot.y.clone())?;
    chart
        .configure_mesh()
        .max_light_lines(0)
        .bold_line_style(GRID.light.stroke_width(2))
        .axis_style(INK.light.stroke_width(2))
        .x_labels(11)
        .y_labels(8)
        .x_label_formatter(&|value| plain(*value))
        .y_label_formatter(&|value| plain(*value))
        .label_style(text(TICKS, Pos::default()))
        .axis_desc_style(text(TEXT, Pos::default()))
        .x_desc(plot.labels[0])
        .y_desc(plot.labels[1])
        .draw()?;
    for (series, key) in plot.series.iter().zip(keys) {
        let ends: Vec<_> = series.points.iter().map(|point| point.and_then(interval)).collect();
        for run in ends.split(Option::is_none) {
            let (lows, highs) = (run.iter().flatten().map(|end| end[0]), run.iter().rev().flatten().map(|end| end[1]));
            chart.draw_series([Polygon::new(lows.chain(highs).collect::<Vec<_>>(), key.tone.light.mix(0.17))])?;
        }
        // The bar shows the interval of a point that stands alone, and which points a band joins.
        let bars = ends.into_iter().flatten();
        chart.draw_series(bars.map(|end| PathElement::new(end, key.tone.light.stroke_width(3))))?;
    }
    // Curve by curve, so that the rims of one curve's markers do not cut up the next one's line.
    for (series, key) in plot.series.iter().zip(keys) {
        for run in series.points.split(Option::is_none) {
            let line: Vec<_> = run.iter().flatten().map(|point| (point.x, point.estimate.value)).collect();
            chart.draw_series([PathElement::new(line, key.tone.light.stroke_width(4))])?;
        }
        chart.draw_series(series.measured().map(|point| {
            let (fill, rim) = key.mark();
            EmptyElement::at((point.x, point.estimate.value)) + fill + rim
        }))?;
    }
    Ok(())
}

/// Low and high end of a point's interval.
fn interval(point: Point) -> Option<[(f64, f64); 2]> {
    let (low, high) = point.estimate.interval?;
    (low.is_finite() && high.is_finite()).then_some([(point.x, low), (point.x, high)])
}

#[cfg(test)]
mod tests {
    use super::super::estimate::Estimate;
    use super::*;

    fn plot(series: &[Series]) -> String {
        let labels = ["x", "y"];
        draw(&Plot { title: "t", caption: "c", labels, legend: "l", y: 0.0..1.0, series }).expect("drawn")
    }

    #[test]
    fn no_curve_and_a_curve_without_points_are_drawn() {
        assert!(plot(&[]).contains("</svg>"));
        assert!(plot(&[Series { name: "a".into(), points: vec![None, None] }]).contains(">\na"));
    }

    #[test]
    fn a_gap_parts_the_line_but_no_marker_is_lost() {
        let point = |x| Some(Point { x, estimate: Estimate { value: 0.5, interval: Some((0.4, 0.6)) } });
        let points = vec![point(1.0), point(2.0), None, point(4.0), point(5.0)];
        let svg = plot(&[Series { name: "a".into(), points }]);
        // Two bands, four markers and one in the legend.
        assert_eq!(svg.matches("<polygon").count(), 2 + 4 + 1);
    }
}
