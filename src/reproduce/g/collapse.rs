//! How far random sequences are walked, and what ends that.

use super::super::Evidence;
use super::super::estimate::{differences, picked};
use super::super::lab::{Lab, converging, published};
use super::networks;
use crate::error::Result;
use crate::measure::Walk;
use crate::measure::claim::{Measured, Published, Reading};
use crate::report::Body;
use crate::rule::Descent;
use crate::sequence::{Lengths, Settings};
use crate::study::Spectrum;

const LENGTHS: [usize; 9] = [1400, 1500, 1550, 1600, 1625, 1650, 1675, 1700, 1800];
const SHORT: [usize; 5] = [1000, 1050, 1100, 1150, 1200];
const RIGHT: Published = Published::at_least("walked", 0.95);
const WRONG: Published = Published::at_most("collapsed", 0.05);

fn walks(lab: &mut Lab<'_, '_>, name: &str, lengths: &[usize], descent: Descent) -> Result<Vec<Walk>> {
    let settings = Settings {
        neurons: 100,
        lengths: Lengths::Listed(lengths.to_vec()),
        models: vec!["klr/rbf:0.02".into()],
        descent,
        trials: trials(lab),
        steps: None,
        seed: lab.seed(),
        patterns: None,
        arithmetic: lab.arithmetic(),
    };
    lab.sequence(name, settings)
}

fn trials(lab: &Lab<'_, '_>) -> usize {
    lab.either(4, 10)
}

fn faithful(lab: &mut Lab<'_, '_>) -> Result<Vec<Walk>> {
    walks(lab, "sequence", &LENGTHS, published())
}

fn at(walks: &[Walk], length: usize) -> impl Iterator<Item = &Walk> + Clone {
    walks.iter().filter(move |walk| walk.patterns == length)
}

fn mean(walks: &[Walk], length: usize, of: fn(&Walk) -> f64) -> Measured {
    Measured::mean(at(walks, length).map(of))
}

/// The mean share of right transitions, which cannot pass 1.
fn right(walks: &[Walk], length: usize) -> Measured {
    Measured::share(at(walks, length).map(|walk| (walk.transitions, walk.patterns)))
}

/// The largest gradient component left in any trial.
fn left(walks: &[Walk], length: usize) -> Measured {
    let norms = at(walks, length).map(|walk| walk.gradient_norm);
    let largest = norms.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) });
    largest.map_or_else(Measured::default, Measured::known)
}

fn snr(walk: &Walk) -> f64 {
    walk.snr.unwrap_or(f64::NAN)
}

/// SNR at which half of the transitions are right, between the lengths about it, of each trial.
fn threshold(walks: &[Walk], trials: usize) -> Measured {
    let crossing = |trial: usize| {
        let mut own: Vec<&Walk> = walks.iter().filter(|walk| walk.trial == trial).collect();
        own.sort_by_key(|walk| walk.patterns);
        let pair = own.windows(2).find(|pair| pair[0].transitions >= 0.5 && pair[1].transitions < 0.5);
        pair.map_or(f64::NAN, |pair| {
            let along = (pair[0].transitions - 0.5) / (pair[0].transitions - pair[1].transitions);
            snr(pair[0]) + along * (snr(pair[1]) - snr(pair[0]))
        })
    };
    Measured::mean((0..trials).map(crossing))
}

fn fewer(lab: &mut Lab<'_, '_>) -> Result<Vec<Walk>> {
    walks(lab, "fewer-updates", &SHORT, Descent { updates: 200, ..published() })
}

fn setting(lab: &Lab<'_, '_>) -> String {
    format!("N = 100, rbf:0.02, eta 0.1, lambda 0.01, 500 updates; {} draws of patterns at each length.", trials(lab))
}

pub(super) fn transitions(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let walks = faithful(lab)?;
    let judged = [(1500, RIGHT), (1600, RIGHT), (1700, WRONG), (1800, WRONG)];
    let of =
        |(length, published)| Reading::of(format!("right transitions, P = {length}"), published, right(&walks, length));
    let mut readings: Vec<Reading> = judged.map(of).into();
    readings.push(Reading::unpublished("right transitions, P = 1650", right(&walks, 1650)));
    readings.push(Reading::unpublished("largest gradient component left, P = 1600", left(&walks, 1600)));
    let figures = picked(Body::of_walks(&walks, Vec::new())?.figures, &["transitions"]);
    Ok(Evidence { setting: setting(lab), readings, figures, ..Evidence::default() })
}

