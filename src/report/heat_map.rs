//! A map of numbers as colours, beside its scale. Knows nothing of what was measured.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::Pos;

use super::axes::Scale;
use super::colour_scale::{ColourScale, coloured, rectangle};
use super::figure::Figure;
use super::legend::{TEXT, TICKS};
use super::number::plain;
use super::palette::INK;
use super::svg::{self, Area, Drawn, TITLE, WIDTH, text};
use crate::error::Result;

/// Height below the title, and width of the strip that holds the scale.
const HEIGHT: u32 = 760;
const SCALE: u32 = 200;

/// Numbers over two axes, in bins.
#[derive(Clone, Debug)]
pub struct HeatMap<'a> {
    /// File name without its ending.
    pub stem: String,
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the horizontal and the vertical axis; columns of the numbers too, as the next.
    pub labels: [&'a str; 2],
    /// What the colours mean.
    pub scale: &'a str,
    /// Where each bin along the horizontal axis begins, rising, and where the last ends.
    pub columns: &'a [usize],
    /// The same of the vertical axis, from below.
    pub rows: &'a [usize],
    /// Row by row, `[rows, columns]`.
    pub values: &'a [f64],
    /// The numbers of the darkest and the lightest colour.
    pub range: Range<f64>,
}

impl HeatMap<'_> {
    /// Draws it, and writes down its numbers, a line for each bin by where it begins.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(self) -> Result<Figure> {
        let (mut frame, mut corner) = ((0..0, 0..0), (0, 0));
        let svg = svg::draw(&self.title, &self.caption, TITLE + HEIGHT, &[], |area| {
            let (left, right) = area.split_horizontally(WIDTH - SCALE);
            frame = self.draw_axes(&left)?;
            corner = right.get_base_pixel();
            self.colours().draw(&right)
        })?;
        let svg = svg::with_paths(&svg, &self.paths(frame, corner));
        Ok(Figure { csv: self.numbers(), stem: self.stem, title: self.title, caption: self.caption, svg })
    }

    fn colours(&self) -> ColourScale<'_> {
        ColourScale { name: self.scale, scale: Scale::Linear(self.range.clone()), beyond: [false; 2] }
    }

    /// Draws the axes; the pixels between them.
    fn draw_axes(&self, area: &Area) -> Drawn<(Range<i32>, Range<i32>)> {
        let span = |bins: &[usize]| match bins {
            [first, .., last] => *first as f64..*last as f64,
            _ => 0.0..1.0,
        };
        let mut chart = ChartBuilder::on(area)
            .margin_right(30)
            .margin_bottom(16)
            .margin_left(20)
            .x_label_area_size(84)
            .y_label_area_size(130)
            .build_cartesian_2d(span(self.columns), span(self.rows))?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(INK.light.stroke_width(2))
            .x_labels(7)
            .y_labels(7)
            .x_label_formatter(&|value| plain(*value))
            .y_label_formatter(&|value| plain(*value))
            .label_style(text(TICKS, Pos::default()))
            .axis_desc_style(text(TEXT, Pos::default()))
            .x_desc(self.labels[0])
            .y_desc(self.labels[1])
            .draw()?;
        Ok(chart.plotting_area().get_pixel_range())
    }

    /// One path for each colour: its place on the scale in the strip at `corner`, and the rectangles within a frame
    /// that have it.
    fn paths(&self, (xs, ys): (Range<i32>, Range<i32>), corner: (i32, i32)) -> Vec<(RGBColor, String)> {
        let along = |bins: &[usize], pixels: &Range<i32>| -> Vec<i32> {
            let (Some(&first), Some(&last)) = (bins.first(), bins.last()) else { return Vec::new() };
            let share = |bin: usize| (bin - first) as f64 / (last - first).max(1) as f64;
            let length = f64::from(pixels.end - pixels.start);
            bins.iter().map(|&bin| pixels.start + (share(bin) * length).round() as i32).collect()
        };
        let (x, from_top) = (along(self.columns, &xs), along(self.rows, &ys));
        let y: Vec<i32> = from_top.iter().map(|y| ys.start + ys.end - y).collect();
        let colours = self.colours();
        let mut paths = ColourScale::paths(corner);
        let across = self.columns.len().saturating_sub(1).max(1);
        for (row, values) in self.values.chunks_exact(across).enumerate() {
            let mut column = 0;
            for run in values.chunk_by(|&a, &b| colours.level(a) == colours.level(b)) {
                let ends = [x[column], x[column + run.len()]];
                paths[colours.level(run[0])].push_str(&rectangle(ends, [y[row + 1], y[row]]));
                column += run.len();
            }
        }
        coloured(paths)
    }

    fn numbers(&self) -> String {
        let mut table = format!("{},{},{}\n", self.labels[0], self.labels[1], self.scale);
        let across = self.columns.len().saturating_sub(1).max(1);
        for (row, values) in self.rows.iter().zip(self.values.chunks_exact(across)) {
            for (column, value) in self.columns.iter().zip(values) {
                table.push_str(&format!("{column},{row},{value}\n"));
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour_scale::LEVELS;
    use super::*;

    fn map(columns: &[usize], rows: &[usize], values: &[f64]) -> Figure {
        let (stem, title, caption) = ("m".into(), "t".into(), "c".into());
        let (labels, scale, range) = (["step", "pattern"], "overlap", 0.0..1.0);
        HeatMap { stem, title, caption, labels, scale, columns, rows, values, range }.figure().expect("drawn")
    }

    #[test]
    fn every_bin_lies_where_it_begins_and_runs_of_a_colour_are_one() {
        let figure = map(&[0, 10, 30], &[0, 1, 2], &[0.0, 0.01, 1.0, f64::NAN]);
        assert_eq!(figure.csv, "step,pattern,overlap\n0,0,0\n10,0,0.01\n0,1,1\n10,1,NaN\n");
        let cells: Vec<&str> = figure.svg.lines().filter(|line| line.contains("crispEdges")).collect();
        let rectangles: Vec<usize> = cells.iter().map(|line| line.matches('M').count()).collect();
        // Each colour once on the scale. The lower row has one, and so one rectangle; the upper one shares it at the
        // right.
        assert_eq!(rectangles, [[3].as_slice(), &[1; LEVELS - 2], &[2]].concat());
        assert!(figure.svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        assert!(map(&[], &[], &[]).svg.contains("</svg>"));
        assert!(map(&[3], &[3], &[]).svg.contains("</svg>"));
    }
}
