//! How much depends on the rule, on lambda and on the step, and what a load beyond the published ones leaves of basins.

use super::super::Evidence;
use super::super::estimate::at_each;
use super::super::lab::{Lab, published};
use super::landscapes::{LARGEST, SIMILARITIES, at, kernels, models, networks, neurons, rate, widest};
use crate::error::Result;
use crate::measure::Row;
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::measure::landscape::Landscape;
use crate::rule::Descent;
use crate::study::Attractors;

const ALIKE: Published = Published::number("alike", -0.05, 0.05);
const PENALTIES: [f32; 3] = [1e-4, 0.01, 1.0];
const USUAL: f32 = PENALTIES[1];

/// Attractors of KLR at the largest load, for every gamma and penalty.
fn logistic(lab: &mut Lab<'_, '_>) -> Result<Vec<Row<Landscape>>> {
    let mut subject = lab.subject(neurons(lab), &[LARGEST], &models(&kernels(lab)), networks(lab));
    subject.regularizations = PENALTIES.into();
    let analysis = analysis(lab);
    lab.study("penalties", subject, analysis)
}

fn analysis(lab: &Lab<'_, '_>) -> Attractors {
    let max_cues = lab.either(1000, 10_000);
    Attractors { max_cues, basins: 0, ..Attractors::new(SIMILARITIES.to_vec(), neurons(lab)) }
}

/// The share of each network's trials at one gamma, penalty and similarity.
fn rates(rows: &[Row<Landscape>], kernel: &str, penalty: f32, m0: f64, share: fn(&Landscape) -> f64) -> Vec<Rate> {
    let own = at(rows, kernel, LARGEST, m0).filter(|row| row.head.regularization == penalty);
    own.map(|row| rate(row, share)).collect()
}

/// The similarity at which about half of the cues find their target; none where all or none do at every one.
fn telling(rows: &[Row<Landscape>], kernel: &str) -> Option<f64> {
    let found = |m0: f64| Measured::share(rates(rows, kernel, USUAL, m0, |row| row.target_rate)).value;
    let between = SIMILARITIES.into_iter().filter(|&m0| (0.05..=0.95).contains(&found(m0)));
    between.min_by(|&a, &b| (found(a) - 0.5).abs().total_cmp(&(found(b) - 0.5).abs()))
}

/// Readings at every gamma that tells.
fn at_telling(lab: &Lab<'_, '_>, rows: &[Row<Landscape>], readings: impl Fn(&str, f64) -> Vec<Reading>) -> Evidence {
    let (mut cases, mut silent) = (Vec::new(), Vec::new());
    for kernel in kernels(lab) {
        match telling(rows, &kernel) {
            Some(m0) => cases.push((format!("{kernel}, m0 = {m0}"), readings(&kernel, m0))),
            None => silent.push(kernel),
        }
    }
    let mut evidence = at_each("gamma, which the copy at hand lost", cases);
    if !silent.is_empty() {
        let silent = silent.join(", ");
        evidence.remarks.push(format!("With {silent} all cues find their target or none does, at every similarity."));
    }
    Evidence { setting: setting(lab), ..evidence }
}

fn setting(lab: &Lab<'_, '_>) -> String {
    let kernels = kernels(lab).join(", ");
    format!("N = {}, {} networks, P/N = 4; {kernels}; the same patterns and cues.", neurons(lab), networks(lab))
}

pub(super) fn krr(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let logistic = logistic(lab)?;
    let ridge: Vec<String> = kernels(lab).iter().map(|kernel| format!("krr/{kernel}")).collect();
    let mut subject = lab.subject(neurons(lab), &[LARGEST], &ridge, networks(lab));
    subject.descent = Descent::default();
    let analysis = analysis(lab);
    let ridge = lab.study("ridge", subject, analysis)?;
    Ok(at_telling(lab, &logistic, |kernel, m0| {
        let parts: [fn(&Landscape) -> f64; 2] = [|row| row.target_rate, |row| row.spurious_rate];
        let differs = |(part, of): (&str, fn(&Landscape) -> f64)| {
            let [klr, krr] = [&logistic, &ridge].map(|rows| rates(rows, kernel, USUAL, m0, of));
            let what = format!("{part} rate of KLR less that of KRR");
            Reading::of(what, ALIKE, Measured::difference(&klr, &krr))
        };
        ["target", "spurious"].into_iter().zip(parts).map(differs).collect()
    }))
}

pub(super) fn penalty(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let rows = logistic(lab)?;
    Ok(at_telling(lab, &rows, |kernel, m0| {
        let with = |penalty| rates(&rows, kernel, penalty, m0, |row| row.target_rate);
        let others = PENALTIES.into_iter().filter(|&penalty| penalty != USUAL);
        let differs = |penalty: f32| {
            let what = format!("target rate at lambda {penalty} less that at 0.01");
            Reading::of(what, ALIKE, Measured::difference(&with(penalty), &with(USUAL)))
        };
        let usual = Reading::unpublished("target rate at lambda 0.01", Measured::share(with(USUAL)));
        others.map(differs).chain([usual]).collect()
    }))
}

/// What 500 steps of plain descent make of gamma = 1/N, in steps that are safe.
pub(super) fn stable_step(lab: &mut Lab<'_, '_>) -> Result<(String, Vec<Reading>)> {
    let neurons = neurons(lab);
    let mut subject = lab.subject(neurons, &[LARGEST], &models(&[widest(lab)]), networks(lab));
    // K is 1 on its diagonal and about exp(-4 gamma N/2) elsewhere, with l near its row sums: the step is half of
    // 2 / (l (l/4 + lambda)).
    let largest = 1.0 + LARGEST * neurons as f64 * (-2.0_f64).exp();
    let safe = 1.0 / (largest * (largest / 4.0 + f64::from(subject.descent.regularization)));
    subject.descent = Descent { learning_rate: safe as f32, ..published() };
    let analysis = Attractors { basins: 0, max_cues: 1000, ..Attractors::new(vec![1.0], neurons) };
    let rows = lab.study("stable-step", subject, analysis)?;
    let rates = rows.iter().map(|row| rate(row, |row| row.target_rate));
    let what = "target rate of perfect cues at P/N = 4";
    let reading = Reading::of(what, Published::at_least("1.0", 0.95), Measured::share(rates));
    Ok((format!("{} by 500 plain steps of {safe:.1e}", widest(lab)), vec![reading]))
}

/// Basins at P/N = 10 and N = 100, where every pattern stays fixed.
pub(super) fn beyond(lab: &mut Lab<'_, '_>) -> Result<(Vec<Reading>, String)> {
    let similarities = [1.0, 0.9, 0.6];
    let kernels = ["rbf:0.02", "rbf:0.1"];
    let subject = lab.subject(100, &[10.0], &models(&kernels.map(str::to_owned)), networks(lab));
    let rows =
        lab.study("beyond", subject, Attractors { basins: 20, ..Attractors::new(similarities.to_vec(), 100) })?;
    let mut readings = Vec::new();
    for kernel in kernels {
        for (m0, what) in similarities.into_iter().zip(["perfect cues", "cues with 5 flips", "cues with 20 flips"]) {
            let rates = at(&rows, kernel, 10.0, m0).map(|row| rate(row, |row| row.target_rate));
            let what = format!("N = 100, P/N = 10, {kernel}: target rate of {what}");
            readings.push(Reading::unpublished(what, Measured::share(rates)));
        }
    }
    let remark = "Capacity is not a basin: at N = 100 and P/N = 10 both gamma of 0.02 and 0.1 keep every pattern, \
                  and the former brings hardly any corrupted cue back.";
    Ok((readings, remark.into()))
}
