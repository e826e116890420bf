//! Where a trial ended. Twin of `shaders/outcome.wgsl`.

use crate::Extent;

/// The trial ended in its target.
pub const TARGET: u32 = 0;
/// It ended in a stored pattern other than its target.
pub const OTHER: u32 = 1;
/// It ended in a fixed point that is no stored pattern.
pub const SPURIOUS: u32 = 2;
/// It entered a cycle of two or more states.
pub const CYCLE: u32 = 3;
/// It was still moving after the last step.
pub const UNSETTLED: u32 = 4;

/// Writes each trial's outcome by exact equality, and the Hamming distance of its final state to its target.
///
/// `finals` and `targets` are packed `[net, trial]`; `nearest` is the distance to the nearest key; `period` is 0 for a
/// trial still moving, 1 for a fixed point, and the period of a cycle otherwise.
pub fn outcome(
    extent: &Extent,
    finals: &[u32],
    targets: &[u32],
    nearest: &[u32],
    period: &[u32],
    outcome: &mut [u32],
    distance: &mut [u32],
) {
    let words = extent.words();
    let nets = extent.split_trials(outcome, 1).zip(extent.split_trials(distance, 1)).enumerate();
    for (net, (outcome, distance)) in nets {
        let finals = extent.trials_of(net, finals, words).chunks_exact(words);
        let targets = extent.trials_of(net, targets, words).chunks_exact(words);
        let nearest = extent.trials_of(net, nearest, 1);
        let period = extent.trials_of(net, period, 1);
        for (trial, (state, target)) in finals.zip(targets).enumerate() {
            distance[trial] = state.iter().zip(target).map(|(a, b)| (a ^ b).count_ones()).sum();
            outcome[trial] = match (period[trial], distance[trial], nearest[trial]) {
                (0, ..) => UNSETTLED,
                (2.., ..) => CYCLE,
                (1, 0, _) => TARGET,
                (1, _, 0) => OTHER,
                (1, ..) => SPURIOUS,
            };
        }
    }
}
