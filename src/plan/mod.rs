//! What a sweep means: its cells, their sizes and their memory. Refused here, or not at all.

mod settings;
pub(crate) mod shard;
mod size;

pub use settings::{Settings, Source};
pub(crate) use settings::{check_patterns, pattern_counts};
pub use shard::Shard;
pub(crate) use size::together;
pub use size::{check_fits, cure, recall_bytes};

use crate::cue::flips_of;
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::pattern::Patterns;
use crate::recall::{Asynchronous, Dynamics};
use crate::rule::{Descent, Distances, Model};

/// The networks of one model and load that are trained and recalled together.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Rule and kernel.
    pub model: Model,
    /// The load asked for.
    pub load: f64,
    /// Stored patterns, P.
    pub patterns: usize,
    /// Networks, by index.
    pub networks: Vec<u32>,
    /// Multiply-adds of training, and of one recall step of every trial.
    pub cost: f64,
}

/// A sweep, checked and cut into units.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// The descent's settings.
    pub descent: Descent,
    /// How states move.
    pub dynamics: Dynamics,
    /// The user's own patterns, when given.
    pub patterns: Option<Patterns>,
    /// Bits to flip for each similarity.
    pub flips: Vec<usize>,
    /// (model, load, patterns) in the order of the cells.
    groups: Vec<(Model, f64, usize)>,
}

/// Refuses dynamics that a memory does not have.
pub(crate) fn check_dynamics(model: &Model, dynamics: Dynamics) -> Result<()> {
    match dynamics {
        Dynamics::Asynchronous(_) if model.code.is_sparse() => Err(Error::setting(
            format!("--dynamics {dynamics} of code {}, whose neurons win together", model.code),
            "give --dynamics synchronous",
        )),
        Dynamics::Asynchronous(Asynchronous { by_energy: true, .. }) if !model.rule.has_energy(&model.profile) => {
            Err(Error::setting(
                format!("--dynamics {dynamics} of {model}, which has no energy to descend"),
                "leave :energy out, or use a rule whose patterns are their own dual (hebb) or that gives couplings",
            ))
        }
        _ => Ok(()),
    }
}

impl Plan {
    /// Checks settings, and the patterns given with them.
    ///
    /// # Errors
    /// Naming the first setting that cannot be meant and what to write instead.
    pub fn new(settings: Settings, patterns: Option<Patterns>) -> Result<Self> {
        let descent = settings.check()?;
        let dynamics = settings.dynamics.parse()?;
        let counts = pattern_counts(settings.code, settings.neurons, &settings.loads, patterns.as_ref())?;
        let mut groups = Vec::new();
        for model in Model::all(&settings.models, &[])? {
            let model = model.coded(settings.code)?;
            patterns.iter().try_for_each(|patterns| model.check_patterns(patterns))?;
            model.table(settings.neurons)?;
            check_dynamics(&model, dynamics)?;
            model.rule.check_solver(&descent)?;
            groups.extend(settings.loads.iter().zip(&counts).map(|(&load, &count)| (model.clone(), load, count)));
        }
        let (code, neurons) = (settings.code, settings.neurons);
        let flips: Vec<usize> =
            settings.similarities.iter().map(|&similarity| flips_of(code, neurons, similarity)).collect();
        let what = if code.is_sparse() { "moves" } else { "flips" };
        if let Some(again) = (1..flips.len()).find(|&index| flips[..index].contains(&flips[index])) {
            return Err(Error::setting(
                format!(
                    "similarity {}, which {what} {} of {} bits like another",
                    settings.similarities[again],
                    flips[again],
                    code.active(neurons)
                ),
                if code.is_sparse() {
                    "list similarities further apart"
                } else {
                    "list similarities at least 2/N apart"
                },
            ));
        }
        if let Some(at) = flips.iter().position(|&flips| flips > code.movable(neurons)) {
            return Err(Error::setting(
                format!("similarity {} with code {code} of {neurons} neurons", settings.similarities[at]),
                format!("there is room for {} active neurons to move: raise --similarities", code.movable(neurons)),
            ));
        }
        shard::check(settings.shard, groups.len() * settings.networks)?;
        Ok(Self { settings, descent, dynamics, patterns, flips, groups })
    }

    /// Cells in all.
    pub fn cells(&self) -> usize {
        self.own().count() * self.settings.similarities.len()
    }

