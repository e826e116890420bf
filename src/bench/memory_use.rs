//! How much memory this process holds, and held at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Between two samples where the system keeps no peak.
const SAMPLE_EVERY: Duration = Duration::from_millis(1);

/// Watches from its start on.
pub(super) struct Watch {
    /// Resident bytes at the start.
    pub(super) start_bytes: u64,
    sampler: Option<Sampler>,
}

/// A thread that looks again and again.
struct Sampler {
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start() -> Self {
        match status("VmRSS:") {
            Some(start_bytes) => Self { start_bytes, sampler: None },
            None => Self::sampling(),
        }
    }

    fn sampling() -> Self {
        let start_bytes = resident();
        Self { start_bytes, sampler: Some(Sampler::start(start_bytes)) }
    }

    /// Most resident bytes up to now.
    pub(super) fn peak(self) -> u64 {
        match self.sampler {
            None => status("VmHWM:").unwrap_or(self.start_bytes),
            Some(sampler) => sampler.peak.load(Ordering::Relaxed).max(resident()),
        }
    }
}

impl Sampler {
    fn start(start_bytes: u64) -> Self {
        let (peak, stop) = (Arc::new(AtomicU64::new(start_bytes)), Arc::new(AtomicBool::new(false)));
        let (raised, stopped) = (peak.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                raised.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(SAMPLE_EVERY);
            }
        });
        Self { peak, stop, thread: Some(thread) }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A sampler that panicked has sampled what it could.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A line of Linux's /proc/self/status, in kB there.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Resident bytes, or 0 where the system does not tell.
fn resident() -> u64 {
    let (Ok(process), Ok(mut system)) = (sysinfo::get_current_pid(), System::new()) else { return 0 };
    let only = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, only);
    system.process(process).map_or(0, |process| process.memory())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_block_shows_in_every_kind_of_watch() {
        const BYTES: usize = 64 << 20;
        for watch in [Watch::start(), Watch::sampling()] {
            let start = watch.start_bytes;
            let block = std::hint::black_box(vec![1_u8; BYTES]);
            let peak = watch.peak();
            assert!(peak >= start.max(BYTES as u64), "{peak} of {start}");
            drop(block);
        }
    }
}
