//! Rules that turn numbers into signs: a fixed threshold, or each dimension's own mean or median.
//!
//! Knows nothing of the files the numbers come from, beyond the name for messages.

use std::fmt;
use std::str::FromStr;

use super::values::Values;
use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// Where the line between -1 and +1 lies. A value above it is +1; a value below it or equal to it is -1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binarize {
    /// One finite threshold for every value, in the file's own units. Written `threshold:V`.
    Threshold(f64),
    /// Each dimension's mean over the rows. Written `mean`.
    Mean,
    /// Each dimension's median over the rows; for an even number of rows, the midpoint of the two middle values.
    /// Written `median`.
    Median,
}

impl FromStr for Binarize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let threshold = text.strip_prefix("threshold:").and_then(|value| value.parse().ok());
        match (text, threshold) {
            ("mean", _) => Ok(Self::Mean),
            ("median", _) => Ok(Self::Median),
            (_, Some(value)) if f64::is_finite(value) => Ok(Self::Threshold(value)),
            _ => Err(Error::setting(
                format!("{text:?} is no binarization"),
                "write threshold:V with a finite number V, mean, or median",
            )),
        }
    }
}

impl fmt::Display for Binarize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold(value) => write!(formatter, "threshold:{value}"),
            Self::Mean => formatter.write_str("mean"),
            Self::Median => formatter.write_str("median"),
        }
    }
}

impl Binarize {
    /// One bit per value of `values`, which must all be finite.
    pub(super) fn apply(self, values: &Values<'_>) -> Result<Patterns> {
        values.check_finite()?;
        let thresholds = match self {
            Self::Threshold(value) => vec![value; values.width()],
            Self::Mean => means(values),
            Self::Median => (0..values.width()).map(|column| median(values, column)).collect(),
        };
        if let Some(column) = thresholds.iter().position(|threshold| !threshold.is_finite()) {
            return Err(Error::data(
                values.path(),
                format!("the {self} of column {column} (counted from 0) is {}", thresholds[column]),
                "scale the values down, or give a finite threshold:V",
            ));
        }
        let signs = values.iter().map(|(_, column, value)| value > thresholds[column]);
        Patterns::from_signs(values.width(), signs)
    }
}

/// Each column's mean, as the first row plus the mean deviation from it: a constant column's mean is then exactly its
/// value, so that it becomes -1 rather than what rounding makes of it.
fn means(values: &Values<'_>) -> Vec<f64> {
    let first: Vec<f64> = (0..values.width()).map(|column| values.get(0, column)).collect();
    let mut deviations = vec![0.0; first.len()];
    for (_, column, value) in values.iter() {
        deviations[column] += value - first[column];
    }
    let rows = values.rows() as f64;
    first.iter().zip(deviations).map(|(first, deviation)| first + deviation / rows).collect()
}

fn median(values: &Values<'_>, column: usize) -> f64 {
    let mut sorted: Vec<f64> = (0..values.rows()).map(|row| values.get(row, column)).collect();
    let rows = sorted.len();
    let (below, &mut upper, _) = sorted.select_nth_unstable_by(rows / 2, f64::total_cmp);
    match rows % 2 {
        0 => below.iter().copied().fold(f64::NEG_INFINITY, f64::max).midpoint(upper),
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::element::Element;
    use super::super::values::Layout;
    use super::*;

    fn binarized(rule: Binarize, width: usize, numbers: &[f64]) -> Result<Vec<i8>> {
        let layout = Layout {
            start: 0,
            shape: vec![numbers.len() / width, width],
            element: Element::F64,
            big_endian: false,
            fortran: false,
        };
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let values = Values::new(Path::new("numbers"), bytes, layout)?;
        Ok(rule.apply(&values)?.to_bipolar())
    }

    #[test]
    fn text_round_trips() {
        for rule in [Binarize::Threshold(127.0), Binarize::Threshold(-1.5e-300), Binarize::Mean, Binarize::Median] {
            assert_eq!(rule.to_string().parse::<Binarize>().unwrap(), rule);
        }
        assert_eq!(Binarize::Threshold(0.5).to_string(), "threshold:0.5");
        for text in ["", "Mean", "mode", "threshold", "threshold:", "threshold:x", "threshold:NaN", "threshold:inf"] {
            let message = text.parse::<Binarize>().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}")) && message.contains("threshold:V"), "{message}");
        }
    }

    #[test]
    fn a_value_at_the_threshold_is_minus_one() {
        assert_eq!(binarized(Binarize::Threshold(2.0), 3, &[1.0, 2.0, 3.0]).unwrap(), [-1, -1, 1]);
    }

    #[test]
    fn mean_and_median_are_per_column() {
        let numbers = [0.0, 10.0, 0.0, 20.0, 9.0, 30.0];
        assert_eq!(binarized(Binarize::Mean, 2, &numbers).unwrap(), [-1, -1, -1, -1, 1, 1]);
        // Mean 3 and 20, median 0 and 20: a value of 1 tells the two apart.
        let numbers = [0.0, 10.0, 1.0, 20.0, 0.0, 30.0, 11.0, 20.0, 0.0, 20.0];
        assert_eq!(binarized(Binarize::Mean, 2, &numbers).unwrap(), [-1, -1, -1, -1, -1, 1, 1, -1, -1, -1]);
        assert_eq!(binarized(Binarize::Median, 2, &numbers).unwrap(), [-1, -1, 1, -1, -1, 1, 1, -1, -1, -1]);
    }

    #[test]
    fn an_even_counts_median_is_the_midpoint() {
        // The middle values are 1 and 4, so the line is at 2.5.
        assert_eq!(binarized(Binarize::Median, 1, &[4.0, 0.0, 1.0, 9.0]).unwrap(), [1, -1, -1, 1]);
        assert_eq!(binarized(Binarize::Median, 1, &[5.0]).unwrap(), [-1]);
    }

    #[test]
    fn constant_columns_are_minus_one_whatever_the_rounding() {
        for rule in [Binarize::Mean, Binarize::Median] {
            assert_eq!(binarized(rule, 1, &[0.1; 10]).unwrap(), [-1; 10], "{rule}");
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for rule in [Binarize::Threshold(0.0), Binarize::Mean, Binarize::Median] {
            let message = binarized(rule, 2, &[0.0, 1.0, f64::NAN, 1.0]).unwrap_err().to_string();
            assert!(message.contains("row 1, column 0"), "{message}");
        }
        let message = binarized(Binarize::Mean, 1, &[-1e308, 1e308, 1e308]).unwrap_err().to_string();
        assert!(message.contains("the mean of column 0"), "{message}");
    }
}
