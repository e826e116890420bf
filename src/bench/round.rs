//! The rounds: repeat r of everything before repeat r + 1 of anything, so that a machine that warms up, throttles or is
//! shared does so for all alike. What fails is noted and left out from then on; the rest goes on.

use std::path::Path;

use super::ceiling::Ceiling;
use super::job::{Case, Task};
use super::outcome::{Contestant, Measurement, Outcome, What};
use super::peer::{Asked, Peer};
use super::question::{Question, checksum_of};
use super::recorded::Recorded;
use super::sgemm::Sgemm;
use super::subject::{Failure, Round, Subject};
use super::training::Updates;
use super::{Effort, KERNEL};
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

/// One measurement with what is measured; none where it could not even be made.
struct Entry<'a> {
    measurement: Measurement,
    subject: Option<Box<dyn Subject + 'a>>,
    text: String,
}

/// Measures every case and every ceiling on every backend, in the precision given with it, and every peer. Training has one
/// precision: f32. A user's no ends it early and is no error: the outcome
/// says so.
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

fn entry<'a>(
    (what, who, work): (What, usize, f64),
    outcome: &Outcome,
    subject: Result<Box<dyn Subject + 'a>>,
) -> Entry<'a> {
    let (subject, failure) = match subject {
        Ok(subject) => (Some(subject), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let text = match what {
        What::Ceiling(ceiling) => format!("{} ceiling", ceiling.name()),
        What::Case(index) => format!("{} {}", outcome.cases[index].job, outcome.cases[index]),
    };
    let text = format!("{text} on {}", outcome.contestants[who].label);
    let measurement =
        Measurement { what, who, work, times: vec![], checksum: None, differing: None, distances: None, failure };
    Entry { measurement, subject, text }
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
        if ceiling == Ceiling::Sgemm {
            entries.extend(peers.iter().enumerate().map(|(index, peer)| {
                entry(key(backends.len() + index), outcome, Ok(Box::new(Asked::sgemm(peer, sgemm, folder))))
            }));
        }
    }
}

/// Draws a case and makes everything that can be made before it is measured; the right answer's checksum, if it has one.
fn prepare<'a>(
    backends: &[(&'a dyn Backend, Precision)],
    peers: &[Peer],
    (index, case): (usize, Case),
    outcome: &Outcome,
    effort: &Effort,
    folder: &Path,
    entries: &mut Vec<Entry<'a>>,
) -> Result<Option<i64>> {
    let question = Question::draw(case)?;
    let key = |who| (What::Case(index), who, case.useful());
    let certified = match (case.task, backends.first()) {
        (Task::Recall, Some(&(backend, _))) => Some(question.certified(backend)?),
        _ => None,
    };
    for (who, &(backend, precision)) in backends.iter().enumerate() {
        let subject: Result<Box<dyn Subject + 'a>> = match (&certified, precision) {
            (Some(certified), _) => Recorded::recall((backend, precision), &question, certified, effort.at_least)
                .map(|recorded| Box::new(recorded) as Box<dyn Subject + 'a>),
            (None, Precision::F32) => Ok(Box::new(Updates::new(backend, effort.distances, &question))),
            (None, Precision::F16 | Precision::F16Split) => continue,
        };
        entries.push(entry(key(who), outcome, subject));
    }
    if !peers.is_empty() {
        let npz = folder.join(format!("{index}.npz"));
        question.write_npz(&npz)?;
        entries.extend(peers.iter().enumerate().map(|(place, peer)| {
            entry(key(backends.len() + place), outcome, Ok(Box::new(Asked::case(peer, &case, &npz, folder))))
        }));
    }
    Ok(certified.map(|certified| checksum_of(&certified)))
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

/// What was asked, for the people who read the tables.
pub(super) fn described(case: &Case) -> String {
    match case.task {
        Task::Recall => format!("One synchronous step of B trials, {KERNEL}; random keys, dual and cues."),
        Task::Train => {
            format!("KLR updates on a sequence of random keys, {KERNEL}, eta 0.1, lambda 0.01, from a dual of 0.")
        }
    }
}
