//! Learning rules: (keys, targets, profile) -> dual.
//!
//! To add a rule: one file here and its name in [`Rule`].

mod couplings;
mod covariance;
mod dense;
mod distances;
mod expanded;
mod hebbian;
mod kernel_matrix;
mod linear_logistic;
mod logistic;
mod oja;
mod product;
mod pseudoinverse;
mod ridge;
mod storkey;

use std::fmt;
use std::str::FromStr;

pub use couplings::SelfCoupling;
pub use covariance::covariance_couplings;
pub use distances::Distances;
pub use expanded::{Coefficient, Expanded, Proportional, expanded_couplings};
pub use hebbian::{hebbian_couplings, hebbian_dual};
pub use linear_logistic::{LinearLogistic, LinearlyTrained, linear_logistic_couplings};
pub use logistic::{Descent, Trained, Training, train, train_from};
pub use oja::oja_couplings;
pub use pseudoinverse::{pseudoinverse_couplings, pseudoinverse_dual};
pub use ridge::{Ridge, Solved, Solver, ridge_dual};
pub use storkey::storkey_couplings;

use crate::engine::{Device, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Memory, Profile, Provenance, Readout, Table};
use crate::pattern::Patterns;

/// A learning rule by name: what `--rule` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Kernel logistic regression by full gradient descent.
    Klr,
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "klr" => Ok(Self::Klr),
            _ => Err(Error::setting(format!("rule {text:?}"), "write klr")),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Klr => f.write_str("klr"),
        }
    }
}

/// Told how many of the updates are done; answers whether to go on.
pub type Observer<'a> = dyn FnMut(usize) -> bool + 'a;

/// Trains one memory to answer each key with its target: [`train`] for a single network, with nobody watching.
///
/// # Errors
/// As [`train`], if training diverges, and if the profile exceeds any table's range.
pub fn train_memory(
    space: &Workspace<'_>,
    keys: &Patterns,
    targets: &Patterns,
    profile: &Profile,
    descent: &Descent,
) -> Result<Memory> {
    let table = profile.table(keys.neurons())?;
    let training = Training { keys: std::slice::from_ref(keys), targets: std::slice::from_ref(targets), table: &table };
    let trained = train(space, training, descent, &mut |_| true)?.swap_remove(0).finite(descent)?;
    let provenance = provenance(profile, Rule::Klr, descent, space.backend().device());
    Ok(memory(keys.clone(), table, trained, provenance))
}

/// How a memory came to be, as far as rule and device know; the caller adds where its patterns are from.
pub fn provenance(profile: &Profile, rule: Rule, descent: &Descent, device: &Device) -> Provenance {
    Provenance {
        kernel: profile.to_string(),
        rule: rule.to_string(),
        learning_rate: descent.learning_rate,
        regularization: descent.regularization,
        updates: descent.updates,
        seed: None,
        arithmetic: device.arithmetic.clone(),
        backend: device.name.clone(),
        targets: None,
        source: "memory".into(),
        convergence: None,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// A memory out of what training gave.
pub fn memory(keys: Patterns, table: Table, trained: Trained, provenance: Provenance) -> Memory {
    Memory {
        keys,
        readout: Readout::Dual { dual: trained.dual, table },
        provenance: Provenance { convergence: Some(trained.convergence), ..provenance },
    }
}
