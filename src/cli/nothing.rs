//! Networks that learnt nothing: what is said of them on the way and at the end.

use attractor::error::{Error, Result};
use attractor::rule::{Descent, Rule, Solver};

use super::progress::Progress;

/// What was heard of networks that learnt nothing.
#[derive(Debug, Default)]
pub(super) struct Nothing {
    told: Option<String>,
    /// The least of the steps that would have been safe, of those that diverged.
    safe: Option<f64>,
}

impl Nothing {
    /// Divergence is told at the end; other reasons hold for a unit's networks alike, and are told once.
    pub(super) fn hear(&mut self, progress: &Progress, what: &str, why: &Error) {
        if let Error::Diverged { safe, .. } = why {
            self.safe = self.safe.into_iter().chain(*safe).reduce(f64::min);
            return;
        }
        let what = format!("{what} learnt nothing: {why}");
        if self.told.as_ref() != Some(&what) {
            progress.warn(&what);
            self.told = Some(what);
        }
    }

    /// That some diverged: those of these rules, of the networks that learnt nothing, that descend by steps which may be
    /// too large. `all` says of how many.
    pub(super) fn diverged<'a>(
        &self,
        rules: impl Iterator<Item = &'a String>,
        all: &str,
        descent: &Descent,
    ) -> Result<()> {
        let descends = |rule: Rule| rule.solvers().contains(&Solver::GradientDescent);
        let diverges = |rule: &&String| descent.solver.may_diverge() && rule.parse().is_ok_and(descends);
        match rules.filter(diverges).count() {
            0 => Ok(()),
            count => {
                let what = format!("{count} of {all} left the finite numbers, the others are saved");
                Err(Error::Diverged { what, learning_rate: descent.learning_rate, safe: self.safe })
            }
        }
    }
}
