//! Intervals for rates and means.

use special::Beta;

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

/// The exact interval (low, high) of a rate by `successes` in `trials`; each end misses the rate with a probability of
/// at most `error`. (0, 1) when there is no trial.
///
/// Clopper, C. J. and Pearson, E. S. (1934), Biometrika 26, 404: the rates under which as many successes or more, and
/// as many or fewer, have probability `error`; quantiles of beta distributions. At 95 %, two-sided, `error` is 0.025.
pub fn clopper_pearson(successes: u64, trials: u64, error: f64) -> (f64, f64) {
    let (k, failures) = (successes as f64, trials.saturating_sub(successes) as f64);
    let low = if successes == 0 { 0.0 } else { beta_quantile(error, k, failures + 1.0) };
    let high = if successes >= trials { 1.0 } else { 1.0 - beta_quantile(error, failures, k + 1.0) };
    (low, high)
}

/// The probability of so many successes or fewer in so many trials of one rate.
pub fn binomial_tail(successes: u64, trials: u64, rate: f64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    let (k, failures) = (successes as f64, (trials - successes) as f64);
    (1.0 - rate).inc_beta(failures, k + 1.0, failures.ln_beta(k + 1.0))
}

/// Below it a variable with the distribution Beta(a, b) lies with probability `probability`. Bisected: Newton's method,
/// which libraries take here, does not end for all arguments.
fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    let ln_beta = a.ln_beta(b);
    let (mut low, mut high) = (0.0, 1.0);
    // Until the ends agree to eleven digits; not more than it takes to tell the smallest number from 0.
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if high - low <= 1e-11 * low {
            break;
        }
        if middle.inc_beta(a, b, ln_beta) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// How many standard errors a 95 % interval reaches to either side where the spread is estimated from the data: the
/// 97.5 % quantile of Student's t at so many degrees of freedom, 1 or more.
pub fn student_t(freedom: usize) -> f64 {
    let freedom = freedom as f64;
    let share = beta_quantile(0.05, 0.5 * freedom, 0.5);
    (freedom * (1.0 - share) / share).sqrt()
}

/// The mean of paired differences with its 95 % t interval (low, high); none for fewer than two.
///
/// Student (1908), Biometrika 6, 1: mean +- t s / sqrt(n), s the standard deviation of the differences, t at n - 1
/// degrees of freedom.
pub fn paired_mean(differences: &[f64]) -> Option<(f64, (f64, f64))> {
    let freedom = differences.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let squares = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>();
    let half = student_t(freedom) * (squares / freedom as f64 / count).sqrt();
    Some((mean, (mean - half, mean + half)))
}

#[cfg(test)]
mod tests {
    use super::{binomial_tail, clopper_pearson, paired_mean, student_t, wilson};

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

    #[test]
    fn clopper_and_pearson_s_intervals_are_the_published_ones() {
        // Newcombe (1998), Stat. Med. 17, 857, table I, method 5.
        for (k, n, low, high) in
            [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)]
        {
            let (a, b) = clopper_pearson(k, n, 0.025);
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{k}/{n}: {a} {b}");
        }
        assert_eq!(clopper_pearson(0, 0, 0.025), (0.0, 1.0));
        // No success and nothing but successes have ends in closed form, at any size and error.
        for (n, error) in [(1_u32, 0.5), (7, 0.025), (500, 1e-3), (40_000, 1e-7)] {
            let end = f64::powf(error, 1.0 / f64::from(n));
            let (none, all) = (clopper_pearson(0, n.into(), error), clopper_pearson(n.into(), n.into(), error));
            assert!(
                (none.1 / (1.0 - end) - 1.0).abs() < 1e-6 && (all.0 / end - 1.0).abs() < 1e-9,
                "{n}: {none:?} {all:?}"
            );
            assert_eq!((none.0, all.1), (0.0, 1.0));
        }
    }

    #[test]
    fn clopper_and_pearson_s_intervals_cover() {
        // Every outcome of 40 trials at each rate, weighed by its probability: neither end misses more often than it
        // may.
        const TRIALS: u64 = 40;
        let chance = |k: u64, rate: f64| {
            let choices = (1..=k).fold(1.0, |product, i| product * (TRIALS + 1 - i) as f64 / i as f64);
            choices * rate.powi(k as i32) * (1.0 - rate).powi((TRIALS - k) as i32)
        };
        for rate in (1..60).map(|i| f64::from(i) / 60.0) {
            let missed = |misses: fn((f64, f64), f64) -> bool| -> f64 {
                let missing = (0..=TRIALS).filter(|&k| misses(clopper_pearson(k, TRIALS, 0.05), rate));
                missing.map(|k| chance(k, rate)).sum()
            };
            let (above, below) = (missed(|ends, rate| ends.0 > rate), missed(|ends, rate| ends.1 < rate));
            assert!(above <= 0.05 + 1e-12 && below <= 0.05 + 1e-12, "{rate}: {above} {below}");
        }
    }

    #[test]
    fn an_end_is_where_the_tail_has_the_error() {
        for (k, n) in [(0, 300), (3, 5000), (40, 100_000), (500, 1000), (7, 8)] {
            for error in [1e-9, 1e-4, 0.025, 0.4] {
                let (low, high) = clopper_pearson(k, n, error);
                let tails =
                    [binomial_tail(k, n, high), if k == 0 { error } else { 1.0 - binomial_tail(k - 1, n, low) }];
                for tail in tails {
                    assert!((tail - error).abs() < 1e-6 * error + 1e-13, "{k}/{n} at {error}: {tail}");
                }
            }
        }
        assert!((binomial_tail(1, 3, 0.5) - 0.5).abs() < 1e-12 && binomial_tail(3, 3, 0.9) == 1.0);
    }

    #[test]
    fn student_s_quantiles_are_the_tabulated_ones() {
        for (freedom, t) in [(1, 12.7062), (2, 4.3027), (3, 3.1824), (10, 2.2281), (30, 2.0423), (120, 1.9799)] {
            assert!((student_t(freedom) - t).abs() < 5e-5, "{freedom}: {}", student_t(freedom));
        }
    }
}
