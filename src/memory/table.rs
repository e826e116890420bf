//! The separation profile of a memory as numbers: one weight per Hamming distance.

use crate::error::{Error, Result};

/// Profiles within 2^-60 .. 2^60 are plain f32; the products of weights and duals then stay far from underflow.
const PLAIN_RANGE: f64 = 60.0 * std::f64::consts::LN_2;

/// Largest binary exponent, so that the difference of two is exact in any arithmetic.
const LARGEST_EXPONENT: f64 = (1 << 24) as f64;

/// A separation profile as a table over Hamming distance: weight(d) = `values[d]` * 2^`exponents[d]`, d = 0..=N.
///
/// The table *is* the profile from here on: f32 values computed once in f64, the same bits on every device. A trial's
/// weights may be scaled by any power of two without changing a sign, so a profile that exceeds f32 keeps its exponents
/// apart and nothing underflows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// N + 1 values.
    pub values: Vec<f32>,
    /// N + 1 powers of two; all 0 unless the profile's range exceeds that of f32.
    pub exponents: Vec<i32>,
}

impl Table {
    /// The table of a positive profile given by its natural logarithm at each distance `0..=neurons`.
    ///
    /// # Errors
    /// If the profile spans more than 2^(2^24), or is not finite.
    pub fn from_logarithm(neurons: usize, logarithm: impl Fn(usize) -> f64) -> Result<Self> {
        let logarithms: Vec<f64> = (0..=neurons).map(logarithm).collect();
        let extreme =
            logarithms.iter().fold(0.0, |most: f64, log| if log.is_finite() { most.max(log.abs()) } else { f64::NAN });
        if extreme <= PLAIN_RANGE {
            let values = logarithms.iter().map(|&log| libm::exp(log) as f32).collect();
            return Ok(Self { values, exponents: vec![0; neurons + 1] });
        }
        let powers = logarithms.iter().map(|log| log / std::f64::consts::LN_2);
        let fits = extreme / std::f64::consts::LN_2 <= LARGEST_EXPONENT;
        if !fits {
            return Err(Error::setting(
                format!("a kernel whose logarithm reaches {extreme:e} at {neurons} neurons"),
                "use a smaller gamma: gamma * neurons must stay below 2.9e6",
            ));
        }
        let table: Self = powers
            .map(|power| (libm::exp2(power - power.floor()) as f32, power.floor() as i32))
            .collect::<(Vec<_>, Vec<_>)>()
            .into();
        match table.fault() {
            None => Ok(table),
            Some(what) => Err(Error::setting(what, "use a profile that falls with distance")),
        }
    }

    /// The table of plain values, as a file may hold them: exponents are split off where f32's products could underflow.
    pub(super) fn from_values(values: Vec<f32>) -> Self {
        let plain =
            |value: &f32| *value == 0.0 || !value.is_finite() || f64::from(value.abs()).ln().abs() <= PLAIN_RANGE;
        if values.iter().all(plain) {
            return Self { exponents: vec![0; values.len()], values };
        }
        // A weight of 0 takes the exponent before it, so that exponents fall as the values do.
        let mut last = 0;
        let split = |value: f32| {
            if value == 0.0 {
                return (0.0, last);
            }
            let (mantissa, exponent) = libm::frexpf(value);
            last = exponent - 1;
            (2.0 * mantissa, last)
        };
        values.into_iter().map(split).collect::<(Vec<_>, Vec<_>)>().into()
    }

