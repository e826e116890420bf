//! How much depends on the rule and on lambda, and what a load beyond the published ones leaves of basins.

use super::super::Evidence;
use super::super::estimate::{differences, of};
use super::super::lab::{Lab, published};
use super::landscapes::{LARGEST, SIMILARITIES, best, networks, neurons};
use crate::error::Result;
use crate::measure::Row;
use crate::measure::claim::{Measured, Published, Reading};
use crate::measure::landscape::Landscape;
use crate::rule::Descent;
use crate::study::Attractors;

const ALIKE: Published = Published::number("alike", -0.05, 0.05);

/// Attractors at the largest load, few basins.
fn at_largest(lab: &mut Lab<'_, '_>, name: &str, rule: &str, penalties: &[f32]) -> Result<Vec<Row<Landscape>>> {
    let (neurons, networks) = (neurons(lab), networks(lab));
    let models = [format!("{rule}/{}", best(lab)?)];
    let mut subject = lab.subject(neurons, &[LARGEST], &models, networks);
    subject.regularizations = penalties.to_vec();
    if rule == "krr" {
        subject.descent = Descent::default();
    }
    let max_cues = lab.either(1000, 10_000);
    lab.study(name, subject, Attractors { max_cues, basins: 0, ..Attractors::new(SIMILARITIES.to_vec(), neurons) })
}

pub(super) fn krr(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let [klr, krr] = [("klr-largest", "klr"), ("krr-largest", "krr")];
    let klr = at_largest(lab, klr.0, klr.1, &[])?;
    let krr = at_largest(lab, krr.0, krr.1, &[])?;
    let mut readings = Vec::new();
    for m0 in [0.8, 0.4, 0.2] {
        let at = |rows: &[Row<Landscape>], of: fn(&Landscape) -> f64| -> Vec<f64> {
            rows.iter().filter(|row| row.measured.similarity == m0).map(|row| of(&row.measured)).collect()
        };
        let parts: [fn(&Landscape) -> f64; 2] = [|row| row.target_rate, |row| row.spurious_rate];
        for (part, of) in ["target", "spurious"].into_iter().zip(parts) {
            let pairs = at(&klr, of).into_iter().zip(at(&krr, of));
            readings.push(Reading::of(format!("{part} of KLR less that of KRR, m0 = {m0}"), ALIKE, differences(pairs)));
        }
    }
    let setting = format!(
        "N = {}, {} networks, {}, P/N = 4, lambda 0.01, both on the same patterns and cues.",
        neurons(lab),
        networks(lab),
        best(lab)?
    );
    Ok(Evidence { setting, readings, ..Evidence::default() })
}

pub(super) fn penalty(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const USUAL: f32 = 0.01;
    let penalties = [1e-4, 1e-3, USUAL, 0.1, 1.0];
    let rows = at_largest(lab, "penalties", "klr", &penalties)?;
    let kernel = best(lab)?;
    let at = |penalty: f32| -> Vec<f64> {
        let own = of(&rows, &kernel, LARGEST).filter(|row| row.head.regularization == penalty);
        own.filter(|row| row.measured.similarity == 0.4).map(|row| row.measured.target_rate).collect()
    };
    let usual = at(USUAL);
    let others = penalties.into_iter().filter(|&penalty| penalty != USUAL);
    let readings = others.map(|penalty| {
        let pairs = at(penalty).into_iter().zip(usual.iter().copied());
        Reading::of(format!("target rate at lambda {penalty} less that at 0.01"), ALIKE, differences(pairs))
    });
    let mut readings: Vec<Reading> = readings.collect();
    readings.push(Reading::unpublished("target rate at lambda 0.01", Measured::mean(usual)));
    let unsettled = rows.iter().filter(|row| !row.head.settled).count();
    let remarks = if unsettled == 0 {
        Vec::new()
    } else {
        vec![format!("{unsettled} of {} rows are of memories whose training had not settled.", rows.len())]
    };
    let setting = format!("N = {}, {} networks, {kernel}, P/N = 4, m0 = 0.4.", neurons(lab), networks(lab));
    Ok(Evidence { setting, readings, remarks, ..Evidence::default() })
}

/// What 500 steps of plain descent make of gamma = 1/N, in steps that are safe.
pub(super) fn stable_step(lab: &mut Lab<'_, '_>) -> Result<Vec<Reading>> {
    let (neurons, networks) = (neurons(lab), networks(lab));
    let kernel = format!("rbf:{}", 1.0 / neurons as f64);
    let mut subject = lab.subject(neurons, &[LARGEST], &[format!("klr/{kernel}")], networks);
    // K is 1 on its diagonal and about exp(-4 gamma N/2) elsewhere, with l near its row sums: the step is half of
    // 2 / (l (l/4 + lambda)).
    let largest = 1.0 + LARGEST * neurons as f64 * (-2.0_f64).exp();
    let safe = 1.0 / (largest * (largest / 4.0 + f64::from(subject.descent.regularization)));
    subject.descent = Descent { learning_rate: safe as f32, ..published() };
    let similarities = [1.0, 0.8, 0.4];
    let analysis = Attractors { basins: 0, max_cues: 2000, ..Attractors::new(similarities.to_vec(), neurons) };
    let rows = lab.study("stable-step", subject, analysis)?;
    let of = |m0: f64| {
        let own = rows.iter().filter(|row| row.measured.similarity == m0);
        let rate = Measured::share(own.map(|row| (row.measured.target_rate, row.measured.trials)));
        Reading::unpublished(format!("gamma = 1/N, 500 steps of {safe:.1e}: target rate at P/N = 4, m0 = {m0}"), rate)
    };
    Ok(similarities.map(of).into())
}

/// Basins at P/N = 10 and N = 100, where every pattern stays fixed.
pub(super) fn beyond(lab: &mut Lab<'_, '_>) -> Result<(Vec<Reading>, String)> {
    let similarities = [1.0, 0.9, 0.6];
    let models = ["rbf:0.02", "rbf:0.1"].map(|kernel| format!("klr/{kernel}"));
    let subject = lab.subject(100, &[10.0], &models, networks(lab));
    let rows =
        lab.study("beyond", subject, Attractors { basins: 20, ..Attractors::new(similarities.to_vec(), 100) })?;
    let mut readings = Vec::new();
    for kernel in ["rbf:0.02", "rbf:0.1"] {
        for (m0, what) in similarities.into_iter().zip(["perfect cues", "cues with 5 flips", "cues with 20 flips"]) {
            let own = of(&rows, kernel, 10.0).filter(|row| row.measured.similarity == m0);
            let rate = Measured::share(own.map(|row| (row.measured.target_rate, row.measured.trials)));
            readings.push(Reading::unpublished(format!("N = 100, P/N = 10, {kernel}: target rate of {what}"), rate));
        }
    }
    let remark = "Capacity is not a basin: at N = 100 and P/N = 10 both kernels keep every pattern, and one of them brings \
                  hardly any corrupted cue back.";
    Ok((readings, remark.into()))
}
