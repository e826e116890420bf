//! Which networks a study trains, what they cost, and whether they fit.

use serde::{Deserialize, Serialize};

use super::Analysis;
use super::subject::Subject;
use crate::code::Code;
use crate::error::Result;
use crate::measure::row::{Head, Row};
use crate::pattern::Patterns;
use crate::plan::{Shard, check_fits, cure, pattern_counts, recall_bytes, shard, together};
use crate::rule::{Descent, Distances, Model};
use crate::store::{Experiment, Replanned, Shared};

/// Networks of one model, penalty and load that are trained and measured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Rule and kernel.
    pub model: Model,
    /// How they learn.
    pub descent: Descent,
    /// The load asked for.
    pub load: f64,
    /// Stored patterns, P.
    pub patterns: usize,
    /// Networks, by index.
    pub networks: Vec<u32>,
    /// Multiply-adds of training and of what is measured, about.
    pub cost: [f64; 2],
}

impl Unit {
    /// All its multiply-adds.
    pub fn total(&self) -> f64 {
        self.cost.iter().sum()
    }
}

/// All that decides a study's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings<A> {
    /// Of which memories.
    #[serde(flatten)]
    pub subject: Subject,
    /// What is measured of them.
    #[serde(flatten)]
    pub analysis: A,
}

/// A study, checked.
#[derive(Clone, Debug)]
pub struct Plan<A> {
    /// What was asked for.
    pub settings: Settings<A>,
    /// The user's own patterns, when given.
    pub patterns: Option<Patterns>,
    /// In the order of the rows.
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    model: Model,
    descent: Descent,
    load: f64,
    patterns: usize,
}

impl<A: Analysis> Plan<A> {
    /// Checks settings, and the patterns given with them.
    ///
    /// # Errors
    /// Naming the first setting that cannot be meant and what to write instead.
    pub fn new(subject: Subject, analysis: A, patterns: Option<Patterns>) -> Result<Self> {
        subject.check()?;
        let counts = pattern_counts(Code::Bipolar, subject.neurons, &subject.loads, patterns.as_ref())?;
        let mut groups = Vec::new();
        for model in Model::all(&subject.models, &[])? {
            model.check_code()?;
            model.table(subject.neurons)?;
            analysis.check_model(&model)?;
            // Rules that are solved in one way have no penalty.
            let penalties = if model.rule.solvers().is_empty() { 1 } else { usize::MAX };
            for descent in subject.descents().into_iter().take(penalties) {
                model.rule.check_solver(&descent)?;
                let group = |(&load, &patterns)| Group { model: model.clone(), descent, load, patterns };
                groups.extend(subject.loads.iter().zip(&counts).map(group));
            }
        }
        let least = counts.iter().copied().min().unwrap_or_default();
        analysis.check(&subject, least)?;
        if subject.shard.is_some() {
            analysis.check_saved()?;
        }
        shard::check(subject.shard, groups.len() * subject.networks)?;
        Ok(Self { settings: Settings { subject, analysis }, patterns, groups })
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.own().count() * self.settings.analysis.rows()
    }

