//! Progress: a bar with rate and time left on a terminal, plain lines elsewhere, nothing when quiet.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;

/// Work in multiply-adds, shown as a share and a rate, or in steps, shown as a share.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    output: Output,
    cost: f64,
    /// Cost of one unit of the bar.
    unit: f64,
    /// When the last plain line was written.
    last: Cell<Instant>,
}

/// Between two plain lines about the same piece of work.
const PLAIN_LINES: Duration = Duration::from_secs(10);

/// The bar counts in units of this many multiply-adds.
const MEGA: f64 = 1e6;

impl Progress {
    /// Progress towards `cost` multiply-adds.
    pub(super) fn new(output: Output, cost: f64) -> Self {
        let bar = output.draws().then(|| {
            let bar = ProgressBar::new((cost / MEGA).ceil() as u64);
            let rate = |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // A multiply-add is two operations. What cannot be written to a terminal is not worth an error.
                let _ = write!(out, "{:.0} GFLOP/s", 2.0 * state.per_sec() / 1000.0);
            };
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}% {rate} {eta} left, {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { bar, output, cost, unit: MEGA, last: Cell::new(Instant::now()) }
    }

    /// Progress towards `total` steps.
    pub(super) fn steps(output: Output, total: usize) -> Self {
        let bar = output.draws().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}% {eta} left, {wide_msg}");
            let bar = ProgressBar::new(total as u64);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, output, cost: total as f64, unit: 1.0, last: Cell::new(Instant::now()) }
    }

    /// `cost` is done, and this is being worked on.
    pub(super) fn at(&self, cost: f64, message: impl Into<String>) {
        if let Some(bar) = &self.bar {
            bar.set_position((cost / self.unit) as u64);
            bar.set_message(message.into());
        } else if self.last.get().elapsed() >= PLAIN_LINES {
            self.last.set(Instant::now());
            self.output.say(&format!("{:>3.0}% done, {}", 100.0 * cost / self.cost, message.into()));
        }
    }

    /// So many of a total that may have changed.
    pub(super) fn at_of(&mut self, done: usize, total: usize, message: &str) {
        self.cost = total as f64;
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
        }
        self.at(done as f64, message);
    }

    /// Counts `cost` multiply-adds as done by an earlier run, so that the rate is this run's.
    pub(super) fn skip(&self, cost: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position((cost / self.unit) as u64);
            bar.reset_eta();
        }
    }

    /// A finished thing: a line above the bar, or a plain line.
    pub(super) fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                self.last.set(Instant::now());
                self.output.say(line);
            }
        }
    }

    /// A warning, bar or no bar.
    pub(super) fn warn(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("warning: {line}")),
            None => self.output.warn(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
