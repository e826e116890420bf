//! A published number beside a measured one, and whether they agree.

mod measured;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use measured::{Measured, Rate, highest, lowest};

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
    #[serde(rename = "not-decidable")]
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
    /// Whether they agree; empty where nothing was published.
    pub verdict: Option<Verdict>,
}

impl Reading {
    /// One that the claim's verdict rests on.
    pub fn of(what: impl Into<String>, published: Published, measured: Measured) -> Self {
        let (from, to) = published.agrees;
        let (low, high) = (measured.low, measured.high);
        Self::judged(what.into(), published, measured, (from <= low && high <= to, high < from || to < low))
    }

    /// What was published of a single network, held against where single networks lie: their mean plus and minus
    /// t s sqrt(1 + 1/n), s the standard deviation of the n that were measured. Reproduced if it lies within.
    pub fn single(what: impl Into<String>, published: Published, networks: &[f64]) -> Self {
        let (from, to) = published.agrees;
        let Measured { value, low, high } = Measured::mean(networks.iter().copied());
        let wider = (networks.len() as f64 + 1.0).sqrt();
        let range = Measured { value, low: value - wider * (value - low), high: value + wider * (high - value) };
        let (inside, outside) = (range.low <= from && to <= range.high, range.high < from || to < range.low);
        Self::judged(what.into(), published, range, (inside, outside))
    }

    fn judged(what: String, published: Published, measured: Measured, (agrees, differs): (bool, bool)) -> Self {
        let (from, to) = published.agrees;
        let Measured { value, low, high } = measured;
        // Ends that are no numbers compare with nothing.
        let verdict = match (agrees, differs) {
            (true, _) => Verdict::Reproduced,
            (_, true) => Verdict::NotReproduced,
            _ => Verdict::Undecidable,
        };
        Self {
            claim: String::new(),
            what,
            published: published.printed.into(),
            agrees_from: from,
            agrees_to: to,
            measured: value,
            low,
            high,
            counts: true,
            verdict: Some(verdict),
        }
    }

    /// One that is shown beside the claim and does not decide it.
    #[must_use]
    pub fn beside(self) -> Self {
        Self { counts: false, ..self }
    }

    /// A number of which nothing was published.
    pub fn unpublished(what: impl Into<String>, measured: Measured) -> Self {
        let none = Published { printed: "", agrees: (f64::NAN, f64::NAN) };
        Self { verdict: None, ..Self::of(what, none, measured) }.beside()
    }
}

/// The verdict of a claim: that of its readings if they agree; not reproduced if one is not; else not decidable.
pub fn verdict(readings: &[Reading]) -> Verdict {
    let counting = || readings.iter().filter(|reading| reading.counts).filter_map(|reading| reading.verdict);
    if counting().any(|verdict| verdict == Verdict::NotReproduced) {
        Verdict::NotReproduced
    } else if counting().count() > 0 && counting().all(|verdict| verdict == Verdict::Reproduced) {
        Verdict::Reproduced
    } else {
        Verdict::Undecidable
    }
}
