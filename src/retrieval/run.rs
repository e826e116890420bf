//! Queries through their steps: scores, weights, readout, until they stay.

use super::network::{Activation, Network};
use super::stage::{Stage, prepared};
use crate::data::Features;
use crate::engine::kernel::{BEST, WEIGHTED};
use crate::engine::{Array, Element, Recording, Work, Workspace};
use crate::error::{Error, Result};

/// Scores held at once; more queries than that run one block after another.
const HELD: usize = 1 << 23;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// Steps at most, from 1 on.
    pub most: usize,
    /// A query stays when no dimension changed by more than this.
    pub tolerance: f32,
    /// Whether the weights of all patterns are brought back.
    pub keeps_weights: bool,
}

impl Default for Steps {
    /// One step, as attention takes it.
    fn default() -> Self {
        Self { most: 1, tolerance: 1e-6, keeps_weights: false }
    }
}

/// What became of each query.
#[derive(Clone, Debug, PartialEq)]
pub struct Retrieved {
    /// Readouts of the last step, \[queries, v\].
    pub readouts: Features,
    /// The pattern of the largest weight in the last step.
    pub indices: Vec<usize>,
    /// Its weight; of separations whose weights are up to a factor relative to that.
    pub weights: Vec<f32>,
    /// The weights of all patterns in the last step, \[queries, P\], if they were asked for.
    pub all_weights: Option<Vec<f32>>,
    /// Steps taken.
    pub steps: Vec<usize>,
    /// E = -1/beta ln of the sum of exp(beta s) of the state that the last step began with, of separation softmax.
    pub energies: Option<Vec<f64>>,
}

/// Takes queries, \[B, d\], through a network's steps. The observer hears the share done, 0 to 1, and answers whether
/// to go on.
///
/// # Errors
/// If the parts of the network do not fit each other or the queries, if readouts that are no states are to be taken
/// further, if a readout is not finite, if the backend fails, or the observer answers no ([`Error::Interrupted`]).
pub fn retrieve(
    space: &Workspace<'_>,
    network: &Network,
    queries: &Features,
    steps: Steps,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Retrieved> {
    network.check()?;
    network.check_queries(queries)?;
    let (dimensions, width) = (network.patterns.dimensions(), network.values().dimensions());
    if steps.most == 0 || (steps.most > 1 && network.values.is_some()) || steps.tolerance.is_nan() {
        let what = format!("{} steps to a tolerance of {}", steps.most, steps.tolerance);
        let cure = "give one step at least, only one where other values are read out, and a number as tolerance";
        return Err(Error::setting(what, cure));
    }
    let stage = Stage::new(space, &network.patterns, &network.similarity, network.prior.as_deref())?;
    let values = network.values();
    let values = stage.space.rows("values", Element::F32, 1, width, bytemuck::cast_slice(values.values()))?;
    let count = queries.len();
    let block = (HELD / stage.stride()).clamp(1, count);
    let patterns = steps.keeps_weights.then(|| network.patterns.len());
    let mut ends = Ends::new(count, width, network.separation.softmax().is_some(), patterns);
    for start in (0..count).step_by(block) {
        let mut moving: Vec<usize> = (start..(start + block).min(count)).collect();
        let mut states = queries.select(moving.iter().copied());
        for step in 1..=steps.most {
            let done = (start as f64 + block as f64 * (step - 1) as f64 / steps.most as f64) / count as f64;
            if !observer(done.min(1.0)) {
                return Err(Error::Interrupted);
            }
            // Where a readout is free of the bias, so is every state after the first.
            let bias = network.bias.as_deref().filter(|_| step == 1 || network.keeps_bias);
            let outputs = one_step(&stage, network, &values, &states, bias, steps.keeps_weights)?;
            ends.keep(&moving, step, &outputs)?;
            if step == steps.most {
                break;
            }
            let moved = |at: &usize| {
                let (before, after) = (states.row(*at), &outputs.readouts[at * width..][..width]);
                before.iter().zip(after).any(|(before, after)| (before - after).abs() > steps.tolerance)
            };
            let still: Vec<usize> = (0..moving.len()).filter(moved).collect();
            if still.is_empty() {
                break;
            }
            let next = still.iter().flat_map(|&at| outputs.readouts[at * width..][..width].iter().copied());
            states = Features::new(dimensions, next.collect())?;
            moving = still.iter().map(|&at| moving[at]).collect();
        }
    }
    ends.finish(width)
}

/// What one step of some queries gave.
struct Outputs {
    readouts: Vec<f32>,
    indices: Vec<u32>,
    weights: Vec<f32>,
    all_weights: Option<Vec<f32>>,
    energies: Option<Vec<f64>>,
}

fn one_step(
    stage: &Stage<'_>,
    network: &Network,
    values: &Array,
    states: &Features,
    bias: Option<&[f32]>,
    keeps_weights: bool,
) -> Result<Outputs> {
    let backend = stage.space.backend();
    let space = Workspace::new(backend);
    let (count, width) = (states.len(), network.values().dimensions());
    let asked = prepared(&network.similarity, states, bias)?;
    let queries = space.rows("queries", Element::F32, 1, asked.dimensions(), bytemuck::cast_slice(asked.values()))?;
    let scores = space.alloc("scores", Element::F32, 1, count, stage.stride())?;
    let summary = space.alloc("summary", Element::F32, 1, count, 2)?;
    let [index, best] = [Element::U32, Element::F32].map(|element| space.alloc("best", element, 1, count, 1));
    let (index, best) = (index?, best?);
    let fields = space.alloc("readouts", Element::F32, 1, count, width)?;
    let mut recording = Recording::new();
    stage.record(&mut recording, &queries, &scores)?;
    let work = stage.work(count);
    if let Some(kernel) = network.separation.named.kernel {
        let arrays = [("weights", &scores), ("summary", &summary)];
        recording.dispatch(kernel, work, &arrays, &network.separation.scalars())?;
    }
    recording.dispatch(&BEST, work, &[("scores", &scores), ("index", &index), ("score", &best)], &[])?;
    let readout = Work { neurons: width, ..work };
    recording.dispatch(&WEIGHTED, readout, &[("weights", &scores), ("dual", values), ("field", &fields)], &[])?;
    backend.run(&recording, 1)?;
    let floats = |array: &Array| -> Result<Vec<f32>> {
        Ok(backend.download(array, count)?.into_iter().map(f32::from_bits).collect())
    };
    let mut readouts = floats(&fields)?;
    if network.activation == Activation::Sign {
        for (readout, state) in readouts.chunks_exact_mut(width).zip(states.rows()) {
            for (at, value) in readout.iter_mut().enumerate() {
                let kept = state.get(at).map_or(0.0, |&state| sign(state, 1.0));
                *value = sign(*value, kept);
            }
        }
    }
    if let Some(bias) = bias.filter(|_| network.keeps_bias && network.values.is_none()) {
        readouts.chunks_exact_mut(width).for_each(|row| row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias));
    }
    let energies = match network.separation.softmax() {
        None => None,
        Some(beta) => {
            let energy = |pair: &[f32]| -(f64::from(pair[0]) + f64::from(pair[1]).ln() / beta);
            Some(floats(&summary)?.chunks_exact(2).map(energy).collect())
        }
    };
    let all_weights = match keeps_weights {
        false => None,
        true => {
            let rows = floats(&scores)?;
            let own = rows.chunks_exact(stage.stride()).flat_map(|row| &row[..network.patterns.len()]);
            Some(own.copied().collect())
        }
    };
    let indices = backend.download(&index, count)?;
    Ok(Outputs { readouts, indices, weights: floats(&best)?, all_weights, energies })
}

