//! What a learning rule is given, what it gives, and what it says of itself.

use std::fmt::Debug;

use serde::Serialize;

use super::solver::listed;
use super::{Descent, Distances, Observer, Solver};
use crate::code::Code;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Memory, Profile, Provenance, Readout, Table};
use crate::pattern::Patterns;

/// What networks, all of one shape, are to learn.
pub struct Class<'a> {
    /// The kernel.
    pub profile: &'a Profile,
    /// Its table.
    pub table: &'a Table,
    /// How patterns are written.
    pub code: Code,
    /// Stored patterns per network.
    pub keys: &'a [Patterns],
    /// What each should answer with; the keys themselves for auto-association.
    pub targets: &'a [Patterns],
    /// Settings. A rule leaves alone those that it has no use for.
    pub descent: &'a Descent,
    /// Where rules that store distances have them from.
    pub distances: Distances,
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
    /// The start and every update, where [`Descent::trace`] asked for it.
    pub trace: Vec<Look>,
}

/// How far training was after so many updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Look {
    /// Updates made.
    pub update: usize,
    /// The objective, summed over neurons.
    pub objective: f64,
    /// Largest absolute component of its gradient.
    pub gradient_norm: f64,
    /// Of klr the largest absolute residual.
    pub residual_norm: Option<f64>,
}

impl Learned {
    /// How training ended, as tables say it: objective, gradient norm, settled. One that has learnt nothing has no
    /// objective, and its gradient is infinite; a rule that descends nowhere leaves no gradient.
    pub fn end(&self) -> (f64, f64, bool) {
        match (&self.readout, &self.convergence) {
            (Err(_), _) => (f64::NAN, f64::INFINITY, false),
            (Ok(_), None) => (f64::NAN, 0.0, true),
            (Ok(_), Some(end)) => (end.objective.unwrap_or(f64::NAN), end.gradient_norm, end.settled),
        }
    }

    /// A memory of these keys, of a provenance that does not know yet how training ended.
    ///
    /// # Errors
    /// Why there is none.
    pub fn memory(self, keys: Patterns, code: Code, provenance: Provenance) -> Result<Memory> {
        let provenance = Provenance { convergence: self.convergence, ..provenance };
        Ok(Memory { keys, readout: self.readout?, code, provenance })
    }

    /// A readout that nothing else is known of.
    pub(super) fn of(readout: Readout) -> Self {
        Self { readout: Ok(readout), convergence: None, distances: None, trace: Vec::new() }
    }
}

/// A learning rule. Each file here has one or two, and a row that reads their names.
pub trait Learn: Debug + Send + Sync {
    /// As `--rule` spells it.
    fn name(&self) -> String;

    /// The kernel that is meant where none is given, of rules that learn with any; the others learn with the linear one
    /// alone.
    fn usual_kernel(&self) -> Option<Profile> {
        None
    }

    /// Whether it learns sparse binary patterns, and not bipolar ones.
    fn is_sparse(&self) -> bool {
        false
    }

    /// Whether it gives couplings, and not a dual.
    fn couples(&self, _: &Profile) -> bool {
        self.usual_kernel().is_none()
    }

    /// Whether its memories have an energy: the patterns are their own dual, or there are couplings.
    fn has_energy(&self, profile: &Profile) -> bool {
        self.couples(profile)
    }

