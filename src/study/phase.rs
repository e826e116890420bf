//! What memories do over kernel (or penalty) and load: the phase diagram (arXiv 2511.13053), its ridge found and not
//! assumed.

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Snr, Subject};
use crate::cue;
use crate::endpoint::Outcome;
use crate::error::{Error, Result};
use crate::measure::phase::Phase;
use crate::measure::row::Row;
use crate::measure::sharpness::sharpness;
use crate::measure::signal;
use crate::report::{self, Body};

/// Stored patterns of a network at which the sharpness is measured.
const SAMPLE: usize = 20;

/// Outcomes of corrupted cues, SNR, sharpness and settledness in every cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseDiagram {
    /// Share of a cue's bits that are flipped.
    pub flip: f64,
    /// Most cues of a network, of as many patterns.
    pub max_cues: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl PhaseDiagram {
    fn recall(&self) -> Snr {
        Snr { flip: self.flip, max_cues: self.max_cues, max_steps: self.max_steps }
    }
}

impl Analysis for PhaseDiagram {
    type Measured = Phase;
    const NAME: &'static str = "phase";
    const FORMAT: &'static str = "attractor-phase-2";
    const TABLE: &'static str = "phase.csv";
    const TITLE: &'static str = "Phase diagram";

    fn check(&self, subject: &Subject, least: usize) -> Result<()> {
        self.recall().check(subject, least)
    }

    fn rows(&self) -> usize {
        1
    }

    fn blank(&self) -> Vec<Phase> {
        let none = f64::NAN;
        vec![Phase { target_rate: none, other_rate: none, spurious_rate: none, fixed: none, ..Phase::default() }]
    }

    fn steps(&self, patterns: usize) -> f64 {
        self.recall().steps(patterns) + 2.0 * SAMPLE as f64
    }

    fn trials(&self, patterns: usize) -> usize {
        self.recall().trials(patterns)
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Phase>>> {
        let patterns = scene.patterns();
        let flips = self.recall().flips(scene.subject.neurons);
        let trials = cue::trials(patterns, 1, self.max_cues, flips);
        let ended = scene.recall(&trials, self.max_steps, &mut |share| observer(0.5 * share))?;
        let moved = scene.recall_from(scene.keys, 1, &mut |share| observer(0.5 + 0.2 * share))?;
        let sample = scene.sample(SAMPLE);
        let mut rows = Vec::new();
        for (index, ((memory, ended), moved)) in scene.memories.iter().zip(&ended).zip(&moved).enumerate() {
            if !observer(0.7 + 0.3 * index as f64 / scene.memories.len() as f64) {
                return Err(Error::Interrupted);
            }
            let share = |wanted: Outcome| {
                ended.iter().filter(|(_, end)| end.outcome == wanted).count() as f64 / ended.len() as f64
            };
            let stays = |&pattern: &usize| moved.finals.row(pattern) == memory.keys.row(pattern);
            // Kernels without a slope have no sharpness, and all the rest.
            let sharp = if memory.continuous().is_ok() { sharpness(memory, &sample)? } else { None };
            let noisy = match memory.readout.dual() {
                Some((dual, table)) => Some(signal(&memory.keys, &memory.keys, dual, table)?.ratio()),
                None => None,
            };
            rows.push(vec![Phase {
                flips,
                trials: trials.len(),
                target_rate: share(Outcome::Target),
                other_rate: share(Outcome::Other),
                spurious_rate: share(Outcome::Spurious),
                fixed: (0..patterns).filter(stays).count() as f64 / patterns as f64,
                snr: noisy.filter(|snr| snr.is_finite()),
                sharpness: sharp.map(|sharp| sharp.gradient),
                direct: sharp.map(|sharp| sharp.direct),
                feedback: sharp.map(|sharp| sharp.feedback),
            }]);
        }
        Ok(rows)
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.recall().settings()
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "Which kernel or penalty recalls best at which load, in memories of {} neurons: where is the ridge?",
            subject.neurons
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Phase>]) -> Result<Body> {
        Body::of_phases(rows)
    }

    fn table(&self, rows: &[Row<Phase>]) -> String {
        report::phase_table(rows)
    }
}
