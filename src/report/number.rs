//! How numbers are written for people. Knows nothing of what they measure.

/// A rate, a cosine or a mean to `decimals` places; a dash for what is not a number.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "-".into() }
}

/// A rate to 3 decimals.
pub(super) fn rate(value: f64) -> String {
    fixed(value, 3)
}

/// A setting such as a load or a similarity as one would type it: 0.1 + 0.2 is 0.3.
pub(super) fn plain(value: f64) -> String {
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
pub(super) fn scientific(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        value if value.is_finite() => format!("{value:.1e}"),
        _ => "-".into(),
    }
}

/// A count with its thousands apart: 12 000.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{a0}")
}

/// "3" when all are equal, "2 to 3" when not, nothing for nothing.
pub(super) fn span(values: impl Iterator<Item = u64> + Clone) -> String {
    match (values.clone().min(), values.max()) {
        (Some(low), Some(high)) if low < high => format!("{} to {}", count(low), count(high)),
        (Some(low), _) => count(low),
        _ => String::new(),
    }
}

/// A count as text with its noun: "1 network", "2 to 3 networks".
pub(super) fn several(count: &str, noun: &str) -> String {
    format!("{count} {noun}{}", if count == "1" { "" } else { "s" })
}

/// "a", "a and b", "a, b and c".
pub(super) fn list(items: &[String]) -> String {
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
    fn counts_and_lists_read_as_prose() {
        assert_eq!(count(12_000), "12\u{a0}000");
        assert_eq!(several(&span([2, 3].into_iter()), "network"), "2 to 3 networks");
        assert_eq!(several("1", "trial"), "1 trial");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
