//! Eigenvalues and dimension of the kernel between stored patterns, against the load (arXiv 2605.00366). Nothing is
//! trained: of a model its kernel counts alone.

use serde::{Deserialize, Serialize};

use super::{Analysis, Scene, Subject};
use crate::error::{Error, Result};
use crate::measure::row::Row;
use crate::measure::spectrum::{Extent, Rank, spectrum};
use crate::report::{self, Body};
use crate::rule::Model;

/// Leading eigenvalues, D_eff = tr(K)^2 / |K|_F^2, and the condition of K.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// Eigenvalues of each network that are written down, from the largest down.
    pub eigenvalues: usize,
    /// Up to so many patterns all are found.
    pub whole_up_to: usize,
}

impl Analysis for Spectrum {
    type Measured = Rank;
    const NAME: &'static str = "spectrum";
    const FORMAT: &'static str = "attractor-spectrum-2";
    const TABLE: &'static str = "eigenvalues.csv";
    const TITLE: &'static str = "The spectrum of the kernel between stored patterns";
    const TRAINS: bool = false;

    fn check(&self, subject: &Subject, _: usize) -> Result<()> {
        if self.eigenvalues == 0 || self.eigenvalues > 1 << 16 {
            let cure = format!("give 1 to {}, such as 100", 1 << 16);
            return Err(Error::setting(format!("--eigenvalues {}", self.eigenvalues), cure));
        }
        if !subject.regularizations.is_empty() {
            return Err(Error::setting("--regularizations of a spectrum", "leave it out: nothing is trained"));
        }
        Ok(())
    }

    fn check_model(&self, model: &Model) -> Result<()> {
        if model.rule.usual_kernel().is_none() {
            let cure = "give --kernel and leave --rule out: of a rule its kernel counts alone";
            return Err(Error::setting(format!("rule {}, which has no kernel", model.rule), cure));
        }
        Ok(())
    }

    fn rows(&self) -> usize {
        self.eigenvalues
    }

    fn blank(&self) -> Vec<Rank> {
        (1..=self.eigenvalues).map(|rank| Rank { rank, ..Rank::default() }).collect()
    }

    fn expects(&self, within: usize, row: &Rank) -> bool {
        row.rank == within + 1
    }

    fn steps(&self, patterns: usize) -> f64 {
        // A product with K takes about as long as a step of P trials does with a fiftieth of the neurons.
        let vectors = if patterns <= self.whole_up_to { patterns } else { 3 * self.eigenvalues };
        patterns as f64 * vectors as f64 / 50.0
    }

    fn bytes(&self, patterns: usize) -> u64 {
        let columns = if patterns <= self.whole_up_to { 2 * patterns } else { 8 * self.eigenvalues + 256 };
        (patterns as u64).saturating_mul(columns as u64).saturating_mul(8)
    }

    fn trials(&self, _: usize) -> usize {
        0
    }

    fn measure(&self, scene: &Scene<'_>, observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Rank>>> {
        let table = scene.model.table(scene.subject.neurons)?;
        let extent = Extent { leading: self.eigenvalues, whole_up_to: self.whole_up_to };
        let of = |(index, keys)| {
            let share = index as f64 / scene.keys.len() as f64;
            let found = spectrum(keys, &table, extent, &mut || observer(share))?;
            Ok(Rank::all(&found, self.eigenvalues))
        };
        scene.keys.iter().enumerate().map(of).collect()
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("eigenvalues written down".into(), self.eigenvalues.to_string()),
            ("patterns up to which all are found".into(), self.whole_up_to.to_string()),
        ]
    }

    fn question(&self, subject: &Subject) -> String {
        format!(
            "How many dimensions do {} of {} neurons fill in the spaces of kernels, and how are the kernels' \
             eigenvalues spread?",
            subject.source(),
            subject.neurons
        )
    }

    fn body(&self, _: &Subject, rows: &[Row<Rank>]) -> Result<Body> {
        Body::of_eigenvalues(rows)
    }

    fn table(&self, rows: &[Row<Rank>]) -> String {
        report::eigenvalues_table(rows)
    }
}
