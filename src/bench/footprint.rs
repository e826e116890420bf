//! The adaptive similarity: what everyone is asked about it, and a backend's epochs and answers.

use std::path::Path;
use std::time::{Duration, Instant};

use super::archive::{member, write_npz};
use super::checksum::checksum_of_numbers;
use super::job::{Case, Task};
use super::peer::REPEATS;
use super::question::dual;
use super::subject::{Failure, Round, Subject, WARM_UP, warm_up};
use super::{DIFFICULTY, SEED};
use crate::data::Features;
use crate::engine::cpu::Cpu;
use crate::engine::{Arithmetic, Backend, Workspace};
use crate::error::Result;
use crate::random::features;
use crate::retrieval::fit::{Epoch, Examples, Pairs, Training, fit};
use crate::retrieval::{
    Cumulative, Footprint, Kinds, Network, Retrieved, Separation, Similarity, Steps, Use, Variant, Variation, retrieve,
};

/// The data of one case.
#[derive(Clone)]
pub(super) struct Question {
    /// \[P, d\].
    patterns: Features,
    /// \[B, d\]: query b is a variant of pattern b mod P.
    queries: Features,
    /// Both kinds sorted, betas 1, and weights: plain where training starts from them. Elsewhere they are random, since
    /// plain ones add up to the same whether sorted or not.
    start: Footprint,
}

impl Question {
    pub(super) fn draw(case: Case) -> Result<Self> {
        let Case { neurons: dimensions, patterns: stored, trials, .. } = case;
        let patterns = features(SEED, 0, dimensions, stored)?;
        let draws: Vec<[u32; 2]> =
            (0..trials).map(|query| [query % stored, query / stored].map(|at| at as u32)).collect();
        // Variants are the same bits on every backend.
        let backend = Cpu::new(Arithmetic::Fused);
        let variation = Variation::new(Variant::of_difficulty(DIFFICULTY), SEED);
        let queries = variation.features(&Workspace::new(&backend), &patterns, &draws, Use::Training)?;
        let mut start = Footprint::plain(dimensions, Kinds::BOTH, true, Cumulative::Identity);
        if case.task == Task::Retrieve {
            let random = dual(0, 2, dimensions);
            let changes = start.weights.iter_mut().flatten().zip(random);
            changes.for_each(|(weight, change)| *weight += f64::from(change));
        }
        Ok(Self { patterns, queries, start })
    }

    /// Writes patterns \[P, d\], queries \[B, d\] and weights \[2, d\] (of distances, then of products), all f32.
    pub(super) fn write_npz(&self, path: &Path) -> Result<()> {
        let shape = |rows: usize| [rows as u64, self.start.dimensions() as u64];
        write_npz(path, |archive| {
            member(archive, "patterns", &shape(self.patterns.len()), self.patterns.values())?;
            member(archive, "queries", &shape(self.queries.len()), self.queries.values())?;
            member(archive, "weights", &shape(2), &self.start.coefficients())
        })
    }
}

/// Epochs of training, all queries a batch.
pub(super) struct Epochs<'a> {
    backend: &'a dyn Backend,
    question: Question,
    sources: Vec<usize>,
    at_least: Duration,
}

impl<'a> Epochs<'a> {
    pub(super) fn new(backend: &'a dyn Backend, question: &Question, at_least: Duration) -> Self {
        let stored = question.patterns.len();
        let sources = (0..question.queries.len()).map(|query| query % stored).collect();
        Self { backend, question: question.clone(), sources, at_least }
    }
}

impl Subject for Epochs<'_> {
    /// Epochs follow each other as a user's do; the first ones warm up. The answer is the losses of the first three: of
    /// the start, after a step by the gradient's signs alone, as Adam's first is, and after one by its sizes too.
    fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        let Self { backend, question, sources, at_least } = self;
        let (samples, start) = (sources.len(), question.start.clone().into());
        let examples = Examples::Pairs(Pairs { queries: &question.queries, sources });
        let most = 1 << 20;
        let training = Training { epochs: most, batch: samples, ..Training::of(samples, SEED) };
        let (began, mut warm, mut seconds) = (Instant::now(), None, None);
        let mut observer = |epoch: &Epoch<'_>| {
            let now = Instant::now();
            let Some((first, number)) = warm else {
                warm = (now - began >= WARM_UP * *at_least).then_some((now, epoch.number));
                return go_on();
            };
            let spent = now - first;
            seconds = Some(spent.as_secs_f64() / (epoch.number - number) as f64);
            go_on() && (spent < *at_least || epoch.number < REPEATS)
        };
        let fitted = fit(&Workspace::new(*backend), &question.patterns, &start, &examples, &training, &mut observer)?;
        if !go_on() {
            return Err(Failure::Interrupted);
        }
        let seconds = seconds.ok_or_else(|| Failure::Failed("its loss left the numbers".into()))?;
        let losses = fitted.losses.into_iter().take(REPEATS);
        Ok(Round { seconds: vec![seconds], checksum: Some(checksum_of_numbers(losses)), ..Round::default() })
    }
}

/// Queries answered in one step.
pub(super) struct Answers<'a> {
    backend: &'a dyn Backend,
    network: Network,
    queries: Features,
    at_least: Duration,
}

impl<'a> Answers<'a> {
    pub(super) fn new(backend: &'a dyn Backend, question: &Question, at_least: Duration) -> Self {
        let Question { patterns, queries, start } = question.clone();
        let network = Network::new(patterns, Similarity::Footprint(start), Separation::softmax_of(1.0));
        Self { backend, network, queries, at_least }
    }

    /// What was retrieved, and how long it took once the patterns were on the device.
    fn once(&self, go_on: &mut dyn FnMut() -> bool) -> Result<(Retrieved, Duration)> {
        let mut first = None;
        let space = Workspace::new(self.backend);
        let retrieved = retrieve(&space, &self.network, &self.queries, Steps::default(), &mut |_| {
            first.get_or_insert_with(Instant::now);
            go_on()
        })?;
        Ok((retrieved, first.map_or(Duration::ZERO, |first| first.elapsed())))
    }
}

impl Subject for Answers<'_> {
    /// From queries on the host to readouts there, as a user has them.
    fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        warm_up(self.at_least, || self.once(go_on).map(drop))?;
        let (mut spent, mut times) = (Duration::ZERO, 0);
        loop {
            let (retrieved, took) = self.once(go_on)?;
            (spent, times) = (spent + took, times + 1);
            if spent >= self.at_least {
                let seconds = vec![spent.as_secs_f64() / f64::from(times)];
                let readouts = retrieved.readouts.values().iter().map(|&value| f64::from(value));
                return Ok(Round { seconds, checksum: Some(checksum_of_numbers(readouts)), ..Round::default() });
            }
        }
    }
}
