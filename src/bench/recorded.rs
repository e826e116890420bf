//! A recording on a backend: recall steps, and the ceilings that are kernels themselves.

use std::time::{Duration, Instant};

use super::ceiling::{Ceiling, MATRIX_TRIALS, PEAK_TRIALS, POPCOUNT, STREAM_WIDTH};
use super::checksum::checksum_of;
use super::question::Question;
use super::subject::{Failure, Round, Subject, warm_up};
use crate::engine::kernel::{NEAREST, PEAK, PEAK_HALF, STEP};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::Result;
use crate::memory::Memory;
use crate::pattern::{Patterns, hamming};
use crate::random::patterns;
use crate::recall::{Precision, Stepper};

/// A recording whose arrays lie on the device already.
pub(super) struct Recorded<'a> {
    space: Workspace<'a>,
    recording: Recording,
    what: What<'a>,
    times: usize,
    at_least: Duration,
}

/// What is recorded, and so what it writes.
enum What<'a> {
    /// A kernel that writes these arrays; the last, where there is one, is read back. Runs of it are handed to the device
    /// together.
    Ceiling(Vec<Array>),
    /// A step of so many trials a net, held against the certified next states. Each is waited for, as a user of its result
    /// would.
    Step { stepper: Box<Stepper<'a>>, trials: usize, certified: Vec<Patterns> },
}

