//! A map of numbers as colours over two settings, a cell for each pair, beside its scale; cells may bear marks. Knows
//! nothing of what was measured.

mod mark;

use std::ops::{Range, RangeInclusive};

use plotters::prelude::*;
use plotters::style::text_anchor::Pos;

pub use self::mark::Mark;
use super::axes::{Chart, Scale, name_columns, name_rows};
use super::colour_scale::{ColourScale, coloured, rectangle};
use super::estimate::Estimate;
use super::figure::Figure;
use super::legend::TEXT;
use super::palette::{GRID, INK};
use super::svg::{self, Area, Drawn, TITLE, WIDTH, text};
use super::tidy::tidy;
use crate::error::Result;

/// Height below the title, and width of the strip that holds the scale and the keys of the marks.
const HEIGHT: u32 = 820;
const SCALE: u32 = 300;
/// Width of a letter of a row's name, about, of the room that an axis needs beside its names, and of all together.
const LETTER: usize = 18;
const BESIDE: usize = 84;
const NAMES: RangeInclusive<usize> = 140..=460;

/// Numbers over two settings.
#[derive(Clone, Debug)]
pub struct CellMap<'a> {
    /// File name without its ending.
    pub stem: String,
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the horizontal and the vertical axis.
    pub labels: [&'a str; 2],
    /// What the colours mean.
    pub scale: &'a str,
    /// As columns: the horizontal setting, the vertical one, and the quantity.
    pub columns: [&'a str; 3],
    /// The settings along the horizontal axis, from the left, and along the vertical one, from below.
    pub settings: [Vec<String>; 2],
    /// Row by row from below, `[rows, columns]`; a cell without one is hatched.
    pub values: Vec<Option<Estimate>>,
    /// The numbers of the darkest and the lightest colour.
    pub range: Range<f64>,
    /// Whether equal factors are equally far apart in colour.
    pub logarithmic: bool,
    /// What some cells bear.
    pub marks: Vec<Mark<'a>>,
}

/// The pixels between the axes.
type Frame = (Range<i32>, Range<i32>);

impl CellMap<'_> {
    /// Draws it, and writes its numbers down, a line for each cell that has one.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(self) -> Result<Figure> {
        let (mut frame, mut corner) = ((0..0, 0..0), (0, 0));
        let svg = svg::draw(&self.title, &self.caption, TITLE + HEIGHT, &[], |area| {
            let (left, right) = area.split_horizontally(WIDTH - SCALE);
            frame = self.draw_axes(&left)?;
            corner = right.get_base_pixel();
            self.colours().draw(&right)?;
            mark::draw_keys(&right, &self.marks)
        })?;
        let svg = svg::with_paths(&svg, &self.paths(&frame, corner));
        let svg = svg::on_top(&svg, &mark::drawn(&self.marks, |cell| self.place(&frame, cell), corner));
        Ok(Figure { csv: self.numbers()?, stem: self.stem, title: self.title, caption: self.caption, svg })
    }

    fn colours(&self) -> ColourScale<'_> {
        let range = self.range.clone();
        let scale = if self.logarithmic { Scale::Logarithmic(range) } else { Scale::Linear(range) };
        let any = |is: &dyn Fn(f64) -> bool| self.values.iter().flatten().any(|estimate| is(estimate.value));
        let beyond = [any(&|value| value < self.range.start), any(&|value| value > self.range.end)];
        ColourScale { name: self.scale, scale, beyond }
    }

    fn size(&self) -> [usize; 2] {
        [self.settings[0].len().max(1), self.settings[1].len().max(1)]
    }

    /// Draws the axes and hatches the frame, where cells without a number let it show.
    fn draw_axes(&self, area: &Area) -> Drawn<Frame> {
        let [columns, rows] = self.size().map(|count| Scale::Linear(0.0..count as f64));
        let widest = self.settings[1].iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let names = (BESIDE + LETTER * widest).clamp(*NAMES.start(), *NAMES.end());
        let mut chart: Chart = ChartBuilder::on(area)
            .margin_right(30)
            .margin_bottom(16)
            .margin_left(20)
            .x_label_area_size(96)
            .y_label_area_size(names as u32)
            .build_cartesian_2d(columns, rows)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(INK.light.stroke_width(2))
            .x_labels(0)
            .y_labels(0)
            .axis_desc_style(text(TEXT, Pos::default()))
            .x_desc(self.labels[0])
            .y_desc(self.labels[1])
            .draw()?;
        name_columns(area, &chart, &self.settings[0])?;
        name_rows(area, &chart, &self.settings[1])?;
        for (row, column) in self.missing() {
            let (x, y) = (column as f64, row as f64);
            let stroke = |from, to| PathElement::new([from, to], GRID.light.stroke_width(3));
            let strokes = [
                stroke((x, y), (x + 1.0, y + 1.0)),
                stroke((x, y + 0.5), (x + 0.5, y + 1.0)),
                stroke((x + 0.5, y), (x + 1.0, y + 0.5)),
            ];
            chart.draw_series(strokes)?;
        }
        Ok(chart.plotting_area().get_pixel_range())
    }

    fn missing(&self) -> impl Iterator<Item = (usize, usize)> {
        let across = self.size()[0];
        let empty = move |(at, value): (usize, &Option<Estimate>)| {
            value.is_none_or(|estimate| !estimate.value.is_finite()).then_some((at / across, at % across))
        };
        self.values.iter().enumerate().filter_map(empty)
    }

    /// Where a cell lies: left and right, top and bottom.
    fn place(&self, (xs, ys): &Frame, (row, column): (usize, usize)) -> [[i32; 2]; 2] {
        let [columns, rows] = self.size();
        let along = |at: usize, count: usize, pixels: &Range<i32>| {
            (at as f64 / count as f64 * f64::from(pixels.end - pixels.start)).round() as i32
        };
        let x = |at| xs.start + along(at, columns, xs);
        let y = |at| ys.end - along(at, rows, ys);
        [[x(column), x(column + 1)], [y(row + 1), y(row)]]
    }

    /// One path for each colour.
    fn paths(&self, frame: &Frame, corner: (i32, i32)) -> Vec<(RGBColor, String)> {
        let (colours, across) = (self.colours(), self.size()[0]);
        let mut paths = ColourScale::paths(corner);
        for (at, value) in self.values.iter().enumerate() {
            if let Some(value) = value.map(|estimate| estimate.value).filter(|value| value.is_finite()) {
                let [across, down] = self.place(frame, (at / across, at % across));
                paths[colours.level(value)].push_str(&rectangle(across, down));
            }
        }
        coloured(paths)
    }

    fn numbers(&self) -> Result<String> {
        let across = self.size()[0];
        let measured = self.values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
        let cells = measured.map(|(at, value)| {
            let (row, column) = (at / across, at % across);
            let marks = self.marks.iter().filter(|mark| mark.cells.contains(&(row, column))).map(|mark| mark.name);
            let marks = marks.collect::<Vec<_>>().join("; ");
            ([self.settings[0][column].clone(), self.settings[1][row].clone(), marks], value)
        });
        let [x, y, quantity] = self.columns;
        if self.marks.is_empty() {
            tidy(&self.stem, &[x, y, quantity], cells.map(|([x, y, _], value)| ([x, y], value)))
        } else {
            tidy(&self.stem, &[x, y, "marks", quantity], cells)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour_scale::LEVELS;
    use super::*;

    fn map(settings: [&[&str]; 2], values: &[f64], marks: Vec<Mark<'static>>) -> Figure {
        let settings = settings.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let values = values.iter().map(|&value| (value >= 0.0).then_some(Estimate { value, interval: None })).collect();
        CellMap {
            stem: "m".into(),
            title: "t".into(),
            caption: "c".into(),
            labels: ["load", "gamma"],
            scale: "rate",
            columns: ["load", "gamma", "rate"],
            settings,
            values,
            range: 0.0..1.0,
            logarithmic: false,
            marks,
        }
        .figure()
        .expect("drawn")
    }

    #[test]
    fn every_cell_has_its_place_and_marks_are_written_down() {
        let best = Mark { name: "best", cells: vec![(1, 0)], framed: true };
        let short = Mark { name: "not settled", cells: vec![(0, 0), (1, 0)], framed: false };
        let figure = map([&["1", "2"], &["0.1", "0.2", "0.4"]], &[0.0, 0.5, 1.0, -1.0, 0.25, 0.25], vec![best, short]);
        let lines: Vec<_> = figure.csv.lines().collect();
        assert_eq!(lines[0], "load,gamma,marks,rate,low,high");
        assert_eq!(lines[1..4], ["1,0.1,not settled,0,,", "2,0.1,,0.5,,", "1,0.2,best; not settled,1,,"]);
        assert_eq!(lines.len(), 1 + 5);
        // Five cells and the scale; two frames of one mark and its key; three dots; three strokes of hatching.
        let rectangles: usize =
            figure.svg.lines().filter(|line| line.contains("crispEdges")).map(|line| line.matches('M').count()).sum();
        assert_eq!(rectangles, LEVELS + 5);
        let count = |what: &str| figure.svg.matches(what).count();
        assert_eq!((count("<circle"), count("fill=\"none\" stroke=\"#1B1F24\" stroke-width=\"4\"")), (3, 2));
    }

    #[test]
    fn long_names_of_rows_get_the_room_they_need() {
        let left = |name: &str| {
            let svg = map([&["1"], &[name]], &[0.5], Vec::new()).svg;
            let cells = svg.lines().filter(|line| line.contains("crispEdges"));
            let lefts = cells.flat_map(|line| line.split('M').skip(1).filter_map(|part| part.split(' ').next()));
            lefts.map(|left| left.parse::<usize>().expect("a pixel")).min().expect("a cell")
        };
        assert!(left("klr/rbf:0.0055") > LETTER * "klr/rbf:0.0055".len() + 40);
        assert!(left(&"x".repeat(200)) < WIDTH as usize / 2);
    }

    #[test]
    fn a_scale_says_where_numbers_lie_beyond_it() {
        let ends = |values: &[f64]| {
            let svg = map([&["1", "2"], &["3"]], values, Vec::new()).svg;
            ["\u{2264} 0.00", "\u{2265} 1.00"].map(|end| svg.contains(end))
        };
        assert_eq!(ends(&[0.0, 1.0]), [false, false]);
        assert_eq!(ends(&[0.5, 1.5]), [false, true]);
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        assert!(map([&[], &[]], &[], Vec::new()).svg.contains("</svg>"));
        assert!(map([&["1"], &["2"]], &[f64::NAN], Vec::new()).csv.ends_with("rate,low,high\n"));
    }
}
