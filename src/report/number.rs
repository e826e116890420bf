//! How numbers are written for people. Knows nothing of what they measure.

/// A rate, a cosine or a mean to `decimals` places; a dash for what is not a number.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "-".into() }
}

/// A rate to 3 decimals.
pub(crate) fn rate(value: f64) -> String {
    fixed(value, 3)
}

/// A setting such as a load or a similarity as one would type it: 0.1 + 0.2 is 0.3.
pub(crate) fn plain(value: f64) -> String {
    if value != 0.0 && !(1e-6..1e15).contains(&value.abs()) {
        return format!("{value:e}");
    }
    let text = format!("{value:.6}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".into(),
        trimmed => trimmed.into(),
    }
}

/// A quantity that spans many orders of magnitude, to 2 significant digits.
pub(crate) fn scientific(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        value if value.is_finite() => format!("{value:.1e}"),
        _ => "-".into(),
    }
}

/// A rate or ratio to 3 significant digits, thousands apart: 0.0123, 1.23, 123, 12 300.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return "-".into();
    }
    // The exponent after rounding: 9.996 is 10.0.
    let digits: i32 = format!("{value:.2e}").split_once('e').and_then(|(_, digits)| digits.parse().ok()).unwrap_or(0);
    if digits > 2 {
        let unit = 10_f64.powi(digits - 2);
        return count(((value / unit).round() * unit) as u64);
    }
    format!("{value:.*}", (2 - digits).clamp(0, 9) as usize)
}

/// A time to 3 significant digits in the unit that suits it.
pub(crate) fn seconds(value: f64) -> String {
    let (scale, unit) = match value {
        value if value >= 1.0 => (1.0, "s"),
        value if value >= 1e-3 => (1e3, "ms"),
        _ => (1e6, "\u{b5}s"),
    };
    if value.is_finite() { format!("{}\u{a0}{unit}", significant(value * scale)) } else { "-".into() }
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}\u{a0}%", 100.0 * share) } else { "-".into() }
}

/// A count with its thousands apart: 12 000.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{a0}")
}

/// "3" when all are equal, "2 to 3" when not, nothing for nothing.
pub(crate) fn span(values: impl Iterator<Item = u64> + Clone) -> String {
    match (values.clone().min(), values.max()) {
        (Some(low), Some(high)) if low < high => format!("{} to {}", count(low), count(high)),
        (Some(low), _) => count(low),
        _ => String::new(),
    }
}

/// A count as text with its noun: "1 network", "2 to 3 networks".
pub(crate) fn several(count: &str, noun: &str) -> String {
    format!("{count} {noun}{}", if count == "1" { "" } else { "s" })
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_carry_no_float_dust() {
        for (value, text) in [(0.1 + 0.2, "0.3"), (20.0, "20"), (0.95, "0.95"), (-0.0, "0"), (1e-9, "1e-9")] {
            assert_eq!(plain(value), text);
        }
        assert_eq!(plain(f64::NAN), "NaN");
    }

    #[test]
    fn what_is_not_a_number_is_a_dash() {
        assert_eq!((rate(f64::NAN), rate(1.0), scientific(3.2e-6)), ("-".into(), "1.000".into(), "3.2e-6".into()));
    }

    #[test]
    fn measurements_have_three_digits() {
        for (value, text) in
            [(0.0, "0.00"), (0.01234, "0.0123"), (9.996, "10.0"), (123.4, "123"), (12_345.0, "12\u{a0}300")]
        {
            assert_eq!(significant(value), text);
        }
        assert_eq!(
            (seconds(1.5), seconds(0.0123), seconds(2e-6)),
            ("1.50\u{a0}s".into(), "12.3\u{a0}ms".into(), "2.00\u{a0}\u{b5}s".into())
        );
        assert_eq!(
            (percent(0.256), percent(f64::NAN), significant(f64::INFINITY)),
            ("25.6\u{a0}%".into(), "-".into(), "-".into())
        );
    }

    #[test]
    fn counts_and_lists_read_as_prose() {
        assert_eq!(count(12_000), "12\u{a0}000");
        assert_eq!(several(&span([2, 3].into_iter()), "network"), "2 to 3 networks");
        assert_eq!(several("1", "trial"), "1 trial");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
