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

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn agrees_with_published_values() {
        // Newcombe (1998), Stat. Med. 17, 857, table I, method 3: 81/263 and 15/148 and 0/20.
        for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)] {
            let (a, b) = wilson(k, n);
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{k}/{n}: {a} {b}");
        }
    }
}
