//! What is made before anything is measured: the questions, what each backend and peer is to do with them, and the right
//! answers that are known.

use std::path::Path;

use super::Effort;
use super::checksum::checksum_of;
use super::footprint::{self, Answers, Epochs};
use super::job::{Case, Task};
use super::outcome::{Measurement, Outcome, What};
use super::peer::{Asked, Peer};
use super::question::Question;
use super::recorded::Recorded;
use super::subject::Subject;
use super::training::Updates;
use crate::engine::Backend;
use crate::error::Result;
use crate::pattern::Patterns;
use crate::recall::Precision;

/// What is measured, or why it could not be made.
type Made<'a> = Result<Box<dyn Subject + 'a>>;

/// One measurement with what is measured; none where it could not even be made.
pub(super) struct Entry<'a> {
    pub(super) measurement: Measurement,
    pub(super) subject: Option<Box<dyn Subject + 'a>>,
    pub(super) text: String,
}

pub(super) fn entry<'a>((what, who, work): (What, usize, f64), outcome: &Outcome, subject: Made<'a>) -> Entry<'a> {
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

/// The data of a case.
enum Drawn {
    /// With the certified next states, where there is a backend to find them.
    Recall(Question, Option<Vec<Patterns>>),
    Train(Question),
    Fit(footprint::Question),
    Retrieve(footprint::Question),
}

impl Drawn {
    fn of(case: Case, first: Option<&dyn Backend>) -> Result<Self> {
        Ok(match case.task {
            Task::Recall => {
                let question = Question::draw(case)?;
                let certified = first.map(|backend| question.certified(backend)).transpose()?;
                Self::Recall(question, certified)
            }
            Task::Train => Self::Train(Question::draw(case)?),
            Task::Fit => Self::Fit(footprint::Question::draw(case)?),
            Task::Retrieve => Self::Retrieve(footprint::Question::draw(case)?),
        })
    }

    /// Where a backend answers it; nothing in a precision that the task does not have.
    fn subject<'a>(&self, (backend, precision): (&'a dyn Backend, Precision), effort: &Effort) -> Option<Made<'a>> {
        let at_least = effort.at_least;
        Some(match (self, precision) {
            (Self::Recall(question, certified), _) => {
                let certified = certified.as_ref()?;
                Recorded::recall((backend, precision), question, certified, at_least).map(|made| Box::new(made) as _)
            }
            (_, Precision::F16 | Precision::F16Split) => return None,
            (Self::Train(question), _) => Ok(Box::new(Updates::new(backend, effort.distances, question))),
            (Self::Fit(question), _) => Ok(Box::new(Epochs::new(backend, question, at_least))),
            (Self::Retrieve(question), _) => Ok(Box::new(Answers::new(backend, question, at_least))),
        })
    }

    fn write_npz(&self, path: &Path) -> Result<()> {
        match self {
            Self::Recall(question, _) | Self::Train(question) => question.write_npz(path),
            Self::Fit(question) | Self::Retrieve(question) => question.write_npz(path),
        }
    }
}

/// Draws a case and makes everything that can be made before it is measured; the right answer's checksum, if it is known.
pub(super) fn prepare<'a>(
    backends: &[(&'a dyn Backend, Precision)],
    peers: &[Peer],
    (index, case): (usize, Case),
    outcome: &Outcome,
    effort: &Effort,
    folder: &Path,
    entries: &mut Vec<Entry<'a>>,
) -> Result<Option<i64>> {
    let drawn = Drawn::of(case, backends.first().map(|(backend, _)| *backend))?;
    let key = |who| (What::Case(index), who, case.useful());
    for (who, &on) in backends.iter().enumerate() {
        entries.extend(drawn.subject(on, effort).map(|subject| entry(key(who), outcome, subject)));
    }
    if !peers.is_empty() {
        let npz = folder.join(format!("{index}.npz"));
        drawn.write_npz(&npz)?;
        entries.extend(peers.iter().enumerate().map(|(place, peer)| {
            entry(key(backends.len() + place), outcome, Ok(Box::new(Asked::case(peer, &case, &npz, folder))))
        }));
    }
    Ok(match drawn {
        Drawn::Recall(_, certified) => certified.map(|certified| checksum_of(&certified)),
        _ => None,
    })
}
