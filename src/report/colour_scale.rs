//! Numbers as colours, and the scale that says which is which. Knows nothing of where the colours lie.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::Scale;
use super::legend::{TEXT, TICKS};
use super::number::{plain, scientific};
use super::palette::ramp;
use super::svg::{Area, Drawn, text};

/// Colours: as many as can be told apart, and few enough that neighbours share one and the file stays small.
pub(super) const LEVELS: usize = 16;
/// Height of the scale, below its name.
const LENGTH: u32 = 600;

/// A scale in a strip of its own.
pub(super) struct ColourScale<'a> {
    /// What the colours mean.
    pub(super) name: &'a str,
    /// The numbers of the darkest and the lightest colour, and what lies between.
    pub(super) scale: Scale,
    /// Whether some numbers lie below, or above: they have the colour of that end.
    pub(super) beyond: [bool; 2],
}

impl ColourScale<'_> {
    /// Draws the numbers of the colours, which lie left of them.
    pub(super) fn draw(&self, area: &Area) -> Drawn {
        let left = Pos::new(HPos::Left, VPos::Center);
        area.draw(&Text::new(self.name.to_owned(), (10, 16), text(TEXT, left)))?;
        for tick in 0..=4 {
            let share = f64::from(tick) / 4.0;
            let sign = match (tick, self.beyond) {
                (0, [true, _]) => "\u{2264} ",
                (4, [_, true]) => "\u{2265} ",
                _ => "",
            };
            area.draw(&Text::new(format!("{sign}{}", self.tick(share)), (62, on_scale(share) + 3), text(TICKS, left)))?;
        }
        Ok(())
    }

    /// What is written at a share of the scale: as many digits as tell its ticks apart.
    fn tick(&self, share: f64) -> String {
        let span = self.scale.ends().end - self.scale.ends().start;
        match &self.scale {
            Scale::Logarithmic(ends) => {
                let value = ends.start * (ends.end / ends.start).powf(share);
                if (0.01..1000.0).contains(&value) { short(value) } else { scientific(value) }
            }
            Scale::Linear(ends) if (0.1..100.0).contains(&span) => format!("{:.2}", ends.start + share * span),
            Scale::Linear(ends) => plain((ends.start + share * span).round()),
        }
    }

    /// The colour of a number, counted from the darkest; what is beyond an end, or no number, has that of an end.
    pub(super) fn level(&self, value: f64) -> usize {
        let share = match &self.scale {
            Scale::Linear(ends) => (value - ends.start) / (ends.end - ends.start),
            Scale::Logarithmic(ends) => (value / ends.start).ln() / (ends.end / ends.start).ln(),
        };
        ((share * LEVELS as f64) as usize).min(LEVELS - 1)
    }

    /// One path for each colour: its place in the strip at `corner`.
    pub(super) fn paths(corner: (i32, i32)) -> Vec<String> {
        let on_strip = |level: usize| corner.1 + on_scale(level as f64 / LEVELS as f64);
        let (left, right) = (corner.0 + 10, corner.0 + 50);
        (0..LEVELS).map(|level| rectangle([left, right], [on_strip(level + 1), on_strip(level)])).collect()
    }
}

/// The paths with their colours.
pub(super) fn coloured(paths: Vec<String>) -> Vec<(RGBColor, String)> {
    paths.into_iter().enumerate().map(|(level, path)| (ramp(level as f64 / (LEVELS - 1) as f64), path)).collect()
}

/// A rectangle as a part of a path.
pub(super) fn rectangle([left, right]: [i32; 2], [top, bottom]: [i32; 2]) -> String {
    format!("M{left} {top}H{right}V{bottom}H{left}z")
}

/// Where a share of the range lies on the scale, in pixels below the top of its strip.
fn on_scale(share: f64) -> i32 {
    50 + ((1.0 - share) * f64::from(LENGTH)).round() as i32
}

/// Two significant digits.
fn short(value: f64) -> String {
    let digits = (1 - value.log10().floor() as i32).clamp(0, 3) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(scale: Scale) -> ColourScale<'static> {
        ColourScale { name: "", scale, beyond: [false; 2] }
    }

    #[test]
    fn every_number_has_a_colour_and_equal_factors_are_equally_far_apart() {
        let linear = scale(Scale::Linear(-1.0..1.0));
        assert_eq!([-9.0, -1.0, 0.0, 1.0, 9.0, f64::NAN].map(|value| linear.level(value)), [0, 0, 8, 15, 15, 0]);
        let powers = scale(Scale::Logarithmic(1.0..65536.0));
        assert_eq!([0.0, 1.5, 3.0, 6.0, 12.0, 1e9].map(|value| powers.level(value)), [0, 0, 1, 2, 3, 15]);
    }

    #[test]
    fn ticks_can_be_told_apart() {
        for ends in [
            Scale::Linear(0.0..1.0),
            Scale::Linear(0.0..5000.0),
            Scale::Linear(-0.05..0.05),
            Scale::Logarithmic(0.5..40.0),
            Scale::Logarithmic(1e-7..1e9),
        ] {
            let ticks: std::collections::HashSet<_> =
                (0..=4).map(|tick| scale(ends.clone()).tick(f64::from(tick) / 4.0)).collect();
            assert_eq!(ticks.len(), 5, "{ticks:?}");
        }
    }
}
