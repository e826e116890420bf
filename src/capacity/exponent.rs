//! C = c N^b: least squares on logarithms, over networks and N.

use super::found::Capacity;
use crate::measure::{Line, student_t};

/// A power of N fitted to capacities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponent {
    /// b.
    pub exponent: f64,
    /// Its 95 % interval, by Student's t at two degrees of freedom less than there are points.
    pub interval: (f64, f64),
    /// c.
    pub factor: f64,
}

impl Exponent {
    /// Of one model's networks. Those that store nothing, and those whose search ended at the bound on P, have no
    /// logarithm or no capacity, and are left out. None for fewer than three networks, or a single N.
    pub fn fit(capacities: &[Capacity]) -> Option<Self> {
        let points: Vec<(f64, f64)> = capacities
            .iter()
            .filter(|one| Self::counts(one))
            .map(|one| ((one.neurons as f64).ln(), (one.capacity as f64).ln()))
            .collect();
        let freedom = points.len().checked_sub(2).filter(|&freedom| freedom > 0)?;
        let line = Line::through(&points);
        let Line { slope: exponent, centre: (x, y), squares } = line;
        if squares < 1e-12 {
            return None;
        }
        let left: f64 = points.iter().map(|&point| line.residual(point).powi(2)).sum();
        let half = student_t(freedom) * (left / freedom as f64 / squares).sqrt();
        Some(Self { exponent, interval: (exponent - half, exponent + half), factor: (y - exponent * x).exp() })
    }

    /// Whether a network's capacity is above 0 and known, so that it is fitted.
    pub(super) fn counts(one: &Capacity) -> bool {
        one.capacity > 0 && one.refuted.is_some()
    }

    /// c N^b.
    pub(super) fn at(&self, neurons: f64) -> f64 {
        self.factor * neurons.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(points: &[(usize, usize)]) -> Vec<Capacity> {
        let one = |&(neurons, capacity): &(usize, usize)| Capacity {
            neurons,
            capacity,
            refuted: Some(capacity + 1),
            ..Capacity::default()
        };
        points.iter().map(one).collect()
    }

    #[test]
    fn a_power_is_found_and_a_worked_example_agrees() {
        let fit = Exponent::fit(&of(&[(10, 300), (20, 1200), (40, 4800)])).unwrap();
        assert!((fit.exponent - 2.0).abs() < 1e-9 && (fit.factor - 3.0).abs() < 1e-9, "{fit:?}");
        assert!((fit.at(100.0) - 30_000.0).abs() < 1e-3 && fit.interval.1 - fit.interval.0 < 1e-9);
        // ln N = 0, 1, 2 times ln 2 and log2 C = 1, 2, 4: by hand, slope 3/2, residuals 1/6, -1/3, 1/6, so that the
        // slope's standard error is sqrt((1/6) / 1 / 2), and t at one degree of freedom 12.7062.
        let fit = Exponent::fit(&of(&[(1, 2), (2, 4), (4, 16)])).unwrap();
        assert!((fit.exponent - 1.5).abs() < 1e-12);
        assert!((fit.interval.1 - 1.5 - 12.7062 * (1.0_f64 / 12.0).sqrt()).abs() < 1e-3, "{fit:?}");
    }

    #[test]
    fn what_has_no_capacity_is_left_out() {
        let mut capacities = of(&[(10, 300), (20, 1200), (40, 4800), (80, 0), (160, 5)]);
        capacities[4].refuted = None;
        assert!((Exponent::fit(&capacities).unwrap().exponent - 2.0).abs() < 1e-9);
        assert_eq!(Exponent::fit(&of(&[(10, 300), (20, 1200)])), None);
        assert_eq!(Exponent::fit(&of(&[(10, 300), (10, 301), (10, 302)])), None);
    }
}
