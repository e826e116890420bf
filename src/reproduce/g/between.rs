//! What lies between two memories: where recall leads from there, and how high it is.

use super::super::Evidence;
use super::super::estimate::{differences, of, picked};
use super::super::lab::{Lab, published};
use super::networks;
use crate::error::Result;
use crate::measure::Row;
use crate::measure::claim::{Measured, Published, Reading};
use crate::measure::morph::{Morph, Path};
use crate::measure::potential::Place;
use crate::report::Body;
use crate::study::{Morphs, Potentials, Subject};

const LOAD: f64 = 10.0;
/// The ridge, and the local regime.
const KERNELS: [(&str, &str); 2] = [("rbf:0.02", "ridge"), ("rbf:5", "local")];

fn subject(lab: &Lab<'_, '_>) -> Subject {
    let models = KERNELS.map(|(kernel, _)| format!("klr/{kernel}"));
    Subject { descent: published(), ..lab.subject(100, &[LOAD], &models, networks(lab)) }
}

fn setting(lab: &Lab<'_, '_>) -> String {
    let networks = networks(lab);
    format!("N = 100, P/N = 10, eta 0.1, lambda 0.01, 500 updates; {networks} networks, 50 pairs of patterns in each.")
}

pub(super) fn boundary(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let subject = subject(lab);
    let rows = lab.study(
        "morph",
        subject,
        Morphs { pairs: 50, given_pairs: Vec::new(), labels: None, points: 21, max_steps: 30 },
    )?;
    let at = |kernel: &'static str, path: Path, ratio: f64| -> Vec<&Row<Morph>> {
        let near = move |row: &&Row<Morph>| row.measured.path == path && (row.measured.ratio - ratio).abs() < 1e-9;
        of(&rows, kernel, LOAD).filter(near).collect()
    };
    let rate = |kernel, path, ratio, of: fn(&Morph) -> f64| {
        Measured::share(at(kernel, path, ratio).into_iter().map(|row| (of(&row.measured), row.measured.pairs)))
    };
    let slowing = |kernel, path| {
        let steps = |ratio| -> Vec<f64> {
            at(kernel, path, ratio).into_iter().map(|row| row.measured.mean_steps.unwrap_or(f64::NAN)).collect()
        };
        differences(steps(0.5).into_iter().zip(steps(0.0)))
    };
    let (switches, slows) = (Published::at_least("all", 0.95), Published::at_least("slower", 0.5));
    let mut readings = Vec::new();
    for (kernel, name) in KERNELS {
        let own = [
            Reading::of(
                format!("{name}, signs: end in A, r = 0.45"),
                switches,
                rate(kernel, Path::Sign, 0.45, |row| row.a_rate),
            ),
            Reading::of(
                format!("{name}, signs: end in B, r = 0.55"),
                switches,
                rate(kernel, Path::Sign, 0.55, |row| row.b_rate),
            ),
            Reading::of(format!("{name}, signs: steps at r = 0.5 less those at 0"), slows, slowing(kernel, Path::Sign)),
        ];
        readings.extend(own.into_iter().map(|reading| if name == "ridge" { reading } else { reading.beside() }));
        for ratio in [0.1, 0.25, 0.45] {
            let ends = rate(kernel, Path::Bits, ratio, |row| row.a_rate);
            readings.push(Reading::unpublished(format!("{name}, bits: end in A, r = {ratio}"), ends));
        }
        let astray = rate(kernel, Path::Bits, 0.5, |row| row.spurious_rate + row.other_rate);
        readings.push(Reading::unpublished(format!("{name}, bits: end in neither, a fixed point, r = 0.5"), astray));
    }
    let remark = "For r other than 0.5 the sign of (1 - r) A + r B is A or B itself, so that the boundary of the \
                  sign path is sharp whatever the memory. The bit path, which takes the share r of the differing \
                  bits from B, shows how far basins really reach.";
    let figures = picked(Body::of_morphs(&rows)?.figures, &["overlaps"]);
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], figures, ..Evidence::default() })
}

pub(super) fn barrier(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let subject = subject(lab);
    let analysis = Potentials { pairs: 50, points: 41, flips: vec![0.1, 0.3], max_cues: 200, max_steps: 15 };
    let rows = lab.study("potential", subject, analysis)?;
    let apart = Published::at_least("all", 0.95);
    let mut readings = Vec::new();
    for (kernel, name) in KERNELS {
        let barriers = || of(&rows, kernel, LOAD).map(|row| &row.measured).filter(|row| row.place == Place::Barrier);
        let separated = Measured::share(barriers().filter_map(|row| Some((row.separated?, row.count))));
        let height = Measured::mean(barriers().filter_map(|row| row.mean));
        let reading = Reading::of(format!("{name}: pairs that are both minima of U(r)"), apart, separated);
        readings.push(if name == "ridge" { reading } else { reading.beside() });
        readings.push(Reading::unpublished(format!("{name}: barrier above the higher end, per neuron"), height));
    }
    let remark = "U(r) lies on the sphere of real-valued states, with the kernel's continuous form; the descent V(s) \
                  of recall stands in the experiment's own report.";
    let figures = picked(Body::of_heights(&rows)?.figures, &["between"]);
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], figures, ..Evidence::default() })
}
