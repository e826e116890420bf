//! Any rule by name, for any number of networks: what a sweep and `train` ask for.

use super::ridge::{Ridge, ridge_dual};
use super::{
    Descent, Distances, LinearLogistic, Model, Observer, Rule, SelfCoupling, Trained, Training, covariance_couplings,
    expanded_couplings, hebbian_couplings, hebbian_dual, linear_logistic_couplings, oja_couplings,
    pseudoinverse_couplings, storkey_couplings, train_from,
};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Profile, Readout, Table};
use crate::pattern::Patterns;

/// What one network learnt.
#[derive(Debug)]
pub struct Learned {
    /// What it answers with, or why there is nothing: training diverged, or its patterns have no such memory.
    pub readout: Result<Readout>,
    /// How training ended, of rules that approach their end.
    pub convergence: Option<Convergence>,
    /// Where the distances were from, of rules that may store them.
    pub distances: Option<Distances>,
}

/// Lets every network learn by one rule. Settings that a rule has no use for do not matter to it.
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
    let table = model.profile.table(first.neurons())?;
    if model.rule == Rule::Klr {
        let training = Training { keys, targets, table: &table };
        let trained = train_from(distances, space, training, descent, observer)?;
        return Ok(trained.into_iter().map(|trained| descended(trained, &table, descent)).collect());
    }
    let mut all = Vec::new();
    for (network, (keys, targets)) in keys.iter().zip(targets).enumerate() {
        // They know no updates to tell of: a network is a share of them.
        if !observer(descent.updates * network / first.len().max(1)) {
            return Err(Error::Interrupted);
        }
        all.push(on_the_host(model, &table, keys, targets, descent));
    }
    Ok(all)
}

fn descended(trained: Trained, table: &Table, descent: &Descent) -> Learned {
    let (convergence, distances) = (trained.convergence.clone(), trained.distances);
    let dual = |trained: Trained| Readout::Dual { dual: trained.dual, table: table.clone() };
    Learned { readout: trained.finite(descent).map(dual), convergence: Some(convergence), distances: Some(distances) }
}

/// One network by a rule that is a sum, a solution or a product of matrices that libraries do best.
fn on_the_host(model: &Model, table: &Table, keys: &Patterns, targets: &Patterns, descent: &Descent) -> Learned {
    let removed = SelfCoupling::Removed;
    let dual = |dual| Readout::Dual { dual, table: table.clone() };
    let mut convergence = None;
    let readout = match &model.rule {
        Rule::Hebb(own) if model.profile == Profile::Linear => {
            hebbian_couplings(keys, targets, *own).map(Readout::Couplings)
        }
        Rule::Hebb(_) => Ok(dual(hebbian_dual(targets))),
        Rule::Covariance => covariance_couplings(keys, targets, removed).map(Readout::Couplings),
        Rule::Oja { rate } => oja_couplings(keys, targets, *rate, 1, removed).map(Readout::Couplings),
        Rule::Storkey => storkey_of(keys, targets).map(Readout::Couplings),
        Rule::Expanded { coefficients, .. } => {
            expanded_couplings(keys, targets, coefficients, 1, removed).map(Readout::Couplings)
        }
        // Kept: it is what makes stored patterns fixed points.
        Rule::Pseudoinverse => pseudoinverse_couplings(keys, targets, SelfCoupling::Kept).map(Readout::Couplings),
        Rule::Llr { symmetric } => {
            let settings = LinearLogistic {
                learning_rate: descent.learning_rate.into(),
                regularization: descent.regularization.into(),
                updates: descent.updates,
                symmetrised: *symmetric,
            };
            linear_logistic_couplings(keys, targets, &settings).map(|trained| {
                convergence = Some(Convergence {
                    objective: Some(trained.objective),
                    gradient_norm: trained.gradient_norm,
                    initial_gradient_norm: trained.initial_gradient_norm,
                    residual_norm: None,
                    settled: trained.gradient_norm <= descent.tolerance * trained.initial_gradient_norm,
                    updates: descent.updates,
                });
                Readout::Couplings(trained.couplings)
            })
        }
        Rule::Krr => {
            let ridge = Ridge { regularization: descent.regularization.into(), ..Ridge::default() };
            ridge_dual(keys, targets, table, &ridge).map(|solved| {
                // The residual is the gradient of alpha^T (K + lambda I) alpha / 2 - Y^T alpha, whose value nobody asks for.
                convergence = Some(Convergence {
                    objective: None,
                    gradient_norm: solved.residual_norm,
                    initial_gradient_norm: 1.0,
                    residual_norm: None,
                    settled: true,
                    updates: solved.iterations,
                });
                dual(solved.dual)
            })
        }
        Rule::Klr => unreachable!("learn() gives it to the backend"),
    };
    Learned { readout, convergence, distances: None }
}

/// Storkey's rule knows no other target than the pattern itself.
fn storkey_of(keys: &Patterns, targets: &Patterns) -> Result<Vec<f32>> {
    if keys != targets {
        return Err(Error::setting("rule storkey with targets of their own", "leave --targets out, or use hebb"));
    }
    storkey_couplings(keys, SelfCoupling::Removed)
}
