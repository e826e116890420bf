//! Where recall leads from states between two stored patterns.

use serde::{Deserialize, Serialize};

use super::{Analysis, Labels, Scene, Subject, check};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::morph::{Fate, Group, Morph, NOISE, Path, fates, least_rows, sample_group, sample_pairs, starts};
use crate::measure::row::Row;
use crate::pattern::Patterns;
use crate::report::{self, Body};

const PATHS: [Path; 2] = [Path::Sign, Path::Bits];

/// Recall along the way between pairs of stored patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Morphs {
    /// Pairs of each network and group, where none are given.
    pub pairs: usize,
    /// Given pairs of stored patterns, from 0, in the place of sampled ones.
    pub given_pairs: Vec<[usize; 2]>,
    /// The patterns' classes: pairs are then of two groups, within and between them.
    pub labels: Option<Labels>,
    /// Places on each path, both ends among them.
    pub points: usize,
    /// Most steps of recall.
    pub max_steps: usize,
}

impl Morphs {
    fn ratios(&self) -> Vec<f64> {
        (0..self.points).map(|at| at as f64 / (self.points - 1) as f64).collect()
    }

    /// Groups, and how many pairs each has: those of which there are given pairs, if any are given.
    fn groups(&self) -> Vec<(Group, usize)> {
        let groups = if self.labels.is_some() { &[Group::Within, Group::Between][..] } else { &[Group::Any] };
        let count =
            |&group| (group, if self.given_pairs.is_empty() { self.pairs } else { self.given_of(group).count() });
        groups.iter().map(count).filter(|&(_, pairs)| pairs > 0).collect()
    }

    fn given_of(&self, group: Group) -> impl Iterator<Item = [usize; 2]> {
        let classes = self.labels.as_ref().map(|labels| &labels.classes);
        // A pair beyond the labels is refused before it is asked for.
        let holds = move |&[a, b]: &[usize; 2]| {
            classes.is_none_or(|classes| classes.get(a).zip(classes.get(b)).is_some_and(|(&a, &b)| group.holds(a, b)))
        };
        self.given_pairs.iter().copied().filter(holds)
    }

    /// Group, pairs, path and ratio of each row of a network.
    fn places(&self) -> impl Iterator<Item = (Group, usize, Path, f64)> {
        let (groups, ratios) = (self.groups(), self.ratios());
        let paths = groups.into_iter().flat_map(|(group, pairs)| PATHS.map(|path| (group, pairs, path)));
        paths.flat_map(move |(group, pairs, path)| ratios.clone().into_iter().map(move |r| (group, pairs, path, r)))
    }

    fn pairs_of(&self, group: Group, subject: &Subject, network: u32, patterns: usize) -> Result<Vec<[usize; 2]>> {
        let seed = subject.seed;
        match &self.labels {
            _ if !self.given_pairs.is_empty() => Ok(self.given_of(group).collect()),
            None => Ok(sample_pairs(seed, network, patterns, self.pairs)),
            Some(labels) => sample_group(seed, network, labels.first(patterns)?, group, self.pairs)
                .ok_or_else(|| missing(group, patterns, labels, subject)),
        }
    }

    /// Refuses pairs that are not there at the smallest load.
    fn check_pairs(&self, subject: &Subject, least: usize) -> Result<()> {
        if let Some([a, b]) = self.given_pairs.iter().find(|[a, b]| a == b || *a.max(b) >= least) {
            let what = format!("--pair {a},{b} of {least} patterns at the smallest load");
            return Err(Error::setting(what, "name two different stored patterns, from 0, or raise --loads"));
        }
        let Some(labels) = &self.labels else { return Ok(()) };
        if subject.patterns.is_none() {
            return Err(Error::setting("--labels of random patterns", "give the --patterns that they are of"));
        }
        labels.first(least)?;
        let short = |&(group, _): &(Group, usize)| least_rows(&labels.classes, group).is_none_or(|rows| rows > least);
        match self.groups().into_iter().find(short) {
            Some((group, _)) if self.given_pairs.is_empty() => Err(missing(group, least, labels, subject)),
            _ => Ok(()),
        }
    }
}

