//! What a study is of: which memories, at which loads.

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::plan::{Shard, Source};
use crate::random;
use crate::rule::Descent;

/// All that decides which memories are studied; bipolar patterns, each answered with itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Neurons, N.
    pub neurons: usize,
    /// Loads P/N.
    pub loads: Vec<f64>,
    /// Rules with their kernels, as [`Model`](crate::rule::Model) spells them.
    pub models: Vec<String>,
    /// How they learn.
    #[serde(flatten)]
    pub descent: Descent,
    /// Penalties lambda, each in the place of the descent's; its own if empty.
    pub regularizations: Vec<f32>,
    /// Independent networks of each model, penalty and load.
    pub networks: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// The user's own patterns, when not random.
    pub patterns: Option<Source>,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
    /// Which share of the networks is this run's; all if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

impl Default for Subject {
    /// 100 neurons at P/N = 10, by KLR at its published settings.
    fn default() -> Self {
        Self {
            neurons: 100,
            loads: vec![10.0],
            models: vec!["klr/rbf:0.02".into()],
            descent: Descent::default(),
            regularizations: Vec::new(),
            networks: 3,
            seed: 1,
            patterns: None,
            arithmetic: "fused".into(),
            shard: None,
        }
    }
}

impl Subject {
    /// Its descents, one for each penalty.
    pub fn descents(&self) -> Vec<Descent> {
        let with = |&regularization: &f32| Descent { regularization, ..self.descent };
        if self.regularizations.is_empty() {
            return vec![self.descent];
        }
        self.regularizations.iter().map(with).collect()
    }

    /// The first patterns of one network.
    ///
    /// # Errors
    /// If there are no neurons.
    pub fn stored(&self, given: Option<&Patterns>, patterns: usize, network: u32) -> Result<Patterns> {
        match given {
            Some(given) => Ok(given.prefix(patterns)),
            None => random::patterns(self.seed, network, self.neurons, patterns),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        Code::Bipolar.check(self.neurons)?;
        for (name, count) in [("--neurons", self.neurons), ("--networks", self.networks)] {
            if count == 0 || count > 1 << 24 {
                let cure = format!("give {name} of 1 to {}", 1 << 24);
                return Err(Error::setting(format!("{name} {count}"), cure));
            }
        }
        if self.patterns.is_some() && self.networks > 1 {
            let what = format!("--networks {} with --patterns", self.networks);
            return Err(Error::setting(what, "a file gives one network: leave --networks out"));
        }
        if self.loads.is_empty() || self.models.is_empty() {
            return Err(Error::setting("an empty list", "give at least one rule and one load"));
        }
        let penalties = &self.regularizations;
        if let Some(again) = (1..penalties.len()).find(|&index| penalties[..index].contains(&penalties[index])) {
            return Err(Error::setting(format!("regularization {} twice", penalties[again]), "list each once"));
        }
        self.descents().iter().try_for_each(Descent::check)
    }

    /// Settings and their values, for reports.
    pub fn rows(&self) -> Vec<(String, String)> {
        let [rate, penalty, updates, solver] = self.descent.rows();
        let penalties: Vec<String> = self.regularizations.iter().map(f32::to_string).collect();
        let penalty = if penalties.is_empty() { penalty } else { (penalty.0, penalties.join(", ")) };
        let loads: Vec<String> = self.loads.iter().map(f64::to_string).collect();
        let rows = [
            ("patterns", self.source()),
            ("neurons N", self.neurons.to_string()),
            ("loads P/N", loads.join(", ")),
            ("rule/kernel", self.models.join(", ")),
            rate,
            penalty,
            updates,
            solver,
            ("networks at each load", self.networks.to_string()),
            ("seed", self.seed.to_string()),
            ("arithmetic", self.arithmetic.clone()),
        ];
        rows.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Where its patterns are from, in words.
    pub fn source(&self) -> String {
        let given = self.patterns.as_ref().map(|source| format!("patterns of {}", source.file));
        given.unwrap_or_else(|| "random patterns".into())
    }
}
