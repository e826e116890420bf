//! The energy whose descent a profile is: F, of E = -sum over mu of F(m_mu), and what it makes of a neuron's choice.
//!
//! Hanley 2025, definitions 2.2.1 and 2.3.1: an asynchronous neuron takes the sign of E(sigma_i = -1) - E(sigma_i =
//! +1). With r the overlap of all neurons but i,
//!
//! ```text
//! E(-1) - E(+1) = sum over mu of x_i^mu g(r_mu),   g(r) = F(r + 1) - F(r - 1)
//! ```
//!
//! a field again, of a table over the distance without neuron i.

use super::{ARGMAX_SLOPE, Profile};
use crate::error::Result;
use crate::memory::Table;

impl Profile {
    /// F by Hamming distance, N + 1 values; none for those that only tables define (see [`Table::integral`]).
    ///
    /// F' is the profile as a function of m; of `dense`, F_n = m^n itself (Krotov & Hopfield 2016), whose derivative is
    /// n times the profile; of `argmax`, the largest overlap's, as one key's.
    pub fn integral(&self, neurons: usize) -> Option<Vec<f64>> {
        let n = neurons as f64;
        let integral = |m: f64| match *self {
            Self::Linear => Some(m * m / (2.0 * n)),
            Self::Polynomial { degree, offset } => {
                let power = f64::from(degree) + 1.0;
                Some(n / power * libm::pow(m / n + offset, power))
            }
            Self::Dense { order, rectified } => {
                Some(libm::pow(if rectified { m.max(0.0) } else { m }, f64::from(order)))
            }
            Self::Exponential { beta } => Some(libm::exp(beta * (m - n)) / beta),
            Self::Rbf { gamma } => Some(libm::exp(2.0 * gamma * (m - n)) / (2.0 * gamma)),
            Self::Laplacian { gamma } => Some(libm::exp(gamma * (m - n)) / gamma),
            Self::Minerva => Some(n / 4.0 * libm::pow(m / n, 4.0)),
            Self::Argmax | Self::Table(_) => None,
        };
        (0..=neurons).map(|distance| integral(n - 2.0 * distance as f64)).collect()
    }

    /// g by the Hamming distance of the other N - 1 neurons, up to a positive factor: N values, the last one twice.
    /// None for those that only tables define.
    ///
    /// # Errors
    /// If its range exceeds any table's.
    pub fn differences(&self, neurons: usize) -> Option<Result<Table>> {
        let n = neurons as f64;
        // exp(beta (r + 1)) - exp(beta (r - 1)) is exp(beta r), but for a factor.
        let falling = |slope: f64| Table::from_logarithm(neurons, move |distance| (1.0, -slope * distance as f64));
        Some(match *self {
            Self::Linear => powers(neurons, |m| m / n, 2),
            Self::Polynomial { degree, offset } => powers(neurons, |m| m / n + offset, degree + 1),
            Self::Dense { order, rectified: false } => powers(neurons, |m| m, order),
            Self::Dense { order, rectified: true } => powers(neurons, |m| m.max(0.0), order),
            Self::Exponential { beta } => falling(2.0 * beta),
            Self::Rbf { gamma } => falling(4.0 * gamma),
            Self::Laplacian { gamma } => falling(2.0 * gamma),
            Self::Minerva => powers(neurons, |m| m / n, 4),
            // The steepest exponential.
            Self::Argmax => falling(ARGMAX_SLOPE),
            Self::Table(_) => return None,
        })
    }
}

impl Table {
    /// F by Hamming distance of a profile known by its values alone: the trapezoidal rule, from 0 at distance N.
    pub fn integral(&self) -> Vec<f64> {
        let value = |distance: usize| libm::scalbn(f64::from(self.values[distance]), self.exponents[distance]);
        let mut integral = vec![0.0; self.values.len()];
        for distance in (0..integral.len().saturating_sub(1)).rev() {
            integral[distance] = integral[distance + 1] + value(distance) + value(distance + 1);
        }
        integral
    }

    /// Its g, as [`Profile::differences`].
    ///
    /// # Errors
    /// If its range exceeds any table's.
    pub fn differences(&self) -> Result<Self> {
        let last = self.values.len().saturating_sub(2);
        // Relative to the larger of the two, so that no exponent is lost.
        let sum = |distance: usize| {
            let [near, far] = [distance.min(last), distance.min(last) + 1];
            let heavier = if self.exponents[near] >= self.exponents[far] { near } else { far };
            (self.weight(near, heavier) + self.weight(far, heavier), self.exponents[heavier])
        };
        if !self.is_wide() {
            let values: Vec<f64> = (0..self.values.len()).map(|distance| sum(distance).0).collect();
            return Self::from_values(&values);
        }
        Self::from_logarithm(self.values.len() - 1, |distance| {
            let (sum, exponent) = sum(distance);
            let sign = if sum == 0.0 { 0.0 } else { sum.signum() };
            (sign, libm::log(sum.abs()) + f64::from(exponent) * std::f64::consts::LN_2)
        })
    }
}

