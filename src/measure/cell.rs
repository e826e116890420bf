//! One cell of a sweep: one row of cells.csv.

use serde::{Deserialize, Serialize};

/// What happened to the trials of one (rule, kernel, load, similarity, network). Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// Neurons, N.
    pub neurons: usize,
    /// Stored patterns, P.
    pub patterns: usize,
    /// The load asked for; P is its nearest whole multiple of 1/N.
    pub load: f64,
    /// Cosine between cue and target that was asked for; of sparse codes the share of active neurons kept.
    pub similarity: f64,
    /// Bits actually flipped in each cue, round(N (1 - similarity) / 2); of sparse codes active neurons moved.
    pub flips: usize,
    /// Which of the independent networks.
    pub network: usize,
    /// Recall trials; 0 when the network learnt nothing (training diverged, or its patterns have no such memory), and
    /// the rates are then no numbers.
    pub trials: usize,
    /// Share of trials that ended in a fixed point.
    pub fixed_point_rate: f64,
    /// Share of trials that ended in their target.
    pub target_rate: f64,
    /// Share that ended in another stored pattern.
    pub other_rate: f64,
    /// Share that ended in a fixed point that is no stored pattern.
    pub spurious_rate: f64,
    /// Share that entered a cycle of period two or more.
    pub cycle_rate: f64,
    /// Share still moving after the last step, without having repeated a state.
    pub unsettled_rate: f64,
    /// Mean cosine between final state and target, over all trials; of sparse codes the share of active neurons found.
    pub mean_cosine: f64,
    /// Mean steps to the first that changes nothing, over trials that ended in a fixed point; empty when none did.
    pub mean_steps: Option<f64>,
    /// The rule's objective at the end of training, summed over neurons; no number where it has none.
    pub objective: f64,
    /// Largest absolute component of the objective's gradient at the end of training (for krr, of the residual of its
    /// system); infinite when nothing was learnt, 0 where nothing is descended.
    pub gradient_norm: f64,
    /// Whether training settled: see `Convergence`.
    pub settled: bool,
    /// Sign decisions too close to call in f32, taken again by the canonical f64 sum.
    pub uncertain_signs: u64,
}

impl Cell {
    /// Number of trials behind a rate.
    pub fn count(&self, rate: f64) -> u64 {
        (rate * self.trials as f64).round() as u64
    }
}
