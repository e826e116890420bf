//! The continuous form of a profile: K between a real-valued state s and a bipolar key x.
//!
//! Every profile with a formula is a function of the overlap m = s . x and of the square |s|^2 alone; |x|^2 is N. On bipolar
//! states, where |s|^2 = N and m = N - 2 d, it is the table.

use super::Profile;
use crate::error::{Error, Result};

/// K(s, x) of real-valued states s of N neurons and bipolar keys x, by overlap m = s . x and square |s|^2, in f64:
///
/// | profile | K |
/// |---|---|
/// | linear | m / N |
/// | polynomial | (m / N + offset)^degree |
/// | dense | m^(n - 1); rectified max(m, 0)^(n - 1) |
/// | exponential | exp(beta (m - N)) |
/// | rbf | exp(-gamma \|s - x\|_2^2) = exp(-gamma (\|s\|^2 + N - 2 m)) |
/// | laplacian | exp(-gamma (N - m)) |
/// | minerva | (m / N)^3 |
///
/// On bipolar states |s - x|_1 = |s - x|_2^2 / 2 = 2 d, so the table of `laplacian` does not say which it stands for. N - m
/// is |s - x|_1 wherever no |s_i| is above 1, and |s - x|_2^2 / 2 on the sphere |s|^2 = N, where it is what the formula of
/// `rbf` comes to with half its gamma: the one function of m that extends both.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuous {
    profile: Profile,
    neurons: f64,
}

/// The partial derivatives of K by overlap and square. The gradient by the state is
/// dK/ds_i = `overlap` x_i + 2 `square` s_i.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// By m = s . x.
    pub overlap: f64,
    /// By |s|^2; 0 but for `rbf`.
    pub square: f64,
}

impl Profile {
    /// Its continuous form for N neurons.
    ///
    /// # Errors
    /// Of `argmax` and `table:FILE`, which have none.
    pub fn continuous(&self, neurons: usize) -> Result<Continuous> {
        let why = match self {
            Self::Argmax => "which only says which keys are nearest",
            Self::Table(_) => "which is known at whole Hamming distances only",
            _ => return Ok(Continuous { profile: self.clone(), neurons: neurons as f64 }),
        };
        let with_formula = || Self::SPELLINGS.iter().filter(|name| !["argmax", "table:FILE"].contains(name)).copied();
        Err(Error::setting(
            format!("kernel {self} with real-valued states, {why}"),
            format!("use one with a formula: {}", with_formula().collect::<Vec<_>>().join(", ")),
        ))
    }
}

impl Continuous {
    /// Neurons, N: the square of a key.
    pub fn neurons(&self) -> f64 {
        self.neurons
    }

    /// K at overlap m = s . x and square |s|^2. 0 where it is below all of f64's; see [`Self::logarithm`].
    pub fn value(&self, overlap: f64, square: f64) -> f64 {
        match self.power(overlap) {
            Some((base, exponent)) => libm::pow(base, exponent),
            None => libm::exp(self.exponent(overlap, square)),
        }
    }

    /// The sign of K, 0 where it vanishes, and the natural logarithm of its magnitude: what is left of K where f64 holds no
    /// number so small or so large.
    pub fn logarithm(&self, overlap: f64, square: f64) -> (f64, f64) {
        match self.power(overlap) {
            Some((0.0, _)) => (0.0, f64::NEG_INFINITY),
            Some((base, exponent)) => {
                let odd = exponent % 2.0 == 1.0;
                (if base < 0.0 && odd { -1.0 } else { 1.0 }, exponent * libm::log(base.abs()))
            }
            None => (1.0, self.exponent(overlap, square)),
        }
    }

    /// The derivatives of K at overlap m = s . x and square |s|^2. At the kink of `dense-rectified:2`, m = 0, that of the
    /// left.
    pub fn slope(&self, overlap: f64, square: f64) -> Slope {
        let value = || self.value(overlap, square);
        match self.profile {
            Profile::Exponential { beta } => Slope { overlap: beta * value(), square: 0.0 },
            Profile::Rbf { gamma } => Slope { overlap: 2.0 * gamma * value(), square: -gamma * value() },
            Profile::Laplacian { gamma } => Slope { overlap: gamma * value(), square: 0.0 },
            Profile::Dense { rectified: true, .. } if overlap <= 0.0 => Slope { overlap: 0.0, square: 0.0 },
            _ => {
                let (base, exponent) = self.power(overlap).unwrap_or((0.0, 1.0));
                // By the base, and the base by m.
                let inner = if matches!(self.profile, Profile::Dense { .. }) { 1.0 } else { 1.0 / self.neurons };
                Slope { overlap: exponent * libm::pow(base, exponent - 1.0) * inner, square: 0.0 }
            }
        }
    }

    /// Base and exponent of those that are powers.
    fn power(&self, overlap: f64) -> Option<(f64, f64)> {
        let share = overlap / self.neurons;
        match self.profile {
            Profile::Linear => Some((share, 1.0)),
            Profile::Polynomial { degree, offset } => Some((share + offset, f64::from(degree))),
            Profile::Dense { order, rectified } => {
                Some((if rectified { overlap.max(0.0) } else { overlap }, f64::from(order) - 1.0))
            }
            Profile::Minerva => Some((share, 3.0)),
            _ => None,
        }
    }

