//! How something is spread, against a setting: the median in a band of most and a band of all. Knows nothing of what
//! was measured.

use plotters::prelude::*;

use super::axes::{Axes, Reference, Scale};
use super::estimate::Estimate;
use super::figure::Figure;
use super::legend::{Key, draw_legend, legend_width};
use super::number::plain;
use super::palette::DISTINCT;
use super::series::{x_range, y_range};
use super::svg::{self, Area, Drawn, TITLE, WIDTH};
use super::tidy::tidy;
use crate::error::Result;

/// Height of the plot.
const PLOT: u32 = 700;
/// How much of the colour the band of all and the band of most have.
const STRENGTHS: [f64; 2] = [0.17, 0.34];
/// The quantiles as they are written down.
const QUANTILES: [&str; 5] = ["0", "0.1", "0.5", "0.9", "1"];

/// Quantiles and what to write around them.
#[derive(Clone, Debug)]
pub struct Fan<'a> {
    /// File name without its ending.
    pub stem: String,
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the axes.
    pub labels: [&'a str; 2],
    /// As columns: the setting, and the quantity.
    pub columns: [&'a str; 2],
    /// Whether the horizontal axis is logarithmic; what has no logarithm is then written down but not drawn.
    pub logarithmic: bool,
    /// Settings, rising, and of each the least, the 10 % quantile, the median, the 90 % quantile and the most.
    pub points: Vec<(f64, [f64; 5])>,
    /// What it is to be held against.
    pub references: Vec<Reference>,
}

impl Fan<'_> {
    /// Draws it, and writes its numbers down: setting, quantile, value.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(self) -> Result<Figure> {
        let tone = DISTINCT[0];
        let keys = [
            Key::of_kind(0, "median"),
            Key::of_band(tone, STRENGTHS[0] + STRENGTHS[1], "10 to 90 %"),
            Key::of_band(tone, STRENGTHS[0], "least to most"),
        ];
        let svg = svg::draw(&self.title, &self.caption, TITLE + PLOT, &[tone], |area| {
            let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
            self.draw_fan(&left, &keys[0])?;
            draw_legend(&right, "quantiles", &keys)
        })?;
        let values = self.points.iter().flat_map(|(x, values)| {
            QUANTILES
                .iter()
                .zip(values)
                .map(|(name, &value)| ([plain(*x), (*name).to_owned()], Estimate { value, interval: None }))
        });
        let csv = tidy(&self.stem, &[self.columns[0], "quantile", self.columns[1]], values)?;
        Ok(Figure { stem: self.stem, title: self.title, caption: self.caption, svg, csv })
    }

    fn draw_fan(&self, area: &Area, median: &Key) -> Drawn {
        let [mut xs, mut ys] = [Vec::new(), vec![0.0]];
        for [x, y] in self.references.iter().map(Reference::reach) {
            xs.extend(x);
            ys.extend(y);
        }
        xs.extend(self.points.iter().map(|point| point.0));
        ys.extend(self.points.iter().flat_map(|point| point.1));
        let x =
            if self.logarithmic { Scale::logarithmic(xs.into_iter()) } else { Scale::Linear(x_range(xs.into_iter())) };
        let axes = Axes { labels: self.labels, x, y: Scale::Linear(y_range(ys.into_iter())) };
        let mut chart = axes.draw(area)?;
        let placed: Vec<_> = self
            .points
            .iter()
            .filter(|(x, values)| axes.x.places(*x) && values.iter().all(|y| y.is_finite()))
            .collect();
        for (strength, [low, high]) in STRENGTHS.into_iter().zip([[0, 4], [1, 3]]) {
            let lows = placed.iter().map(|(x, values)| (*x, values[low]));
            let highs = placed.iter().rev().map(|(x, values)| (*x, values[high]));
            chart
                .draw_series([Polygon::new(lows.chain(highs).collect::<Vec<_>>(), median.tone.light.mix(strength))])?;
            // The bar shows a setting that stands alone, and which settings a band joins.
            let bar = |(x, values): &&(f64, [f64; 5])| {
                PathElement::new([(*x, values[low]), (*x, values[high])], median.tone.light.stroke_width(3))
            };
            chart.draw_series(placed.iter().map(bar))?;
        }
        axes.draw_references(&mut chart, &self.references)?;
        let line: Vec<_> = placed.iter().map(|(x, values)| (*x, values[2])).collect();
        chart.draw_series([PathElement::new(line.clone(), median.tone.light.stroke_width(4))])?;
        chart.draw_series(line.into_iter().map(|point| {
            let (fill, rim) = median.mark();
            EmptyElement::at(point) + fill + rim
        }))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fan(points: &[(f64, [f64; 5])], logarithmic: bool) -> Figure {
        Fan {
            stem: "f".into(),
            title: "t".into(),
            caption: "c".into(),
            labels: ["load", "radius"],
            columns: ["load", "radius"],
            logarithmic,
            points: points.to_vec(),
            references: Vec::new(),
        }
        .figure()
        .expect("drawn")
    }

    #[test]
    fn every_quantile_is_written_and_what_is_no_number_not_drawn() {
        let figure = fan(&[(0.5, [0.0, 1.0, 2.0, 3.0, 9.0]), (1.0, [f64::NAN; 5])], false);
        assert_eq!(figure.csv.lines().count(), 1 + 10);
        assert_eq!(figure.csv.lines().nth(4), Some("0.5,0.9,3,,"));
        // Two bands, one marker, three keys.
        assert_eq!(figure.svg.matches("<polygon").count(), 2 + 1 + 3);
        assert_eq!(fan(&[(0.0, [1.0; 5]), (1.0, [1.0; 5])], true).svg.matches("<polygon").count(), 2 + 1 + 3);
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        assert!(fan(&[], false).svg.contains("</svg>") && fan(&[], true).svg.contains("</svg>"));
    }
}
