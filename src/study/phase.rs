//! What memories do over kernel (or penalty) and load: the phase diagram (arXiv 2511.13053), its ridge found and not
//! assumed.

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Snr, Subject};
use crate::cue;
use crate::endpoint::{Outcome, endpoints};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::margin::Firmness;
use crate::measure::phase::Phase;
use crate::measure::row::Row;
use crate::measure::sharpness::sharpness;
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::recall::recall_in;
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
    const FORMAT: &'static str = "attractor-phase-1";
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
        let patterns = scene.keys[0].len();
        let space = Workspace::new(scene.backend);
        let memories: Vec<&Memory> = scene.memories.iter().collect();
        let flips = self.recall().flips(scene.subject.neurons);
        let trials = cue::trials(patterns, 1, self.max_cues, flips);
        let cues = cue::cues(scene.backend, scene.subject.seed, scene.networks, scene.keys, &trials)?;
        let recalls =
            recall_in(scene.precision, &space, &memories, &cues, self.max_steps, &mut |share| observer(0.5 * share))?;
        let target = |keys: &Patterns| keys.select(trials.iter().map(|trial| trial.pattern));
        let targets: Vec<Patterns> = scene.keys.iter().map(target).collect();
        let ends = endpoints(&space, &scene.keys.iter().collect::<Vec<_>>(), &recalls, &targets)?;
        let moved =
            recall_in(scene.precision, &space, &memories, scene.keys, 1, &mut |share| observer(0.5 + 0.2 * share))?;
        let sample: Vec<usize> = (0..SAMPLE.min(patterns)).map(|at| at * patterns / SAMPLE.min(patterns)).collect();
        let mut rows = Vec::new();
        for (index, ((memory, ends), moved)) in memories.iter().zip(&ends).zip(&moved).enumerate() {
            if !observer(0.7 + 0.3 * index as f64 / memories.len() as f64) {
                return Err(Error::Interrupted);
            }
            let share =
                |wanted: Outcome| ends.iter().filter(|end| end.outcome == wanted).count() as f64 / ends.len() as f64;
            let stays = |&pattern: &usize| moved.finals.row(pattern) == memory.keys.row(pattern);
            // Kernels without a slope have no sharpness, and all the rest.
            let sharp = if memory.continuous().is_ok() { sharpness(memory, &sample)? } else { None };
            rows.push(vec![Phase {
                flips,
                trials: trials.len(),
                target_rate: share(Outcome::Target),
                other_rate: share(Outcome::Other),
                spurious_rate: share(Outcome::Spurious),
                fixed: (0..patterns).filter(stays).count() as f64 / patterns as f64,
                snr: Firmness::of(memory)?.snr,
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
