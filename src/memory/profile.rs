//! Separation profiles by name: what `--kernel` means.
//!
//! A profile is a function of the overlap m = x . y = N - 2 d of two bipolar states, so of their Hamming distance d. To add
//! one: a variant, a line in [`Profile::SPELLINGS`], its spelling both ways, its formula in [`Profile::table`], and of
//! real-valued states in [`Continuous`].

mod continuous;
mod energy;
mod spelling;

use super::table::Table;
use crate::error::{Error, Result};
pub use continuous::{Continuous, Slope};
pub use spelling::CustomTable;

/// Underflows f64 between neighbouring distances, so that none but the nearest keys have weight.
const ARGMAX_SLOPE: f64 = 1100.0 * std::f64::consts::LN_2;

/// A kernel on bipolar states: a function of the Hamming distance alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Profile {
    /// K = m / N: the correlation matrix memory (Hanley 2025, 2.1.1).
    Linear,
    /// K = (m / N + offset)^degree (arXiv 2504.07633).
    Polynomial {
        /// At least 1.
        degree: u32,
        /// 0 or more.
        offset: f64,
    },
    /// F'_n(m) / n = m^(n - 1), the field of the dense memory of energy -sum F_n(m), F_n(m) = m^n (Krotov & Hopfield 2016;
    /// Hanley 2025, 2.3.1): whole numbers, so that fields tie exactly where the textbook's do, as
    /// long as N^(n - 1) is at most 2^24: f32 holds no larger ones exactly.
    Dense {
        /// n, at least 2.
        order: u32,
        /// F_n(m) = max(m, 0)^n.
        rectified: bool,
    },
    /// K = exp(beta (m - N)) (Demircigil et al. 2017, for beta 1).
    Exponential {
        /// Above 0.
        beta: f64,
    },
    /// Radial basis function K(x, y) = exp(-gamma |x - y|^2) = exp(-4 gamma d) (arXiv 2504.07633).
    Rbf {
        /// Width parameter, above 0.
        gamma: f64,
    },
    /// K(x, y) = exp(-gamma |x - y|_1) = exp(-2 gamma d).
    Laplacian {
        /// Above 0.
        gamma: f64,
    },
    /// The cube of the normalised overlap, (m / N)^3: Minerva2 (Hintzman 1984; Hanley 2025, 2.1.3). `dense:4` is the same in
    /// whole numbers.
    Minerva,
    /// 1 at the nearest keys, 0 elsewhere (Hanley 2025, 2.1.2). Equally near keys vote, and a tie keeps a neuron's state.
    Argmax,
    /// N + 1 numbers of the user's own, by Hamming distance.
    Table(CustomTable),
}

impl Profile {
    /// How each is written.
    pub const SPELLINGS: [&str; 10] = [
        "linear",
        "polynomial:DEGREE,OFFSET",
        "dense:N",
        "dense-rectified:N",
        "exponential[:BETA]",
        "rbf:GAMMA",
        "laplacian:GAMMA",
        "minerva",
        "argmax",
        "table:FILE",
    ];

    /// The profile's table for N neurons.
    ///
    /// # Errors
    /// If its range exceeds any table's, or it is a file's and that has not N + 1 numbers.
    pub fn table(&self, neurons: usize) -> Result<Table> {
        let overlap = |distance: usize| neurons as f64 - 2.0 * distance as f64;
        let share = |distance: usize| overlap(distance) / neurons as f64;
        let falling = |slope: f64| Table::from_logarithm(neurons, move |distance| (1.0, -slope * distance as f64));
        match self {
            Self::Linear => power(neurons, share, 1),
            Self::Polynomial { degree, offset } => power(neurons, |distance| share(distance) + offset, *degree),
            Self::Dense { order, rectified: false } => power(neurons, overlap, order - 1),
            Self::Dense { order, rectified: true } => power(neurons, |d| overlap(d).max(0.0), order - 1),
            Self::Exponential { beta } => falling(2.0 * beta),
            Self::Rbf { gamma } => Table::from_logarithm(neurons, |distance| (1.0, -4.0 * gamma * distance as f64)),
            Self::Laplacian { gamma } => falling(2.0 * gamma),
            Self::Minerva => power(neurons, share, 3),
            Self::Argmax => falling(ARGMAX_SLOPE).map_err(|_| {
                Error::setting(
                    format!("argmax of {neurons} neurons"),
                    "its weights fit no table beyond 15,000: use exponential, whose nearest key decides nearly alone",
                )
            }),
            Self::Table(custom) => custom.table(neurons),
        }
    }
}

