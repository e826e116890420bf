//! The covariance rule: products of deviations from the mean (T. J. Sejnowski, J. Math. Biol. 4, 1977; [H] C. Hanley,
//! Investigating Hebbian alternatives to dense associative memory, 2025).
//!
//! ```text
//! W[j][i] = sum over mu of (x_j^mu - mean_j) (y_i^mu - mean_i)
//! ```
//!
//! Of the means in use (one for each neuron over the patterns, or one activity for all) it takes each neuron's own,
//! which makes W the covariance of the patterns. It is P times the covariance, so that balanced patterns give exactly
//! the Hebbian couplings. Only W is made: recall's field is W s, without the thresholds that some papers add.

use super::couplings::{Correlations, SelfCoupling};
use super::lesson::{Class, Learn, Learned, host_bytes, in_turn};
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer};
use crate::engine::Workspace;
use crate::error::Result;
use crate::memory::Readout;
use crate::pattern::Patterns;

pub(super) const ROW: Row =
    Row { spellings: &["covariance"], read: |text| (text == "covariance").then(|| Ok(Rule::new(Covariance))) };

#[derive(Debug)]
struct Covariance;

impl Learn for Covariance {
    fn name(&self) -> String {
        ROW.spellings[0].into()
    }

    fn cost(&self, patterns: usize, neurons: usize, _: usize) -> f64 {
        patterns as f64 * neurons as f64 * neurons as f64 / 32.0
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &Descent, _: Distances) -> u64 {
        host_bytes(nets, patterns, neurons, 0)
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            Ok(Learned::of(Readout::Couplings(covariance_couplings(keys, targets, SelfCoupling::Removed)?.into())))
        })
    }
}

/// W \[N (input), N (output)\], each entry the exact one rounded; as much work as the Hebbian couplings.
///
/// # Errors
/// If there is no pattern or more than 2^24, or targets have another shape than keys.
pub fn covariance_couplings(keys: &Patterns, targets: &Patterns, own: SelfCoupling) -> Result<Vec<f32>> {
    let correlations = Correlations::new(keys, targets)?;
    let patterns = correlations.patterns() as i64;
    let [x, y] = correlations.sums();
    // At most 2 P^2 <= 2^49: the numerator is exact in i64 and in f64.
    let value = |input: usize, output: usize, sum| (patterns * sum - x[input] * y[output]) as f64 / patterns as f64;
    let mut couplings = correlations.couplings(|input, output, sum| value(input, output, sum) as f32);
    own.apply(&mut couplings, keys.neurons());
    Ok(couplings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;
    use crate::rule::hebbian_couplings;

    #[test]
    fn balanced_patterns_give_the_hebbian_couplings() {
        let half = patterns(3, 0, 45, 33).unwrap().to_bipolar();
        let signs = half.iter().map(|&s| s > 0).chain(half.iter().map(|&s| s < 0));
        let balanced = Patterns::from_signs(45, signs).unwrap();
        let covariance = covariance_couplings(&balanced, &balanced, SelfCoupling::Kept).unwrap();
        assert_eq!(covariance, hebbian_couplings(&balanced, &balanced, SelfCoupling::Kept).unwrap());
    }

    #[test]
    fn couplings_are_the_sums_of_products_of_deviations() {
        // Up in one of eight: far from balanced.
        let [a, b, c] = [1, 2, 3].map(|seed| patterns(seed, 0, 41, 19).unwrap());
        let sparse = a.words().iter().zip(b.words()).zip(c.words()).map(|((a, b), c)| a & b & c).collect();
        let keys = Patterns::from_words(41, sparse).unwrap();
        let couplings = covariance_couplings(&keys, &a, SelfCoupling::Kept).unwrap();
        let [x, y] =
            [keys.to_bipolar(), a.to_bipolar()].map(|rows| rows.into_iter().map(f64::from).collect::<Vec<_>>());
        let mean = |rows: &[f64], i: usize| (0..19).map(|mu| rows[mu * 41 + i]).sum::<f64>() / 19.0;
        for (j, i) in (0..41).flat_map(|j| (0..41).map(move |i| (j, i))) {
            let (mean_x, mean_y) = (mean(&x, j), mean(&y, i));
            let sum: f64 = (0..19).map(|mu| (x[mu * 41 + j] - mean_x) * (y[mu * 41 + i] - mean_y)).sum();
            // One rounding to f32 of a value up to 19, and the test's own in f64.
            assert!((f64::from(couplings[j * 41 + i]) - sum).abs() <= 19.0 / (1 << 24) as f64, "{j} to {i}");
        }
    }
}
