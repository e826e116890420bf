//! The GPU backend: the shaders through wgpu, on Vulkan, Metal or DX12, headless.

mod adapter;
mod compiled;
mod flight;
mod guard;
mod pipeline;
mod probe;
mod shaders;
mod submit;
mod tune;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use attractor_kernels_cpu::Arithmetic;
use wgpu::{Adapter, Buffer, BufferDescriptor, BufferUsages, PollType};

pub use adapter::{adapters, best_real, choose, is_real};
pub use tune::cache_folder;

use super::array::{
    Array, Chunks, Element, SENTINEL, Shape, check_shape, check_written, room_for, size, uploaded_rows,
};
use super::kernel::{KERNELS, Kernel};
use super::{Backend, Device, Limits, Profile, Recording};
use crate::error::{Error, Result};
use compiled::Compiled;
use flight::Pace;
use guard::{Watch, guarded};
use shaders::Shaders;
use tune::Tuner;

/// Bytes read back in one piece, and written before the device is waited for, so that staging memory stays small.
const STAGED: u64 = 64 << 20;

/// Bytes of the buffer from which arrays are filled.
const FILL: u64 = 1 << 20;

/// How to open an adapter.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Limits below the device's own: they prove in tests that panels change nothing.
    pub limits: Option<Limits>,
    /// Keeps wgpu's run-time checks in the shaders: slower, and the same bits.
    pub checked: bool,
    /// Runs this variant of every kernel that has it, instead of the fastest.
    pub variant: Option<String>,
    /// Where to keep which variant was fastest, and compiled pipelines; see [`cache_folder`]. In memory only, if not given.
    pub cache: Option<PathBuf>,
}

/// One adapter, opened.
pub struct Gpu {
    description: Device,
    arithmetic: Arithmetic,
    device: wgpu::Device,
    queue: wgpu::Queue,
    watch: Watch,
    /// Nothing but the pattern that no kernel writes.
    sentinels: Buffer,
    limits: Limits,
    pace: Pace,
    store: Mutex<HashMap<u64, Stored>>,
    shaders: Shaders,
    compiled: Option<Compiled>,
    tuner: Tuner,
    warnings: Mutex<Vec<String>>,
}

