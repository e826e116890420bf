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
mod learn;
mod linear_logistic;
mod logistic;
mod model;
mod name;
mod oja;
mod product;
mod pseudoinverse;
mod ridge;
mod storkey;

pub use couplings::SelfCoupling;
pub use covariance::covariance_couplings;
pub use distances::Distances;
pub use expanded::{Coefficient, Expanded, Proportional, expanded_couplings};
pub use hebbian::{hebbian_couplings, hebbian_dual};
pub use learn::{Learned, learn};
pub use linear_logistic::{LinearLogistic, LinearlyTrained, linear_logistic_couplings};
pub use logistic::{Descent, Trained, Training, train, train_from};
pub use model::Model;
pub use name::Rule;
pub use oja::oja_couplings;
pub use pseudoinverse::{pseudoinverse_couplings, pseudoinverse_dual};
pub use ridge::{Ridge, Solved, Solver, ridge_dual};
pub use storkey::storkey_couplings;

use crate::engine::{Device, Workspace};
use crate::error::Result;
use crate::memory::{Memory, Provenance};
use crate::pattern::Patterns;

/// Told how many of the updates are done; answers whether to go on.
pub type Observer<'a> = dyn FnMut(usize) -> bool + 'a;

/// One memory that answers each key with its target: [`learn`] for a single network, with nobody watching.
///
/// # Errors
/// As [`learn`], and if the network learnt nothing.
pub fn learn_memory(
    space: &Workspace<'_>,
    model: &Model,
    keys: &Patterns,
    targets: &Patterns,
    descent: &Descent,
) -> Result<Memory> {
    let [own, wanted] = [keys, targets].map(std::slice::from_ref);
    let learned = learn(model, Distances::Auto, space, own, wanted, descent, &mut |_| true)?.swap_remove(0);
    let provenance = provenance(model, descent, space.backend().device());
    let provenance = Provenance { convergence: learned.convergence, ..provenance };
    Ok(Memory { keys: keys.clone(), readout: learned.readout?, provenance })
}

/// How a memory came to be, as far as its model and the device know; the caller adds where its patterns are from.
pub fn provenance(model: &Model, descent: &Descent, device: &Device) -> Provenance {
    Provenance {
        kernel: model.profile.to_string(),
        rule: model.rule.to_string(),
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
