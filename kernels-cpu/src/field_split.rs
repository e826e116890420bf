//! Fields from weights and duals as pairs of halves, for memories whose margins are too small for one.
//! Twin of `shaders/field_split.wgsl`.
//!
//! A value is a high half and what it leaves over as a low one. Matrix units multiply high by high, high by low and low by
//! high, three products for each of `field_half`; what that may cost is [`relative_error`]. The inputs are then nearly as
//! good as f32's, so the sum decides: it is taken in blocks, and of many patterns that leaves fewer signs in doubt than one
//! chain in f32.

use rayon::prelude::*;

use crate::field::{Field, field};
use crate::field_half::{HALF_UNIT, at_top, gamma, limits, norms_of, to_half};
use crate::{Arithmetic, Extent, PAD};

/// The rounding error of a field relative to |W|_2 |dual_i|_2, W the weights as rounded; at least one where nothing can be
/// said. To it comes the error of weights that were dropped, at most [`SMALLEST`](crate::field_half::SMALLEST) each.
///
/// Let w be a weight scaled, W1 its nearest half, W2 the half nearest to w - W1, W = W1 + W2, and u = 2^-11; v and V of a
/// dual variable likewise. With 2^e <= |w| < 2^(e + 1), |w - W1| <= u 2^e, so |W2| <= u |W1|; and halves below u 2^e are
/// u^2 2^e apart at most, so that |w - W| <= u^2 2^e / 2, at most u^2 |W| and u^2 |w|. Or a half below s = 2^-14 was
/// dropped, and |w - W| < s. The product of the low halves is left out:
///
/// ```text
/// w v - (W1 V1 + W1 V2 + W2 V1) = (w - W) v + W (v - V) + W2 V2
/// ```
///
/// The last is at most u^2 |W1| |V1| <= 2 u^2 |W| |v|, so summed over P patterns, by Cauchy-Schwarz, all of it is within
/// 4 u^2 |W| |v|, beside the dropped, s sqrt(P) |v| and s sqrt(P) |W|, the latter at most 2^-28 sqrt(P) |W| |v| as in
/// [`field_half`](crate::field_half::relative_error).
///
/// The products of halves are exact in f32; their additions have unit roundoff t = 2^-22, as there. In a block of at most
/// 16 patterns the low products, which sum to 2 u times the high ones' magnitude S at most, come first: 32 additions cost
/// 32 (2 u) t S, the 16 of the high ones 16 (1 + 2 u) t S, together less than 17 t S. The blocks, P / 16 + 1 of them, are
/// added to a total, and those of panels of at least 64 patterns, P / 64 + 1, to the field: gamma_n with
/// n = 20 + 5 P / 64 for all. S over all patterns and the low products beside it are at most (1 + 8 u) |W| |v|.
///
/// The inputs cost four units t, the sum 20 and more: it, and not the halves, is what `f16-split` has instead of f32's
/// gamma, whose n = P units of 2^-24 grow three times as fast.
pub fn relative_error(patterns: usize) -> f64 {
    let patterns = patterns as f64;
    let sum = gamma(20.0 + patterns * 5.0 / 64.0) * (1.0 + 8.0 * HALF_UNIT);
    4.0 * HALF_UNIT * HALF_UNIT + patterns.sqrt() * 2.0_f64.powi(-28) + sum
}

/// |dual_i|_2 \[net, N\].
pub fn column_norms(extent: &Extent, dual: &[f32]) -> Vec<f64> {
    norms_of(extent, extent.neurons, dual, |row| row.iter().map(|&value| f64::from(value)))
}

/// How far apart two devices may lie, as [`field_half::apart`](crate::field_half::apart): each is within [`relative_error`]
/// of the exact product, whether or not it leaves out the low halves'.
pub fn apart(extent: &Extent, dual: &[f32], weight_norm: &[f32]) -> [Vec<f64>; 2] {
    limits(extent, relative_error(extent.patterns), &column_norms(extent, dual), weight_norm)
}

/// A scaled value of 24 bits as the sum of its two halves: exact in f32, and neither is one that a device flushes.
pub fn to_split(scaled: f64) -> f32 {
    let high = to_half(scaled).to_f64();
    (high + to_half(scaled - high).to_f64()) as f32
}

