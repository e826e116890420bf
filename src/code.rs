//! Codes: how patterns are written in neurons, and so what keeps a state one of them, its activation.
//!
//! Bipolar patterns are of any signs, and each neuron takes the sign of its field. Sparse binary ones have a fixed
//! number of active neurons, and the highest fields win: one in each hypercolumn, or k of all (A. Lansner, N. B.
//! Ravichandran and P. Herman, Benchmarking Hebbian learning rules for associative memory, arXiv 2401.00335).

use std::fmt;
use std::str::FromStr;

use attractor_kernels_cpu::winners::Groups;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::pattern::{Patterns, is_up, words_per_pattern};
use crate::random::{self, Philox, Purpose, stream};

/// `--code bipolar|hypercolumns:H|active:K`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Code {
    /// -1 and +1, of any number each; the activation is the sign.
    #[default]
    Bipolar,
    /// 0 and 1, one active neuron in each of so many groups of N/H neurons that follow each other.
    Hypercolumns(usize),
    /// 0 and 1, so many active of all.
    Active(usize),
}

impl Code {
    /// How codes are written.
    pub const SPELLINGS: [&'static str; 3] = ["bipolar", "hypercolumns:H", "active:K"];

    /// Refuses a code that N neurons do not have.
    ///
    /// # Errors
    /// If hypercolumns are not of equal size and at least two neurons, or as many are active as there are, or none.
    pub fn check(self, neurons: usize) -> Result<()> {
        match self {
            Self::Hypercolumns(count) if !neurons.is_multiple_of(count) || neurons / count < 2 => Err(Error::setting(
                format!("code {self} of {neurons} neurons"),
                "hypercolumns are of equal size and at least two neurons: give a number that parts them so",
            )),
            Self::Active(count) if count == 0 || count >= neurons => Err(Error::setting(
                format!("code {self} of {neurons} neurons"),
                format!("leave some inactive, not all: give active:1 to active:{}", neurons.saturating_sub(1)),
            )),
            _ => Ok(()),
        }
    }

    /// Whether patterns are of 0 and 1, few of them active.
    pub fn is_sparse(self) -> bool {
        self != Self::Bipolar
    }

    /// What a neuron whose bit is not set counts for in a sum over neurons; one whose bit is set counts for 1.
    pub fn zero(self) -> f32 {
        if self.is_sparse() { 0.0 } else { -1.0 }
    }

    /// The groups of N neurons in which the highest fields win; none where each neuron takes the sign of its own.
    pub fn groups(self, neurons: usize) -> Option<Groups> {
        match self {
            Self::Bipolar => None,
            Self::Hypercolumns(count) => Some(Groups { size: neurons / count, winners: 1 }),
            Self::Active(winners) => Some(Groups { size: neurons, winners }),
        }
    }

    /// Whether two neurons are one, or of one hypercolumn, where only one is active: couplings between such are 0.
    pub fn shuts_out(self, neurons: usize, a: usize, b: usize) -> bool {
        match self {
            Self::Hypercolumns(count) => a / (neurons / count) == b / (neurons / count),
            Self::Bipolar | Self::Active(_) => a == b,
        }
    }

    /// Bits that are set in every sparse pattern; of bipolar ones any may be, and there are N.
    pub fn active(self, neurons: usize) -> usize {
        match self {
            Self::Bipolar => neurons,
            Self::Hypercolumns(active) | Self::Active(active) => active,
        }
    }

    /// Bits that a cue can differ in: of sparse patterns the active neurons that there is room to move.
    pub fn movable(self, neurons: usize) -> usize {
        match self {
            Self::Active(count) => count.min(neurons - count),
            _ => self.active(neurons),
        }
    }

    /// `count` independent patterns, each as likely as any other of the code; the first rows of a longer draw are those
    /// of a shorter one.
    ///
    /// # Errors
    /// If N neurons do not have that code.
    pub fn patterns(self, seed: u64, network: u32, neurons: usize, count: usize) -> Result<Patterns> {
        self.check(neurons)?;
        let Some(groups) = self.groups(neurons) else { return random::patterns(seed, network, neurons, count) };
        let key = stream(seed, Purpose::Pattern, network);
        let words = words_per_pattern(neurons);
        let mut rows = vec![0_u32; count * words];
        for (pattern, row) in rows.chunks_exact_mut(words.max(1)).enumerate() {
            let mut generator = Philox::new(key, [pattern as u32, 0, 0]);
            for first in (0..neurons).step_by(groups.size) {
                for at in generator.distinct(groups.size, groups.winners) {
                    row[(first + at) / 32] |= 1 << ((first + at) % 32);
                }
            }
        }
        Patterns::from_words(neurons, rows)
    }

    /// How alike a state and a target of the code are, whose Hamming distance is this: of bipolar ones their direction
    /// cosine, 1 - 2 d / N, of sparse ones the share of active neurons that they have in common, 1 - d / (2 k).
    pub fn similarity(self, neurons: usize, distance: usize) -> f64 {
        match self {
            Self::Bipolar => (neurons as f64 - 2.0 * distance as f64) / neurons as f64,
            _ => 1.0 - distance as f64 / (2 * self.active(neurons)) as f64,
        }
    }

    /// log2 of how many patterns of N neurons there are: what one of them tells, in bits.
    pub fn bits(self, neurons: usize) -> f64 {
        let log2 = |count: usize| libm::log2(count as f64);
        match self {
            Self::Bipolar => neurons as f64,
            Self::Hypercolumns(count) => count as f64 * log2(neurons / count),
            Self::Active(count) => (0..count).map(|at| log2(neurons - at) - log2(at + 1)).sum(),
        }
    }

    /// Bits that P patterns tell for each pair of N neurons, as Lansner measures them: P N H(f) / (N (N - 1) / 2), H
    /// the entropy of a neuron that is active in a share f of patterns.
    pub fn bits_per_synapse(self, neurons: usize, patterns: usize) -> f64 {
        let active = if self.is_sparse() { self.active(neurons) as f64 / neurons as f64 } else { 0.5 };
        let entropy = -[active, 1.0 - active].map(|share| share * libm::log2(share)).iter().sum::<f64>();
        // A single neuron has no pair.
        if neurons < 2 { 0.0 } else { 2.0 * patterns as f64 * entropy / (neurons as f64 - 1.0) }
    }

    /// The first pattern that is not of the code, and what is wrong with it.
    pub fn fault(self, patterns: &Patterns) -> Option<String> {
        let neurons = patterns.neurons();
        let groups = self.groups(neurons)?;
        (0..patterns.len()).find_map(|row| {
            let active = |neuron: usize| is_up(patterns.row(row), neuron);
            let firsts = (0..neurons).step_by(groups.size);
            firsts.map(|first| (first, (first..first + groups.size).filter(|&neuron| active(neuron)).count())).find_map(
                |(first, count)| {
                    let place = if groups.size == neurons {
                        String::new()
                    } else {
                        format!(" in hypercolumn {}", first / groups.size)
                    };
                    let wanted = groups.winners;
                    (count != wanted).then(|| {
                        format!("pattern {row} (counted from 0) has {count} active neurons{place}, not {wanted}")
                    })
                },
            )
        })
    }
}

impl FromStr for Code {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let count = |number: &str| number.parse().ok().filter(|&count: &usize| count > 0);
        let code = match text.split_once(':') {
            None if text == "bipolar" => Some(Self::Bipolar),
            Some(("hypercolumns", number)) => count(number).map(Self::Hypercolumns),
            Some(("active", number)) => count(number).map(Self::Active),
            _ => None,
        };
        code.ok_or_else(|| {
            let cure = format!("write {}, H and K whole numbers from 1 on", Self::SPELLINGS.join(" or "));
            Error::setting(format!("code {text:?}"), cure)
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bipolar => f.write_str("bipolar"),
            Self::Hypercolumns(count) => write!(f, "hypercolumns:{count}"),
            Self::Active(count) => write!(f, "active:{count}"),
        }
    }
}

impl TryFrom<String> for Code {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        for text in ["bipolar", "hypercolumns:32", "active:5"] {
            assert_eq!(text.parse::<Code>().unwrap().to_string(), text);
        }
        for text in ["", "sparse", "hypercolumns", "hypercolumns:0", "active:-1", "active:2.5", "bipolar:3"] {
            assert!(text.parse::<Code>().unwrap_err().to_string().contains("hypercolumns:H"), "{text}");
        }
        assert!(Code::Hypercolumns(3).check(100).unwrap_err().to_string().contains("hypercolumns:3 of 100 neurons"));
        assert!(Code::Hypercolumns(100).check(100).is_err() && Code::Hypercolumns(50).check(100).is_ok());
        assert!(Code::Active(100).check(100).unwrap_err().to_string().contains("active:99"));
        // As the library may be asked.
        for code in [Code::Active(0), Code::Hypercolumns(0), Code::Hypercolumns(usize::MAX)] {
            assert!(code.check(100).is_err(), "{code}");
        }
    }

