//! Submissions on their way: the next is encoded while the device works on the one before, and each is kept short by the
//! rate at which those before it were done.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

use wgpu::SubmissionIndex;

use super::submit::{Launch, encode};
use super::{Gpu, locked};
use crate::error::Result;

/// What a submission should take. Windows resets a device after two seconds, and a desktop stutters long before.
pub(super) const TARGET_SECONDS: f64 = 0.1;
/// Submissions that one recording has on the device: one at work, one that waits.
const IN_FLIGHT: usize = 2;

/// How fast a device is, as far as is known.
pub(super) struct Pace(Mutex<Known>);

struct Known {
    /// Operations a second.
    rate: f64,
    /// When the last submission was done, whoever sent it: a device does one after another.
    done: Instant,
}

impl Pace {
    /// Starts from a guess of operations a second.
    pub(super) fn new(guess: f64) -> Self {
        Self(Mutex::new(Known { rate: guess, done: Instant::now() }))
    }

    /// Operations a second.
    pub(super) fn rate(&self) -> f64 {
        locked(&self.0).rate
    }

    /// Learns from so much work, sent at `sent` and done now. What waited for another submission did not run meanwhile.
    fn learn(&self, work: u64, sent: Instant) {
        let mut known = locked(&self.0);
        let now = Instant::now();
        let seconds = now.duration_since(sent.max(known.done)).as_secs_f64();
        known.done = now;
        // Fixed costs dominate a tiny submission; only a real one says how fast the device is. Half-way to the new
        // estimate, and never more than fourfold at once, so that one fast kernel does not make the next submission long.
        let (rate, work) = (known.rate, work as f64);
        if seconds > TARGET_SECONDS / 4.0 || (seconds > 0.005 && work > 0.25 * rate * TARGET_SECONDS) {
            let measured = (work / seconds).clamp(rate / 4.0, rate * 4.0);
            known.rate = if measured < rate { measured } else { (rate + measured) / 2.0 };
        } else if work > 0.5 * rate * TARGET_SECONDS {
            known.rate *= 2.0;
        }
    }
}

/// A recording's submissions, the oldest first.
pub(super) struct Flight<'a> {
    gpu: &'a Gpu,
    sent: VecDeque<Sent>,
}

/// A submission that the device has, or had.
struct Sent {
    /// For messages.
    what: String,
    submission: SubmissionIndex,
    work: u64,
    at: Instant,
}

impl<'a> Flight<'a> {
    pub(super) fn new(gpu: &'a Gpu) -> Self {
        Self { gpu, sent: VecDeque::new() }
    }

    /// Encodes and submits, when fewer than [`IN_FLIGHT`] are on their way.
    pub(super) fn submit(&mut self, launches: &[&Launch], work: u64) -> Result<()> {
        while self.sent.len() >= IN_FLIGHT {
            self.land()?;
        }
        let largest = launches.iter().max_by_key(|launch| launch.work);
        let largest =
            largest.map_or(String::new(), |launch| format!(": {} of {:?} workgroups", launch.stem, launch.groups));
        let what = format!("running {} kernels (the largest{largest})", launches.len());
        let at = Instant::now();
        let submission = self.gpu.guarded(&what, || {
            let launches = launches.iter();
            let launches = launches.map(|launch| (launch.stem, &*launch.pipeline, &launch.bindings, launch.groups));
            Ok(encode(self.gpu, launches))
        })?;
        self.sent.push_back(Sent { what, submission, work, at });
        Ok(())
    }

    /// Waits for the oldest.
    fn land(&mut self) -> Result<()> {
        let Some(Sent { what, submission, work, at }) = self.sent.pop_front() else { return Ok(()) };
        self.gpu.guarded(&what, || self.gpu.wait(submission))?;
        self.gpu.pace.learn(work, at);
        Ok(())
    }

    /// Waits for all, even after one has failed; the first failure is the one to know.
    pub(super) fn land_all(&mut self) -> Result<()> {
        let mut landed = Ok(());
        while !self.sent.is_empty() {
            let next = self.land();
            landed = landed.and(next);
        }
        landed
    }
}
