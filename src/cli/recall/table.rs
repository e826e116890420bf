//! recall.csv: a row for each cue.

use std::path::Path;

use attractor::code::Code;
use attractor::data::write_atomic;
use attractor::endpoint::{Endpoint, Outcome};
use attractor::error::{Error, Result};
use attractor::measure::Similarity;
use attractor::pattern::Patterns;
use attractor::recall::{Effort, Recall};

/// What every cue came to.
pub(super) struct Table<'a> {
    pub(super) recalled: &'a Recall,
    pub(super) ends: &'a [Endpoint],
    /// Of asynchronous recall.
    pub(super) efforts: Option<&'a [Effort]>,
    /// What each cue should recall.
    pub(super) targets: Option<&'a Patterns>,
    /// How patterns are written.
    pub(super) code: Code,
    /// The memory was trained on other targets than its keys: it walks, and where it stands at the end counts.
    pub(super) walks: bool,
}

const ALWAYS: [&str; 7] = ["cue", "target", "outcome", "steps", "period", "nearest", "distance"];
const OF_TARGETS: [&str; 5] = ["cosine", "hamming", "jaccard", "euclidean", "bit_accuracy"];
const OF_EFFORTS: [&str; 2] = ["events", "sums"];

impl Table<'_> {
    /// Writes it.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |error: csv::Error| Error::data(path, error.to_string(), "report this");
        let of_efforts = self.efforts.map_or(&[][..], |_| &OF_EFFORTS);
        writer.write_record(ALWAYS.iter().chain(&OF_TARGETS).chain(of_efforts)).map_err(failed)?;
        for cue in 0..self.ends.len() {
            writer.write_record(self.row(cue)).map_err(failed)?;
        }
        let bytes = writer.into_inner().map_err(|error| Error::data(path, error.to_string(), "report this"))?;
        write_atomic(path, &bytes)
    }

    fn row(&self, cue: usize) -> Vec<String> {
        let (end, ending) = (&self.ends[cue], &self.recalled.endings[cue]);
        let target = self.targets.map_or(String::new(), |_| cue.to_string());
        let mut row = vec![cue.to_string(), target, self.outcome(end).into()];
        row.extend([ending.steps, ending.period, end.nearest, end.distance].map(|value| value.to_string()));
        row.extend(match self.targets {
            None => OF_TARGETS.map(|_| String::new()),
            Some(targets) => {
                let found =
                    Similarity::of(self.code, self.recalled.finals.row(cue), targets.row(cue), targets.neurons());
                let Similarity { cosine, hamming, jaccard, euclidean, bit_accuracy } = found;
                [cosine, hamming.into(), jaccard, euclidean, bit_accuracy].map(|value| value.to_string())
            }
        });
        if let Some(Effort { events, sums }) = self.efforts.map(|efforts| efforts[cue]) {
            row.extend([events.to_string(), sums.to_string()]);
        }
        row
    }

    /// How many cues came to what.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let kinds: &[&str] = match self.targets {
            Some(_) => &["target", "other", "spurious", "cycle", "unsettled"],
            None => &["learned", "spurious", "cycle", "unsettled"],
        };
        let count = |kind: &str| self.ends.iter().filter(|end| self.outcome(end) == kind).count();
        kinds.iter().map(|&kind| (kind, count(kind))).collect()
    }

    /// The outcome by its name.
    fn outcome(&self, end: &Endpoint) -> &'static str {
        let targeted = self.targets.is_some();
        match end.outcome {
            Outcome::Cycle => "cycle",
            Outcome::Unsettled if !self.walks => "unsettled",
            Outcome::Target if targeted => "target",
            Outcome::Unsettled if targeted && end.target_distance == 0 => "target",
            Outcome::Other if targeted => "other",
            // A stored pattern was reached, whether or not it is the cue that stands in for a target.
            _ if end.distance == 0 && targeted => "other",
            _ if end.distance == 0 => "learned",
            outcome if outcome.is_fixed_point() => "spurious",
            _ => "unsettled",
        }
    }
}