/// No pair of a group is among the first patterns: the least load that has one.
fn missing(group: Group, patterns: usize, labels: &Labels, subject: &Subject) -> Error {
    let of = if group == Group::Within { "one class" } else { "two classes" };
    let cure = match least_rows(&labels.classes, group) {
        Some(rows) => format!("give --loads of {} at least", rows as f64 / subject.neurons as f64),
        None => "give labels of which two are, or leave --labels out".into(),
    };
    Error::setting(format!("no two of the {patterns} patterns of a load are of {of}"), cure)
}

impl Analysis for Morphs {
    type Measured = Morph;
    const NAME: &'static str = "morph";
    const FORMAT: &'static str = "attractor-morph-3";
    const TABLE: &'static str = "morph.csv";
    const TITLE: &'static str = "Between memories";

    fn check_saved(&self) -> Result<()> {
        match self.labels {
            None => Ok(()),
            Some(_) => {
                let what = "a morph by labels, whose classes its folder does not hold";
                Err(Error::setting(what, "run its command again, without --shard: what is there is not repeated"))
            }
        }
    }

    fn check(&self, subject: &Subject, least: usize) -> Result<()> {
        check::stores_pairs(least)?;
        check::counts(&[
            ("--pairs", self.pairs, 1, 1 << 20),
            ("--points", self.points, 2, 1001),
            ("--max-steps", self.max_steps, 1, 1 << 24),
        ])?;
        self.check_pairs(subject, least)
    }

    fn rows(&self) -> usize {
        self.groups().len() * PATHS.len() * self.points
    }

    fn blank(&self) -> Vec<Morph> {
        self.places().map(|(group, _, path, ratio)| Morph::of(group, path, ratio, &[])).collect()
    }

    fn expects(&self, within: usize, row: &Morph) -> bool {
        self.places()
            .nth(within)
            .is_some_and(|(group, _, path, ratio)| (group, path, ratio) == (row.group, row.path, row.ratio))
    }

    fn steps(&self, patterns: usize) -> f64 {
        // About four steps a trial.
        4.0 * self.trials(patterns) as f64
    }

    fn trials(&self, _: usize) -> usize {
        self.places().map(|(_, pairs, ..)| pairs).sum()
    }

    fn most_steps(&self) -> usize {
        self.max_steps
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Morph>>> {
        let (subject, ratios) = (scene.subject, self.ratios());
        let space = Workspace::new(scene.backend);
        let (mut cues, mut pairs) = (Vec::new(), Vec::new());
        for (&network, keys) in scene.networks.iter().zip(scene.keys) {
            let (mut words, mut own) = (Vec::new(), Vec::new());
            for (group, _) in self.groups() {
                let pairs = self.pairs_of(group, subject, network, keys.len())?;
                for path in PATHS {
                    words.extend_from_slice(starts(subject.seed, network, keys, &pairs, path, &ratios)?.words());
                    own.extend(pairs.repeat(self.points));
                }
            }
            cues.push(Patterns::from_words(keys.neurons(), words)?);
            pairs.push(own);
        }
        let recalls = scene.recall_from(&cues, self.max_steps, observer)?;
        let fates = fates(&space, &scene.keys.iter().collect::<Vec<_>>(), &recalls, &pairs)?;
        let rows = |mut fates: &[Fate]| {
            let row = |(group, pairs, path, ratio)| {
                let own = fates.split_off(..pairs).unwrap_or_default();
                Morph::of(group, path, ratio, own)
            };
            self.places().map(row).collect()
        };
        Ok(fates.iter().map(|fates| rows(fates)).collect())
    }

    fn settings(&self) -> Vec<(String, String)> {
        let given: Vec<String> = self.given_pairs.iter().map(|[a, b]| format!("{a},{b}")).collect();
        let pairs = match (given.is_empty(), &self.labels) {
            (false, _) => ("pairs, given".into(), given.join("; ")),
            (true, None) => ("pairs of each network".into(), self.pairs.to_string()),
            (true, Some(_)) => ("pairs within classes, and as many between".into(), self.pairs.to_string()),
        };
        let labels = self.labels.as_ref().map(|labels| ("labels".into(), labels.file.clone()));
        let others = [
            ("places on each path".into(), self.points.to_string()),
            ("noise on the path of signs, standard deviation".into(), NOISE.to_string()),
            ("steps at most".into(), self.max_steps.to_string()),
        ];
        [pairs].into_iter().chain(labels).chain(others).collect()
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "Where does recall lead from states between pairs of {}{}, in memories of {} neurons learnt by {}?",
            subject.source(),
            if self.labels.is_some() { ", of one class or of two" } else { "" },
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
