//! Which numbers of a phase diagram's maps have colours of their own.

use std::ops::Range;

use super::super::number::significant;

/// Which numbers have colours of their own.
pub(super) enum Colours {
    /// All of 0 to 1.
    Share,
    /// Those within, equal factors equally far apart.
    Within(Range<f64>),
    /// All where they span no more than [`DECADES`]; else so many about their median.
    Decades,
}

/// More would leave neighbours of one cell one colour.
const DECADES: i32 = 3;

impl Colours {
    /// The numbers of the darkest and the lightest colour, where the rising `known` are to be shown; none of no number.
    pub(super) fn range(&self, known: &[f64]) -> Option<Range<f64>> {
        let (&low, &high) = (known.first()?, known.last()?);
        let ends = match self {
            Self::Share => return Some(0.0..1.0),
            Self::Within(ends) if high <= ends.start || low >= ends.end => ends.clone(),
            Self::Within(ends) => low.max(ends.start)..high.min(ends.end),
            Self::Decades if high / low <= 10.0_f64.powi(DECADES) => low..high,
            Self::Decades => {
                let first = (known[known.len() / 2].log10() - f64::from(DECADES) / 2.0).round() as i32;
                10.0_f64.powi(first)..10.0_f64.powi(first + DECADES)
            }
        };
        Some(ends.start..ends.end.max(ends.start * 1.001))
    }

    /// What to say where some of the rising `known` lie beyond the range.
    pub(super) fn beyond(&self, range: &Range<f64>, known: &[f64]) -> String {
        let why = match self {
            _ if known.iter().all(|value| (range.start..=range.end).contains(value)) => return String::new(),
            Self::Decades => ", three decades about the median",
            _ => "",
        };
        let [start, end] = [range.start, range.end].map(significant);
        format!(" Colours run from {start} to {end}{why}; what lies beyond has that end's, and its number in the .csv.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_of_numbers_that_differ_by_what_can_be_told_apart() {
        let range = |colours: Colours, known: &[f64]| colours.range(known);
        assert_eq!(range(Colours::Share, &[0.2]), Some(0.0..1.0));
        assert_eq!(range(Colours::Decades, &[]), None);
        assert_eq!(range(Colours::Decades, &[2.0, 500.0, 2000.0]), Some(2.0..2000.0));
        assert_eq!(range(Colours::Decades, &[68.0, 500.0, 4e8]), Some(10.0..1e4));
        let within = |known: &[f64]| range(Colours::Within(0.1..10.0), known);
        assert_eq!(within(&[0.5, 3e8]), Some(0.5..10.0));
        assert_eq!(within(&[0.001, 2.0]), Some(0.1..2.0));
        assert_eq!(within(&[20.0, 3e8]), Some(0.1..10.0));
        assert_eq!(within(&[2.0, 2.0]), Some(2.0..2.0 * 1.001));
        let said = Colours::Within(0.1..10.0).beyond(&(0.5..10.0), &[0.5, 3e8]);
        assert!(said.contains("from 0.500 to 10.0;"), "{said}");
        assert_eq!(Colours::Decades.beyond(&(2.0..2000.0), &[2.0, 2000.0]), "");
    }
}
