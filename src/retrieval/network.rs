//! A memory on real-valued states.

use std::fmt;
use std::str::FromStr;

use super::separation::Separation;
use super::similarity::Similarity;
use crate::data::Features;
use crate::error::{Error, Result};

/// What becomes of a readout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    #[default]
    Identity,
    /// Its sign; 0 keeps the state's.
    Sign,
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity",
            Self::Sign => "sign",
        })
    }
}

impl FromStr for Activation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "identity" => Ok(Self::Identity),
            "sign" => Ok(Self::Sign),
            _ => Err(format!("activation {text:?}: write identity or sign")),
        }
    }
}

/// Patterns, how queries are compared with them, and what is read out.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Stored patterns, \[P, d\].
    pub patterns: Features,
    /// What is read out, \[P, v\]: the patterns themselves if not given.
    pub values: Option<Features>,
    /// Scores.
    pub similarity: Similarity,
    /// What each pattern has before any query, \[P\]: added to its scores. Of the logarithm of how often queries are
    /// made from it, weights of softmax are Bayes' posterior.
    pub prior: Option<Vec<f32>>,
    /// Weights.
    pub separation: Separation,
    /// Of the readout.
    pub activation: Activation,
    /// What queries are shifted by: scores are taken of x - bias, \[d\].
    pub bias: Option<Vec<f32>>,
    /// Whether the bias is added to the readout again. x' = Xi softmax(s(x - b)) + b lowers the energy of x (theorem 2
    /// of arXiv 2511.20609, whose b is -2 of ours); without it the readout is a clean pattern.
    pub keeps_bias: bool,
}

impl Network {
    /// Patterns that are read out as they are, without a bias.
    pub fn new(patterns: Features, similarity: Similarity, separation: Separation) -> Self {
        let activation = Activation::Identity;
        Self { patterns, values: None, similarity, prior: None, separation, activation, bias: None, keeps_bias: false }
    }

    /// Refuses parts that do not fit each other.
    ///
    /// # Errors
    /// Naming what does not.
    pub fn check(&self) -> Result<()> {
        let dimensions = self.patterns.dimensions();
        self.similarity.check(dimensions)?;
        if let Some(values) = self.values.as_ref().filter(|values| values.len() != self.patterns.len()) {
            let what = format!("{} values for {} patterns", values.len(), self.patterns.len());
            return Err(Error::setting(what, "give one row of values for each pattern"));
        }
        if !self.separation.is_exact() && self.activation == Activation::Identity {
            let what = format!("separation {} with activation identity", self.separation);
            return Err(Error::setting(
                what,
                "its weights are known up to a factor: use activation sign, or softmax, sparsemax, entmax, argmax or top",
            ));
        }
        check_prior(self.prior.as_deref(), self.patterns.len())?;
        match &self.bias {
            Some(bias) if bias.len() != dimensions || bias.iter().any(|value| value.is_nan() || value.abs() > 1e15) => {
                let what = format!("a bias of {} numbers for {dimensions} dimensions", bias.len());
                Err(Error::setting(what, "give a finite number for each dimension"))
            }
            _ => Ok(()),
        }
    }

    /// What is read out.
    pub fn values(&self) -> &Features {
        self.values.as_ref().unwrap_or(&self.patterns)
    }

    /// Refuses queries of another width.
    pub(crate) fn check_queries(&self, queries: &Features) -> Result<()> {
        match queries.dimensions() == self.patterns.dimensions() {
            true => Ok(()),
            false => Err(Error::setting(
                format!(
                    "queries of {} dimensions for patterns of {}",
                    queries.dimensions(),
                    self.patterns.dimensions()
                ),
                "give queries as wide as the patterns",
            )),
        }
    }
}

/// Refuses a prior that is not a number of moderate size for each pattern.
pub(super) fn check_prior(prior: Option<&[f32]>, patterns: usize) -> Result<()> {
    match prior {
        Some(prior) if prior.len() != patterns || prior.iter().any(|value| value.is_nan() || value.abs() > 1e15) => {
            let what = format!("a prior of {} numbers for {patterns} patterns", prior.len());
            Err(Error::setting(what, "give a finite number for each pattern"))
        }
        _ => Ok(()),
    }
}
