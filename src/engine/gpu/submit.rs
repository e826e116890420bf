//! Running a recording: panels, bind groups, and submissions kept short.

use std::sync::Arc;
use std::time::Instant;

use attractor_kernels_cpu::Extent;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor,
    BufferUsages, SubmissionIndex,
};

use super::flight::{Flight, TARGET_SECONDS};
use super::pipeline::Pipeline;
use super::{Gpu, Stored, shaders};
use crate::engine::panel::{Limits, Panel, panels};
use crate::engine::recording::Dispatch;
use crate::engine::wgsl::uniform;
use crate::engine::{Profile, Recording};
use crate::error::{Error, Result};

/// Where the uniform of each panel starts: the alignment that every device accepts for a binding.
const ALIGNMENT: usize = 256;

/// One kernel over one panel, ready to encode.
pub(super) struct Launch {
    pub(super) stem: &'static str,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) bindings: BindGroup,
    pub(super) groups: [u32; 3],
    pub(super) work: u64,
}

/// Runs `recording` `times` times over, in submissions of about [`TARGET_SECONDS`].
pub(super) fn run(gpu: &Gpu, recording: &Recording, times: usize) -> Result<Profile> {
    let start = Instant::now();
    let launches = prepare(gpu, recording)?;
    let mut flight = Flight::new(gpu);
    let sent = send(gpu, &mut flight, std::iter::repeat_n(&launches, times).flatten());
    // However sending went: nobody may find the device still at work.
    let landed = flight.land_all();
    let profile = sent.and_then(|profile| landed.map(|()| profile))?;
    Ok(Profile { seconds: start.elapsed().as_secs_f64(), ..profile })
}

/// Hands launches over, as many at a time as the rate allows.
pub(super) fn send<'a>(
    gpu: &'a Gpu,
    flight: &mut Flight<'a>,
    launches: impl Iterator<Item = &'a Launch>,
) -> Result<Profile> {
    let mut profile = Profile::default();
    let mut batch: Vec<&Launch> = Vec::new();
    let mut work = 0;
    for launch in launches {
        if !batch.is_empty() && (work + launch.work) as f64 > gpu.pace.rate() * TARGET_SECONDS {
            flight.submit(&batch, work)?;
            profile.submissions += 1;
            batch.clear();
            work = 0;
        }
        batch.push(launch);
        work += launch.work;
        profile.launches += 1;
    }
    if !batch.is_empty() {
        flight.submit(&batch, work)?;
        profile.submissions += 1;
    }
    Ok(profile)
}

/// Limits under which no launch takes longer than a submission should.
fn within_pace(gpu: &Gpu) -> Limits {
    Limits { work: gpu.limits.work.min((gpu.pace.rate() * TARGET_SECONDS) as u64), ..gpu.limits }
}

fn prepare(gpu: &Gpu, recording: &Recording) -> Result<Vec<Launch>> {
    let limits = within_pace(gpu);
    let mut all = Vec::new();
    for dispatch in &recording.dispatches {
        let stored: Vec<Stored> = dispatch.arrays.iter().map(|array| gpu.stored(array)).collect::<Result<_>>()?;
        let stored: Vec<&Stored> = stored.iter().collect();
        let pipeline = shaders::choose(gpu, dispatch, &stored)?;
        let chunks: Vec<_> = stored.iter().map(|stored| stored.chunks).collect();
        dispatch.check_whole(&chunks)?;
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
