//! A published number beside a measured one, and whether they agree.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{student_t, wilson};

/// What was printed, and which numbers agree with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// As printed, or in words: "0.14", "above 50".
    pub printed: &'static str,
    /// Numbers from here to there agree: those that round to what was printed, or have the shape that was stated.
    pub agrees: (f64, f64),
}

impl Published {
    /// What is printed as a number, which all of `low` to `high` round to.
    pub const fn number(printed: &'static str, low: f64, high: f64) -> Self {
        Self { printed, agrees: (low, high) }
    }

    /// A number that is at least so much.
    pub const fn at_least(printed: &'static str, low: f64) -> Self {
        Self { printed, agrees: (low, f64::INFINITY) }
    }

    /// A number that is at most so much.
    pub const fn at_most(printed: &'static str, high: f64) -> Self {
        Self { printed, agrees: (f64::NEG_INFINITY, high) }
    }
}

/// A measured number and its 95 % interval; no numbers where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Where its interval begins,
    pub low: f64,
    /// and ends.
    pub high: f64,
}

impl Default for Measured {
    fn default() -> Self {
        Self { value: f64::NAN, low: f64::NAN, high: f64::NAN }
    }
}

impl Measured {
    /// A number that is known.
    pub fn known(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// The share of trials of networks, (share, trials) each: from the lower of the low ends to the higher of the high ends
    /// of Wilson's interval of all trials and Student's over networks, because trials of one network are not independent.
    pub fn share(networks: impl IntoIterator<Item = (f64, usize)>) -> Self {
        let networks: Vec<(f64, usize)> =
            networks.into_iter().filter(|(share, trials)| share.is_finite() && *trials > 0).collect();
        let trials: u64 = networks.iter().map(|(_, trials)| *trials as u64).sum();
        if trials == 0 {
            return Self::default();
        }
        let successes = networks.iter().map(|(share, trials)| (share * *trials as f64).round() as u64).sum();
        let (low, high) = wilson(successes, trials);
        let over = Self::mean(networks.iter().map(|(share, _)| *share));
        Self {
            value: successes as f64 / trials as f64,
            // Of a number and none, minimum and maximum are the number.
            low: low.min(over.low).max(0.0),
            high: high.max(over.high).min(1.0),
        }
    }

    /// The mean of networks' values with Student's interval; without one of fewer than two.
    pub fn mean(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        if values.len() < 2 {
            return Self { value: mean, ..Self::default() };
        }
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let half = student_t(values.len() - 1) * (squares / (count - 1.0) / count).sqrt();
        Self { value: mean, low: mean - half, high: mean + half }
    }

    /// Whether there is an interval; it may be open to one side.
    fn is_bounded(&self) -> bool {
        !self.low.is_nan() && !self.high.is_nan()
    }
}

/// What measurement says of a published number or claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval agrees.
    Reproduced,
    /// None of it does.
    NotReproduced,
    /// Some of it does, or nothing could be measured.
    #[default]
    Undecidable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reproduced => "reproduced",
            Self::NotReproduced => "not reproduced",
            Self::Undecidable => "not decidable",
        })
    }
}

/// A published number beside a measured one: a row of readings.csv. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The claim it belongs to.
    pub claim: String,
    /// What was measured, and where.
    pub what: String,
    /// What was published; empty where nothing was.
    pub published: String,
    /// Numbers from here
    pub agrees_from: f64,
    /// to there agree with it.
    pub agrees_to: f64,
    /// The measured value,
    pub measured: f64,
    /// and its 95 % interval: low
    pub low: f64,
    /// and high.
    pub high: f64,
    /// Whether the claim's verdict rests on it; what does not is shown beside it.
    pub counts: bool,
    /// Whether they agree.
    pub verdict: Verdict,
}

impl Reading {
    /// One that the claim's verdict rests on.
    pub fn of(what: impl Into<String>, published: Published, measured: Measured) -> Self {
        let (from, to) = published.agrees;
        let Measured { value, low, high } = measured;
        let verdict = if !measured.is_bounded() {
            Verdict::Undecidable
        } else if from <= low && high <= to {
            Verdict::Reproduced
        } else if high < from || to < low {
            Verdict::NotReproduced
        } else {
            Verdict::Undecidable
        };
        Self {
            claim: String::new(),
            what: what.into(),
            published: published.printed.into(),
            agrees_from: from,
            agrees_to: to,
            measured: value,
            low,
            high,
            counts: true,
            verdict,
        }
    }

