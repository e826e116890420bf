//! What one recall step costs as work grows: time and peak memory, each point in a process of its own, so that the peak is
//! the point's and nobody else's.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::job::{Case, Job, Task};
use super::memory_use::Watch;
use super::question::Question;
use super::round::{Event, Observer};
use super::shapes::Overrides;
use crate::engine::array::size;
use crate::engine::{Arithmetic, Workspace, cpu::Cpu};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::words_per_pattern;
use crate::recall::recall;
use crate::rule::Distances;

/// One shape, and what it cost.
#[derive(Clone, Debug)]
pub struct Point {
    /// Which size is varied here: "P", "N" or "B".
    pub against: &'static str,
    /// N.
    pub neurons: usize,
    /// P.
    pub patterns: usize,
    /// B.
    pub trials: usize,
    /// What it cost, or why it was not measured.
    pub spent: Result<Spent, String>,
}

/// What a point cost in its process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Seconds of the step.
    pub seconds: f64,
    /// Resident bytes of the process before it drew anything.
    pub start_bytes: u64,
    /// Most resident bytes of the process.
    pub peak_bytes: u64,
}

impl Spent {
    /// Most resident bytes beyond those of the idle program.
    pub fn own_bytes(&self) -> u64 {
        self.peak_bytes.saturating_sub(self.start_bytes)
    }
}

impl Point {
    /// Bytes of packed keys and of the dual: what a memory is.
    pub fn memory_bytes(&self) -> u64 {
        let row = words_per_pattern(self.neurons) + self.neurons;
        (4 * self.patterns as u64).saturating_mul(row as u64)
    }

    /// Bytes of the memory, of the states before and after, and of the fields.
    pub fn given_bytes(&self) -> u64 {
        let row = 2 * words_per_pattern(self.neurons) + self.neurons;
        self.memory_bytes().saturating_add((4 * self.trials as u64).saturating_mul(row as u64))
    }

    fn case(&self) -> Case {
        let Self { neurons, patterns, trials, .. } = *self;
        Case { job: Job::Cost, task: Task::Recall, nets: 1, neurons, patterns, trials, updates: 0 }
    }

    /// Roughly the bytes that its process will take: the drawn memory, and what recall makes of it.
    fn needed_bytes(&self) -> u64 {
        self.case().bytes(Distances::Recomputed).saturating_add(self.given_bytes().saturating_mul(3))
    }
}

/// The points: P varied at N = 128 and B = 64, N at P = 20,000 and B = 64, B at N = 128 and P = 20,000. A size given by the
/// user takes the place of the fixed one.
///
/// # Errors
/// If a size is 0.
pub fn points(overrides: &Overrides, quick: bool) -> Result<Vec<Point>> {
    overrides.check()?;
    let (patterns, neurons, trials): (&[usize], &[usize], &[usize]) = match quick {
        true => (&[100, 400], &[32, 64], &[1, 64]),
        false => (
            &[1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
            &[32, 64, 128, 256, 512, 1024, 2048, 4096],
            &[1, 4, 16, 64, 256, 1024, 4096, 16_384],
        ),
    };
    let (p, n, b) = (
        overrides.patterns.unwrap_or(if quick { 200 } else { 20_000 }),
        overrides.neurons.unwrap_or(if quick { 40 } else { 128 }),
        overrides.trials.unwrap_or(if quick { 16 } else { 64 }),
    );
    let point = |against, neurons, patterns, trials| {
        let spent = Err("interrupted before it was measured".into());
        Point { against, neurons, patterns, trials, spent }
    };
    let mut points: Vec<Point> = patterns.iter().map(|&p| point("P", n, p, b)).collect();
    points.extend(neurons.iter().map(|&n| point("N", n, p, b)));
    points.extend(trials.iter().map(|&b| point("B", n, p, b)));
    Ok(points)
}

/// Measures every point by `program`, this one, run anew with `verb` and the point's sizes. `available` tells how much
/// memory is free; a point that does not fit is skipped and says so. Whether all were run.
pub fn run(
    points: &mut [Point],
    program: &Path,
    verb: &[&str],
    available: &dyn Fn() -> u64,
    observer: &mut Observer<'_>,
) -> bool {
    let total = points.len();
    for (done, point) in points.iter_mut().enumerate() {
        let text = format!("cost against {}: {}", point.against, point.case());
        let (needed, free) = (point.needed_bytes(), available());
        if needed > free {
            point.spent = Err(format!("skipped: needs about {}, {} is available", size(needed), size(free)));
            continue;
        }
        let mut go_on = || observer(Event { done, total, text: &text });
        match child(point, program, verb, &mut go_on) {
            Some(spent) => point.spent = spent,
            None => return false,
        }
    }
    true
}

/// None when interrupted.
fn child(
    point: &Point,
    program: &Path,
    verb: &[&str],
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Result<Spent, String>> {
    if !go_on() {
        return None;
    }
    let sizes = [point.neurons, point.patterns, point.trials].map(|size| size.to_string());
    let started = Command::new(program)
        .args(verb)
        .args(["--neurons", &sizes[0], "--patterns", &sizes[1], "--trials", &sizes[2]])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Some(Err(format!("cannot start {}: {error}", program.display()))),
    };
    while let Ok(None) = child.try_wait() {
        if !go_on() {
            // It may have ended by itself, which is as good.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    if !go_on() {
        return None;
    }
    // One short line: it fits into the pipe, so the child never waited for it to be read.
    let output = match child.wait_with_output() {
        Ok(output) => output,
        Err(error) => return Some(Err(format!("its process cannot be waited for: {error}"))),
    };
    let spent = serde_json::from_slice(&output.stdout);
    Some(spent.map_err(|_| format!("its process ended without a result ({})", output.status)))
}

/// One point, here and now: draws a memory, recalls once to warm up and once for the time. Linux keeps the peak itself;
/// elsewhere memory is sampled every millisecond, and a shorter peak can be missed.
///
/// # Errors
/// If the data cannot be drawn, or recall fails.
pub fn measure_here(neurons: usize, patterns: usize, trials: usize) -> Result<Spent> {
    let sizes = [("--neurons", neurons), ("--patterns", patterns), ("--trials", trials)];
    if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
        return Err(Error::setting(format!("{name} 0"), "give 1 or more"));
    }
    let case = Case { job: Job::Cost, task: Task::Recall, nets: 1, neurons, patterns, trials, updates: 0 };
    let watch = Watch::start();
    let start_bytes = watch.start_bytes;
    let backend = Cpu::new(Arithmetic::Fused);
    let question = Question::draw(case)?;
    let cues = question.cues.clone();
    let memories = question.into_memories(&backend)?;
    let memories: Vec<&Memory> = memories.iter().collect();
    let mut seconds = f64::INFINITY;
    for _ in 0..2 {
        // From the first look, when everything is on the device, to the last.
        let mut looks: Option<(Instant, Instant)> = None;
        recall(&Workspace::new(&backend), &memories, &cues, 1, &mut |_| {
            let now = Instant::now();
            looks = Some((looks.map_or(now, |(first, _)| first), now));
            true
        })?;
        seconds = looks.map_or(seconds, |(first, last)| last.duration_since(first).as_secs_f64());
    }
    Ok(Spent { seconds, start_bytes, peak_bytes: watch.peak() })
}
