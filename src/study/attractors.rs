//! Where cues end, over load and similarity (arXiv 2505.01218, section 3), and how wide basins are.

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Subject, check};
use crate::cue::{self, Trial};
use crate::error::{Error, Result};
use crate::measure::basin::Basins;
use crate::measure::landscape::Landscape;
use crate::measure::row::Row;
use crate::report::{self, Body};

/// Outcomes of recall, and basins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attractors {
    /// Cosines between cue and target, m0.
    pub similarities: Vec<f64>,
    /// The same as bits to flip.
    pub flips: Vec<usize>,
    /// Cues of each stored pattern.
    pub cues_per_pattern: usize,
    /// Most cues of a network and similarity.
    pub max_cues: usize,
    /// Stored patterns of each network whose basins are sought, spread evenly.
    pub basins: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl Attractors {
    /// With cues of these similarities of so many neurons.
    pub fn new(similarities: Vec<f64>, neurons: usize) -> Self {
        let flips = similarities.iter().map(|&similarity| cue::flips(neurons, similarity)).collect();
        Self { similarities, flips, cues_per_pattern: 5, max_cues: 4000, basins: 50, max_steps: 30 }
    }

    fn cues(&self, patterns: usize) -> Vec<Trial> {
        let of = |&flips: &usize| cue::trials(patterns, self.cues_per_pattern, self.max_cues, flips);
        self.flips.iter().flat_map(of).collect()
    }
}

impl Analysis for Attractors {
    type Measured = Landscape;
    const NAME: &'static str = "attractors";
    const FORMAT: &'static str = "attractor-attractors-2";
    const TABLE: &'static str = "attractors.csv";
    const TITLE: &'static str = "Attractors";

    fn check(&self, subject: &Subject, _: usize) -> Result<()> {
        if self.similarities.is_empty() {
            return Err(Error::setting("no similarity", "give at least one, such as --similarities 1,0.8,0.4"));
        }
        if let Some(wrong) = self.similarities.iter().find(|value| !(-1.0..=1.0).contains(*value)) {
            return Err(Error::setting(format!("similarity {wrong}"), "give cosines of -1 to 1"));
        }
        if let Some(again) = (1..self.flips.len()).find(|&at| self.flips[..at].contains(&self.flips[at])) {
            let (similarity, flips) = (self.similarities[again], self.flips[again]);
            let alike =
                self.flips.iter().position(|known| *known == flips).map_or(similarity, |at| self.similarities[at]);
            let what = format!("similarity {similarity}, which flips {flips} of {} bits like {alike}", subject.neurons);
            return Err(Error::setting(what, "give --similarities at least 2/N apart, such as 1,0.8,0.4"));
        }
        const MOST: usize = 1 << 24;
        check::counts(&[
            ("--cues-per-pattern", self.cues_per_pattern, 1, MOST),
            ("--max-cues", self.max_cues, 1, MOST),
            ("--max-steps", self.max_steps, 1, MOST),
            ("--basins", self.basins, 0, MOST),
        ])
    }

    fn rows(&self) -> usize {
        self.flips.len()
    }

    fn blank(&self) -> Vec<Landscape> {
        self.similarities.iter().zip(&self.flips).map(|(&m0, &flips)| Landscape::blank(m0, flips)).collect()
    }

    fn expects(&self, within: usize, row: &Landscape) -> bool {
        (row.similarity, row.flips) == (self.similarities[within], self.flips[within])
    }

    fn steps(&self, patterns: usize) -> f64 {
        // Three steps a trial; of basins about eight recalls.
        (3 * self.trials(patterns) + 24 * self.basins.min(patterns)) as f64
    }

    fn trials(&self, patterns: usize) -> usize {
        patterns.saturating_mul(self.cues_per_pattern).min(self.max_cues) * self.flips.len()
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Landscape>>> {
        let trials = self.cues(scene.patterns());
        let ended = scene.recall(&trials, self.max_steps, &mut |share| observer(0.8 * share))?;
        let basins = Basins {
            backend: scene.backend,
            precision: scene.precision,
            seed: scene.subject.seed,
            networks: scene.networks,
            memories: scene.memories,
            max_steps: self.max_steps,
        };
        let radii = basins.radii(&scene.sample(self.basins), &mut |share| observer(0.8 + 0.2 * share))?;
        let each = trials.len() / self.flips.len();
        let rows = ended.iter().zip(radii).map(|(trials, radii)| {
            let of = |(blank, trials): (Landscape, &[_])| blank.with_trials(trials).with_basins(&radii);
            self.blank().into_iter().zip(trials.chunks(each)).map(of).collect()
        });
        Ok(rows.collect())
    }

    fn settings(&self) -> Vec<(String, String)> {
        let flips: Vec<String> = self
            .similarities
            .iter()
            .zip(&self.flips)
            .map(|(similarity, flips)| format!("{similarity}: {flips}"))
            .collect();
        let cues = format!("{} a pattern, at most {} a network and similarity", self.cues_per_pattern, self.max_cues);
        vec![
            ("bits flipped at each similarity".into(), flips.join(", ")),
            ("cues".into(), cues),
            ("basins sought in each network".into(), self.basins.to_string()),
            ("steps at most".into(), self.max_steps.to_string()),
        ]
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "Where do cues of {} end in memories of {} neurons learnt by {}, and how wide are the basins?",
            subject.source(),
            subject.neurons,
            subject.models.join(", ")
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Landscape>]) -> Result<Body> {
        Body::of_landscape(rows)
    }

    fn table(&self, rows: &[Row<Landscape>]) -> String {
        report::landscape_table(rows)
    }
}
