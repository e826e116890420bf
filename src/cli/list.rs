//! Lists of numbers, rules and kernels as the user types them.

use attractor::code::Code;
use attractor::memory::Profile;
use attractor::rule::{Model, Rule};
use attractor::{Error, Result};

/// Most values that a range may stand for.
const MOST: f64 = 100_000.0;

/// Numbers separated by commas, each alone or a range `first..last:step`, both ends included.
pub(super) fn numbers(text: &str) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    for part in text.split(',').map(str::trim) {
        match part.split_once("..") {
            None => values.push(number(part, text)?),
            Some((first, rest)) => {
                let (last, step) = rest.split_once(':').ok_or_else(|| refuse(part, text))?;
                range(number(first, text)?, number(last, text)?, number(step, text)?, part, &mut values)?;
            }
        }
    }
    Ok(values)
}

fn refuse(part: &str, text: &str) -> Error {
    Error::setting(
        format!("{part:?} in {text:?}"),
        "write numbers separated by commas, or ranges first..last:step such as 1..20:1",
    )
}

fn number(part: &str, text: &str) -> Result<f64> {
    match part.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(refuse(part, text)),
    }
}

fn range(first: f64, last: f64, step: f64, part: &str, values: &mut Vec<f64>) -> Result<()> {
    // A share of a step, so that 0.1..0.3:0.1 ends at 0.3 for all its rounding.
    let count = (last - first) / step + 1e-9;
    if step == 0.0 || !(0.0..MOST).contains(&count) {
        return Err(Error::setting(
            format!("range {part:?}"),
            "let the step lead from first to last, in fewer than 100,000 values",
        ));
    }
    // The dust of the products is brushed off, so that 0.1..0.5:0.1 holds 0.3 and not 0.30000000000000004.
    values.extend((0..=count as usize).map(|i| ((first + i as f64 * step) * 1e9).round() / 1e9));
    Ok(())
}

/// Whole numbers above 0, as [`numbers`] are listed, of an option.
pub(super) fn counts(option: &str, text: &str) -> Result<Vec<usize>> {
    let whole = |value: f64| {
        let is_count = value >= 1.0 && value.fract() == 0.0 && value <= f64::from(1 << 24);
        let refuse =
            || Error::setting(format!("{option} {value}"), format!("give whole numbers from 1 to {}", 1 << 24));
        is_count.then_some(value as usize).ok_or_else(refuse)
    };
    numbers(text)?.into_iter().map(whole).collect()
}

/// Names of rules or kernels separated by commas; a comma before a letter starts the next, so that one may have several numbers.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split(',').map(str::trim) {
        match names.last_mut() {
            Some(name) if !part.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                name.push(',');
                name.push_str(part);
            }
            _ => names.push(part.into()),
        }
    }
    names
}

/// What lists of rules and kernels, as options give them, stand for.
pub(super) fn models(rules: &[String], kernels: &[String]) -> Result<Vec<Model>> {
    let listed = |lists: &[String]| lists.iter().flat_map(|list| names(list)).collect::<Vec<_>>();
    Model::all(&listed(rules), &listed(kernels))
}

/// Every kernel, for `--help`.
pub(super) fn kernels_help() -> String {
    format!("{} [default: rbf:0.02 for klr and krr, linear for hebb]", Profile::SPELLINGS.join(", "))
}

/// Every code, for `--help`.
pub(super) fn code_help() -> String {
    format!(
        "How patterns are written, {}: bipolar ones in -1 and +1, sparse ones in 0 and 1, with one active neuron in each \
         of H hypercolumns, or K active of all; these are learnt by {}",
        Code::SPELLINGS.join(", "),
        Rule::sparse().join(", ")
    )
}

/// Every rule, for `--help`.
pub(super) fn rules_help() -> String {
    Rule::spellings().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        assert_eq!(numbers("1,2, 4").unwrap(), [1.0, 2.0, 4.0]);
        assert_eq!(numbers("1..20:1").unwrap().len(), 20);
        assert_eq!(numbers("0.1..0.5:0.1,1").unwrap(), [0.1, 0.2, 0.3, 0.4, 0.5, 1.0]);
        assert_eq!(numbers("1..0.5:-0.25").unwrap(), [1.0, 0.75, 0.5]);
        for text in ["", "1,,2", "a", "1..2", "1..2:0", "2..1:1", "1..2:nan", "inf", "0..1e9:1e-9", "1..:1"] {
            assert!(numbers(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(counts("--lengths", "800..1600:400,1700").unwrap(), [800, 1200, 1600, 1700]);
        for text in ["0", "1.5", "-3", "1e9"] {
            assert!(counts("--lengths", text).unwrap_err().to_string().contains("whole numbers"), "{text}");
        }
    }

    #[test]
    fn names_keep_their_own_commas() {
        assert_eq!(names("rbf:0.02,rbf:0.1"), ["rbf:0.02", "rbf:0.1"]);
        assert_eq!(names("poly:3,1,rbf:0.1"), ["poly:3,1", "rbf:0.1"]);
    }
}
