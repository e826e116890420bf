//! Settings of the rules that approach their end step by step.

use serde::{Deserialize, Serialize};

use super::Solver;
use crate::error::{Error, Result};

/// Settings of a descent. A rule leaves alone those that it has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Descent {
    /// eta.
    pub learning_rate: f32,
    /// lambda.
    pub regularization: f32,
    /// Number of updates; of solvers that converge the most of them.
    pub updates: usize,
    /// Training counts as settled once the largest components of gradient and residual are below this share of their
    /// values at alpha = 0. The gradient K r alone can be small while r, seen through small eigenvalues of K, is not.
    pub tolerance: f64,
    /// What [`learn`](super::learn) solves by.
    pub solver: Solver,
    /// Where solvers that converge stop: at this largest component of the gradient, once the residual of klr is below
    /// the tolerance too.
    pub gradient_norm: f64,
    /// Whether objective and gradient are kept of every update ([`Learned::trace`](super::Learned::trace)). It changes
    /// no result, and costs up to as much as the updates do.
    #[serde(skip)]
    pub trace: bool,
}

impl Default for Descent {
    /// The published settings.
    fn default() -> Self {
        Self {
            learning_rate: 0.1,
            regularization: 0.01,
            updates: 500,
            tolerance: 0.05,
            solver: Solver::Auto,
            gradient_norm: 1e-4,
            trace: false,
        }
    }
}

impl Descent {
    /// Those that decide what is learnt, named and in words, for reports.
    pub fn rows(&self) -> [(&'static str, String); 4] {
        [
            ("learning rate eta", self.learning_rate.to_string()),
            ("regularization lambda", self.regularization.to_string()),
            ("updates", self.updates.to_string()),
            ("solver", self.solver.to_string()),
        ]
    }

    /// Checks that the settings can be meant.
    ///
    /// # Errors
    /// Naming the first that cannot.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: String, cure: &str| Err(Error::setting(what, cure));
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse(
                format!("learning rate {}", self.learning_rate),
                "give --learning-rate above 0, such as 0.1",
            );
        }
        if !(self.regularization >= 0.0 && self.regularization.is_finite()) {
            return refuse(
                format!("regularization {}", self.regularization),
                "give --regularization of 0 or more, such as 0.01",
            );
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return refuse(format!("tolerance {}", self.tolerance), "give --tolerance above 0, such as 0.05");
        }
        if !(self.gradient_norm > 0.0 && self.gradient_norm.is_finite()) {
            return refuse(
                format!("gradient norm {}", self.gradient_norm),
                "give --gradient-norm above 0, such as 1e-4",
            );
        }
        Ok(())
    }
}
