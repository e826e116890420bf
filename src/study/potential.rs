//! How high memories lie: the potential between two stored patterns, and the pseudo-energy on the way of recall.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Subject, check};
use crate::cue::{self, Trial};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::morph::sample_pairs;
use crate::measure::potential::{Descent, Height, Place, potentials};
use crate::measure::row::Row;
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::recall::orbits;
use crate::report::{self, Body};
use crate::rule::Model;

/// U(r) between pairs of stored patterns, its barriers, and V(s) step by step from corrupted cues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Potentials {
    /// Pairs of each network.
    pub pairs: usize,
    /// Values of r, both ends among them.
    pub points: usize,
    /// Shares of a cue's bits that are flipped, a descent for each.
    pub flips: Vec<f64>,
    /// Most cues of a network with so many flips, of as many patterns.
    pub max_cues: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl Potentials {
    fn ratio(&self, point: usize) -> f64 {
        point as f64 / (self.points - 1) as f64
    }

    fn cues(&self, patterns: usize) -> usize {
        patterns.min(self.max_cues)
    }

    fn bits(&self, neurons: usize) -> impl Iterator<Item = usize> {
        self.flips.iter().map(move |flip| (flip * neurons as f64).round() as usize)
    }

    /// A network's rows, of its curves U(r) and of its descents: those of one flip after those of another.
    fn heights(&self, neurons: usize, curves: &[Vec<Option<f64>>], descents: &[Descent]) -> Vec<Height> {
        let between = |point| Height::between(neurons, self.ratio(point), curves.iter().map(|curve| curve[point]));
        let mut rows: Vec<Height> = (0..self.points).map(between).collect();
        rows.push(Height::barrier(neurons, curves));
        let cues = descents.len() / self.flips.len();
        for (at, &flip) in self.flips.iter().enumerate() {
            let own = &descents[at * cues..(at + 1) * cues];
            rows.extend((0..=self.max_steps).map(|step| Height::recall(neurons, flip, step, own)));
        }
        rows
    }
}

impl Analysis for Potentials {
    type Measured = Height;
    const NAME: &'static str = "potential";
    const FORMAT: &'static str = "attractor-potential-2";
    const TABLE: &'static str = "potential.csv";
    const TITLE: &'static str = "Heights of the landscape";

    fn check(&self, subject: &Subject, least: usize) -> Result<()> {
        check::stores_pairs(least)?;
        check::counts(&[
            ("--pairs", self.pairs, 1, 1 << 16),
            ("--points", self.points, 3, 1001),
            ("--max-cues", self.max_cues, 1, 1 << 20),
            ("--max-steps", self.max_steps, 1, 1000),
        ])?;
        if self.flips.is_empty() {
            return Err(Error::setting("no --flips", "give shares of bits, such as 0.1,0.3"));
        }
        if let Some(flip) = self.flips.iter().find(|flip| !(0.0..=1.0).contains(*flip)) {
            return Err(Error::setting(format!("--flips {flip}"), "give shares of bits, 0 to 1, such as 0.1,0.3"));
        }
        let bits: Vec<usize> = self.bits(subject.neurons).collect();
        match (1..bits.len()).find(|&at| bits[..at].contains(&bits[at])) {
            None => Ok(()),
            Some(at) => Err(Error::setting(
                format!("--flips {}: {} bits twice", self.flips[at], bits[at]),
                "list each number of bits once",
            )),
        }
    }

    fn check_model(&self, model: &Model) -> Result<()> {
        model.profile.continuous(1).map(|_| ())
    }

    fn rows(&self) -> usize {
        self.points + 1 + self.flips.len() * (self.max_steps + 1)
    }

    fn blank(&self) -> Vec<Height> {
        self.heights(1, &[], &[])
    }

    fn expects(&self, within: usize, row: &Height) -> bool {
        let steps = self.max_steps + 1;
        match within.checked_sub(self.points) {
            None => row.place == Place::Between && row.ratio == Some(self.ratio(within)),
            Some(0) => row.place == Place::Barrier,
            Some(after) => {
                let (flip, step) = (self.flips[(after - 1) / steps], (after - 1) % steps);
                (row.place, row.flip, row.step) == (Place::Recall, Some(flip), Some(step))
            }
        }
    }

    fn steps(&self, patterns: usize) -> f64 {
        // A field in two products; five steps a descent, and V of as many states in f64.
        2.0 * (self.pairs * self.points) as f64 + 10.0 * self.trials(patterns) as f64
    }

    fn trials(&self, patterns: usize) -> usize {
        self.flips.len() * self.cues(patterns)
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Height>>> {
        let Subject { seed, neurons, .. } = *scene.subject;
        let space = Workspace::new(scene.backend);
        let memories: Vec<&Memory> = scene.memories.iter().collect();
        let sample = |(&network, keys): (&u32, &Patterns)| sample_pairs(seed, network, keys.len(), self.pairs);
        let pairs: Vec<Vec<[usize; 2]>> = scene.networks.iter().zip(scene.keys).map(sample).collect();
        let ratios: Vec<f64> = (0..self.points).map(|point| self.ratio(point)).collect();
        let curves = potentials(&space, &memories, &pairs, &ratios, &mut |share| observer(0.4 * share))?;
        let most = self.cues(scene.patterns());
        let trials: Vec<Trial> =
            self.bits(neurons).flat_map(|flips| cue::trials(scene.patterns(), 1, most, flips)).collect();
        let cues = cue::cues(scene.backend, seed, scene.networks, scene.keys, &trials)?;
        let walked = orbits(scene.precision, &space, &memories, &cues, self.max_steps, &mut |share| {
            observer(0.4 + 0.3 * share)
        })?;
        let mut rows = Vec::new();
        for (index, (memory, walked)) in scene.memories.iter().zip(walked).enumerate() {
            if !observer(0.7 + 0.3 * index as f64 / scene.memories.len() as f64) {
                return Err(Error::Interrupted);
            }
            let descents: Vec<Descent> = walked.into_par_iter().map(|orbit| Descent::of(memory, orbit)).collect();
            rows.push(self.heights(neurons, &curves[index], &descents));
        }
        Ok(rows)
    }

    fn settings(&self) -> Vec<(String, String)> {
        let flips: Vec<String> = self.flips.iter().map(f64::to_string).collect();
        vec![
            ("pairs of each network".into(), self.pairs.to_string()),
            ("values of r".into(), self.points.to_string()),
            ("shares of a cue's bits flipped".into(), flips.join(", ")),
            ("cues of a network with so many flips, at most".into(), self.max_cues.to_string()),
            ("steps at most".into(), self.max_steps.to_string()),
        ]
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "How high is the way between pairs of {}, and how does recall descend, in memories of {} neurons learnt by \
             {}?",
            subject.source(),
            subject.neurons,
            subject.models.join(", ")
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Height>]) -> Result<Body> {
        Body::of_heights(rows)
    }

    fn table(&self, rows: &[Row<Height>]) -> String {
        report::height_table(rows)
    }
}
