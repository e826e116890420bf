//! Fields of real-valued states, on a backend.
//!
//! Overlaps with all keys come first: kernel `couple`, the keys its states and the real-valued states its columns, each the
//! sum of two. The larger is a multiple of a unit so coarse that its sums of N components are exact in f32; what it leaves
//! over is below half a unit, and so is what f32 may do to its sum. Then the kernel of each overlap, in f64 on the host
//! ([`Continuous`]), as a multiple of the trial's largest, so that none of them underflows; and their product with the
//! dual, kernel `weighted`.

use rayon::prelude::*;

use crate::engine::kernel::{COUPLE, WEIGHTED};
use crate::engine::{Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::memory::{Continuous, Memory};

/// Weights held at once; more trials than that run one block after another.
const HELD: usize = 1 << 22;

/// The larger part of a state sums to 2^23 units at most, and so does what rounding adds to it.
const UNITS: i32 = 23;

/// Weights below 2^-64 of a trial's largest are dropped, as kernel `field` drops them.
const DROPPED: f64 = -64.0 * std::f64::consts::LN_2;

/// Largest magnitude of a component.
const MOST: f64 = (1_u64 << 60) as f64;

/// The fields of some real-valued states of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct RealFields {
    /// \[trial, N\], as multiples of a power of two of each trial.
    pub values: Vec<f32>,
    /// \[trial\]: field_i = `values[trial, i]` * 2^`exponents[trial]`.
    pub exponents: Vec<i32>,
}

impl RealFields {
    /// V(s) = -sum over i of s_i h_i(s) of each trial's own state (arXiv 2605.00366); none where it is beyond f64.
    pub fn pseudo_energies(&self, states: &[f64]) -> Vec<Option<f64>> {
        let neurons = self.values.len() / self.exponents.len().max(1);
        let rows = self.values.chunks_exact(neurons.max(1)).zip(states.chunks_exact(neurons.max(1)));
        let of_trial = |((fields, state), &exponent): ((&[f32], &[f64]), &i32)| {
            let sum: f64 = fields.iter().zip(state).map(|(&field, s)| f64::from(field) * s).sum();
            let energy = 0.0 - libm::scalbn(sum, exponent);
            (energy.is_finite() && (energy != 0.0 || sum == 0.0)).then_some(energy)
        };
        rows.zip(&self.exponents).map(of_trial).collect()
    }
}

