//! Shares stacked to one, in panels beside each other: bars, one for each setting, or areas over it. Knows nothing of
//! what was shared out.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::{Chart, Scale, name_columns};
use super::estimate::Estimate;
use super::figure::Figure;
use super::legend::{Key, TEXT, TICKS, draw_legend, legend_height, legend_width};
use super::number::plain;
use super::palette::{DISTINCT, GRID, INK};
use super::svg::{self, Area, Drawn, TITLE, WIDTH, text};
use super::tidy::tidy;
use crate::error::Result;

/// Height of one row of panels, and of the strip below them that names the axis.
const PANEL: u32 = 350;
const FOOT: u32 = 60;

/// Shares and what to write around them.
#[derive(Clone, Debug)]
pub struct Stacked<'a> {
    /// File name without its ending.
    pub stem: String,
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What lies along the axes.
    pub labels: [&'a str; 2],
    /// What the parts are, over their names; a column too.
    pub legend: &'a str,
    /// As columns: the horizontal setting, what tells panels apart, and the quantity.
    pub columns: [&'a str; 3],
    /// The parts in stacking order, from below; up to six can be told apart.
    pub parts: &'a [&'a str],
    /// The panels, in their order.
    pub panels: Vec<Panel>,
    /// Areas over the setting; or a bar for each setting, side by side whatever their distance, so that none is
    /// thinner than another.
    pub areas: bool,
}

/// The stacks of one panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its value of what tells panels apart.
    pub name: String,
    /// Settings, rising, and their parts' shares in stacking order; a share that is not a number counts as none.
    pub stacks: Vec<(f64, Vec<Estimate>)>,
}

