//! The CPU backend: arrays in host memory, kernels from `kernels-cpu`, threads from rayon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use attractor_kernels_cpu::Arithmetic;

use super::array::{Array, Chunks, Element, SENTINEL, Shape, check_shape, check_written, room_for, size};
use super::kernel::{Access, Call};
use super::panel::{Limits, Panel, panels};
use super::recording::Dispatch;
use super::{Backend, Device, Profile, Recording};
use crate::error::{Error, Result};

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

    /// Takes a dispatch's arrays out of the store, so that no lock is held while kernels run: a rayon worker that waits
    /// for its kernel may start another job that wants the store.
    fn take(&self, dispatch: &Dispatch) -> Result<HashMap<u64, Stored>> {
        let mut store = self.store();
        if let Some(array) = dispatch.arrays.iter().find(|array| !store.contains_key(&array.id)) {
            return Err(gone(array));
        }
        Ok(dispatch.arrays.iter().filter_map(|array| store.remove_entry(&array.id)).collect())
    }

    fn run_dispatch(&self, dispatch: &Dispatch) -> Result<usize> {
        let mut taken = self.take(dispatch)?;
        let chunks: Vec<Chunks> = dispatch.arrays.iter().map(|array| taken[&array.id].chunks).collect();
        // One workgroup takes 64 trials here too, so that a limit on groups means the same as on a GPU.
        let panels = panels(dispatch, &chunks, 64, &self.limits);
        for panel in &panels {
            self.run_panel(&mut taken, dispatch, &chunks, panel);
        }
        self.store().extend(taken);
        Ok(panels.len())
    }

    fn run_panel(&self, store: &mut HashMap<u64, Stored>, dispatch: &Dispatch, chunks: &[Chunks], panel: &Panel) {
        let spans = dispatch.bindings().zip(chunks);
        let spans: Vec<_> =
            spans.map(|((slot, array), chunks)| (slot, array.id, panel.span(chunks, slot.axis, array.shape))).collect();
        // What is written is taken out while it is written; no array is bound twice then.
        let mut written: Vec<(u64, usize, Vec<u32>)> = Vec::new();
        for (_, id, (chunk, _)) in spans.iter().filter(|span| span.0.access == Access::Write) {
            let buffer = store.get_mut(id).map(|stored| std::mem::take(&mut stored.buffers[*chunk]));
            written.extend(buffer.map(|buffer| (*id, *chunk, buffer)));
        }
        let reads = spans.iter().filter(|span| span.0.access == Access::Read);
        let writes = spans.iter().filter(|span| span.0.access == Access::Write).zip(&mut written);
        (dispatch.kernel.twin)(Call {
            extent: panel.extent(dispatch),
            arithmetic: self.arithmetic,
            scalars: dispatch.kernel.scalars.iter().map(|scalar| scalar.0).zip(dispatch.scalars.clone()).collect(),
            inputs: reads
                .map(|(slot, id, (chunk, span))| (slot.name, &store[id].buffers[*chunk][span.clone()]))
                .collect(),
            outputs: writes
                .map(|((slot, _, (_, span)), (_, _, buffer))| (slot.name, &mut buffer[span.clone()]))
                .collect(),
        });
        for (id, chunk, buffer) in written {
            if let Some(stored) = store.get_mut(&id) {
                stored.buffers[chunk] = buffer;
            }
        }
    }
}

fn gone(array: &Array) -> Error {
    Error::Device {
        device: "CPU".into(),
        what: format!("{} was freed, or belongs to another backend", array.label),
        cure: "keep an array until its last use".into(),
    }
}

fn vector_extension() -> String {
    format!("{:?}", pulp::Arch::new()).split('(').next().unwrap_or("scalar").to_lowercase()
}

impl Backend for Cpu {
    fn device(&self) -> &Device {
        &self.device
    }

    fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
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
        stored.buffers.iter_mut().for_each(|buffer| buffer.fill(SENTINEL));
        Ok(())
    }

    fn run(&self, recording: &Recording, times: usize) -> Result<Profile> {
        let start = Instant::now();
        let mut launches = 0;
        for _ in 0..times {
            for dispatch in &recording.dispatches {
                launches += self.run_dispatch(dispatch)?;
            }
        }
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