    /// The networks of this run, counted over all groups.
    fn own(&self) -> impl Iterator<Item = usize> + '_ {
        shard::own(self.settings.shard, self.groups.len() * self.settings.networks)
    }

    /// Cells of one network at one kernel and load: they are saved together.
    pub fn cells_per_network(&self) -> usize {
        self.settings.similarities.len()
    }

    /// Trials of one similarity.
    pub fn trials(&self, patterns: usize) -> usize {
        patterns.saturating_mul(self.settings.cues_per_pattern).min(self.settings.max_cues)
    }

    /// The most patterns that a network stores.
    pub fn largest(&self) -> usize {
        self.groups.iter().map(|group| group.2).max().unwrap_or(0)
    }

    /// Whether this cell belongs in this row of cells.csv.
    pub fn expects(&self, row: usize, cell: &Cell) -> bool {
        let similarities = self.cells_per_network();
        let (nth, similarity) = (row / similarities, row % similarities);
        let Some(network) = self.own().nth(nth) else { return false };
        self.groups.get(network / self.settings.networks).is_some_and(|(model, load, patterns)| {
            (cell.rule == model.rule.to_string() && cell.kernel == model.profile.to_string())
                && (cell.load, cell.patterns) == (*load, *patterns)
                && cell.network == network % self.settings.networks
                && cell.similarity == self.settings.similarities[similarity]
                && (cell.neurons, cell.flips) == (self.settings.neurons, self.flips[similarity])
        })
    }

    /// The units that remain when the first `done` networks are finished, in the order of the cells.
    pub fn units(&self, done: usize) -> Vec<Unit> {
        let networks = self.settings.networks;
        let left: Vec<usize> = self.own().skip(done).collect();
        let mut units = Vec::new();
        for (index, (model, load, patterns)) in self.groups.iter().enumerate() {
            let (load, patterns) = (*load, *patterns);
            let remaining = shard::within(&left, index, networks);
            units.extend(remaining.chunks(together(model, patterns, self.settings.neurons)).map(|networks| Unit {
                model: model.clone(),
                load,
                patterns,
                networks: networks.to_vec(),
                cost: networks.len() as f64 * self.network_cost(model, patterns).iter().sum::<f64>(),
            }));
        }
        units
    }

    /// Multiply-adds of training one network, and of recalling its cues, at three steps a trial.
    fn network_cost(&self, model: &Model, patterns: usize) -> [f64; 2] {
        let [training, step] = model.cost(patterns, self.settings.neurons, self.settings.updates);
        let trials = self.trials(patterns) as f64 * self.settings.similarities.len() as f64;
        [training, 3.0 * trials * step]
    }

    /// Share of a unit's cost that is training.
    pub fn training_share(&self, unit: &Unit) -> f64 {
        let [training, recall] = self.network_cost(&unit.model, unit.patterns);
        training / (training + recall)
    }

    /// Bytes that the largest unit holds at once, on the host or device.
    pub fn bytes(&self, distances: Distances) -> u64 {
        self.units(0).iter().map(|unit| self.unit_bytes(unit, distances)).max().unwrap_or(0)
    }

    fn unit_bytes(&self, unit: &Unit, distances: Distances) -> u64 {
        let (nets, patterns, neurons) = (unit.networks.len(), unit.patterns, self.settings.neurons);
        let trials = self.trials(patterns) * self.settings.similarities.len();
        let terms = unit.model.terms(patterns, neurons);
        let recall = recall_bytes(nets, terms, neurons, trials, self.settings.max_steps);
        unit.model.rule.bytes(nets, patterns, neurons, &self.descent, distances).max(recall)
    }

    /// Refuses a plan that will not fit in `available` bytes with distances from there.
    ///
    /// # Errors
    /// [`Error::Memory`] with the estimate and what to lower; if distances are to be stored that 16 bits do not hold.
    pub fn check_memory(&self, distances: Distances, available: u64) -> Result<()> {
        distances.check(self.settings.neurons)?;
        let what = format!("a sweep of up to {} patterns of {} neurons", self.largest(), self.settings.neurons);
        let cure = cure(self.descent.solver, distances, "lower --loads, --neurons, --max-cues or --max-steps");
        check_fits(&what, self.bytes(distances), available, &cure)
    }
}
