//! Separation profiles by name: what `--kernel` means.
//!
//! To add a profile: a variant, its spelling, its logarithm.

use std::fmt;
use std::str::FromStr;

use super::table::Table;
use crate::error::{Error, Result};

/// A kernel on bipolar states: a function of the Hamming distance alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    /// Radial basis function K(x, y) = exp(-gamma |x - y|^2) = exp(-4 gamma d) (arXiv 2504.07633).
    Rbf {
        /// Width parameter, above 0.
        gamma: f64,
    },
}

impl Profile {
    /// The profile's table for N neurons.
    ///
    /// # Errors
    /// If its range exceeds any table's.
    pub fn table(&self, neurons: usize) -> Result<Table> {
        match *self {
            Self::Rbf { gamma } => Table::from_logarithm(neurons, |distance| -4.0 * gamma * distance as f64),
        }
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse =
            || Error::setting(format!("kernel {text:?}"), "write rbf:GAMMA with GAMMA above 0, such as rbf:0.02");
        let (name, value) = text.split_once(':').ok_or_else(refuse)?;
        match (name, value.parse::<f64>()) {
            ("rbf", Ok(gamma)) if gamma > 0.0 && gamma.is_finite() => Ok(Self::Rbf { gamma }),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rbf { gamma } => write!(f, "rbf:{gamma}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        for text in ["rbf:0.02", "rbf:5"] {
            assert_eq!(text.parse::<Profile>().unwrap().to_string(), text);
        }
        for text in ["rbf", "rbf:", "rbf:-1", "rbf:0", "rbf:nan", "rbf:inf", "laplace:1", ""] {
            assert!(text.parse::<Profile>().unwrap_err().to_string().contains("rbf:GAMMA"), "{text}");
        }
    }
}
