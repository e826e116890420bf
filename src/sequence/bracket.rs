//! The capacity by bisection: the largest length at which every trial succeeds, between two bounds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Bounds of a search, and how narrow it ends: `LOW..HIGH:STEP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// Tried first.
    pub low: usize,
    /// Tried second.
    pub high: usize,
    /// The search ends when the largest length that holds and the smallest that fails are so close.
    pub step: usize,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// This length is to be tried.
    Next(usize),
    /// The largest length known to hold, if the lowest does, and the smallest known to fail, if the highest does.
    /// Between the bounds success is taken to end once.
    Found([Option<usize>; 2]),
}

impl Bracket {
    /// # Errors
    /// If there is nothing between the bounds.
    pub(super) fn check(self) -> Result<()> {
        if self.low < self.high && self.step > 0 {
            return Ok(());
        }
        Err(Error::setting(format!("--capacity {self}"), "let LOW be below HIGH and STEP above 0, as in 1000..2000:10"))
    }

    /// How far the search is, given what is known of lengths: whether every trial succeeded, or nothing yet.
    pub fn search(self, holds: impl Fn(usize) -> Option<bool>) -> Search {
        let Self { mut low, mut high, step } = self;
        match (holds(low), holds(high)) {
            (None, _) => return Search::Next(low),
            (Some(false), _) => return Search::Found([None, Some(low)]),
            (_, None) => return Search::Next(high),
            (_, Some(true)) => return Search::Found([Some(high), None]),
            _ => {}
        }
        while high - low > step {
            let middle = low + (high - low).div_ceil(step) / 2 * step;
            match holds(middle) {
                None => return Search::Next(middle),
                Some(true) => low = middle,
                Some(false) => high = middle,
            }
        }
        Search::Found([Some(low), Some(high)])
    }

    /// Lengths that a search tries at most.
    pub(super) fn tries(self) -> usize {
        2 + ((self.high - self.low) / self.step).max(1).ilog2() as usize + 1
    }
}

impl FromStr for Bracket {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once("..").and_then(|(low, rest)| {
            let (high, step) = rest.split_once(':')?;
            Some(Self { low: low.parse().ok()?, high: high.parse().ok()?, step: step.parse().ok()? })
        });
        parts.ok_or_else(|| Error::setting(format!("bounds {text:?}"), "write LOW..HIGH:STEP, such as 1000..2000:10"))
    }
}

impl fmt::Display for Bracket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}:{}", self.low, self.high, self.step)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Searches for where success ends, and says what was tried.
    fn searched(bracket: &str, last: usize) -> (Search, usize) {
        let bracket: Bracket = bracket.parse().unwrap();
        bracket.check().unwrap();
        let tried = RefCell::new(Vec::new());
        loop {
            let known = |length: usize| tried.borrow().contains(&length).then_some(length <= last);
            match bracket.search(known) {
                Search::Next(length) => tried.borrow_mut().push(length),
                found => {
                    let tries = tried.borrow().len();
                    assert!(tries <= bracket.tries(), "{tries} tries of {}", bracket.tries());
                    return (found, tries);
                }
            }
        }
    }

    #[test]
    fn the_search_closes_in_on_where_success_ends() {
        for last in 10..20 {
            assert_eq!(searched("10..20:1", last).0, Search::Found([Some(last), Some(last + 1)]));
        }
        assert_eq!(searched("1000..2000:10", 1604).0, Search::Found([Some(1600), Some(1610)]));
        assert_eq!(searched("1000..2000:10", 3000), (Search::Found([Some(2000), None]), 2));
        assert_eq!(searched("1000..2000:10", 3), (Search::Found([None, Some(1000)]), 1));
        // Bounds that are no whole number of steps apart, and closer than one.
        assert_eq!(searched("10..25:10", 12).0, Search::Found([Some(10), Some(20)]));
        assert_eq!(searched("10..12:10", 11).0, Search::Found([Some(10), Some(12)]));
    }

    #[test]
    fn bounds_that_cannot_be_meant_are_refused() {
        for text in ["", "10", "10..20", "20..10:a", "-1..5:1"] {
            assert!(text.parse::<Bracket>().unwrap_err().to_string().contains("1000..2000:10"), "{text}");
        }
        for text in ["20..10:1", "10..10:1", "10..20:0"] {
            assert!(text.parse::<Bracket>().unwrap().check().is_err(), "{text}");
        }
    }
}
