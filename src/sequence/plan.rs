//! Which networks are trained next, what they cost, and whether they fit.

use super::bracket::{Bracket, Search};
use super::settings::{Lengths, Settings};
use crate::error::{Error, Result};
use crate::measure::Walk;
use crate::pattern::Patterns;
use crate::plan::{check_fits, cure, recall_bytes, together};
use crate::random;
use crate::recall::orbit_bytes;
use crate::rule::{Distances, Model};
use crate::store::{Experiment, Replanned};

/// The networks of one model and length that are trained together.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Rule and kernel.
    pub model: Model,
    /// Patterns of the sequence, P.
    pub patterns: usize,
    /// Trials, by index.
    pub trials: Vec<u32>,
    /// Multiply-adds of training, of one step from each pattern, and of the walk.
    pub cost: f64,
}

/// What is asked for, checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// The user's own patterns, when given.
    patterns: Option<Patterns>,
    models: Vec<Model>,
}

impl Plan {
    /// Checks settings, and the patterns given with them.
    ///
    /// # Errors
    /// Naming the first setting that cannot be meant and what to write instead.
    pub fn new(settings: Settings, patterns: Option<Patterns>) -> Result<Self> {
        settings.check()?;
        let models = Model::all(&settings.models, &[])?;
        for model in &models {
            model.check_code()?;
            model.table(settings.neurons)?;
            model.rule.check_targets()?;
            model.rule.check_solver(&settings.descent)?;
        }
        let plan = Self { settings, patterns, models };
        let longest = plan.longest();
        if let Some(given) = plan.patterns.as_ref().filter(|given| given.len() < longest) {
            return Err(Error::setting(
                format!("a sequence of {longest} patterns, but the file has {}", given.len()),
                format!("give lengths of at most {}", given.len()),
            ));
        }
        Ok(plan)
    }

    /// The first patterns of one trial's sequence.
    ///
    /// # Errors
    /// If there are no neurons.
    pub fn stored(&self, patterns: usize, trial: u32) -> Result<Patterns> {
        match &self.patterns {
            Some(given) => Ok(given.prefix(patterns)),
            None => random::patterns(self.settings.seed, trial, self.settings.neurons, patterns),
        }
    }

    /// The networks that come after those whose rows are there.
    pub fn next(&self, rows: &[Walk]) -> Option<Unit> {
        self.models.iter().find_map(|model| {
            let patterns = self.next_length(model, rows)?;
            let first = trials_of(rows, model, patterns).count() as u32;
            let trials = first..self.settings.trials as u32;
            Some(self.unit(model, patterns, trials.take(together(model, patterns, self.settings.neurons)).collect()))
        })
    }

    fn next_length(&self, model: &Model, rows: &[Walk]) -> Option<usize> {
        match &self.settings.lengths {
            Lengths::Listed(list) => list.iter().copied().find(|&patterns| self.holds(model, patterns, rows).is_none()),
            Lengths::Capacity(bracket) => match self.search(*bracket, model, rows) {
                Search::Next(patterns) => Some(patterns),
                Search::Found(_) => None,
            },
        }
    }

    fn search(&self, bracket: Bracket, model: &Model, rows: &[Walk]) -> Search {
        bracket.search(|patterns| self.holds(model, patterns, rows))
    }

    /// Whether every trial of a length succeeded; nothing while some are not there.
    fn holds(&self, model: &Model, patterns: usize, rows: &[Walk]) -> Option<bool> {
        let trials = || trials_of(rows, model, patterns);
        (trials().count() == self.settings.trials).then(|| trials().all(|walk| walk.success))
    }

    /// Each model with the largest length known to hold and the smallest known to fail; none where lengths were listed.
    pub fn capacities(&self, rows: &[Walk]) -> Vec<(Model, [Option<usize>; 2])> {
        let Lengths::Capacity(bracket) = self.settings.lengths else { return Vec::new() };
        let found = |model: &Model| match self.search(bracket, model, rows) {
            Search::Found(ends) => Some((model.clone(), ends)),
            Search::Next(_) => None,
        };
        self.models.iter().filter_map(found).collect()
    }

    fn unit(&self, model: &Model, patterns: usize, trials: Vec<u32>) -> Unit {
        let [training, step] = model.cost(patterns, self.settings.neurons, self.settings.descent.updates);
        let steps = (patterns + self.settings.walk(patterns)) as f64;
        let cost = trials.len() as f64 * (training + steps * step);
        Unit { model: model.clone(), patterns, trials, cost }
    }

