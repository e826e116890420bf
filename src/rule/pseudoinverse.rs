//! The pseudoinverse or projection rule: every stored pattern is a fixed point, however they overlap (L. Personnaz, I.
//! Guyon, G. Dreyfus, J. Physique Lett. 46, 1985).
//!
//! ```text
//! alpha = (X X^T / N)^-1 Y,   field = (s X^T / N) alpha = s W,   W = X^T (X X^T)^-1 Y
//! ```
//!
//! The dual wants the profile phi(m) = m / N of the overlap m = N - 2 d. Both are one memory: W costs N^2 per recalled
//! state, the dual 2 N P, so that couplings are cheaper to recall from P = N / 2 on. The Gram matrix is one of
//! integers, exact before it is factored. Self-coupling is a choice: W as it stands is the projection onto the
//! patterns; without its diagonal (I. Kanter, H. Sompolinsky, Phys. Rev. A 35, 1987) basins are wider and patterns
//! still fixed for random patterns below P = N.

use rayon::prelude::*;

use super::couplings::{SelfCoupling, check_pairs};
use super::dense::{Factor, Flaw, bipolar, check_square, multiply, rows};
use super::lesson::{Class, Learn, Learned, host_bytes, in_turn, squared};
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Readout;
use crate::pattern::{Patterns, hamming};

pub(super) const ROW: Row = Row {
    spellings: &["pseudoinverse", "pseudoinverse-zero-diagonal"],
    read: |text| match text {
        "pseudoinverse" => Some(Ok(Rule::new(Pseudoinverse(SelfCoupling::Kept)))),
        "pseudoinverse-zero-diagonal" => Some(Ok(Rule::new(Pseudoinverse(SelfCoupling::Removed)))),
        _ => None,
    },
};

#[derive(Debug)]
struct Pseudoinverse(SelfCoupling);

impl Learn for Pseudoinverse {
    fn name(&self) -> String {
        ROW.spellings[usize::from(self.0 == SelfCoupling::Removed)].into()
    }

    fn cost(&self, patterns: usize, neurons: usize, _: usize) -> f64 {
        let (p, n) = (patterns as f64, neurons as f64);
        p * p * (p / 3.0 + 2.0 * n) + p * n * n
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &Descent, _: Distances) -> u64 {
        let vectors = (patterns as u64).saturating_mul(2 * neurons as u64);
        let f64s = squared(patterns).saturating_add(squared(neurons)).saturating_add(vectors);
        host_bytes(nets, patterns, neurons, f64s)
    }

    /// With self-couplings W is the projection, and every stored pattern fixed, but basins are small at high loads.
    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            Ok(Learned::of(Readout::Couplings(pseudoinverse_couplings(keys, targets, self.0)?.into())))
        })
    }
}

const CURE: &str = "use --rule krr, whose regularization also solves this, or give fewer, independent patterns";

/// alpha \[P, N\] for the profile phi(m) = m / N: P^3 / 3 + 2 P^2 N multiply-adds, P^2 f64 of memory.
///
/// # Errors
/// If targets have another shape than keys, there is no pattern, or the patterns are not independent: more than
/// neurons, one twice (or its negative), or a Gram matrix that is singular to working precision.
pub fn pseudoinverse_dual(keys: &Patterns, targets: &Patterns) -> Result<Vec<f32>> {
    let neurons = keys.neurons() as f64;
    let solved = solve(keys, targets)?;
    Ok(solved.into_iter().map(|value| (neurons * value) as f32).collect())
}

/// W \[N (input), N (output)\]: N^2 P multiply-adds more than the dual, and N^2 f64 of memory.
///
/// # Errors
/// As [`pseudoinverse_dual`].
pub fn pseudoinverse_couplings(keys: &Patterns, targets: &Patterns, own: SelfCoupling) -> Result<Vec<f32>> {
    let (patterns, neurons) = (keys.len(), keys.neurons());
    check_square(&format!("couplings of {neurons} neurons"), neurons, "give fewer neurons, or use the dual")?;
    let solved = solve(keys, targets)?;
    let mut product = vec![0.0; neurons * neurons];
    let inputs = bipolar(keys);
    multiply(&mut product, rows(&inputs, patterns, neurons).transpose(), rows(&solved, patterns, neurons));
    let mut couplings: Vec<f32> = product.into_iter().map(|value| value as f32).collect();
    own.apply(&mut couplings, neurons);
    Ok(couplings)
}

