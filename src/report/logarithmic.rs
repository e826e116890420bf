//! Curves on logarithmic axes, several panels one above another that share a legend. Knows nothing of what was
//! measured.

use plotters::prelude::*;

use super::axes::{Axes, Scale, draw_band, drawable};
use super::legend::{Key, draw_legend, legend_height, legend_width};
use super::palette::INK;
use super::svg::{self, Area, Drawn, TITLE, WIDTH};
use crate::error::Result;

/// Height of a panel.
const PANEL: u32 = 560;

/// A figure of panels.
#[derive(Clone, Debug)]
pub struct LogFigure {
    /// Over the figure.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What tells curves apart.
    pub legend: String,
    /// Their names, in order; a curve refers to them.
    pub names: Vec<String>,
    /// From top to bottom.
    pub panels: Vec<LogPanel>,
}

/// Curves on one pair of axes.
#[derive(Clone, Debug)]
pub struct LogPanel {
    /// What lies along the axes.
    pub labels: [String; 2],
    /// The curves.
    pub curves: Vec<LogCurve>,
    /// A line of slope 1 through this point: what grows in proportion runs along it.
    pub slope_one: Option<(f64, f64)>,
}

/// A curve, or a part of one.
#[derive(Clone, Debug, Default)]
pub struct LogCurve {
    /// Which of the figure's names it bears.
    pub name: usize,
    /// Rising in x; what is not positive and finite is left out.
    pub points: Vec<(f64, f64)>,
    /// Intervals (x, low, high), drawn as a band with a bar at each x; where one has no logarithm, the band is broken.
    pub intervals: Vec<(f64, f64, f64)>,
    /// What is drawn instead of a line from point to point: a fit.
    pub fit: Option<Vec<(f64, f64)>>,
}

impl LogCurve {
    fn drawn(&self) -> impl Iterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y))
    }

    /// None where one has no logarithm.
    fn intervals(&self) -> Vec<Option<(f64, f64, f64)>> {
        let whole = |ends: &(f64, f64, f64)| drawable(ends.0) && drawable(ends.1) && drawable(ends.2);
        self.intervals.iter().map(|ends| Some(*ends).filter(whole)).collect()
    }
}

impl LogFigure {
    /// Draws it as one self-contained SVG.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn draw(&self) -> Result<String> {
        let keys: Vec<Key> = self.names.iter().enumerate().map(|(index, name)| Key::of_kind(index, name)).collect();
        let tones: Vec<_> = keys.iter().map(|key| key.tone).collect();
        let height = TITLE + (PANEL * self.panels.len() as u32).max(legend_height(keys.len()));
        svg::draw(&self.title, &self.caption, height, &tones, |area| {
            let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
            for (panel, area) in self.panels.iter().zip(left.split_evenly((self.panels.len().max(1), 1))) {
                draw_panel(&area, panel, &keys)?;
            }
            draw_legend(&right, &self.legend, &keys)
        })
    }
}

fn draw_panel(area: &Area, panel: &LogPanel, keys: &[Key]) -> Drawn {
    let ends = |curve: &LogCurve| -> Vec<(f64, f64)> {
        curve.intervals().into_iter().flatten().flat_map(|(x, low, high)| [(x, low), (x, high)]).collect()
    };
    let points = || panel.curves.iter().flat_map(move |curve| curve.drawn().chain(ends(curve)));
    let axes = Axes {
        labels: [&panel.labels[0], &panel.labels[1]],
        x: Scale::logarithmic(points().map(|point| point.0)),
        y: Scale::logarithmic(points().map(|point| point.1)),
    };
    let mut chart = axes.draw(area)?;
    let (xs, ys) = (axes.x.ends(), axes.y.ends());
    if let Some((x, y)) = panel.slope_one.filter(|(x, y)| *x > 0.0 && *y > 0.0) {
        // As much of it as the axes hold.
        let low = xs.start.max(x * ys.start / y);
        let high = xs.end.min(x * ys.end / y);
        if low < high {
            let line = [(low, y * low / x), (high, y * high / x)];
            chart.draw_series([PathElement::new(line, INK.light.stroke_width(2))])?;
        }
    }
    // All intervals first, so that none hides a value.
    for curve in &panel.curves {
        draw_band(&mut chart, &curve.intervals(), keys[curve.name].tone)?;
    }
    for curve in &panel.curves {
        let key = &keys[curve.name];
        let points: Vec<_> = curve.drawn().collect();
        let line = curve.fit.clone().unwrap_or_else(|| points.clone());
        let width = if curve.fit.is_some() { 2 } else { 4 };
        chart.draw_series([PathElement::new(line, key.tone.light.stroke_width(width))])?;
        chart.draw_series(points.into_iter().map(|point| {
            let (fill, rim) = key.mark();
            EmptyElement::at(point) + fill + rim
        }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(panels: Vec<LogPanel>) -> String {
        let (title, caption, legend) = ("t".into(), "c".into(), "l".into());
        LogFigure { title, caption, legend, names: vec!["a".into(), "b".into()], panels }.draw().expect("drawn")
    }

    fn panel(points: Vec<(f64, f64)>, slope_one: Option<(f64, f64)>) -> LogPanel {
        LogPanel {
            labels: ["x".into(), "y".into()],
            curves: vec![LogCurve { name: 1, points, ..LogCurve::default() }],
            slope_one,
        }
    }

    #[test]
    fn what_has_no_logarithm_is_left_out() {
        let points = vec![(0.0, 1.0), (1.0, 0.0), (1.0, 10.0), (2.0, f64::NAN), (1e6, 3e7), (f64::INFINITY, 1.0)];
        // Two markers, and two in the legend.
        assert_eq!(figure(vec![panel(points, Some((1.0, 10.0)))]).matches("<polygon").count(), 2 + 2);
    }

    #[test]
    fn a_band_is_broken_where_an_interval_has_no_logarithm() {
        let mut panel = panel(vec![(1.0, 2.0), (4.0, 8.0)], None);
        let low_high = |x, low| (x, low, 16.0);
        panel.curves[0].intervals =
            vec![low_high(1.0, 1.0), low_high(2.0, 1.0), low_high(3.0, 0.0), low_high(4.0, 1.0)];
        panel.curves[0].fit = Some(vec![(1.0, 2.0), (4.0, 8.0)]);
        // Two bands, two markers, and two in the legend.
        assert_eq!(figure(vec![panel]).matches("<polygon").count(), 2 + 2 + 2);
    }

    #[test]
    fn nothing_to_draw_is_drawn() {
        assert!(figure(vec![]).contains("</svg>"));
        assert!(figure(vec![panel(vec![], Some((0.0, 0.0))), panel(vec![(1.0, 1.0)], None)]).contains("</svg>"));
    }
}
