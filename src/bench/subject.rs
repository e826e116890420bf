//! What a round measures: something that can be run again and again, and what became of one such run.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::rule::Distances;

/// Untimed runs take so many times what the timed ones do at least.
pub(super) const WARM_UP: u32 = 5;

/// Runs until a processor that idled, while a peer was timed, is as fast as it was: as long as a peer computes, too, before
/// it takes its times.
pub(super) fn warm_up(at_least: Duration, mut run: impl FnMut() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    loop {
        run()?;
        if start.elapsed() >= WARM_UP * at_least {
            return Ok(());
        }
    }
}

/// Something to measure. Everything that can be done beforehand was done when it was made.
pub(super) trait Subject {
    /// Runs it, untimed once and then timed. `go_on` is asked while it waits.
    fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Round, Failure>;
}

/// One round's times and answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    /// Seconds a run, one entry per timed repeat.
    pub(super) seconds: Vec<f64>,
    /// The answer's checksum, where there is an answer.
    pub(super) checksum: Option<i64>,
    /// Signs that differ from the certified ones, where both are known sign by sign.
    pub(super) differing: Option<u64>,
    /// Where training had its distances from.
    pub(super) distances: Option<Distances>,
    /// Where a peer says that it computed.
    pub(super) device: Option<String>,
}

/// Why there is no round.
#[derive(Debug)]
pub(super) enum Failure {
    /// The user wants no more.
    Interrupted,
    /// It failed, for this reason; the others go on.
    Failed(String),
    /// It failed in a way that costs time again and again, or that no other question could change.
    Hopeless(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Interrupted => Self::Interrupted,
            error => Self::Failed(error.to_string()),
        }
    }
}