impl Stacked<'_> {
    /// Draws them, and writes their numbers down: setting, panel, part, share, low, high.
    ///
    /// # Errors
    /// If the drawing fails.
    pub fn figure(self) -> Result<Figure> {
        let svg = self.draw()?;
        let stacks = self.panels.iter().flat_map(|panel| panel.stacks.iter().map(move |stack| (panel, stack)));
        let rows = stacks.flat_map(|(panel, (x, shares))| {
            let keys = move |part: &str| [plain(*x), panel.name.clone(), part.to_owned()];
            self.parts.iter().zip(shares).map(move |(part, share)| (keys(part), *share))
        });
        let [along, apart, quantity] = self.columns;
        let csv = tidy(&self.stem, &[along, apart, self.legend, quantity], rows)?;
        Ok(Figure { stem: self.stem, title: self.title, caption: self.caption, svg, csv })
    }

    fn draw(&self) -> Result<String> {
        let tones = DISTINCT.iter().cycle();
        let keys: Vec<_> = self.parts.iter().zip(tones).map(|(name, &tone)| Key::of_part(tone, name)).collect();
        let across = self.panels.len().clamp(1, 3);
        let down = self.panels.len().div_ceil(across).max(1);
        let height = TITLE + (PANEL * down as u32 + FOOT).max(legend_height(keys.len()));
        svg::draw(&self.title, &self.caption, height, &DISTINCT, |area| {
            let (left, right) = area.split_horizontally(WIDTH - legend_width(&keys));
            draw_legend(&right, self.legend, &keys)?;
            let (_, plot) = left.split_horizontally(60);
            let (panels, foot) = plot.split_vertically(PANEL * down as u32);
            for (place, panel) in panels.split_evenly((down, across)).iter().zip(&self.panels) {
                self.draw_panel(place, panel, &keys)?;
            }
            let middle = Pos::new(HPos::Center, VPos::Center);
            let centre = (foot.dim_in_pixel().0 / 2) as i32;
            foot.draw(&Text::new(self.labels[0].to_owned(), (centre, 20), text(TEXT, middle)))?;
            let turned = text(TEXT, middle).transform(FontTransform::Rotate270);
            let half = (PANEL * down as u32 / 2) as i32;
            left.draw(&Text::new(self.labels[1].to_owned(), (36, half), turned))
        })
    }

    fn draw_panel(&self, area: &Area, panel: &Panel, keys: &[Key]) -> Drawn {
        let xs: Vec<f64> = panel.stacks.iter().map(|stack| stack.0).collect();
        let reach = match (xs.first(), xs.last()) {
            (Some(&first), Some(&last)) if self.areas && first < last => first..last,
            _ => 0.0..xs.len().max(1) as f64,
        };
        let mut chart: Chart = ChartBuilder::on(area)
            .margin_top(50)
            .margin_right(if self.areas { 26 } else { 12 })
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(Scale::Linear(reach), Scale::Linear(0.0..1.0))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .max_light_lines(0)
            .bold_line_style(GRID.light.stroke_width(2))
            .axis_style(INK.light.stroke_width(2))
            .x_labels(if self.areas { 4 } else { 0 })
            .y_labels(3)
            .x_label_formatter(&|value| plain(*value))
            .y_label_formatter(&|value| plain(*value))
            .label_style(text(TICKS, Pos::default()))
            .draw()?;
        let name = format!("{} {}", self.columns[1], panel.name);
        area.draw(&Text::new(name, (70, 30), text(TICKS, Pos::new(HPos::Left, VPos::Center))))?;
        let mut below = vec![0.0; xs.len()];
        for (part, key) in keys.iter().enumerate() {
            let share = |stack: &(f64, Vec<Estimate>)| stack.1.get(part).map_or(0.0, |share| share.value.max(0.0));
            let above: Vec<f64> = panel.stacks.iter().zip(&below).map(|(stack, low)| low + share(stack)).collect();
            let fill = key.tone.light.filled();
            if self.areas {
                if above != below {
                    let top = xs.iter().copied().zip(above.iter().copied());
                    let bottom = xs.iter().copied().zip(below.iter().copied()).rev();
                    chart.draw_series([Polygon::new(top.chain(bottom).collect::<Vec<_>>(), fill)])?;
                }
            } else {
                let bars = (0..xs.len()).filter(|&at| above[at] > below[at]);
                let corners = |at: usize| [(at as f64 + 0.08, below[at]), (at as f64 + 0.92, above[at])];
                chart.draw_series(bars.map(|at| Rectangle::new(corners(at), fill)))?;
            }
            below = above;
        }
        if self.areas { Ok(()) } else { name_columns(area, &chart, &xs.into_iter().map(plain).collect::<Vec<_>>()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacked(panels: usize, settings: &[f64], areas: bool) -> Figure {
        let share = |value| Estimate { value, interval: None };
        let stacks: Vec<_> = settings.iter().map(|&x| (x, vec![share(1.0 - x), share(x), share(f64::NAN)])).collect();
        let panel = |index: usize| Panel { name: index.to_string(), stacks: stacks.clone() };
        Stacked {
            stem: "s".into(),
            title: "t".into(),
            caption: "c".into(),
            labels: ["x", "y"],
            legend: "outcome",
            columns: ["similarity", "load", "share"],
            parts: &["right", "wrong", "unknown"],
            panels: (0..panels).map(panel).collect(),
            areas,
        }
        .figure()
        .expect("drawn")
    }

    #[test]
    fn one_panel_many_panels_and_none_are_drawn() {
        for panels in [0, 1, 10] {
            for areas in [false, true] {
                for settings in [&[0.1, 0.5, 0.9][..], &[0.5], &[]] {
                    assert_eq!(stacked(panels, settings, areas).svg.matches("\nload ").count(), panels);
                }
            }
        }
    }

    #[test]
    fn every_share_is_written_and_those_there_are_are_drawn() {
        let bars = stacked(1, &[0.25, 1.0], false);
        assert_eq!(bars.csv.lines().nth(1), Some("0.25,0,right,0.75,,"));
        assert_eq!(bars.csv.lines().count(), 1 + 2 * 3);
        // Two parts of the first bar, one of the second; an area for each part that is somewhere; three keys each.
        assert_eq!(bars.svg.matches("<rect").count() - stacked(1, &[], false).svg.matches("<rect").count(), 3);
        assert_eq!(stacked(1, &[0.25, 1.0], true).svg.matches("<polygon").count(), 2 + 3);
    }
}
