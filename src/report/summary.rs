//! Cells pooled over networks: the rows that every table and figure is made of. Knows nothing of how they are shown.

use std::collections::HashMap;

use super::estimate::Estimate;
use crate::measure::Cell;

/// One (kernel, rule, N, load, similarity), pooled over its networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// Neurons, N.
    pub neurons: usize,
    /// Stored patterns, P.
    pub patterns: usize,
    /// The load asked for.
    pub load: f64,
    /// Cosine between cue and target that was asked for.
    pub similarity: f64,
    /// Networks pooled.
    pub networks: u64,
    /// Of those, how many had settled in training.
    pub settled: u64,
    /// Recall trials of all networks together.
    pub trials: u64,
    /// Share of trials that ended in their target, with its Wilson interval, as the other four.
    pub target: Estimate,
    /// Share that ended in another stored pattern.
    pub other: Estimate,
    /// Share that ended in a fixed point that is no stored pattern.
    pub spurious: Estimate,
    /// Share that entered a cycle.
    pub cycle: Estimate,
    /// Share still moving after the last step.
    pub unsettled: Estimate,
    /// Mean cosine between final state and target; interval from the spread of the networks' means.
    pub cosine: Option<Estimate>,
    /// Mean steps over trials that ended in a fixed point; interval as for the cosine. None when no trial did.
    pub steps: Option<Estimate>,
    /// Largest gradient component left in any network.
    pub gradient_norm: f64,
    /// Sign decisions taken again in f64, of all networks together.
    pub uncertain_signs: u64,
}

impl Summary {
    /// Pools the cells of one condition.
    fn pool(first: &Cell, cells: &[&Cell]) -> Self {
        let trials = cells.iter().map(|cell| cell.trials as u64).sum();
        let share = |rate: fn(&Cell) -> f64| {
            let successes = cells.iter().map(|cell| cell.count(rate(cell))).sum::<u64>();
            Estimate::share(successes, trials)
        };
        let weighted = |cell: &&Cell| (cell.mean_cosine, cell.trials as u64);
        let stepped = |cell: &&Cell| Some((cell.mean_steps?, cell.count(cell.fixed_point_rate)));
        Self {
            kernel: first.kernel.clone(),
            rule: first.rule.clone(),
            neurons: first.neurons,
            patterns: first.patterns,
            load: first.load,
            similarity: first.similarity,
            networks: cells.len() as u64,
            settled: cells.iter().filter(|cell| cell.settled).count() as u64,
            trials,
            target: share(|cell| cell.target_rate),
            other: share(|cell| cell.other_rate),
            spurious: share(|cell| cell.spurious_rate),
            cycle: share(|cell| cell.cycle_rate),
            unsettled: share(|cell| cell.unsettled_rate),
            cosine: Estimate::mean(cells.iter().map(weighted).collect()),
            steps: Estimate::mean(cells.iter().filter_map(stepped).collect()),
            gradient_norm: cells.iter().map(|cell| cell.gradient_norm).fold(f64::NAN, f64::max),
            uncertain_signs: cells.iter().map(|cell| cell.uncertain_signs).sum(),
        }
    }

    /// Rule and kernel, as `--rule` spells them together.
    pub fn model(&self) -> String {
        format!("{}/{}", self.rule, self.kernel)
    }

    /// What was swept, in a few words: the rule, the kernel and N.
    pub fn memory(&self) -> String {
        format!("{}, {}, N = {}", self.rule, self.kernel, self.neurons)
    }

    /// Whether training had not settled in a network whose trials are counted here.
    pub fn unsettled_training(&self) -> bool {
        self.trials > 0 && self.settled < self.networks
    }

    /// Uncertain signs per neuron and trial.
    pub fn uncertain_share(&self) -> f64 {
        match self.trials * self.neurons as u64 {
            0 => 0.0,
            decisions => self.uncertain_signs as f64 / decisions as f64,
        }
    }
}

