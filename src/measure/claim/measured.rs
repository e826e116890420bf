//! Measured numbers with their 95 % intervals.

use super::super::{clopper_pearson, paired_mean, wilson};

/// A share of a network's trials, and how many there were.
pub type Rate = (f64, usize);

/// A measured number and its 95 % interval; no numbers where there are none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Where its interval begins,
    pub low: f64,
    /// and ends.
    pub high: f64,
}

impl Default for Measured {
    fn default() -> Self {
        Self { value: f64::NAN, low: f64::NAN, high: f64::NAN }
    }
}

impl Measured {
    /// A number that is known.
    pub fn known(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// What lies between the largest tried that holds, none if the smallest does not, and the smallest that fails,
    /// none if the largest holds.
    pub fn bracket(holds: Option<f64>, fails: Option<f64>) -> Self {
        let low = holds.unwrap_or(0.0);
        // What fails is outside.
        Self { value: low, low, high: fails.map_or(f64::INFINITY, f64::next_down) }
    }

    /// A share of trials of networks: the wider of Wilson's interval of all trials and Student's over networks, because
    /// trials of one network are not independent; of one network Wilson's alone.
    pub fn share(networks: impl IntoIterator<Item = Rate>) -> Self {
        pooled(networks, wilson)
    }

    /// [`Self::share`] of one of so many conditions, with intervals that hold for all of them together: Clopper's and
    /// Pearson's at 0.025 over their number.
    pub fn share_among(conditions: usize, networks: impl IntoIterator<Item = Rate>) -> Self {
        pooled(networks, |successes, trials| clopper_pearson(successes, trials, 0.025 / conditions as f64))
    }

    /// The mean of networks' values with Student's interval; without one of fewer than two, where one is missing, and
    /// where all are equal, which says nothing of how far they may be off.
    pub fn mean(values: impl IntoIterator<Item = f64>) -> Self {
        let all: Vec<f64> = values.into_iter().collect();
        let values: Vec<f64> = all.iter().copied().filter(|value| value.is_finite()).collect();
        let spread = values.iter().any(|value| *value != values[0]);
        match paired_mean(&values).filter(|_| values.len() == all.len() && spread) {
            Some((value, (low, high))) => Self { value, low, high },
            None => Self { value: values.iter().sum::<f64>() / values.len() as f64, ..Self::default() },
        }
    }

    /// The mean difference of two shares of the same networks: the wider of Newcombe's interval of all trials (Newcombe
    /// (1998), Stat. Med. 17, 873, method 10) and Student's of the networks' differences.
    pub fn difference(first: &[Rate], second: &[Rate]) -> Self {
        let [a, b] = [first, second].map(|rates| pooled(rates.iter().copied(), wilson));
        let value = a.value - b.value;
        let low = value - (a.value - a.low).hypot(b.high - b.value);
        let high = value + (a.high - a.value).hypot(b.value - b.low);
        let over = Self::mean(first.iter().zip(second).map(|(a, b)| a.0 - b.0));
        Self { value, low: low.min(over.low).max(-1.0), high: high.max(over.high).min(1.0) }
    }
}

fn pooled(networks: impl IntoIterator<Item = Rate>, interval: impl Fn(u64, u64) -> (f64, f64)) -> Measured {
    let networks: Vec<Rate> = networks.into_iter().filter(|(share, trials)| share.is_finite() && *trials > 0).collect();
    let trials: u64 = networks.iter().map(|(_, trials)| *trials as u64).sum();
    if trials == 0 {
        return Measured::default();
    }
    let successes = networks.iter().map(|(share, trials)| (share * *trials as f64).round() as u64).sum();
    let (low, high) = interval(successes, trials);
    let over = Measured::mean(networks.iter().map(|(share, _)| *share));
    // Of a number and none, minimum and maximum are the number.
    let (low, high) = (low.min(over.low).max(0.0), high.max(over.high).min(1.0));
    Measured { value: successes as f64 / trials as f64, low, high }
}

/// The highest of several conditions, and which it is: it is at least as high as the highest low end of all, and at
/// most as high as the highest high end. Conditions without a number are left out, one without an interval leaves the
/// highest without.
pub fn highest<T>(conditions: impl IntoIterator<Item = (T, Measured)>) -> Option<(T, Measured)> {
    let mut highest: Option<(T, Measured)> = None;
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (what, next) in conditions.into_iter().filter(|(_, measured)| measured.value.is_finite()) {
        low = if low.is_nan() || next.low.is_nan() { f64::NAN } else { low.max(next.low) };
        high = if high.is_nan() || next.high.is_nan() { f64::NAN } else { high.max(next.high) };
        if highest.as_ref().is_none_or(|(_, known)| next.value > known.value) {
            highest = Some((what, next));
        }
    }
    highest.map(|(what, known)| (what, Measured { low, high, ..known }))
}

/// The lowest, in the same way.
pub fn lowest<T>(conditions: impl IntoIterator<Item = (T, Measured)>) -> Option<(T, Measured)> {
    let turned = |Measured { value, low, high }: Measured| Measured { value: -value, low: -high, high: -low };
    let lowest = highest(conditions.into_iter().map(|(what, measured)| (what, turned(measured))));
    lowest.map(|(what, measured)| (what, turned(measured)))
}
