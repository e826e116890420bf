//! Draws what became of the trials: bars stacked to one, one bar per load, one panel per similarity.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::estimate::Estimate;
use super::legend::{Key, LEGEND, TEXT, TICKS, draw_legend, legend_height};
use super::number::plain;
use super::palette::{DISTINCT, GRID, INK};
use super::summary::{Summary, levels};
use super::svg::{self, Area, Drawn, TITLE, WIDTH, text};
use crate::error::Result;

/// Reads one outcome's share off a row.
type Share = fn(&Summary) -> Estimate;

/// What can become of a trial, in stacking order: its name and its share.
pub(super) const OUTCOMES: [(&str, Share); 5] = [
    ("target", |row| row.target),
    ("other learned", |row| row.other),
    ("spurious", |row| row.spurious),
    ("cycle", |row| row.cycle),
    ("unsettled", |row| row.unsettled),
];

/// Height of one row of panels, and of the strip below them that names the axis.
const PANEL: u32 = 350;
const FOOT: u32 = 60;
/// Room that one tick label needs per letter, and between two labels.
const LETTER: usize = 14;
const GAP: usize = 6;

/// Draws one memory's outcomes as an SVG.
pub(super) fn draw(title: &str, caption: &str, memory: &[Summary]) -> Result<String> {
    let keys: Vec<_> = OUTCOMES.iter().zip(DISTINCT).map(|((name, _), tone)| Key::of_part(tone, name)).collect();
    let mut similarities = levels(memory, |row| row.similarity);
    similarities.reverse();
    let across = similarities.len().clamp(1, 3);
    let down = similarities.len().div_ceil(across).max(1);
    let height = TITLE + (PANEL * down as u32 + FOOT).max(legend_height(keys.len()));
    svg::draw(title, caption, height, &DISTINCT, |area| {
        let (left, right) = area.split_horizontally(WIDTH - LEGEND);
        draw_legend(&right, "outcome", &keys)?;
        let (_, plot) = left.split_horizontally(60);
        let (panels, foot) = plot.split_vertically(PANEL * down as u32);
        for (panel, similarity) in panels.split_evenly((down, across)).iter().zip(&similarities) {
            let rows: Vec<_> = memory.iter().filter(|row| row.similarity == *similarity).collect();
            draw_panel(panel, *similarity, &rows, &keys)?;
        }
        let middle = Pos::new(HPos::Center, VPos::Center);
        let centre = (foot.dim_in_pixel().0 / 2) as i32;
        foot.draw(&Text::new("load P/N (patterns per neuron)", (centre, 20), text(TEXT, middle)))?;
        let turned = text(TEXT, middle).transform(FontTransform::Rotate270);
        left.draw(&Text::new("outcome (share of trials)", (36, (PANEL * down as u32 / 2) as i32), turned))
    })
}

/// One similarity's bars. Loads stand side by side whatever their distance, so that no bar is thinner than another.
fn draw_panel(area: &Area, similarity: f64, rows: &[&Summary], keys: &[Key]) -> Drawn {
    let bars = rows.len().max(1);
    let mut chart = ChartBuilder::on(area)
        .margin_top(50)
        .margin_right(12)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..bars as f64, 0.0..1.0)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .max_light_lines(0)
        .bold_line_style(GRID.light.stroke_width(2))
        .axis_style(INK.light.stroke_width(2))
        .x_labels(0)
        .y_labels(3)
        .y_label_formatter(&|value| plain(*value))
        .label_style(text(TICKS, Pos::default()))
        .draw()?;
    let (range, _) = chart.plotting_area().get_pixel_range();
    let name = format!("similarity {}", plain(similarity));
    area.draw(&Text::new(name, (70, 30), text(TICKS, Pos::new(HPos::Left, VPos::Center))))?;
    let widest = rows.iter().map(|row| plain(row.load).len()).max().unwrap_or(1);
    let every = ((widest * LETTER + GAP) * bars).div_ceil(range.len().max(1)).max(1);
    for (index, row) in rows.iter().enumerate() {
        let (x, mut below) = (index as f64, 0.0);
        for ((_, share), key) in OUTCOMES.iter().zip(keys) {
            let above = below + share(row).value;
            if above > below {
                let corners = [(x + 0.08, below), (x + 0.92, above)];
                chart.draw_series([Rectangle::new(corners, key.tone.light.filled())])?;
                below = above;
            }
        }
        if index % every == 0 {
            let (x, y) = chart.backend_coord(&(x + 0.5, 0.0));
            let base = area.get_base_pixel();
            let style = text(TICKS, Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(plain(row.load), (x - base.0, y - base.1 + 12), style))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn shares_of_the_sample_stack_to_one() {
        for row in summarise(&sample::sweep(&["a"], &[1.0, 12.0], &[1.0, 0.6], 2)) {
            assert!((OUTCOMES.iter().map(|(_, share)| share(&row).value).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn one_panel_many_panels_and_none_are_drawn() {
        let many: Vec<_> = (0..10).map(|step| 0.1 * f64::from(step)).collect();
        for similarities in [&many[..], &many[..1], &[]] {
            let rows = summarise(&sample::sweep(&["a"], &[1.0], similarities, 1));
            let svg = draw("t", "c", &rows).expect("drawn");
            assert_eq!(svg.matches("similarity 0").count(), similarities.len());
        }
    }
}
