//! Running a recording: panels, bind groups, and submissions kept short by measuring each.

use std::sync::Arc;
use std::time::Instant;

use attractor_kernels_cpu::Extent;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor,
    BufferUsages, SubmissionIndex,
};

use super::pipeline::Pipeline;
use super::{Gpu, Stored, locked, shaders};
use crate::engine::panel::{Limits, Panel, panels};
use crate::engine::recording::Dispatch;
use crate::engine::wgsl::uniform;
use crate::engine::{Profile, Recording};
use crate::error::{Error, Result};

/// What a submission should take. Windows resets a device after two seconds, and a desktop stutters long before.
const TARGET_SECONDS: f64 = 0.1;
/// Where the uniform of each panel starts: the alignment that every device accepts for a binding.
const ALIGNMENT: usize = 256;

/// One kernel over one panel, ready to encode.
pub(super) struct Launch {
    stem: &'static str,
    pipeline: Arc<Pipeline>,
    bindings: BindGroup,
    groups: [u32; 3],
    work: u64,
}

/// Runs `recording` `times` times over, in submissions of about [`TARGET_SECONDS`].
pub(super) fn run(gpu: &Gpu, recording: &Recording, times: usize) -> Result<Profile> {
    let start = Instant::now();
    let launches = prepare(gpu, recording)?;
    let mut profile = Profile::default();
    let mut batch: Vec<&Launch> = Vec::new();
    let mut work = 0;
    let mut rate = *locked(&gpu.rate);
    for launch in std::iter::repeat_n(&launches, times).flatten() {
        if !batch.is_empty() && (work + launch.work) as f64 > rate * TARGET_SECONDS {
            rate = submit(gpu, &batch, work)?;
            profile.submissions += 1;
            batch.clear();
            work = 0;
        }
        batch.push(launch);
        work += launch.work;
        profile.launches += 1;
    }
    if !batch.is_empty() {
        submit(gpu, &batch, work)?;
        profile.submissions += 1;
    }
    profile.seconds = start.elapsed().as_secs_f64();
    Ok(profile)
}

/// Encodes, submits and waits; returns the corrected rate in operations a second.
pub(super) fn submit(gpu: &Gpu, launches: &[&Launch], work: u64) -> Result<f64> {
    let largest = launches.iter().max_by_key(|launch| launch.work);
    let largest =
        largest.map_or(String::new(), |launch| format!(": {} of {:?} workgroups", launch.stem, launch.groups));
    let what = format!("running {} kernels (the largest{largest})", launches.len());
    let start = Instant::now();
    gpu.guarded(&what, || {
        let launches = launches.iter();
        let submission =
            encode(gpu, launches.map(|launch| (launch.stem, &*launch.pipeline, &launch.bindings, launch.groups)));
        gpu.wait(submission)
    })?;
    // Fixed costs dominate a tiny submission; only a real one says how fast the device is. Half-way to the new estimate,
    // and never more than fourfold at once, so that one fast kernel does not make the next submission long.
    let seconds = start.elapsed().as_secs_f64();
    let mut rate = locked(&gpu.rate);
    if seconds > TARGET_SECONDS / 4.0 || (seconds > 0.005 && work as f64 > 0.25 * *rate * TARGET_SECONDS) {
        let measured = (work as f64 / seconds).clamp(*rate / 4.0, *rate * 4.0);
        *rate = if measured < *rate { measured } else { (*rate + measured) / 2.0 };
    } else if work as f64 > 0.5 * *rate * TARGET_SECONDS {
        *rate *= 2.0;
    }
    Ok(*rate)
}

fn prepare(gpu: &Gpu, recording: &Recording) -> Result<Vec<Launch>> {
    let limits = Limits { work: gpu.limits.work.min((*locked(&gpu.rate) * TARGET_SECONDS) as u64), ..gpu.limits };
    let mut all = Vec::new();
    for dispatch in &recording.dispatches {
        let stored = dispatch.arrays.iter().map(|array| gpu.stored(array)).collect::<Result<Vec<_>>>()?;
        let stored: Vec<&Stored> = stored.iter().collect();
        let pipeline = shaders::choose(gpu, dispatch, &stored)?;
        let chunks: Vec<_> = stored.iter().map(|stored| stored.chunks).collect();
        let panels = panels(dispatch, &chunks, pipeline.reflection.tile_trials, &limits);
        all.extend(launches(gpu, dispatch, &stored, &pipeline, &panels)?);
    }
    Ok(all)
}

