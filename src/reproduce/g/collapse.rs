//! How far random sequences are walked, and what ends that.

use super::super::Evidence;
use super::super::estimate::{differences, picked};
use super::super::lab::{Lab, converging, published};
use crate::error::Result;
use crate::measure::Walk;
use crate::measure::claim::{Measured, Published, Reading};
use crate::report::Body;
use crate::rule::Descent;
use crate::sequence::{Lengths, Settings};
use crate::study::Spectrum;

const LENGTHS: [usize; 7] = [1400, 1500, 1550, 1600, 1650, 1700, 1800];
const RIGHT: Published = Published::at_least("walked", 0.95);
const WRONG: Published = Published::at_most("collapsed", 0.05);

fn walks(lab: &mut Lab<'_, '_>, name: &str, lengths: &[usize], descent: Descent) -> Result<Vec<Walk>> {
    let settings = Settings {
        neurons: 100,
        lengths: Lengths::Listed(lengths.to_vec()),
        models: vec!["klr/rbf:0.02".into()],
        descent,
        trials: trials(lab),
        // Once around tells: a step is certain, so that what follows a whole cycle is the same again.
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
    Measured::known(at(walks, length).map(|walk| walk.gradient_norm).fold(0.0, f64::max))
}

fn snr(walk: &Walk) -> f64 {
    walk.snr.unwrap_or(f64::NAN)
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
    let bracket = match (held, fails) {
        (Some(held), Some(fails)) => Measured { value: held as f64, low: held as f64, high: fails as f64 },
        _ => Measured::default(),
    };
    let published = Published::number("1600 to 1700", 1600.0, 1700.0);
    let readings =
        vec![Reading::of("P_c: largest P that every trial walks, to smallest that one does not", published, bracket)];
    let figures = picked(Body::of_walks(&walks, Vec::new())?.figures, &["success"]);
    let remark = "Success asks for every transition: a few wrong ones at P = 1600 end it there, while most of the sequence is \
                  still known (see collapse). The fewer the trials, the larger P_c.";
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], figures })
}

pub(super) fn signal_to_noise(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let walks = faithful(lab)?;
    let readings = vec![
        Reading::of("SNR, P = 1600", Published::at_least("above about 2", 2.0), mean(&walks, 1600, snr)),
        Reading::of("SNR, P = 1700", Published::at_most("below about 2", 2.0), mean(&walks, 1700, snr)),
        Reading::unpublished("SNR, P = 1650", mean(&walks, 1650, snr)),
    ];
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
    let short = [1000, 1100, 1200, 1300];
    let fewer = walks(lab, "fewer-updates", &short, Descent { updates: 200, ..published() })?;
    for length in short {
        readings
            .push(Reading::unpublished(format!("right transitions, P = {length}, 200 updates"), right(&fewer, length)));
    }
    let remark = "The collapse is the optimiser's: it moves with the number of updates, and a solver that reaches the minimum \
                  of the same objective walks what 500 updates do not.";
    let figures = picked(Body::of_walks(&long, Vec::new())?.figures, &["transitions"]);
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], figures })
}

pub(super) fn separable(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = [10.0, 14.0, 16.0, 17.0, 20.0, 22.0, 24.0];
    let subject = lab.subject(100, &loads, &["klr/rbf:0.02".to_owned()], lab.either(3, 10));
    let rows = lab.study("spectrum", subject, Spectrum { eigenvalues: 1, whole_up_to: 256 })?;
    let readings = [1600, 1700].map(|patterns| {
        let own = rows.iter().filter(|row| row.head.patterns == patterns);
        let pairs = own.map(|row| (2.0 * row.measured.effective_dimension, patterns as f64));
        Reading::of(
            format!("2 D_eff less P, P = {patterns}"),
            Published::at_least("above 0", f64::MIN_POSITIVE),
            differences(pairs),
        )
    });
    let crossed = |load: &f64| {
        let own = rows.iter().filter(|row| row.head.load == *load);
        Measured::mean(own.map(|row| 2.0 * row.measured.effective_dimension - row.head.patterns as f64)).value < 0.0
    };
    let remarks = loads.iter().find(|load| crossed(load)).map(|load| {
        format!(
            "2 D_eff falls below P at a load of at most {load}; the collapse of 500 updates comes before, at 16 to 17."
        )
    });
    let setting = format!("N = 100, rbf:0.02, {} draws; D_eff = tr(K)^2 / |K|_F^2.", lab.either(3, 10));
    let figures = picked(Body::of_eigenvalues(&rows)?.figures, &["effective-dimension"]);
    Ok(Evidence { setting, readings: readings.into(), remarks: remarks.into_iter().collect(), figures })
}
