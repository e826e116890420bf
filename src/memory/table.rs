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
    /// The exponent of a weight of 0 in a table with exponents: no other is smaller.
    pub(crate) const OF_ZERO: i32 = -(1 << 24);

    /// The table of a profile given by the sign (0 where it vanishes) and the natural logarithm of its magnitude at each
    /// distance `0..=neurons`.
    ///
    /// # Errors
    /// If the profile spans more than 2^(2^24), or is not finite.
    pub fn from_logarithm(neurons: usize, weight: impl Fn(usize) -> (f64, f64)) -> Result<Self> {
        let weights: Vec<(f64, f64)> = (0..=neurons).map(weight).collect();
        let present = || weights.iter().filter(|(sign, _)| *sign != 0.0);
        let extreme =
            present().fold(0.0, |most: f64, (_, log)| if log.is_finite() { most.max(log.abs()) } else { f64::NAN });
        if extreme <= PLAIN_RANGE {
            let value = |&(sign, log): &(f64, f64)| if sign == 0.0 { 0.0 } else { (sign * libm::exp(log)) as f32 };
            return Ok(Self { values: weights.iter().map(value).collect(), exponents: vec![0; neurons + 1] });
        }
        let fits = extreme / std::f64::consts::LN_2 <= LARGEST_EXPONENT;
        if !fits {
            return Err(Error::setting(
                format!("a kernel whose logarithm reaches {extreme:e} at {neurons} neurons"),
                "use one that is less steep: a smaller gamma or beta (gamma * neurons below 2.9e6), or fewer neurons",
            ));
        }
        let split = |&(sign, log): &(f64, f64)| {
            let power = log / std::f64::consts::LN_2;
            if sign == 0.0 {
                (0.0, Self::OF_ZERO)
            } else {
                ((sign * libm::exp2(power - power.floor())) as f32, power.floor() as i32)
            }
        };
        Ok(weights.iter().map(split).collect::<(Vec<_>, Vec<_>)>().into())
    }

    /// The table of plain values: exponents are split off where f32's products could underflow or overflow.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn from_values(values: &[f64]) -> Result<Self> {
        if let Some(distance) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::setting(
                format!("a weight of {} at distance {distance}", values[distance]),
                "give one finite weight for each Hamming distance",
            ));
        }
        let plain = |value: &f64| *value == 0.0 || value.abs().ln().abs() <= PLAIN_RANGE;
        if values.iter().all(plain) {
            let exponents = vec![0; values.len()];
            return Ok(Self { values: values.iter().map(|&value| value as f32).collect(), exponents });
        }
        let split = |&value: &f64| match libm::frexp(value) {
            (0.0, _) => (0.0, Self::OF_ZERO),
            (mantissa, exponent) => ((2.0 * mantissa) as f32, exponent - 1),
        };
        Ok(values.iter().map(split).collect::<(Vec<_>, Vec<_>)>().into())
    }

    /// The table of mantissas and exponents, as a file holds them, if both are as many. A weight of 0 may have any exponent there.
    pub(super) fn split(values: Vec<f32>, mut exponents: Vec<i32>) -> Self {
        if exponents.iter().any(|&exponent| exponent != 0) {
            let zeros = values.iter().zip(&mut exponents).filter(|(value, _)| **value == 0.0);
            zeros.for_each(|(_, exponent)| *exponent = Self::OF_ZERO);
        }
        Self { values, exponents }
    }

    /// What keeps a table that may come from a file from being used, if anything does.
    pub(crate) fn fault(&self) -> Option<String> {
        if !self.is_wide() {
            let most = 2.0_f32.powi(60) * 1.000_001;
            let plain = |value: &f32| *value == 0.0 || (1.0 / most..=most).contains(&value.abs());
            let distance = self.values.iter().position(|value| !plain(value))?;
            let value = self.values[distance];
            return Some(format!("the table holds {value} at distance {distance}, beyond 2^60, without an exponent"));
        }
        // A weight of 0 must be no trial's heaviest, beside one that is not.
        let zero = |(value, exponent): (&f32, &i32)| *value == 0.0 && *exponent != Self::OF_ZERO;
        if let Some(distance) = self.values.iter().zip(&self.exponents).position(zero) {
            let (exponent, least) = (self.exponents[distance], Self::OF_ZERO);
            return Some(format!(
                "the table's weight of 0 at distance {distance} has exponent {exponent}, not {least}"
            ));
        }
        // The heaviest weight of a trial must be 1 at least relative to its own exponent.
        let mantissa = |value: &f32| *value == 0.0 || (1.0..=2.0).contains(&value.abs());
        if let Some(distance) = self.values.iter().position(|value| !mantissa(value)) {
            let value = self.values[distance];
            return Some(format!(
                "the table spans more than 2^60, and its mantissa {value} at distance {distance} is not of magnitude 1 to 2"
            ));
        }
        let past = |exponent: &i32| f64::from(exponent.unsigned_abs()) > LARGEST_EXPONENT;
        let distance = self.exponents.iter().position(past)?;
        Some(format!("the table's exponent {} at distance {distance} is too large", self.exponents[distance]))
    }

    /// What keeps it from being a kernel between stored patterns, where weights are taken relative to distance 0.
    pub(crate) fn fault_in_training(&self) -> Option<String> {
        let own = self.exponents.first()?;
        let distance = self.exponents.iter().position(|exponent| exponent > own)?;
        Some(format!("a kernel that spans more than 2^60 and is larger at distance {distance} than at 0"))
    }

    /// Whether a trial's weights must be scaled by its heaviest key's.
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
        let narrow = Table::from_logarithm(100, |d| (1.0, -0.08 * d as f64)).unwrap();
        assert!(!narrow.is_wide());
        assert_eq!(narrow.values[50], (-4.0_f64).exp() as f32);
        let wide = Table::from_logarithm(100, |d| (1.0, -20.0 * d as f64)).unwrap();
        assert!(wide.is_wide());
        for (d, reference) in [(0, 0), (1, 0), (7, 0), (30, 0), (100, 99), (99, 99), (100, 80)] {
            let exact = -20.0 * d as f64 - f64::from(wide.exponents[reference]) * std::f64::consts::LN_2;
            assert!((wide.weight(d, reference).ln() - exact).abs() < 1e-6, "{d} {reference}");
        }
        assert_eq!(wide.weight(100, 0), 0.0, "below all of f64");
    }

    #[test]
    fn signs_and_zeros_are_kept_at_any_width() {
        for steepness in [0.1, 30.0] {
            let weight = |d: usize| ([1.0, 1.0, 0.0, -1.0, -1.0][d], steepness * (2.0 - d as f64).abs());
            let table = Table::from_logarithm(4, weight).unwrap();
            assert_eq!(table.is_wide(), steepness > 1.0);
            assert!(table.fault().is_none());
            let signs: Vec<f32> =
                table.values.iter().map(|value| if *value == 0.0 { 0.0 } else { value.signum() }).collect();
            assert_eq!(signs, [1.0, 1.0, 0.0, -1.0, -1.0]);
            assert!(!table.is_wide() || table.exponents[2] == Table::OF_ZERO);
        }
    }

    #[test]
    fn plain_values_are_split_only_where_they_must_be() {
        let narrow = Table::from_values(&[1.0, -0.5, 0.0]).unwrap();
        assert_eq!((narrow.values.as_slice(), narrow.is_wide()), (&[1.0, -0.5, 0.0][..], false));
        let values = [1.5, 1e-10, -1e-30, 0.0, 1e40];
        let wide = Table::from_values(&values).unwrap();
        assert!(wide.is_wide() && wide.fault().is_none());
        for (distance, value) in values.into_iter().enumerate() {
            assert!((wide.weight(distance, 0) - value).abs() <= value.abs() * 2.0_f64.powi(-24));
        }
        assert!(wide.fault_in_training().is_some_and(|what| what.contains("at distance 4 than at 0")));
        assert!(Table::from_values(&[1.0, f64::NAN]).unwrap_err().to_string().contains("NaN at distance 1"));
    }

    #[test]
    fn a_profile_beyond_all_range_is_refused() {
        let error = Table::from_logarithm(1000, |d| (1.0, -1e6 * d as f64)).unwrap_err();
        assert!(error.to_string().contains("smaller gamma"));
        assert!(Table::from_logarithm(10, |_| (1.0, f64::NAN)).is_err());
    }
}
