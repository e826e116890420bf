//! Marker shapes, so that curves differ by more than colour. Knows nothing of colours or axes.

use std::f64::consts::PI;

/// A shape: corners around the centre, the first one's direction in degrees, how deep it is cut in between, its size.
struct Shape {
    corners: u32,
    turn: f64,
    star: bool,
    size: f64,
}

const SHAPES: [Shape; 8] = [
    Shape { corners: 24, turn: 0.0, star: false, size: 1.0 },
    Shape { corners: 4, turn: 45.0, star: false, size: 1.25 },
    Shape { corners: 3, turn: -90.0, star: false, size: 1.4 },
    Shape { corners: 4, turn: 0.0, star: false, size: 1.35 },
    Shape { corners: 3, turn: 90.0, star: false, size: 1.4 },
    Shape { corners: 4, turn: 45.0, star: true, size: 1.6 },
    Shape { corners: 5, turn: -90.0, star: true, size: 1.6 },
    Shape { corners: 4, turn: 0.0, star: true, size: 1.6 },
];

/// The outline of the `index`-th marker about the origin, in pixels; shapes repeat after the eighth.
pub(super) fn outline(index: usize, radius: f64) -> Vec<(i32, i32)> {
    let Shape { corners, turn, star, size } = SHAPES[index % SHAPES.len()];
    // Between two corners an edge's middle lies at cos(pi / corners); a star is cut in deeper.
    let waist = if star { 0.36 } else { (PI / f64::from(corners)).cos() };
    (0..2 * corners)
        .map(|step| {
            let reach = radius * size * if step % 2 == 0 { 1.0 } else { waist };
            let angle = turn.to_radians() + PI * f64::from(step) / f64::from(corners);
            ((reach * angle.cos()).round() as i32, (reach * angle.sin()).round() as i32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shapes_differ_and_repeat() {
        let outlines: HashSet<_> = (0..SHAPES.len()).map(|index| outline(index, 10.0)).collect();
        assert_eq!(outlines.len(), SHAPES.len());
        assert_eq!(outline(0, 10.0), outline(SHAPES.len(), 10.0));
    }
}
