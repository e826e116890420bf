//! The defined arithmetic: f32, one multiply-add chain per output, and a sigmoid of our own.
//!
//! Training repeats these operations in one order everywhere, so that duals are the same bits on every device whose
//! `fma` rounds once, and on every device whose `fma` rounds twice; the CPU offers both.

use std::fmt;
use std::str::FromStr;

use pulp::Simd;

use crate::elementary::{exponential_within, reciprocal_within};

/// How a multiply-add rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `fma(a, b, c)` is rounded once: most GPUs, and the CPU by default.
    Fused,
    /// `a * b` is rounded, then the sum: software adapters such as lavapipe.
    TwiceRounded,
}

impl Arithmetic {
    /// As a constant says, so that loops are compiled for one.
    pub(crate) const fn of(fused: bool) -> Self {
        if fused { Self::Fused } else { Self::TwiceRounded }
    }

    /// `a * b + c` in this arithmetic.
    #[inline(always)]
    pub fn multiply_add(self, a: f32, b: f32, c: f32) -> f32 {
        match self {
            Self::Fused => a.mul_add(b, c),
            Self::TwiceRounded => a * b + c,
        }
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fused => "fused",
            Self::TwiceRounded => "twice-rounded",
        })
    }
}

impl FromStr for Arithmetic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fused" => Ok(Self::Fused),
            "twice-rounded" => Ok(Self::TwiceRounded),
            _ => Err(format!("arithmetic {text:?}: write fused or twice-rounded")),
        }
    }
}

/// An [`Arithmetic`] as a type, so that hot loops are compiled for one.
pub(crate) trait MultiplyAdd: Copy + Send + Sync {
    /// `a * b + c`, lane by lane.
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s;
}

#[derive(Clone, Copy)]
pub(crate) struct Fused;

#[derive(Clone, Copy)]
pub(crate) struct TwiceRounded;

impl MultiplyAdd for Fused {
    #[inline(always)]
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.mul_add_f32s(a, b, c)
    }
}

impl MultiplyAdd for TwiceRounded {
    #[inline(always)]
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    }
}

/// 1 / (1 + exp(-x)) in the defined arithmetic: multiply-adds, multiplications, floor and bit operations only, because
/// a device's own `exp` and division may differ in their last bits. Constant below x = -40.
///
/// With z = exp(-|x|): sigma(|x|) = 1 / (1 + z) and sigma(-|x|) = z / (1 + z). Relative error: a few units in the last
/// place where multiply-adds are fused; |x| of them for negative x where not.
#[inline(always)]
pub fn sigmoid(arithmetic: Arithmetic, x: f32) -> f32 {
    let z = exponential_within(arithmetic, -x.abs().min(40.0));
    let reciprocal = reciprocal_within(arithmetic, 1.0 + z);
    if x < 0.0 { z * reciprocal } else { reciprocal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_accurate_in_both_arithmetics() {
        let epsilon = f64::from(f32::EPSILON);
        for i in -400_000..=400_000 {
            let x = i as f32 * 1e-4;
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            let error = |arithmetic| (f64::from(sigmoid(arithmetic, x)) / exact - 1.0).abs();
            // log2 e itself is rounded: its error grows with |x| even in fused arithmetic, but far more slowly.
            let (fused, twice) = (error(Arithmetic::Fused), error(Arithmetic::TwiceRounded));
            let argument = f64::from((-x).max(0.0));
            assert!(fused <= (3.0 + 0.5 * argument) * epsilon, "fused, {x}: {fused:e}");
            assert!(twice <= (3.0 + argument) * epsilon, "twice-rounded, {x}: {twice:e}");
        }
    }

    #[test]
    fn sigmoid_of_extremes_is_finite_and_ordered() {
        for arithmetic in [Arithmetic::Fused, Arithmetic::TwiceRounded] {
            assert_eq!(sigmoid(arithmetic, 0.0), 0.5);
            assert_eq!(sigmoid(arithmetic, f32::MAX), 1.0);
            let floor = sigmoid(arithmetic, f32::MIN);
            assert!(floor > 0.0 && floor < 1e-17, "{floor:e}");
        }
    }
}
