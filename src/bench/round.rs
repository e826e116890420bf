//! The rounds: repeat r of everything before repeat r + 1 of anything, so that a machine that warms up, throttles or is
//! shared does so for all alike. What fails is noted and left out from then on; the rest goes on.

use std::path::Path;

use super::Effort;
use super::ceiling::Ceiling;
use super::job::Case;
use super::outcome::{Contestant, Outcome, What};
use super::peer::{Asked, Peer};
use super::prepare::{Entry, entry, prepare};
use super::recorded::Recorded;
use super::sgemm::Sgemm;
use super::subject::{Failure, Round};
use crate::engine::Backend;
use crate::error::{Error, Result};
use crate::recall::Precision;

/// How far a bench is.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Measurements done, and in all.
    pub done: usize,
    /// All of them.
    pub total: usize,
    /// What is measured or prepared now.
    pub text: &'a str,
}

/// Told how far a bench is, and asked whether to go on; often, while a peer runs.
pub type Observer<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// Measures every case and every ceiling on every backend, in the precision given with it, and every peer. All but
/// recall has one precision: f32. A user's no ends it early and is no error: the outcome says so.
///
/// # Errors
/// If the questions cannot be drawn or written for the peers, or if the first backend cannot answer them.
pub fn run(
    backends: &[(&dyn Backend, Precision)],
    peers: &[Peer],
    cases: Vec<Case>,
    effort: &Effort,
    observer: &mut Observer<'_>,
) -> Result<Outcome> {
    let folder = tempfile::tempdir().map_err(Error::io(std::env::temp_dir(), "create a folder in"))?;
    let mut outcome = Outcome { contestants: contestants(backends, peers), cases, ..Outcome::default() };
    let mut entries = Vec::new();
    ceilings(backends, peers, &outcome, effort, folder.path(), &mut entries);
    for (index, case) in outcome.cases.clone().into_iter().enumerate() {
        let text = format!("preparing {} {case}", case.job);
        if !observer(Event { done: 0, total: 1, text: &text }) {
            outcome.interrupted = true;
            return Ok(outcome);
        }
        let certified = prepare(backends, peers, (index, case), &outcome, effort, folder.path(), &mut entries)?;
        outcome.certified.push(certified);
    }
    outcome.interrupted = !measure(&mut entries, &mut outcome.contestants, effort.rounds, observer);
    outcome.measurements = entries.into_iter().map(|entry| entry.measurement).collect();
    Ok(outcome)
}

/// Backends first, then peers; names that would be the same are counted.
fn contestants(backends: &[(&dyn Backend, Precision)], peers: &[Peer]) -> Vec<Contestant> {
    let own = backends.iter().map(|(backend, precision)| {
        let device = backend.device();
        let details = format!("{}, {}; {} arithmetic", device.name, device.details, device.arithmetic);
        let label = match precision {
            Precision::F32 => device.backend.to_owned(),
            Precision::F16 | Precision::F16Split => format!("{} {precision}", device.backend),
        };
        Contestant { label, details, own: true, device: device.backend.into() }
    });
    let others = peers.iter().map(|peer| Contestant {
        label: peer.label.clone(),
        details: peer.to_string(),
        own: false,
        device: String::new(),
    });
    let mut all: Vec<Contestant> = own.chain(others).collect();
    for index in 1..all.len() {
        let earlier = all[..index].iter().filter(|other| other.label == all[index].label).count();
        if earlier > 0 {
            all[index].label = format!("{} ({})", all[index].label, earlier + 1);
        }
    }
    all
}

fn ceilings<'a>(
    backends: &[(&'a dyn Backend, Precision)],
    peers: &[Peer],
    outcome: &Outcome,
    effort: &Effort,
    folder: &Path,
    entries: &mut Vec<Entry<'a>>,
) {
    let quick = effort.quick;
    let sgemm = Ceiling::sgemm(quick);
    // Where nobody's share is taken of it, a peer need not know it.
    let asked = outcome.cases.iter().any(|case| case.task.counts_operations());
    for ceiling in Ceiling::ALL {
        let key = |who| (What::Ceiling(ceiling), who, ceiling.work(quick));
        let own = backends.iter().enumerate().filter(|(_, (_, precision))| ceiling.is_of(*precision));
        for (who, &(backend, _)) in own {
            match Recorded::ceiling(backend, ceiling, quick, effort.at_least) {
                Ok(Some(recorded)) => entries.push(entry(key(who), outcome, Ok(Box::new(recorded)))),
                Ok(None) if ceiling == Ceiling::Sgemm && backend.device().backend == "cpu" => {
                    let product = Sgemm::new(sgemm, effort.at_least);
                    entries.push(entry(key(who), outcome, Ok(Box::new(product))));
                }
                Ok(None) => {}
                Err(error) => entries.push(entry(key(who), outcome, Err(error))),
            }
        }
        if ceiling == Ceiling::Sgemm && asked {
            entries.extend(peers.iter().enumerate().map(|(index, peer)| {
                entry(key(backends.len() + index), outcome, Ok(Box::new(Asked::sgemm(peer, sgemm, folder))))
            }));
        }
    }
}

/// Whether all rounds were run.
fn measure(
    entries: &mut [Entry<'_>],
    contestants: &mut [Contestant],
    rounds: usize,
    observer: &mut Observer<'_>,
) -> bool {
    let total = rounds * entries.len();
    let mut done = 0;
    for round in 1..=rounds {
        for index in 0..entries.len() {
            let Entry { measurement, subject, text } = &mut entries[index];
            let text = format!("round {round} of {rounds}: {text}");
            let mut go_on = || observer(Event { done, total, text: &text });
            if !go_on() {
                return false;
            }
            let measured = subject.as_mut().map(|subject| subject.measure(&mut go_on));
            done += 1;
            match measured {
                None => {}
                Some(Err(Failure::Interrupted)) => return false,
                Some(Err(Failure::Failed(why))) => fail(&mut entries[index], why),
                Some(Err(Failure::Hopeless(why))) => {
                    let who = measurement.who;
                    let answered = entries.iter().any(|entry| entry.measurement.answered_by(who));
                    let left = entries.iter_mut().filter(|entry| entry.measurement.who == who && !answered);
                    left.for_each(|entry| fail(entry, why.clone()));
                    fail(&mut entries[index], why);
                }
                Some(Ok(Round { seconds, checksum, differing, distances, device })) => {
                    measurement.times.extend(seconds.into_iter().map(|seconds| (round, seconds)));
                    measurement.checksum = checksum;
                    measurement.differing = differing;
                    measurement.distances = distances;
                    if let Some(device) = device {
                        contestants[measurement.who].device = device;
                    }
                }
            }
        }
    }
    observer(Event { done, total, text: "done" });
    true
}

/// Asked again it would most likely fail again, or hang as long as before.
fn fail(entry: &mut Entry<'_>, why: String) {
    entry.measurement.failure.get_or_insert(why);
    entry.subject = None;
}
