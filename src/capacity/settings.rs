//! What a capacity search is asked to do, and whether it can be meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::error::{Error, Result};
use crate::rule::Descent;

/// When a memory of P patterns counts as retrievable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// Cues of *every* pattern fail with a probability below epsilon: (delta, epsilon)-retrievability (C. Hanley,
    /// Investigating Hebbian alternatives to dense associative memory, 2025).
    #[default]
    Every,
    /// Cues fail with a probability below epsilon, averaged over the patterns: of classic limits, and of A. Lansner et
    /// al.'s "90 % recalled" (arXiv 2401.00335).
    Mean,
}

impl FromStr for Criterion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = [Self::Every, Self::Mean].into_iter().find(|criterion| criterion.to_string() == text);
        named.ok_or_else(|| Error::setting(format!("criterion {text:?}"), "write every or mean"))
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Every => "every",
            Self::Mean => "mean",
        })
    }
}

/// All that decides the numbers of a search; two that agree here agree in every decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Numbers of neurons, N.
    pub neurons: Vec<usize>,
    /// Rules with their kernels, as [`Model`](crate::rule::Model) spells them.
    pub models: Vec<String>,
    /// How rules that descend do.
    pub descent: Descent,
    /// When a memory counts as retrievable.
    pub criterion: Criterion,
    /// How patterns are written.
    #[serde(default)]
    pub code: Code,
    /// delta: with this probability each bit of a cue is flipped, or of a sparse code each active neuron moved.
    pub flip: f64,
    /// Instead of delta, so many bits are flipped in every cue, or active neurons moved.
    #[serde(default)]
    pub flips: Option<usize>,
    /// epsilon: below this probability a cue may fail.
    pub failure: f64,
    /// A trial is recovered if its fixed point has at least this cosine to its target; 1 asks for the target itself.
    pub recovered_cosine: f64,
    /// Probability with which each decision holds, at least.
    pub confidence: f64,
    /// Most trials of a pattern, or with `mean` of all together.
    pub max_trials: usize,
    /// Most patterns that are tried.
    pub most_patterns: usize,
    /// The search ends when what is undecided or untried is this share of P.
    pub resolution: f64,
    /// Independent draws of patterns for each N.
    pub networks: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Most steps.
    pub max_steps: usize,
    /// How states move, as [`Dynamics`](crate::recall::Dynamics) spells it.
    pub dynamics: String,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        self.descent.check()?;
        if self.neurons.is_empty() || self.models.is_empty() {
            return Err(Error::setting("an empty list", "give at least one number of neurons and one rule"));
        }
        if let Some(again) = (1..self.neurons.len()).find(|&at| self.neurons[..at].contains(&self.neurons[at])) {
            return Err(Error::setting(format!("--neurons {} twice", self.neurons[again]), "list each once"));
        }
        let counts = [
            ("--max-trials", self.max_trials),
            ("--most-patterns", self.most_patterns),
            ("--networks", self.networks),
            ("--max-steps", self.max_steps),
        ];
        let neurons = self.neurons.iter().map(|&neurons| ("--neurons", neurons));
        // Indices are 32-bit on the device, and no sum over more patterns is certified.
        if let Some((name, count)) = counts.into_iter().chain(neurons).find(|(_, count)| !(1..=1 << 24).contains(count))
        {
            return Err(Error::setting(format!("{name} {count}"), format!("give 1 to {}", 1 << 24)));
        }
        let shares = [
            ("--flip", self.flip, (0.0..=1.0).contains(&self.flip), "from 0 to 1"),
            ("--failure", self.failure, self.failure > 0.0 && self.failure < 1.0, "between 0 and 1"),
            ("--confidence", self.confidence, self.confidence > 0.0 && self.confidence < 1.0, "between 0 and 1"),
            (
                "--recovered-cosine",
                self.recovered_cosine,
                (-1.0..=1.0).contains(&self.recovered_cosine),
                "from -1 to 1",
            ),
            ("--resolution", self.resolution, (0.0..1.0).contains(&self.resolution), "from 0 to below 1"),
        ];
        match shares.iter().find(|(.., fits, _)| !fits) {
            Some((name, value, _, range)) => {
                Err(Error::setting(format!("{name} {value}"), format!("give a number {range}")))
            }
            None => Ok(()),
        }
    }

    /// Refuses numbers of neurons that the code does not have, or too few to flip.
    pub(super) fn check_neurons(&self, neurons: usize) -> Result<()> {
        self.code.check(neurons)?;
        let movable = self.code.movable(neurons);
        match self.flips.filter(|&flips| flips > movable) {
            Some(flips) => Err(Error::setting(
                format!("--flips {flips} of {neurons} neurons of code {}", self.code),
                format!("give at most {movable}"),
            )),
            None => Ok(()),
        }
    }

    /// Bits in which a recovered state may differ from its target.
    pub(super) fn tolerated(&self, neurons: usize) -> u32 {
        // Bits that differ where nothing is alike: all of a bipolar state at cosine -1, all active ones of both at 0.
        let (most, range) = if self.code.is_sparse() { (2 * self.code.active(neurons), 1.0) } else { (neurons, 2.0) };
        // The dust of the subtraction is brushed off.
        (most as f64 * (1.0 - self.recovered_cosine) / range + 1e-9).floor() as u32
    }
}