/// base(r + 1)^exponent - base(r - 1)^exponent: of f64's own values where it holds them all, by logarithms where not.
fn powers(neurons: usize, base: impl Fn(f64) -> f64, exponent: u32) -> Result<Table> {
    let power = f64::from(exponent);
    let pair = |distance: usize| {
        let rest = neurons as f64 - 1.0 - 2.0 * distance.min(neurons - 1) as f64;
        [base(rest + 1.0), base(rest - 1.0)]
    };
    let values: Vec<[f64; 2]> =
        (0..=neurons).map(|distance| pair(distance).map(|base| libm::pow(base, power))).collect();
    let held = |(distance, values): (usize, &[f64; 2])| {
        pair(distance).iter().zip(values).all(|(base, value)| value.is_normal() || *base == 0.0)
    };
    if values.iter().enumerate().all(held) {
        let differences: Vec<f64> = values.iter().map(|[up, down]| up - down).collect();
        return Table::from_values(&differences);
    }
    Table::from_logarithm(neurons, |distance| {
        let [up, down] = pair(distance);
        // The larger base's power, and what is left of it.
        let (larger, smaller, sign) = if up.abs() >= down.abs() { (up, down, 1.0) } else { (down, up, -1.0) };
        let left = if larger == 0.0 { 0.0 } else { 1.0 - libm::pow(smaller / larger, power) };
        let sign = if larger < 0.0 && exponent % 2 == 1 { -sign } else { sign };
        (if left == 0.0 { 0.0 } else { sign }, power * libm::log(larger.abs()) + libm::log(left))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEURONS: usize = 20;

    fn profile(text: &str) -> Profile {
        text.parse().unwrap()
    }

    /// g is the difference of F, up to one positive factor.
    #[test]
    fn differences_are_those_of_the_integral() {
        for text in [
            "linear",
            "polynomial:3,0.5",
            "dense:2",
            "dense:3",
            "dense:5",
            "dense-rectified:4",
            "exponential:0.3",
            "rbf:0.02",
            "laplacian:0.1",
            "minerva",
        ] {
            let profile = profile(text);
            let integral = profile.integral(NEURONS).unwrap();
            let table = profile.differences(NEURONS).unwrap().unwrap();
            // r + 1 is the overlap at the same distance, r - 1 that at the next.
            let exact = |distance: usize| integral[distance] - integral[distance + 1];
            let found = |distance: usize| f64::from(table.values[distance]);
            let factor = found(0) / exact(0);
            assert!(factor > 0.0, "{text}");
            for distance in 0..NEURONS {
                let error = (found(distance) - factor * exact(distance)).abs();
                assert!(error <= 1e-6 * found(0).abs(), "{text}, {distance}");
            }
        }
    }

    #[test]
    fn the_integral_s_slope_is_the_profile() {
        for (text, factor) in [("linear", 1.0), ("polynomial:2,1", 1.0), ("rbf:0.001", 1.0), ("dense:3", 3.0)] {
            let (neurons, profile) = (2000, profile(text));
            let (integral, table) = (profile.integral(neurons).unwrap(), profile.table(neurons).unwrap());
            for distance in 1..neurons {
                let slope = (integral[distance - 1] - integral[distance + 1]) / 4.0;
                let expected = factor * f64::from(table.values[distance]);
                let scale = factor * f64::from(table.values[0]).abs();
                assert!((slope - expected).abs() < 1e-5 * scale, "{text}, {distance}: {slope} {expected}");
            }
        }
    }

    /// Powers beyond f64 keep ratios and signs; so do tables.
    #[test]
    fn nothing_overflows() {
        let table = profile("dense:200").differences(1000).unwrap().unwrap();
        assert!(table.is_wide() && table.fault().is_none());
        // F is even: near and far keys push in opposite directions.
        assert_eq!(table.weight(10, 10), -table.weight(989, 10));
        let exact = |r: f64| ((r + 1.0) / 980.0).powi(200) - ((r - 1.0) / 980.0).powi(200);
        let ratio = table.weight(20, 10) / table.weight(10, 10);
        assert!((ratio / (exact(959.0) / exact(979.0)) - 1.0).abs() < 1e-5, "{ratio}");
        let steep = profile("rbf:5").table(100).unwrap();
        let differences = steep.differences().unwrap();
        assert!(differences.is_wide() && differences.fault().is_none());
        assert!((differences.weight(4, 4) / steep.weight(4, 4) - 1.0).abs() < 1.0);
    }

    #[test]
    fn a_table_s_energy_is_its_trapezoid() {
        let table = Table::from_values(&[4.0, 1.0, 0.0, -2.0]).unwrap();
        assert_eq!(table.integral(), [4.0, -1.0, -2.0, 0.0]);
        assert_eq!(table.differences().unwrap().values, [5.0, 1.0, -2.0, -2.0]);
    }
}