/// field\[net, trial, i\] = sum over mu of W(net, popcount(state ^ key_mu)) * V\[net, mu, i\], W as a multiple of
/// 2^(exponent of the reference - 14); and the sum of squared weights, from `floor` on.
///
/// Table and dual hold the sums of halves. The CPU multiplies them whole, and its blocks are the smallest panels: 64
/// additions of unit roundoff 2^-24 and those of P / 64 blocks stay within what the shaders' may cost.
pub fn field_split(extent: &Extent, arithmetic: Arithmetic, floor: f32, arrays: Field<'_>) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let (table, reference) = at_top(neurons, arrays.table, arrays.reference);
    let (fields, weight_norm) = (arrays.field, arrays.weight_norm);
    if extent.first_pattern == 0 {
        extent.split_trials(fields, neurons).for_each(|fields| fields.fill(0.0));
        extent.split_trials(weight_norm, 1).for_each(|norms| norms.fill(floor));
    }
    let (mut sums, mut norms) = (vec![0.0; fields.len()], vec![0.0; weight_norm.len()]);
    for first in (0..extent.patterns).step_by(PAD) {
        let block = Extent { patterns: PAD.min(extent.patterns - first), first_pattern: 0, ..*extent };
        let part = Field {
            states: arrays.states,
            keys: &arrays.keys[first * words..],
            table: &table,
            exponents: arrays.exponents,
            reference: &reference,
            dual: &arrays.dual[first * neurons..],
            field: &mut sums,
            weight_norm: &mut norms,
        };
        field(&block, arithmetic, true, part, None);
        add(extent, neurons, fields, &sums);
        add(extent, 1, weight_norm, &norms);
    }
}

/// Adds the sums of a block to the totals of every net.
fn add(extent: &Extent, width: usize, totals: &mut [f32], sums: &[f32]) {
    for (net, totals) in extent.split_trials(totals, width).enumerate() {
        totals.par_iter_mut().zip(extent.trials_of(net, sums, width)).for_each(|(total, sum)| *total += sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_half::{self, SMALLEST};

    #[test]
    fn two_halves_hold_what_the_bound_says() {
        for exponent in -14..=14 {
            for step in 0..5000 {
                let value = 2.0_f64.powi(exponent) * f64::from(1.0 + step as f32 / 5000.0);
                let split = f64::from(to_split(value));
                let most = (HALF_UNIT * HALF_UNIT * value.min(split)).max(SMALLEST.min(value * HALF_UNIT));
                assert!((split - value).abs() <= most, "{value:e}");
                assert!(value < 512.0 || (split - value).abs() <= HALF_UNIT * HALF_UNIT * split, "{value:e}");
                assert_eq!(f64::from(to_split(-value)), -split);
                let [high, low] = [to_half(split).to_f64(), split - to_half(split).to_f64()];
                assert!(low == 0.0 || low.abs() >= SMALLEST, "{value:e}: {low:e}");
                assert!(to_half(low).to_f64() == low && low.abs() <= HALF_UNIT * high, "{value:e}: {low:e}");
            }
        }
        for value in [0.0, SMALLEST * 0.999_999, 1e-300] {
            assert_eq!(to_split(value).to_bits(), 0, "{value:e}");
        }
    }

    /// 24 + 5 P / 64 units of 2^-22 against 4096 + P for one half, and P + 2 of 2^-24 in f32: less from 137 patterns on.
    #[test]
    fn two_halves_certify_more_than_one_and_than_one_chain_in_f32() {
        for patterns in [1, 10, 130, 145, 1000, 10_000, 100_000] {
            let split = relative_error(patterns);
            assert!(split * 12.0 < field_half::relative_error(patterns), "{patterns} patterns: {split:e}");
            let chain = (patterns + 2) as f64 * 2.0_f64.powi(-24);
            assert_eq!(split < chain, patterns > 137, "{patterns} patterns: {split:e} against {chain:e}");
        }
        assert!(relative_error(1 << 24) < 1.0 && relative_error(1 << 26) >= 1.0);
    }
}
