//! The canonical field: the f64 sum in pattern order that decides every sign and every winner that a backend's
//! arithmetic cannot certify.

use std::borrow::Cow;

use attractor_kernels_cpu::canonical::{self, GROUP, Trial};
use attractor_kernels_cpu::heaviest;
use rayon::prelude::*;

use super::winners;
use crate::memory::{Memory, Readout};
use crate::pattern::is_up;

/// Unit roundoff of f32.
pub(super) const UNIT: f64 = 1.0 / (1 << 24) as f64;

/// Duals of a smaller norm are bounded as if they had this one, so that products that underflow stay within the bound.
pub(super) const SMALLEST_NORM: f64 = 1.0 / (1 << 30) as f64;

/// Headroom for the rounding of the test itself, of the squared weights, and of the canonical sum.
pub(super) const SLACK: f64 = 1.0 + 1.0 / 1024.0;

/// Trials of a group, at least: each group passes over the whole dual.
const SMALLEST_GROUP: usize = 8;

/// A memory as the canonical sum sees it.
pub(super) struct Canonical<'a> {
    memory: &'a Memory,
}

impl<'a> Canonical<'a> {
    pub(super) fn new(memory: &'a Memory) -> Self {
        Self { memory }
    }

    /// 1 / (gamma |dual_i|_2) for every neuron, rounded down.
    ///
    /// A sum of P products in precision u, in any order, is within gamma_P |k|_2 |dual_i|_2 of the exact one (Higham,
    /// Accuracy and Stability, section 3.1, and Cauchy-Schwarz), gamma_n = n u / (1 - n u); n = P + 2 allows for
    /// products that are rounded too. Weights dropped below 2^-64 of the heaviest add sqrt(P) 2^-63 relative to
    /// |k|_2 >= 1. Couplings are a dual of P = N patterns, the inputs, whose weights are -1 and +1: |k|_2 = sqrt(N). A bias
    /// is one more of weight 1 <= |k|_2: |dual_i|_2 + |bias_i| bounds what both come to.
    pub(super) fn inverse_bounds(&self) -> Vec<f32> {
        let neurons = self.memory.keys.neurons();
        let matrix = self.memory.readout.matrix();
        let patterns = (matrix.len() / neurons) as f64;
        let mut squares = vec![0.0_f64; neurons];
        let biases: Vec<f64> = match self.memory.readout.bias() {
            Some(bias) => bias.iter().map(|&bias| f64::from(bias).abs()).collect(),
            None => vec![0.0; neurons],
        };
        let mut sums = biases.clone();
        for row in matrix.chunks_exact(neurons) {
            for ((square, sum), &dual) in squares.iter_mut().zip(&mut sums).zip(row) {
                *square += f64::from(dual) * f64::from(dual);
                *sum += f64::from(dual).abs();
            }
        }
        // Largest weight a trial can meet: plain values as they are, wide ones relative to the heaviest key's.
        let heaviest = match &self.memory.readout {
            Readout::Dual { table, .. } => {
                table.values.iter().fold(0.0_f64, |most, &value| most.max(f64::from(value).abs()))
            }
            Readout::Couplings(_) => 1.0,
        };
        // A sum that may pass f32's range on the way certifies nothing: an infinity has the sign of a partial sum.
        // Half the range allows for the rounding of the chain, at most (1 + u)^P < 2.
        let largest = f64::from(f32::MAX) / 2.0;
        let in_range = |sum: f64| heaviest * sum <= largest && heaviest * heaviest * patterns <= largest;
        let count = (patterns + 2.0) * UNIT;
        let gamma = if count < 0.5 { count / (1.0 - count) } else { f64::INFINITY };
        // The squared weights carry the same relative error as the sum they bound.
        let relative = (gamma + patterns.sqrt() * 2.0_f64.powi(-62)) * SLACK / (1.0 - gamma).max(0.0).sqrt();
        let bounds = squares.iter().zip(&sums).zip(&biases).map(|((square, &sum), bias)| {
            if in_range(sum) { 1.0 / (relative * (square.sqrt() + bias).max(SMALLEST_NORM)) } else { 0.0 }
        });
        // A relative error of one or more certifies nothing: 0 makes every sign uncertain.
        bounds.map(|bound| if bound.is_finite() { (bound as f32).next_down().max(0.0) } else { 0.0 }).collect()
    }

    /// How far each field may be off that takes part in finding winners.
    pub(super) fn margins(&self) -> Vec<f32> {
        let neurons = self.memory.keys.neurons();
        let active = self.memory.code.groups(neurons).map_or(neurons, |groups| groups.active(neurons));
        winners::margins(self.memory, active)
    }