pub(super) fn capacity(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let walks = faithful(lab)?;
    let all = |length: usize| at(&walks, length).all(|walk| walk.success);
    let held = LENGTHS.into_iter().take_while(|&length| all(length)).last();
    let fails = LENGTHS.into_iter().find(|&length| !all(length));
    let bracket = Measured::bracket(held.map(|length| length as f64), fails.map(|length| length as f64));
    let published = Published::number("about 16 N", 1550.0, 1650.0);
    let what = "largest P that every trial walks, to smallest that one does not";
    let readings = vec![Reading::of(what, published, bracket)];
    let figures = picked(Body::of_walks(&walks, Vec::new())?.figures, &["success"]);
    let remark = "Success asks for every transition: a few wrong ones at P = 1600 end it there, while most of the \
                  sequence is still known (see collapse). The fewer the trials, the larger P_c.";
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], figures, ..Evidence::default() })
}

pub(super) fn signal_to_noise(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let walks = faithful(lab)?;
    let fewer = fewer(lab)?;
    let about = Published::number("about 2", 1.5, 2.5);
    let mut readings = vec![
        Reading::of("SNR where half of the transitions are right", about, threshold(&walks, trials(lab))),
        Reading::of("the same with 200 updates", about, threshold(&fewer, trials(lab))).beside(),
    ];
    for length in [1600, 1650, 1700] {
        readings.push(Reading::unpublished(format!("SNR, P = {length}"), mean(&walks, length, snr)));
    }
    let figures = picked(Body::of_walks(&walks, Vec::new())?.figures, &["snr"]);
    Ok(Evidence { setting: setting(lab), readings, figures, ..Evidence::default() })
}

pub(super) fn converged(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let lengths = lab.either(vec![1700, 2000], vec![1700, 2000, 3000]);
    let long = walks(lab, "converged", &lengths, converging())?;
    let mut readings = Vec::new();
    for &length in &lengths {
        let what = format!("right transitions, P = {length}, learnt to the end");
        readings.push(Reading::of(what, WRONG, right(&long, length)));
        readings.push(Reading::unpublished(format!("SNR, P = {length}, learnt to the end"), mean(&long, length, snr)));
        let what = format!("largest gradient component left, P = {length}, learnt to the end");
        readings.push(Reading::unpublished(what, left(&long, length)));
    }
    let faithful = faithful(lab)?;
    readings.push(Reading::unpublished("right transitions, P = 1700, 500 updates", right(&faithful, 1700)));
    readings
        .push(Reading::unpublished("largest gradient component left, P = 1700, 500 updates", left(&faithful, 1700)));
    let fewer = fewer(lab)?;
    for length in SHORT {
        let what = format!("right transitions, P = {length}, 200 updates");
        readings.push(Reading::unpublished(what, right(&fewer, length)));
    }
    let remark = "The collapse is the optimiser's: it moves with the number of updates, and a solver that reaches \
                  the minimum of the same objective walks what 500 updates do not.";
    let figures = picked(Body::of_walks(&long, Vec::new())?.figures, &["transitions"]);
    let setting = format!(
        "N = 100, rbf:0.02, lambda 0.01, {} draws of patterns at each length; learnt to the end: by the preconditioned \
         solver, to a gradient of 1e-4.",
        trials(lab)
    );
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], figures, ..Evidence::default() })
}

pub(super) fn separable(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = [10.0, 14.0, 16.0, 17.0, 20.0, 22.0, 24.0];
    let subject = lab.subject(100, &loads, &["klr/rbf:0.02".to_owned()], networks(lab));
    let rows = lab.study("spectrum", subject, Spectrum { eigenvalues: 1, whole_up_to: 256 })?;
    let margin = |load: f64| {
        let own = rows.iter().filter(|row| row.head.load == load);
        differences(own.map(|row| (2.0 * row.measured.effective_dimension, row.head.patterns as f64)))
    };
    let readings = [16.0, 17.0].map(|load| {
        let what = format!("2 D_eff less P, P = {}", 100.0 * load);
        Reading::of(what, Published::at_least("above 0", f64::MIN_POSITIVE), margin(load))
    });
    let remarks = loads.iter().find(|&&load| margin(load).value < 0.0).map(|load| {
        format!(
            "2 D_eff falls below P at a load of at most {load}; the collapse of 500 updates comes before, at 16 to 17."
        )
    });
    let setting = format!("N = 100, rbf:0.02, {} draws; D_eff = tr(K)^2 / |K|_F^2.", networks(lab));
    let figures = picked(Body::of_eigenvalues(&rows)?.figures, &["effective-dimension"]);
    Ok(Evidence {
        setting,
        readings: readings.into(),
        remarks: remarks.into_iter().collect(),
        figures,
        ..Evidence::default()
    })
}
