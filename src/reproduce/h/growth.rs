//! How capacity grows with N.

use super::super::Evidence;
use super::super::estimate::held;
use super::super::lab::Lab;
use crate::capacity::{self, Criterion, Exponent};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};
use crate::recall::Dynamics;

/// Numbers of neurons: of the search that asks every pattern to come back, and of that which asks their average.
struct Sizes {
    every: Vec<usize>,
    mean: Vec<usize>,
}

pub(super) fn two(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let sizes = lab.either(vec![64, 128, 256], vec![64, 128, 256, 512, 1024]);
    grows(lab, 2, &Sizes { every: sizes.clone(), mean: sizes }, Published::number("1", 0.95, 1.05))
}

pub(super) fn three(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let every = lab.either(vec![32, 48, 64], vec![48, 64, 96]);
    let mean = lab.either(vec![48, 64, 96], vec![64, 96, 128, 192]);
    grows(lab, 3, &Sizes { every, mean }, Published::number("2", 1.95, 2.05))
}

pub(super) fn four(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let every = lab.either(vec![24, 32, 40], vec![32, 48, 64]);
    let mean = lab.either(vec![32, 48, 64], vec![48, 64, 80, 96]);
    grows(lab, 4, &Sizes { every, mean }, Published::number("3", 2.95, 3.05))
}

fn grows(lab: &mut Lab<'_, '_>, degree: usize, sizes: &Sizes, published: Published) -> Result<Evidence> {
    const BY_ENERGY: &str = "sequential:energy";
    let networks = lab.either(3, 5);
    let model = format!("hebb/dense:{degree}");
    let settings = |criterion, dynamics: &str| {
        let neurons = if criterion == Criterion::Every { &sizes.every } else { &sizes.mean };
        capacity::Settings {
            criterion,
            flip: 0.1,
            max_trials: if criterion == Criterion::Every { 200 } else { 3200 },
            networks,
            dynamics: dynamics.into(),
            ..lab.capacity_settings(neurons.clone(), &[&model])
        }
    };
    let every = settings(Criterion::Every, BY_ENERGY);
    let mean = settings(Criterion::Mean, BY_ENERGY);
    let at_once = settings(Criterion::Mean, &Dynamics::default().to_string());
    let every = lab.capacity(&format!("dense-{degree}"), every)?;
    let mean = lab.capacity(&format!("dense-{degree}-mean"), mean)?;
    let at_once = lab.capacity(&format!("dense-{degree}-synchronous"), at_once)?;
    let exponent = |what: &str, found: &[_]| {
        let fit = Exponent::fit(found);
        let measured = fit.map_or_else(Measured::default, |fit| Measured {
            value: fit.exponent,
            low: fit.interval.0,
            high: fit.interval.1,
        });
        Reading::of(format!("exponent, {what}"), published, measured)
    };
    let mut readings = vec![
        exponent("every pattern, by energy", &every),
        exponent("their average, by energy", &mean).beside(),
        exponent("their average, synchronous", &at_once).beside(),
    ];
    for (what, sizes, found) in [("every pattern", &sizes.every, &every), ("their average", &sizes.mean, &mean)] {
        for &neurons in sizes {
            let held = held(found.iter().filter(|one| one.neurons == neurons), |one| one.capacity as f64);
            let what = format!("patterns held by energy, {what}, N = {neurons}");
            readings.push(Reading::unpublished(what, held));
        }
    }
    let listed = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let setting = format!(
        "Every pattern: N = {}; their average: N = {}; {networks} networks, delta 0.1, epsilon 0.1, recalled bit for \
         bit.",
        listed(&sizes.every),
        listed(&sizes.mean)
    );
    let remark = "The law is of large N: what is not reproduced is it at these. Whole patterns must come back, so \
                  that C falls behind it by ln N, and few bits spread the number of flips; synchronously the \
                  self-coupling of even n adds up over patterns and caps n = 4.";
    let figures = capacity::figure(&every)?.into_iter().collect();
    Ok(Evidence { setting, readings, remarks: vec![remark.into()], figures, ..Evidence::default() })
}
