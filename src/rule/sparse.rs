//! Rules for sparse binary patterns that count who is active together ([L] A. Lansner, N. B. Ravichandran and P.
//! Herman, Benchmarking Hebbian learning rules for associative memory, arXiv 2401.00335).
//!
//! With c_i the patterns in which neuron i is active, c_ji those in which j and i are, P_i = c_i / P and P_ji = c_ji /
//! P:
//!
//! ```text
//! sparse-hebb             W[j][i] = P P_ji                        = c_ji
//! sparse-covariance       W[j][i] = P^2 (P_ji - P_j P_i)          = P c_ji - c_j c_i
//! presynaptic-covariance  W[j][i] = P (P_ji - P_j P_i) / P_j      = (P c_ji - c_j c_i) / c_j, 0 if j never was active
//! sparse-hopfield         W[j][i] = sum over mu of (2 x_j - 1)(2 y_i - 1) = 4 c_ji - 2 c_j - 2 c_i + P
//! willshaw                W[j][i] = 1 if c_ji > 0, else 0
//! ```
//!
//! There is no bias. Factors that are common to all couplings change no winner; with these most are whole numbers, so
//! that equal fields are equal. The presynaptic rule is A. A. Minai's (Neural Computation 9, 1997), W = P(i | j) -
//! P(i); the couplings of Hopfield are those of his paper for activities 0 and 1 (PNAS 79, 1982). No neuron is coupled
//! to itself, nor to others of its hypercolumn, of which only one is active (as in the authors' code).

use super::couplings::{Correlations, Counts};
use super::lesson::{Class, Learn, Learned, host_bytes, in_turn};
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer};
use crate::code::Code;
use crate::engine::Workspace;
use crate::error::Result;
use crate::memory::Readout;
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["sparse-hebb", "sparse-covariance", "presynaptic-covariance", "sparse-hopfield", "willshaw"],
    read: |text| RULES.iter().find(|rule| rule.name == text).map(|rule| Ok(Rule::new(*rule))),
};

/// A rule whose couplings are a formula of counts.
#[derive(Clone, Copy, Debug)]
struct Counted {
    name: &'static str,
    coupling: fn(Counts) -> f64,
}

const RULES: [Counted; 5] = [
    Counted { name: "sparse-hebb", coupling: |counts| counts.both },
    Counted { name: "sparse-covariance", coupling: covariance },
    Counted {
        name: "presynaptic-covariance",
        coupling: |counts| if counts.before > 0.0 { covariance(counts) / counts.before } else { 0.0 },
    },
    Counted {
        name: "sparse-hopfield",
        coupling: |Counts { patterns, before, after, both }| 4.0 * both - 2.0 * before - 2.0 * after + patterns,
    },
    Counted { name: "willshaw", coupling: |counts| f64::from(u8::from(counts.both > 0.0)) },
];

fn covariance(Counts { patterns, before, after, both }: Counts) -> f64 {
    patterns * both - before * after
}

impl Learn for Counted {
    fn name(&self) -> String {
        self.name.into()
    }

    fn is_sparse(&self) -> bool {
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
            let matrix = counted_couplings(class.code, keys, targets, self.coupling)?;
            Ok(Learned::of(Readout::Couplings(matrix.into())))
        })
    }
}

/// W \[N (input), N (output)\] of each pair of neurons that may be active together, rounded once; 0 of the others.
pub(super) fn counted_couplings(
    code: Code,
    keys: &Patterns,
    targets: &Patterns,
    coupling: impl Fn(Counts) -> f64 + Sync,
) -> Result<Vec<f32>> {
    let correlations = Correlations::new(keys, targets)?;
    let neurons = keys.neurons();
    let counts = correlations.counts();
    let value = |input, output, sum| match code.shuts_out(neurons, input, output) {
        true => 0.0,
        false => coupling(counts.of(input, output, sum)) as f32,
    };
    Ok(correlations.couplings(value))
}
