//! Whether a variant gives what plain gives.
//!
//! On inputs of its own: those of the work may not be there yet, because an earlier dispatch of the recording writes them, or
//! may be the zeros that training starts from, which forgive everything. A few hundred rows are enough, because a shader
//! does the same at every tile: whole tiles and cut ones, two networks, and two panels of patterns, the second of which
//! continues the chains of the first. Of few patterns, moreover, a bound allows little beside fields that are large.

use attractor_kernels_cpu::philox::philox;
use attractor_kernels_cpu::{Extent, PAD};
use wgpu::Buffer;

use crate::engine::array::{Chunks, SENTINEL};
use crate::engine::gpu::flight::Flight;
use crate::engine::gpu::submit::{launches, send};
use crate::engine::gpu::{Gpu, Stored, shaders};
use crate::engine::kernel::{Access, Apart, Axis, Call, ErrorModel, Kernel, Slot, Variant};
use crate::engine::panel::{Panel, panels};
use crate::engine::recording::{Dispatch, Work, rows_and_width};
use crate::engine::{Array, Element, Workspace};
use crate::error::Result;

/// At most so many networks, trials and patterns are compared: of trials, the widest tile and a part of another, and not all
/// rows of an array; of patterns, several turns of every inner loop in both panels.
const MOST: [usize; 3] = [2, 3 * PAD - 5, 4 * PAD];

/// What plain gives, to compare with.
pub(super) struct Check<'a> {
    /// Owns the arrays.
    _space: Workspace<'a>,
    dispatch: Dispatch,
    stored: Vec<Stored>,
    panels: Vec<Panel>,
    /// Plain's outputs, in the order of their slots.
    right: Vec<Vec<u32>>,
    /// How far others may be from them, where not every bit is defined.
    limits: Option<Vec<Vec<f64>>>,
}

impl<'a> Check<'a> {
    /// Makes inputs for work like a dispatch's, and runs plain on them. Scalars are 1, which leaves out nothing that a kernel
    /// may be asked for.
    pub(super) fn new(gpu: &'a Gpu, like: &Dispatch, plain: &'static Variant) -> Result<Self> {
        let (kernel, neurons) = (like.kernel, like.work.neurons);
        let [nets, trials, patterns] = [like.work.nets, like.work.trials, like.work.patterns];
        let [nets, trials, patterns] = [nets.min(MOST[0]), trials.min(MOST[1]), patterns.min(MOST[2])];
        let work = Work { nets, trials, patterns, neurons };
        let one = |&(_, element): &(_, Element)| if element == Element::F32 { 1.0_f32.to_bits() } else { 1 };
        let scalars: Vec<u32> = kernel.scalars.iter().map(one).collect();
        let space = Workspace::new(gpu);
        let (mut arrays, mut inputs) = (Vec::new(), Vec::new());
        for (index, slot) in kernel.slots.iter().enumerate() {
            let (rows, width) = rows_and_width(slot, work, &scalars);
            let array = space.alloc(slot.name, slot.element, nets, rows, width)?;
            if slot.access == Access::Read {
                let words = sample(kernel, slot, index as u32, nets * rows * width, neurons);
                space.backend().upload(&array, &words)?;
                inputs.push((slot.name, words));
            }
            arrays.push(array);
        }
        let stored = arrays.iter().map(|array| gpu.stored(array)).collect::<Result<Vec<_>>>()?;
        let dispatch = Dispatch { kernel, work, arrays, scalars };
        let chunks: Vec<Chunks> = stored.iter().map(|stored| stored.chunks).collect();
        // Not cut by the pace of the device: so little takes no time, and of a busy device's short panels no tile is whole.
        let whole = panels(&dispatch, &chunks, gpu.shaders.least_tile(kernel), &gpu.limits);
        let panels = whole.into_iter().flat_map(|panel| continued(kernel, panel)).collect();
        let mut check = Self { _space: space, dispatch, stored, panels, right: Vec::new(), limits: None };
        check.right = check.outputs(gpu, plain)?;
        if let ErrorModel::Bound(apart) = &kernel.error {
            check.limits = Some(check.limits(gpu, apart, &inputs));
        }
        Ok(check)
    }

    /// Where a variant's outputs are not plain's, in words; none where they are.
    pub(super) fn difference(&self, gpu: &Gpu, variant: &'static Variant) -> Result<Option<String>> {
        let found = self.outputs(gpu, variant)?;
        for (index, ((slot, array), right)) in self.written().zip(&self.right).enumerate() {
            let shape = array.shape();
            let place = |at: usize| (at / shape.width / shape.stride(), at / shape.width % shape.stride());
            let limits = self.limits.as_ref().map(|limits| &limits[index]);
            let alike = |at: usize, right: u32, found: u32| {
                let [a, b] = [right, found].map(|word| f64::from(f32::from_bits(word)));
                let within = limits.is_some_and(|limits| slot.element == Element::F32 && (a - b).abs() <= limits[at]);
                let missing = place(at).1 < shape.rows && nothing(slot, found);
                (right == found && !missing) || within
            };
            let mut pairs = right.iter().copied().zip(found[index].iter().copied()).enumerate();
            if let Some((at, (right, found))) = pairs.find(|&(at, (right, found))| !alike(at, right, found)) {
                let (net, row) = place(at);
                let [right, found] = [right, found].map(|word| shown(slot, word));
                let column = at % shape.width;
                return Ok(Some(format!("{} [net {net}, row {row}, {column}]: {found} for {right}", slot.name)));
            }
        }
        Ok(None)
    }

