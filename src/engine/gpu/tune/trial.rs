//! How long a variant takes for a part of the work.

use std::sync::Arc;
use std::time::Instant;

use wgpu::{Buffer, BufferDescriptor, BufferUsages};

use crate::engine::Array;
use crate::engine::array::Chunks;
use crate::engine::gpu::pipeline::Pipeline;
use crate::engine::gpu::submit::{bind, encode, grid, uniforms};
use crate::engine::gpu::{Gpu, Stored, shaders};
use crate::engine::kernel::{Access, Slot, Variant};
use crate::engine::panel::{Limits, Panel, panels};
use crate::engine::recording::Dispatch;
use crate::engine::trial::{TRIAL_SECONDS, WORTH_TRYING, repeats};
use crate::error::Result;

/// Each candidate is tried so often, and its best time counts: nothing makes a trial faster than it is.
const TRIALS: usize = 3;
/// A run so many times longer than a rival's best is no bad luck.
const HOPELESS: f64 = 2.0;
/// Bytes that a trial may write: its arrays come on top of the work's own.
const SCRATCH: u64 = 64 << 20;

/// The first panel of a dispatch, its outputs replaced by arrays that nobody reads.
pub(super) struct Trial<'a> {
    dispatch: &'a Dispatch,
    stored: &'a [&'a Stored],
    panel: Panel,
    /// For every slot, the array written instead.
    scratch: Vec<Option<Buffer>>,
}

impl<'a> Trial<'a> {
    /// A panel that keeps the device busy for long enough, or all there is; and how often to launch it.
    pub(super) fn sized(
        gpu: &Gpu,
        dispatch: &'a Dispatch,
        stored: &'a [&'a Stored],
        plain: &'static Variant,
    ) -> Result<(Self, usize)> {
        // From little work upwards, so that the first guess of a slow device's speed makes no long launch.
        let mut work = WORTH_TRYING.min(gpu.limits.work);
        loop {
            let trial = Self::new(gpu, dispatch, stored, work)?;
            let seconds = trial.best(gpu, plain, 1, f64::INFINITY)?;
            let whole = (dispatch.kernel.work)(&trial.panel.extent(dispatch)) < work / 2;
            let next = work.saturating_mul(4).min(gpu.limits.work);
            let bytes = Self::bytes(dispatch, &trial.panel) * 4;
            if seconds >= TRIAL_SECONDS || whole || next == work || bytes > SCRATCH {
                return Ok((trial, repeats(seconds)));
            }
            work = next;
        }
    }

    fn new(gpu: &Gpu, dispatch: &'a Dispatch, stored: &'a [&'a Stored], work: u64) -> Result<Self> {
        let chunks: Vec<Chunks> = stored.iter().map(|stored| stored.chunks).collect();
        let limits = Limits { work, ..gpu.limits };
        // Cut for the least tile that any variant has.
        let panels = panels(dispatch, &chunks, gpu.shaders.least_tile(dispatch.kernel), &limits);
        let Some(panel) = panels.into_iter().next() else { return Err(gpu.failed("no work to try")) };
        let scratch = |((slot, array), stored): ((&Slot, &Array), &&Stored)| {
            let words = panel.span(&stored.chunks, slot.axis, array.shape()).1.len();
            (slot.access == Access::Write).then(|| {
                gpu.device.create_buffer(&BufferDescriptor {
                    label: Some("trial"),
                    size: words as u64 * 4,
                    usage: BufferUsages::STORAGE,
                    mapped_at_creation: false,
                })
            })
        };
        let scratch =
            gpu.guarded("allocating for a trial", || Ok(dispatch.bindings().zip(stored).map(scratch).collect()))?;
        Ok(Self { dispatch, stored, panel, scratch })
    }

    /// Bytes that a panel writes.
    fn bytes(dispatch: &Dispatch, panel: &Panel) -> u64 {
        let written = dispatch.bindings().filter(|(slot, _)| slot.access == Access::Write);
        let rows = (panel.nets.len() * panel.trials.len()) as u64;
        written.map(|(_, array)| rows * array.shape().width as u64 * 4).sum()
    }

    /// The shortest of several runs of a variant, in seconds a launch; of one run, if that is far above `rival`.
    pub(super) fn best(&self, gpu: &Gpu, variant: &'static Variant, repeats: usize, rival: f64) -> Result<f64> {
        let pipeline: Arc<Pipeline> = shaders::compile(gpu, self.dispatch.kernel, variant)?;
        let extent = self.panel.extent(self.dispatch);
        let groups = grid(gpu, self.dispatch, &pipeline, &extent)?;
        let mut best = f64::INFINITY;
        gpu.guarded(&format!("trying {} of kernel {}", variant.name, self.dispatch.kernel.stem), || {
            let uniforms = uniforms(gpu, self.dispatch, &[extent]);
            let place = (&uniforms, 0);
            let bindings = bind(gpu, self.dispatch, self.stored, &pipeline, &self.panel, place, &self.scratch);
            // The first run finds caches cold.
            for run in 0..=TRIALS {
                let start = Instant::now();
                let launch = (self.dispatch.kernel.stem, &*pipeline, &bindings, groups);
                let submission = encode(gpu, std::iter::repeat_n(launch, repeats));
                gpu.wait(submission)?;
                let seconds = start.elapsed().as_secs_f64() / repeats as f64;
                if run > 0 || seconds > HOPELESS * rival {
                    best = best.min(seconds);
                }
                if seconds > HOPELESS * rival {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(best)
    }
}
