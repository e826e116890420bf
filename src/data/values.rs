//! A matrix of numbers as a pattern file stores it, decoded one element at a time.
//!
//! The file's own bytes are kept, so that 8-bit images do not grow eightfold on their way to one bit each. Knows where
//! each element lies; knows nothing of a file format's header or of binarization rules.

use std::path::Path;

use super::element::Element;
use super::format::Contents;
use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// What a file's header declares.
pub(super) struct Layout {
    /// Byte offset of the first element.
    pub(super) start: usize,
    /// Rows, then the axes that make up a row; of a column alone the rows.
    pub(super) shape: Vec<usize>,
    pub(super) element: Element,
    pub(super) big_endian: bool,
    /// The first axis varies fastest, instead of the last.
    pub(super) fortran: bool,
}

impl Layout {
    /// Where the array ends, if any file is so long.
    pub(super) fn end(&self) -> Option<usize> {
        let elements = self.shape.iter().try_fold(1, |product: usize, &length| product.checked_mul(length));
        elements.and_then(|count| count.checked_mul(self.element.size())?.checked_add(self.start))
    }
}

/// Rows of `width` finite or non-finite numbers; rows and width are at least 1.
pub(super) struct Values<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    layout: Layout,
    rows: usize,
    row_step: usize,
    /// Distance, in elements, of each column from its row's first element.
    columns: Vec<usize>,
    /// Which rows of the array these are, if not all in their order.
    chosen: Option<Vec<usize>>,
}

impl<'a> Values<'a> {
    /// Takes a file's bytes under the layout its header declares, if the two fit.
    pub(super) fn new(path: &'a Path, bytes: Vec<u8>, layout: Layout) -> Result<Self> {
        let shape = &layout.shape;
        if let Some(axis) = shape.iter().position(|&length| length == 0) {
            return Err(Error::data(
                path,
                format!("axis {axis} of shape {shape:?} is empty: there is nothing in it"),
                "give at least one row of at least one value",
            ));
        }
        let found = bytes.len();
        let Some(end) = layout.end() else {
            return Err(Error::data(
                path,
                format!("shape {shape:?} is more than any file holds, and this one has {found} bytes"),
                "the header is damaged: write or copy the file again",
            ));
        };
        if end != found {
            let (what, cure) = match end > found {
                true => ("is cut short", "copy or write it again"),
                false => ("has trailing bytes", "write it again, with one array and nothing after it"),
            };
            return Err(Error::data(
                path,
                format!("the file {what}: shape {shape:?} takes {end} bytes with the header, and it has {found}"),
                cure,
            ));
        }
        let rows = shape[0];
        let columns = columns(&shape[1..], shape[1..].iter().product(), rows, layout.fortran);
        let row_step = if layout.fortran { 1 } else { columns.len() };
        Ok(Self { path, bytes, rows, row_step, columns, chosen: None, layout })
    }

    /// Takes what a file holds as rows, if it has rows and a width.
    pub(super) fn of_rows(path: &'a Path, contents: Contents) -> Result<Self> {
        let shape = &contents.layout.shape;
        if shape.len() < 2 {
            let what = format!("the array's shape is {shape:?}: patterns need rows and a width");
            return Err(Error::data(path, what, contents.wide));
        }
        Self::new(path, contents.bytes, contents.layout)
    }

    /// These of the rows, each in range, one at least.
    pub(super) fn choose(&mut self, rows: Vec<usize>) {
        self.rows = rows.len();
        self.chosen = Some(rows);
    }

    /// The file the values come from.
    pub(super) fn path(&self) -> &Path {
        self.path
    }

    /// Number of rows, at least 1.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Values per row, at least 1.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// One value; `row` and `column` must be in range.
    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        let Layout { start, element, big_endian, .. } = self.layout;
        let row = self.chosen.as_ref().map_or(row, |chosen| chosen[row]);
        let at = start + (row * self.row_step + self.columns[column]) * element.size();
        element.decode(&self.bytes[at..at + element.size()], big_endian)
    }

    /// Every value with its row and column, row by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        (0..self.rows).flat_map(move |row| (0..self.width()).map(move |column| (row, column, self.get(row, column))))
    }

    /// Refuses the first value that is NaN or infinite.
    pub(super) fn check_finite(&self) -> Result<()> {
        match self.iter().find(|(.., value)| !value.is_finite()) {
            None => Ok(()),
            Some((row, column, value)) => Err(Error::data(
                self.path,
                format!("row {row}, column {column} (counted from 0) holds {value}"),
                "replace it by a number (numpy.nan_to_num) or drop that row",
            )),
        }
    }

    /// The values as patterns, if they are all -1/+1 or all 0/1.
    pub(super) fn to_patterns(&self) -> Result<Patterns> {
        self.check_finite()?;
        let mut zero = None;
        let mut minus = false;
        for (row, column, value) in self.iter() {
            if value == 0.0 {
                zero.get_or_insert((row, column));
            } else if value == -1.0 {
                minus = true;
            } else if value != 1.0 {
                return Err(self.not_bipolar(row, column, &format!("{value}, which is not one of -1, 0 and 1")));
            }
        }
        match zero {
            Some((row, column)) if minus => Err(self.not_bipolar(row, column, "0 in a file that also holds -1")),
            _ => Patterns::from_signs(self.width(), self.iter().map(|(.., value)| value > 0.0)),
        }
    }

    fn not_bipolar(&self, row: usize, column: usize, what: &str) -> Error {
        Error::data(
            self.path,
            format!("row {row}, column {column} (counted from 0) holds {what}: patterns are all -1/+1 or all 0/1"),
            "say how to make them so: --binarize threshold:V|mean|median",
        )
    }
}

