//! The kernel table: one row per kernel, binding a shader, its CPU twin, its slots and its cost.
//!
//! A row's stem names everything: `shaders/<stem>.wgsl`, `kernels-cpu/src/<stem>.rs`, every label. A row whose shader
//! or twin is missing does not compile; one whose slots disagree with its shader is refused when a device opens.

use attractor_kernels_cpu::{self as twins, Arithmetic, Extent};

use super::array::Element;
use super::array::Element::{Bits, F32, I32, U32};

/// What a slot's rows run along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// One row per trial.
    Trial,
    /// One row per stored pattern.
    Pattern,
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
    /// One per neuron.
    Neurons,
    /// One per Hamming distance, N + 1.
    Distances,
}

impl Width {
    /// As a number, for N neurons.
    pub fn of(self, neurons: usize) -> usize {
        match self {
            Self::Fixed(width) => width,
            Self::Words => neurons.div_ceil(32),
            Self::Neurons => neurons,
            Self::Distances => neurons + 1,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorModel {
    /// Integers: the same bits everywhere.
    Exact,
    /// f32 in the defined arithmetic: the same bits on devices whose `fma` rounds alike.
    Defined,
}

/// A row of the table.
#[derive(Debug)]
pub struct Kernel {
    /// Names the shader, the twin and every label.
    pub stem: &'static str,
    /// What it computes, in a line.
    pub summary: &'static str,
    /// WGSL, imports unresolved.
    pub source: &'static str,
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

const fn read(name: &'static str, element: Element, axis: Axis, width: Width) -> Slot {
    Slot { name, element, axis, width, access: Access::Read }
}

const fn write(name: &'static str, element: Element, axis: Axis, width: Width) -> Slot {
    Slot { name, element, axis, width, access: Access::Write }
}

macro_rules! source {
    ($stem:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $stem, ".wgsl"))
    };
}

use Axis::{Net, Pattern, Trial};
use Width::{Distances, Fixed, Neurons, Words};

const ONE: Width = Fixed(1);

fn rows(extent: &Extent) -> u64 {
    (extent.nets * extent.trials) as u64
}

/// Rows times neurons, a few operations each.
fn per_neuron(extent: &Extent) -> u64 {
    rows(extent) * extent.neurons as u64 * 4
}

/// What `fma` does on this device.
pub static MULTIPLY_ADD: Kernel = Kernel {
    stem: "multiply_add",
    summary: "the probe: does fma round once or twice",
    source: source!("multiply_add"),
    slots: &[
        read("a", F32, Trial, ONE),
        read("b", F32, Trial, ONE),
        read("c", F32, Trial, ONE),
        write("result", F32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Defined,
    work: rows,
    twin: |mut call| {
        let result = call.write("result");
        twins::multiply_add::multiply_add(
            &call.extent,
            call.arithmetic,
            call.read("a"),
            call.read("b"),
            call.read("c"),
            result,
        );
    },
};

/// Cues: patterns with an exact number of random flips.
pub static CUE: Kernel = Kernel {
    stem: "cue",
    summary: "cues: stored patterns with an exact number of distinct bits flipped",
    source: source!("cue"),
    slots: &[
        read("source", Bits, Trial, Words),
        read("draw", U32, Trial, Fixed(3)),
        read("key", U32, Net, Fixed(2)),
        write("cue", Bits, Trial, Words),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.neurons as u64 * 30,
    twin: |mut call| {
        let cue = call.write("cue");
        twins::cue::cue(&call.extent, call.read("source"), call.read("draw"), call.read("key"), cue);
    },
};

/// Nearest stored pattern.
pub static NEAREST: Kernel = Kernel {
    stem: "nearest",
    summary: "the nearest stored pattern of each state, and its distance",
    source: source!("nearest"),
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        write("distance", U32, Trial, ONE),
        write("index", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.patterns as u64 * (2 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (distance, index) = (call.write("distance"), call.write("index"));
        twins::nearest::nearest(&call.extent, call.read("states"), call.read("keys"), distance, index);
    },
};

/// The hot kernel.
pub static FIELD: Kernel = Kernel {
    stem: "field",
    summary: "fields: distances, kernel weights and their product with the dual, fused",
    source: source!("field"),
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        read("table", F32, Net, Distances),
        read("exponents", I32, Net, Distances),
        read("reference", U32, Trial, ONE),
        read("dual", F32, Pattern, Neurons),
        write("field", F32, Trial, Neurons),
        write("weight_norm", F32, Trial, ONE),
    ],
    scalars: &[("with_norm", U32)],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * extent.patterns as u64 * (extent.neurons + 2 * extent.words()) as u64,
    twin: |mut call| {
        let (field, weight_norm) = (call.write("field"), call.write("weight_norm"));
        let arrays = twins::field::Field {
            states: call.read("states"),
            keys: call.read("keys"),
            table: call.read("table"),
            exponents: call.read("exponents"),
            reference: call.read("reference"),
            dual: call.read("dual"),
            field,
            weight_norm,
        };
        let with_norm = call.scalar("with_norm") != 0;
        twins::field::field(&call.extent, call.arithmetic, with_norm, arrays, call.kept.take());
    },
};

/// Signs and their certainty.
pub static THRESHOLD: Kernel = Kernel {
    stem: "threshold",
    summary: "next states: the sign of each field, a tie keeping the state, and which signs are not certain",
    source: source!("threshold"),
    slots: &[
        read("states", Bits, Trial, Words),
        read("field", F32, Trial, Neurons),
        read("weight_norm", F32, Trial, ONE),
        read("inverse_bound", F32, Net, Neurons),
        write("next", Bits, Trial, Words),
        write("uncertain", Bits, Trial, Words),
        write("changed", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: per_neuron,
    twin: |mut call| {
        let (next, uncertain, changed) = (call.write("next"), call.write("uncertain"), call.write("changed"));
        let arrays = twins::threshold::Threshold {
            states: call.read("states"),
            field: call.read("field"),
            weight_norm: call.read("weight_norm"),
            inverse_bound: call.read("inverse_bound"),
            next,
            uncertain,
            changed,
        };
        twins::threshold::threshold(&call.extent, arrays);
    },
};

/// The KLR residual.
pub static LOGISTIC: Kernel = Kernel {
    stem: "logistic",
    summary: "the KLR residual sigma(F) - t + lambda alpha, in place of the field F",
    source: source!("logistic"),
    slots: &[
        read("dual", F32, Trial, Neurons),
        read("targets", Bits, Trial, Words),
        write("residual", F32, Trial, Neurons),
    ],
    scalars: &[("regularization", F32)],
    error: ErrorModel::Defined,
    work: |extent| per_neuron(extent) * 8,
    twin: |mut call| {
        let residual = call.write("residual");
        let regularization = f32::from_bits(call.scalar("regularization"));
        let (dual, targets) = (call.read("dual"), call.read("targets"));
        twins::logistic::logistic(&call.extent, call.arithmetic, regularization, dual, targets, residual);
    },
};

/// The descent step.
pub static STEP: Kernel = Kernel {
    stem: "step",
    summary: "one step of gradient descent on the dual",
    source: source!("step"),
    slots: &[read("gradient", F32, Trial, Neurons), write("dual", F32, Trial, Neurons)],
    scalars: &[("rate", F32)],
    error: ErrorModel::Defined,
    work: per_neuron,
    twin: |mut call| {
        let dual = call.write("dual");
        let rate = f32::from_bits(call.scalar("rate"));
        twins::step::step(&call.extent, call.arithmetic, rate, call.read("gradient"), dual);
    },
};

/// Where trials ended.
pub static OUTCOME: Kernel = Kernel {
    stem: "outcome",
    summary: "target, other learned, spurious, cycle or unsettled, by exact equality",
    source: source!("outcome"),
    slots: &[
        read("finals", Bits, Trial, Words),
        read("targets", Bits, Trial, Words),
        read("nearest", U32, Trial, ONE),
        read("period", U32, Trial, ONE),
        write("outcome", U32, Trial, ONE),
        write("distance", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * (4 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (outcome, distance) = (call.write("outcome"), call.write("distance"));
        let (finals, targets) = (call.read("finals"), call.read("targets"));
        let (nearest, period) = (call.read("nearest"), call.read("period"));
        twins::outcome::outcome(&call.extent, finals, targets, nearest, period, outcome, distance);
    },
};

/// How many multiply-adds a second this device can do at best.
pub static PEAK: Kernel = Kernel {
    stem: "peak",
    summary: "the probe of speed: multiply-adds in registers and nothing else",
    source: source!("peak"),
    slots: &[read("factor", F32, Trial, ONE), read("offset", F32, Trial, ONE), write("result", F32, Trial, ONE)],
    scalars: &[],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * twins::peak::PER_TRIAL as u64,
    twin: |mut call| {
        let result = call.write("result");
        twins::peak::peak(&call.extent, call.arithmetic, call.read("factor"), call.read("offset"), result);
    },
};

/// Every kernel, in the order data meets them.
pub static KERNELS: [&Kernel; 9] =
    [&MULTIPLY_ADD, &CUE, &NEAREST, &FIELD, &THRESHOLD, &LOGISTIC, &STEP, &OUTCOME, &PEAK];
