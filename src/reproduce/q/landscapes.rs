//! The evidence that most claims share: where cues end by gamma, load and similarity.

use super::super::Evidence;
use super::super::estimate::{of, picked};
use super::super::lab::Lab;
use crate::error::Result;
use crate::measure::Row;
use crate::measure::claim::{Measured, Published, Reading};
use crate::measure::landscape::Landscape;
use crate::report::Body;
use crate::study::{Attractors, PhaseDiagram};

pub(super) const SIMILARITIES: [f64; 8] = [1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05];
pub(super) const LOADS: [f64; 8] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0];
pub(super) const LARGEST: f64 = 4.0;

/// Where cues end by gamma, load and similarity.
pub(super) struct Landscapes {
    /// The best kernel found, which the claims are held against, first; then gamma = 1/N and 0.02.
    pub(super) kernels: Vec<(String, &'static str)>,
    rows: Vec<Row<Landscape>>,
    setting: String,
}

pub(super) fn neurons(lab: &Lab<'_, '_>) -> usize {
    lab.either(200, 500)
}

pub(super) fn networks(lab: &Lab<'_, '_>) -> usize {
    lab.either(5, 10)
}

impl Landscapes {
    pub(super) fn measure(lab: &mut Lab<'_, '_>) -> Result<Self> {
        let neurons = neurons(lab);
        let mut kernels = vec![(best(lab)?, "best gamma found")];
        for (kernel, name) in
            [(format!("rbf:{}", 1.0 / neurons as f64), "gamma = 1/N"), ("rbf:0.02".into(), "gamma = 0.02")]
        {
            if kernels[0].0 != kernel {
                kernels.push((kernel, name));
            }
        }
        let models: Vec<String> = kernels.iter().map(|(kernel, _)| format!("klr/{kernel}")).collect();
        let networks = networks(lab);
        let analysis = Attractors {
            max_cues: lab.either(1000, 10_000),
            basins: lab.either(20, 50),
            ..Attractors::new(SIMILARITIES.to_vec(), neurons)
        };
        let subject = lab.subject(neurons, &LOADS, &models, networks);
        let rows = lab.study("landscape", subject, analysis)?;
        let named: Vec<String> = kernels.iter().map(|(kernel, name)| format!("{kernel} ({name})")).collect();
        let setting = format!(
            "N = {neurons}, {networks} networks; kernels {}; trained until the gradient is 1e-4, since plain descent with \
             eta 0.1 diverges at gamma = 1/N (the copy at hand lost the published gamma, eta and updates); 5 cues a pattern, at most {} a network and similarity, 30 steps.",
            named.join(", "),
            lab.either(1000, 10_000)
        );
        Ok(Self { kernels, rows, setting })
    }

    /// Rows of a kernel at a load and similarity, by network.
    pub(super) fn at<'a>(
        &'a self,
        kernel: &'a str,
        load: f64,
        similarity: f64,
    ) -> impl Iterator<Item = &'a Landscape> + Clone {
        let rows = of(&self.rows, kernel, load).map(|row| &row.measured);
        rows.filter(move |row| row.similarity == similarity)
    }

    pub(super) fn share(&self, kernel: &str, load: f64, similarity: f64, of: fn(&Landscape) -> f64) -> Measured {
        Measured::share(self.at(kernel, load, similarity).map(|row| (of(row), row.trials)))
    }

    /// Readings for each kernel: those of the best count, the others stand beside them.
    pub(super) fn readings(&self, mut of: impl FnMut(&str) -> Vec<(String, Published, Measured)>) -> Vec<Reading> {
        let mut readings = Vec::new();
        for (index, (kernel, name)) in self.kernels.iter().enumerate() {
            for (what, published, measured) in of(kernel) {
                let reading = Reading::of(format!("{name}: {what}"), published, measured);
                readings.push(if index == 0 { reading } else { reading.beside() });
            }
        }
        readings
    }

    pub(super) fn evidence(self, readings: Vec<Reading>, remarks: Vec<String>, figures: &[&str]) -> Result<Evidence> {
        let figures = picked(Body::of_landscape(&self.rows)?.figures, figures);
        Ok(Evidence { setting: self.setting, readings, remarks, figures })
    }
}

/// The kernel that recalls most cues of m0 = 0.2 at the largest load, sought on networks of another seed than those it is
/// then measured on.
pub(super) fn best(lab: &mut Lab<'_, '_>) -> Result<String> {
    let neurons = neurons(lab);
    let factors = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
    let kernels: Vec<String> = factors.iter().map(|factor| format!("rbf:{}", factor / neurons as f64)).collect();
    let models: Vec<String> = kernels.iter().map(|kernel| format!("klr/{kernel}")).collect();
    let mut subject = lab.subject(neurons, &[LARGEST], &models, lab.either(1, 3));
    subject.seed = subject.seed.wrapping_add(1);
    let rows = lab.study("gamma", subject, PhaseDiagram { flip: 0.4, max_cues: 2000, max_steps: 30 })?;
    let rates = kernels.iter().map(|kernel| {
        let rows = of(&rows, kernel, LARGEST).map(|row| (row.measured.target_rate, row.measured.trials));
        (kernel, Measured::share(rows))
    });
    // Of equal ones the widest; a rate that is no number is below all.
    let rates = rates.filter(|(_, rate)| rate.value.is_finite());
    let best = rates.reduce(|best, next| if next.1.value > best.1.value { next } else { best });
    Ok(best.map_or_else(|| "rbf:0.02".into(), |(kernel, _)| kernel.clone()))
}