    /// One that is shown beside the claim and does not decide it.
    #[must_use]
    pub fn beside(self) -> Self {
        Self { counts: false, ..self }
    }

    /// One of a law of large N: finite N may bear it out, but do not refute it.
    #[must_use]
    pub fn asymptotic(self) -> Self {
        match self.verdict {
            Verdict::NotReproduced => Self { verdict: Verdict::Undecidable, ..self },
            _ => self,
        }
    }

    /// A number of which nothing was published.
    pub fn unpublished(what: impl Into<String>, measured: Measured) -> Self {
        let none = Published { printed: "", agrees: (f64::NAN, f64::NAN) };
        Self { verdict: Verdict::Undecidable, ..Self::of(what, none, measured) }.beside()
    }
}

/// The verdict of a claim: that of its readings if they agree; not reproduced if one is not; else not decidable.
pub fn verdict(readings: &[Reading]) -> Verdict {
    let counting = || readings.iter().filter(|reading| reading.counts).map(|reading| reading.verdict);
    if counting().any(|verdict| verdict == Verdict::NotReproduced) {
        Verdict::NotReproduced
    } else if counting().count() > 0 && counting().all(|verdict| verdict == Verdict::Reproduced) {
        Verdict::Reproduced
    } else {
        Verdict::Undecidable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVENTH: Published = Published::number("0.14", 0.135, 0.145);

    fn judged(low: f64, high: f64) -> Verdict {
        Reading::of("C/N", SEVENTH, Measured { value: 0.5 * (low + high), low, high }).verdict
    }

    #[test]
    fn the_whole_interval_decides() {
        assert_eq!(judged(0.136, 0.144), Verdict::Reproduced);
        assert_eq!([judged(0.12, 0.134), judged(0.146, 0.2)], [Verdict::NotReproduced; 2]);
        assert_eq!([judged(0.13, 0.14), judged(0.1, 0.2)], [Verdict::Undecidable; 2]);
        let open = Measured { value: 0.2, low: 0.2, high: f64::INFINITY };
        assert_eq!(Reading::of("C/N", SEVENTH, open).verdict, Verdict::NotReproduced);
        // One network has no interval, and nothing measured has no number.
        assert_eq!(Reading::of("C/N", SEVENTH, Measured::mean([0.14])).verdict, Verdict::Undecidable);
        assert_eq!(Reading::of("C/N", SEVENTH, Measured::default()).verdict, Verdict::Undecidable);
        assert_eq!(Reading::unpublished("C/N", Measured::known(1.0)).verdict, Verdict::Undecidable);
        let of = |value: f64| Reading::of("C/N", SEVENTH, Measured::known(value)).asymptotic().verdict;
        assert_eq!([of(0.14), of(0.2)], [Verdict::Reproduced, Verdict::Undecidable]);
    }

    #[test]
    fn a_claim_stands_with_all_of_its_readings_and_falls_with_one() {
        let reading = |value: f64| Reading::of("C/N", SEVENTH, Measured::known(value));
        let open = Reading::of("C/N", SEVENTH, Measured::default());
        assert_eq!(verdict(&[reading(0.14), reading(0.137)]), Verdict::Reproduced);
        assert_eq!(verdict(&[reading(0.14), reading(0.2), open.clone()]), Verdict::NotReproduced);
        assert_eq!(verdict(&[reading(0.14), open]), Verdict::Undecidable);
        assert_eq!(verdict(&[reading(0.14), reading(0.2).beside()]), Verdict::Reproduced);
        assert_eq!([verdict(&[]), verdict(&[reading(0.14).beside()])], [Verdict::Undecidable; 2]);
    }

    #[test]
    fn a_share_is_as_uncertain_as_the_wider_of_its_intervals() {
        // All networks alike: Wilson's of 40 of 40.
        let all = Measured::share([(1.0, 20), (1.0, 20)]);
        assert_eq!((all.value, all.low, all.high), (1.0, wilson(40, 40).0, 1.0));
        // 2000 trials each, far apart: Student's, 0.5 +- 12.7062 * 0.1 / sqrt 2 * sqrt 2.
        let apart = Measured::share([(0.49, 2000), (0.51, 2000)]);
        assert!((apart.low - (0.5 - 0.127_062)).abs() < 1e-5 && (apart.high - 0.627_062).abs() < 1e-5, "{apart:?}");
        assert_eq!(Measured::share([(0.5, 4)]).low, wilson(2, 4).0);
        assert!(Measured::share([(f64::NAN, 0)]).value.is_nan());
    }
}
