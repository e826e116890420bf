//! Fields from weights and duals in half precision, for recall. Twin of `shaders/field_half.wgsl`.
//!
//! Only the inputs are rounded, on the host, once; sums are f32 in whatever order and rounding a device has. What that may
//! cost is [`relative_error`], and recall doubts every sign that it could turn.

use half::f16;

use crate::field::{Field, field};
use crate::{Arithmetic, Extent};

/// Unit roundoff of f16.
pub const HALF_UNIT: f64 = 1.0 / (1 << 11) as f64;

/// The binary exponent that the largest weight of a trial and the largest dual variable of a neuron are scaled to: far from
/// f16's end at 2^16, and with 28 exponents below it before f16's subnormals, which devices may flush.
pub const TOP: i32 = 14;

/// Scaled values below this, f16's smallest normal number, become 0: no device then meets a subnormal.
pub const SMALLEST: f64 = 1.0 / (1 << 14) as f64;

/// Arrays of [`field_half`], as those of [`Field`] but for these.
pub struct FieldHalf<'a> {
    /// Packed states \[trial\].
    pub states: &'a [u32],
    /// Packed keys \[pattern\].
    pub keys: &'a [u32],
    /// Weight mantissas by Hamming distance \[N + 1\], of magnitude 1 to 2 or 0, each a half.
    pub table: &'a [f32],
    /// Binary exponents of the weights \[N + 1\].
    pub exponents: &'a [i32],
    /// The distance whose exponent is that of the trial's largest weight \[trial\].
    pub reference: &'a [u32],
    /// Scaled dual variables \[pattern, N / 2\], two halves a word, the lower neuron in the lower half.
    pub dual: &'a [u32],
    /// Fields \[trial, N\]: written, or continued.
    pub field: &'a mut [f32],
    /// `floor` and the sum of squared weights \[trial\]: written, or continued.
    pub weight_norm: &'a mut [f32],
}

/// The rounding error of a field relative to |w|_2 |dual_i|_2, w the rounded weights, for any order of the sum; at least
/// one where nothing can be said. To it comes the error of weights that were dropped, at most [`SMALLEST`] each.
///
/// Let w and v be weight and dual variable scaled, W and V their halves. Rounded to nearest, |w - W| <= u |W| and
/// |v - V| <= u |v| with u = 2^-11, or W = 0 and |w| < s, V = 0 and |v| < s with s = 2^-14. Then
/// w v - W V = (w - W) v + W (v - V), and summed over P patterns, by Cauchy-Schwarz,
///
/// ```text
/// |h - H| <= 2 u |W| |v| + s sqrt(P) |v| + s sqrt(P) |W|
/// ```
///
/// The last term is at most 2^-28 sqrt(P) |W| |v|, because the largest |v| is 2^14 at least; the one before it is the
/// dropped weights'. The products W V are exact in f32, and the largest sum, 2^30 P, is far inside its range. Their sum
/// adds gamma_n |W| |V| with n additions of unit roundoff 2^-22 each: four times f32's, because a matrix unit may align
/// the terms of a step to the largest and truncate them (Fasi, Higham, Mikaitis, Pranesh, PeerJ Comput. Sci. 7:e330, 2021:
/// with blocks of at least 4 terms that is 1.5 truncations of 2^-23 for a term). n = P and 1/32 more allows for the sums of
/// panels of 64 patterns; |V| <= (1 + u) |v|.
pub fn relative_error(patterns: usize) -> f64 {
    let gamma = sum_error(patterns);
    2.0 * HALF_UNIT + (patterns as f64).sqrt() * 2.0_f64.powi(-28) + gamma * (1.0 + HALF_UNIT)
}

/// gamma_n of a sum over so many patterns: the relative error of a sum of positive terms, such as the squared weights.
pub fn sum_error(patterns: usize) -> f64 {
    gamma(patterns as f64 * (1.0 + 1.0 / 32.0) + 8.0)
}

/// gamma_n = n t / (1 - n t) of so many additions of unit roundoff t = 2^-22; infinite where it says nothing.
pub(crate) fn gamma(additions: f64) -> f64 {
    let count = additions * 2.0_f64.powi(-22);
    if count < 0.5 { count / (1.0 - count) } else { f64::INFINITY }
}

/// |dual_i|_2 \[net, N\], the dual as the halves are.
pub fn column_norms(extent: &Extent, dual: &[u32]) -> Vec<f64> {
    norms_of(extent, extent.neurons.div_ceil(2), dual, |row| unpack(row).map(f16::to_f64))
}

