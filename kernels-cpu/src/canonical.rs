//! The canonical fields: f64 sums in pattern order, which decide the signs that f32 cannot certify. No backend has them, so
//! they are the same everywhere.
//!
//! A dual passes through the cache once for a whole group of trials, block by block. A trial of which few neurons are wanted
//! has them picked (`single`); where many are, all are summed, several trials together (`tiles`). Vectors and registers only
//! do several of these sums at once: each is the same chain.

pub(crate) mod distances;
mod single;
mod tiles;

use pulp::{Simd, WithSimd};

use crate::vector::dispatch;
use distances::{components, measure, transpose};
use single::Single;
use tiles::Tiles;

/// Trials that share a pass over the dual, at most: more would gain little, and their sums would fill the cache.
pub const GROUP: usize = 32;

/// Bytes of a block of dual in f64: a block and the sums of a group stay in a core's second cache.
const BLOCK_BYTES: usize = 256 << 10;

/// Trials that are summed whole are so in tiles from this many on: below, packing costs more than it saves.
const WORTH_TILES: usize = 6;

/// What is asked of one trial.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    /// Its packed state.
    pub state: &'a [u32],
    /// A weight for every distance, \[N + 1\]; without keys, one for a component of -1 and one for +1.
    pub weights: &'a [f64],
    /// The neurons whose sums are wanted.
    pub wanted: &'a [usize],
}

/// sum over mu in pattern order of `weights[distance(state, key_mu)] * dual[mu, i]` for each of the wanted neurons i of each
/// trial, every product and every sum rounded to f64. `keys` is packed \[pattern\], `dual` is \[pattern, N\].
///
/// Without keys a pattern is an input neuron j, of N at most, and its weight the one for the state's component j.
pub fn sums(neurons: usize, keys: Option<&[u32]>, dual: &[f32], trials: &[Trial<'_>]) -> Vec<Vec<f64>> {
    let block = (BLOCK_BYTES / (8 * neurons)).clamp(1, (dual.len() / neurons).max(1));
    dispatch(Sums { neurons, keys, dual, trials, block })
}

/// How a trial's sums are taken.
enum Way<'a> {
    Alone(Single<'a>),
    /// Its place in the tiles.
    Tiled(usize),
}

struct Sums<'a> {
    neurons: usize,
    keys: Option<&'a [u32]>,
    dual: &'a [f32],
    trials: &'a [Trial<'a>],
    /// Patterns.
    block: usize,
}

impl WithSimd for Sums<'_> {
    type Output = Vec<Vec<f64>>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Vec<f64>> {
        let Self { neurons, keys, dual, trials, block } = self;
        let words = neurons.div_ceil(32);
        // A vector of neurons takes no longer than one that is picked; without vectors, a neuron of a row takes half.
        let whole = |trial: &Trial<'_>| trial.wanted.len() * S::F64_LANES.max(2) > neurons;
        let tiled = trials.iter().filter(|trial| whole(trial)).count();
        let tiled = if tiled < WORTH_TILES { 0 } else { tiled };
        let mut tiles = Tiles::new::<S>(neurons, block, tiled);
        let mut places = 0..tiled;
        let mut ways: Vec<Way<'_>> = Vec::with_capacity(trials.len());
        for trial in trials {
            let whole = whole(trial);
            let place = if whole { places.next() } else { None };
            ways.push(place.map_or_else(|| Way::Alone(Single::new(*trial, neurons, whole)), Way::Tiled));
        }
        let (mut columns, mut distances) = (vec![0; block * words], vec![0; block]);
        let mut weights = vec![0.0; block];
        for (first, dual) in (0..).step_by(block).zip(dual.chunks(block * neurons)) {
            let patterns = dual.len() / neurons;
            let columns = &mut columns[..patterns * words];
            let (distances, weights) = (&mut distances[..patterns], &mut weights[..patterns]);
            if let Some(keys) = keys {
                transpose(&keys[first * words..][..patterns * words], words, columns);
            }
            for (trial, way) in trials.iter().zip(&mut ways) {
                match keys {
                    Some(_) => measure(trial.state, columns, distances),
                    None => components(trial.state, first, distances),
                }
                match way {
                    Way::Alone(single) => {
                        look_up(trial.weights, distances, weights.iter_mut());
                        single.add(weights, dual);
                    }
                    Way::Tiled(place) => look_up(trial.weights, distances, tiles.weights::<S>(*place, patterns)),
                }
            }
            if tiled > 0 {
                tiles.add(simd, dual, patterns);
            }
        }
        let sums = |(way, trial): (Way<'_>, &Trial<'_>)| match way {
            Way::Alone(single) => single.wanted(),
            Way::Tiled(place) => tiles.wanted(place, trial.wanted),
        };
        ways.into_iter().zip(trials).map(sums).collect()
    }
}