    /// What keeps a table that may come from a file from being used, if anything does.
    ///
    /// A wide table's weights are taken relative to the nearest key's: that must then be the largest.
    pub(crate) fn fault(&self) -> Option<String> {
        if !self.is_wide() {
            let most = 2.0_f32.powi(60) * 1.000_001;
            let plain = |value: &f32| *value == 0.0 || (1.0 / most..=most).contains(&value.abs());
            let distance = self.values.iter().position(|value| !plain(value))?;
            let value = self.values[distance];
            return Some(format!("the table holds {value} at distance {distance}, beyond 2^60, without an exponent"));
        }
        // A trial's nearest key must have the largest weight, 1 at least relative to itself.
        let zero = self.values.iter().position(|value| *value == 0.0).unwrap_or(self.values.len());
        if let Some(after) = self.values[zero..].iter().position(|value| *value != 0.0) {
            return Some(format!(
                "the table spans more than 2^60 and rises from 0 before distance {}: such a profile must fall",
                zero + after
            ));
        }
        let mantissa = |value: &f32| *value == 0.0 || (1.0..=2.0).contains(value);
        if let Some(distance) = self.values.iter().position(|value| !mantissa(value)) {
            let value = self.values[distance];
            return Some(format!(
                "the table spans more than 2^60, and its mantissa {value} at distance {distance} is not within 1 and 2"
            ));
        }
        if let Some(distance) = self.exponents.windows(2).position(|pair| pair[0] < pair[1]) {
            return Some(format!(
                "the table spans more than 2^60 and rises after distance {distance}: such a profile must fall"
            ));
        }
        let past = |exponent: &i32| f64::from(exponent.unsigned_abs()) > LARGEST_EXPONENT;
        let distance = self.exponents.iter().position(past)?;
        Some(format!("the table's exponent {} at distance {distance} is too large", self.exponents[distance]))
    }

    /// Whether a trial's weights must be scaled by its nearest key.
    pub fn is_wide(&self) -> bool {
        self.exponents.iter().any(|&exponent| exponent != 0)
    }

    /// weight(distance) / 2^exponent(reference), in f64.
    pub fn weight(&self, distance: usize, reference: usize) -> f64 {
        let shift = self.exponents[distance] - self.exponents[reference];
        // Below f64's range a weight is 0; scalbn takes any exponent.
        libm::scalbn(f64::from(self.values[distance]), shift)
    }
}

impl From<(Vec<f32>, Vec<i32>)> for Table {
    fn from((values, exponents): (Vec<f32>, Vec<i32>)) -> Self {
        Self { values, exponents }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_narrow_profile_is_plain_and_a_wide_one_keeps_its_exponents() {
        let narrow = Table::from_logarithm(100, |d| -0.08 * d as f64).unwrap();
        assert!(!narrow.is_wide());
        assert_eq!(narrow.values[50], (-4.0_f64).exp() as f32);
        let wide = Table::from_logarithm(100, |d| -20.0 * d as f64).unwrap();
        assert!(wide.is_wide());
        for (d, reference) in [(0, 0), (1, 0), (7, 0), (30, 0), (100, 99), (99, 99), (100, 80)] {
            let exact = -20.0 * d as f64 - f64::from(wide.exponents[reference]) * std::f64::consts::LN_2;
            assert!((wide.weight(d, reference).ln() - exact).abs() < 1e-6, "{d} {reference}");
        }
        assert_eq!(wide.weight(100, 0), 0.0, "below all of f64");
    }

    #[test]
    fn plain_values_are_split_only_where_they_must_be() {
        let narrow = Table::from_values(vec![1.0, -0.5, 0.0]);
        assert_eq!((narrow.values.as_slice(), narrow.is_wide()), (&[1.0, -0.5, 0.0][..], false));
        let wide = Table::from_values(vec![1.5, 1e-10, 1e-30, 0.0]);
        assert!(wide.is_wide() && wide.fault().is_none());
        for (distance, value) in [(0, 1.5_f32), (1, 1e-10), (2, 1e-30), (3, 0.0)] {
            assert_eq!(wide.weight(distance, 0), f64::from(value));
        }
        assert!(Table::from_values(vec![1e-30, 1.0]).fault().is_some_and(|what| what.contains("must fall")));
        assert!(Table::from_values(vec![1.0, -1e-30]).fault().is_some_and(|what| what.contains("mantissa -")));
    }

    #[test]
    fn a_profile_beyond_all_range_is_refused() {
        assert!(Table::from_logarithm(1000, |d| -1e6 * d as f64).unwrap_err().to_string().contains("smaller gamma"));
        assert!(Table::from_logarithm(10, |_| f64::NAN).is_err());
    }
}
