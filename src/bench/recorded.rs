//! A recording on a backend: recall steps, and the ceilings that are kernels themselves.

use std::time::{Duration, Instant};

use super::ceiling::{Ceiling, PEAK_TRIALS, POPCOUNT, STREAM_WIDTH};
use super::question::{Question, checksum_of};
use super::subject::{Failure, Round, Subject};
use crate::engine::kernel::{FIELD, NEAREST, PEAK, STEP, THRESHOLD};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::Result;
use crate::pattern::{Patterns, hamming};
use crate::random::patterns;

/// A recording whose arrays lie on the device already.
pub(super) struct Recorded<'a> {
    space: Workspace<'a>,
    recording: Recording,
    /// Filled before each round with what no kernel writes, so that an old answer cannot pass for a new one.
    written: Vec<Array>,
    /// Counts among them, read back for that.
    proof: Option<Array>,
    /// Whether runs may be handed to the device together; else each is waited for, as a user of its result would.
    batched: bool,
    times: usize,
    at_least: Duration,
    answer: Option<(Array, Vec<Patterns>)>,
}

impl<'a> Recorded<'a> {
    /// One synchronous step of every trial: `field` and `threshold`, `nearest` before them where the profile asks for it.
    pub(super) fn recall(
        backend: &'a dyn Backend,
        question: &Question,
        certified: &[Patterns],
        at_least: Duration,
    ) -> Result<Self> {
        let case = question.case;
        let (nets, trials, neurons) = (case.nets, case.trials, case.neurons);
        let words = question.keys[0].stride();
        let space = Workspace::new(backend);
        let packed = |sets: &[Patterns]| sets.iter().flat_map(|set| set.words().iter().copied()).collect::<Vec<_>>();
        let states = space.rows("states", Element::Bits, nets, words, &packed(&question.cues))?;
        let keys = space.rows("keys", Element::Bits, nets, words, &packed(&question.keys))?;
        let values: &[u32] = bytemuck::cast_slice(&question.table.values);
        let table = space.per_net("table", Element::F32, nets, &values.repeat(nets))?;
        let values: &[u32] = bytemuck::cast_slice(&question.table.exponents);
        let exponents = space.per_net("table exponents", Element::I32, nets, &values.repeat(nets))?;
        let reference = space.rows("reference distances", Element::U32, nets, 1, &vec![0; nets * trials])?;
        let duals = question.duals.concat();
        let dual = space.rows("dual", Element::F32, nets, neurons, bytemuck::cast_slice(&duals))?;
        // The bound decides which signs are marked, not how long that takes; the certified answer has its own.
        let bounds = vec![1.0_f32.to_bits(); nets * neurons];
        let inverse_bound = space.per_net("inverse bounds", Element::F32, nets, &bounds)?;
        let field = space.alloc("fields", Element::F32, nets, trials, neurons)?;
        let weight_norm = space.alloc("weight norms", Element::F32, nets, trials, 1)?;
        let next = space.alloc("next states", Element::Bits, nets, trials, words)?;
        let uncertain = space.alloc("uncertain signs", Element::Bits, nets, trials, words)?;
        let changed = space.alloc("changed", Element::U32, nets, trials, 1)?;

        let work = Work { nets, trials, patterns: case.patterns, neurons };
        let mut recording = Recording::new();
        if question.table.is_wide() {
            let index = space.alloc("nearest patterns", Element::U32, nets, trials, 1)?;
            let arrays = [("states", &states), ("keys", &keys), ("distance", &reference), ("index", &index)];
            recording.dispatch(&NEAREST, work, &arrays, &[])?;
        }
        let arrays = [
            ("states", &states),
            ("keys", &keys),
            ("table", &table),
            ("exponents", &exponents),
            ("reference", &reference),
            ("dual", &dual),
            ("field", &field),
            ("weight_norm", &weight_norm),
        ];
        recording.dispatch(&FIELD, work, &arrays, &[("with_norm", Scalar::U32(1))])?;
        let arrays = [
            ("states", &states),
            ("field", &field),
            ("weight_norm", &weight_norm),
            ("inverse_bound", &inverse_bound),
            ("next", &next),
            ("uncertain", &uncertain),
            ("changed", &changed),
        ];
        recording.dispatch(&THRESHOLD, work, &arrays, &[])?;
        Ok(Self {
            space,
            recording,
            written: vec![weight_norm, next.clone(), uncertain, changed.clone()],
            proof: Some(changed),
            batched: false,
            times: 1,
            at_least,
            answer: Some((next, certified.to_vec())),
        })
    }

    /// A ceiling that is a kernel: the same recording on every backend.
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
        let proof = written.last().cloned();
        Ok(Some(Self { space, recording, written, proof, batched: true, times: 1, at_least, answer: None }))
    }

    /// Seconds a run. Short runs are repeated until all together took long enough; how often is remembered.
    fn time(&mut self) -> Result<f64> {
        let backend = self.space.backend();
        loop {
            let start = Instant::now();
            if self.batched {
                backend.run(&self.recording, self.times)?;
            } else {
                for _ in 0..self.times {
                    backend.run(&self.recording, 1)?;
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
        self.written.iter().try_for_each(|array| backend.reset(array))?;
        backend.run(&self.recording, 1)?;
        if let Some(proof) = &self.proof {
            backend.download(proof, proof.shape().rows)?;
        }
        let seconds = vec![self.time()?];
        let Some((next, certified)) = &self.answer else { return Ok(Round { seconds, ..Round::default() }) };
        let shape = next.shape();
        let words = self.space.backend().download(next, shape.rows)?;
        let neurons = certified[0].neurons();
        let nets = words.chunks_exact(shape.rows * shape.width);
        let answers = nets.map(|words| Patterns::from_words(neurons, words.to_vec())).collect::<Result<Vec<_>>>()?;
        let differing = answers.iter().zip(certified).map(|(a, b)| u64::from(hamming(a.words(), b.words()))).sum();
        Ok(Round { seconds, checksum: Some(checksum_of(&answers)), differing: Some(differing), device: None })
    }
}
