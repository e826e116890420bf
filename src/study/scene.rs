//! What an analysis is given, and what most of them ask of it.

use super::Subject;
use crate::cue::{self, Trial};
use crate::endpoint::{Endpoint, endpoints};
use crate::engine::{Backend, Workspace};
use crate::error::Result;
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::recall::{Ending, Precision, Recall, recall_in};
use crate::rule::{Descent, Model};

/// Networks of one model, penalty and load, to be measured together.
pub struct Scene<'a> {
    /// The settings of all memories.
    pub subject: &'a Subject,
    /// Rule and kernel.
    pub model: &'a Model,
    /// How they learnt.
    pub descent: Descent,
    /// Networks, by index: what their randomness depends on.
    pub networks: &'a [u32],
    /// The patterns of each.
    pub keys: &'a [Patterns],
    /// What each learnt; none where nothing is trained.
    pub memories: &'a [Memory],
    /// Where to compute.
    pub backend: &'a dyn Backend,
    /// In which precision to recall.
    pub precision: Precision,
}

impl Scene<'_> {
    /// Stored patterns of each network, P.
    pub(super) fn patterns(&self) -> usize {
        self.keys.first().map_or(0, Patterns::len)
    }

    /// So many of the stored patterns, spread evenly; all where there are no more.
    pub(super) fn sample(&self, count: usize) -> Vec<usize> {
        let (patterns, count) = (self.patterns(), count.min(self.patterns()));
        (0..count).map(|index| index * patterns / count).collect()
    }

    /// How and where every trial of each network ended.
    ///
    /// # Errors
    /// If the backend fails, or the observer answers no.
    pub(super) fn recall(
        &self,
        trials: &[Trial],
        max_steps: usize,
        observer: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Vec<Vec<(Ending, Endpoint)>>> {
        let space = Workspace::new(self.backend);
        let cues = cue::cues(self.backend, self.subject.seed, self.networks, self.keys, trials)?;
        let recalls = self.recall_from(&cues, max_steps, observer)?;
        let target = |keys: &Patterns| keys.select(trials.iter().map(|trial| trial.pattern));
        let targets: Vec<Patterns> = self.keys.iter().map(target).collect();
        let ends = endpoints(&space, &self.keys.iter().collect::<Vec<_>>(), &recalls, &targets)?;
        let joined = recalls.into_iter().zip(ends);
        Ok(joined.map(|(recall, ends)| recall.endings.into_iter().zip(ends).collect()).collect())
    }

    /// The same from these states, and the states they ended in.
    ///
    /// # Errors
    /// As [`Self::recall`].
    pub(super) fn recall_from(
        &self,
        cues: &[Patterns],
        max_steps: usize,
        observer: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Vec<Recall>> {
        let memories: Vec<&Memory> = self.memories.iter().collect();
        recall_in(self.precision, &Workspace::new(self.backend), &memories, cues, max_steps, observer)
    }
}
