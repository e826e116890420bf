//! Label files: the class of each row of a pattern file, as whole numbers along one axis.
//!
//! Knows nothing of what a class means, nor of the patterns but how many there are.

use super::input::Input;
use super::rows;
use crate::error::{Error, Result};

/// Reads the class of each of `rows` patterns: whole numbers along one axis, of any type and any format, or a CSV of one
/// column.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is of no known format, is damaged, has other than one
/// axis, holds other than whole numbers below 2^53 in magnitude, or other than `rows` of them.
pub fn read_labels(input: impl Into<Input>, rows: usize) -> Result<Vec<i64>> {
    rows::labels(&input.into(), rows)
}

/// Reads which pattern, counted from 0, each of `rows` queries was made from: [`read_labels`] of numbers that are no less.
///
/// # Errors
/// As [`read_labels`], and of a number below 0.
pub fn read_sources(input: impl Into<Input>, rows: usize) -> Result<Vec<usize>> {
    let input = input.into();
    let number = |(row, &source): (usize, &i64)| {
        usize::try_from(source).map_err(|_| {
            Error::data(input.path(), format!("row {row} names pattern {source}"), "number patterns from 0")
        })
    };
    read_labels(&input, rows)?.iter().enumerate().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::format::npy;

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
        assert!(refusal(b"\x7fELF", 1).contains("not a format known here"));
    }
}