/// Where a row's `width` values lie, in the order in which the last of its `axes` varies fastest.
fn columns(axes: &[usize], width: usize, rows: usize, fortran: bool) -> Vec<usize> {
    if !fortran {
        return (0..width).collect();
    }
    let mut columns = vec![0];
    let mut step = rows;
    for &length in axes {
        columns = columns.iter().flat_map(|&before| (0..length).map(move |index| before + index * step)).collect();
        step *= length;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "values";

    fn values(bytes: &[u8], shape: &[usize], element: Element, fortran: bool) -> Result<Values<'static>> {
        let layout = Layout { start: 0, shape: shape.to_vec(), element, big_endian: false, fortran };
        Values::new(Path::new(PATH), bytes.to_vec(), layout)
    }

    fn refusal(numbers: &[f32]) -> String {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        values(&bytes, &[numbers.len() / 2, 2], Element::F32, false).unwrap().to_patterns().unwrap_err().to_string()
    }

    #[test]
    fn fortran_order_reads_as_numpy_reshapes_it() {
        // numpy.arange(24).reshape(2, 3, 4) stored in Fortran order, against its reshape(2, 12).
        let stored: Vec<u8> =
            (0..4).flat_map(|k| (0..3).flat_map(move |j| (0..2).map(move |i| i * 12 + j * 4 + k))).collect();
        let read = values(&stored, &[2, 3, 4], Element::U8, true).unwrap();
        let expected: Vec<f64> = (0..24).map(f64::from).collect();
        assert_eq!(read.iter().map(|(.., value)| value).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bipolar_and_binary_values_are_patterns() {
        let signs = |bytes: &[u8]| values(bytes, &[1, 3], Element::I8, false).unwrap().to_patterns().unwrap();
        assert_eq!(signs(&[1, 255, 1]).to_bipolar(), [1, -1, 1]);
        assert_eq!(signs(&[1, 0, 1]).to_bipolar(), [1, -1, 1]);
        assert_eq!(signs(&[1, 1, 1]).to_bipolar(), [1, 1, 1]);
        assert_eq!(signs(&[0, 0, 0]).to_bipolar(), [-1, -1, -1]);
    }

    #[test]
    fn the_first_offender_is_named() {
        let message = refusal(&[1.0, -1.0, 1.0, 0.5]);
        assert!(message.contains("row 1, column 1 (counted from 0) holds 0.5"), "{message}");
        assert!(message.contains("--binarize threshold:V|mean|median"), "{message}");
        assert!(refusal(&[1.0, 0.0, -1.0, 0.0]).contains("row 0, column 1 (counted from 0) holds 0 in a file"));
        assert!(refusal(&[1.0, 7.0, f32::NAN, 0.0]).contains("row 1, column 0 (counted from 0) holds NaN"));
        assert!(refusal(&[1.0, f32::NEG_INFINITY]).contains("holds -inf"));
    }

    #[test]
    fn shapes_and_lengths_must_fit() {
        let refusal = |shape: &[usize]| match values(&[0; 6], shape, Element::U16, false) {
            Ok(_) => panic!("{shape:?} was accepted"),
            Err(error) => error.to_string(),
        };
        assert!(refusal(&[0, 3]).contains("axis 0"));
        assert!(refusal(&[3, 0]).contains("axis 1"));
        assert!(refusal(&[2, 2]).contains("cut short") && refusal(&[2, 2]).contains("8 bytes"));
        assert!(refusal(&[1, 2]).contains("trailing bytes"));
        assert!(refusal(&[usize::MAX, 2]).contains("more than any file holds"));
        assert!(refusal(&[usize::MAX, 1]).contains("more than any file holds"));
    }
}
