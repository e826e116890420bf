//! Signal, noise, margins and recall of stored patterns against the load (arXiv 2605.00366, section 2.6).

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Subject};
use crate::cue;
use crate::endpoint::Outcome;
use crate::error::{Error, Result};
use crate::measure::margin::Firmness;
use crate::measure::row::Row;
use crate::pattern::hamming;
use crate::report::{self, Body};

/// Signal over noise, margins, and recall from the stored patterns and from corrupted ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snr {
    /// Share of a cue's bits that are flipped.
    pub flip: f64,
    /// Most cues of a network, of as many patterns.
    pub max_cues: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl Snr {
    pub(super) fn flips(&self, neurons: usize) -> usize {
        (self.flip * neurons as f64).round() as usize
    }
}

impl Analysis for Snr {
    type Measured = Firmness;
    const NAME: &'static str = "snr";
    const FORMAT: &'static str = "attractor-snr-2";
    const TABLE: &'static str = "snr.csv";
    const TITLE: &'static str = "Signal, noise and margins";

    fn check(&self, _: &Subject, _: usize) -> Result<()> {
        if !(0.0..=1.0).contains(&self.flip) {
            return Err(Error::setting(format!("--flip {}", self.flip), "give a share of bits, 0 to 1, such as 0.1"));
        }
        for (name, count) in [("--max-cues", self.max_cues), ("--max-steps", self.max_steps)] {
            if count == 0 || count > 1 << 24 {
                return Err(Error::setting(format!("{name} {count}"), format!("give 1 to {}", 1 << 24)));
            }
        }
        Ok(())
    }

    fn rows(&self) -> usize {
        1
    }

    fn blank(&self) -> Vec<Firmness> {
        vec![Firmness { bits: f64::NAN, fixed: f64::NAN, target_rate: f64::NAN, ..Firmness::default() }]
    }

    fn steps(&self, patterns: usize) -> f64 {
        // The fields in f64 and one step from every pattern; about three from a cue.
        (4 * patterns + 3 * self.trials(patterns)) as f64
    }

    fn trials(&self, patterns: usize) -> usize {
        patterns.min(self.max_cues)
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Firmness>>> {
        let (neurons, patterns) = (scene.subject.neurons, scene.patterns());
        let mut found = Vec::new();
        for (index, memory) in scene.memories.iter().enumerate() {
            if !observer(0.4 * index as f64 / scene.memories.len() as f64) {
                return Err(Error::Interrupted);
            }
            found.push(Firmness::of(memory)?);
        }
        let moved = scene.recall_from(scene.keys, 1, &mut |share| observer(0.4 + 0.2 * share))?;
        let flips = self.flips(neurons);
        let trials = cue::trials(patterns, 1, self.max_cues, flips);
        let ended = scene.recall(&trials, self.max_steps, &mut |share| observer(0.6 + 0.4 * share))?;
        for (((firm, keys), moved), ended) in found.iter_mut().zip(scene.keys).zip(&moved).zip(&ended) {
            let wrong = |pattern: usize| hamming(moved.finals.row(pattern), keys.row(pattern)) as usize;
            let errors: usize = (0..patterns).map(wrong).sum();
            firm.bits = 1.0 - errors as f64 / (patterns * neurons) as f64;
            firm.fixed = (0..patterns).filter(|&pattern| wrong(pattern) == 0).count() as f64 / patterns as f64;
            (firm.flips, firm.trials) = (flips, trials.len());
            let reached = ended.iter().filter(|(_, end)| end.outcome == Outcome::Target).count();
            firm.target_rate = reached as f64 / trials.len() as f64;
        }
        Ok(found.into_iter().map(|firm| vec![firm]).collect())
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("share of a cue's bits flipped".into(), self.flip.to_string()),
            ("cues of a network, at most".into(), self.max_cues.to_string()),
            ("steps at most".into(), self.max_steps.to_string()),
        ]
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "How far do {} stand out of what all others add, how firmly do they stand, and does that tell what is \
             recalled, in memories of {} neurons learnt by {}?",
            subject.source(),
            subject.neurons,
            subject.models.join(", ")
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Firmness>]) -> Result<Body> {
        Body::of_firmness(rows)
    }

    fn table(&self, rows: &[Row<Firmness>]) -> String {
        report::firmness_table(rows)
    }
}
