//! Where recall leads from states between two stored patterns.

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Subject};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::morph::{Morph, NOISE, Path, fates, sample_pairs, starts};
use crate::measure::row::Row;
use crate::pattern::Patterns;
use crate::report::{self, Body};

const PATHS: [Path; 2] = [Path::Sign, Path::Bits];

/// Recall along the way between pairs of stored patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Morphs {
    /// Pairs of each network.
    pub pairs: usize,
    /// Places on each path, both ends among them.
    pub points: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl Morphs {
    fn ratios(&self) -> Vec<f64> {
        (0..self.points).map(|at| at as f64 / (self.points - 1) as f64).collect()
    }

    fn places(&self) -> impl Iterator<Item = (Path, f64)> {
        let ratios = self.ratios();
        PATHS.into_iter().flat_map(move |path| ratios.clone().into_iter().map(move |ratio| (path, ratio)))
    }
}

impl Analysis for Morphs {
    type Measured = Morph;
    const NAME: &'static str = "morph";
    const FORMAT: &'static str = "attractor-morph-1";
    const TABLE: &'static str = "morph.csv";
    const TITLE: &'static str = "Between memories";

    fn check(&self, _: &Subject, least: usize) -> Result<()> {
        if least < 2 {
            return Err(Error::setting(
                format!("{least} pattern at the smallest load"),
                "give --loads of 2/N at least",
            ));
        }
        let counts = [
            ("--pairs", self.pairs, 1, 1 << 20),
            ("--points", self.points, 2, 1001),
            ("--max-steps", self.max_steps, 1, 1 << 24),
        ];
        match counts.into_iter().find(|&(_, count, least, most)| count < least || count > most) {
            None => Ok(()),
            Some((name, count, least, most)) => {
                Err(Error::setting(format!("{name} {count}"), format!("give {name} of {least} to {most}")))
            }
        }
    }

    fn rows(&self) -> usize {
        PATHS.len() * self.points
    }

    fn blank(&self) -> Vec<Morph> {
        self.places().map(|(path, ratio)| Morph::of(path, ratio, &[])).collect()
    }

    fn expects(&self, within: usize, row: &Morph) -> bool {
        self.places().nth(within) == Some((row.path, row.ratio))
    }

    fn steps(&self, patterns: usize) -> f64 {
        // About four steps a trial.
        4.0 * self.trials(patterns) as f64
    }

    fn trials(&self, _: usize) -> usize {
        self.rows() * self.pairs
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Morph>>> {
        let seed = scene.subject.seed;
        let space = Workspace::new(scene.backend);
        let (mut cues, mut pairs) = (Vec::new(), Vec::new());
        for (&network, keys) in scene.networks.iter().zip(scene.keys) {
            let own = sample_pairs(seed, network, keys.len(), self.pairs);
            let of = |path| starts(seed, network, keys, &own, path, &self.ratios());
            let words: Vec<Patterns> = PATHS.into_iter().map(of).collect::<Result<_>>()?;
            let words = words.iter().flat_map(|rows| rows.words().iter().copied()).collect();
            cues.push(Patterns::from_words(keys.neurons(), words)?);
            pairs.push(own.repeat(self.rows()));
        }
        let recalls = scene.recall_from(&cues, self.max_steps, observer)?;
        let fates = fates(&space, &scene.keys.iter().collect::<Vec<_>>(), &recalls, &pairs)?;
        let rows = |fates: &Vec<_>| {
            let places = self.places().zip(fates.chunks(self.pairs));
            places.map(|((path, ratio), fates)| Morph::of(path, ratio, fates)).collect()
        };
        Ok(fates.iter().map(rows).collect())
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("pairs of each network".into(), self.pairs.to_string()),
            ("places on each path".into(), self.points.to_string()),
            ("noise on the path of signs, standard deviation".into(), NOISE.to_string()),
            ("steps at most".into(), self.max_steps.to_string()),
        ]
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "Where does recall lead from between two of {}, in memories of {} neurons learnt by {}?",
            subject.source(),
            subject.neurons,
            subject.models.join(", ")
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Morph>]) -> Result<Body> {
        Body::of_morphs(rows)
    }

    fn table(&self, rows: &[Row<Morph>]) -> String {
        report::morph_table(rows)
    }
}
