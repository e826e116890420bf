//! Colours that can be told apart by colour-blind readers, in pairs: one for a white page and one for a dark one.
//! Knows nothing of what they stand for.

use plotters::style::RGBColor;

/// One colour's two faces. Figures are drawn in the light one; the style sheet inside swaps it on a dark screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tone {
    /// On a white page.
    pub(super) light: RGBColor,
    /// On a dark screen.
    pub(super) dark: RGBColor,
}

/// Both faces of a tone from their bytes.
const fn tone(light: (u8, u8, u8), dark: (u8, u8, u8)) -> Tone {
    Tone { light: RGBColor(light.0, light.1, light.2), dark: RGBColor(dark.0, dark.1, dark.2) }
}

/// Text and axes.
pub(super) const INK: Tone = tone((0x1B, 0x1F, 0x24), (0xE6, 0xE8, 0xEB));
/// Lines behind the data.
pub(super) const GRID: Tone = tone((0xDF, 0xE2, 0xE6), (0x33, 0x39, 0x40));
/// The page, for the rims that part one mark from the next.
pub(super) const PAPER: Tone = tone((0xFF, 0xFF, 0xFF), (0x14, 0x17, 0x1A));

/// Six colours without an order (Okabe and Ito), blue brightened on a dark screen.
pub(super) const DISTINCT: [Tone; 6] = [
    tone((0x00, 0x72, 0xB2), (0x3D, 0x9B, 0xDC)),
    tone((0xE6, 0x9F, 0x00), (0xE6, 0x9F, 0x00)),
    tone((0xCC, 0x79, 0xA7), (0xCC, 0x79, 0xA7)),
    tone((0x00, 0x9E, 0x73), (0x00, 0xA8, 0x7B)),
    tone((0x8A, 0x8F, 0x96), (0x9A, 0xA0, 0xA6)),
    tone((0xA8, 0x3E, 0x00), (0xE0, 0x6A, 0x22)),
];

/// The ramp "plasma" at tenths: lightness rises evenly, so its order survives colour blindness and grey print.
const RAMP: [(u8, u8, u8); 11] = [
    (13, 8, 135),
    (65, 4, 157),
    (106, 0, 168),
    (143, 13, 164),
    (177, 42, 144),
    (204, 71, 120),
    (225, 100, 98),
    (242, 132, 75),
    (252, 166, 54),
    (252, 206, 37),
    (240, 249, 33),
];

/// Colour `index` of `count` along the ramp, within the part that each page's background leaves readable.
pub(super) fn ordered(index: usize, count: usize) -> Tone {
    let along = if count > 1 { index as f64 / (count - 1) as f64 } else { 0.25 };
    Tone { light: ramp(0.78 * along), dark: ramp(0.4 + 0.6 * along) }
}

/// The ramp at `along` in 0..=1, linear between tenths.
pub(super) fn ramp(along: f64) -> RGBColor {
    let tenths = 10.0 * along.clamp(0.0, 1.0);
    let below = (tenths.floor() as usize).min(RAMP.len() - 2);
    let ((r0, g0, b0), (r1, g1, b1)) = (RAMP[below], RAMP[below + 1]);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * (tenths - below as f64)).round() as u8;
    RGBColor(mix(r0, r1), mix(g0, g1), mix(b0, b1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_colour_of_a_long_ramp_is_its_own() {
        for count in 1..=20 {
            let tones: HashSet<_> =
                (0..count).map(|index| ordered(index, count).light).map(|c| (c.0, c.1, c.2)).collect();
            assert_eq!(tones.len(), count);
        }
    }

    #[test]
    fn the_ramp_ends_where_it_should() {
        assert_eq!((ramp(0.0), ramp(1.0)), (RGBColor(13, 8, 135), RGBColor(240, 249, 33)));
    }
}
