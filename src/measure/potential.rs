//! The effective potential between two stored patterns (arXiv 2605.00366): V(s) = -sum over i of s_i h_i(s) on the way
//! from one to the other along the sphere that all bipolar states lie on.

mod height;

pub use height::{Barrier, Descent, Height, Place};

use super::real::real_fields;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::{Patterns, is_up};

/// s~ = sqrt(N) ((1 - r) x^A + r x^B) / |(1 - r) x^A + r x^B|, N components; none halfway between opposite patterns, where
/// there is no direction.
///
/// # Panics
/// If there is no such pattern.
pub fn between(patterns: &Patterns, [a, b]: [usize; 2], ratio: f64) -> Option<Vec<f64>> {
    let neurons = patterns.neurons();
    let sign = |row: usize, neuron: usize| if is_up(patterns.row(row), neuron) { 1.0 } else { -1.0 };
    let mixed: Vec<f64> =
        (0..neurons).map(|neuron| (1.0 - ratio) * sign(a, neuron) + ratio * sign(b, neuron)).collect();
    let length = mixed.iter().map(|component| component * component).sum::<f64>().sqrt();
    let scale = (neurons as f64).sqrt() / length;
    (length > 0.0).then(|| mixed.iter().map(|component| component * scale).collect())
}

/// U(r) = V(s~) of every network's pairs of patterns, `[net][pair][ratio]`: all at once. None where it is beyond f64, or s~ is
/// none. The observer hears the share done, 0 to 1, and answers whether to go on.
///
/// # Errors
/// As [`real_fields`]; if networks have not equally many pairs, or one names a pattern that is not stored.
pub fn potentials(
    space: &Workspace<'_>,
    memories: &[&Memory],
    pairs: &[Vec<[usize; 2]>],
    ratios: &[f64],
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Vec<Vec<Option<f64>>>>> {
    let stored = memories.iter().map(|memory| memory.keys.len()).min().unwrap_or(0);
    if let Some([a, b]) = pairs.iter().flatten().find(|pair| pair.iter().any(|&pattern| pattern >= stored)) {
        return Err(Error::setting(format!("the pair {a},{b} of {stored} patterns"), "give patterns that are stored"));
    }
    let on_the_way = |(memory, pairs): (&&Memory, &Vec<[usize; 2]>)| -> Vec<Option<Vec<f64>>> {
        let ratios = |&pair: &[usize; 2]| ratios.iter().map(move |&ratio| between(&memory.keys, pair, ratio));
        pairs.iter().flat_map(ratios).collect()
    };
    let states: Vec<Vec<Option<Vec<f64>>>> = memories.iter().zip(pairs).map(on_the_way).collect();
    // What is no state takes a place all the same.
    let rows: Vec<Vec<f64>> = memories
        .iter()
        .zip(&states)
        .map(|(memory, states)| {
            let nowhere = vec![0.0; memory.keys.neurons()];
            states.iter().flat_map(|state| state.as_ref().unwrap_or(&nowhere)).copied().collect()
        })
        .collect();
    let fields = real_fields(space, memories, &rows, observer)?;
    let curves = |net: usize| {
        let energies = fields[net].pseudo_energies(&rows[net]).into_iter().zip(&states[net]);
        let known: Vec<_> = energies.map(|(energy, state)| energy.filter(|_| state.is_some())).collect();
        known.chunks(ratios.len().max(1)).map(<[_]>::to_vec).collect()
    };
    Ok((0..fields.len()).map(curves).collect())
}
