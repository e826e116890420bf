//! The CPU backend: arrays in host memory, kernels from `kernels-cpu`, threads from rayon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use attractor_kernels_cpu::field::Kept;
use attractor_kernels_cpu::{Arithmetic, vector_extension};
use rayon::prelude::*;

use super::array::{Array, Chunks, Element, SENTINEL, Shape, check_shape, check_written, room_for, size};
use super::kernel::{Access, Call, FIELD};
use super::panel::{Limits, Panel, panels};
use super::recording::Dispatch;
use super::{Backend, Device, Profile, Recording, Work};
use crate::error::{Error, Result};

/// Words that one thread fills at a time.
const FILLED: usize = 1 << 16;

/// The CPU, in one of the two arithmetics.
pub struct Cpu {
    device: Device,
    arithmetic: Arithmetic,
    limits: Limits,
    store: Mutex<HashMap<u64, Stored>>,
}

struct Stored {
    chunks: Chunks,
    buffers: Vec<Vec<u32>>,
}

impl Cpu {
    /// A CPU backend whose multiply-adds round as asked.
    pub fn new(arithmetic: Arithmetic) -> Self {
        Self::with_limits(arithmetic, Limits::NONE)
    }

    /// One that cuts its work as a small device would: the tests' proof that cutting changes nothing.
    pub fn with_limits(arithmetic: Arithmetic, limits: Limits) -> Self {
        let device = Device {
            backend: "cpu",
            name: format!("CPU ({})", std::env::consts::ARCH),
            details: format!("{} threads, {}", rayon::current_num_threads(), vector_extension()),
            arithmetic: arithmetic.to_string(),
        };
        Self { device, arithmetic, limits, store: Mutex::default() }
    }

    fn store(&self) -> MutexGuard<'_, HashMap<u64, Stored>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a recording's arrays out of the store, so that no lock is held while kernels run: a rayon worker that waits
    /// for its kernel may start another job that wants the store.
    fn take(&self, recording: &Recording) -> Result<HashMap<u64, Stored>> {
        let mut store = self.store();
        let arrays = || recording.dispatches.iter().flat_map(|dispatch| &dispatch.arrays);
        if let Some(array) = arrays().find(|array| !store.contains_key(&array.id)) {
            return Err(gone(array));
        }
        Ok(arrays().filter_map(|array| store.remove_entry(&array.id)).collect())
    }

    /// Runs every dispatch over all networks before the next.
    fn run_dispatches(&self, recording: &Recording, times: usize, taken: &mut HashMap<u64, Stored>) -> Result<usize> {
        let chunks: HashMap<u64, Chunks> = taken.iter().map(|(&id, stored)| (id, stored.chunks)).collect();
        let mut held: Held<'_> = taken
            .iter_mut()
            .flat_map(|(&id, stored)| {
                stored.buffers.iter_mut().enumerate().map(move |(chunk, buffer)| ((id, chunk), &mut buffer[..]))
            })
            .collect();
        let mut launches = 0;
        let mut kept = asks_again(recording, times).then(Kept::default);
        for dispatch in std::iter::repeat_n(&recording.dispatches, times).flatten() {
            let chunks: Vec<Chunks> = dispatch.arrays.iter().map(|array| chunks[&array.id]).collect();
            dispatch.check_whole(&chunks)?;
            // One workgroup takes 64 trials here too, so that a limit on groups means the same as on a GPU.
            for panel in panels(dispatch, &chunks, 64, &self.limits) {
                self.run_panel(dispatch, &chunks, &panel, &mut held, kept.as_mut());
                launches += 1;
            }
        }
        Ok(launches)
    }

    /// Runs the whole of a recording on one network before the next, many networks at a time: a small network's arrays
    /// then stay in one core's cache. No kernel looks from one network into another.
    fn run_networks(
        &self,
        recording: &Recording,
        times: usize,
        nets: usize,
        taken: &mut HashMap<u64, Stored>,
    ) -> usize {
        let mut chunks = HashMap::new();
        let mut networks: Vec<Held<'_>> = (0..nets).map(|_| Held::new()).collect();
        for (&id, Stored { chunks: whole, buffers }) in taken {
            let own = whole.of_one_net();
            for (held, rows) in networks.iter_mut().zip(buffers.iter_mut().flat_map(|buffer| buffer.chunks_mut(own.1)))
            {
                held.insert((id, 0), rows);
            }
            chunks.insert(id, own.0);
        }
        // Not where a thread is left without a network of its own.
        let keeps = asks_again(recording, times) && nets >= rayon::current_num_threads();
        networks.par_iter_mut().for_each(|held| {
            let mut kept = keeps.then(Kept::default);
            for dispatch in std::iter::repeat_n(&recording.dispatches, times).flatten() {
                let chunks: Vec<Chunks> = dispatch.arrays.iter().map(|array| chunks[&array.id]).collect();
                let Work { trials, patterns, .. } = dispatch.work;
                let panel = Panel { nets: 0..1, trials: 0..trials, patterns: 0..patterns };
                if trials > 0 {
                    self.run_panel(dispatch, &chunks, &panel, held, kept.as_mut());
                }
            }
        });
        times * recording.dispatches.len()
    }