    /// Decides what is marked in `uncertain` of the steps from `states`, all packed rows, writing it into `next`.
    ///
    /// h_i = sum over mu in pattern order of weight(d_mu) * dual\[mu, i\] in f64, weights relative to the heaviest
    /// key's power of two, or bias_i plus that over j of state_j * couplings\[j, i\]; h_i = 0 keeps the neuron's state.
    pub(super) fn decide(&self, states: &[u32], uncertain: &[u32], next: &mut [u32]) {
        let words = self.memory.keys.stride();
        let trials = next.len() / words;
        let group = trials.div_ceil(rayon::current_num_threads()).clamp(SMALLEST_GROUP, GROUP) * words;
        let dual = self.memory.readout.dual();
        let keys = dual.map(|_| self.memory.keys.words());
        // Of a table without exponents, no weight depends on the heaviest key.
        let shared = if dual.is_some_and(|(_, table)| table.is_wide()) { None } else { Some(self.weights(0)) };
        let bias = self.memory.readout.bias();
        let winning = self.memory.code.groups(self.memory.keys.neurons());
        let groups = states.par_chunks(group).zip(uncertain.par_chunks(group)).zip(next.par_chunks_mut(group));
        groups.for_each(|((states, uncertain), next)| {
            let states = states.chunks_exact(words);
            let doubted = states.zip(uncertain.chunks_exact(words)).map(|(state, uncertain)| Doubted {
                state,
                weights: match &shared {
                    Some(shared) => Cow::Borrowed(&shared[..]),
                    None => Cow::Owned(self.weights(self.heaviest(state))),
                },
                neurons: marked(uncertain),
            });
            let doubted: Vec<Doubted<'_>> = doubted.collect();
            let trials: Vec<Trial<'_>> = doubted.iter().map(Doubted::trial).collect();
            let fields = canonical::sums(self.memory.keys.neurons(), keys, self.memory.readout.matrix(), &trials);
            let rows = uncertain.chunks_exact(words).zip(next.chunks_exact_mut(words));
            for ((trial, mut fields), (uncertain, next)) in trials.iter().zip(fields).zip(rows) {
                if let Some(bias) = bias {
                    fields.iter_mut().zip(trial.wanted).for_each(|(field, &at)| *field += f64::from(bias[at]));
                }
                if let Some(groups) = winning {
                    winners::decide(groups, trial.state, uncertain, (trial.wanted, &fields), next);
                    continue;
                }
                for (field, &neuron) in fields.into_iter().zip(trial.wanted) {
                    let (word, bit) = (neuron / 32, neuron % 32);
                    let positive = field > 0.0 || (field == 0.0 && is_up(trial.state, neuron));
                    next[word] = next[word] & !(1 << bit) | u32::from(positive) << bit;
                }
            }
        });
    }

    /// The distance of a state's heaviest key.
    fn heaviest(&self, state: &[u32]) -> usize {
        let exponents = self.memory.readout.dual().map_or(&[][..], |(_, table)| &table.exponents);
        heaviest::of_state(state, self.memory.keys.words(), exponents, None)
    }

    /// Weights by distance, for a trial whose heaviest key is so far: none of its keys has a larger one. Of couplings
    /// by component.
    fn weights(&self, heaviest: usize) -> Vec<f64> {
        let Some((_, table)) = self.memory.readout.dual() else {
            return vec![self.memory.code.zero().into(), 1.0];
        };
        let larger = |d: usize| table.exponents[d] > table.exponents[heaviest];
        let distances = 0..=self.memory.keys.neurons();
        distances.map(|d| if larger(d) { 0.0 } else { table.weight(d, heaviest) }).collect()
    }
}

/// A trial, and its neurons whose signs are doubted.
struct Doubted<'a> {
    state: &'a [u32],
    weights: Cow<'a, [f64]>,
    neurons: Vec<usize>,
}

impl Doubted<'_> {
    fn trial(&self) -> Trial<'_> {
        Trial { state: self.state, weights: &self.weights, wanted: &self.neurons }
    }
}

/// The neurons whose bits are set.
fn marked(packed: &[u32]) -> Vec<usize> {
    let bits =
        |(word, &mask): (usize, &u32)| (0..32).filter(move |bit| mask >> bit & 1 == 1).map(move |bit| word * 32 + bit);
    packed.iter().enumerate().flat_map(bits).collect()
}
