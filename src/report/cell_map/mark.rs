//! Marks on the cells of a map, and their keys.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::legend::TICKS;
use super::super::palette::{INK, PAPER};
use super::super::svg::{Area, Drawn, hex, text};

/// Where the keys begin, below the top of the strip of the scale, and how far apart they are.
const KEYS: i32 = 690;
const KEY: i32 = 46;

/// A mark on some cells.
#[derive(Clone, Debug)]
pub struct Mark<'a> {
    /// What it says; a column of the numbers too, with 1 where a cell bears it.
    pub name: &'a str,
    /// The row, from below, and the column of each cell.
    pub cells: Vec<(usize, usize)>,
    /// A frame around the cell; or a dot in its middle.
    pub framed: bool,
}

/// A cell's left and right, top and bottom.
type Place = [[i32; 2]; 2];

/// The marks on their cells, and in their keys in the strip at `corner`: ink with a rim of paper, which shows on every
/// colour.
pub(super) fn drawn(marks: &[Mark], place: impl Fn((usize, usize)) -> Place, corner: (i32, i32)) -> String {
    let (ink, paper) = (hex(INK.light), hex(PAPER.light));
    let mut drawn = String::new();
    for (mark, y) in marks.iter().zip((0..).map(|line| corner.1 + KEYS + KEY * line)) {
        let key = [[corner.0 + 10, corner.0 + 50], [y - 18, y + 18]];
        for [[left, right], [top, bottom]] in mark.cells.iter().map(|&cell| place(cell)).chain([key]) {
            if mark.framed {
                let (x, y, width, height) = (left + 3, top + 3, right - left - 6, bottom - top - 6);
                for (colour, stroke) in [(&paper, 8), (&ink, 4)] {
                    drawn.push_str(&format!(
                        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
                         stroke=\"{colour}\" stroke-width=\"{stroke}\"/>\n"
                    ));
                }
            } else {
                let (x, y) = ((left + right) / 2, (top + bottom) / 2);
                drawn.push_str(&format!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"7\" fill=\"{ink}\" stroke=\"{paper}\" stroke-width=\"3\"/>\n"
                ));
            }
        }
    }
    drawn
}

/// What the marks say.
pub(super) fn draw_keys(area: &Area, marks: &[Mark]) -> Drawn {
    let left = Pos::new(HPos::Left, VPos::Center);
    for (mark, line) in marks.iter().zip(0..) {
        area.draw(&Text::new(mark.name.to_owned(), (62, KEYS + KEY * line + 3), text(TICKS, left)))?;
    }
    Ok(())
}
