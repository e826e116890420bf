//! The canonical fields: f64 sums in pattern order, which decide the signs that f32 cannot certify. No backend has them, so
//! they are the same everywhere; vectors only do several neurons, or several words, at once.

use pulp::{Simd, WithSimd};

use crate::vector::dispatch;

/// Hamming distances of a packed state to packed keys \[pattern\].
pub fn distances(state: &[u32], keys: &[u32]) -> Vec<u32> {
    dispatch(Distances { state, keys })
}

/// sum over mu in pattern order of `weights[distances[mu]] * dual[mu, i]` for each of the `wanted` neurons i, every product
/// and every sum rounded to f64. `weights` has an entry for every distance, `dual` is \[pattern, N\].
pub fn sums(distances: &[u32], weights: &[f64], dual: &[f32], neurons: usize, wanted: &[usize]) -> Vec<f64> {
    dispatch(Sums { distances, weights, dual, neurons, wanted })
}

struct Distances<'a> {
    state: &'a [u32],
    keys: &'a [u32],
}

impl WithSimd for Distances<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<u32> {
        let mut distances = Vec::with_capacity(self.keys.len() / self.state.len());
        for key in self.keys.chunks_exact(self.state.len()) {
            let mut distance = 0;
            for (a, b) in self.state.iter().zip(key) {
                distance += (a ^ b).count_ones();
            }
            distances.push(distance);
        }
        distances
    }
}

struct Sums<'a> {
    distances: &'a [u32],
    weights: &'a [f64],
    dual: &'a [f32],
    neurons: usize,
    wanted: &'a [usize],
}

impl WithSimd for Sums<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f64> {
        let Self { distances, weights, dual, neurons, wanted } = self;
        let rows = distances.iter().zip(dual.chunks_exact(neurons));
        // Whole vectors of neurons take no longer than a few neurons one by one.
        if 8 * wanted.len() > neurons {
            let mut sums = vec![0.0_f64; neurons];
            for (&distance, dual) in rows {
                let weight = weights[distance as usize];
                for (sum, &dual) in sums.iter_mut().zip(dual) {
                    *sum += weight * f64::from(dual);
                }
            }
            return wanted.iter().map(|&neuron| sums[neuron]).collect();
        }
        let mut sums = vec![0.0_f64; wanted.len()];
        for (&distance, dual) in rows {
            let weight = weights[distance as usize];
            for (sum, &neuron) in sums.iter_mut().zip(wanted) {
                *sum += weight * f64::from(dual[neuron]);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_neurons_and_many_have_the_same_sums() {
        let (neurons, patterns) = (37, 50);
        let bits = |i: usize| (i as u32).wrapping_mul(2_654_435_761);
        let state = [bits(1), bits(2) & 31];
        let keys: Vec<u32> =
            (0..2 * patterns).map(|i| if i % 2 == 0 { bits(i + 9) } else { bits(i + 9) & 31 }).collect();
        let dual: Vec<f32> = (0..patterns * neurons).map(|i| bits(i) as f32 / 1e9 - 2.0).collect();
        let weights: Vec<f64> = (0..=neurons).map(|distance| (-0.1 * distance as f64).exp()).collect();
        let distances = distances(&state, &keys);
        for (distance, key) in distances.iter().zip(keys.chunks(2)) {
            assert_eq!(*distance, (state[0] ^ key[0]).count_ones() + (state[1] ^ key[1]).count_ones());
        }
        let all: Vec<usize> = (0..neurons).collect();
        let dense = sums(&distances, &weights, &dual, neurons, &all);
        for neuron in all {
            let terms = distances.iter().zip(dual.chunks(neurons));
            let exact = terms.fold(0.0, |sum, (&d, row)| sum + weights[d as usize] * f64::from(row[neuron]));
            assert_eq!(dense[neuron].to_bits(), f64::to_bits(exact));
            assert_eq!(sums(&distances, &weights, &dual, neurons, &[neuron])[0].to_bits(), exact.to_bits());
        }
    }
}
