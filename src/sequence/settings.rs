//! What is asked of sequence memories, and whether it can be meant.

use serde::{Deserialize, Serialize};

use super::bracket::Bracket;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::plan::{Source, check_patterns};
use crate::rule::Descent;

/// All that decides the numbers in sequences.csv.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Neurons, N.
    pub neurons: usize,
    /// Which lengths P are tried.
    pub lengths: Lengths,
    /// Rules with their kernels, as [`Model`](crate::rule::Model) spells them.
    pub models: Vec<String>,
    /// How they learn.
    #[serde(flatten)]
    pub descent: Descent,
    /// Independent draws of patterns at each length.
    pub trials: usize,
    /// Steps of each walk; 6 P if not given.
    pub steps: Option<usize>,
    /// Seed of the patterns.
    pub seed: u64,
    /// The user's own patterns, when not random.
    pub patterns: Option<Source>,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
}

/// Which lengths are tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lengths {
    /// These.
    Listed(Vec<usize>),
    /// Those that lead to the capacity.
    Capacity(Bracket),
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        self.descent.check()?;
        for (name, count) in [("--neurons", self.neurons), ("--trials", self.trials), ("--steps", self.walk(1))] {
            if count == 0 || count > 1 << 24 {
                let what = format!("{name} {count}");
                return Err(Error::setting(what, format!("give {name} of 1 to {}", 1 << 24)));
            }
        }
        if self.patterns.is_some() && self.trials > 1 {
            let what = format!("--trials {} with --patterns", self.trials);
            return Err(Error::setting(what, "a file gives one sequence: leave --trials out"));
        }
        match &self.lengths {
            Lengths::Capacity(bracket) => bracket.check()?,
            Lengths::Listed(list) => {
                if list.is_empty() || self.models.is_empty() {
                    return Err(Error::setting("an empty list", "give at least one rule and one length"));
                }
                if let Some(again) = (1..list.len()).find(|&index| list[..index].contains(&list[index])) {
                    return Err(Error::setting(format!("length {} twice", list[again]), "list each length once"));
                }
            }
        }
        for &length in self.ends().iter().flatten() {
            if length < 2 {
                return Err(Error::setting(format!("length {length}"), "a sequence has 2 patterns at least"));
            }
            check_patterns(&format!("length {length}"), Code::Bipolar, self.neurons, length, "give shorter lengths")?;
            if self.walk(length) < length {
                return Err(Error::setting(
                    format!("--steps {} along {length} patterns, not once around", self.walk(length)),
                    format!("give --steps of at least {length}, or leave it out for 6 P"),
                ));
            }
        }
        Ok(())
    }

    /// The shortest and the longest that may be tried.
    pub(super) fn ends(&self) -> [Option<usize>; 2] {
        match &self.lengths {
            Lengths::Listed(list) => [list.iter().copied().min(), list.iter().copied().max()],
            Lengths::Capacity(bracket) => [Some(bracket.low), Some(bracket.high)],
        }
    }

    /// Steps of a walk along so many patterns.
    pub(super) fn walk(&self, patterns: usize) -> usize {
        self.steps.unwrap_or(patterns.saturating_mul(6))
    }
}
