//! How often something lies where: counts or shares over bins, one outline for each series. Knows nothing of what was
//! counted.

use plotters::prelude::*;

use super::axes::{Axes, Reference, Scale};
use super::estimate::Estimate;
use super::figure::Figure;
use super::legend::{Key, draw_legend, legend_height, legend_width};
use super::number::plain;
use super::series::y_range;
use super::svg::{self, Area, Drawn, TITLE, WIDTH};
use super::tidy::tidy;
use crate::error::Result;

/// Least height of the plot.
const PLOT: u32 = 640;
/// Markers along one outline, about.
const MARKERS: usize = 12;

/// Bins and what to write around them.
#[derive(Clone, Debug)]
pub struct Histogram<'a> {
    /// File name without its ending.
    pub stem: String,
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the axes.
    pub labels: [&'a str; 2],
    /// What tells the series apart.
    pub legend: &'a str,
    /// As columns: what was binned, what tells the series apart, and the quantity.
    pub columns: [&'a str; 3],
    /// Where each bin begins, rising, and where the last ends.
    pub edges: Vec<f64>,
    /// Whether the horizontal axis is logarithmic; bins without a logarithm are then written down but not drawn.
    pub logarithmic: bool,
    /// Names, and a count or share for each bin.
    pub series: Vec<(String, Vec<f64>)>,
    /// What they are to be held against.
    pub references: Vec<Reference>,
}

impl Histogram<'_> {
    /// Draws it, and writes its numbers down, a line for each bin of each series by where the bin begins and ends.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(self) -> Result<Figure> {
        let svg = self.draw()?;
        let bins = |values: &Vec<f64>| self.edges.windows(2).zip(values.clone()).collect::<Vec<_>>();
        let rows = self.series.iter().flat_map(|(name, values)| {
            let row = |(ends, value): (&[f64], f64)| {
                ([plain(ends[0]), plain(ends[1]), name.clone()], Estimate { value, interval: None })
            };
            bins(values).into_iter().map(row).collect::<Vec<_>>()
        });
        let [along, apart, quantity] = self.columns;
        let csv = tidy(&self.stem, &[&format!("{along}_from"), &format!("{along}_to"), apart, quantity], rows)?;
        Ok(Figure { stem: self.stem, title: self.title, caption: self.caption, svg, csv })
    }

    fn draw(&self) -> Result<String> {
        let count = self.series.len();
        let keys: Vec<_> = (0..count).map(|index| Key::of_curve(index, count, &self.series[index].0)).collect();
        let tones: Vec<_> = keys.iter().map(|key| key.tone).collect();
        let height = TITLE + PLOT.max(legend_height(count));
        svg::draw(&self.title, &self.caption, height, &tones, |area| {
            let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
            self.draw_bins(&left, &keys)?;
            draw_legend(&right, self.legend, &keys)
        })
    }

    fn axes(&self) -> Axes<'_> {
        let [mut xs, mut ys] = [self.edges.clone(), vec![0.0]];
        for [x, y] in self.references.iter().map(Reference::reach) {
            xs.extend(x);
            ys.extend(y);
        }
        ys.extend(self.series.iter().flat_map(|(_, values)| values));
        let x = if self.logarithmic {
            Scale::logarithmic(xs.into_iter())
        } else {
            let (low, high) = xs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
            Scale::Linear(if low < high { low..high } else { 0.0..1.0 })
        };
        Axes { labels: self.labels, x, y: Scale::Linear(0.0..y_range(ys.into_iter()).end) }
    }

    fn draw_bins(&self, area: &Area, keys: &[Key]) -> Drawn {
        let axes = self.axes();
        let mut chart = axes.draw(area)?;
        let middle =
            |ends: &[f64]| if self.logarithmic { (ends[0] * ends[1]).sqrt() } else { 0.5 * (ends[0] + ends[1]) };
        let bins = |values: &[f64]| -> Vec<([f64; 3], f64)> {
            let drawn = self.edges.windows(2).zip(values.to_vec());
            let drawn = drawn.filter(|(ends, value)| axes.x.places(ends[0]) && value.is_finite());
            drawn.map(|(ends, value)| ([ends[0], middle(ends), ends[1]], value)).collect()
        };
        // A single series is a solid one; of several, each lets the others show.
        let strength = if keys.len() > 1 { 0.12 } else { 0.45 };
        for ((_, values), key) in self.series.iter().zip(keys) {
            let bars = bins(values).into_iter().filter(|(_, value)| *value > 0.0);
            let fill = key.tone.light.mix(strength).filled();
            chart.draw_series(
                bars.map(|([left, _, right], value)| Rectangle::new([(left, 0.0), (right, value)], fill)),
            )?;
        }
        axes.draw_references(&mut chart, &self.references)?;
        for ((_, values), key) in self.series.iter().zip(keys) {
            let bins = bins(values);
            let steps: Vec<_> =
                bins.iter().flat_map(|([left, _, right], value)| [(*left, *value), (*right, *value)]).collect();
            chart.draw_series([PathElement::new(steps, key.tone.light.stroke_width(4))])?;
            if keys.len() > 1 {
                let shown = bins.iter().filter(|(_, value)| *value > 0.0);
                let every = bins.len().div_ceil(MARKERS).max(1);
                chart.draw_series(shown.step_by(every).map(|([_, middle, _], value)| {
                    let (fill, rim) = key.mark();
                    EmptyElement::at((*middle, *value)) + fill + rim
                }))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(edges: &[f64], series: &[&[f64]], logarithmic: bool) -> Figure {
        Histogram {
            stem: "h".into(),
            title: "t".into(),
            caption: "c".into(),
            labels: ["field", "share of neurons"],
            legend: "memory",
            columns: ["field", "memory", "share"],
            edges: edges.to_vec(),
            logarithmic,
            series: series.iter().enumerate().map(|(index, values)| (index.to_string(), values.to_vec())).collect(),
            references: Vec::new(),
        }
        .figure()
        .expect("drawn")
    }

    #[test]
    fn every_bin_is_written_by_its_ends_and_drawn_if_there_is_something() {
        let figure = histogram(&[0.0, 1.0, 3.0], &[&[0.25, 0.75], &[0.0, 1.0]], false);
        assert_eq!(figure.csv.lines().next(), Some("field_from,field_to,memory,share,low,high"));
        assert_eq!(figure.csv.lines().nth(2), Some("1,3,0,0.75,,"));
        let none = histogram(&[0.0, 1.0, 3.0], &[&[0.0, 0.0], &[0.0, 0.0]], false);
        let drawn = |figure: &Figure, what: &str| figure.svg.matches(what).count();
        assert_eq!(drawn(&figure, "<rect") - drawn(&none, "<rect"), 3);
        // Markers over bins of something, and two keys.
        assert_eq!(drawn(&figure, "<polygon"), 3 + 2);
    }

    #[test]
    fn a_bin_without_a_logarithm_and_no_bin_at_all_are_drawn() {
        assert_eq!(histogram(&[0.0, 1.0, 10.0], &[&[0.5, 0.5]], true).csv.lines().count(), 1 + 2);
        assert!(histogram(&[], &[], false).svg.contains("</svg>"));
        assert!(histogram(&[2.0], &[&[]], true).svg.contains("</svg>"));
    }
}
