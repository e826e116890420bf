//! Label files: the class of each row of a pattern file, as whole numbers along one axis.
//!
//! Knows nothing of what a class means, nor of the patterns but how many there are.

use std::path::Path;

use super::values::Values;
use super::{Format, idx, npy, read};
use crate::error::{Error, Result};

/// From here on not every whole number is told from the next.
const MOST: f64 = 9_007_199_254_740_992.0;

/// Reads the class of each of `rows` patterns: a .npy of one axis of any integer type, or an IDX file of one axis.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is neither format, is cut short or has trailing bytes, has other than one
/// axis, holds other than whole numbers below 2^53 in magnitude, or other than `rows` of them.
pub fn read_labels(path: &Path, rows: usize) -> Result<Vec<i64>> {
    let (format, bytes) = read(path)?;
    let layout = match format {
        Format::Npy => npy::layout(path, &bytes),
        Format::Idx => idx::layout(path, &bytes),
    }?;
    let [found] = layout.shape.as_slice() else {
        let cure = match format {
            Format::Npy => "give a file of labels: array.reshape(-1), or argmax(1) of one-hot rows, before numpy.save",
            Format::Idx => "give the labels file (-labels-idx1-ubyte)",
        };
        let what = format!("the shape is {:?}: labels lie along one axis, a number for each row", layout.shape);
        return Err(Error::data(path, what, cure));
    };
    if *found != rows {
        let what = format!("{found} labels for {rows} rows of patterns");
        return Err(Error::data(path, what, "give the labels of the same file, one for each of its rows"));
    }
    if !layout.element.is_integer() {
        let what = "the labels are floating-point numbers, and classes are whole numbers";
        return Err(Error::data(path, what, "convert them before saving: array.astype(numpy.int64)"));
    }
    let values = Values::new(path, bytes, layout)?;
    let label = |(row, _, value): (usize, usize, f64)| match value.abs() < MOST {
        true => Ok(value as i64),
        false => {
            let what = format!("row {row} (counted from 0) has the label {value:e}: {MOST} and above are rounded");
            Err(Error::data(path, what, "number the classes from 0: numpy.unique(labels, return_inverse=True)[1]"))
        }
    };
    values.iter().map(label).collect()
}

/// Reads which pattern, counted from 0, each of `rows` queries was made from: [`read_labels`] of numbers that are no less.
///
/// # Errors
/// As [`read_labels`], and of a number below 0.
pub fn read_sources(path: &Path, rows: usize) -> Result<Vec<usize>> {
    let number = |(row, &source): (usize, &i64)| {
        usize::try_from(source)
            .map_err(|_| Error::data(path, format!("row {row} names pattern {source}"), "number patterns from 0"))
    };
    read_labels(path, rows)?.iter().enumerate().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        [npy::MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn labels(bytes: &[u8], rows: usize) -> Result<Vec<i64>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, bytes).unwrap();
        read_labels(&path, rows)
    }

    #[test]
    fn every_integer_type_is_read() {
        assert_eq!(labels(&npy("|u1", "(3,)", &[0, 7, 255]), 3).unwrap(), [0, 7, 255]);
        assert_eq!(labels(&npy("|i1", "(2,)", &[255, 1]), 2).unwrap(), [-1, 1]);
        assert_eq!(labels(&npy(">i2", "(1,)", &[1, 2]), 1).unwrap(), [258]);
        let wide = [(1_i64 << 40).to_le_bytes(), (-3_i64).to_le_bytes()].concat();
        assert_eq!(labels(&npy("<i8", "(2,)", &wide), 2).unwrap(), [1 << 40, -3]);
        assert_eq!(labels(&[0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4], 3).unwrap(), [5, 0, 4]);
    }

    #[test]
    fn what_is_no_column_of_classes_is_refused() {
        let refusal = |bytes: &[u8], rows| labels(bytes, rows).unwrap_err().to_string();
        let message = refusal(&npy("|u1", "(3, 1)", &[0, 1, 2]), 3);
        assert!(message.contains("[3, 1]") && message.contains("reshape(-1)"), "{message}");
        assert!(refusal(&npy("|u1", "()", &[0]), 1).contains("one axis"));
        let message = refusal(&[0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0], 1);
        assert!(message.contains("[1, 1]") && message.contains("-labels-idx1-ubyte"), "{message}");
        assert!(refusal(&npy("|u1", "(3,)", &[0, 1, 2]), 4).contains("3 labels for 4 rows"));
        assert!(refusal(&npy("<f4", "(1,)", &[0; 4]), 1).contains("astype(numpy.int64)"));
        assert!(refusal(&npy("<u8", "(1,)", &(1_u64 << 53).to_le_bytes()), 1).contains("row 0"));
        assert!(refusal(&npy("|u1", "(3,)", &[0, 1]), 3).contains("cut short"));
        assert!(refusal(&npy("|u1", "(0,)", &[]), 0).contains("empty"));
        assert!(refusal(b"\x89PNG\r\n", 1).contains("not a format known here"));
    }
}