    /// The logarithm of those that are exponentials.
    fn exponent(&self, overlap: f64, square: f64) -> f64 {
        let away = self.neurons - overlap;
        match self.profile {
            Profile::Exponential { beta } => -beta * away,
            Profile::Rbf { gamma } => -gamma * (square + self.neurons - 2.0 * overlap),
            Profile::Laplacian { gamma } => -gamma * away,
            _ => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 12] = [
        "linear",
        "polynomial:3,0.5",
        "dense:2",
        "dense:3",
        "dense:6",
        "dense-rectified:2",
        "dense-rectified:4",
        "exponential:0.1",
        "rbf:0.02",
        "rbf:0.017",
        "laplacian:0.1",
        "minerva",
    ];

    fn profile(text: &str) -> Profile {
        text.parse().unwrap()
    }

    /// To the last bit: both round one f64 to f32.
    #[test]
    fn on_bipolar_states_it_is_the_table() {
        for neurons in [1, 20, 101] {
            for text in ALL {
                let (form, table) = (profile(text).continuous(neurons).unwrap(), profile(text).table(neurons).unwrap());
                assert!(!table.is_wide(), "{text}");
                for (distance, &weight) in table.values.iter().enumerate() {
                    let value = form.value(neurons as f64 - 2.0 * distance as f64, neurons as f64);
                    assert_eq!(value as f32, weight, "{text}, {neurons} neurons, distance {distance}");
                }
            }
        }
    }

    /// What no f32 holds is the table's mantissa and exponent.
    #[test]
    fn on_bipolar_states_its_logarithm_is_the_wide_table() {
        for text in ["rbf:5", "laplacian:9", "exponential", "dense:30", "dense:31", "dense-rectified:30"] {
            let (form, table) = (profile(text).continuous(100).unwrap(), profile(text).table(100).unwrap());
            assert!(table.is_wide(), "{text}");
            for distance in 0..=100 {
                let (sign, logarithm) = form.logarithm(100.0 - 2.0 * distance as f64, 100.0);
                let (value, exponent) = (f64::from(table.values[distance]), table.exponents[distance]);
                assert_eq!(sign, if value == 0.0 { 0.0 } else { value.signum() }, "{text}, {distance}");
                let exact = value.abs().ln() + f64::from(exponent) * std::f64::consts::LN_2;
                // One rounding to f32, and a few of f64 of what may be thousands.
                assert!(sign == 0.0 || (logarithm - exact).abs() < 1e-7, "{text}, {distance}: {logarithm} {exact}");
            }
        }
    }

    /// By the norms themselves, of a state that is no corner: all |s_i| below 1, and then on the sphere.
    #[test]
    fn the_norms_are_those_that_the_names_say() {
        let key = [1.0, -1.0, 1.0, 1.0];
        let inside = [0.3, -0.9, -0.2, 0.0];
        let on_sphere = inside.map(|s: f64| s * 2.0 / inside.iter().map(|s| s * s).sum::<f64>().sqrt());
        for state in [inside, on_sphere] {
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (overlap, square) = (dot(&state, &key), dot(&state, &state));
            let apart: Vec<f64> = state.iter().zip(&key).map(|(s, x)| s - x).collect();
            let close = |text: &str, exact: f64| {
                let form = profile(text).continuous(4).unwrap();
                let value = form.value(overlap, square);
                assert!((value / exact - 1.0).abs() < 1e-14, "{text}: {value} {exact}");
                assert!((form.logarithm(overlap, square).1 - exact.ln()).abs() < 1e-14, "{text}");
            };
            close("rbf:0.3", (-0.3 * dot(&apart, &apart)).exp());
            if state == inside {
                close("laplacian:0.3", (-0.3 * apart.iter().map(|d| d.abs()).sum::<f64>()).exp());
            } else {
                close("laplacian:0.3", (-0.15 * dot(&apart, &apart)).exp());
            }
        }
    }

    /// Central differences along random lines through state space.
    #[test]
    fn the_slope_is_the_derivative() {
        for text in ALL {
            let form = profile(text).continuous(20).unwrap();
            for (overlap, square) in [(12.3, 20.0), (-7.1, 20.0), (3.7, 11.0), (0.9, 31.0)] {
                let step = 1e-4;
                let difference = |by: [f64; 2]| {
                    let at = |side: f64| form.value(overlap + side * by[0], square + side * by[1]);
                    (at(step) - at(-step)) / (2.0 * step)
                };
                let slope = form.slope(overlap, square);
                let scale = form.value(overlap, square).abs().max(1e-6);
                let close = |a: f64, b: f64| (a - b).abs() < 1e-6 * scale.max(b.abs());
                assert!(close(difference([1.0, 0.0]), slope.overlap), "{text} at {overlap}, {square}: {slope:?}");
                assert!(close(difference([0.0, 1.0]), slope.square), "{text} at {overlap}, {square}: {slope:?}");
            }
        }
        assert_eq!(profile("dense-rectified:2").continuous(4).unwrap().slope(0.0, 4.0).overlap, 0.0);
        assert_eq!(profile("dense:2").continuous(4).unwrap().slope(0.0, 4.0).overlap, 1.0);
    }

    #[test]
    fn what_has_no_formula_is_refused_by_name() {
        let refused = Profile::Argmax.continuous(10).unwrap_err().to_string();
        assert!(refused.contains("kernel argmax") && refused.contains("rbf:GAMMA"), "{refused}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weights.txt");
        std::fs::write(&file, "1 0.5 0.25").unwrap();
        let refused = profile(&format!("table:{}", file.display())).continuous(2).unwrap_err().to_string();
        assert!(refused.contains("weights.txt") && !refused.ends_with("table:FILE"), "{refused}");
    }
}
