//! How many patterns a memory holds: the largest P at which it is still retrievable, for each N, and how it grows with
//! N.
//!
//! `test.rs` says what retrievable means and how certain a decision is, `decision.rs` which P is tried next,
//! `exponent.rs` how capacities become a power of N. Every decision is saved as it is taken.

mod decision;
mod exponent;
mod figure;
mod found;
mod plan;
mod publish;
mod report;
mod settings;
mod test;
mod trial;

use std::ops::Range;
use std::time::{Duration, Instant};

pub use decision::{Bracket, Decision, Verdict};
pub use exponent::Exponent;
pub use figure::figure;
pub use found::Capacity;
pub use plan::{Plan, Search};
pub use publish::publish;
pub use report::{body, half_trained, setting_rows, terminal_table};
pub use settings::{Criterion, Settings};

use crate::cue::Trial;
use crate::data::{lines, write_atomic};
use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Memory, Provenance};
use crate::rule::{self, Learned, learn};
use crate::store::Seconds;
use crate::sweep::Ways;
use test::{Tally, certain};
use trial::{Draws, Recaller};

/// What a search tells its observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// The first searches were found finished.
    Resumed {
        /// Searches begun, the last perhaps not to its end.
        begun: usize,
        /// Searches in all.
        planned: usize,
    },
    /// A number of patterns is being tried.
    Working {
        /// The network's search.
        search: &'a Search,
        /// P.
        patterns: usize,
        /// "training" or "recalling".
        stage: &'static str,
        /// Share of this stage, or of the trials up to the next look, that is done: 0 to 1.
        share: f64,
        /// What the search has decided.
        bracket: Bracket,
    },
    /// The network learnt nothing from so many patterns, and is not retrievable with them.
    Nothing {
        /// The network's search.
        search: &'a Search,
        /// P.
        patterns: usize,
        /// Why.
        why: &'a Error,
    },
    /// A search has ended.
    Ended {
        /// The search.
        search: &'a Search,
        /// What it found.
        capacity: &'a Capacity,
    },
}

/// Hears of every [`Event`] and answers whether to go on.
pub type Observer<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// A search's folder.
pub type Store = crate::store::Store<Plan>;

/// Runs what remains of a plan; each decision is saved when it is taken, and capacities.csv when a search ends. Returns
/// all capacities.
///
/// # Errors
/// If the backend or the store fails, or the observer answers no; what was decided stays saved.
pub fn run(
    plan: &Plan,
    ways: Ways,
    backend: &dyn Backend,
    store: &mut Store,
    observer: &mut Observer<'_>,
) -> Result<Vec<Capacity>> {
    let mut begun = plan.begun(store)?;
    if !begun.is_empty() {
        observer(Event::Resumed { begun: begun.len(), planned: plan.searches.len() });
    }
    begun.resize(plan.searches.len(), Vec::new());
    let mut capacities = Vec::new();
    for (search, mut decisions) in plan.searches.iter().zip(begun) {
        while let Some(patterns) = plan.next(search, &decisions) {
            let trying = Trying { plan, search, patterns, bracket: Bracket::of(&decisions) };
            let (decision, seconds) = trying.decide(ways, backend, plan::BATCH, observer)?;
            store.append(std::slice::from_ref(&decision), seconds)?;
            decisions.push(decision);
        }
        let capacity = Capacity::of(&decisions, &plan.settings);
        let go_on = observer(Event::Ended { search, capacity: &capacity });
        capacities.push(capacity);
        write_atomic(&store.folder().join("capacities.csv"), &lines(&capacities, true)?)?;
        if !go_on {
            return Err(Error::Interrupted);
        }
    }
    Ok(capacities)
}

/// What the decisions that were saved tell of searches that have ended.
///
/// # Errors
/// If the store is another plan's.
pub fn ended(plan: &Plan, store: &Store) -> Result<Vec<Capacity>> {
    let begun = plan.begun(store)?;
    let ended = plan.searches.iter().zip(begun).filter(|(search, decisions)| plan.next(search, decisions).is_none());
    Ok(ended.map(|(_, decisions)| Capacity::of(&decisions, &plan.settings)).collect())
}

/// A number of patterns that a search tries.
struct Trying<'a> {
    plan: &'a Plan,
    search: &'a Search,
    patterns: usize,
    bracket: Bracket,
}