/// An array's buffers. A clone is handles to the same, so that no lock is held while a device is waited for.
#[derive(Clone)]
struct Stored {
    chunks: Chunks,
    buffers: Vec<Buffer>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gpu {
    /// Opens an adapter and probes its arithmetic.
    ///
    /// # Errors
    /// If the adapter refuses a device, or its `fma` rounds neither once nor twice.
    pub fn open(adapter: &Adapter, options: &Options) -> Result<Self> {
        let info = adapter.get_info();
        let own = adapter.limits();
        let opened = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("attractor"),
            required_features: shaders::features(adapter),
            required_limits: own.clone(),
            experimental_features: shaders::experimental_features(adapter),
            memory_hints: wgpu::MemoryHints::Performance,
            trace: wgpu::Trace::Off,
        }));
        let (device, queue) = opened.map_err(|error| Error::Device {
            device: info.name.clone(),
            what: format!("cannot be opened: {error}"),
            cure: "update its driver, or use --backend cpu".into(),
        })?;
        let shaders = Shaders::new(adapter, &own, options)?;
        let watch = Watch::over(&device);
        let kept = || Ok(Compiled::open(&device, &info, options.cache.as_deref()));
        let compiled = guarded(&device, &watch, &info.name, "opening the cache of pipelines", kept)?;
        let sentinels = device.create_buffer(&BufferDescriptor {
            label: Some("sentinels"),
            size: FILL,
            usage: BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        queue.write_buffer(&sentinels, 0, bytemuck::cast_slice(&vec![SENTINEL; FILL as usize / 4]));
        let device_limits = Limits {
            // Metal binds more than a shader's 32-bit index reaches.
            binding_bytes: own.max_storage_buffer_binding_size.min(own.max_buffer_size).min((1 << 31) - 256),
            groups: own.max_compute_workgroups_per_dimension as usize,
            work: u64::MAX,
        };
        let mut gpu = Self {
            description: Device {
                backend: "gpu",
                name: info.name.clone(),
                details: format!("{}, {} {}", info.backend, info.driver, info.driver_info).trim_end().into(),
                arithmetic: "unprobed".into(),
            },
            arithmetic: Arithmetic::Fused,
            device,
            queue,
            watch,
            sentinels,
            limits: device_limits,
            // The first guess errs towards short submissions; every submission corrects it.
            pace: Pace::new(if is_real(&info) { 2e10 } else { 5e8 }),
            store: Mutex::default(),
            shaders,
            compiled,
            tuner: Tuner::new(&info, options.checked, options.cache.as_deref()),
            warnings: Mutex::default(),
        };
        // Every kernel is compiled now: a driver that refuses one must not do so in the middle of the work.
        for kernel in KERNELS {
            shaders::compile(&gpu, kernel, &kernel.variants[0])?;
        }
        gpu.keep_compiled();
        gpu.arithmetic = probe::arithmetic(&gpu)?;
        let name = gpu.arithmetic.to_string();
        let agrees = probe::residual_agrees(&gpu, gpu.arithmetic)?;
        gpu.description.arithmetic = if agrees { name } else { format!("{name} (its duals differ from the CPU's)") };
        if let Some(limits) = options.limits {
            gpu.limits = Limits {
                binding_bytes: device_limits.binding_bytes.min(limits.binding_bytes),
                groups: device_limits.groups.min(limits.groups),
                work: limits.work,
            };
        }
        Ok(gpu)
    }

    fn guarded<T>(&self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        guarded(&self.device, &self.watch, &self.description.name, what, work)
    }

    fn failed(&self, what: impl Into<String>) -> Error {
        Error::Device {
            device: self.description.name.clone(),
            what: what.into(),
            cure: "update its driver, or use --backend cpu".into(),
        }
    }

    /// Keeps what was compiled for the next run. A failure here is none of the work's.
    fn keep_compiled(&mut self) {
        if let Some(mut compiled) = self.compiled.take() {
            let _ = self.guarded("keeping the pipelines", || {
                compiled.save();
                Ok(())
            });
            self.compiled = Some(compiled);
        }
    }

    /// Keeps something to tell the user.
    fn warn(&self, warning: String) {
        locked(&self.warnings).push(warning);
    }

    fn stored(&self, array: &Array) -> Result<Stored> {
        let gone = || self.failed(format!("{} was freed, or belongs to another backend", array.label));
        locked(&self.store).get(&array.id).cloned().ok_or_else(gone)
    }

    fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        let wait = PollType::Wait { submission_index: Some(submission), timeout: None };
        self.device.poll(wait).map(|_| ()).map_err(|error| self.failed(format!("waiting: {error}")))
    }

    /// Fills buffers with the pattern that no kernel writes.
    fn fill<'a>(&self, buffers: impl IntoIterator<Item = &'a Buffer>) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("fill") });
        for buffer in buffers {
            for start in (0..buffer.size()).step_by(FILL as usize) {
                let bytes = FILL.min(buffer.size() - start);
                encoder.copy_buffer_to_buffer(&self.sentinels, 0, buffer, start, bytes);
            }
        }
        self.queue.submit([encoder.finish()]);
    }

    /// Reads parts of buffers, each a buffer, its first byte and how many, through one mapped copy: the device is waited for
    /// once, however many networks an array has.
    fn read(&self, pieces: &[(&Buffer, u64, u64)], words: &mut Vec<u32>) -> Result<()> {
        let bytes = pieces.iter().map(|piece| piece.2).sum();
        let staging = self.device.create_buffer(&BufferDescriptor {
            label: Some("read-back"),
            size: bytes,
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read-back") });
        let mut copied = 0;
        for &(buffer, start, bytes) in pieces {
            encoder.copy_buffer_to_buffer(buffer, start, &staging, copied, bytes);
            copied += bytes;
        }
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, receiver) = futures_intrusive::channel::shared::oneshot_channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver is gone only when this read-back was given up.
            let _ = sender.send(result);
        });
        self.wait(submission)?;
        match pollster::block_on(receiver.receive()) {
            Some(Ok(())) => {}
            _ => return Err(self.failed(format!("reading back {}", size(bytes)))),
        }
        let view = staging.get_mapped_range(..).map_err(|error| self.failed(format!("reading back: {error}")))?;
        words.extend_from_slice(bytemuck::cast_slice(&view));
        Ok(())
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        // Variants were compiled since it was opened.
        self.keep_compiled();
    }
}

