//! Where cues of one similarity end, and how wide basins are: what is measured of a network's attractors.

use serde::{Deserialize, Serialize};

use crate::endpoint::{Endpoint, Outcome};
use crate::recall::Ending;

/// A network's trials of one similarity, and its basins. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// Cosine between cue and target that was asked for, m0 (arXiv 2505.01218, section 3).
    pub similarity: f64,
    /// Bits flipped in each cue, round(N (1 - m0) / 2).
    pub flips: usize,
    /// Trials; 0 where nothing was learnt, and the shares are then no numbers.
    pub trials: usize,
    /// Share of trials that ended in their target.
    pub target_rate: f64,
    /// Share that ended in another stored pattern.
    pub other_rate: f64,
    /// Share that ended in a fixed point that is no stored pattern.
    pub spurious_rate: f64,
    /// Share that entered a cycle of two states.
    pub two_cycle_rate: f64,
    /// Share that entered a longer one.
    pub long_cycle_rate: f64,
    /// Share still moving after the last step.
    pub unsettled_rate: f64,
    /// Mean cosine between final state and target, over all trials.
    pub mean_cosine: f64,
    /// Mean steps up to and including the first that changes nothing, over trials that ended in a fixed point.
    pub mean_steps: Option<f64>,
    /// Stored patterns whose basins were sought.
    pub basins: usize,
    /// Share of them that come back from this many flips, by their radius.
    pub basin_share: f64,
    /// Their radii in flips: the least, -1 standing for a pattern that is no fixed point.
    pub radius_least: f64,
    /// The 10 % quantile.
    pub radius_10: f64,
    /// The median.
    pub radius_50: f64,
    /// The 90 % quantile.
    pub radius_90: f64,
    /// The most.
    pub radius_most: f64,
    /// The mean.
    pub radius_mean: f64,
}

impl Landscape {
    /// Nothing measured yet.
    pub fn blank(similarity: f64, flips: usize) -> Self {
        let none = f64::NAN;
        Self {
            similarity,
            flips,
            target_rate: none,
            other_rate: none,
            spurious_rate: none,
            two_cycle_rate: none,
            long_cycle_rate: none,
            unsettled_rate: none,
            mean_cosine: none,
            basin_share: none,
            radius_least: none,
            radius_10: none,
            radius_50: none,
            radius_90: none,
            radius_most: none,
            radius_mean: none,
            ..Self::default()
        }
    }

    /// The shares of trials that ended so.
    #[must_use]
    pub fn with_trials(self, trials: &[(Ending, Endpoint)]) -> Self {
        let count = trials.len() as f64;
        let share =
            |is: &dyn Fn(&(Ending, Endpoint)) -> bool| trials.iter().filter(|trial| is(trial)).count() as f64 / count;
        let outcome = |wanted: Outcome| share(&|(_, end)| end.outcome == wanted);
        let fixed: Vec<usize> =
            trials.iter().filter(|(ending, _)| ending.period == 1).map(|(ending, _)| ending.steps).collect();
        let two = share(&|(ending, _)| ending.period == 2);
        Self {
            trials: trials.len(),
            target_rate: outcome(Outcome::Target),
            other_rate: outcome(Outcome::Other),
            spurious_rate: outcome(Outcome::Spurious),
            two_cycle_rate: two,
            long_cycle_rate: share(&|(ending, _)| ending.period > 2),
            unsettled_rate: outcome(Outcome::Unsettled),
            mean_cosine: trials.iter().map(|(_, end)| end.cosine).sum::<f64>() / count,
            mean_steps: (!fixed.is_empty()).then(|| fixed.iter().sum::<usize>() as f64 / fixed.len() as f64),
            ..self
        }
    }

    /// The network's basins.
    #[must_use]
    pub fn with_basins(self, radii: &[Option<usize>]) -> Self {
        let mut radii: Vec<f64> = radii.iter().map(|radius| radius.map_or(-1.0, |radius| radius as f64)).collect();
        radii.sort_by(f64::total_cmp);
        let at = |share: f64| radii[(share * (radii.len() - 1) as f64).round() as usize];
        if radii.is_empty() {
            return self;
        }
        let count = radii.len() as f64;
        Self {
            basins: radii.len(),
            basin_share: radii.iter().filter(|&&radius| radius >= self.flips as f64).count() as f64 / count,
            radius_least: at(0.0),
            radius_10: at(0.1),
            radius_50: at(0.5),
            radius_90: at(0.9),
            radius_most: at(1.0),
            radius_mean: radii.iter().sum::<f64>() / count,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radii_are_ranked_and_what_is_no_fixed_point_is_below_all() {
        let all = Landscape::blank(0.8, 10).with_basins(&[Some(30), None, Some(10), Some(9), Some(12)]);
        assert_eq!((all.basins, all.basin_share), (5, 0.6));
        assert_eq!([all.radius_least, all.radius_50, all.radius_most, all.radius_mean], [-1.0, 10.0, 30.0, 12.0]);
        assert!(Landscape::blank(1.0, 0).with_basins(&[]).basin_share.is_nan());
    }
}