    #[test]
    fn patterns_that_are_not_of_the_code_are_named() {
        let patterns = Patterns::from_signs(4, [true, false, false, true, true, true, false, false]).unwrap();
        assert_eq!(Code::Active(2).fault(&patterns), None);
        assert_eq!(Code::Bipolar.fault(&patterns), None);
        let fault = Code::Hypercolumns(2).fault(&patterns).unwrap();
        assert!(fault.contains("pattern 1 (counted from 0) has 2 active neurons in hypercolumn 0, not 1"), "{fault}");
        assert!(Code::Active(1).fault(&patterns).unwrap().contains("pattern 0 (counted from 0) has 2 active"));
    }

    #[test]
    fn patterns_are_of_the_code_nested_and_even() {
        for (code, active) in [(Code::Hypercolumns(10), 10), (Code::Active(7), 7)] {
            let long = code.patterns(1, 0, 100, 3000).unwrap();
            assert_eq!(code.fault(&long), None);
            assert_eq!(code.patterns(1, 0, 100, 10).unwrap(), long.prefix(10));
            assert_ne!(code.patterns(1, 1, 100, 10).unwrap(), long.prefix(10));
            let bits = long.to_bipolar();
            // Binomial: six deviations are 6 sqrt(3000 f (1 - f)) < 99.
            for neuron in 0..100 {
                let count = bits.iter().skip(neuron).step_by(100).filter(|&&bit| bit > 0).count() as f64;
                assert!((count - 30.0 * f64::from(active)).abs() < 99.0, "{code}: neuron {neuron} {count} times");
            }
        }
        assert_eq!(Code::Bipolar.patterns(1, 0, 50, 9).unwrap(), random::patterns(1, 0, 50, 9).unwrap());
        assert!(Code::Hypercolumns(3).patterns(1, 0, 100, 1).is_err());
    }

    #[test]
    fn information_is_counted_as_published() {
        // 1024 neurons, 1 in 32 active: H = 0.2006.
        let bits = Code::Hypercolumns(32).bits_per_synapse(1024, 1775);
        assert!((bits - 2.0 * 1775.0 * 0.200_622_32 / 1023.0).abs() < 1e-6, "{bits}");
        assert_eq!(Code::Hypercolumns(32).bits(1024), 160.0);
        assert!((Code::Active(2).bits(4) - libm::log2(6.0)).abs() < 1e-12);
        assert!((Code::Active(3).similarity(10, 2) - 2.0 / 3.0).abs() < 1e-12);
    }
}