    fn run_panel(
        &self,
        dispatch: &Dispatch,
        chunks: &[Chunks],
        panel: &Panel,
        held: &mut Held<'_>,
        kept: Option<&mut Kept>,
    ) {
        let places = dispatch.bindings().zip(chunks).map(|((slot, array), chunks)| {
            let (chunk, span) = panel.span(chunks, slot.axis, array.shape);
            (slot, (array.id, chunk), span)
        });
        let (written, read): (Vec<_>, Vec<_>) = places.partition(|place| place.0.access == Access::Write);
        // What is written is taken out while it is written; no array is bound twice then.
        let mut outputs: Vec<&mut [u32]> =
            written.iter().filter_map(|(_, key, _)| held.get_mut(key).map(std::mem::take)).collect();
        (dispatch.kernel.twin)(Call {
            extent: panel.extent(dispatch),
            arithmetic: self.arithmetic,
            scalars: dispatch.kernel.scalars.iter().map(|scalar| scalar.0).zip(dispatch.scalars.clone()).collect(),
            inputs: read.iter().map(|(slot, key, span)| (slot.name, &held[key][span.clone()])).collect(),
            outputs: written
                .iter()
                .zip(&mut outputs)
                .map(|((slot, _, span), output)| (slot.name, &mut output[span.clone()]))
                .collect(),
            kept,
        });
        for ((_, key, _), output) in written.into_iter().zip(outputs) {
            held.insert(key, output);
        }
    }
}

/// Whether fields are asked for more than once between the same states and keys, as training does: what they have in common
/// is then worth keeping.
fn asks_again(recording: &Recording, times: usize) -> bool {
    let written: Vec<u64> = recording.dispatches.iter().flat_map(written).collect();
    let again = |dispatch: &&Dispatch| {
        let mut read = dispatch.bindings().filter(|(slot, _)| slot.access == Access::Read && slot.name != "dual");
        dispatch.kernel.stem == FIELD.stem && read.all(|(_, array)| !written.contains(&array.id))
    };
    recording.dispatches.iter().filter(again).count() * times > 1
}

/// The arrays that a dispatch writes.
fn written(dispatch: &Dispatch) -> impl Iterator<Item = u64> {
    dispatch.bindings().filter(|(slot, _)| slot.access == Access::Write).map(|(_, array)| array.id)
}

/// Buffers by array and chunk.
type Held<'a> = HashMap<(u64, usize), &'a mut [u32]>;

fn gone(array: &Array) -> Error {
    Error::Device {
        device: "CPU".into(),
        what: format!("{} was freed, or belongs to another backend", array.label),
        cure: "keep an array until its last use".into(),
    }
}

impl Backend for Cpu {
    fn device(&self) -> &Device {
        &self.device
    }

    fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    fn keeps_by_itself(&self) -> bool {
        true
    }

    fn alloc(&self, label: &'static str, element: Element, shape: Shape) -> Result<Array> {
        check_shape(label, shape)?;
        let chunks = Chunks::new(label, shape, self.limits.binding_bytes)?;
        let mut buffers = Vec::new();
        for words in chunks.sizes() {
            let mut buffer = Vec::new();
            buffer.try_reserve_exact(words).map_err(|_| Error::Memory {
                what: label.into(),
                needed: size(shape.bytes()),
                available: "less".into(),
                cure: "lower the load, the neurons or the trials".into(),
            })?;
            buffer.resize(words, SENTINEL);
            buffers.push(buffer);
        }
        let id = Array::next_id();
        self.store().insert(id, Stored { chunks, buffers });
        Ok(Array { id, label, element, shape })
    }

    fn upload(&self, array: &Array, words: &[u32]) -> Result<()> {
        let rows = super::array::uploaded_rows(array, words.len())?;
        let mut store = self.store();
        let stored = store.get_mut(&array.id).ok_or_else(|| gone(array))?;
        let width = array.shape.width;
        for (net, first, count) in stored.chunks.runs(rows) {
            let (chunk, start) = stored.chunks.locate(net, first);
            let source = &words[(net * rows + first) * width..][..count * width];
            stored.buffers[chunk][start..][..count * width].copy_from_slice(source);
        }
        Ok(())
    }

    fn reset(&self, array: &Array) -> Result<()> {
        let mut store = self.store();
        let stored = store.get_mut(&array.id).ok_or_else(|| gone(array))?;
        stored.buffers.iter_mut().for_each(|buffer| {
            buffer.par_chunks_mut(FILLED).for_each(|words| words.fill(SENTINEL));
        });
        Ok(())
    }

    fn run(&self, recording: &Recording, times: usize) -> Result<Profile> {
        let start = Instant::now();
        let mut taken = self.take(recording)?;
        let nets = recording.dispatches.first().map_or(0, |dispatch| dispatch.work.nets);
        let alike = recording.dispatches.iter().all(|dispatch| dispatch.work.nets == nets);
        // Within the pool from the start: handing it each kernel from outside would cost a thread's waking each time.
        let launches = rayon::scope(|_| match alike && nets > 1 && self.limits == Limits::NONE {
            true => Ok(self.run_networks(recording, times, nets, &mut taken)),
            false => self.run_dispatches(recording, times, &mut taken),
        });
        self.store().extend(taken);
        let launches = launches?;
        Ok(Profile { launches, submissions: times, seconds: start.elapsed().as_secs_f64() })
    }

    fn download(&self, array: &Array, rows: usize) -> Result<Vec<u32>> {
        let store = self.store();
        let stored = store.get(&array.id).ok_or_else(|| gone(array))?;
        let width = array.shape.width;
        let mut words = room_for(array, rows)?;
        for (net, first, count) in stored.chunks.runs(rows) {
            let (chunk, start) = stored.chunks.locate(net, first);
            words.extend_from_slice(&stored.buffers[chunk][start..][..count * width]);
        }
        check_written(array, &self.device.name, &words)?;
        Ok(words)
    }

    fn free(&self, array: Array) {
        self.store().remove(&array.id);
    }
}
