//! Training on a backend: the updates alone, between the first look and the last.

use std::time::Instant;

use super::checksum::checksum;
use super::question::{Question, descent};
use super::subject::{Failure, Round, Subject};
use crate::engine::{Backend, Workspace};
use crate::memory::Table;
use crate::pattern::Patterns;
use crate::rule::{Descent, Distances, Training, train_from};

/// KLR from a dual of zeros, every key to answer with the next.
pub(super) struct Updates<'a> {
    backend: &'a dyn Backend,
    distances: Distances,
    keys: Vec<Patterns>,
    targets: Vec<Patterns>,
    table: Table,
    descent: Descent,
}

impl<'a> Updates<'a> {
    pub(super) fn new(backend: &'a dyn Backend, distances: Distances, question: &Question) -> Self {
        let next = |keys: &Patterns| keys.select((1..=keys.len()).map(|row| row % keys.len()));
        Self {
            backend,
            distances,
            keys: question.keys.clone(),
            targets: question.keys.iter().map(next).collect(),
            table: question.table.clone(),
            descent: descent(question.case.updates),
        }
    }
}

impl Subject for Updates<'_> {
    /// Arrays are made, the way to have distances is chosen and the objective is evaluated before the first look, which warms
    /// up what there is to warm; it is evaluated again after the last. None of it is counted, because a user pays it once for
    /// thousands of updates.
    fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        let training = Training { keys: &self.keys, targets: &self.targets, table: &self.table };
        // Untimed, for a processor that idled while a peer was timed.
        train_from(self.distances, &Workspace::new(self.backend), training, &self.descent, &mut |_| go_on())?;
        let mut looks: Option<(Instant, Instant)> = None;
        let trained = train_from(self.distances, &Workspace::new(self.backend), training, &self.descent, &mut |_| {
            let now = Instant::now();
            looks = Some((looks.map_or(now, |(first, _)| first), now));
            go_on()
        })?;
        let seconds = looks.iter().map(|(first, last)| last.duration_since(*first).as_secs_f64()).collect();
        let dual = trained.iter().flat_map(|net| net.dual.iter().copied());
        let distances = trained.first().map(|net| net.distances);
        Ok(Round { seconds, checksum: Some(checksum(dual)), distances, ..Round::default() })
    }
}
