//! What a learning rule is given, what it gives, and what it says of itself.

use std::fmt::Debug;

use super::{Descent, Distances, Observer};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Profile, Readout, Table};
use crate::pattern::Patterns;

/// What networks, all of one shape, are to learn.
pub struct Class<'a> {
    /// The kernel.
    pub profile: &'a Profile,
    /// Its table.
    pub table: &'a Table,
    /// Stored patterns per network.
    pub keys: &'a [Patterns],
    /// What each should answer with; the keys themselves for auto-association.
    pub targets: &'a [Patterns],
    /// Settings. A rule leaves alone those that it has no use for.
    pub descent: &'a Descent,
    /// Where rules that store distances have them from.
    pub distances: Distances,
}

/// What one network is to learn.
pub struct Lesson<'a> {
    /// The kernel.
    pub profile: &'a Profile,
    /// Its table.
    pub table: &'a Table,
    /// Stored patterns.
    pub keys: &'a Patterns,
    /// What each should answer with.
    pub targets: &'a Patterns,
    /// Settings.
    pub descent: &'a Descent,
}

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

impl From<Result<Readout>> for Learned {
    fn from(readout: Result<Readout>) -> Self {
        Self { readout, convergence: None, distances: None }
    }
}

impl From<Result<Vec<f32>>> for Learned {
    /// Of couplings.
    fn from(couplings: Result<Vec<f32>>) -> Self {
        couplings.map(Readout::Couplings).into()
    }
}

/// A learning rule. Each file here has one or two, and a row that reads their names.
pub trait Learn: Debug + Send + Sync {
    /// As `--rule` spells it.
    fn name(&self) -> String;

    /// Whether it learns with any kernel; else with the linear one alone.
    fn takes_kernel(&self) -> bool {
        false
    }

    /// The kernel that is meant where none is given.
    fn usual_kernel(&self) -> Profile {
        Profile::Linear
    }

    /// Whether it gives couplings, and not a dual.
    fn couples(&self, profile: &Profile) -> bool {
        !self.takes_kernel() || *profile == Profile::Linear
    }

    /// Multiply-adds of training one network, about.
    fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> f64;

    /// Bytes that are held while networks learn, beside their keys.
    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, descent: &Descent, distances: Distances) -> u64;

    /// Refuses tables that it cannot learn with.
    ///
    /// # Errors
    /// Saying why.
    fn check(&self, _: &Table) -> Result<()> {
        Ok(())
    }

    /// Lets one network learn.
    fn learn(&self, lesson: &Lesson<'_>) -> Learned;

    /// Lets every network learn: on the host, one after another, unless the rule knows better.
    ///
    /// # Errors
    /// If settings or shapes cannot be meant, the backend fails, or the observer answers no.
    fn learn_all(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        let Class { profile, table, descent, .. } = *class;
        let mut learned = Vec::new();
        for (network, (keys, targets)) in class.keys.iter().zip(class.targets).enumerate() {
            // There are no updates to tell of: a network is a share of them.
            if !observer(descent.updates * network / class.keys.len()) {
                return Err(Error::Interrupted);
            }
            learned.push(self.learn(&Lesson { profile, table, keys, targets, descent }));
        }
        Ok(learned)
    }
}

/// The number that an f32 was written as: 0.1, not 0.10000000149.
pub(super) fn as_written(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

/// Bytes of so many f64 beside what networks learnt, a dual or couplings, whichever is more: what most rules hold.
pub(super) fn host_bytes(nets: usize, patterns: usize, neurons: usize, f64s: u64) -> u64 {
    let learnt = (nets as u64).saturating_mul(patterns.max(neurons) as u64).saturating_mul(4 * neurons as u64);
    learnt.saturating_add(f64s.saturating_mul(8))
}

/// n^2, which no memory holds long before it overflows.
pub(super) fn squared(n: usize) -> u64 {
    (n as u64).saturating_mul(n as u64)
}
