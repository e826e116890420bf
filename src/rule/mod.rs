//! Learning rules: (keys, targets, profile) -> dual or couplings.
//!
//! To add a rule: one file here, with a [`Learn`] and a row that reads its name, and a line in `table.rs`.

mod bayesian;
mod conjugate;
mod couplings;
mod covariance;
pub(crate) mod dense;
mod descent;
mod distances;
mod expanded;
mod hebbian;
pub(crate) mod kernel_matrix;
mod lesson;
mod line_search;
mod linear_logistic;
mod logistic;
mod model;
mod oja;
mod product;
mod pseudoinverse;
mod ridge;
mod solver;
mod sparse;
mod stability;
mod storkey;
mod table;

pub use couplings::SelfCoupling;
pub use covariance::covariance_couplings;
pub use descent::Descent;
pub use distances::Distances;
pub use expanded::{Coefficient, Expanded, Proportional, expanded_couplings};
pub use hebbian::{hebbian_couplings, hebbian_dual};
pub use lesson::{Class, Learn, Learned, Look};
pub use linear_logistic::{LinearLogistic, LinearlyTrained, linear_logistic_couplings};
pub use logistic::{Trained, Training, train, train_from};
pub use model::Model;
pub use oja::oja_couplings;
pub use pseudoinverse::{pseudoinverse_couplings, pseudoinverse_dual};
pub use ridge::{Ridge, Solved, ridge_dual};
pub use solver::Solver;
pub use stability::unstable_step;
pub use storkey::storkey_couplings;
pub use table::Rule;

use crate::engine::{Device, Workspace};
use crate::error::Result;
use crate::memory::{Memory, Provenance};
use crate::pattern::Patterns;
use lesson::check_shapes;

/// Told how many of the updates are done; answers whether to go on.
pub type Observer<'a> = dyn FnMut(usize) -> bool + 'a;

/// Lets every network learn by one model.
///
/// # Errors
/// If settings or shapes cannot be meant, the backend fails, or the observer answers no. A network that has nothing to answer with
/// is no error: it says why, and the others have learnt.
pub fn learn(
    model: &Model,
    distances: Distances,
    space: &Workspace<'_>,
    keys: &[Patterns],
    targets: &[Patterns],
    descent: &Descent,
    observer: &mut Observer<'_>,
) -> Result<Vec<Learned>> {
    descent.check()?;
    let Some(first) = keys.first() else { return Ok(Vec::new()) };
    check_shapes(keys, targets)?;
    model.check_code()?;
    keys.iter().chain(targets).try_for_each(|patterns| model.check_patterns(patterns))?;
    model.rule.check_solver(descent)?;
    if keys != targets {
        model.rule.check_targets()?;
    }
    let (profile, table) = (&model.profile, &model.table(first.neurons())?);
    model.rule.learn(space, &Class { profile, table, code: model.code, keys, targets, descent, distances }, observer)
}

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
    learned.memory(keys.clone(), model.code, provenance(model, descent, space.backend().device()))
}

/// How a memory came to be, as far as its model and the device know; the caller adds where its patterns are from.
pub fn provenance(model: &Model, descent: &Descent, device: &Device) -> Provenance {
    Provenance {
        kernel: model.profile.to_string(),
        rule: model.rule.to_string(),
        solver: model.rule.solver(descent).map(|solver| solver.to_string()),
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
