//! exp, ln, 1/x and normal numbers in the defined arithmetic: multiply-adds, products, floor and bit operations only,
//! in the same order as `shaders/shared/elementary.wgsl`, because a device's own may differ in their last bits.

use std::f32::consts::{FRAC_PI_4, LN_2, LOG2_E};

use crate::Arithmetic;

/// ln(2)^k / k! for k = 6 down to 0: the series of 2^f.
const POWER_OF_TWO: [f32; 7] = [1.540_353e-4, 1.333_355_8e-3, 9.618_129e-3, 5.550_411e-2, 0.240_226_5, LN_2, 1.0];

/// exp(x) for x in \[-44, 0\].
///
/// It is 2^n 2^f with |f| <= 1/2, n + f = x log2 e, and a polynomial in f. ln 2 is not split in two, though that would
/// be more accurate: Mesa's compiler folds the two products into one. Relative error: a few units in the last place and
/// half of
/// |x| of them where multiply-adds are fused, |x| of them where not.
#[inline(always)]
pub(crate) fn exponential_within(arithmetic: Arithmetic, x: f32) -> f32 {
    let n = arithmetic.multiply_add(x, LOG2_E, 0.5).floor();
    let f = arithmetic.multiply_add(x, LOG2_E, -n);
    let mut p = POWER_OF_TWO[0];
    for coefficient in &POWER_OF_TWO[1..] {
        p = arithmetic.multiply_add(p, f, *coefficient);
    }
    // n as an integer: the low bits of 1.5 * 2^23 + n, exactly, and without the checks of a cast.
    f32::from_bits(p.to_bits().wrapping_add((n + 12_582_912.0).to_bits() << 23))
}

/// exp(x) for x <= 0: 0 below -44, where it is 2^-64. Weights so small are dropped, as kernel `field` drops them: what
/// is made of them would be subnormal, which some devices flush.
#[inline(always)]
pub(crate) fn exponential(arithmetic: Arithmetic, x: f32) -> f32 {
    let y = if x > -44.0 { x } else { -44.0 };
    let within = exponential_within(arithmetic, y);
    if x < -44.0 { 0.0 } else { within }
}

/// 1 / x for x in \[1, 2\]: three Newton steps from a linear start.
#[inline(always)]
pub(crate) fn reciprocal_within(arithmetic: Arithmetic, x: f32) -> f32 {
    let mut reciprocal = arithmetic.multiply_add(x, -0.470_588_24, 1.411_764_7);
    for _ in 0..3 {
        let error = arithmetic.multiply_add(-x, reciprocal, 1.0);
        reciprocal = arithmetic.multiply_add(reciprocal, error, reciprocal);
    }
    reciprocal
}

/// 1 / x for x in \[2^-100, 2^100\], within a few units in the last place.
#[inline(always)]
pub(crate) fn reciprocal(arithmetic: Arithmetic, x: f32) -> f32 {
    let bits = x.to_bits();
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let reciprocal = reciprocal_within(arithmetic, mantissa);
    f32::from_bits(reciprocal.to_bits().wrapping_add(127 << 23).wrapping_sub(bits & 0x7f80_0000))
}

/// Cephes' polynomial of (ln(1 + t) - t + t^2 / 2) / t^3.
const LOGARITHM: [f32; 9] = [
    7.037_683_6e-2,
    -0.115_146_1,
    0.116_769_984,
    -0.124_201_41,
    0.142_493_23,
    -0.166_680_57,
    0.200_007_14,
    -0.249_999_94,
    0.333_333_3,
];

