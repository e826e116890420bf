//! A memory in half precision: its table and dual scaled and rounded, and the bound that this puts on its signs.

use attractor_kernels_cpu::field_half::{SMALLEST, TOP, relative_error, sum_error, to_half};

use super::canonical::SLACK;
use crate::memory::{Memory, Table};

/// The share of the bound that pays for dropped weights is the sine of an angle: of 1/16, which leaves the rest 0.998.
const SINE: f64 = 1.0 / 16.0;

/// What `field_half` is given of a memory.
pub(super) struct Half {
    /// Mantissas by distance, each a half of magnitude 1 to 2, or 0.
    pub(super) table: Vec<f32>,
    /// Their binary exponents.
    pub(super) exponents: Vec<i32>,
    /// \[P, N / 2\], two halves a word; each neuron's scaled by a power of two.
    pub(super) dual: Vec<u32>,
    /// 1 / (c |dual_i|_2) of the scaled dual, rounded down; see [`constant`].
    pub(super) inverse_bounds: Vec<f32>,
}

/// c: a sign is certain if |h| > c sqrt(floor + sum of W^2) |dual_i|_2.
///
/// The error is at most e |W| |v| + s sqrt(P) |v|, e = [`relative_error`], s = [`SMALLEST`]. With sine and cosine of one
/// angle, sqrt(|W|^2 + f) >= |W| cosine + sqrt(f) sine (Cauchy-Schwarz): c = e / cosine and sqrt(f) = s sqrt(P) / (c sine)
/// make the right-hand side, times c, that error. Where the nearest key gives the scale, |W| is 2^14 and more, and the
/// floor nothing beside it.
fn constant(patterns: usize) -> f64 {
    let summed = (1.0 - sum_error(patterns)).max(0.0).sqrt();
    relative_error(patterns) * SLACK / ((1.0 - SINE * SINE).sqrt() * summed)
}

/// Where the sum of squared weights starts: f above, rounded up.
pub(super) fn floor(patterns: usize) -> f32 {
    let floor = patterns as f64 * (SMALLEST / (constant(patterns) * SINE)).powi(2);
    // Without a bound nothing is certain, whatever the floor.
    if floor.is_finite() { (floor as f32).next_up() } else { 0.0 }
}

/// Whether the nearest of any set of keys has the largest weight, to within a factor of two.
pub(super) fn falls(table: &Table) -> bool {
    split(table).1.windows(2).all(|pair| pair[0] >= pair[1])
}

/// The distance of the largest weight.
pub(super) fn heaviest(table: &Table) -> usize {
    let (mantissas, exponents) = split(table);
    let weights = mantissas.iter().zip(exponents).enumerate().filter(|(_, (mantissa, _))| **mantissa != 0.0);
    weights.max_by_key(|(_, (_, exponent))| *exponent).map_or(0, |(distance, _)| distance)
}

/// A table as halves between 1 and 2 (or 0) and exponents; a weight of 0 takes the exponent before it.
fn split(table: &Table) -> (Vec<f32>, Vec<i32>) {
    let mut last = None;
    let entry = |(&value, &exponent): (&f32, &i32)| {
        let (mantissa, power) = libm::frexpf(value);
        if mantissa == 0.0 {
            return (0.0, last);
        }
        last = Some(exponent + power - 1);
        (to_half(2.0 * f64::from(mantissa)).to_f32(), last)
    };
    let entries: Vec<(f32, Option<i32>)> = table.values.iter().zip(&table.exponents).map(entry).collect();
    // Before the first weight there is none to fall from: the largest exponent keeps the order.
    let most = entries.iter().filter_map(|entry| entry.1).max().unwrap_or(0);
    entries.into_iter().map(|(mantissa, exponent)| (mantissa, exponent.unwrap_or(most))).unzip()
}

impl Half {
    /// Scales and rounds a memory.
    pub(super) fn new(memory: &Memory) -> Self {
        let neurons = memory.keys.neurons();
        let mut largest = vec![0.0_f32; neurons];
        let mut squares = vec![0.0_f64; neurons];
        for row in memory.dual.chunks_exact(neurons) {
            for ((largest, square), &dual) in largest.iter_mut().zip(&mut squares).zip(row) {
                *largest = largest.max(dual.abs());
                *square += f64::from(dual) * f64::from(dual);
            }
        }
        // The power of two that brings the largest to 2^TOP and below twice that.
        let scales: Vec<f64> =
            largest.iter().map(|&largest| libm::exp2(f64::from(TOP + 1 - libm::frexpf(largest).1))).collect();
        let word = |(duals, scales): (&[f32], &[f64])| {
            let halves = duals.iter().zip(scales).map(|(&dual, scale)| to_half(f64::from(dual) * scale).to_bits());
            halves.zip([0, 16]).fold(0, |word, (half, place)| word | u32::from(half) << place)
        };
        let dual = memory.dual.chunks_exact(neurons).flat_map(|row| row.chunks(2).zip(scales.chunks(2)).map(word));
        let constant = constant(memory.keys.len());
        let bounds = squares.iter().zip(&scales).map(|(square, scale)| 1.0 / (constant * square.sqrt() * scale));
        let inverse_bounds = bounds.map(|bound| {
            // No bound, or no dual: nothing is certain.
            if bound.is_finite() { (bound as f32).next_down().max(0.0) } else { 0.0 }
        });
        let (table, exponents) = split(&memory.table);
        Self { table, exponents, dual: dual.collect(), inverse_bounds: inverse_bounds.collect() }
    }
}
