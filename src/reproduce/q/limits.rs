//! How much the linear rules hold.

use super::super::Evidence;
use super::super::estimate::held;
use super::super::lab::Lab;
use super::landscapes::networks;
use crate::capacity::{self, Capacity, Criterion};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};

/// A search for the largest P of which perfect cues fail with a probability below `failure`.
fn search(lab: &Lab<'_, '_>, rule: &str, neurons: usize, criterion: Criterion, failure: f64) -> capacity::Settings {
    capacity::Settings {
        criterion,
        failure,
        resolution: 0.01,
        networks: networks(lab),
        ..lab.capacity_settings(vec![neurons], &[rule])
    }
}

/// Capacities over N.
fn loads(found: &[Capacity]) -> Measured {
    held(found.iter(), |one| one.capacity as f64 / one.neurons as f64)
}

pub(super) fn hebb(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let neurons = lab.either(500, 1000);
    let near = |failure| capacity::Settings {
        recovered_cosine: 0.9,
        ..search(lab, "hebb", neurons, Criterion::Mean, failure)
    };
    let (most, half) = (near(0.1), near(0.5));
    let exact = search(lab, "hebb", neurons, Criterion::Mean, 0.1);
    let seventh = Published::number("0.14", 0.135, 0.145);
    let readings = vec![
        Reading::of("C/N, nine of ten within cosine 0.9", seventh, loads(&lab.capacity("hebb-most", most)?)),
        Reading::of("C/N, half within cosine 0.9", seventh, loads(&lab.capacity("hebb-half", half)?)).beside(),
        Reading::of("C/N, nine of ten bit for bit", seventh, loads(&lab.capacity("hebb-exact", exact)?)).beside(),
    ];
    Ok(Evidence {
        setting: format!("N = {neurons}, {} networks, perfect cues, synchronous.", networks(lab)),
        readings,
        remarks: vec![
            "0.138 is the limit of large N under asynchronous updates, where a few bits of each pattern are wrong; \
             synchronous trials that enter a cycle fail, and bit for bit far fewer patterns stay."
                .into(),
        ],
        ..Evidence::default()
    })
}

pub(super) fn llr(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let neurons = lab.either(100, 500);
    let most = search(lab, "llr", neurons, Criterion::Mean, 0.1);
    let every = search(lab, "llr", neurons, Criterion::Every, 0.1);
    let nine_tenths = Published::number("0.9", 0.85, 0.95);
    let readings = vec![
        Reading::of("C/N, nine of ten", nine_tenths, loads(&lab.capacity("llr-most", most)?)),
        Reading::of("C/N, every pattern", nine_tenths, loads(&lab.capacity("llr-every", every)?)).beside(),
    ];
    Ok(Evidence {
        setting: format!(
            "N = {neurons}, {} networks, eta 0.1, lambda 0.01, 500 updates (the copy at hand leaves the published \
             ones out).",
            networks(lab)
        ),
        readings,
        ..Evidence::default()
    })
}
