//! What it takes to time a piece of work against its rival.

/// Elementary operations that take no longer than their launch: not worth a trial.
pub(crate) const WORTH_TRYING: u64 = 1 << 24;
/// A trial runs at least so long, so that what surrounds a launch does not count.
pub(crate) const TRIAL_SECONDS: f64 = 0.005;
/// A trial repeats its launch at most so often.
const MOST_REPEATS: usize = 32;

/// How often a trial repeats a launch that takes so long.
pub(crate) fn repeats(seconds: f64) -> usize {
    ((TRIAL_SECONDS / seconds.max(1e-6)).ceil() as usize).clamp(1, MOST_REPEATS)
}
