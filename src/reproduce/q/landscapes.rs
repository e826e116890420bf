//! The evidence that most claims share: where cues end by gamma, load and similarity.

use super::super::Evidence;
use super::super::estimate::{at_each, of, picked};
use super::super::lab::Lab;
use crate::error::Result;
use crate::measure::Row;
use crate::measure::claim::{Measured, Rate, Reading};
use crate::measure::landscape::Landscape;
use crate::report::Body;
use crate::study::Attractors;

pub(super) const SIMILARITIES: [f64; 8] = [1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05];
pub(super) const LARGEST: f64 = 4.0;
/// gamma N.
const FACTORS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 48.0, 64.0];
const FIXED: &str = "rbf:0.02";

/// Where cues end, at every gamma of the family and at 0.02.
pub(super) struct Landscapes {
    pub(super) kernels: Vec<String>,
    pub(super) loads: Vec<f64>,
    /// The kernel that recalls most cues of m0 = 0.2 at the largest load.
    pub(super) best: String,
    rows: Vec<Row<Landscape>>,
    setting: String,
}

pub(super) fn neurons(lab: &Lab<'_, '_>) -> usize {
    lab.either(200, 500)
}

pub(super) fn networks(lab: &Lab<'_, '_>) -> usize {
    lab.either(6, 10)
}

/// The kernel of gamma = 1/N.
pub(super) fn widest(lab: &Lab<'_, '_>) -> String {
    format!("rbf:{}", FACTORS[0] / neurons(lab) as f64)
}

/// Every kernel of the family, and 0.02.
pub(super) fn kernels(lab: &Lab<'_, '_>) -> Vec<String> {
    let mut kernels: Vec<String> = FACTORS.map(|factor| format!("rbf:{}", factor / neurons(lab) as f64)).into();
    if !kernels.iter().any(|kernel| kernel == FIXED) {
        kernels.push(FIXED.into());
    }
    kernels
}

pub(super) fn models(kernels: &[String]) -> Vec<String> {
    kernels.iter().map(|kernel| format!("klr/{kernel}")).collect()
}

/// Rows of a kernel at a load and similarity, by network.
pub(super) fn at<'a>(
    rows: &'a [Row<Landscape>],
    kernel: &'a str,
    load: f64,
    m0: f64,
) -> impl Iterator<Item = &'a Row<Landscape>> {
    of(rows, kernel, load).filter(move |row| row.measured.similarity == m0)
}

/// The share of a network's trials. A pattern has one perfect cue, however often it is tried.
pub(super) fn rate(row: &Row<Landscape>, of: fn(&Landscape) -> f64) -> Rate {
    let Row { head, measured } = row;
    let trials = if measured.flips == 0 { measured.trials.min(head.patterns) } else { measured.trials };
    (of(measured), trials)
}

impl Landscapes {
    pub(super) fn measure(lab: &mut Lab<'_, '_>) -> Result<Self> {
        let (neurons, networks, kernels) = (neurons(lab), networks(lab), kernels(lab));
        // At the smallest load of the published size a quick run has too few patterns to tell a rate of 0.95.
        let loads =
            lab.either(&[0.1, 0.2, 0.5, 1.0, 2.0, 3.0, LARGEST][..], &[0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, LARGEST]);
        let max_cues = lab.either(1000, 10_000);
        let basins = lab.either(20, 50);
        let analysis = Attractors { max_cues, basins, ..Attractors::new(SIMILARITIES.to_vec(), neurons) };
        let subject = lab.subject(neurons, loads, &models(&kernels), networks);
        let rows = lab.study("landscape", subject, analysis)?;
        let setting = format!(
            "N = {neurons}, {networks} networks; gamma of 1, 2, 4, 8, 16, 32, 48 and 64 over N, and 0.02; best is \
             the one that recalls most cues of m0 = 0.2 at P/N = 4. Trained until the gradient is 1e-4, since plain \
             descent with eta 0.1 diverges at gamma = 1/N; 5 cues a pattern, at most {max_cues} a network and \
             similarity, 30 steps. The copy at hand lost the published gamma, eta and updates."
        );
        let mut found = Self { kernels, loads: loads.to_vec(), best: String::new(), rows, setting };
        let rate = |kernel: &String| found.share(kernel, LARGEST, 0.2, |row| row.target_rate).value;
        let best = found.kernels.iter().filter(|kernel| rate(kernel).is_finite());
        found.best = best.max_by(|a, b| rate(a).total_cmp(&rate(b))).cloned().unwrap_or_default();
        Ok(found)
    }

    /// Rows of a kernel at a load and similarity, by network.
    pub(super) fn at<'a>(&'a self, kernel: &'a str, load: f64, m0: f64) -> impl Iterator<Item = &'a Row<Landscape>> {
        at(&self.rows, kernel, load, m0)
    }

    /// The share of each network's trials.
    pub(super) fn rates(&self, kernel: &str, load: f64, m0: f64, of: fn(&Landscape) -> f64) -> Vec<Rate> {
        self.at(kernel, load, m0).map(|row| rate(row, of)).collect()
    }

    pub(super) fn share(&self, kernel: &str, load: f64, m0: f64, of: fn(&Landscape) -> f64) -> Measured {
        Measured::share(self.rates(kernel, load, m0, of))
    }

    /// The readings at each gamma and of further cases; figures of those kinds at 1/N, 0.02 and the best.
    pub(super) fn evidence(
        self,
        readings: impl Fn(&Self, &str) -> Vec<Reading>,
        further: Vec<(String, Vec<Reading>)>,
        figures: &[&str],
    ) -> Result<Evidence> {
        let named = |kernel: &String| if *kernel == self.best { format!("{kernel} (best)") } else { kernel.clone() };
        let cases = self.kernels.iter().map(|kernel| (named(kernel), readings(&self, kernel)));
        let evidence =
            at_each("gamma and how it is learnt, which the copy at hand lost", cases.chain(further).collect());
        if figures.is_empty() {
            return Ok(Evidence { setting: self.setting, ..evidence });
        }
        let shown = [&self.kernels[0], FIXED, &self.best].map(|kernel| kernel.replace(':', "-"));
        let stems: Vec<String> =
            figures.iter().flat_map(|stem| shown.iter().map(move |kernel| format!("{stem}-klr-{kernel}-"))).collect();
        Ok(Evidence {
            setting: self.setting,
            figures: picked(Body::of_landscape(&self.rows)?.figures, &stems),
            ..evidence
        })
    }
}
