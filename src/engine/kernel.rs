//! The kernel table: one row per kernel, binding its shaders, its CPU twin, its slots and its cost. What a row is
//! stands here, the rows themselves in `kernel/rows.rs`.
//!
//! A row's stem names everything: `shaders/<stem>.wgsl`, `kernels-cpu/src/<stem>.rs`, every label. A row whose shader
//! or twin is missing does not compile; one whose slots disagree with its shader is refused when a device opens.
//! `field_stored` has the shaders of `field`, with another number in them, and `visit_coupled` that of `visit`.
//!
//! A row may have further shaders, [`Variant`]s, in `shaders/<stem>/`: other ways to the same bits, of which a device
//! runs whichever it is fastest with.

mod rows;

use attractor_kernels_cpu::{self as twins, Arithmetic, Extent, padded};

use super::array::Element;
use super::recording::Work;
pub use rows::{
    ADVANCE, BEST, COUPLE, CROSS_ENTROPY, CUE, DISTANCE, ENTMAX, FIELD, FIELD_HALF, FIELD_SPLIT, FIELD_STORED,
    FOOTPRINT, FOOTPRINT_GRADIENT, GATHER, HEAVIEST, HISTOGRAM, KERNELS, LOGISTIC, MOMENTUM, MULTIPLY_ADD, NEAREST,
    OUTCOME, PEAK, PEAK_HALF, POWER, PRIOR, SIMILARITY, SOFTMAX, STEP, THRESHOLD, TOP, VARY, VISIT, VISIT_COUPLED,
    WEIGHTED, WINNERS,
};

/// What a slot's rows run along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// One row per trial.
    Trial,
    /// One row per trial, but the rows of 64 trials, a tile, lie pattern by pattern (`shaders/shared/distances.wgsl`).
    /// A tile is written whole.
    Tiled,
    /// One row per stored pattern.
    Pattern,
    /// One row per neuron. A kernel with such rows takes all patterns at once, and all of the array.
    Neuron,
    /// Per network only.
    Net,
}

/// How a kernel uses a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads it.
    Read,
    /// Reads and writes it.
    Write,
}

/// Words per row of a slot (along trials or patterns), or entries per net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A fixed number.
    Fixed(usize),
    /// A packed state.
    Words,
    /// As many packed states, one after another, as the kernel's first scalar says.
    States,
    /// One per neuron.
    Neurons,
    /// One per two neurons.
    NeuronPairs,
    /// Two per neuron: of real-valued states' dimensions, one of each kind of likeness.
    Likenesses,
    /// One per Hamming distance, N + 1.
    Distances,
    /// Two per Hamming distance.
    DistancePairs,
    /// One per pattern.
    Patterns,
    /// One per pattern, padding included.
    StoredPatterns,
    /// One per two patterns, padding included.
    PatternPairs,
}

impl Width {
    /// As a number, for some work and the kernel's scalars.
    pub fn of(self, work: Work, scalars: &[u32]) -> usize {
        let neurons = work.neurons;
        match self {
            Self::Fixed(width) => width,
            Self::Words => neurons.div_ceil(32),
            Self::States => neurons.div_ceil(32).saturating_mul(scalars.first().map_or(1, |&states| states as usize)),
            Self::Neurons => neurons,
            Self::NeuronPairs => neurons.div_ceil(2),
            Self::Likenesses => 2 * neurons,
            Self::Distances => neurons + 1,
            Self::DistancePairs => 2 * (neurons + 1),
            Self::Patterns => work.patterns,
            Self::StoredPatterns => padded(work.patterns.max(1)),
            Self::PatternPairs => padded(work.patterns.max(1)) / 2,
        }
    }
}

/// One array a kernel is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its name in the shader.
    pub name: &'static str,
    /// What its words mean.
    pub element: Element,
    /// What its rows run along.
    pub axis: Axis,
    /// Words per row.
    pub width: Width,
    /// Whether the kernel writes it.
    pub access: Access,
}