/// The powers of a base at each distance: of f64's own values where it holds them all, and by logarithms where not.
fn power(neurons: usize, base: impl Fn(usize) -> f64, exponent: u32) -> Result<Table> {
    let power = |distance| libm::pow(base(distance), f64::from(exponent));
    let values: Vec<f64> = (0..=neurons).map(power).collect();
    let held = |(distance, value): (usize, &f64)| value.is_normal() || base(distance) == 0.0;
    if values.iter().enumerate().all(held) {
        return Table::from_values(&values);
    }
    Table::from_logarithm(neurons, |distance| {
        let base = base(distance);
        let sign = if base == 0.0 {
            0.0
        } else if base < 0.0 && exponent % 2 == 1 {
            -1.0
        } else {
            1.0
        };
        (sign, f64::from(exponent) * libm::log(base.abs()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, neurons: usize) -> Table {
        text.parse::<Profile>().unwrap().table(neurons).unwrap()
    }

    #[test]
    fn each_profile_is_its_formula() {
        let neurons = 20;
        let formulas: [(&str, &dyn Fn(f64) -> f64); 9] = [
            ("linear", &|m| m / 20.0),
            ("polynomial:3,0.5", &|m| (m / 20.0 + 0.5).powi(3)),
            ("dense:3", &|m| m * m),
            ("dense-rectified:4", &|m| m.max(0.0).powi(3)),
            ("exponential:0.3", &|m| (0.3 * (m - 20.0)).exp()),
            ("exponential", &|m| (m - 20.0).exp()),
            ("rbf:0.02", &|m| (-0.02 * 2.0 * (20.0 - m)).exp()),
            ("laplacian:0.1", &|m| (-0.1 * (20.0 - m)).exp()),
            ("minerva", &|m| (m / 20.0).powi(3)),
        ];
        for (text, formula) in formulas {
            let table = table(text, neurons);
            for distance in 0..=neurons {
                let exact = formula(20.0 - 2.0 * distance as f64);
                let weight = f64::from(table.values[distance]);
                // One rounding to f32, and a few of f64 on either side.
                assert!((weight - exact).abs() <= exact.abs() * 6.0e-8, "{text}, {distance}: {weight} {exact}");
            }
        }
    }

    #[test]
    fn powers_that_no_float_holds_keep_their_ratios_and_signs() {
        let table = table("dense:200", 1000);
        assert!(table.is_wide() && table.fault().is_none());
        let (near, far) = (table.weight(10, 10), table.weight(990, 10));
        assert_eq!(near, -far, "an odd power");
        let ratio = (960.0_f64 / 980.0).powi(199);
        assert!((table.weight(20, 10) / near / ratio - 1.0).abs() < 1e-6);
        assert_eq!(table.weight(500, 10), 0.0);
    }

    #[test]
    fn argmax_leaves_nothing_to_any_but_the_nearest() {
        let table = table("argmax", 12);
        assert_eq!(table.weight(5, 5), 1.0);
        assert!((6..=12).all(|distance| table.weight(distance, 5) == 0.0));
        assert!(Profile::Argmax.table(20_000).unwrap_err().to_string().contains("argmax of 20000 neurons"));
    }
}
