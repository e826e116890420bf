//! The engine: buffers and dispatches, and no mathematics.
//!
//! An algorithm appends dispatches of the [kernel table](kernel) to a [`Recording`]; a [`Backend`] runs it. [`cpu`] runs
//! the twins in `kernels-cpu`, [`gpu`] the shaders through wgpu; both cut work into [panels](panel) in the same place.
//!
//! To add a kernel: a shader, a twin, a row. To add a backend: one file.

pub use attractor_kernels_cpu::Arithmetic;
use serde::Serialize;

use crate::error::Result;
use kernel::Kernel;

pub mod array;
pub mod choice;
pub mod cpu;
pub mod gpu;
pub mod kernel;
mod memory;
pub mod panel;
pub mod recording;
pub mod template;
pub(crate) mod trial;
pub mod wgsl;
mod workspace;

pub use array::{Array, Element, Shape};
pub use memory::available_memory;
pub use panel::Limits;
pub use recording::{Recording, Scalar, Work};
pub use workspace::Workspace;

/// What ran, for `attractor devices` and the manifest.
#[derive(Clone, Debug, Serialize)]
pub struct Device {
    /// "cpu" or "gpu".
    pub backend: &'static str,
    /// The adapter's or processor's name.
    pub name: String,
    /// Driver and API, or the number of threads.
    pub details: String,
    /// "fused" or "twice-rounded", probed; duals are the same bits on devices that agree here. Says so when the device's
    /// compiler rearranges even that.
    pub arithmetic: String,
}

/// What running a recording cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile {
    /// Kernel launches, panels counted one by one.
    pub launches: usize,
    /// Batches handed to the device.
    pub submissions: usize,
    /// Wall time.
    pub seconds: f64,
}

/// A device that holds arrays and runs recordings. Object-safe; knows no algorithm.
pub trait Backend: Send + Sync {
    /// What this is.
    fn device(&self) -> &Device;

    /// How its multiply-adds round.
    fn arithmetic(&self) -> Arithmetic;

    /// The variants of a kernel that it chooses among, plain first.
    fn variants(&self, kernel: &Kernel) -> Vec<&'static str> {
        kernel.variants.first().map(|variant| variant.name).into_iter().collect()
    }

    /// Whether it keeps, from one product to the next, what pays there: storing it for such a backend gains nothing.
    fn keeps_by_itself(&self) -> bool {
        false
    }

    /// What came up since this was last asked that is no error, but that users should know.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// An array filled with a pattern that no kernel writes.
    ///
    /// # Errors
    /// If the memory cannot be had, naming the array and its size.
    fn alloc(&self, label: &'static str, element: Element, shape: Shape) -> Result<Array>;

    /// Writes the first rows of every net: `words` is `[nets, rows, width]` without padding.
    ///
    /// # Errors
    /// If `words` is not a whole number of rows for every net, or the device is lost.
    fn upload(&self, array: &Array, words: &[u32]) -> Result<()>;

    /// Fills an array again with the pattern that no kernel writes.
    ///
    /// # Errors
    /// If the device is lost.
    fn reset(&self, array: &Array) -> Result<()>;

    /// Runs a recording `times` times over.
    ///
    /// # Errors
    /// If the device refuses, fails or loses any part of it.
    fn run(&self, recording: &Recording, times: usize) -> Result<Profile>;

    /// Reads the first `rows` rows of every net, without padding.
    ///
    /// # Errors
    /// If a value was never written by a kernel, or the device is lost.
    fn download(&self, array: &Array, rows: usize) -> Result<Vec<u32>>;

    /// Gives an array's memory back.
    fn free(&self, array: Array);
}
