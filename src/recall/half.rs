//! A memory in halves, single or in pairs: its table and dual scaled and rounded, and the bound that this puts on its signs.

use attractor_kernels_cpu::field_half::{SMALLEST, TOP, sum_error, to_half};
use attractor_kernels_cpu::field_split::to_split;
use attractor_kernels_cpu::{field_half, field_split};

use super::Precision;
use super::canonical::SLACK;
use crate::engine::Element;
use crate::engine::kernel::{FIELD_HALF, FIELD_SPLIT, Kernel, Width};
use crate::memory::Table;

/// The share of the bound that pays for dropped weights is the sine of an angle: of 1/16, which leaves the rest 0.998.
const SINE: f64 = 1.0 / 16.0;

/// How values are rounded, and for which kernel.
pub(super) struct Rounding {
    /// The kernel.
    pub(super) kernel: &'static Kernel,
    /// A scaled value as one half, or as the sum of two.
    round: fn(f64) -> f32,
    /// What the kernel's words of dual mean, and how many a row has.
    pub(super) dual: (Element, Width),
    /// A row of rounded dual variables as such words.
    words: fn(&[f32]) -> Vec<u32>,
    /// What the kernel promises of its fields.
    relative_error: fn(usize) -> f64,
}

static SINGLE: Rounding = Rounding {
    kernel: &FIELD_HALF,
    round: |scaled| to_half(scaled).to_f32(),
    dual: (Element::Halves, Width::NeuronPairs),
    words: |row| row.chunks(2).map(pair).collect(),
    relative_error: field_half::relative_error,
};

static SPLIT: Rounding = Rounding {
    kernel: &FIELD_SPLIT,
    round: to_split,
    dual: (Element::F32, Width::Neurons),
    words: |row| row.iter().map(|dual| dual.to_bits()).collect(),
    relative_error: field_split::relative_error,
};

/// Two halves in a word, the first in the lower half.
fn pair(duals: &[f32]) -> u32 {
    duals.iter().rev().fold(0, |word, &dual| word << 16 | u32::from(to_half(dual.into()).to_bits()))
}

/// How a precision rounds, if it does.
pub(super) fn rounding(precision: Precision) -> Option<&'static Rounding> {
    match precision {
        Precision::F32 => None,
        Precision::F16 => Some(&SINGLE),
        Precision::F16Split => Some(&SPLIT),
    }
}

/// What the kernel is given of a memory.
pub(super) struct Halves {
    /// Mantissas by distance, rounded, of magnitude 1 to 2, or 0.
    pub(super) table: Vec<f32>,
    /// Their binary exponents.
    pub(super) exponents: Vec<i32>,
    /// Row by row; each neuron's scaled by a power of two.
    pub(super) dual: Vec<u32>,
    /// 1 / (c |dual_i|_2) of the scaled dual, rounded down; see [`Rounding::constant`].
    pub(super) inverse_bounds: Vec<f32>,
}

impl Rounding {
    /// c: a sign is certain if |h| > c sqrt(floor + sum of W^2) |dual_i|_2.
    ///
    /// The error is at most e |W| |v| + s sqrt(P) |v|, e the kernel's relative error, s = [`SMALLEST`]. With sine and cosine
    /// of one angle, sqrt(|W|^2 + f) >= |W| cosine + sqrt(f) sine (Cauchy-Schwarz): c = e / cosine and
    /// sqrt(f) = s sqrt(P) / (c sine) make the right-hand side, times c, that error. Where the heaviest key gives the scale,
    /// |W| is 2^14 and more, and the floor nothing beside it.
    fn constant(&self, patterns: usize) -> f64 {
        let summed = (1.0 - sum_error(patterns)).max(0.0).sqrt();
        (self.relative_error)(patterns) * SLACK / ((1.0 - SINE * SINE).sqrt() * summed)
    }

    /// Where the sum of squared weights starts: f above, rounded up.
    pub(super) fn floor(&self, patterns: usize) -> f32 {
        let floor = patterns as f64 * (SMALLEST / (self.constant(patterns) * SINE)).powi(2);
        // Without a bound nothing is certain, whatever the floor.
        if floor.is_finite() { (floor as f32).next_up() } else { 0.0 }
    }

    /// Scales and rounds the dual of N neurons and its table.
    pub(super) fn of(&self, neurons: usize, dual: &[f32], table: &Table) -> Halves {
        let mut largest = vec![0.0_f32; neurons];
        let mut squares = vec![0.0_f64; neurons];
        for row in dual.chunks_exact(neurons) {
            for ((largest, square), &dual) in largest.iter_mut().zip(&mut squares).zip(row) {
                *largest = largest.max(dual.abs());
                *square += f64::from(dual) * f64::from(dual);
            }
        }
        // The power of two that brings the largest to 2^TOP and below twice that.
        let scales: Vec<f64> =
            largest.iter().map(|&largest| libm::exp2(f64::from(TOP + 1 - libm::frexpf(largest).1))).collect();
        let row = |row: &[f32]| {
            let scaled = row.iter().zip(&scales).map(|(&dual, scale)| (self.round)(f64::from(dual) * scale));
            (self.words)(&scaled.collect::<Vec<f32>>())
        };
        let constant = self.constant(dual.len() / neurons);
        let dual = dual.chunks_exact(neurons).flat_map(row).collect();
        let bounds = squares.iter().zip(&scales).map(|(square, scale)| 1.0 / (constant * square.sqrt() * scale));
        let inverse_bounds = bounds.map(|bound| {
            // No bound, or no dual: nothing is certain.
            if bound.is_finite() { (bound as f32).next_down().max(0.0) } else { 0.0 }
        });
        let (mantissas, exponents) = normalized(table);
        // Rounded where the largest weight of a trial is: no low half is too small there.
        let top = libm::exp2(f64::from(TOP));
        let table = mantissas.into_iter().map(|mantissa| (self.round)(mantissa * top) / top as f32).collect();
        Halves { table, exponents, dual, inverse_bounds: inverse_bounds.collect() }
    }
}

/// A table as mantissas of magnitude 1 to 2 (or 0) and exponents.
fn normalized(table: &Table) -> (Vec<f64>, Vec<i32>) {
    let entry = |(&value, &exponent): (&f32, &i32)| match libm::frexpf(value) {
        (0.0, _) => (0.0, Table::OF_ZERO),
        (mantissa, power) => (2.0 * f64::from(mantissa), exponent + power - 1),
    };
    table.values.iter().zip(&table.exponents).map(entry).unzip()
}