/// |dual_i|_2 \[net, N\] of rows of `width` words, each read as the values of its neurons.
pub(crate) fn norms_of<'a, T, V: Iterator<Item = f64>>(
    extent: &Extent,
    width: usize,
    dual: &'a [T],
    values: impl Fn(&'a [T]) -> V,
) -> Vec<f64> {
    let neurons = extent.neurons;
    let mut squares = vec![0.0; extent.nets * neurons];
    for (net, squares) in squares.chunks_exact_mut(neurons).enumerate() {
        for row in extent.patterns_of(net, dual, width).chunks_exact(width) {
            for (square, value) in squares.iter_mut().zip(values(row)) {
                *square += value * value;
            }
        }
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// How far apart the fields and the sums of squared weights of two devices may lie, \[net, trial, N\] and \[net, trial\],
/// from the dual and one device's sums. 0 in the padding.
///
/// Both devices sum the same products of halves, so each field is within gamma |W| |V_i| of the exact sum, gamma =
/// [`sum_error`].
pub fn apart(extent: &Extent, dual: &[u32], weight_norm: &[f32]) -> [Vec<f64>; 2] {
    limits(extent, sum_error(extent.patterns), &column_norms(extent, dual), weight_norm)
}

/// The same from a field's error relative to |W| |V_i|, and |V_i| \[net, N\].
///
/// The sum of squares n of either device is within gamma, [`sum_error`], of its own, so |W|^2 <= n / (1 - gamma). What
/// computing the limit itself rounds is far less than the quarter that gamma's terms have to spare.
pub(crate) fn limits(extent: &Extent, error: f64, columns: &[f64], weight_norm: &[f32]) -> [Vec<f64>; 2] {
    let (gamma, neurons) = (sum_error(extent.patterns), extent.neurons);
    let mut limits = [vec![0.0; weight_norm.len() * neurons], vec![0.0; weight_norm.len()]];
    for net in 0..extent.nets {
        for row in (net * extent.trial_stride..).take(extent.trials) {
            let square = f64::from(weight_norm[row]) / (1.0 - gamma);
            let columns = &columns[net * neurons..][..neurons];
            for (limit, column) in limits[0][row * neurons..].iter_mut().zip(columns) {
                *limit = 2.0 * error * square.sqrt() * column;
            }
            limits[1][row] = 2.0 * gamma * square;
        }
    }
    limits
}

/// The halves of a row of words, the lower one first; one too many where their number is odd.
fn unpack(row: &[u32]) -> impl Iterator<Item = f16> {
    row.iter().flat_map(|&word| [word as u16, (word >> 16) as u16]).map(f16::from_bits)
}

/// A scaled value as a half that no device flushes: to nearest, and 0 below [`SMALLEST`].
pub fn to_half(scaled: f64) -> f16 {
    if scaled.abs() < SMALLEST { f16::ZERO } else { f16::from_f64(scaled) }
}

/// field\[net, trial, i\] = sum over mu of W(net, popcount(state ^ key_mu)) * V\[net, mu, i\], W as a multiple of
/// 2^(exponent of the reference - 14); and the sum of squared weights, from `floor` on.
///
/// The CPU has no arithmetic of halves: the dual is unpacked, and [`field`] does the rest.
pub fn field_half(extent: &Extent, arithmetic: Arithmetic, floor: f32, arrays: FieldHalf<'_>) {
    let neurons = extent.neurons;
    let unpacked = |row| unpack(row).take(neurons).map(f16::to_f32);
    let dual: Vec<f32> = arrays.dual.chunks_exact(neurons.div_ceil(2)).flat_map(unpacked).collect();
    let (table, reference) = at_top(neurons, arrays.table, arrays.reference);
    let weight_norm = arrays.weight_norm;
    let halved = Field {
        states: arrays.states,
        keys: arrays.keys,
        table: &table,
        exponents: arrays.exponents,
        reference: &reference,
        dual: &dual,
        field: arrays.field,
        weight_norm: &mut *weight_norm,
    };
    field(extent, arithmetic, true, halved, None);
    if extent.first_pattern == 0 {
        extent.split_trials(weight_norm, 1).flatten().for_each(|norm| *norm += floor);
    }
}

/// The table as the shaders scale it, and the references within it: without patterns there is no nearest one.
pub(crate) fn at_top(neurons: usize, table: &[f32], reference: &[u32]) -> (Vec<f32>, Vec<u32>) {
    let table = table.iter().map(|mantissa| mantissa * (1 << TOP) as f32).collect();
    (table, reference.iter().map(|&distance| distance.min(neurons as u32)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_nearest_and_never_subnormal() {
        for exponent in -14..=14 {
            for step in 0..5000 {
                let value = 2.0_f64.powi(exponent) * (1.0 + f64::from(step) / 5000.0);
                let half = to_half(value).to_f64();
                assert!((half - value).abs() <= HALF_UNIT * half.min(value), "{value:e}");
                assert_eq!(to_half(-value).to_f64(), -half);
            }
        }
        for value in [0.0, SMALLEST * 0.999_999, 1e-300] {
            assert_eq!(to_half(value).to_bits(), 0, "{value:e}");
        }
    }

    #[test]
    fn a_bound_that_says_nothing_says_so() {
        assert!(relative_error(1) > 2.0 * HALF_UNIT && relative_error(1000) < 3e-3);
        assert!(relative_error(1 << 24) >= 1.0);
    }
}
