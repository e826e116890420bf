//! How a rule comes to its dual or couplings where there is a choice: what `--solver` means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// `--solver`. Which of them a rule takes it says itself ([`Learn::solvers`](super::Learn::solvers)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// The rule's usual one: as published for klr and llr; for krr Cholesky or conjugate gradients, by size.
    #[default]
    Auto,
    /// Full gradient descent by the learning rate, for so many updates.
    GradientDescent,
    /// Accelerated descent with a safe step and constant momentum (Y. Nesterov, Introductory lectures, 2.2.11).
    Nesterov,
    /// Steps through the inverse of K D K + eps I, Fisher's information (arXiv 2609.16827).
    Natural,
    /// Accelerated descent through (K/4 + lambda I)^-1, which is factored.
    Preconditioned,
    /// Newton's method by conjugate gradients; holds no P x P matrix.
    NewtonCg,
    /// A Cholesky factor.
    Cholesky,
    /// Preconditioned conjugate gradients; holds no P x P matrix.
    ConjugateGradients,
}

impl Solver {
    /// Every choice.
    pub const ALL: [Self; 8] = [
        Self::Auto,
        Self::GradientDescent,
        Self::Nesterov,
        Self::Natural,
        Self::Preconditioned,
        Self::NewtonCg,
        Self::Cholesky,
        Self::ConjugateGradients,
    ];

    /// Whether it takes steps of the learning rate's size, which may be too large.
    pub fn may_diverge(self) -> bool {
        matches!(self, Self::Auto | Self::GradientDescent | Self::Natural)
    }

    /// Whether it stops where the gradient is as small as asked for, and not after so many updates alone.
    pub fn converges(self) -> bool {
        !matches!(self, Self::Auto | Self::GradientDescent)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::GradientDescent => "gradient-descent",
            Self::Nesterov => "nesterov",
            Self::Natural => "natural",
            Self::Preconditioned => "preconditioned",
            Self::NewtonCg => "newton-cg",
            Self::Cholesky => "cholesky",
            Self::ConjugateGradients => "conjugate-gradients",
        }
    }
}

/// Solvers as a sentence lists them.
pub(super) fn listed(solvers: &[Solver]) -> String {
    solvers.iter().map(|solver| solver.name()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Solver {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|solver| solver.name() == text);
        found.ok_or_else(|| Error::setting(format!("solver {text:?}"), format!("write one of {}", listed(&Self::ALL))))
    }
}

impl fmt::Display for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_in_text_and_in_manifests() {
        for solver in Solver::ALL {
            assert_eq!(solver.to_string().parse::<Solver>().unwrap(), solver);
            assert_eq!(serde_json::to_string(&solver).unwrap(), format!("\"{solver}\""));
        }
        let refusal = "sgd".parse::<Solver>().unwrap_err().to_string();
        assert!(refusal.contains("newton-cg, cholesky"), "{refusal}");
    }
}
