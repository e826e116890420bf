//! The legend of a figure: which mark stands for what, beside the data and never over it.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::marker::outline;
use super::palette::{DISTINCT, PAPER, Tone, ordered};
use super::svg::{Area, Drawn, text};

/// Width of the strip on the right that holds the legend.
pub(super) const LEGEND: u32 = 240;
/// Width of a letter of an entry, about.
const LETTER: u32 = 17;
/// Size of axis descriptions and of the legend's title.
pub(super) const TEXT: f64 = 34.0;
/// Size of tick labels and of the legend's entries.
pub(super) const TICKS: f64 = 31.0;
/// Height of one entry.
const ENTRY: i32 = 40;

/// A place on the sheet.
type Pixel = (i32, i32);

/// What one curve or one part of a bar looks like, and its name.
pub(super) struct Key<'a> {
    /// Its colour.
    pub(super) tone: Tone,
    name: &'a str,
    shape: Vec<Pixel>,
    /// How much of the colour covers the page.
    strength: f64,
}

impl<'a> Key<'a> {
    /// Curve `index` of `count`, in an ordered colour and with its own marker.
    pub(super) fn of_curve(index: usize, count: usize, name: &'a str) -> Self {
        // Markers shrink from the first curve to the last, so that where curves coincide each still shows a rim.
        let radius = 15.5 - 8.0 * index as f64 / count.max(1) as f64;
        Self { tone: ordered(index, count), name, shape: outline(index, radius), strength: 1.0 }
    }

    /// One of a few kinds that have no order, each with its own marker.
    pub(super) fn of_kind(index: usize, name: &'a str) -> Self {
        Self { tone: DISTINCT[index % DISTINCT.len()], name, shape: outline(index, 11.0), strength: 1.0 }
    }

    /// A part of a bar: a square of its colour.
    pub(super) fn of_part(tone: Tone, name: &'a str) -> Self {
        Self::of_band(tone, 1.0, name)
    }

    /// A band through which the page shows: a square of its colour.
    pub(super) fn of_band(tone: Tone, strength: f64, name: &'a str) -> Self {
        Self { tone, name, shape: vec![(-13, -13), (13, -13), (13, 13), (-13, 13)], strength }
    }

    /// The mark about its point, and a rim in the page's colour that makes it stand out from what it lies on.
    pub(super) fn mark(&self) -> (Polygon<Pixel>, PathElement<Pixel>) {
        let mut rim = self.shape.clone();
        rim.extend(self.shape.first());
        let fill = Polygon::new(self.shape.clone(), self.tone.light.mix(self.strength).filled());
        (fill, PathElement::new(rim, PAPER.light.stroke_width(2)))
    }
}

/// Width that the legend of these keys needs.
pub(super) fn legend_width(keys: &[Key]) -> u32 {
    let longest = keys.iter().map(|key| key.name.chars().count()).max().unwrap_or(0);
    LEGEND.max(70 + LETTER * longest.min(32) as u32)
}

/// Height a legend of `entries` needs under its title.
pub(super) fn legend_height(entries: usize) -> u32 {
    ENTRY as u32 * (entries as u32 + 2)
}

/// Draws the title and one line per key.
pub(super) fn draw_legend(area: &Area, title: &str, keys: &[Key]) -> Drawn {
    let left = Pos::new(HPos::Left, VPos::Center);
    area.draw(&Text::new(title.to_owned(), (10, 16), text(TEXT, left)))?;
    for (key, line) in keys.iter().zip(1..) {
        let y = 16 + ENTRY * line;
        let (fill, rim) = key.mark();
        area.draw(&(EmptyElement::at((28, y)) + fill + rim))?;
        area.draw(&Text::new(key.name.to_owned(), (56, y + 3), text(TICKS, left)))?;
    }
    Ok(())
}