/// ln(x) for normal x > 0: within 2^-22 and a few units in the last place.
#[inline(always)]
pub(crate) fn logarithm(arithmetic: Arithmetic, x: f32) -> f32 {
    // x = 2^exponent (1 + t), 1 + t between the square roots of 1/2 and 2.
    let shifted = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (shifted.cast_signed() >> 23) as f32;
    let t = f32::from_bits((shifted & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    let mut p = LOGARITHM[0];
    for coefficient in &LOGARITHM[1..] {
        p = arithmetic.multiply_add(p, t, *coefficient);
    }
    // Not t^3 p - t^2 / 2: Mesa's compiler takes the common factor out.
    let tail = arithmetic.multiply_add(t, p, -0.5);
    arithmetic.multiply_add(exponent, LN_2, arithmetic.multiply_add(t * t, tail, t))
}

/// A number of the normal distribution from two random words: sqrt(-2 ln u) cos(angle) (Box and Muller, Annals of
/// Mathematical Statistics 29, 1958). u has 24 bits, so that no number is beyond 5.77.
#[inline(always)]
pub(crate) fn normal(arithmetic: Arithmetic, a: u32, b: u32) -> f32 {
    // From 2^-24 to 1.
    let uniform = ((a >> 8) + 1) as f32 * 5.960_464_5e-8;
    let square = (-2.0 * logarithm(arithmetic, uniform)).max(0.0);
    // The inverse square root by Newton's steps; square * inverse is 0 where square is.
    let half = 0.5 * square;
    let mut inverse = f32::from_bits(0x5f37_59df - (square.to_bits() >> 1));
    for _ in 0..4 {
        let error = arithmetic.multiply_add(-(half * inverse), inverse, 0.5);
        inverse = arithmetic.multiply_add(inverse, error, inverse);
    }
    // A quarter of the circle, and an angle within 1/8 of it on either side.
    let quarter = b >> 30;
    let angle = arithmetic.multiply_add(((b >> 6) & 0x00ff_ffff) as f32, 9.362_675e-8, -FRAC_PI_4);
    let z = angle * angle;
    let mut sine = arithmetic.multiply_add(z, -1.951_529_6e-4, 8.332_161e-3);
    sine = arithmetic.multiply_add(sine, z, -0.166_666_55);
    sine = arithmetic.multiply_add(angle * z, sine, angle);
    let mut cosine = arithmetic.multiply_add(z, 2.443_315_7e-5, -1.388_731_6e-3);
    cosine = arithmetic.multiply_add(cosine, z, 4.166_664_6e-2);
    cosine = arithmetic.multiply_add(z * z, cosine, arithmetic.multiply_add(z, -0.5, 1.0));
    let turned = if quarter & 1 == 1 { sine } else { cosine };
    let turned = if quarter >= 2 { -turned } else { turned };
    turned * (square * inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Arithmetic; 2] = [Arithmetic::Fused, Arithmetic::TwiceRounded];
    const EPSILON: f64 = f32::EPSILON as f64;

    #[test]
    fn exponential_is_accurate_and_ends_at_0() {
        for arithmetic in BOTH {
            for i in 0..=440_000 {
                let x = -(i as f32) * 1e-4;
                let off = f64::from(exponential(arithmetic, x)) / f64::from(x).exp() - 1.0;
                let ok = off.abs() <= (3.0 + f64::from(-x)) * EPSILON;
                assert!(ok, "{arithmetic}, {x}: off by {off:e}");
            }
            assert_eq!(exponential(arithmetic, 0.0), 1.0);
            assert_eq!(exponential(arithmetic, -44.1), 0.0);
            assert_eq!(exponential(arithmetic, f32::NEG_INFINITY), 0.0);
        }
    }

    #[test]
    fn reciprocal_and_logarithm_are_accurate() {
        for arithmetic in BOTH {
            for exponent in -90..=90 {
                for step in 0..1000 {
                    let x = libm_scale(1.0 + step as f32 * 1e-3, exponent);
                    let exact = f64::from(x);
                    let off = f64::from(reciprocal(arithmetic, x)) * exact - 1.0;
                    assert!(off.abs() <= 3.0 * EPSILON, "{arithmetic}, 1 / {x:e}: off by {off:e}");
                    let off = f64::from(logarithm(arithmetic, x)) - exact.ln();
                    let ok = off.abs() <= 2.0 * EPSILON + 2.0 * EPSILON * exact.ln().abs();
                    assert!(ok, "{arithmetic}, ln {x:e}: off by {off:e}");
                }
            }
        }
    }

    fn libm_scale(x: f32, exponent: i32) -> f32 {
        x * 2.0_f32.powi(exponent)
    }

    #[test]
    fn normal_numbers_are_normal() {
        use crate::philox::philox;
        for arithmetic in BOTH {
            let count = 1 << 20;
            let mut moments = [0.0_f64; 4];
            let mut beyond = 0;
            for i in 0..count / 2 {
                let w = philox([7, 11], [i, 0, 0, 0]);
                for pair in [[w[0], w[1]], [w[2], w[3]]] {
                    let z = f64::from(normal(arithmetic, pair[0], pair[1]));
                    (0..4).for_each(|k| moments[k] += z.powi(k as i32 + 1));
                    beyond += u32::from(z > 2.0);
                }
            }
            let n = f64::from(count);
            // Five standard deviations of each moment of n numbers, and of their share beyond 2.
            for (k, (exact, variance)) in [(0.0, 1.0), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)].into_iter().enumerate() {
                let (mean, most) = (moments[k] / n, 5.0 * (variance / n).sqrt());
                let ok = (mean - exact).abs() <= most;
                assert!(ok, "{arithmetic}, moment {}: {mean}", k + 1);
            }
            let share: f64 = 0.022_750_131_948;
            let ok = (f64::from(beyond) / n - share).abs() <= 5.0 * (share * (1.0 - share) / n).sqrt();
            assert!(ok, "{arithmetic}: {beyond} beyond 2");
            assert!(normal(arithmetic, u32::MAX, 0).abs() < 1e-3 && normal(arithmetic, 0, 1 << 29).abs() > 5.7);
        }
    }
}
