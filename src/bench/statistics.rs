//! Median, least and spread of a few times. Knows nothing of what was timed.

/// A few times in seconds, summarised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// The middle one, or the mean of the middle two.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// From the first quartile to the third, linear between neighbours.
    pub quartiles: (f64, f64),
}

impl Statistics {
    /// None of nothing.
    pub fn of(times: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut times: Vec<f64> = times.into_iter().collect();
        times.sort_by(f64::total_cmp);
        let least = *times.first()?;
        let at = |share: f64| {
            let place = share * (times.len() - 1) as f64;
            let (below, part) = (place.floor() as usize, place.fract());
            let above = times[(below + 1).min(times.len() - 1)];
            times[below] + part * (above - times[below])
        };
        Some(Self { median: at(0.5), least, quartiles: (at(0.25), at(0.75)) })
    }

    /// The interquartile range as a share of the median.
    pub fn spread(&self) -> f64 {
        (self.quartiles.1 - self.quartiles.0) / self.median
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let found = Statistics::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(found, Statistics { median: 2.5, least: 1.0, quartiles: (1.75, 3.25) });
        assert_eq!(found.spread(), 0.6);
        assert_eq!(Statistics::of([7.0]).unwrap().quartiles, (7.0, 7.0));
        assert_eq!(Statistics::of([]), None);
    }
}
