//! How capacity grows with N.

use super::super::Evidence;
use super::super::lab::Lab;
use crate::capacity::{self, Criterion, Exponent};
use crate::code::Code;
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};
use crate::recall::Dynamics;
use crate::rule::Descent;

pub(super) fn two(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let sizes = lab.either(vec![64, 128, 256], vec![64, 128, 256, 512, 1024]);
    grows(lab, 2, sizes, Published::number("1", 0.95, 1.05))
}

pub(super) fn three(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let sizes = lab.either(vec![48, 64, 96], vec![64, 96, 128, 192]);
    grows(lab, 3, sizes, Published::number("2", 1.95, 2.05))
}

pub(super) fn four(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let sizes = lab.either(vec![32, 48, 64], vec![48, 64, 80, 96]);
    grows(lab, 4, sizes, Published::number("3", 2.95, 3.05))
}

fn grows(lab: &mut Lab<'_, '_>, degree: usize, sizes: Vec<usize>, published: Published) -> Result<Evidence> {
    let networks = lab.either(3, 5);
    let settings = |dynamics: &str| capacity::Settings {
        neurons: sizes.clone(),
        models: vec![format!("hebb/dense:{degree}")],
        descent: Descent::default(),
        criterion: Criterion::Mean,
        code: Code::Bipolar,
        flip: 0.1,
        flips: None,
        failure: 0.1,
        recovered_cosine: 1.0,
        confidence: 0.95,
        max_trials: 3200,
        most_patterns: 1 << 16,
        resolution: 0.05,
        networks,
        seed: lab.seed(),
        max_steps: 30,
        dynamics: dynamics.into(),
        arithmetic: lab.arithmetic(),
    };
    let [by_energy, at_once] = [settings("sequential:energy"), settings(&Dynamics::default().to_string())];
    let by_energy = lab.capacity(&format!("dense-{degree}"), by_energy)?;
    let at_once = lab.capacity(&format!("dense-{degree}-synchronous"), at_once)?;
    let exponent = |found: &[_]| {
        let fit = Exponent::fit(found);
        fit.map_or_else(Measured::default, |fit| Measured {
            value: fit.exponent,
            low: fit.interval.0,
            high: fit.interval.1,
        })
    };
    let mut readings = vec![
        Reading::of("exponent, by energy", published, exponent(&by_energy)).asymptotic(),
        Reading::of("exponent, synchronous", published, exponent(&at_once)).asymptotic().beside(),
    ];
    for &neurons in &sizes {
        let held = by_energy.iter().filter(|one| one.neurons == neurons).map(|one| one.capacity as f64);
        readings.push(Reading::unpublished(format!("patterns held by energy, N = {neurons}"), Measured::mean(held)));
    }
    let listed: Vec<String> = sizes.iter().map(usize::to_string).collect();
    let setting =
        format!("N = {}, {networks} networks, delta 0.1, nine of ten recalled bit for bit.", listed.join(", "));
    let remark = "The law is of large N: exponents of these N may bear it out, but do not refute it. Whole patterns must come back, so that C falls behind it by ln N, and few bits spread \
                  the number of flips; synchronously the self-coupling of even n adds up over patterns and caps n = 4.";
    let figures = capacity::figure(&by_energy)?.into_iter().collect();
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], figures })
}
