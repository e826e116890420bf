//! Duals in few bits: codes, and a scale for each neuron (A. Tamamori, arXiv 2604.20333).

use std::fmt;
use std::str::FromStr;

use half::f16;
use rayon::prelude::*;

use crate::error::{Error, Result};

/// Where the largest half of a neuron lies: no half above 2^-29 of it is subnormal.
const TOP: i32 = 15;
/// Scales that are tried for each neuron.
const TRIED: usize = 64;

/// How a dual variable is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many bits b, 1, 2, 4 or 8: one of the odd numbers from 1 - 2^b to 2^b - 1, times the neuron's scale. One bit is a sign.
    Bits(u32),
    /// IEEE half precision, times a power of two.
    F16,
}

impl Width {
    /// Every width, the widest first.
    pub const ALL: [Self; 5] = [Self::F16, Self::Bits(8), Self::Bits(4), Self::Bits(2), Self::Bits(1)];

    /// Bits of a dual variable.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits(bits) => bits,
            Self::F16 => 16,
        }
    }

    /// Bytes of a row of N codes.
    pub(super) fn row_bytes(self, neurons: usize) -> usize {
        (neurons * self.bits() as usize).div_ceil(8)
    }
}

impl FromStr for Width {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|width| width.to_string() == text);
        named.ok_or_else(|| Error::setting(format!("{text:?} bits"), "write f16, 8, 4, 2 or 1"))
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => bits.fmt(f),
            Self::F16 => f.write_str("f16"),
        }
    }
}

/// A dual in few bits. What it stands for, [`Self::dual`], is a memory of its own, as exact as any other.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// How a variable is stored.
    pub width: Width,
    /// \[P\] rows of codes, each filled up to whole bytes; the first neuron in the lowest bits.
    pub codes: Vec<u8>,
    /// \[N\].
    pub scales: Vec<f32>,
}

impl Quantised {
    /// A dual \[P, N\] in few bits: each neuron's scale is the one of least squared error among a few.
    pub fn of(dual: &[f32], neurons: usize, width: Width) -> Self {
        let column = |neuron: usize| dual.iter().skip(neuron).step_by(neurons).map(|&value| f64::from(value));
        let scale = |neuron: usize| {
            let largest = column(neuron).fold(0.0, |most: f64, value| most.max(value.abs()));
            match width {
                Width::F16 if largest > 0.0 => libm::ldexp(1.0, libm::ilogb(largest) + 1 - TOP) as f32,
                Width::Bits(bits) if largest > 0.0 => least_error(&column(neuron).collect::<Vec<_>>(), largest, bits),
                _ => 0.0,
            }
        };
        let scales: Vec<f32> = (0..neurons).into_par_iter().map(scale).collect();
        let row = |row: &[f32]| {
            let mut packed = vec![0; width.row_bytes(neurons)];
            for (neuron, (&value, &scale)) in row.iter().zip(&scales).enumerate() {
                let scaled = if scale > 0.0 { f64::from(value) / f64::from(scale) } else { 0.0 };
                put(&mut packed, width, neuron, scaled);
            }
            packed
        };
        Self { width, codes: dual.par_chunks_exact(neurons).flat_map_iter(row).collect(), scales }
    }

    /// The dual \[P, N\] that it stands for: scale times code, rounded to f32 once.
    pub fn dual(&self) -> Vec<f32> {
        let neurons = self.scales.len();
        let row = |row: &[u8]| {
            let value = |neuron: usize| self.scales[neuron] * get(row, self.width, neuron);
            (0..neurons).map(value).collect::<Vec<f32>>()
        };
        self.codes.chunks_exact(self.width.row_bytes(neurons).max(1)).flat_map(row).collect()
    }

    /// Bytes of codes and scales.
    pub fn bytes(&self) -> usize {
        self.codes.len() + 4 * self.scales.len()
    }
}