    fn written(&self) -> impl Iterator<Item = (&'static Slot, &Array)> {
        self.dispatch.bindings().filter(|(slot, _)| slot.access == Access::Write)
    }

    /// All that a variant writes, padding included, into arrays that hold nothing before.
    fn outputs(&self, gpu: &Gpu, variant: &'static Variant) -> Result<Vec<Vec<u32>>> {
        let pipeline = shaders::compile(gpu, self.dispatch.kernel, variant)?;
        let written = self.dispatch.bindings().zip(&self.stored).filter(|((slot, _), _)| slot.access == Access::Write);
        let buffers: Vec<&[Buffer]> = written.map(|(_, stored)| stored.buffers.as_slice()).collect();
        gpu.guarded("filling arrays of a trial", || {
            gpu.fill(buffers.iter().copied().flatten());
            Ok(())
        })?;
        let stored: Vec<&Stored> = self.stored.iter().collect();
        let launches = launches(gpu, &self.dispatch, &stored, &pipeline, &self.panels)?;
        let mut flight = Flight::new(gpu);
        let sent = send(gpu, &mut flight, launches.iter());
        flight.land_all()?;
        sent?;
        let read = |buffers: &&[Buffer]| {
            let (mut words, pieces) = (Vec::new(), buffers.iter().map(|buffer| (buffer, 0, buffer.size())));
            let pieces: Vec<_> = pieces.collect();
            gpu.guarded("reading back a trial", || gpu.read(&pieces, &mut words)).map(|()| words)
        };
        buffers.iter().map(read).collect()
    }

    /// How far any variant's outputs may be from plain's.
    fn limits(&self, gpu: &Gpu, apart: &Apart, inputs: &[(&'static str, Vec<u32>)]) -> Vec<Vec<f64>> {
        let Work { nets, trials, patterns, neurons } = self.dispatch.work;
        let outputs = self.written().zip(&self.right).map(|((slot, _), words)| (slot.name, words.as_slice()));
        let trial_stride = self.dispatch.stride(Axis::Trial);
        let extent =
            Extent { nets, trials, patterns, neurons, trial_stride, pattern_stride: patterns, first_pattern: 0 };
        (apart.limits)(Call {
            extent,
            arithmetic: gpu.arithmetic,
            scalars: Vec::new(),
            inputs: inputs.iter().map(|(name, words)| (*name, words.as_slice())).chain(outputs).collect(),
            outputs: Vec::new(),
            kept: None,
        })
    }
}

/// A panel in two along its patterns, the second of which continues the first.
fn continued(kernel: &Kernel, panel: Panel) -> Vec<Panel> {
    let Panel { nets, trials, patterns } = panel;
    let middle = patterns.start + (patterns.len() / 2).next_multiple_of(PAD);
    let along = kernel.slots.iter().any(|slot| slot.axis == Axis::Pattern);
    let parts = match along && middle < patterns.end {
        true => vec![patterns.start..middle, middle..patterns.end],
        false => vec![patterns],
    };
    parts.into_iter().map(|patterns| Panel { nets: nets.clone(), trials: trials.clone(), patterns }).collect()
}

/// Inputs that every kernel may be given. Numbers are 1 to 2 in magnitude, so that all count in a sum, and those of tables
/// are halves where the dual's are; distances are up to N; exponents and counts are 0, which scales nothing and is within
/// every array.
fn sample(kernel: &Kernel, slot: &Slot, index: u32, count: usize, neurons: usize) -> Vec<u32> {
    let words = neurons.div_ceil(32);
    let tail = u32::MAX >> (words * 32 - neurons);
    let halves = kernel.slots.iter().any(|slot| slot.element == Element::Halves);
    let half = |bits: u32| (bits & 0x83FF) | 0x3C00;
    let word = |(at, bits): (usize, u32)| match (slot.element, slot.axis) {
        (Element::Bits, _) => bits & if at % words + 1 == words { tail } else { u32::MAX },
        (Element::F32, Axis::Net) if halves => (bits & 0x807F_E000) | 0x3F80_0000,
        (Element::F32, _) => (bits & 0x807F_FFFF) | 0x3F80_0000,
        (Element::Halves, _) => half(bits >> 16) << 16 | half(bits & 0xFFFF),
        (Element::Shorts, _) => {
            let distance = |bits: u32| (bits & 0xFFFF) % (neurons as u32 + 1);
            distance(bits >> 16) << 16 | distance(bits)
        }
        (Element::U32 | Element::I32, _) => 0,
    };
    let blocks = (0..count.div_ceil(4) as u32).flat_map(|block| philox([0x6368, 0x0065_636B], [block, index, 0, 0]));
    blocks.take(count).enumerate().map(word).collect()
}

/// Whether a word is no result: never written, or no number.
fn nothing(slot: &Slot, word: u32) -> bool {
    match slot.element {
        Element::F32 => f32::from_bits(word).is_nan(),
        Element::U32 | Element::I32 => word == SENTINEL,
        // May hold any bits.
        Element::Bits | Element::Halves | Element::Shorts => false,
    }
}

fn shown(slot: &Slot, word: u32) -> String {
    match slot.element {
        _ if word == SENTINEL => "nothing".into(),
        Element::F32 => format!("{:e}", f32::from_bits(word)),
        _ => format!("{word:#010x}"),
    }
}
