//! Feature files: rows of real numbers, kept as f32.

use std::fmt;
use std::str::FromStr;

use super::input::Input;
use super::rows::rows;
use crate::error::{Error, Result};

/// Magnitudes beyond this make squares that leave f32 within a few thousand dimensions.
const MOST: f64 = 1e15;

/// Rows of `dimensions` finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    dimensions: usize,
    values: Vec<f32>,
}

impl Features {
    /// Rows from their values, row-major.
    ///
    /// # Errors
    /// If they are no whole rows, there are none, or one is not finite or above 1e15 in magnitude.
    pub fn new(dimensions: usize, values: Vec<f32>) -> Result<Self> {
        if dimensions == 0 || values.is_empty() || !values.len().is_multiple_of(dimensions) {
            let what = format!("{} values as rows of {dimensions}", values.len());
            return Err(Error::setting(what, "give one whole row at least"));
        }
        match values.iter().position(|value| !fits((*value).into())) {
            None => Ok(Self { dimensions, values }),
            Some(at) => {
                let what = format!("row {}, dimension {} is {}", at / dimensions, at % dimensions, values[at]);
                Err(Error::setting(what, "give finite numbers, within 1e15"))
            }
        }
    }

    /// Numbers in a row, d.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Never: there is one row at least.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values in f64, for sums on the host.
    pub(crate) fn wide(&self) -> Vec<f64> {
        self.values.iter().map(|&value| value.into()).collect()
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.dimensions..][..self.dimensions]
    }

    /// Each row.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimensions)
    }

    /// The first rows, or all.
    #[must_use]
    pub fn first(&self, rows: usize) -> Self {
        let count = rows.clamp(1, self.len());
        Self { dimensions: self.dimensions, values: self.values[..count * self.dimensions].to_vec() }
    }

    /// Each row less a shift.
    ///
    /// # Errors
    /// As [`Self::new`], and if the shift is of another width.
    pub fn less(&self, shift: &[f32]) -> Result<Self> {
        if shift.len() != self.dimensions {
            let what = format!("a bias of {} numbers for {} dimensions", shift.len(), self.dimensions);
            return Err(Error::setting(what, "give a number for each dimension"));
        }
        let values = self.rows().flat_map(|row| row.iter().zip(shift).map(|(value, shift)| value - shift));
        Self::new(self.dimensions, values.collect())
    }

    /// Some rows, each as often as asked for.
    #[must_use]
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let values = rows.into_iter().flat_map(|row| self.row(row).iter().copied()).collect();
        Self { dimensions: self.dimensions, values }
    }
}

/// Whether a number is one that features may hold.
fn fits(value: f64) -> bool {
    value.abs() <= MOST
}

/// How a file's numbers become features.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scaling {
    /// As they are.
    #[default]
    None,
    /// This range onto \[-1, 1\], in a line.
    Range {
        /// What becomes -1.
        low: f64,
        /// What becomes 1.
        high: f64,
    },
}

impl Scaling {
    /// How it is written.
    pub const SPELLINGS: &'static str =
        "none, or range:LOW,HIGH for that range onto -1 to 1 (range:0,255 for 8-bit images)";

    fn of(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Range { low, high } => 2.0 * (value - low) / (high - low) - 1.0,
        }
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Range { low, high } => write!(f, "range:{low},{high}"),
        }
    }
}

impl FromStr for Scaling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("scaling {text:?}: write {}", Self::SPELLINGS);
        if text == "none" {
            return Ok(Self::None);
        }
        let range = text.strip_prefix("range:").and_then(|range| range.split_once(',')).ok_or_else(unknown)?;
        let number = |text: &str| text.trim().parse().ok().filter(|value: &f64| value.is_finite());
        match (number(range.0), number(range.1)) {
            (Some(low), Some(high)) if low < high => Ok(Self::Range { low, high }),
            _ => Err(unknown()),
        }
    }
}

/// Reads an input of shape \[P, d\] as P rows of d numbers; further axes are flattened into d.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is of no known format or damaged, has fewer than
/// two axes or an empty one, or holds a number that is not finite, or above 1e15 in magnitude once scaled.
pub fn read_features(input: impl Into<Input>, scaling: Scaling) -> Result<Features> {
    let input = input.into();
    let (values, _) = rows(&input)?;
    values.check_finite()?;
    let mut features = Vec::with_capacity(values.rows() * values.width());
    for (row, column, value) in values.iter() {
        let value = scaling.of(value);
        if !fits(value) {
            let what = format!("row {row}, column {column} (counted from 0) is {value:e}");
            return Err(Error::data(input.path(), what, "scale the features to numbers within 1e15"));
        }
        features.push(value as f32);
    }
    Ok(Features { dimensions: values.width(), values: features })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::write_f32;

    #[test]
    fn what_is_written_is_read_and_scaled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features.npy");
        write_f32(&path, 2, 3, &[0.0, 0.5, 1.0, -1.0, 2.0, 0.25]).unwrap();
        let read = read_features(&path, Scaling::None).unwrap();
        assert_eq!((read.len(), read.dimensions(), read.row(1)), (2, 3, &[-1.0, 2.0, 0.25][..]));
        let scaled = read_features(&path, "range:0,2".parse().unwrap()).unwrap();
        assert_eq!(scaled.row(1), [-2.0, 1.0, -0.75]);
        write_f32(&path, 1, 2, &[1.0, f32::INFINITY]).unwrap();
        assert!(read_features(&path, Scaling::None).unwrap_err().to_string().contains("inf"));
        write_f32(&path, 1, 2, &[1.0, 1e20]).unwrap();
        assert!(read_features(&path, Scaling::None).unwrap_err().to_string().contains("within 1e15"));
    }

    #[test]
    fn scalings_are_spelled_as_they_are_read() {
        for text in ["none", "range:0,255", "range:-1,1"] {
            assert_eq!(text.parse::<Scaling>().unwrap().to_string(), text);
        }
        for text in ["range:1", "range:2,1", "range:a,b", "range:0,inf", "unit"] {
            assert!(text.parse::<Scaling>().unwrap_err().contains("range:LOW,HIGH"), "{text}");
        }
    }

    #[test]
    fn rows_that_are_none_are_refused() {
        assert!(Features::new(0, vec![]).is_err() && Features::new(3, vec![0.0; 4]).is_err());
        let refused = Features::new(2, vec![0.0, 0.0, 1.0, f32::NAN]).unwrap_err().to_string();
        assert!(refused.contains("row 1, dimension 1 is NaN"), "{refused}");
    }
}
