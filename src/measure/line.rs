//! Straight lines through points.

/// The line of least squares, y = slope (x - centre.0) + centre.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Its slope; not a number where all points have one x.
    pub slope: f64,
    /// The points' mean.
    pub centre: (f64, f64),
    /// Sum of the squares of x about its mean.
    pub squares: f64,
}

impl Line {
    /// Through points (x, y).
    pub fn through(points: &[(f64, f64)]) -> Self {
        let count = points.len() as f64;
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
        let squares: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / squares;
        Self { slope, centre: (x, y), squares }
    }

    /// How far a point lies above it.
    pub fn residual(&self, point: (f64, f64)) -> f64 {
        point.1 - self.centre.1 - self.slope * (point.0 - self.centre.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_slope_is_that_of_the_best_line() {
        let line = Line::through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]);
        assert!((line.slope - 2.0).abs() < 1e-12 && line.residual((3.0, 8.0)) == 1.0);
        assert!(Line::through(&[(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]).slope.abs() < 1e-12);
        assert!(Line::through(&[(1.0, 0.0), (1.0, 1.0)]).slope.is_nan());
    }
}
