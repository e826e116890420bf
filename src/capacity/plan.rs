//! A capacity search, checked and cut into the searches of single networks.

use super::Store;
use super::decision::{Bracket, Decision};
use super::settings::{Criterion, Settings};
use super::test::Test;
use crate::error::{Error, Result};
use crate::plan::{check_dynamics, check_fits, cure, recall_bytes};
use crate::recall::Dynamics;
use crate::rule::{Distances, Model};
use crate::store::{Experiment, Replanned};

/// Trials that are recalled at once, at most.
pub(super) const BATCH: usize = 1 << 16;

/// One network's search.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Rule and kernel.
    pub model: Model,
    /// Neurons, N.
    pub neurons: usize,
    /// The network's index.
    pub network: u32,
}

impl Search {
    /// Whether a row is one of this search's.
    fn made(&self, row: &Decision) -> bool {
        (row.rule == self.model.rule.to_string() && row.kernel == self.model.profile.to_string())
            && (row.neurons, row.network) == (self.neurons, self.network as usize)
    }
}

/// What is to be searched.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// Every network's search: models outermost, then neurons.
    pub searches: Vec<Search>,
    pub(super) test: Test,
    pub(super) dynamics: Dynamics,
}

impl Replanned for Plan {
    fn replan(settings: Settings) -> Result<Self> {
        Self::new(settings)
    }
}

impl Experiment for Plan {
    type Settings = Settings;
    type Row = Decision;
    const NAME: &'static str = "capacity search";
    const FORMAT: &'static str = "attractor-capacity-2";
    const TABLE: &'static str = "decisions.csv";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn expects(&self, before: &[Decision], row: &Decision) -> bool {
        self.split(&[before, std::slice::from_ref(row)].concat()).is_ok()
    }

    fn is_complete(&self, rows: &[Decision]) -> bool {
        let begun = self.split(rows).unwrap_or_default();
        let last = self.searches.iter().zip(&begun).next_back();
        let whole = last.is_some_and(|(search, decisions)| self.next(search, decisions).is_none());
        whole && begun.len() == self.searches.len()
    }
}

impl Plan {
    /// Checks settings.
    ///
    /// # Errors
    /// Naming the first setting that cannot be meant and what to write instead.
    pub fn new(settings: Settings) -> Result<Self> {
        settings.check()?;
        let test = Test::new(&settings)?;
        let dynamics = settings.dynamics.parse()?;
        let mut searches = Vec::new();
        for model in Model::all(&settings.models, &[])? {
            let model = model.coded(settings.code)?;
            check_dynamics(&model, dynamics)?;
            model.rule.check_solver(&settings.descent)?;
            for &neurons in &settings.neurons {
                model.table(neurons)?;
                settings.check_neurons(neurons)?;
                searches.extend((0..settings.networks as u32).map(|network| Search {
                    model: model.clone(),
                    neurons,
                    network,
                }));
            }
        }
        Ok(Self { settings, searches, test, dynamics })
    }

    /// Most patterns of so many neurons that are tried: no more than differ.
    pub fn most(&self, neurons: usize) -> usize {
        let bits = self.settings.code.bits(neurons);
        // The dust of the logarithm is brushed off.
        let differ = if bits < 25.0 { (libm::exp2(bits) + 1e-3) as usize } else { usize::MAX };
        self.settings.most_patterns.min(differ)
    }

    /// Whether one trial tells all of a pattern: its cue is itself, and the order of visits matters not, or only to
    /// where a state goes that was no fixed point, which is then not recovered anyhow.
    pub(super) fn is_certain(&self) -> bool {
        let settings = &self.settings;
        let unflipped = settings.flips.map_or(settings.flip == 0.0, |flips| flips == 0);
        unflipped && (self.dynamics.is_deterministic() || settings.recovered_cosine == 1.0)
    }

    /// What to try next, after these decisions of one search.
    pub(super) fn next(&self, search: &Search, decisions: &[Decision]) -> Option<usize> {
        Bracket::of(decisions).next(self.most(search.neurons), search.neurons, self.settings.resolution)
    }

    /// Rows as decisions of each search that was begun.
    ///
    /// # Errors
    /// With the first row that this plan would not have written there.
    fn split(&self, rows: &[Decision]) -> Result<Vec<Vec<Decision>>, usize> {
        let mut searches: Vec<Vec<Decision>> = Vec::new();
        let mut read = 0;
        for search in &self.searches {
            if read == rows.len() {
                break;
            }
            let mut decisions = Vec::new();
            while let Some((patterns, row)) = self.next(search, &decisions).zip(rows.get(read)) {
                if row.patterns != patterns || !search.made(row) {
                    return Err(read);
                }
                decisions.push(row.clone());
                read += 1;
            }
            searches.push(decisions);
        }
        if read < rows.len() { Err(read) } else { Ok(searches) }
    }

    /// The searches that were begun in a store that this plan has opened.
    ///
    /// # Errors
    /// If another plan has.
    pub(super) fn begun(&self, store: &Store) -> Result<Vec<Vec<Decision>>> {
        let foreign = |row| {
            Error::setting(
                format!("row {} of a store is another plan's", row + 1),
                "open a store with the plan it is for",
            )
        };
        self.split(store.rows()).map_err(foreign)
    }

    /// Refuses a plan whose largest memory, of as many patterns as may be tried, will not fit in `available` bytes.
    ///
    /// # Errors
    /// [`Error::Memory`] with the estimate and what to lower; if distances are to be
    /// stored that 16 bits do not hold.
    pub fn check_memory(&self, distances: Distances, available: u64) -> Result<()> {
        let lower = "lower --most-patterns, --neurons or --max-steps";
        let cure = cure(self.settings.descent.solver, distances, lower);
        for search in &self.searches {
            let (neurons, patterns) = (search.neurons, self.most(search.neurons));
            distances.check(neurons)?;
            let of_each = if self.settings.criterion == Criterion::Every { patterns } else { 1 };
            let trials = self.settings.max_trials.saturating_mul(of_each).min(BATCH);
            let terms = search.model.terms(patterns, neurons);
            let recall = recall_bytes(1, terms, neurons, trials, self.settings.max_steps);
            let training = search.model.rule.bytes(1, patterns, neurons, &self.settings.descent, distances);
            let what = format!("{} of up to {patterns} patterns of {neurons} neurons", search.model);
            check_fits(&what, recall.max(training), available, &cure)?;
        }
        Ok(())
    }
}
