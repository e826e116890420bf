//! What measurement brings to a claim, and what it says.

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::measure::claim::{Reading, Verdict, verdict};
use crate::report::{Figure, Told};

/// What measurement brings to a claim.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// With what settings it was measured.
    pub(super) setting: String,
    pub(super) readings: Vec<Reading>,
    /// Reasons, as far as they are known, and what else there is to see.
    pub(super) remarks: Vec<String>,
    pub(super) figures: Vec<Figure>,
    /// What it comes to, where readings disagree about a setting that is open.
    pub(super) verdict: Option<Verdict>,
}

/// A claim with its verdict.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What is kept of it.
    pub row: ClaimRow,
    /// Its numbers.
    pub readings: Vec<Reading>,
    /// Reasons, as far as they are known, and what else there is to see.
    pub remarks: Vec<String>,
    /// What shows it.
    pub figures: Vec<Figure>,
}

/// A claim and its verdict, a row of claims.csv. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Its name.
    pub claim: String,
    /// Paper and place.
    pub source: String,
    /// What it says.
    pub says: String,
    /// When it counts as reproduced.
    pub judged: String,
    /// With what settings it was measured.
    pub setting: String,
    /// What came out.
    pub verdict: Verdict,
    /// Folders of the experiments that it rests on, within the reproduction's.
    pub experiments: String,
    /// Reasons, as far as they are known.
    pub remarks: String,
}

impl Judged {
    /// For reports.
    pub fn told(&self) -> Told<'_> {
        Told {
            name: &self.row.claim,
            source: &self.row.source,
            says: &self.row.says,
            judged: &self.row.judged,
            setting: &self.row.setting,
            verdict: self.row.verdict,
            readings: &self.readings,
            remarks: &self.remarks,
            figures: &self.figures,
            experiments: &self.row.experiments,
        }
    }

    /// What the evidence says of a claim.
    pub(super) fn of(claim: &Claim, evidence: Evidence, experiments: &[String], half_trained: &[String]) -> Self {
        let Evidence { setting, mut readings, mut remarks, mut figures, verdict: decided } = evidence;
        remarks.extend(half_trained.iter().cloned());
        readings.iter_mut().for_each(|reading| reading.claim = claim.name.into());
        // Claims may show the same kind of figure.
        figures.iter_mut().for_each(|figure| figure.stem = format!("{}-{}", claim.name, figure.stem));
        let row = ClaimRow {
            claim: claim.name.into(),
            source: claim.source.into(),
            says: claim.says.into(),
            judged: claim.judged.into(),
            setting,
            verdict: decided.unwrap_or_else(|| verdict(&readings)),
            experiments: experiments.join(", "),
            remarks: remarks.join(" "),
        };
        Self { row, readings, remarks, figures }
    }
}
