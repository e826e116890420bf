//! What the integration tests share: the backends, reproducible inputs, cases for every kernel, and the judge.
#![allow(dead_code, clippy::allow_attributes, reason = "each test crate uses its own share of this")]

pub(crate) mod cases;
pub(crate) mod golden;
pub(crate) mod judge;
pub(crate) mod oracle;
pub(crate) mod program;

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use attractor::code::Code;
use attractor::engine::cpu::Cpu;
use attractor::engine::gpu::{Gpu, Options, adapters, choose};
use attractor::engine::kernel::Kernel;
use attractor::engine::{Backend, Limits, Workspace};
use attractor::memory::{Memory, Provenance, Readout, Table};
use attractor::pattern::Patterns;
use attractor::random::Philox;
use attractor::recall::{Precision, Recall, recall_in};
use attractor::rule::{Descent, Distances, Trained, Training, train, train_from};
use attractor_kernels_cpu::Arithmetic;
use rand::Rng;

/// Why a GPU test cannot be skipped, and what to do.
const CURE: &str = "these tests need a GPU adapter: install one in software with `apt-get install mesa-vulkan-drivers`";

/// The GPU, opened once per process.
pub(crate) fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| open(Options::default()))
}

/// The same adapter with wgpu's run-time checks in its shaders.
pub(crate) fn checked_gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| open(Options { checked: true, ..Options::default() }))
}

/// The same adapter once for every variant of a kernel that it can run and that takes so many neurons, without and with
/// wgpu's run-time checks; as failures name them.
pub(crate) fn every_gpu(kernel: &Kernel, neurons: usize) -> Vec<(String, &'static Gpu)> {
    static GPUS: Mutex<BTreeMap<(&str, bool), &'static Gpu>> = Mutex::new(BTreeMap::new());
    let offered = gpu().variants(kernel);
    let fitting = kernel.variants.iter().filter(|variant| neurons.is_multiple_of(variant.multiple));
    let names = fitting.map(|variant| variant.name).filter(|name| offered.contains(name));
    let modes = names.flat_map(|name| [(name, false), (name, true)]);
    let mut gpus = GPUS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut opened = |(name, checked): (&'static str, bool)| {
        let options = Options { checked, variant: Some(name.into()), ..Options::default() };
        let gpu = *gpus.entry((name, checked)).or_insert_with(|| Box::leak(Box::new(open(options))));
        (format!("{name}, {}", if checked { "checked" } else { "unchecked" }), gpu)
    };
    modes.map(&mut opened).collect()
}

/// The same adapter with limits below its own.
pub(crate) fn limited_gpu(limits: Limits) -> Gpu {
    open(Options { limits: Some(limits), ..Options::default() })
}

pub(crate) fn open(options: Options) -> Gpu {
    let adapters = adapters();
    let adapter = choose(&adapters, None).unwrap_or_else(|error| panic!("{error}; {CURE}"));
    Gpu::open(adapter, &options).unwrap_or_else(|error| panic!("{error}; {CURE}"))
}

/// The CPU in the arithmetic of this machine's GPU: the one whose bits the GPU must repeat.
pub(crate) fn cpu_like_gpu() -> Cpu {
    Cpu::new(gpu().arithmetic())
}

/// The CPU whose multiply-adds round once.
pub(crate) fn fused() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| Cpu::new(Arithmetic::Fused))
}

/// The CPU whose multiply-adds round twice.
pub(crate) fn twice_rounded() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| Cpu::new(Arithmetic::TwiceRounded))
}

/// Every backend that a law must hold on.
pub(crate) fn backends() -> [&'static dyn Backend; 3] {
    [fused(), twice_rounded(), gpu()]
}

/// A backend as failures name it.
pub(crate) fn name(backend: &dyn Backend) -> String {
    format!("{} ({})", backend.device().backend, backend.device().arithmetic)
}

/// Reproducible numbers: the crate's Philox, one stream per purpose.
pub(crate) struct Draw(Philox);

impl Draw {
    pub(crate) fn new(seed: u32) -> Self {
        Self(Philox::new([seed, 0x7E57], [0; 3]))
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u64::from(self.word()) * end as u64) >> 32) as usize
    }

    /// Uniform in [-1, 1), 24 bits.
    pub(crate) fn signed(&mut self) -> f32 {
        ((self.word() >> 8) as f32 - 8_388_608.0) / 8_388_608.0
    }

    /// `count` values uniform in [-scale, scale).
    pub(crate) fn values(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| scale * self.signed()).collect()
    }

    /// `count` patterns of fair bits.
    pub(crate) fn patterns(&mut self, neurons: usize, count: usize) -> Patterns {
        let words = (0..count * neurons.div_ceil(32)).map(|_| self.word()).collect();
        Patterns::from_words(neurons, words).expect("whole rows")
    }

    /// A permutation of `0..count` (Fisher and Yates).
    pub(crate) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// f32 values as an array's words.
