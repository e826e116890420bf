//! Oja's rule: the activity product with a decay that keeps couplings bounded (E. Oja, J. Math. Biol. 15, 1982; [H] C.
//! Hanley, Investigating Hebbian alternatives to dense associative memory, 2025).
//!
//! ```text
//! W[j][i] += eta y_i (x_j - y_i W[j][i]),   W = 0 at first
//! ```
//!
//! Oja's y is the network's own answer, which stays 0 from W = 0; as an associative rule it is clamped to the target.
//! With y = -1 or +1 the update is W += eta (x_j y_i - W): a mean of the products that forgets, and |W| <= 1 for eta <=
//! 1.

use super::Observer;
use super::couplings::SelfCoupling;
use super::expanded::{Coefficient, Expanded, learn};
use super::lesson::{Class, Learn, Learned, in_turn};
use super::table::{Row, Rule};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Readout;
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["oja:ETA"],
    read: |text| {
        let rate = text.strip_prefix("oja:")?.parse().ok().filter(|&rate: &f64| rate > 0.0 && rate.is_finite())?;
        Some(Ok(Rule::new(Oja { rate })))
    },
};

#[derive(Debug)]
struct Oja {
    rate: f64,
}

impl Learn for Oja {
    fn name(&self) -> String {
        format!("oja:{}", self.rate)
    }

    /// In one pass.
    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            let couplings = oja_couplings(keys, targets, self.rate, 1, SelfCoupling::Removed)?;
            Ok(Learned::of(Readout::Couplings(couplings.into())))
        })
    }
}

/// W \[N (input), N (output)\] after so many passes over the patterns in their order: passes P N^2 multiply-adds.
///
/// # Errors
/// If eta is not above 0, there is no pattern or no pass, targets have another shape than keys, or a coupling passes
/// 1e30, which takes eta above 2.
pub fn oja_couplings(
    keys: &Patterns,
    targets: &Patterns,
    learning_rate: f64,
    passes: usize,
    own: SelfCoupling,
) -> Result<Vec<f32>> {
    if !(learning_rate > 0.0 && learning_rate.is_finite()) {
        return Err(Error::setting(
            format!("learning rate {learning_rate}"),
            "give one above 0 and at most 1, such as oja:0.1",
        ));
    }
    let rule = Expanded {
        c2_corr: Coefficient::Constant(learning_rate),
        c2_post: Coefficient::proportional(-learning_rate),
        ..Expanded::default()
    };
    let cure = format!("lower its learning rate (now {learning_rate}) to at most 1");
    learn(keys, targets, &rule, passes, own, "Oja's rule", &cure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;
    use crate::rule::expanded_couplings;

    #[test]
    fn couplings_follow_the_textbook_and_the_expanded_rule() {
        let (keys, targets) = (patterns(1, 0, 23, 40).unwrap(), patterns(2, 0, 23, 40).unwrap());
        let [x, y] =
            [keys.to_bipolar(), targets.to_bipolar()].map(|s| s.into_iter().map(f64::from).collect::<Vec<_>>());
        let couplings = oja_couplings(&keys, &targets, 0.1, 3, SelfCoupling::Kept).unwrap();
        for (j, i) in (0..23).flat_map(|j| (0..23).map(move |i| (j, i))) {
            let mut weight = 0.0;
            for mu in (0..3).flat_map(|_| 0..40) {
                let (x, y) = (x[mu * 23 + j], y[mu * 23 + i]);
                weight += 0.1 * y * (x - y * weight);
            }
            // Each f64 update rounds a few numbers below 1 and shrinks earlier errors; to f32 it is one rounding.
            assert!((f64::from(couplings[j * 23 + i]) - weight).abs() <= 1.0 / (1 << 24) as f64, "{j} to {i}");
        }
        let file = "c2_corr = 0.1\nc2_post = { times_weight = -0.1 }";
        let rule: Expanded = toml::from_str(file).unwrap();
        assert_eq!(couplings, expanded_couplings(&keys, &targets, &rule, 3, SelfCoupling::Kept).unwrap());
    }

    #[test]
    fn couplings_stay_bounded_up_to_a_rate_of_1_and_above_2_the_rate_is_named() {
        let keys = patterns(1, 0, 30, 500).unwrap();
        for rate in [0.01, 0.5, 1.0] {
            let couplings = oja_couplings(&keys, &keys, rate, 2, SelfCoupling::Removed).unwrap();
            assert!(couplings.iter().all(|coupling| coupling.abs() <= 1.0), "{rate}");
        }
        let error = oja_couplings(&keys, &keys, 2.5, 2, SelfCoupling::Removed).unwrap_err().to_string();
        assert!(error.contains("at pattern 16") && error.contains("(now 2.5)"), "{error}");
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(oja_couplings(&keys, &keys, rate, 1, SelfCoupling::Removed).is_err(), "{rate}");
        }
    }
}
