//! One cell of a phase diagram.

use serde::{Deserialize, Serialize};

/// What a network of a phase diagram does. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Bits flipped in each cue.
    pub flips: usize,
    /// Trials; 0 where nothing was learnt.
    pub trials: usize,
    /// Share of trials that ended in their target.
    pub target_rate: f64,
    /// Share that ended in another stored pattern.
    pub other_rate: f64,
    /// Share that ended in a fixed point that is no stored pattern.
    pub spurious_rate: f64,
    /// Share of stored patterns that one step leaves as they are.
    pub fixed: f64,
    /// Signal over noise (arXiv 2605.00366); none of couplings.
    pub snr: Option<f64>,
    /// Pinnacle sharpness, the mean of |grad V|^2 at a sample of stored patterns (arXiv 2511.13053); none of couplings and
    /// of kernels without a slope.
    pub sharpness: Option<f64>,
    /// The same of the direct force, -h.
    pub direct: Option<f64>,
    /// The same of the feedback.
    pub feedback: Option<f64>,
}
