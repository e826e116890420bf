//! The trials on the host: where each is, where it has been as far as that is known here, and how it ended.

use serde::Serialize;

use super::Recall;
use crate::error::Result;
use crate::pattern::Patterns;

/// How a trial ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// Steps taken; for a fixed point, up to and including the first that changed nothing (a perfect cue takes 1), for a
    /// cycle, up to the first that returned to an earlier state.
    pub steps: usize,
    /// 1 for a fixed point, p for a cycle of p states, 0 for a trial still moving after the last step.
    pub period: usize,
    /// Signs on the way that only the canonical sum could decide.
    pub uncertain: usize,
}

/// One trial on its way.
pub(super) struct Trajectory {
    /// The states that it has left, packed one after another, where another round must know them.
    pub(super) past: Vec<u32>,
    /// The present state, packed.
    pub(super) state: Vec<u32>,
    pub(super) ending: Ending,
}

/// Every trial of every net, at its cue.
pub(super) fn at_cues(cues: &[Patterns]) -> Vec<Vec<Trajectory>> {
    let trial = |cues: &Patterns, trial| Trajectory {
        past: Vec::new(),
        state: cues.row(trial).to_vec(),
        ending: Ending::default(),
    };
    cues.iter().map(|cues| (0..cues.len()).map(|row| trial(cues, row)).collect()).collect()
}

/// The results, net by net.
pub(super) fn collect(nets: Vec<Vec<Trajectory>>, neurons: usize) -> Result<Vec<Recall>> {
    let recall = |trials: Vec<Trajectory>| {
        let finals = trials.iter().flat_map(|trial| trial.state.iter().copied()).collect();
        let endings = trials.iter().map(|trial| trial.ending).collect();
        Ok(Recall { finals: Patterns::from_words(neurons, finals)?, endings })
    };
    nets.into_iter().map(recall).collect()
}