impl Trying<'_> {
    fn decide(
        &self,
        ways: Ways,
        backend: &dyn Backend,
        batch: usize,
        observer: &mut Observer<'_>,
    ) -> Result<(Decision, Seconds)> {
        let (settings, search) = (&self.plan.settings, self.search);
        let start = Instant::now();
        let keys = settings.code.patterns(settings.seed, search.network, search.neurons, self.patterns)?;
        let own = std::slice::from_ref(&keys);
        let updates = settings.descent.updates.max(1) as f64;
        let learned = {
            let space = Workspace::new(backend);
            learn(&search.model, ways.distances, &space, own, own, &settings.descent, &mut |done| {
                observer(self.working("training", done as f64 / updates))
            })?
        };
        let Some(Learned { readout, convergence, .. }) = learned.into_iter().next() else {
            return Err(Error::setting("one network, which learnt no readout", "report this"));
        };
        let training = start.elapsed();
        let settled = convergence.as_ref().is_none_or(|end| end.settled);
        let mut decision = Decision {
            kernel: search.model.profile.to_string(),
            rule: search.model.rule.to_string(),
            neurons: search.neurons,
            network: search.network as usize,
            patterns: self.patterns,
            settled,
            ..Decision::default()
        };
        let readout = match readout {
            Ok(readout) => readout,
            Err(why) => {
                if !observer(Event::Nothing { search, patterns: self.patterns, why: &why }) {
                    return Err(Error::Interrupted);
                }
                let decision = Decision { verdict: Verdict::Not, rate: 1.0, low: 1.0, high: 1.0, ..decision };
                return Ok((decision, Seconds::new(training, Duration::ZERO)));
            }
        };
        let provenance = rule::provenance(&search.model, &settings.descent, backend.device());
        let provenance = Provenance { convergence, ..provenance };
        let memory = Memory { keys, readout, code: settings.code, provenance };
        let recaller = Recaller {
            backend,
            dynamics: self.plan.dynamics,
            precision: ways.precision,
            memory: &memory,
            seed: settings.seed,
            network: search.network,
            max_steps: settings.max_steps,
            tolerated: settings.tolerated(search.neurons),
            batch,
        };
        let start = Instant::now();
        self.recall(&recaller, &mut decision, observer)?;
        Ok((decision, Seconds::new(training, start.elapsed())))
    }

    /// Draws and recalls trials until they tell, and writes down what.
    fn recall(&self, recaller: &Recaller<'_>, decision: &mut Decision, observer: &mut Observer<'_>) -> Result<()> {
        let (settings, test) = (&self.plan.settings, &self.plan.test);
        let mut observer = |share| observer(self.working("recalling", share));
        if self.plan.is_certain() {
            let trials = (0..self.patterns).map(|pattern| (0, Trial { pattern, repetition: 0, flips: 0 }));
            let mut all = [Tally::default()];
            recaller.note(trials, self.patterns, &mut all, &mut observer)?;
            let (verdict, rate) = certain(settings.criterion, settings.failure, all[0]);
            (decision.verdict, decision.rate, decision.low, decision.high) = (verdict, rate, rate, rate);
            (decision.trials, decision.failures) = (all[0].trials, all[0].failures);
            return Ok(());
        }
        let draws = Draws::new(settings, self.search.network, self.search.neurons);
        // Of each pattern, or of all together.
        let mut tallies =
            vec![Tally::default(); if settings.criterion == Criterion::Every { self.patterns } else { 1 }];
        for &look in &test.looks {
            let open = |tally: &Tally| tally.trials == 0 || !test.shown(*tally);
            let numbers: Vec<(usize, Range<usize>)> =
                (0..tallies.len()).filter(|&at| open(&tallies[at])).map(|at| (at, tallies[at].trials..look)).collect();
            let count = numbers.iter().map(|(_, numbers)| numbers.len()).sum();
            let trials = numbers
                .into_iter()
                .flat_map(|(at, numbers)| numbers.map(move |number| (at, number)))
                .map(|(at, number)| (at, draws.trial(settings.criterion, at, number, self.patterns)));
            recaller.note(trials, count, &mut tallies, &mut observer)?;
            decision.verdict = test.verdict(&tallies);
            if decision.verdict != Verdict::Undecided {
                break;
            }
        }
        (decision.rate, decision.low, decision.high) = test.bounds(&tallies);
        decision.trials = tallies.iter().map(|tally| tally.trials).sum();
        decision.failures = tallies.iter().map(|tally| tally.failures).sum();
        Ok(())
    }

    fn working(&self, stage: &'static str, share: f64) -> Event<'_> {
        Event::Working { search: self.search, patterns: self.patterns, stage, share, bracket: self.bracket }
    }
}

#[cfg(test)]
mod tests;