impl<'a> Recorded<'a> {
    /// One synchronous step of every trial.
    pub(super) fn recall(
        (backend, precision): (&'a dyn Backend, Precision),
        question: &Question,
        certified: &[Patterns],
        at_least: Duration,
    ) -> Result<Self> {
        let memories = question.clone().into_memories(backend)?;
        let memories: Vec<&Memory> = memories.iter().collect();
        let trials = question.case.trials;
        let space = Workspace::new(backend);
        let stepper = Stepper::new(precision, &space, &memories, trials)?;
        let states: Vec<u32> = question.cues.iter().flat_map(|cues| cues.words().iter().copied()).collect();
        stepper.load(&states)?;
        let recording = stepper.recording(trials)?;
        Ok(Self {
            space,
            recording,
            what: What::Step { stepper: Box::new(stepper), trials, certified: certified.to_vec() },
            times: 1,
            at_least,
        })
    }

    /// A ceiling that is a kernel: the same recording on every backend that has what it measures.
    pub(super) fn ceiling(
        backend: &'a dyn Backend,
        ceiling: Ceiling,
        quick: bool,
        at_least: Duration,
    ) -> Result<Option<Self>> {
        let space = Workspace::new(backend);
        let mut recording = Recording::new();
        let mut written = Vec::new();
        match ceiling {
            Ceiling::Sgemm => return Ok(None),
            Ceiling::Peak => {
                let trials = PEAK_TRIALS[usize::from(quick)];
                let half = vec![0.5_f32.to_bits(); trials];
                let factor = space.rows("factors", Element::F32, 1, 1, &half)?;
                let offset = space.rows("offsets", Element::F32, 1, 1, &half)?;
                let result = space.alloc("results", Element::F32, 1, trials, 1)?;
                let work = Work { nets: 1, trials, patterns: 0, neurons: 1 };
                let arrays = [("factor", &factor), ("offset", &offset), ("result", &result)];
                recording.dispatch(&PEAK, work, &arrays, &[])?;
                written.push(result);
            }
            // Plain alone would measure other units.
            Ceiling::Matrix if backend.variants(&PEAK_HALF).iter().all(|&name| name == "plain") => return Ok(None),
            Ceiling::Matrix => {
                let trials = MATRIX_TRIALS[usize::from(quick)];
                let factor = space.rows("factors", Element::U32, 1, 1, &vec![1; trials])?;
                let result = space.alloc("results", Element::F32, 1, trials, 1)?;
                let work = Work { nets: 1, trials, patterns: 0, neurons: 1 };
                recording.dispatch(&PEAK_HALF, work, &[("factor", &factor), ("result", &result)], &[])?;
                written.push(result);
            }
            Ceiling::Popcount => {
                let [trials, stored, neurons] = POPCOUNT[usize::from(quick)];
                let draw = |network, count| patterns(1, network, neurons, count);
                let (cues, rows) = (draw(0, trials)?, draw(1, stored)?);
                let states = space.rows("states", Element::Bits, 1, cues.stride(), cues.words())?;
                let keys = space.rows("keys", Element::Bits, 1, rows.stride(), rows.words())?;
                let distance = space.alloc("distances", Element::U32, 1, trials, 1)?;
                let index = space.alloc("nearest patterns", Element::U32, 1, trials, 1)?;
                let work = Work { nets: 1, trials, patterns: stored, neurons };
                let arrays = [("states", &states), ("keys", &keys), ("distance", &distance), ("index", &index)];
                recording.dispatch(&NEAREST, work, &arrays, &[])?;
                written.extend([distance, index]);
            }
            Ceiling::Memory => {
                let trials = Ceiling::stream_rows(quick);
                let zeros = vec![0; trials * STREAM_WIDTH];
                let gradient = space.rows("gradient", Element::F32, 1, STREAM_WIDTH, &zeros)?;
                let dual = space.rows("dual", Element::F32, 1, STREAM_WIDTH, &zeros)?;
                let work = Work { nets: 1, trials, patterns: 0, neurons: STREAM_WIDTH };
                let arrays = [("gradient", &gradient), ("dual", &dual)];
                recording.dispatch(&STEP, work, &arrays, &[("rate", Scalar::F32(1.0))])?;
            }
        }
        Ok(Some(Self { space, recording, what: What::Ceiling(written), times: 1, at_least }))
    }

    /// Seconds a run. Short runs are repeated until all together took long enough; how often is remembered.
    fn time(&mut self) -> Result<f64> {
        let backend = self.space.backend();
        loop {
            let start = Instant::now();
            match self.what {
                What::Ceiling(_) => {
                    backend.run(&self.recording, self.times)?;
                }
                What::Step { .. } => {
                    for _ in 0..self.times {
                        backend.run(&self.recording, 1)?;
                    }
                }
            }
            let elapsed = start.elapsed();
            if elapsed >= self.at_least {
                return Ok(elapsed.as_secs_f64() / self.times as f64);
            }
            let short = self.at_least.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
            self.times = (self.times as f64 * (1.2 * short).clamp(1.5, 10.0)).ceil() as usize;
        }
    }
}

impl Subject for Recorded<'_> {
    fn measure(&mut self, _: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        let backend = self.space.backend();
        match &self.what {
            // So that an old answer cannot pass for a new one.
            What::Ceiling(written) => written.iter().try_for_each(|array| backend.reset(array))?,
            What::Step { stepper, .. } => stepper.reset()?,
        }
        warm_up(self.at_least, || backend.run(&self.recording, 1).map(drop))?;
        if let What::Ceiling(written) = &self.what
            && let Some(proof) = written.last()
        {
            backend.download(proof, proof.shape().rows)?;
        }
        let seconds = vec![self.time()?];
        let What::Step { stepper, trials, certified } = &self.what else {
            return Ok(Round { seconds, ..Round::default() });
        };
        let (words, _) = stepper.stepped(*trials)?;
        let neurons = certified[0].neurons();
        let nets = words.chunks_exact(trials * certified[0].stride());
        let answers = nets.map(|words| Patterns::from_words(neurons, words.to_vec())).collect::<Result<Vec<_>>>()?;
        let differing = answers.iter().zip(certified).map(|(a, b)| u64::from(hamming(a.words(), b.words()))).sum();
        Ok(Round { seconds, checksum: Some(checksum_of(&answers)), differing: Some(differing), ..Round::default() })
    }
}
