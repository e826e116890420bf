//! How kernel logistic regression is solved: what `--solver` means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// `--solver gradient-descent|preconditioned`, of rule klr; [`Solver`](super::Solver) is ridge regression's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogisticSolver {
    /// The published full gradient descent, on the backend and in the defined arithmetic.
    #[default]
    GradientDescent,
    /// Steps through (K/4 + lambda I)^-1 with momentum, in f64 on the host, until the gradient is small.
    Preconditioned,
}

impl LogisticSolver {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::GradientDescent, Self::Preconditioned];
}

impl FromStr for LogisticSolver {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|solver| solver.to_string() == text);
        found.ok_or_else(|| Error::setting(format!("solver {text:?}"), "write gradient-descent or preconditioned"))
    }
}

impl fmt::Display for LogisticSolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GradientDescent => "gradient-descent",
            Self::Preconditioned => "preconditioned",
        })
    }
}