pub(crate) fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// exp(-4 gamma d): the RBF profile's table.
pub(crate) fn rbf(neurons: usize, gamma: f64) -> Table {
    attractor::memory::Profile::Rbf { gamma }.table(neurons).expect("a table")
}

/// A memory of given parts; where it came from does not matter to recall.
pub(crate) fn memory(keys: &Patterns, dual: Vec<f32>, table: &Table) -> Memory {
    with_readout(keys, Readout::Dual { dual, table: table.clone() })
}

/// A memory of couplings, [N, N].
pub(crate) fn coupled(keys: &Patterns, couplings: Vec<f32>) -> Memory {
    with_readout(keys, Readout::Couplings(couplings.into()))
}

/// N times Hebb's couplings, sum over mu of x_j x_i: integers. The diagonal, P, is kept or removed.
pub(crate) fn hebbian(keys: &Patterns, with_diagonal: bool) -> Vec<f32> {
    let neurons = keys.neurons();
    let rows = keys.to_bipolar();
    let coupling = |j: usize, i: usize| {
        let products = rows.chunks_exact(neurons).map(|row| i32::from(row[j] * row[i]));
        if i == j && !with_diagonal { 0.0 } else { products.sum::<i32>() as f32 }
    };
    (0..neurons * neurons).map(|at| coupling(at / neurons, at % neurons)).collect()
}

fn with_readout(keys: &Patterns, readout: Readout) -> Memory {
    let provenance = Provenance::unknown("test");
    Memory { keys: keys.clone(), readout, code: Code::Bipolar, provenance }
}

/// The published settings, eta 0.1 and lambda 0.01, with so many updates.
pub(crate) fn descent(updates: usize) -> Descent {
    Descent { updates, ..Descent::default() }
}

/// Trains every network on a backend.
pub(crate) fn trained(
    backend: &dyn Backend,
    keys: &[Patterns],
    targets: &[Patterns],
    table: &Table,
    updates: usize,
) -> Vec<Trained> {
    let training = Training { keys, targets, table };
    train(&Workspace::new(backend), training, &descent(updates), &mut |_| true).expect("training")
}

/// [`trained`] with its distances from where they are asked for.
pub(crate) fn trained_from(
    distances: Distances,
    backend: &dyn Backend,
    keys: &[Patterns],
    table: &Table,
    updates: usize,
) -> Vec<Trained> {
    let training = Training { keys, targets: keys, table };
    train_from(distances, &Workspace::new(backend), training, &descent(updates), &mut |_| true).expect("training")
}

/// Recalls every network's cues on a backend.
pub(crate) fn recalled(
    backend: &dyn Backend,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
) -> Vec<Recall> {
    recalled_in(Precision::F32, backend, memories, cues, max_steps)
}

/// Recalls every network's cues on a backend in a precision.
pub(crate) fn recalled_in(
    precision: Precision,
    backend: &dyn Backend,
    memories: &[&Memory],
    cues: &[Patterns],
    max_steps: usize,
) -> Vec<Recall> {
    recall_in(precision, &Workspace::new(backend), memories, cues, max_steps, &mut |_| true).expect("recall")
}

/// Patterns with the neurons of `mask` negated.
pub(crate) fn flipped(patterns: &Patterns, mask: &[bool]) -> Patterns {
    let rows = patterns.to_bipolar();
    let signs = rows.chunks_exact(mask.len()).flat_map(|row| row.iter().zip(mask).map(|(&s, &flip)| (s > 0) != flip));
    Patterns::from_signs(mask.len(), signs).expect("whole rows")
}

/// Patterns whose neuron `i` is the old neuron `order[i]`.
pub(crate) fn relabelled(patterns: &Patterns, order: &[usize]) -> Patterns {
    let rows = patterns.to_bipolar();
    let signs = rows.chunks_exact(order.len()).flat_map(|row| order.iter().map(|&neuron| row[neuron] > 0));
    Patterns::from_signs(order.len(), signs).expect("whole rows")
}

/// Cues of every pattern in turn with `flips` of its neurons negated, the neurons drawn with replacement.
pub(crate) fn near(keys: &Patterns, count: usize, flips: usize, draw: &mut Draw) -> Patterns {
    let neurons = keys.neurons();
    let mut rows = keys.select((0..count).map(|trial| trial % keys.len())).to_bipolar();
    for row in rows.chunks_exact_mut(neurons) {
        for _ in 0..flips {
            let neuron = draw.below(neurons);
            row[neuron] = -row[neuron];
        }
    }
    Patterns::from_signs(neurons, rows.iter().map(|&sign| sign > 0)).expect("whole rows")
}
