//! The defined arithmetic: f32, one multiply-add chain per output, and a sigmoid of our own.
//!
//! Training repeats these operations in one order everywhere, so that duals are the same bits on every device whose
//! `fma` rounds once, and on every device whose `fma` rounds twice; the CPU offers both.

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

/// An [`Arithmetic`] as a type, so that hot loops are compiled for one.
pub(crate) trait MultiplyAdd: Copy + Send + Sync {
    /// `a * b + c`.
    fn scalar(self, a: f32, b: f32, c: f32) -> f32;
    /// `a * b + c`, lane by lane.
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s;
}

#[derive(Clone, Copy)]
pub(crate) struct Fused;

#[derive(Clone, Copy)]
pub(crate) struct TwiceRounded;

impl MultiplyAdd for Fused {
    #[inline(always)]
    fn scalar(self, a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.mul_add_f32s(a, b, c)
    }
}

impl MultiplyAdd for TwiceRounded {
    #[inline(always)]
    fn scalar(self, a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    fn simd<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    }
}

/// 1 / (1 + exp(-x)) in the defined arithmetic: multiply-adds, multiplications, floor and bit operations only, because
/// a device's own `exp` and division may differ in their last bits. Within 4 units in the last place for x >= -40;
/// constant below.
///
/// With z = exp(-|x|): sigma(|x|) = 1 / (1 + z) and sigma(-|x|) = z / (1 + z). z is 2^n exp(r) with |r| <= ln(2)/2 and
/// a polynomial in r; the reciprocal of 1 + z in \[1, 2\] is three Newton steps from a linear start.
#[inline(always)]
pub fn sigmoid(arithmetic: Arithmetic, x: f32) -> f32 {
    let y = -x.abs().min(40.0);
    let n = arithmetic.multiply_add(y, std::f32::consts::LOG2_E, 0.5).floor();
    // ln 2 in two parts, the first short enough that n times it is exact.
    let r = arithmetic.multiply_add(n, -0.693_359_4, y);
    let r = arithmetic.multiply_add(n, 2.121_944_4e-4, r);
    let mut p = 1.388_889e-3;
    for coefficient in [8.333_334e-3, 4.166_666_8e-2, 0.166_666_67, 0.5, 1.0, 1.0] {
        p = arithmetic.multiply_add(p, r, coefficient);
    }
    let z = f32::from_bits(p.to_bits().wrapping_add(((n as i32) << 23) as u32));
    let denominator = 1.0 + z;
    let mut reciprocal = arithmetic.multiply_add(denominator, -0.470_588_24, 1.411_764_7);
    for _ in 0..3 {
        let error = arithmetic.multiply_add(-denominator, reciprocal, 1.0);
        reciprocal = arithmetic.multiply_add(reciprocal, error, reciprocal);
    }
    if x < 0.0 { z * reciprocal } else { reciprocal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_accurate_in_both_arithmetics() {
        for arithmetic in [Arithmetic::Fused, Arithmetic::TwiceRounded] {
            let mut worst = 0.0_f64;
            for i in -400_000..=400_000 {
                let x = i as f32 * 1e-4;
                let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
                worst = worst.max((f64::from(sigmoid(arithmetic, x)) / exact - 1.0).abs());
            }
            assert!(worst <= 4.0 * f64::from(f32::EPSILON), "{arithmetic:?}: relative error {worst:e}");
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