#[inline(always)]
fn look_up<'w>(table: &[f64], distances: &[u32], weights: impl Iterator<Item = &'w mut f64>) {
    for (weight, &distance) in weights.zip(distances) {
        *weight = table[distance as usize];
    }
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;
    use crate::philox::philox;

    fn words(stream: u32, count: usize) -> Vec<u32> {
        (0..count).map(|i| philox([stream, 7], [i as u32, 0, 0, 0])[0]).collect()
    }

    /// Packed rows, tail bits zero.
    fn packed(stream: u32, rows: usize, neurons: usize) -> Vec<u32> {
        let width = neurons.div_ceil(32);
        let mut rows = words(stream, rows * width);
        if !neurons.is_multiple_of(32) {
            rows.iter_mut().skip(width - 1).step_by(width).for_each(|word| *word &= (1 << (neurons % 32)) - 1);
        }
        rows
    }

    fn distance(state: &[u32], key: &[u32]) -> usize {
        state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones() as usize).sum()
    }

    fn bits(sums: &[Vec<f64>]) -> Vec<Vec<u64>> {
        sums.iter().map(|sums| sums.iter().map(|sum| sum.to_bits()).collect()).collect()
    }

    /// Whatever a trial's company, the instructions and the blocks: the sum as the textbook writes it, to the last bit.
    #[test]
    fn every_sum_is_the_same_chain() {
        for (neurons, patterns) in [(1, 0), (1, 1), (31, 50), (33, 64), (37, 129), (100, 30), (130, 70)] {
            let keys = packed(1, patterns, neurons);
            // Of very different sizes, so that any other order or a fused product would show.
            let dual: Vec<f32> = words(2, patterns * neurons)
                .into_iter()
                .map(|word| (word >> 8) as f32 * if word & 1 == 0 { 1e-9 } else { -3e4 })
                .collect();
            let narrow: Vec<f64> = (0..=neurons).map(|d| f64::from((-0.1 * d as f32).exp())).collect();
            for count in [0, 1, 2, 5, 6, 7, 14, 19, 32] {
                let states = packed(3, count, neurons);
                let states: Vec<&[u32]> = states.chunks_exact(neurons.div_ceil(32)).collect();
                // Of no neuron, of some, of all: alone and in tiles, at every place in them.
                let draws = words(4, count * neurons);
                let wanted: Vec<Vec<usize>> = draws
                    .chunks(neurons)
                    .enumerate()
                    .map(|(trial, draws)| (0..neurons).filter(|&i| draws[i] as usize % 8 < trial * 5 % 9).collect())
                    .collect();
                let wide: Vec<Vec<f64>> = states
                    .iter()
                    .map(|state| {
                        let nearest =
                            keys.chunks(state.len()).map(|key| distance(state, key)).min().unwrap_or(0) as i32;
                        (0..=neurons as i32).map(|d| 2.0_f64.powi(70 * (nearest - d))).collect()
                    })
                    .collect();
                for weights in [&vec![narrow.clone(); count], &wide] {
                    let trials: Vec<Trial<'_>> = (0..count)
                        .map(|trial| Trial { state: states[trial], weights: &weights[trial], wanted: &wanted[trial] })
                        .collect();
                    let textbook = |trial: &Trial<'_>| -> Vec<f64> {
                        let sum = |&neuron: &usize| {
                            (0..patterns).fold(0.0, |sum, mu| {
                                let width = neurons.div_ceil(32);
                                let distance = distance(trial.state, &keys[mu * width..][..width]);
                                sum + trial.weights[distance] * f64::from(dual[mu * neurons + neuron])
                            })
                        };
                        trial.wanted.iter().map(sum).collect()
                    };
                    let expected = bits(&trials.iter().map(textbook).collect::<Vec<_>>());
                    let found = sums(neurons, Some(&keys), &dual, &trials);
                    assert_eq!(bits(&found), expected, "N {neurons} P {patterns}");
                    for block in [1, 7, 64] {
                        let work = || Sums { neurons, keys: Some(&keys), dual: &dual, trials: &trials, block };
                        let what = format!("N {neurons} P {patterns} {count} trials, blocks of {block}");
                        assert_eq!(bits(&dispatch(work())), expected, "{what}");
                        assert_eq!(bits(&Simd::vectorize(Scalar, work())), expected, "{what}, no vectors");
                    }
                }
            }
        }
    }

    /// Without keys, weights go by the states' components; in blocks that begin anywhere.
    #[test]
    fn components_are_weights() {
        for neurons in [1_usize, 33, 100] {
            let couplings: Vec<f32> = words(2, neurons * neurons).into_iter().map(|word| word as i32 as f32).collect();
            let states = packed(3, 20, neurons);
            let states: Vec<&[u32]> = states.chunks_exact(neurons.div_ceil(32)).collect();
            let all: Vec<usize> = (0..neurons).collect();
            let trials: Vec<Trial<'_>> = states
                .iter()
                .enumerate()
                .map(|(at, state)| Trial { state, weights: &[-1.0, 1.0], wanted: &all[..(at * 7) % (neurons + 1)] })
                .collect();
            let textbook = |trial: &Trial<'_>| -> Vec<f64> {
                let term = |sum: f64, input: usize, neuron: usize| {
                    let coupling = f64::from(couplings[input * neurons + neuron]);
                    if trial.state[input / 32] >> (input % 32) & 1 == 1 { sum + coupling } else { sum - coupling }
                };
                let sum = |&neuron: &usize| (0..neurons).fold(0.0, |sum, input| term(sum, input, neuron));
                trial.wanted.iter().map(sum).collect()
            };
            let expected = bits(&trials.iter().map(textbook).collect::<Vec<_>>());
            assert_eq!(bits(&sums(neurons, None, &couplings, &trials)), expected, "N {neurons}");
            for block in [1, 7, 64] {
                let work = Sums { neurons, keys: None, dual: &couplings, trials: &trials, block };
                assert_eq!(bits(&dispatch(work)), expected, "N {neurons}, blocks of {block}");
            }
        }
    }
}