impl Backend for Gpu {
    fn device(&self) -> &Device {
        &self.description
    }

    fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    fn variants(&self, kernel: &Kernel) -> Vec<&'static str> {
        let forced = self.shaders.forced(kernel);
        let all = self.shaders.usable(kernel).map(|variant| variant.name);
        all.filter(|&name| forced.is_none_or(|forced| forced.name == name)).collect()
    }

    fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.warnings))
    }

    fn alloc(&self, label: &'static str, element: Element, shape: Shape) -> Result<Array> {
        check_shape(label, shape)?;
        let chunks = Chunks::new(label, shape, self.limits.binding_bytes)?;
        let what = format!("allocating {} for {label}", size(shape.bytes()));
        let buffers = self.guarded(&what, || {
            let buffer = |words: usize| {
                self.device.create_buffer(&BufferDescriptor {
                    label: Some(label),
                    size: words as u64 * 4,
                    usage: BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
                    mapped_at_creation: false,
                })
            };
            Ok(chunks.sizes().into_iter().map(buffer).collect())
        })?;
        let id = Array::next_id();
        locked(&self.store).insert(id, Stored { chunks, buffers });
        let array = Array { id, label, element, shape };
        if let Err(error) = self.reset(&array) {
            self.free(array);
            return Err(error);
        }
        Ok(array)
    }

    fn upload(&self, array: &Array, words: &[u32]) -> Result<()> {
        let rows = uploaded_rows(array, words.len())?;
        let stored = self.stored(array)?;
        let width = array.shape.width;
        self.guarded(&format!("uploading {}", array.label), || {
            let mut staged = 0;
            for (net, first, count) in stored.chunks.runs(rows) {
                let (chunk, start) = stored.chunks.locate(net, first);
                let source = &words[(net * rows + first) * width..][..count * width];
                for (piece, part) in source.chunks(STAGED as usize / 4).enumerate() {
                    let offset = start as u64 * 4 + piece as u64 * STAGED;
                    self.queue.write_buffer(&stored.buffers[chunk], offset, bytemuck::cast_slice(part));
                    staged += part.len() as u64 * 4;
                    if staged >= STAGED {
                        self.wait(self.queue.submit([]))?;
                        staged = 0;
                    }
                }
            }
            Ok(())
        })
    }

    fn reset(&self, array: &Array) -> Result<()> {
        let stored = self.stored(array)?;
        self.guarded(&format!("filling {}", array.label), || {
            self.fill(&stored.buffers);
            Ok(())
        })
    }

    fn run(&self, recording: &Recording, times: usize) -> Result<Profile> {
        submit::run(self, recording, times)
    }

    fn download(&self, array: &Array, rows: usize) -> Result<Vec<u32>> {
        let stored = self.stored(array)?;
        let width = array.shape.width;
        let mut words = room_for(array, rows)?;
        self.guarded(&format!("reading back {}", array.label), || {
            let (mut pieces, mut staged) = (Vec::new(), 0);
            for (net, first, count) in stored.chunks.runs(rows) {
                let (chunk, start) = stored.chunks.locate(net, first);
                let (start, bytes) = (start as u64 * 4, (count * width) as u64 * 4);
                for done in (0..bytes).step_by(STAGED as usize) {
                    let piece = STAGED.min(bytes - done);
                    if staged + piece > STAGED {
                        self.read(&pieces, &mut words)?;
                        pieces.clear();
                        staged = 0;
                    }
                    pieces.push((&stored.buffers[chunk], start + done, piece));
                    staged += piece;
                }
            }
            if pieces.is_empty() { Ok(()) } else { self.read(&pieces, &mut words) }
        })?;
        check_written(array, &self.description.name, &words)?;
        Ok(words)
    }

    fn free(&self, array: Array) {
        // Not under the lock: wgpu may let a buffer go only after another thread's wait.
        let stored = locked(&self.store).remove(&array.id);
        if let Some(stored) = stored {
            stored.buffers.iter().for_each(Buffer::destroy);
        }
    }
}