    /// The networks of this run, counted over all groups.
    fn own(&self) -> impl Iterator<Item = usize> + '_ {
        let Subject { shard, networks, .. } = self.settings.subject;
        shard::own(shard, self.groups.len() * networks)
    }

    /// The units that remain when the first `done` networks are finished, in the order of the rows.
    pub fn units(&self, done: usize) -> Vec<Unit> {
        let Subject { networks, neurons, .. } = self.settings.subject;
        let left: Vec<usize> = self.own().skip(done).collect();
        let mut units = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            let remaining = shard::within(&left, index, networks);
            let at_once = together(&group.model, group.patterns, neurons);
            units.extend(remaining.chunks(at_once).map(|networks| self.unit(group, networks)));
        }
        units
    }

    fn unit(&self, group: &Group, networks: &[u32]) -> Unit {
        let Group { model, descent, load, patterns } = group.clone();
        let neurons = self.settings.subject.neurons;
        let [training, step] = model.cost(patterns, neurons, descent.updates);
        let training = if A::TRAINS { training } else { 0.0 };
        let measuring = self.settings.analysis.steps(patterns) * step;
        let cost = [training, measuring].map(|cost| cost * networks.len() as f64);
        Unit { model, descent, load, patterns, networks: networks.to_vec(), cost }
    }

    /// What a row of this unit's `network` begins with, before it has learnt.
    pub(super) fn head(&self, unit: &Unit, network: u32) -> Head {
        Head {
            kernel: unit.model.profile.to_string(),
            rule: unit.model.rule.to_string(),
            regularization: unit.descent.regularization,
            neurons: self.settings.subject.neurons,
            patterns: unit.patterns,
            load: unit.load,
            network: network as usize,
            // What is not trained has nothing to settle.
            settled: !A::TRAINS,
            ..Head::default()
        }
    }

    /// The patterns of one of its networks.
    ///
    /// # Errors
    /// If there are no neurons.
    pub fn stored(&self, patterns: usize, network: u32) -> Result<Patterns> {
        self.settings.subject.stored(self.patterns.as_ref(), patterns, network)
    }

    /// The most patterns that a network stores.
    pub fn largest(&self) -> usize {
        self.groups.iter().map(|group| group.patterns).max().unwrap_or(0)
    }

    /// Every model with the loads that it meets, and how it learns them.
    pub(super) fn loads(&self) -> Vec<(Model, usize)> {
        self.groups.iter().map(|group| (group.model.clone(), group.patterns)).collect()
    }

    /// Refuses what will not fit in `available` bytes, with distances from there.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) with the estimate and what to lower; if distances are to be stored that
    /// 16 bits do not hold.
    pub fn check_memory(&self, distances: Distances, available: u64) -> Result<()> {
        let Settings { subject, analysis } = &self.settings;
        let neurons = subject.neurons;
        distances.check(neurons)?;
        let bytes = |unit: &Unit| {
            let (nets, patterns) = (unit.networks.len(), unit.patterns);
            let training = unit.model.rule.bytes(nets, patterns, neurons, &unit.descent, distances);
            let terms = unit.model.terms(patterns, neurons);
            let recall = recall_bytes(nets, terms, neurons, analysis.trials(patterns), analysis.most_steps());
            let held = if A::TRAINS { training } else { analysis.bytes(patterns) };
            held.max(recall)
        };
        let what = format!("{} of up to {} patterns of {neurons} neurons", A::NAME, self.largest());
        let needed = self.units(0).iter().map(bytes).max().unwrap_or(0);
        check_fits(&what, needed, available, &cure(subject.descent.solver, distances, "lower --loads or --neurons"))
    }
}

impl<A: Analysis> Experiment for Plan<A> {
    type Settings = Settings<A>;
    type Row = Row<A::Measured>;
    const NAME: &'static str = A::NAME;
    const FORMAT: &'static str = A::FORMAT;
    const TABLE: &'static str = A::TABLE;

    fn settings(&self) -> &Self::Settings {
        &self.settings
    }

    fn expects(&self, before: &[Self::Row], row: &Self::Row) -> bool {
        let (networks, each) = (self.settings.subject.networks, self.settings.analysis.rows());
        let (nth, within) = (before.len() / each, before.len() % each);
        let Some(network) = self.own().nth(nth) else { return false };
        self.groups.get(network / networks).is_some_and(|group| {
            let unit = self.unit(group, &[]);
            let Head { objective, gradient_norm, settled, .. } = row.head;
            let wanted = Head { objective, gradient_norm, settled, ..self.head(&unit, (network % networks) as u32) };
            // An objective that is not a number equals nothing.
            let alike = Head { objective: 0.0, ..wanted } == Head { objective: 0.0, ..row.head.clone() };
            alike && self.settings.analysis.expects(within, &row.measured)
        })
    }

    fn is_complete(&self, rows: &[Self::Row]) -> bool {
        rows.len() == self.rows()
    }
}

impl<A: Analysis> Replanned for Plan<A> {
    fn replan(settings: Settings<A>) -> Result<Self> {
        settings.analysis.check_saved()?;
        Self::new(settings.subject, settings.analysis, None)
    }
}

impl<A: Analysis> Shared for Plan<A> {
    fn shard(settings: &mut Settings<A>) -> &mut Option<Shard> {
        &mut settings.subject.shard
    }

    fn each(&self) -> usize {
        self.settings.analysis.rows()
    }
}