/// (X X^T)^-1 Y.
fn solve(keys: &Patterns, targets: &Patterns) -> Result<Vec<f64>> {
    check_pairs(keys, targets)?;
    let (patterns, neurons) = (keys.len(), keys.neurons());
    let singular = |why: String| Error::unlearnable(format!("the pseudoinverse of {patterns} patterns: {why}"), CURE);
    if patterns > neurons {
        return Err(singular(format!("at most {neurons} patterns of {neurons} neurons are independent")));
    }
    check_square(&format!("the Gram matrix of {patterns} patterns"), patterns, "give fewer patterns")?;
    if let Some((row, other, distance)) = dependent(keys) {
        let how = if distance == 0 { "equal" } else { "each other's negatives" };
        return Err(singular(format!("patterns {row} and {other} are {how}, so the Gram matrix is singular")));
    }
    let mut gram = vec![0.0; patterns * patterns];
    gram.par_chunks_exact_mut(patterns).enumerate().for_each(|(row, values)| {
        for (other, value) in values.iter_mut().enumerate() {
            *value = neurons as f64 - 2.0 * f64::from(hamming(keys.row(row), keys.row(other)));
        }
    });
    let factor = Factor::new(gram, patterns).map_err(|flaw| {
        singular(match flaw {
            Flaw::Pivot(pivot) => format!("pattern {pivot} depends on those before it, so the Gram matrix is singular"),
            Flaw::Condition(_) => format!("the Gram matrix {flaw}"),
        })
    })?;
    let mut right = bipolar(targets);
    factor.solve(&mut right);
    Ok(right)
}

/// The first pair of patterns that are equal or each other's negatives, and their distance.
fn dependent(keys: &Patterns) -> Option<(usize, usize, u32)> {
    let neurons = keys.neurons() as u32;
    let pairs = (0..keys.len()).into_par_iter().filter_map(|row| {
        let distances = (row + 1..keys.len()).map(|other| (other, hamming(keys.row(row), keys.row(other))));
        let mut found = distances.filter(|&(_, distance)| distance == 0 || distance == neurons);
        found.next().map(|(other, distance)| (row, other, distance))
    });
    pairs.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;

    #[test]
    fn dependent_patterns_are_refused_by_name() {
        let refusal = |keys: &Patterns| pseudoinverse_dual(keys, keys).unwrap_err().to_string();
        let many = refusal(&patterns(1, 0, 30, 31).unwrap());
        assert!(many.contains("31 patterns") && many.contains("at most 30") && many.contains("krr"), "{many}");
        let keys = patterns(1, 0, 30, 9).unwrap();
        let twice = refusal(&keys.select([0, 1, 2, 3, 4, 2, 5]));
        assert!(twice.contains("patterns 2 and 5 are equal"), "{twice}");
        let signs = keys.to_bipolar();
        let negated = signs.iter().map(|&s| s > 0).chain(signs[60..90].iter().map(|&s| s < 0));
        let negative = refusal(&Patterns::from_signs(30, negated).unwrap());
        assert!(negative.contains("patterns 2 and 9 are each other's negatives"), "{negative}");
        let [a, b, c] = [0, 1, 2].map(|row| signs[row * 30..][..30].to_vec());
        // a + b = d + e with d = a where a = b and else +1, e = a where a = b and else -1.
        let d = a.iter().zip(&b).map(|(&a, &b)| if a == b { a > 0 } else { true });
        let e = a.iter().zip(&b).map(|(&a, &b)| if a == b { a > 0 } else { false });
        let known = [&a, &b, &c].into_iter().flatten().map(|&s| s > 0);
        let singular = refusal(&Patterns::from_signs(30, known.chain(d).chain(e)).unwrap());
        assert!(singular.contains("singular") && singular.contains("krr"), "{singular}");
    }

    #[test]
    fn unequal_shapes_are_refused() {
        let keys = patterns(1, 0, 30, 9).unwrap();
        let refusal = pseudoinverse_couplings(&keys, &keys.prefix(8), SelfCoupling::Kept).unwrap_err().to_string();
        assert!(refusal.contains("9 of 30") && refusal.contains("8 of 30"), "{refusal}");
    }
}
