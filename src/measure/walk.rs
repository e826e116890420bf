//! One trial of a sequence memory: one row of sequences.csv.

use serde::{Deserialize, Serialize};

/// How one memory walks along the cyclic sequence x^1, x^2, .. x^P, x^1 .. that it was trained on (arXiv 2605.00366,
/// sections 2.2 to 2.5). Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// Neurons, N.
    pub neurons: usize,
    /// Patterns of the sequence, P.
    pub patterns: usize,
    /// Which of the independent draws of patterns.
    pub trial: usize,
    /// Synchronous steps from x^1; 0 when the network learnt nothing, and rates are then no numbers.
    pub steps: usize,
    /// Whether it walks through one full cycle without an error: whether every transition is right.
    pub success: bool,
    /// Share of patterns whose next state is exactly the next pattern, bit for bit.
    pub transitions: f64,
    /// Share of bits that are right after one step from each pattern.
    pub bits: f64,
    /// The first step from x^1 after which the state was not the pattern whose turn it was; empty when there was none.
    pub first_error: Option<usize>,
    /// Mean over the steps of the cosine between the state and the pattern whose turn it was.
    pub overlap: f64,
    /// The period of the cycle that it walks into, 1 for a fixed point; 0 when no state was met twice.
    pub period: usize,
    /// Signal over noise; empty for couplings, which have no dual, as the next two.
    pub snr: Option<f64>,
    /// Mean of target times dual variable times K(mu, mu).
    pub signal: Option<f64>,
    /// Standard deviation of the rest of the field.
    pub noise: Option<f64>,
    /// The rule's objective at the end of training, summed over neurons; no number where it has none.
    pub objective: f64,
    /// Largest absolute component of the objective's gradient at the end; infinite when nothing was learnt.
    pub gradient_norm: f64,
    /// Whether training settled: see `Convergence`.
    pub settled: bool,
    /// Sign decisions of walk and transitions that only the canonical f64 sum could take.
    pub uncertain_signs: u64,
}
