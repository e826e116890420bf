//! From trials to cells: rates and means of one network at one similarity.

use crate::endpoint::{Endpoint, Outcome};
use crate::measure::Cell;
use crate::memory::Memory;
use crate::plan::{Plan, Unit};
use crate::recall::{Ending, Recall};

/// A unit's results, network by network, trials of every similarity one after another.
pub(super) struct Recalled<'a> {
    pub(super) plan: &'a Plan,
    pub(super) unit: &'a Unit,
    pub(super) memories: &'a [Memory],
    pub(super) recalls: &'a [Recall],
    pub(super) endpoints: &'a [Vec<Endpoint>],
}

/// The unit's cells, networks outermost. Time is shared: training equally by networks, recall by the steps trials took.
pub(super) fn cells(recalled: &Recalled<'_>, train_seconds: f64, recall_seconds: f64) -> Vec<Cell> {
    let trials = recalled.plan.trials(recalled.unit.patterns);
    let steps = |endings: &[Ending]| endings.iter().map(|ending| ending.steps).sum::<usize>() as f64;
    let all: f64 = recalled.recalls.iter().map(|recall| steps(&recall.endings)).sum();
    let mut cells = Vec::new();
    for (place, &network) in recalled.unit.networks.iter().enumerate() {
        let endings = recalled.recalls[place].endings.chunks(trials);
        let endpoints = recalled.endpoints[place].chunks(trials);
        for (similarity, (endings, endpoints)) in endings.zip(endpoints).enumerate() {
            let seconds = recall_seconds * steps(endings) / all;
            let memory = &recalled.memories[place];
            cells.push(cell(recalled, memory, network, similarity, endings, endpoints, [train_seconds, seconds]));
        }
    }
    cells
}

fn cell(
    recalled: &Recalled<'_>,
    memory: &Memory,
    network: u32,
    similarity: usize,
    endings: &[Ending],
    endpoints: &[Endpoint],
    [train_seconds, recall_seconds]: [f64; 2],
) -> Cell {
    let settings = &recalled.plan.settings;
    let trials = endpoints.len();
    let rate =
        |is: &dyn Fn(Outcome) -> bool| endpoints.iter().filter(|end| is(end.outcome)).count() as f64 / trials as f64;
    let fixed = || endings.iter().filter(|ending| ending.period == 1);
    let settled_trials = fixed().count();
    let convergence = memory.provenance.convergence.as_ref();
    Cell {
        kernel: recalled.unit.profile.to_string(),
        rule: recalled.plan.rule.to_string(),
        neurons: settings.neurons,
        patterns: recalled.unit.patterns,
        load: recalled.unit.load,
        similarity: settings.similarities[similarity],
        flips: recalled.plan.flips[similarity],
        network: network as usize,
        trials,
        fixed_point_rate: rate(&Outcome::is_fixed_point),
        target_rate: rate(&|outcome| outcome == Outcome::Target),
        other_rate: rate(&|outcome| outcome == Outcome::Other),
        spurious_rate: rate(&|outcome| outcome == Outcome::Spurious),
        cycle_rate: rate(&|outcome| outcome == Outcome::Cycle),
        unsettled_rate: rate(&|outcome| outcome == Outcome::Unsettled),
        mean_cosine: endpoints.iter().map(|end| end.cosine).sum::<f64>() / trials as f64,
        mean_steps: (settled_trials > 0)
            .then(|| fixed().map(|ending| ending.steps).sum::<usize>() as f64 / settled_trials as f64),
        objective: convergence.map_or(f64::NAN, |convergence| convergence.objective),
        gradient_norm: convergence.map_or(f64::NAN, |convergence| convergence.gradient_norm),
        settled: convergence.is_some_and(|convergence| convergence.settled),
        uncertain_signs: endings.iter().map(|ending| ending.uncertain as u64).sum(),
        train_seconds,
        recall_seconds,
    }
}