/// How far two backends may differ on a kernel's outputs.
#[derive(Clone, Copy, Debug)]
pub enum ErrorModel {
    /// Integers: the same bits everywhere.
    Exact,
    /// f32 in the defined arithmetic: the same bits on devices whose `fma` rounds alike.
    Defined,
    /// Within the bound that the twin derives, whatever the order and rounding of the sums.
    Bound(Apart),
}

/// How far apart the outputs of two devices may lie: for each output, laid out as it is; from the inputs, and the
/// outputs of one of the two as further inputs.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    pub(crate) limits: fn(Call<'_>) -> Vec<Vec<f64>>,
}

/// One of a kernel's shaders.
#[derive(Debug)]
pub struct Variant {
    /// Its name, unique in its row. The first is "plain", which every device can run.
    pub name: &'static str,
    /// The file, below `shaders/`.
    pub file: &'static str,
    /// Its text, before the directives of [`template`](super::template) are carried out.
    pub source: &'static str,
    /// The numbers that its text asks for.
    pub parameters: &'static [(&'static str, i64)],
    /// It takes only numbers of neurons that are multiples of this.
    pub multiple: usize,
    /// What a device must have to run it, beside room for its threads and memory.
    pub need: Option<Need>,
}

/// What not every device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Cooperative matrices of 16 x 16 x 16, f16 products summed in f32, and subgroups of exactly 32 threads.
    CooperativeMatrix,
}

impl Variant {
    /// Its text as WGSL.
    ///
    /// # Errors
    /// A line that says where a directive is wrong.
    pub fn text(&self) -> Result<String, String> {
        super::template::resolve(self.source, self.parameters).map_err(|fault| format!("{}: {fault}", self.file))
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Kernel {
    /// Names the shader, the twin and every label.
    pub stem: &'static str,
    /// What it computes, in a line.
    pub summary: &'static str,
    /// Its shaders: the same slots and arithmetic.
    pub variants: &'static [Variant],
    /// Its arrays, in binding order from 1 (0 is the uniform).
    pub slots: &'static [Slot],
    /// Names and types of the scalars that follow the extent in the uniform.
    pub scalars: &'static [(&'static str, Element)],
    /// What may differ between backends.
    pub error: ErrorModel,
    /// Elementary operations in a panel, to keep submissions short.
    pub work: fn(&Extent) -> u64,
    /// The CPU kernel.
    pub(crate) twin: fn(Call<'_>),
}

/// What a CPU kernel is called with.
pub(crate) struct Call<'a> {
    pub(crate) extent: Extent,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) scalars: Vec<(&'static str, u32)>,
    pub(crate) inputs: Vec<(&'static str, &'a [u32])>,
    pub(crate) outputs: Vec<(&'static str, &'a mut [u32])>,
    /// What an earlier call on the same network left behind.
    pub(crate) kept: Option<&'a mut twins::field::Kept>,
}

impl<'a> Call<'a> {
    fn scalar(&self, name: &str) -> u32 {
        let found = self.scalars.iter().find(|scalar| scalar.0 == name);
        found.unwrap_or_else(|| unreachable!("Recording::dispatch checks scalars: {name}")).1
    }

    fn read<T: bytemuck::AnyBitPattern>(&self, name: &str) -> &'a [T] {
        let found = self.inputs.iter().find(|slot| slot.0 == name);
        bytemuck::cast_slice(found.unwrap_or_else(|| unreachable!("Recording::dispatch checks slots: {name}")).1)
    }

    fn write<T: bytemuck::Pod>(&mut self, name: &str) -> &'a mut [T] {
        let found = self.outputs.iter_mut().find(|slot| slot.0 == name);
        let slot = found.unwrap_or_else(|| unreachable!("Recording::dispatch checks slots: {name}"));
        bytemuck::cast_slice_mut(std::mem::take(&mut slot.1))
    }
}