/// A dispatch's panels, ready to encode.
pub(super) fn launches(
    gpu: &Gpu,
    dispatch: &Dispatch,
    stored: &[&Stored],
    pipeline: &Arc<Pipeline>,
    panels: &[Panel],
) -> Result<Vec<Launch>> {
    gpu.guarded(&format!("binding kernel {}", dispatch.kernel.stem), || {
        let extents: Vec<_> = panels.iter().map(|panel| panel.extent(dispatch)).collect();
        let uniforms = uniforms(gpu, dispatch, &extents);
        let launch = |(index, (panel, extent)): (usize, (&Panel, &Extent))| {
            Ok(Launch {
                stem: dispatch.kernel.stem,
                groups: grid(gpu, dispatch, pipeline, extent)?,
                bindings: bind(gpu, dispatch, stored, pipeline, panel, (&uniforms, index), &[]),
                pipeline: pipeline.clone(),
                work: (dispatch.kernel.work)(extent),
            })
        };
        panels.iter().zip(&extents).enumerate().map(launch).collect()
    })
}

/// A panel's uniform, the one at an index, and its arrays, bound. A buffer in `instead` takes the place of its slot's.
pub(super) fn bind(
    gpu: &Gpu,
    dispatch: &Dispatch,
    stored: &[&Stored],
    pipeline: &Pipeline,
    panel: &Panel,
    (uniforms, index): (&Buffer, usize),
    instead: &[Option<Buffer>],
) -> BindGroup {
    let bytes = uniform(&panel.extent(dispatch), &dispatch.scalars).len() * 4;
    let mut entries = vec![entry(0, uniforms, index * ALIGNMENT, bytes)];
    for (i, ((slot, array), stored)) in dispatch.bindings().zip(stored).enumerate() {
        let (chunk, span) = panel.span(&stored.chunks, slot.axis, array.shape());
        entries.push(match instead.get(i).and_then(Option::as_ref) {
            Some(buffer) => entry(i + 1, buffer, 0, span.len() * 4),
            None => entry(i + 1, &stored.buffers[chunk], span.start * 4, span.len() * 4),
        });
    }
    gpu.device.create_bind_group(&BindGroupDescriptor {
        label: Some(dispatch.kernel.stem),
        layout: &pipeline.layout,
        entries: &entries,
    })
}

/// Hands launches to the device in one submission.
pub(super) fn encode<'a>(
    gpu: &Gpu,
    launches: impl Iterator<Item = (&'static str, &'a Pipeline, &'a BindGroup, [u32; 3])>,
) -> SubmissionIndex {
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("recording") });
    for (stem, pipeline, bindings, [x, y, z]) in launches {
        let mut pass =
            encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(stem), timestamp_writes: None });
        pass.set_pipeline(&pipeline.compute);
        pass.set_bind_group(0, bindings, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
    gpu.queue.submit([encoder.finish()])
}

/// The uniforms of a dispatch's panels in one buffer, each at its aligned place.
pub(super) fn uniforms(gpu: &Gpu, dispatch: &Dispatch, extents: &[Extent]) -> Buffer {
    let mut bytes = vec![0_u8; (extents.len() * ALIGNMENT).max(ALIGNMENT)];
    for (place, extent) in bytes.chunks_exact_mut(ALIGNMENT).zip(extents) {
        let words = uniform(extent, &dispatch.scalars);
        place[..words.len() * 4].copy_from_slice(bytemuck::cast_slice(&words));
    }
    let buffer = gpu.device.create_buffer(&BufferDescriptor {
        label: Some(dispatch.kernel.stem),
        size: bytes.len() as u64,
        usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    gpu.queue.write_buffer(&buffer, 0, &bytes);
    buffer
}

fn entry(binding: usize, buffer: &Buffer, offset: usize, bytes: usize) -> BindGroupEntry<'_> {
    BindGroupEntry {
        binding: binding as u32,
        resource: BindingResource::Buffer(BufferBinding {
            buffer,
            offset: offset as u64,
            size: std::num::NonZeroU64::new(bytes as u64),
        }),
    }
}

/// Workgroups along neurons, trials and nets.
pub(super) fn grid(gpu: &Gpu, dispatch: &Dispatch, pipeline: &Pipeline, extent: &Extent) -> Result<[u32; 3]> {
    let tiles = pipeline.reflection;
    let neurons = tiles.tile_neurons.map_or(1, |tile| extent.neurons.div_ceil(tile));
    let groups = [neurons, extent.trials.div_ceil(tiles.tile_trials), extent.nets];
    if groups.iter().any(|&count| count > gpu.limits.groups) {
        return Err(Error::Device {
            device: gpu.description.name.clone(),
            what: format!(
                "kernel {} wants {groups:?} workgroups, the device takes {} a dimension",
                dispatch.kernel.stem, gpu.limits.groups
            ),
            cure: "use --backend cpu, or fewer neurons".into(),
        });
    }
    Ok(groups.map(|count| count as u32))
}
