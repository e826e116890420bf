//! A trained memory: keys, dual variables, the separation profile, and how they came to be.
//!
//! Knows what a memory consists of; knows nothing of how it is trained or recalled.

mod container;
mod file;
mod profile;
mod table;

pub use file::{load, save};
pub use profile::{CustomTable, Profile};
pub use table::Table;

use serde::{Deserialize, Serialize};

use crate::pattern::Patterns;

/// How training ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// The objective at the end, summed over patterns and neurons.
    pub objective: f64,
    /// Largest absolute component of the objective's gradient at the end.
    pub gradient_norm: f64,
    /// The same at the start, where the dual is 0.
    pub initial_gradient_norm: f64,
    /// Largest absolute residual sigma(F) - t + lambda alpha at the end: 1/2 at the start, 0 at the optimum.
    pub residual_norm: f64,
    /// Whether gradient and residual fell to the asked share of their start; an unsettled dual still depends on the number
    /// of updates.
    pub settled: bool,
    /// Updates made.
    pub updates: usize,
}

/// Where a memory comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The kernel, as it was named.
    pub kernel: String,
    /// The learning rule.
    pub rule: String,
    /// The learning rate.
    pub learning_rate: f32,
    /// The regularization strength.
    pub regularization: f32,
    /// Updates asked for.
    pub updates: usize,
    /// The random seed, if chance was involved.
    pub seed: Option<u64>,
    /// The arithmetic of training.
    pub arithmetic: String,
    /// The backend that trained.
    pub backend: String,
    /// Where the targets came from, if they are not the keys.
    pub targets: Option<String>,
    /// Where the keys came from.
    pub source: String,
    /// How training ended; none if that is not known.
    pub convergence: Option<Convergence>,
    /// The version of attractor that trained.
    pub version: String,
}

/// A memory, ready for recall.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// P patterns of N neurons.
    pub keys: Patterns,
    /// Dual variables, row-major \[P, N\].
    pub dual: Vec<f32>,
    /// The separation profile over N + 1 distances.
    pub table: Table,
    /// How it was made.
    pub provenance: Provenance,
}
