//! Rules for sparse binary patterns that weigh evidence: fields are log probabilities of being active ([L] A. Lansner,
//! N. B. Ravichandran and P. Herman, Benchmarking Hebbian learning rules for associative memory, arXiv 2401.00335).
//!
//! With probabilities estimated as shares of the P patterns, P_i of neuron i, P_ji of both j and i:
//!
//! ```text
//! bcpnn   W[j][i] = log( P_ji / (P_j P_i) )                      bias_i = log P_i
//! boms    W[j][i] = log( P_ji P_j'i' / (P_ji' P_j'i) )           bias_i = log( P_i / P_i' )
//!                                                                  + sum over j of log( P_j'i P_i' / (P_j'i' P_i) )
//! ```
//!
//! a prime meaning inactive. Both are a naive Bayes classifier of each neuron by the others: BCPNN (A. Lansner and O.
//! Ekeberg, 1989) hears active ones only; the optimal Bayesian memory (A. Knoblauch, Neural Computation 23, 2011) also
//! what is inactive, here in the symmetric form that knows nothing of how cues are distorted. [L] names it BOMs; its
//! own text was not at hand, so that the form is Knoblauch's.
//!
//! A probability of one neuron is at least e = 1 / (P + 1), of two e^2, as in the authors' code
//! (anderslan/ptBCPNN2.0). With e for both, two neurons that never were active together would be coupled like two that
//! once were: of the published anchor of 92.9 % recalled, about 4 % would be. No neuron is coupled to itself, nor to
//! others of its hypercolumn.

use super::couplings::{Correlations, Counts};
use super::lesson::{Class, Learn, Learned, host_bytes, in_turn};
use super::sparse::counted_couplings;
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer};
use crate::code::Code;
use crate::engine::Workspace;
use crate::error::Result;
use crate::memory::{Couplings, Readout};
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["bcpnn", "boms"],
    read: |text| match text {
        "bcpnn" => Some(Ok(Rule::new(Bayesian::Propagation))),
        "boms" => Some(Ok(Rule::new(Bayesian::Optimal))),
        _ => None,
    },
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bayesian {
    /// BCPNN.
    Propagation,
    /// The optimal one.
    Optimal,
}

impl Learn for Bayesian {
    fn name(&self) -> String {
        ROW.spellings[usize::from(*self == Self::Optimal)].into()
    }

    fn is_sparse(&self) -> bool {
        true
    }

    fn cost(&self, patterns: usize, neurons: usize, _: usize) -> f64 {
        // A logarithm a pair costs more than what is counted for it, of few patterns.
        (patterns as f64 / 32.0 + 100.0) * neurons as f64 * neurons as f64
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &Descent, _: Distances) -> u64 {
        host_bytes(nets, patterns, neurons, 0)
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            Ok(Learned::of(Readout::Couplings(self.couplings(class.code, keys, targets)?)))
        })
    }
}

impl Bayesian {
    fn couplings(self, code: Code, keys: &Patterns, targets: &Patterns) -> Result<Couplings> {
        let active = Correlations::new(keys, targets)?.counts();
        let patterns = keys.len() as f64;
        let one = Clamped { patterns, least: 1.0 / (patterns + 1.0) };
        let two = Clamped { patterns, least: one.least * one.least };
        let prior = |count: i64| one.log(count as f64);
        if self == Self::Propagation {
            let matrix = counted_couplings(code, keys, targets, |Counts { before, after, both, .. }| {
                two.log(both) - one.log(before) - one.log(after)
            })?;
            let bias = active.after.iter().map(|&count| prior(count) as f32).collect();
            return Ok(Couplings { matrix, bias: Some(bias) });
        }
        let alone = |Counts { patterns, before, after, both }: Counts| {
            // Neither, and the output alone.
            [two.log(patterns - before - after + both), two.log(after - both)]
        };
        let matrix = counted_couplings(code, keys, targets, |counts| {
            let [neither, output] = alone(counts);
            two.log(counts.both) + neither - two.log(counts.before - counts.both) - output
        })?;
        // What the silence of each input says: of few bits, so that f32 loses nothing that counts.
        let silence = counted_couplings(code, keys, targets, |counts| {
            let [neither, output] = alone(counts);
            output - one.log(counts.after) - neither + one.log(counts.patterns - counts.after)
        })?;
        let bias = active.after.iter().enumerate().map(|(output, &count)| {
            let odds = prior(count) - one.log(patterns - count as f64);
            let silences = silence.iter().skip(output).step_by(active.after.len()).map(|&value| f64::from(value));
            (odds + silences.sum::<f64>()) as f32
        });
        Ok(Couplings { matrix, bias: Some(bias.collect()) })
    }
}

/// Probabilities as shares of patterns, none less than `least`.
#[derive(Clone, Copy)]
struct Clamped {
    patterns: f64,
    least: f64,
}

impl Clamped {
    /// log of the probability of what happened so often.
    fn log(self, count: f64) -> f64 {
        libm::log((count / self.patterns).max(self.least))
    }
}
