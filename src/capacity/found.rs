//! What a search has found: a row of capacities.csv.

use serde::{Deserialize, Serialize};

use super::decision::{Bracket, Decision, Verdict};
use super::settings::Settings;
use crate::measure::student_t;

/// The capacity of one network. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// Neurons, N.
    pub neurons: usize,
    /// Which of the independent networks.
    pub network: usize,
    /// The best estimate: the largest P that was shown to be retrievable, or stayed undecided with an observed failure
    /// rate below epsilon. At most --resolution too small.
    pub capacity: usize,
    /// What so many patterns tell for each pair of neurons, P N H(f) / (N (N - 1) / 2), H the entropy of a neuron that is
    /// active in a share f of patterns (arXiv 2401.00335).
    pub bits_per_synapse: f64,
    /// The largest P shown to be retrievable, 0 where none was.
    pub shown: usize,
    /// The smallest P shown not to be; empty where the bound on P was reached.
    pub refuted: Option<usize>,
    /// Numbers of patterns tried.
    pub decisions: usize,
    /// Trials of all of them.
    pub trials: usize,
    /// Numbers of patterns with which training had not settled.
    pub unsettled: usize,
}

impl Capacity {
    /// Of one search's decisions.
    pub(super) fn of(decisions: &[Decision], settings: &Settings) -> Self {
        let Bracket { shown, refuted, .. } = Bracket::of(decisions);
        let below = |tried: &&Decision| {
            tried.verdict == Verdict::Undecided
                && tried.rate < settings.failure
                && refuted.is_none_or(|end| tried.patterns < end)
        };
        let undecided = decisions.iter().filter(below).map(|tried| tried.patterns).max();
        let first = decisions.first().cloned().unwrap_or_default();
        let capacity = shown.max(undecided.unwrap_or(0));
        Self {
            kernel: first.kernel,
            rule: first.rule,
            neurons: first.neurons,
            network: first.network,
            capacity,
            bits_per_synapse: settings.code.bits_per_synapse(first.neurons, capacity),
            shown,
            refuted,
            decisions: decisions.len(),
            trials: decisions.iter().map(|tried| tried.trials).sum(),
            unsettled: decisions.iter().filter(|tried| !tried.settled).count(),
        }
    }

    /// RULE/KERNEL, as a [`Model`](crate::rule::Model) with a choice of kernels is written.
    pub(super) fn model(&self) -> String {
        format!("{}/{}", self.rule, self.kernel)
    }
}

/// The networks of one model and N, pooled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pooled {
    pub(super) neurons: usize,
    pub(super) networks: usize,
    /// Networks whose search ended at the bound on P: what is known of them is a lower bound.
    pub(super) bounded: usize,
    /// Mean of the networks' capacities.
    pub(super) mean: f64,
    /// Its 95 % t interval over networks, cut off at 0; none where the mean is a lower bound.
    pub(super) interval: Option<(f64, f64)>,
    /// Mean of their bits per synapse.
    pub(super) bits: f64,
    /// The smallest P shown to be retrievable in a network, and the largest shown not to be; none where a bound was
    /// reached.
    pub(super) reach: (usize, Option<usize>),
}

/// Every model, in order, with its pooled N.
pub(super) fn pooled(capacities: &[Capacity]) -> Vec<(String, Vec<Pooled>)> {
    let mut models: Vec<(String, Vec<Pooled>)> = Vec::new();
    for same in capacities.chunk_by(|a, b| a.model() == b.model() && a.neurons == b.neurons) {
        let Some(first) = same.first() else { continue };
        let count = same.len() as f64;
        let mean = same.iter().map(|one| one.capacity as f64).sum::<f64>() / count;
        let squares = same.iter().map(|one| (one.capacity as f64 - mean).powi(2)).sum::<f64>();
        let bounded = same.iter().filter(|one| one.refuted.is_none()).count();
        let half = (same.len() > 1 && bounded == 0)
            .then(|| student_t(same.len() - 1) * (squares / (count - 1.0) / count).sqrt());
        let refuted = same.iter().map(|one| one.refuted).max_by_key(|end| end.unwrap_or(usize::MAX));
        let pool = Pooled {
            neurons: first.neurons,
            networks: same.len(),
            bounded,
            mean,
            bits: same.iter().map(|one| one.bits_per_synapse).sum::<f64>() / count,
            // Networks that end at one estimate say nothing of how far it may be off.
            interval: half.filter(|&half| half > 0.0).map(|half| ((mean - half).max(0.0), mean + half)),
            reach: (same.iter().map(|one| one.shown).min().unwrap_or(0), refuted.flatten()),
        };
        match models.last_mut() {
            Some((name, pools)) if *name == first.model() => pools.push(pool),
            _ => models.push((first.model(), vec![pool])),
        }
    }
    models
}
