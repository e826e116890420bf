//! What a sweep is asked to do, and whether it can be meant.

use serde::{Deserialize, Serialize};

use super::Shard;
use crate::code::Code;
use crate::data::{Features, fingerprint};
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::recall::Dynamics;
use crate::rule::{Descent, Solver};

/// All that decides the numbers in a sweep's cells; two sweeps that agree here agree in every bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Neurons, N.
    pub neurons: usize,
    /// Loads P/N.
    pub loads: Vec<f64>,
    /// Cosines between cue and target; of sparse codes the shares of active neurons that they have in common.
    pub similarities: Vec<f64>,
    /// How patterns are written; bipolar in sweeps begun before there was a choice.
    #[serde(default)]
    pub code: Code,
    /// Rules with their kernels, as [`Model`](crate::rule::Model) spells them.
    pub models: Vec<String>,
    /// eta.
    pub learning_rate: f32,
    /// lambda.
    pub regularization: f32,
    /// Updates of the dual.
    pub updates: usize,
    /// Share of the initial gradient and residual below which training counts as settled.
    pub tolerance: f64,
    /// How rules are solved that have a choice.
    #[serde(default)]
    pub solver: Solver,
    /// Largest gradient component at which a solver that converges stops.
    #[serde(default = "usual_gradient_norm")]
    pub gradient_norm: f64,
    /// Cues of each stored pattern.
    pub cues_per_pattern: usize,
    /// Most cues per network and similarity.
    pub max_cues: usize,
    /// Independent networks per load.
    pub networks: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Most steps.
    pub max_steps: usize,
    /// How states move, as [`Dynamics`] spells it.
    #[serde(default = "usual_dynamics")]
    pub dynamics: String,
    /// The user's own patterns, when not random.
    pub patterns: Option<Source>,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
    /// Which share of the networks is this run's; all if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// What sweeps begun before there was a choice have.
fn usual_gradient_norm() -> f64 {
    Descent::default().gradient_norm
}

fn usual_dynamics() -> String {
    Dynamics::default().to_string()
}

/// A file of patterns, and a fingerprint of what it held.
///
/// Two are equal that hold the same: a file may lie elsewhere on another machine.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file, as given.
    pub file: String,
    /// `--binarize`, if given; of real numbers `--scale`.
    pub binarize: Option<String>,
    /// FNV-1a of the packed patterns, in hexadecimal.
    pub fingerprint: String,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        (&self.binarize, &self.fingerprint) == (&other.binarize, &other.fingerprint)
    }
}

impl Source {
    /// Names a file and what it holds.
    pub fn new(file: String, binarize: Option<String>, patterns: &Patterns) -> Self {
        let bytes = patterns.words().iter().flat_map(|word| word.to_le_bytes());
        Self { file, binarize, fingerprint: fingerprint(bytes) }
    }

    /// [`Self::new`] of real numbers, scaled so.
    pub fn of_features(file: String, scaling: String, features: &Features) -> Self {
        let bytes = features.values().iter().flat_map(|value| value.to_le_bytes());
        Self { file, binarize: Some(scaling), fingerprint: fingerprint(bytes) }
    }
}

impl Settings {
    /// Checks all but the loads; gives the descent's settings.
    pub(super) fn check(&self) -> Result<Descent> {
        let descent = Descent {
            learning_rate: self.learning_rate,
            regularization: self.regularization,
            updates: self.updates,
            tolerance: self.tolerance,
            solver: self.solver,
            gradient_norm: self.gradient_norm,
            trace: false,
        };
        descent.check()?;
        check_counts(self)?;
        check_similarities(self.code, &self.similarities)?;
        self.code.check(self.neurons)?;
        Ok(descent)
    }
}

/// P for every load, of random patterns or of those given.
pub(crate) fn pattern_counts(
    code: Code,
    neurons: usize,
    loads: &[f64],
    given: Option<&Patterns>,
) -> Result<Vec<usize>> {
    let mut counts = Vec::with_capacity(loads.len());
    for &load in loads {
        let count = pattern_count(code, neurons, load)?;
        if let Some(given) = given.filter(|given| given.len() < count) {
            return Err(Error::setting(
                format!("load {load} of {neurons} neurons needs {count} patterns, the file has {}", given.len()),
                format!("give --loads of at most {}", given.len() as f64 / neurons as f64),
            ));
        }
        if counts.contains(&count) {
            return Err(Error::setting(
                format!("load {load}, which stores {count} patterns like another"),
                "list each load once",
            ));
        }
        counts.push(count);
    }
    Ok(counts)
}

/// P = load x N, rounded, if so many patterns can be stored.
fn pattern_count(code: Code, neurons: usize, load: f64) -> Result<usize> {
    let exact = (load * neurons as f64).round();
    if !load.is_finite() || exact < 1.0 {
        return Err(Error::setting(
            format!("load {load} of {neurons} neurons, which rounds to no pattern"),
            format!("give --loads of at least {}", 1.0 / neurons as f64),
        ));
    }
    let count = exact as usize;
    check_patterns(&format!("load {load}"), code, neurons, count, "lower --loads")?;
    Ok(count)
}

/// Refuses more patterns than can be stored, naming what asks for them and how to ask for fewer.
pub(crate) fn check_patterns(what: &str, code: Code, neurons: usize, count: usize, fewer: &str) -> Result<()> {
    // 2^24 patterns index exactly everywhere, and no sum over more is certified.
    if count > 1 << 24 {
        let cure = format!("store at most {} patterns", 1 << 24);
        return Err(Error::setting(format!("{what}, {:e} patterns", count as f64), cure));
    }
    let differ = libm::exp2(code.bits(neurons).min(25.0)).round() as usize;
    if count > differ {
        return Err(Error::setting(
            format!("{what}: {count} patterns of {neurons} neurons, but only {differ} differ"),
            format!("{fewer} or raise --neurons"),
        ));
    }
    Ok(())
}

fn check_counts(settings: &Settings) -> Result<()> {
    let counts = [
        ("--neurons", settings.neurons),
        ("--cues-per-pattern", settings.cues_per_pattern),
        ("--max-cues", settings.max_cues),
        ("--networks", settings.networks),
        ("--max-steps", settings.max_steps),
    ];
    if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
        return Err(Error::setting(format!("{name} 0"), format!("give {name} of at least 1")));
    }
    // Indices are 32-bit on the device.
    if let Some((name, count)) = counts.iter().find(|(_, count)| *count > 1 << 24) {
        return Err(Error::setting(format!("{name} {count}"), format!("give {name} of at most {}", 1 << 24)));
    }
    if settings.models.is_empty() || settings.loads.is_empty() || settings.similarities.is_empty() {
        return Err(Error::setting("an empty list", "give at least one rule, one load and one similarity"));
    }
    if settings.patterns.is_some() && settings.networks > 1 {
        return Err(Error::setting(
            format!("--networks {} with --patterns", settings.networks),
            "a file gives one network: leave --networks out",
        ));
    }
    Ok(())
}

fn check_similarities(code: Code, similarities: &[f64]) -> Result<()> {
    for similarity in similarities {
        if code.is_sparse() && !(0.0..=1.0).contains(similarity) {
            return Err(Error::setting(
                format!("similarity {similarity} with code {code}"),
                "a share of active neurons lies between 0 and 1: give --similarities within",
            ));
        }
        if !(-1.0..=1.0).contains(similarity) {
            return Err(Error::setting(
                format!("similarity {similarity}"),
                "a cosine lies between -1 and 1: give --similarities within",
            ));
        }
    }
    Ok(())
}
