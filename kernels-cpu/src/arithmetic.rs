//! The defined arithmetic: f32, one multiply-add chain per output, and a sigmoid of our own.
//!
//! Training repeats these operations in one order everywhere, so that duals are the same bits on every device whose
//! `fma` rounds once, and on every device whose `fma` rounds twice; the CPU offers both.

use std::f32::consts::LOG2_E;
use std::fmt;
use std::str::FromStr;

use pulp::Simd;

/// How a multiply-add rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `fma(a, b, c)` is rounded once: most GPUs, and the CPU by default.
    Fused,
    /// `a * b` is rounded, then the sum: software adapters such as lavapipe.
    TwiceRounded,
}

impl Arithmetic {
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
/// With z = exp(-|x|): sigma(|x|) = 1 / (1 + z) and sigma(-|x|) = z / (1 + z). z is 2^n 2^f with |f| <= 1/2, n f the
/// parts of -|x| log2 e, and a polynomial in f; the reciprocal of 1 + z in \[1, 2\] is three Newton steps from a linear
/// start. ln 2 is not split in two, though that would be more accurate: Mesa's compiler folds the two products into one.
/// Relative error: a few units in the last place where multiply-adds are fused; |x| of them for negative x where not.
#[inline(always)]
pub fn sigmoid(arithmetic: Arithmetic, x: f32) -> f32 {
    let y = -x.abs().min(40.0);
    let n = arithmetic.multiply_add(y, LOG2_E, 0.5).floor();
    let f = arithmetic.multiply_add(y, LOG2_E, -n);
    let mut p = POWER_OF_TWO[0];
    for coefficient in &POWER_OF_TWO[1..] {
        p = arithmetic.multiply_add(p, f, *coefficient);
    }
    // n as an integer: the low bits of 1.5 * 2^23 + n, exactly, and without the checks of a cast.
    let z = f32::from_bits(p.to_bits().wrapping_add((n + 12_582_912.0).to_bits() << 23));
    let denominator = 1.0 + z;
    let mut reciprocal = arithmetic.multiply_add(denominator, -0.470_588_24, 1.411_764_7);
    for _ in 0..3 {
        let error = arithmetic.multiply_add(-denominator, reciprocal, 1.0);
        reciprocal = arithmetic.multiply_add(reciprocal, error, reciprocal);
    }
    if x < 0.0 { z * reciprocal } else { reciprocal }
}

/// ln(2)^k / k! for k = 6 down to 0: the series of 2^f.
const POWER_OF_TWO: [f32; 7] =
    [1.540_353e-4, 1.333_355_8e-3, 9.618_129e-3, 5.550_411e-2, 0.240_226_5, std::f32::consts::LN_2, 1.0];

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