    /// Multiply-adds in all, about; of a search as many lengths of the middle as it may try.
    pub fn cost(&self) -> f64 {
        let all: Vec<u32> = (0..self.settings.trials as u32).collect();
        let of =
            |patterns: usize| self.models.iter().map(|model| self.unit(model, patterns, all.clone()).cost).sum::<f64>();
        match &self.settings.lengths {
            Lengths::Listed(list) => list.iter().map(|&patterns| of(patterns)).sum(),
            Lengths::Capacity(bracket) => bracket.tries() as f64 * of(bracket.low.midpoint(bracket.high)),
        }
    }

    /// Multiply-adds behind rows that are there.
    pub fn done(&self, rows: &[Walk]) -> f64 {
        let of = |model: &Model| {
            let own = rows.iter().filter(|walk| is_of(walk, model));
            own.map(|walk| self.unit(model, walk.patterns, vec![0]).cost).sum::<f64>()
        };
        self.models.iter().map(of).sum()
    }

    /// Share of a unit's cost that is training.
    pub(super) fn training_share(&self, unit: &Unit) -> f64 {
        let [training, _] = unit.model.cost(unit.patterns, self.settings.neurons, self.settings.descent.updates);
        training * unit.trials.len() as f64 / unit.cost
    }

    /// Patterns of the longest sequence that may be tried.
    pub(super) fn longest(&self) -> usize {
        self.settings.ends()[1].unwrap_or(0)
    }

    /// Every model with the lengths that it may meet.
    pub(super) fn loads(&self) -> Vec<(Model, usize)> {
        let lengths = match &self.settings.lengths {
            Lengths::Listed(list) => list.clone(),
            Lengths::Capacity(bracket) => vec![bracket.low, bracket.high],
        };
        self.models.iter().flat_map(|model| lengths.iter().map(|&patterns| (model.clone(), patterns))).collect()
    }

    /// Refuses what will not fit in `available` bytes, with distances from there.
    ///
    /// # Errors
    /// [`Error::Memory`] with the estimate and what to lower; if distances are to be stored that 16 bits do not hold.
    pub fn check_memory(&self, distances: Distances, available: u64) -> Result<()> {
        let neurons = self.settings.neurons;
        distances.check(neurons)?;
        let bytes = |(model, patterns): (Model, usize)| {
            let nets = together(&model, patterns, neurons).min(self.settings.trials);
            let training = model.rule.bytes(nets, patterns, neurons, &self.settings.descent, distances);
            let recall = recall_bytes(nets, model.terms(patterns, neurons), neurons, patterns, 1);
            training.max(recall.saturating_add(orbit_bytes(nets, neurons, 1, self.settings.walk(patterns))))
        };
        let what = format!("sequences of up to {} patterns of {neurons} neurons", self.longest());
        let needed = self.loads().into_iter().map(bytes).max().unwrap_or(0);
        let cure = cure(self.settings.descent.solver, distances, "try shorter lengths, or lower --neurons or --steps");
        check_fits(&what, needed, available, &cure)
    }
}

/// The rows of one model's trials of a length.
fn trials_of<'a>(rows: &'a [Walk], model: &'a Model, patterns: usize) -> impl Iterator<Item = &'a Walk> {
    rows.iter().filter(move |walk| walk.patterns == patterns && is_of(walk, model))
}

fn is_of(walk: &Walk, model: &Model) -> bool {
    walk.rule == model.rule.to_string() && walk.kernel == model.profile.to_string()
}

impl Replanned for Plan {
    fn replan(settings: Settings) -> Result<Self> {
        Self::new(settings, None)
    }
}

impl Experiment for Plan {
    type Settings = Settings;
    type Row = Walk;
    const NAME: &'static str = "sequence experiment";
    const FORMAT: &'static str = "attractor-sequence-2";
    const TABLE: &'static str = "sequences.csv";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn expects(&self, before: &[Walk], walk: &Walk) -> bool {
        self.next(before).is_some_and(|unit| {
            (is_of(walk, &unit.model) && walk.neurons == self.settings.neurons)
                && (walk.patterns, walk.trial as u32) == (unit.patterns, unit.trials[0])
        })
    }

    fn is_complete(&self, rows: &[Walk]) -> bool {
        self.next(rows).is_none()
    }
}
