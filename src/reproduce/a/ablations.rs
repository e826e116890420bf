//! What the adaptive similarity owes to its parts.

use super::trial::{Answered, Effort, Trial, variation};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Kinds, Variant};

const PATTERNS: usize = 2048;

/// Networks of uniform patterns at difficulty 0.4, in the order of the text.
fn networks(
    lab: &mut Lab<'_, '_>,
    mut each: impl FnMut(&mut Lab<'_, '_>, &Trial, Effort) -> Result<Vec<Answered>>,
) -> Result<Vec<Vec<Rate>>> {
    let mut all: Vec<Vec<Rate>> = Vec::new();
    for network in 0..lab.either(3, 5) {
        let trial = Trial::uniform(lab, network, PATTERNS, variation(lab, network, Variant::of_difficulty(0.4)))?;
        let effort = Effort::of(lab, PATTERNS);
        let answers = each(lab, &trial, effort)?;
        all.resize(answers.len(), Vec::new());
        all.iter_mut().zip(answers).for_each(|(all, answered)| all.push(answered.share));
    }
    Ok(all)
}

fn setting(lab: &Lab<'_, '_>) -> String {
    let Effort { epochs, samples } = Effort::of(lab, PATTERNS);
    format!("N = {PATTERNS}, d = 64, difficulty 0.4, noise, mask, bias; {epochs} epochs of {samples} variants.")
}

pub(super) fn sorting(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let shares = networks(lab, |lab, trial, effort| {
        [true, false].into_iter().map(|sorted| trial.footprint(lab, Kinds::BOTH, sorted, false, effort)).collect()
    })?;
    let lead = Measured::difference(&shares[0], &shares[1]);
    let readings = vec![
        Reading::of("sorted less unsorted", Published::at_least("0.176", 0.1), lead),
        Reading::of("sorted", Published::number("0.693", 0.659, 0.727), Measured::share(shares[0].clone())).beside(),
        Reading::of("unsorted", Published::number("0.517", 0.483, 0.551), Measured::share(shares[1].clone())).beside(),
    ];
    Ok(Evidence { setting: setting(lab), readings, ..Evidence::default() })
}

pub(super) fn likenesses(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let kinds = [(true, true), (true, false), (false, true)].map(|(distances, products)| Kinds { distances, products });
    let shares = networks(lab, |lab, trial, effort| {
        kinds.into_iter().map(|kinds| trial.footprint(lab, kinds, true, true, effort)).collect()
    })?;
    let more = Published::at_least("above 0", 0.0);
    let lead = |other: usize| Measured::difference(&shares[0], &shares[other]);
    let mut readings = vec![
        Reading::of("both less distances alone", more, lead(1)),
        Reading::of("both less products alone", more, lead(2)),
    ];
    let printed = [("both", "0.724", 0.724), ("distances", "0.646", 0.646), ("products", "0.593", 0.593)];
    for ((what, printed, value), shares) in printed.into_iter().zip(&shares) {
        let published = Published::number(printed, value - 0.03, value + 0.03);
        readings.push(Reading::of(what, published, Measured::share(shares.clone())).beside());
    }
    Ok(Evidence { setting: setting(lab), readings, ..Evidence::default() })
}
