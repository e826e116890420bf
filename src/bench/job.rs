//! What is measured: jobs by name, the shapes each has, and the arithmetic each is credited with.

use std::fmt;
use std::str::FromStr;

use super::checksum::TOLERANCE;
use super::{DIFFICULTY, KERNEL};
use crate::error::{Error, Result};
use crate::plan;
use crate::rule::{Descent, Distances, Rule};

/// A job by name: what `--jobs` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// One synchronous step of many trials.
    Recall,
    /// Updates of kernel logistic regression.
    Train,
    /// Both, for many small networks at once.
    Nets,
    /// Recall against the load P/N.
    Load,
    /// Recall against the number of trials.
    Trials,
    /// An epoch of the adaptive similarity, and answers by it.
    Footprint,
    /// Time and memory as work grows, each point in a process of its own.
    Cost,
}

impl Job {
    const NAMED: [(Self, &'static str); 7] = [
        (Self::Recall, "recall"),
        (Self::Train, "train"),
        (Self::Nets, "nets"),
        (Self::Load, "load"),
        (Self::Trials, "trials"),
        (Self::Footprint, "footprint"),
        (Self::Cost, "cost"),
    ];
}

impl FromStr for Job {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::NAMED.into_iter().find(|(_, name)| *name == text);
        found.map(|(job, _)| job).ok_or_else(|| {
            let cure = "write some of recall, train, nets, load, trials, footprint and cost";
            Error::setting(format!("job {text:?}"), cure)
        })
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::NAMED.into_iter().find(|(job, _)| job == self);
        f.write_str(found.map_or("", |(_, name)| name))
    }
}

/// What is done in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One synchronous step: fields and their signs.
    Recall,
    /// KLR on the sequence: every key is to answer with the next, the last with the first.
    Train,
    /// An epoch of the adaptive similarity: loss of all queries, its gradient, Adam's step.
    Fit,
    /// Queries answered by the adaptive similarity: scores, softmax, readout.
    Retrieve,
}

impl Task {
    /// What peers are asked for.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::Train => "train",
            Self::Fit => "fit",
            Self::Retrieve => "retrieve",
        }
    }

    /// Whether the work is floating-point operations, whose rate has a ceiling. A sort has no agreed number of them.
    pub(super) fn counts_operations(self) -> bool {
        matches!(self, Self::Recall | Self::Train)
    }

    /// How far off the checksum of a right answer may be: that of signs not at all, that of numbers by their rounding.
    pub(super) fn tolerance(self) -> u64 {
        match self {
            Self::Recall | Self::Train => 0,
            Self::Fit | Self::Retrieve => TOLERANCE,
        }
    }
}

/// One question that every contestant is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The job it belongs to.
    pub job: Job,
    /// What is done.
    pub task: Task,
    /// Networks.
    pub nets: usize,
    /// Neurons per network, N; dimensions of real-valued patterns.
    pub neurons: usize,
    /// Stored patterns per network, P.
    pub patterns: usize,
    /// Trials per network, B: cues or queries; not used by [`Task::Train`].
    pub trials: usize,
    /// Updates; used in training.
    pub updates: usize,
}

impl Case {
    /// Useful operations: those of the products with the dual alone, a multiply-add counting as two. 2 B P N for a recall
    /// step, 4 P^2 N for an update, for each network; distances, weights, signs and sigmoids are not counted. Of the
    /// adaptive similarity it is the values sorted: 2 B P N likenesses, distances and products, once for both passes.
    pub fn useful(&self) -> f64 {
        let [nets, n, p, b, updates] =
            [self.nets, self.neurons, self.patterns, self.trials, self.updates].map(|count| count as f64);
        match self.task {
            Task::Recall | Task::Fit | Task::Retrieve => 2.0 * nets * b * p * n,
            Task::Train => 4.0 * nets * p * p * n * updates,
        }
    }

    /// What billions of [`Self::useful`] a second are called.
    pub fn unit(&self) -> &'static str {
        if self.task.counts_operations() { "GFLOP/s" } else { "Gvalues/s sorted" }
    }

    /// Trial-steps of a recall, updates of all networks of a training, queries of the adaptive similarity.
    pub fn count(&self) -> f64 {
        match self.task {
            Task::Recall | Task::Fit | Task::Retrieve => (self.nets * self.trials) as f64,
            Task::Train => (self.nets * self.updates) as f64,
        }
    }

    /// What [`Self::count`] counts.
    pub fn counted(&self) -> &'static str {
        match self.task {
            Task::Recall => "trial-steps/s",
            Task::Train => "updates/s",
            Task::Fit | Task::Retrieve => "queries/s",
        }
    }

    /// Bytes that one contestant needs for it, roughly, with distances from there.
    pub fn bytes(&self, distances: Distances) -> u64 {
        match self.task {
            Task::Recall => plan::recall_bytes(self.nets, self.patterns, self.neurons, self.trials, 1),
            Task::Train => Rule::klr().bytes(self.nets, self.patterns, self.neurons, &Descent::default(), distances),
            Task::Fit | Task::Retrieve => {
                let [n, p, b] = [self.neurons, self.patterns, self.trials].map(|size| size as u64);
                // Scores; patterns and queries here and on the device, and a gradient or a readout of each query.
                let rows = p.saturating_add(b).saturating_mul(n).saturating_mul(4);
                b.saturating_mul(p).saturating_add(rows).saturating_mul(4)
            }
        }
    }

    /// What is asked, for the people who read the tables.
    pub(super) fn described(&self) -> String {
        let similarity = format!(
            "P patterns uniform in [-1, 1), N dimensions; B variants of them (mask, noise and bias {DIFFICULTY}); \
             distances and products, both sorted. The values sorted are the 2 B P N likenesses; a sort has no agreed \
             number of operations, so no share of a ceiling is claimed. A checksum agrees within {TOLERANCE}."
        );
        match self.task {
            Task::Recall => format!("One synchronous step of B trials, {KERNEL}; random keys, dual and cues."),
            Task::Train => {
                format!("KLR updates on a sequence of random keys, {KERNEL}, eta 0.1, lambda 0.01, from a dual of 0.")
            }
            Task::Fit => {
                format!("Cross entropy of a batch, its gradient and Adam's step, from plain weights. {similarity}")
            }
            Task::Retrieve => format!("Scores by random weights, softmax, readout. {similarity}"),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nets > 1 {
            write!(f, "{} nets of ", self.nets)?;
        }
        write!(f, "N {}, P {}, ", self.neurons, self.patterns)?;
        match self.task {
            Task::Recall | Task::Retrieve => write!(f, "B {}", self.trials),
            Task::Train => write!(f, "{} updates", self.updates),
            Task::Fit => write!(f, "B {}, an epoch", self.trials),
        }
    }
}