/// -1 or 1; of 0 what is given.
fn sign(value: f32, of_zero: f32) -> f32 {
    if value == 0.0 { of_zero } else { value.signum() }
}

/// What was found of each query so far.
struct Ends {
    readouts: Vec<f32>,
    indices: Vec<usize>,
    weights: Vec<f32>,
    all_weights: Option<Vec<f32>>,
    steps: Vec<usize>,
    energies: Option<Vec<f64>>,
}

impl Ends {
    /// `patterns` have their weights kept.
    fn new(count: usize, width: usize, with_energies: bool, patterns: Option<usize>) -> Self {
        Self {
            readouts: vec![0.0; count * width],
            indices: vec![0; count],
            weights: vec![0.0; count],
            all_weights: patterns.map(|patterns| vec![0.0; count * patterns]),
            steps: vec![0; count],
            energies: with_energies.then(|| vec![0.0; count]),
        }
    }

    fn keep(&mut self, queries: &[usize], step: usize, outputs: &Outputs) -> Result<()> {
        let width = outputs.readouts.len() / queries.len();
        for (at, &query) in queries.iter().enumerate() {
            let readout = &outputs.readouts[at * width..][..width];
            if let Some(value) = readout.iter().find(|value| !value.is_finite()) {
                let what = format!("query {query}'s readout is {value} after {step} steps");
                return Err(Error::setting(what, "scale the features, or lower beta"));
            }
            self.readouts[query * width..][..width].copy_from_slice(readout);
            self.indices[query] = outputs.indices[at] as usize;
            self.weights[query] = outputs.weights[at];
            self.steps[query] = step;
            if let (Some(all), Some(found)) = (&mut self.all_weights, &outputs.all_weights) {
                let patterns = found.len() / queries.len();
                all[query * patterns..][..patterns].copy_from_slice(&found[at * patterns..][..patterns]);
            }
            if let (Some(energies), Some(found)) = (&mut self.energies, &outputs.energies) {
                energies[query] = found[at];
            }
        }
        Ok(())
    }

    fn finish(self, width: usize) -> Result<Retrieved> {
        let Self { readouts, indices, weights, all_weights, steps, energies } = self;
        Ok(Retrieved { readouts: Features::new(width, readouts)?, indices, weights, all_weights, steps, energies })
    }
}