/// Fields h(s) of every network's states, `states[net]` row-major \[trials, N\] and equally many for each: of duals
/// h_i = sum over mu of K(s, x^mu) alpha\[mu, i\], of couplings h_i = sum over j of s_j W\[j, i\]. The observer hears the share
/// done, 0 to 1, and answers whether to go on.
///
/// The error of h_i is at most gamma_(P + 4) |k|_2 |alpha_i|_2, k the trial's weights and gamma_n = n u / (1 - n u) of f32's
/// u = 2^-24, for weights rounded to f32 and their product; 2^-64 max k |alpha_i|_1 for weights dropped; and for the overlaps
/// that [`overlap_error`] allows the same |dK/dm|.
///
/// # Errors
/// If shapes differ or a component is not finite or above 2^60; of sparse codes, couplings with a bias, and kernels without a
/// continuous form; if the backend fails, or the observer answers no ([`Error::Interrupted`]).
pub fn real_fields(
    space: &Workspace<'_>,
    memories: &[&Memory],
    states: &[Vec<f64>],
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<RealFields>> {
    let Some(first) = memories.first() else { return Ok(Vec::new()) };
    let (nets, neurons) = (memories.len(), first.keys.neurons());
    let trials = check(memories, states)?;
    let forms: Option<Vec<Continuous>> = match first.readout.dual() {
        Some(_) => Some(memories.iter().map(|memory| memory.continuous()).collect::<Result<_>>()?),
        None => None,
    };
    let patterns = if forms.is_some() { first.keys.len() } else { neurons };
    let dual: Vec<u32> =
        memories.iter().flat_map(|memory| bytemuck::cast_slice::<f32, u32>(memory.readout.matrix())).copied().collect();
    let dual = space.rows("dual", Element::F32, nets, neurons, &dual)?;
    let mut all = vec![RealFields { values: Vec::new(), exponents: Vec::new() }; nets];
    let block = (HELD / (nets * patterns.max(neurons)).max(1)).clamp(1, trials.max(1));
    for start in (0..trials).step_by(block) {
        if !observer(start as f64 / trials as f64) {
            return Err(Error::Interrupted);
        }
        let count = block.min(trials - start);
        let part: Vec<&[f64]> = states.iter().map(|states| &states[start * neurons..][..count * neurons]).collect();
        let weighed = match &forms {
            Some(forms) => {
                let overlaps = overlaps(space, memories, &part)?;
                weights(forms, &part, &overlaps, count, patterns)
            }
            None => part.iter().flat_map(|states| states.chunks_exact(neurons)).map(own).collect(),
        };
        let fields = product(space, &dual, Work { nets, trials: count, patterns, neurons }, &weighed)?;
        for ((all, fields), weighed) in
            all.iter_mut().zip(fields.chunks_exact(count * neurons)).zip(weighed.chunks_exact(count))
        {
            all.values.extend(fields.iter().map(|&word| f32::from_bits(word)));
            all.exponents.extend(weighed.iter().map(|weighed| weighed.exponent));
        }
    }
    Ok(all)
}

/// How far an overlap of [`real_fields`] may be from s . x of a state of N neurons whose magnitudes sum to `size`: u / 2 of
/// each component's lesser part is lost when it is rounded, and gamma_N of their sum.
pub fn overlap_error(neurons: usize, size: f64) -> f64 {
    let roundings = (neurons + 1) as f64 / f64::from(1 << 24);
    let unit = size / f64::from(1 << (UNITS - 1));
    neurons as f64 * unit / 2.0 * roundings / (1.0 - roundings)
}

/// A trial's weights, as multiples of 2^`exponent`.
struct Weighed {
    values: Vec<f32>,
    exponent: i32,
}

/// Refuses what has no fields of this kind; how many states each network has.
fn check(memories: &[&Memory], states: &[Vec<f64>]) -> Result<usize> {
    let (neurons, patterns) = (memories[0].keys.neurons(), memories[0].keys.len());
    let kind = memories[0].readout.dual().is_some();
    let length = states.first().map_or(0, Vec::len);
    let alike = |memory: &&Memory| {
        memory.keys.neurons() == neurons
            && memory.readout.dual().is_some() == kind
            && (!kind || memory.keys.len() == patterns)
    };
    if !memories.iter().all(alike)
        || states.len() != memories.len()
        || states.iter().any(|states| states.len() != length)
        || !length.is_multiple_of(neurons)
    {
        return Err(Error::setting(
            format!("{} networks' states for {} memories of {neurons} neurons", states.len(), memories.len()),
            "give each memory of one kind, width and number of patterns equally many whole states",
        ));
    }
    if let Some(memory) = memories.iter().find(|memory| memory.code.is_sparse() || memory.readout.bias().is_some()) {
        return Err(Error::setting(
            format!("real-valued states of a memory by rule {}", memory.provenance.rule),
            "they go with bipolar patterns and fields without a bias: use klr, krr, hebb or llr",
        ));
    }
    match states.iter().flatten().find(|component| component.is_nan() || component.abs() > MOST) {
        None => Ok(length / neurons),
        Some(component) => {
            Err(Error::setting(format!("a state with a component of {component}"), "give finite states, within 2^60"))
        }
    }
}

/// A state as its own weights, for couplings.
fn own(state: &[f64]) -> Weighed {
    Weighed { values: state.iter().map(|&component| component as f32).collect(), exponent: 0 }
}

/// The two f32 whose sum a component is, up to 2^-24 of the lesser.
fn parts(state: &[f64]) -> impl Iterator<Item = [f32; 2]> {
    let size: f64 = state.iter().map(|component| component.abs()).sum();
    let unit = if size == 0.0 { 1.0 } else { libm::scalbn(1.0, libm::ilogb(size) + 1 - UNITS) };
    state.iter().map(move |component| {
        let larger = libm::rint(component / unit) * unit;
        [larger as f32, (component - larger) as f32]
    })
}

/// Overlaps of every state with every key, \[net, trial, pattern\].
fn overlaps(space: &Workspace<'_>, memories: &[&Memory], states: &[&[f64]]) -> Result<Vec<f64>> {
    let (nets, neurons, patterns) = (memories.len(), memories[0].keys.neurons(), memories[0].keys.len());
    let trials = states[0].len() / neurons;
    // The columns, two a state, as so many matrices as wide as a state.
    let groups = (2 * trials).div_ceil(neurons);
    let mut matrices = vec![0.0_f32; nets * groups * neurons * neurons];
    let of_net = matrices.par_chunks_mut(groups * neurons * neurons).zip(states);
    of_net.for_each(|(matrices, states)| {
        for (trial, state) in states.chunks_exact(neurons).enumerate() {
            for (input, parts) in parts(state).enumerate() {
                for (part, component) in parts.into_iter().enumerate() {
                    let (group, column) = ((2 * trial + part) / neurons, (2 * trial + part) % neurons);
                    matrices[(group * neurons + input) * neurons + column] = component;
                }
            }
        }
    });
    let keys: Vec<u32> = memories.iter().flat_map(|memory| memory.keys.words().repeat(groups)).collect();
    let backend = space.backend();
    let space = Workspace::new(backend);
    let batch = nets * groups;
    let keys = space.rows("keys", Element::Bits, batch, memories[0].keys.stride(), &keys)?;
    let matrices = space.rows("columns", Element::F32, batch, neurons, bytemuck::cast_slice(&matrices))?;
    let bias = space.per_net("no bias", Element::F32, batch, &vec![0; batch * neurons])?;
    let overlaps = space.alloc("overlaps", Element::F32, batch, patterns, neurons)?;
    let norms = space.alloc("norms", Element::F32, batch, patterns, 1)?;
    let arrays =
        [("states", &keys), ("couplings", &matrices), ("bias", &bias), ("field", &overlaps), ("weight_norm", &norms)];
    let mut recording = Recording::new();
    let work = Work { nets: batch, trials: patterns, patterns: neurons, neurons };
    recording.dispatch(&COUPLE, work, &arrays, &[("zero", Scalar::F32(-1.0))])?;
    backend.run(&recording, 1)?;
    let found = backend.download(&overlaps, patterns)?;
    let overlap = |net: usize, trial: usize, pattern: usize| {
        let part = |part: usize| {
            let (group, column) = ((2 * trial + part) / neurons, (2 * trial + part) % neurons);
            f64::from(f32::from_bits(found[((net * groups + group) * patterns + pattern) * neurons + column]))
        };
        part(0) + part(1)
    };
    let places = (0..nets * trials * patterns).into_par_iter();
    Ok(places.map(|at| overlap(at / patterns / trials, at / patterns % trials, at % patterns)).collect())
}

/// K of every overlap, a [`Weighed`] for each network's every trial.
fn weights(forms: &[Continuous], states: &[&[f64]], overlaps: &[f64], trials: usize, patterns: usize) -> Vec<Weighed> {
    let of_trial = |(row, overlaps): (usize, &[f64])| {
        let (form, states) = (&forms[row / trials], states[row / trials]);
        let neurons = states.len() / trials;
        let state = &states[row % trials * neurons..][..neurons];
        let square: f64 = state.iter().map(|component| component * component).sum();
        let logarithms: Vec<(f64, f64)> = overlaps.iter().map(|&overlap| form.logarithm(overlap, square)).collect();
        let largest = logarithms.iter().fold(f64::NEG_INFINITY, |most, &(_, logarithm)| most.max(logarithm));
        // Where all vanish, so does the field.
        let exponent = if largest.is_finite() { libm::floor(largest / std::f64::consts::LN_2) } else { 0.0 };
        let weight = |&(sign, logarithm): &(f64, f64)| {
            let relative = logarithm - exponent * std::f64::consts::LN_2;
            if sign == 0.0 || relative < DROPPED { 0.0 } else { (sign * libm::exp(relative)) as f32 }
        };
        Weighed { values: logarithms.iter().map(weight).collect(), exponent: exponent as i32 }
    };
    overlaps.par_chunks_exact(patterns).enumerate().map(of_trial).collect()
}

/// The product of weights and dual, \[net, trial, N\], as words.
fn product(space: &Workspace<'_>, dual: &crate::engine::Array, work: Work, weighed: &[Weighed]) -> Result<Vec<u32>> {
    let Work { nets, trials, patterns, neurons } = work;
    let stride = dual.shape().stride();
    let mut words = Vec::with_capacity(nets * trials * stride);
    for weighed in weighed {
        words.extend(weighed.values.iter().map(|weight| weight.to_bits()));
        words.resize(words.len() + stride - patterns, 0);
    }
    let backend = space.backend();
    let space = Workspace::new(backend);
    let weights = space.rows("weights", Element::F32, nets, stride, &words)?;
    let fields = space.alloc("fields", Element::F32, nets, trials, neurons)?;
    let mut recording = Recording::new();
    recording.dispatch(&WEIGHTED, work, &[("weights", &weights), ("dual", dual), ("field", &fields)], &[])?;
    backend.run(&recording, 1)?;
    backend.download(&fields, trials)
}