/// The scale of least squared error for values up to `largest`, of those that fit the codes of a few others best.
fn least_error(values: &[f64], largest: f64, bits: u32) -> f32 {
    let top = f64::from((1_u32 << bits) - 1);
    let tried = (1..=TRIED).map(|share| {
        let start = largest / top * share as f64 / TRIED as f64;
        let codes = || values.iter().map(|value| f64::from(odd(value / start, bits)));
        let [products, squares] = values
            .iter()
            .zip(codes())
            .fold([0.0; 2], |[products, squares], (value, code)| [products + value * code, squares + code * code]);
        let scale = products / squares;
        let error: f64 = values.iter().map(|value| (value - scale * f64::from(odd(value / scale, bits))).powi(2)).sum();
        (error, scale)
    });
    tried.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, scale)| scale as f32)
}

/// The nearest odd number from 1 - 2^bits to 2^bits - 1.
fn odd(value: f64, bits: u32) -> i32 {
    let top = (1_i32 << bits) - 1;
    (2 * (value / 2.0).floor() as i32 + 1).clamp(-top, top)
}

fn put(row: &mut [u8], width: Width, neuron: usize, scaled: f64) {
    match width {
        Width::F16 => row[2 * neuron..][..2].copy_from_slice(&f16::from_f64(scaled).to_le_bytes()),
        Width::Bits(bits) => {
            let code = (odd(scaled, bits) + (1 << bits) - 1) / 2;
            let at = neuron * bits as usize;
            row[at / 8] |= (code as u8) << (at % 8);
        }
    }
}

fn get(row: &[u8], width: Width, neuron: usize) -> f32 {
    match width {
        Width::F16 => f16::from_le_bytes([row[2 * neuron], row[2 * neuron + 1]]).to_f32(),
        Width::Bits(bits) => {
            let at = neuron * bits as usize;
            let code = i32::from(row[at / 8] >> (at % 8)) & ((1 << bits) - 1);
            (2 * code + 1 - (1 << bits)) as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dual(patterns: usize, neurons: usize) -> Vec<f32> {
        let value = |at: usize| ((at * 7919 + 13) % 1009) as f32 / 504.0 - 1.0;
        (0..patterns * neurons).map(|at| value(at) * (1 + at % neurons) as f32).collect()
    }

    /// Relative to each neuron's largest: half a step between codes, a half's rounding.
    #[test]
    fn each_width_keeps_its_error() {
        let (patterns, neurons) = (50, 13);
        let exact = dual(patterns, neurons);
        for width in Width::ALL {
            let quantised = Quantised::of(&exact, neurons, width);
            let found = quantised.dual();
            let error = |neuron: usize| {
                let pairs = exact.iter().zip(&found).skip(neuron).step_by(neurons);
                let [off, size] = pairs.fold([0.0; 2], |[off, size], (exact, found)| {
                    [off + f64::from(exact - found).powi(2), size + f64::from(*exact).powi(2)]
                });
                (off / size).sqrt()
            };
            let bound = match width {
                Width::F16 => 2.0_f64.powi(-11),
                Width::Bits(1) => 0.6,
                // Of values spread evenly over [-1, 1] half a step, 1 / (2^b - 1), over 1; and a quarter for so few.
                Width::Bits(bits) => 1.25 / f64::from((1_u32 << bits) - 1),
            };
            let worst = (0..neurons).map(error).fold(0.0, f64::max);
            assert!(worst <= bound, "{width}: {worst} above {bound}");
            assert_eq!(quantised.codes.len(), patterns * width.row_bytes(neurons));
            // What it stands for is kept whole.
            assert_eq!(Quantised::of(&found, neurons, width).dual().len(), found.len());
        }
    }

    #[test]
    fn a_bit_is_a_sign_and_a_silent_neuron_stays_silent() {
        let dual = [0.5, 0.0, -1.5, 0.0, 0.25, 0.0];
        let quantised = Quantised::of(&dual, 2, Width::Bits(1));
        // The mean of 0.5, 1.5 and 0.25 fits signs best.
        assert_eq!(quantised.dual(), [0.75, 0.0, -0.75, 0.0, 0.75, 0.0]);
        assert_eq!(quantised.bytes(), 3 + 8);
        assert_eq!(Quantised::of(&[0.0; 4], 2, Width::F16).dual(), [0.0; 4]);
    }

    #[test]
    fn names_round_trip() {
        for width in Width::ALL {
            assert_eq!(width.to_string().parse::<Width>().unwrap(), width);
        }
        assert!("3".parse::<Width>().unwrap_err().to_string().contains("f16, 8, 4, 2 or 1"));
    }
}
