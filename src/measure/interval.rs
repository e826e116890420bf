//! Intervals for rates.

/// The Wilson score interval (low, high) of `successes` in `trials` at 95 %; (0, 1) when there is no trial.
///
/// Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209: with p = k/n and z = 1.96,
/// centre = (p + z^2/2n) / (1 + z^2/n), half width = z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n).
pub fn wilson(successes: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = trials as f64;
    let p = successes as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

/// The mean of paired differences with its 95 % t interval (low, high); none for fewer than two.
///
/// Student (1908), Biometrika 6, 1: mean +- t s / sqrt(n), s the standard deviation of the differences, t at n - 1 degrees of
/// freedom.
pub fn paired_mean(differences: &[f64]) -> Option<(f64, (f64, f64))> {
    /// 97.5 % quantiles of Student's t at 1 to 30 degrees of freedom.
    const T: [f64; 30] = [
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604,
        2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518,
        2.0484, 2.0452, 2.0423,
    ];
    let freedom = differences.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    // Beyond the table, the first terms of its expansion about the normal quantile.
    let z = 1.959_963_984_540_054_f64;
    let beyond = |freedom: f64| {
        let second = 5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z;
        z + (z.powi(3) + z) / (4.0 * freedom) + second / (96.0 * freedom * freedom)
    };
    let t = T.get(freedom - 1).copied().unwrap_or_else(|| beyond(freedom as f64));
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let squares = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>();
    let half = t * (squares / freedom as f64 / count).sqrt();
    Some((mean, (mean - half, mean + half)))
}

#[cfg(test)]
mod tests {
    use super::{paired_mean, wilson};

    #[test]
    fn student_s_own_example_comes_out() {
        // Student (1908), p. 20: hours of sleep gained by ten patients, one drug less the other: mean 1.58, t = 4.06.
        let hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let (mean, (low, high)) = paired_mean(&hours).unwrap();
        assert!((mean - 1.58).abs() < 1e-12);
        assert!((low - 0.7001).abs() < 1e-3 && (high - 2.4599).abs() < 1e-3, "{low} {high}");
        assert_eq!(paired_mean(&[0.5]), None);
        let many: Vec<f64> = (0..32).map(|i| f64::from(i % 2)).collect();
        let (_, (low, high)) = paired_mean(&many).unwrap();
        assert!((high - low - 2.0 * 2.0395 * (8.0_f64 / 31.0 / 32.0).sqrt()).abs() < 1e-4);
    }

    #[test]
    fn agrees_with_published_values() {
        // Newcombe (1998), Stat. Med. 17, 857, table I, method 3: 81/263 and 15/148 and 0/20.
        for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)] {
            let (a, b) = wilson(k, n);
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{k}/{n}: {a} {b}");
        }
    }
}
