//! A trained memory: keys, what its fields are made of, and how they came to be.
//!
//! Knows what a memory consists of; knows nothing of how it is trained or recalled.

mod energy;
mod file;
mod profile;
mod quantised;
mod table;

pub use energy::Energy;
pub use file::{load, save, save_quantised};
pub use profile::{Continuous, CustomTable, Profile, Slope};
pub use quantised::{Quantised, Width};
pub use table::Table;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::pattern::Patterns;

/// How training ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// The objective at the end, summed over patterns and neurons, of rules that have one.
    pub objective: Option<f64>,
    /// Largest absolute component of the objective's gradient at the end.
    pub gradient_norm: f64,
    /// The same at the start, where the dual is 0.
    pub initial_gradient_norm: f64,
    /// Of KLR the largest absolute residual sigma(F) - t + lambda alpha at the end: 1/2 at the start, 0 at the optimum.
    pub residual_norm: Option<f64>,
    /// Whether gradient and residual fell to the asked share of their start, or the gradient to the size asked for; an
    /// unsettled dual still depends on the number of updates.
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
    /// How the rule was solved, where there is a choice.
    #[serde(default)]
    pub solver: Option<String>,
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

impl Provenance {
    /// Nothing is known but what to call the kernel.
    pub fn unknown(kernel: &str) -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            kernel: kernel.into(),
            rule: unknown(),
            solver: None,
            learning_rate: 0.0,
            regularization: 0.0,
            updates: 0,
            seed: None,
            arithmetic: unknown(),
            backend: unknown(),
            targets: None,
            source: unknown(),
            convergence: None,
            version: unknown(),
        }
    }
}

/// A memory, ready for recall.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// P patterns of N neurons.
    pub keys: Patterns,
    /// What its fields are made of.
    pub readout: Readout,
    /// How its patterns are written, and so its activation.
    pub code: Code,
    /// How it was made.
    pub provenance: Provenance,
}

/// What the fields of a memory are made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Readout {
    /// The keys: field_i = sum over mu of table(d(state, key_mu)) dual\[mu, i\].
    Dual {
        /// Dual variables, row-major \[P, N\].
        dual: Vec<f32>,
        /// The separation profile over N + 1 distances.
        table: Table,
    },
    /// The state itself.
    Couplings(Couplings),
}

/// Fields of the state itself: field_i = bias_i + sum over j of state_j matrix\[j, i\], state_j 1 where its bit is set,
/// where not what the memory's code says, -1 or 0. The keys, any number from one on, only tell which pattern was
/// reached. A common factor changes no state: of Hebb's rule times N couplings are integers, and ties are exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Couplings {
    /// W, row-major \[N, N\].
    pub matrix: Vec<f32>,
    /// \[N\]; none is zeros.
    pub bias: Option<Vec<f32>>,
}

/// Without a bias.
impl From<Vec<f32>> for Couplings {
    fn from(matrix: Vec<f32>) -> Self {
        Self { matrix, bias: None }
    }
}

impl Readout {
    /// The dual and its table, if that is what it is.
    pub fn dual(&self) -> Option<(&[f32], &Table)> {
        match self {
            Self::Dual { dual, table } => Some((dual, table)),
            Self::Couplings(_) => None,
        }
    }

    /// The matrix that weights are multiplied with: the dual, or the couplings.
    pub fn matrix(&self) -> &[f32] {
        match self {
            Self::Dual { dual, .. } => dual,
            Self::Couplings(couplings) => &couplings.matrix,
        }
    }

    /// What each neuron's field starts from, where that is not 0.
    pub fn bias(&self) -> Option<&[f32]> {
        match self {
            Self::Dual { .. } => None,
            Self::Couplings(couplings) => couplings.bias.as_deref(),
        }
    }
}
