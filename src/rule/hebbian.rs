//! The Hebbian rule: what fires together is wired together.
//!
//! As a dual it is the targets themselves, with any profile: correlation matrix and Hopfield memories (linear),
//! Minerva2 (cube), dense and exponential memories ([H] C. Hanley, Investigating Hebbian alternatives to dense
//! associative memory, 2025, sections 2.1 to 2.3). With the linear profile the sum over patterns can be taken first,
//!
//! ```text
//! W[j][i] = sum over mu of x_j^mu y_i^mu
//! ```
//!
//! N times the textbook's W = (1/N) sum x x^T. No sign depends on a positive factor, and integers make fields exact: a
//! field of 0 is one.

use super::couplings::{Correlations, SelfCoupling};
use super::lesson::{Class, Learn, Learned, host_bytes, in_turn};
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer};
use crate::engine::Workspace;
use crate::error::Result;
use crate::memory::{Profile, Readout};
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["hebb", "hebb-self"],
    read: |text| match text {
        "hebb" => Some(Ok(Rule::new(Hebb(SelfCoupling::Removed)))),
        "hebb-self" => Some(Ok(Rule::new(Hebb(SelfCoupling::Kept)))),
        _ => None,
    },
};

/// With the linear kernel couplings; with any other the patterns as their own dual, where nobody asks for self-couplings.
#[derive(Debug)]
struct Hebb(SelfCoupling);

impl Learn for Hebb {
    fn name(&self) -> String {
        ROW.spellings[usize::from(self.0 == SelfCoupling::Kept)].into()
    }

    fn usual_kernel(&self) -> Option<Profile> {
        (self.0 == SelfCoupling::Removed).then_some(Profile::Linear)
    }

    fn couples(&self, profile: &Profile) -> bool {
        *profile == Profile::Linear
    }

    fn has_energy(&self, _: &Profile) -> bool {
        true
    }

    fn cost(&self, patterns: usize, neurons: usize, _: usize) -> f64 {
        patterns as f64 * neurons as f64 * neurons as f64 / 32.0
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &Descent, _: Distances) -> u64 {
        host_bytes(nets, patterns, neurons, 0)
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            Ok(Learned::of(if *class.profile == Profile::Linear {
                Readout::Couplings(hebbian_couplings(keys, targets, self.0)?.into())
            } else {
                Readout::Dual { dual: hebbian_dual(targets), table: class.table.clone() }
            }))
        })
    }
}

/// The dual \[P, N\] of a memory with any profile: the targets, -1 and +1.
pub fn hebbian_dual(targets: &Patterns) -> Vec<f32> {
    targets.to_bipolar().into_iter().map(f32::from).collect()
}

/// W \[N (input), N (output)\], integers, by population counts: N^2 P / 32 words are compared.
///
/// # Errors
/// If there is no pattern or more than 2^24, or targets have another shape than keys.
pub fn hebbian_couplings(keys: &Patterns, targets: &Patterns, own: SelfCoupling) -> Result<Vec<f32>> {
    let mut couplings = Correlations::new(keys, targets)?.couplings(|_, _, sum| sum as f32);
    own.apply(&mut couplings, keys.neurons());
    Ok(couplings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;

    #[test]
    fn couplings_are_the_sums_of_products() {
        // Neither neurons nor patterns fill their words.
        let (keys, targets) = (patterns(1, 0, 37, 70).unwrap(), patterns(2, 0, 37, 70).unwrap());
        let [x, y] = [keys.to_bipolar(), targets.to_bipolar()];
        let kept = hebbian_couplings(&keys, &targets, SelfCoupling::Kept).unwrap();
        let removed = hebbian_couplings(&keys, &targets, SelfCoupling::Removed).unwrap();
        for (j, i) in (0..37).flat_map(|j| (0..37).map(move |i| (j, i))) {
            let sum: i32 = (0..70).map(|mu| i32::from(x[mu * 37 + j]) * i32::from(y[mu * 37 + i])).sum();
            assert_eq!(kept[j * 37 + i], sum as f32, "{j} to {i}");
            assert_eq!(removed[j * 37 + i], if i == j { 0.0 } else { sum as f32 }, "{j} to {i}");
        }
    }

    #[test]
    fn unequal_shapes_are_refused() {
        let (keys, fewer) = (patterns(1, 0, 37, 70).unwrap(), patterns(2, 0, 37, 69).unwrap());
        let refusal = hebbian_couplings(&keys, &fewer, SelfCoupling::Kept).unwrap_err().to_string();
        assert!(refusal.contains("70 of 37") && refusal.contains("69 of 37"), "{refusal}");
        let none = keys.prefix(0);
        assert!(hebbian_couplings(&none, &none, SelfCoupling::Kept).unwrap_err().to_string().contains("no patterns"));
    }
}
