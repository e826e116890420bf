//! From a walk to its row.

use super::plan::{Plan, Unit};
use crate::measure::{Walk, signal};
use crate::memory::Memory;
use crate::pattern::{Patterns, hamming};
use crate::recall::{Orbit, Recall};
use crate::rule::Learned;

/// The targets of a cyclic sequence: of each pattern the next one, of the last the first.
pub fn next_patterns(keys: &Patterns) -> Patterns {
    keys.select((1..keys.len()).chain([0]))
}

/// A trial's row before its walk.
pub(super) fn blank(plan: &Plan, unit: &Unit, trial: u32, learned: &Learned) -> Walk {
    let (objective, gradient_norm, settled) = learned.end();
    Walk {
        kernel: unit.model.profile.to_string(),
        rule: unit.model.rule.to_string(),
        neurons: plan.settings.neurons,
        patterns: unit.patterns,
        trial: trial as usize,
        transitions: f64::NAN,
        bits: f64::NAN,
        overlap: f64::NAN,
        objective,
        gradient_norm,
        settled,
        ..Walk::default()
    }
}

/// Fills in what a memory did: its walk from the first pattern, and one step from each.
pub(super) fn fill(walk: &mut Walk, memory: &Memory, targets: &Patterns, orbit: &Orbit, moved: &Recall, steps: usize) {
    let keys = &memory.keys;
    let (patterns, neurons) = (keys.len(), keys.neurons() as f64);
    let off = |step: usize| hamming(orbit.state(step), keys.row(step % patterns));
    walk.steps = steps;
    walk.first_error = (1..=steps).find(|&step| off(step) > 0);
    walk.success = walk.first_error.is_none_or(|step| step > patterns);
    walk.overlap = (1..=steps).map(|step| 1.0 - 2.0 * f64::from(off(step)) / neurons).sum::<f64>() / steps as f64;
    walk.period = orbit.period();
    let wrong = |row: usize| hamming(moved.finals.row(row), targets.row(row));
    walk.transitions = (0..patterns).filter(|&row| wrong(row) == 0).count() as f64 / patterns as f64;
    walk.bits = 1.0 - (0..patterns).map(|row| f64::from(wrong(row))).sum::<f64>() / (patterns as f64 * neurons);
    // Kernels of 0 at distance 0 have no signal.
    let measured = memory.readout.dual().and_then(|(dual, table)| signal(keys, targets, dual, table).ok());
    walk.snr = measured.map(|measured| measured.ratio());
    walk.signal = measured.map(|measured| measured.signal);
    walk.noise = measured.map(|measured| measured.noise);
    let uncertain = orbit.uncertain() + moved.endings.iter().map(|ending| ending.uncertain).sum::<usize>();
    walk.uncertain_signs = uncertain as u64;
}
