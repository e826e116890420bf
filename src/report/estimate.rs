//! A pooled number and how far it can be trusted. Knows nothing of what was measured.

use crate::measure::{student_t, wilson};

/// A number with its 95 % interval, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The pooled value; not a number when there was no trial.
    pub value: f64,
    /// Low and high end.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// A share of trials, with its Wilson interval.
    pub(super) fn share(successes: u64, trials: u64) -> Self {
        Self { value: successes as f64 / trials as f64, interval: Some(wilson(successes, trials)) }
    }

    /// Mean of networks' means, weighted by trials, with Student's 95 % interval of those means when there are several.
    pub(super) fn mean(mut networks: Vec<(f64, u64)>) -> Option<Self> {
        networks.retain(|(value, trials)| value.is_finite() && *trials > 0);
        let weight = networks.iter().map(|(_, trials)| *trials as f64).sum::<f64>();
        let count = networks.len() as f64;
        let value = networks.iter().map(|(value, trials)| value * *trials as f64).sum::<f64>() / weight;
        let centre = networks.iter().map(|(value, _)| value).sum::<f64>() / count;
        let squares = networks.iter().map(|(value, _)| (value - centre).powi(2)).sum::<f64>();
        let interval = networks.len().checked_sub(1).filter(|&freedom| freedom > 0).map(|freedom| {
            let half = student_t(freedom) * (squares / freedom as f64 / count).sqrt();
            (value - half, value + half)
        });
        (!networks.is_empty()).then_some(Self { value, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_network_has_a_mean_but_no_spread() {
        assert_eq!(Estimate::mean(vec![(0.25, 10)]), Some(Estimate { value: 0.25, interval: None }));
        assert_eq!(Estimate::mean(vec![(f64::NAN, 10), (1.0, 0)]), None);
    }

    #[test]
    fn no_trial_is_no_number() {
        let none = Estimate::share(0, 0);
        assert!(none.value.is_nan() && none.interval == Some((0.0, 1.0)));
    }
}
