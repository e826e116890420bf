//! Storkey's rule: each pattern adds what its fields still lack (A. J. Storkey, R. Valabregue, Neural Networks 12,
//! 1999; [H] C. Hanley, Investigating Hebbian alternatives to dense associative memory, 2025).
//!
//! ```text
//! W[i][j] += (x_i x_j - x_i h_ji - h_ij x_j) / N,   h_ij = sum over k, not i nor j, of W[i][k] x_k
//! ```
//!
//! with W as it was before the pattern. W is symmetric and no h holds a diagonal entry, so that with H_i = sum over k,
//! not i, of W\[i\]\[k\] x_k it is W += (x_i x_j - x_i H_j - H_i x_j + 2 W) / N off the diagonal: N^2 work for a
//! pattern, not N^3.

use rayon::prelude::*;

use super::Observer;
use super::couplings::{SelfCoupling, check_pairs};
use super::expanded::{LARGEST, blew_up};
use super::lesson::{Class, Learn, Learned, in_turn};
use super::table::{Row, Rule};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Readout;
use crate::pattern::Patterns;

pub(super) const ROW: Row =
    Row { spellings: &["storkey"], read: |text| (text == "storkey").then(|| Ok(Rule::new(Storkey))) };

#[derive(Debug)]
struct Storkey;

impl Learn for Storkey {
    fn name(&self) -> String {
        ROW.spellings[0].into()
    }

    /// Its fields are the patterns' own: it knows no other target.
    fn check_targets(&self) -> Result<()> {
        let what = "rule storkey with targets of their own";
        Err(Error::setting(what, "its patterns answer with themselves alone: use hebb"))
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, _, _| {
            Ok(Learned::of(Readout::Couplings(storkey_couplings(keys, SelfCoupling::Removed)?.into())))
        })
    }
}

/// W \[N, N\], symmetric, of patterns in their order, in f64 and then rounded: 2 P N^2 multiply-adds.
///
/// # Errors
/// If there is no pattern, or a coupling passes 1e30.
pub fn storkey_couplings(keys: &Patterns, own: SelfCoupling) -> Result<Vec<f32>> {
    check_pairs(keys, keys)?;
    let neurons = keys.neurons();
    let scale = 1.0 / neurons as f64;
    // Off the diagonal, where the fields look, and the diagonal apart.
    let mut weights = vec![0.0_f64; neurons * neurons];
    let mut diagonal = vec![0.0_f64; neurons];
    let signs = keys.to_bipolar();
    for (pattern, signs) in signs.chunks_exact(neurons).enumerate() {
        let x: Vec<f64> = signs.iter().map(|&sign| f64::from(sign)).collect();
        let field = |row: &[f64]| row.iter().zip(&x).map(|(weight, x)| weight * x).sum::<f64>();
        let fields: Vec<f64> = weights.par_chunks_exact(neurons).map(field).collect();
        let rows = weights.par_chunks_exact_mut(neurons).zip(&mut diagonal).enumerate();
        let in_range = rows.map(|(i, (row, own))| {
            let mut in_range = true;
            for ((weight, &x_j), &field_j) in row.iter_mut().zip(&x).zip(&fields) {
                *weight += scale * (x[i] * x_j - x[i] * field_j - fields[i] * x_j + 2.0 * *weight);
                in_range &= weight.abs() <= LARGEST;
            }
            row[i] = 0.0;
            *own += scale * (1.0 - 2.0 * x[i] * fields[i]);
            in_range && own.abs() <= LARGEST
        });
        if !in_range.reduce(|| true, |left, right| left && right) {
            return Err(blew_up("Storkey's rule", pattern, 0, "give fewer patterns, or more neurons"));
        }
    }
    if own == SelfCoupling::Kept {
        for (neuron, own) in diagonal.into_iter().enumerate() {
            weights[neuron * (neurons + 1)] = own;
        }
    }
    Ok(weights.into_iter().map(|weight| weight as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;

    /// The rule as it is printed: N^3 for a pattern.
    fn textbook(x: &[Vec<f64>], neurons: usize) -> Vec<Vec<f64>> {
        let mut w = vec![vec![0.0; neurons]; neurons];
        for x in x {
            let h = |i: usize, j: usize| -> f64 {
                (0..neurons).filter(|&k| k != i && k != j).map(|k| w[i][k] * x[k]).sum()
            };
            let update = |i, j| (x[i] * x[j] - x[i] * h(j, i) - h(i, j) * x[j]) / neurons as f64;
            w = (0..neurons).map(|i| (0..neurons).map(|j| w[i][j] + update(i, j)).collect()).collect();
        }
        w
    }

    #[test]
    fn couplings_are_those_of_the_textbook_loop() {
        let keys = patterns(1, 0, 17, 12).unwrap();
        let x: Vec<Vec<f64>> =
            keys.to_bipolar().chunks_exact(17).map(|row| row.iter().map(|&s| f64::from(s)).collect()).collect();
        let expected = textbook(&x, 17);
        for own in [SelfCoupling::Removed, SelfCoupling::Kept] {
            let couplings = storkey_couplings(&keys, own).unwrap();
            for (i, j) in (0..17).flat_map(|i| (0..17).map(move |j| (i, j))) {
                let exact = if i == j && own == SelfCoupling::Removed { 0.0 } else { expected[i][j] };
                // One rounding to f32, beside which those of 12 updates in f64 are nothing.
                let bound = 1.01 * exact.abs() / (1 << 24) as f64 + 1e-13;
                assert!((f64::from(couplings[i * 17 + j]) - exact).abs() <= bound, "{i} {j}");
            }
        }
    }

    #[test]
    fn it_stores_more_than_the_hebbian_rule() {
        // 0.25 N patterns: past Hopfield's 0.14 N, well below Storkey's capacity of N / sqrt(2 ln N) = 0.31 N.
        let keys = patterns(4, 0, 200, 50).unwrap();
        let x: Vec<f32> = keys.to_bipolar().into_iter().map(f32::from).collect();
        let fixed = |w: &[f32]| {
            let right =
                |x: &&[f32]| (0..200).all(|i| x[i] * (0..200).map(|j| x[j] * w[j * 200 + i]).sum::<f32>() > 0.0);
            x.chunks_exact(200).filter(right).count()
        };
        let hebbian = crate::rule::hebbian_couplings(&keys, &keys, SelfCoupling::Removed).unwrap();
        assert_eq!(fixed(&storkey_couplings(&keys, SelfCoupling::Removed).unwrap()), 50);
        assert!(fixed(&hebbian) < 10);
    }

    #[test]
    fn no_patterns_are_refused() {
        let none = patterns(1, 0, 9, 1).unwrap().prefix(0);
        assert!(storkey_couplings(&none, SelfCoupling::Removed).is_err());
    }
}