    /// How it can be solved, the usual way first; nothing where there is no choice.
    fn solvers(&self) -> &'static [Solver] {
        &[]
    }

    /// How it is solved, where there is a choice.
    fn solver(&self, descent: &Descent) -> Option<Solver> {
        match descent.solver {
            Solver::Auto => self.solvers().first().copied(),
            asked => Some(asked).filter(|solver| self.solvers().contains(solver)),
        }
    }

    /// Refuses settings that it cannot learn by. Solvers mean nothing to rules that have none.
    ///
    /// # Errors
    /// Naming the solvers that it takes, or what the solver needs.
    fn check_solver(&self, descent: &Descent) -> Result<()> {
        let asked = descent.solver;
        if self.solvers().is_empty() {
            return Ok(());
        }
        let Some(solver) = self.solver(descent) else {
            let what = format!("--solver {asked} for rule {}", self.name());
            return Err(Error::setting(what, format!("it takes {}", listed(self.solvers()))));
        };
        let divides = matches!(solver, Solver::Nesterov | Solver::NewtonCg | Solver::ConjugateGradients);
        if divides && descent.regularization == 0.0 {
            return Err(Error::setting(
                format!("--solver {solver} without regularization, the least curvature that it builds on"),
                "give --regularization above 0, such as 0.01, or another --solver",
            ));
        }
        Ok(())
    }

    /// Refuses targets that are not the keys.
    ///
    /// # Errors
    /// Naming the rule, if patterns can answer with themselves alone.
    fn check_targets(&self) -> Result<()> {
        Ok(())
    }

    /// The step up to which gradient descent is certain to settle, of rules that descend.
    fn safe_step(&self, _keys: &Patterns, _table: &Table, _descent: &Descent) -> Option<f64> {
        None
    }

    /// Multiply-adds of training one network, about: each pattern meets all couplings twice, unless the rule knows
    /// better.
    fn cost(&self, patterns: usize, neurons: usize, _updates: usize) -> f64 {
        2.0 * patterns as f64 * neurons as f64 * neurons as f64
    }

    /// Bytes that are held while networks learn, beside their keys: couplings in f64, unless the rule knows better.
    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, _: &Descent, _: Distances) -> u64 {
        host_bytes(nets, patterns, neurons, squared(neurons))
    }

    /// Refuses tables that it cannot learn with.
    ///
    /// # Errors
    /// Saying why.
    fn check(&self, _: &Table) -> Result<()> {
        Ok(())
    }

    /// Lets every network learn. One whose patterns have no such memory says why, and the others learn.
    ///
    /// # Errors
    /// If settings or shapes cannot be meant, the backend fails, or the observer answers no.
    fn learn(&self, space: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>>;
}

/// Lets networks learn on the host, one after another, by what lets one learn; its observer hears of its own updates.
///
/// # Errors
/// Those of one network that are no fault of its patterns: they may pass, and are not what it learnt.
pub(super) fn in_turn(
    class: &Class<'_>,
    observer: &mut Observer<'_>,
    learn: impl Fn(&Patterns, &Patterns, &mut Observer<'_>) -> Result<Learned>,
) -> Result<Vec<Learned>> {
    let mut learned = Vec::new();
    for (network, (keys, targets)) in class.keys.iter().zip(class.targets).enumerate() {
        let mut of_all = |done| observer((class.descent.updates * network + done) / class.keys.len());
        if !of_all(0) {
            return Err(Error::Interrupted);
        }
        learned.push(match learn(keys, targets, &mut of_all) {
            Err(error @ (Error::Diverged { .. } | Error::Unlearnable { .. })) => {
                Learned { readout: Err(error), convergence: None, distances: None, trace: Vec::new() }
            }
            one => one?,
        });
    }
    Ok(learned)
}

/// # Errors
/// If networks differ in shape, or have no patterns.
pub(super) fn check_shapes(keys: &[Patterns], targets: &[Patterns]) -> Result<()> {
    let Some(first) = keys.first() else { return Ok(()) };
    let (neurons, patterns, nets) = (first.neurons(), first.len(), keys.len());
    let alike = |rows: &Patterns| rows.neurons() == neurons && rows.len() == patterns;
    if patterns == 0 || targets.len() != nets || !keys.iter().chain(targets).all(alike) {
        return Err(Error::setting(
            format!("{nets} sets of keys and {} of targets of unequal shapes", targets.len()),
            format!("give every network {patterns} (at least 1) keys and targets of {neurons} neurons"),
        ));
    }
    Ok(())
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
