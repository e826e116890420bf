//! From trials to cells: rates and means of one network at one similarity.

use crate::endpoint::{Endpoint, Outcome};
use crate::measure::Cell;
use crate::plan::{Plan, Unit};
use crate::recall::Ending;
use crate::rule::Learned;

/// One network's results, the trials of every similarity one after another; none when it learnt nothing.
pub(super) struct Network {
    pub(super) index: u32,
    pub(super) trials: Vec<(Ending, Endpoint)>,
    objective: f64,
    gradient_norm: f64,
    settled: bool,
}

impl Network {
    /// Before its recall.
    pub(super) fn new(index: u32, learned: &Learned) -> Self {
        let (objective, gradient_norm, settled) = learned.end();
        Self { index, trials: Vec::new(), objective, gradient_norm, settled }
    }
}

/// The unit's cells, networks outermost.
pub(super) fn cells(plan: &Plan, unit: &Unit, networks: &[Network]) -> Vec<Cell> {
    let similarities = plan.settings.similarities.len();
    let mut cells = Vec::new();
    for network in networks {
        let trials = network.trials.len() / similarities;
        for similarity in 0..similarities {
            let trials = &network.trials[similarity * trials..][..trials];
            cells.push(cell(plan, unit, network, similarity, trials));
        }
    }
    cells
}

fn cell(plan: &Plan, unit: &Unit, network: &Network, similarity: usize, trials: &[(Ending, Endpoint)]) -> Cell {
    let settings = &plan.settings;
    let count = trials.len();
    let rate =
        |is: &dyn Fn(Outcome) -> bool| trials.iter().filter(|(_, end)| is(end.outcome)).count() as f64 / count as f64;
    let reached = |end: &Endpoint| settings.code.similarity(settings.neurons, end.target_distance);
    let fixed: Vec<usize> =
        trials.iter().filter(|(ending, _)| ending.period == 1).map(|(ending, _)| ending.steps).collect();
    let mean_steps = fixed.iter().sum::<usize>() as f64 / fixed.len() as f64;
    Cell {
        kernel: unit.model.profile.to_string(),
        rule: unit.model.rule.to_string(),
        neurons: settings.neurons,
        patterns: unit.patterns,
        load: unit.load,
        similarity: settings.similarities[similarity],
        flips: plan.flips[similarity],
        network: network.index as usize,
        trials: count,
        fixed_point_rate: rate(&Outcome::is_fixed_point),
        target_rate: rate(&|outcome| outcome == Outcome::Target),
        other_rate: rate(&|outcome| outcome == Outcome::Other),
        spurious_rate: rate(&|outcome| outcome == Outcome::Spurious),
        cycle_rate: rate(&|outcome| outcome == Outcome::Cycle),
        unsettled_rate: rate(&|outcome| outcome == Outcome::Unsettled),
        mean_cosine: trials.iter().map(|(_, end)| reached(end)).sum::<f64>() / count as f64,
        mean_steps: (!fixed.is_empty()).then_some(mean_steps),
        objective: network.objective,
        gradient_norm: network.gradient_norm,
        settled: network.settled,
        uncertain_signs: trials.iter().map(|(ending, _)| ending.uncertain as u64).sum(),
    }
}