/// Pools cells over networks: memories in order of appearance, then loads rising, then similarities falling.
pub fn summarise(cells: &[Cell]) -> Vec<Summary> {
    let mut ranks = HashMap::new();
    let mut ranked: Vec<_> = cells
        .iter()
        .map(|cell| {
            let next = ranks.len();
            (*ranks.entry((&cell.kernel, &cell.rule, cell.neurons)).or_insert(next), cell)
        })
        .collect();
    let condition = |(a_rank, a): &(usize, &Cell), (b_rank, b): &(usize, &Cell)| {
        let loads = a.load.total_cmp(&b.load).then(a.patterns.cmp(&b.patterns));
        a_rank.cmp(b_rank).then(loads).then(b.similarity.total_cmp(&a.similarity))
    };
    ranked.sort_by(condition);
    let pools = ranked.chunk_by(|a, b| condition(a, b).is_eq());
    pools.map(|pool| Summary::pool(pool[0].1, &pool.iter().map(|(_, cell)| *cell).collect::<Vec<_>>())).collect()
}

/// The rows of one memory (kernel, rule and N) after another.
pub(super) fn memories(rows: &[Summary]) -> impl Iterator<Item = &[Summary]> {
    rows.chunk_by(|a, b| (&a.kernel, &a.rule, a.neurons) == (&b.kernel, &b.rule, b.neurons))
}

/// The distinct values of a setting, rising.
pub(super) fn levels(rows: &[Summary], setting: fn(&Summary) -> f64) -> Vec<f64> {
    let mut values: Vec<_> = rows.iter().map(setting).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn counts_are_summed_and_means_weighted() {
        let mut a = sample::cell("rbf:0.02", 1.0, 0.9, 0);
        let mut b = Cell { network: 1, trials: 3 * a.trials, settled: false, ..a.clone() };
        (a.target_rate, a.mean_cosine, a.mean_steps) = (1.0, 1.0, None);
        (b.target_rate, b.mean_cosine, b.mean_steps) = (0.5, 0.6, Some(2.0));
        let rows = summarise(&[a, b]);
        assert_eq!((rows.len(), rows[0].networks, rows[0].settled), (1, 2, 1));
        assert!((rows[0].target.value - 0.625).abs() < 1e-12);
        let cosine = rows[0].cosine.expect("two networks have a mean");
        let (low, high) = cosine.interval.expect("two networks have a spread");
        // Means 1.0 and 0.6: standard deviation 0.2 sqrt 2, standard error 0.2; t at one degree of freedom.
        assert!((cosine.value - 0.7).abs() < 1e-12 && (high - low - 2.0 * 12.706_204_736 * 0.2).abs() < 1e-8);
        assert_eq!(rows[0].steps.map(|steps| steps.interval), Some(None));
    }

    #[test]
    fn nothing_pooled_is_nothing_and_no_trial_is_no_number() {
        assert!(summarise(&[]).is_empty());
        let empty = Cell { trials: 0, mean_cosine: f64::NAN, mean_steps: None, ..sample::cell("k", 1.0, 1.0, 0) };
        let rows = summarise(&[empty]);
        assert!(rows[0].target.value.is_nan() && rows[0].cosine.is_none() && rows[0].steps.is_none());
        assert_eq!(rows[0].uncertain_share(), 0.0);
    }

    #[test]
    fn rows_are_ordered_within_their_memory() {
        let rows = summarise(&sample::sweep(&["b", "a"], &[2.0, 1.0], &[0.4, 1.0], 3));
        let order: Vec<_> = rows.iter().map(|row| (row.kernel.as_str(), row.load, row.similarity)).collect();
        assert_eq!(order[..3], [("b", 1.0, 1.0), ("b", 1.0, 0.4), ("b", 2.0, 1.0)]);
        assert_eq!(memories(&rows).count(), 2);
    }
}
