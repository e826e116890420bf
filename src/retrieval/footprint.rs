//! The adaptive similarity: a weighted footprint (arXiv 2511.20609).
//!
//! In each dimension q_i = -(xi_i - x_i)^2 (distances) or xi_i x_i (products); sorted, highest first, they are q~, and
//! the footprint is U q~, by default their sums f_k = q~_1 + ... + q~_k. s = sum over kinds of beta w . U q~ = c . q~
//! with c = beta U^T w: all that a device ever sees are the coefficients c.

use crate::engine::Scalar;
use crate::error::{Error, Result};
use crate::random::{Philox, Purpose, stream};

use attractor_kernels_cpu::footprint::{DISTANCES, PRODUCTS};
use rand::Rng;

/// Which likenesses count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Minus the squared differences.
    pub distances: bool,
    /// The products.
    pub products: bool,
}

impl Kinds {
    /// Both.
    pub const BOTH: Self = Self { distances: true, products: true };

    /// As the kernels number them.
    pub(crate) fn bits(self) -> u32 {
        (u32::from(self.distances) * DISTANCES) | (u32::from(self.products) * PRODUCTS)
    }

    pub(crate) fn each(self) -> impl Iterator<Item = usize> {
        (0..2).filter(move |kind| self.bits() >> kind & 1 == 1)
    }
}

/// The matrix U that makes a footprint of sorted likenesses.
#[derive(Clone, Debug, PartialEq)]
pub enum Cumulative {
    /// The likenesses themselves.
    Identity,
    /// Sums of the first k.
    Sums,
    /// Given numbers, row-major \[d, d\]; learned along if so.
    Matrix {
        /// Its entries.
        entries: Vec<f64>,
        /// Whether training changes them.
        learned: bool,
    },
}

impl Cumulative {
    /// The sums of the first k as a matrix that training changes.
    pub fn triangle(dimensions: usize) -> Self {
        let entry = |at: usize| f64::from(u8::from(at % dimensions <= at / dimensions));
        Self::Matrix { entries: (0..dimensions * dimensions).map(entry).collect(), learned: true }
    }

    /// A matrix of independent normal numbers of variance 1 / d.
    pub fn random(dimensions: usize, seed: u64) -> Self {
        let mut generator = Philox::new(stream(seed, Purpose::Footprint, 0), [0; 3]);
        let mut normal = || {
            let mut uniform = || f64::from(generator.next_u32()) / 2.0_f64.powi(32);
            let (radius, angle) = ((-2.0 * (1.0 - uniform()).ln()).sqrt(), std::f64::consts::TAU * uniform());
            radius * angle.cos() / (dimensions as f64).sqrt()
        };
        Self::Matrix { entries: (0..dimensions * dimensions).map(|_| normal()).collect(), learned: false }
    }

    /// U^T w.
    pub(crate) fn transposed_times(&self, weights: &[f64]) -> Vec<f64> {
        match self {
            Self::Identity => weights.to_vec(),
            Self::Sums => {
                let mut sums: Vec<f64> = weights.to_vec();
                (0..sums.len().saturating_sub(1)).rev().for_each(|k| sums[k] += sums[k + 1]);
                sums
            }
            Self::Matrix { entries, .. } => {
                let mut product = vec![0.0; weights.len()];
                for (row, weight) in entries.chunks_exact(weights.len()).zip(weights) {
                    product.iter_mut().zip(row).for_each(|(sum, entry)| *sum += entry * weight);
                }
                product
            }
        }
    }

    /// U v.
    pub(crate) fn times(&self, vector: &[f64]) -> Vec<f64> {
        match self {
            Self::Identity => vector.to_vec(),
            Self::Sums => {
                let mut sums: Vec<f64> = vector.to_vec();
                (1..sums.len()).for_each(|k| sums[k] += sums[k - 1]);
                sums
            }
            Self::Matrix { entries, .. } => {
                let row = |row: &[f64]| row.iter().zip(vector).map(|(entry, value)| entry * value).sum();
                entries.chunks_exact(vector.len()).map(row).collect()
            }
        }
    }
}

/// A similarity by sorted likenesses.
#[derive(Clone, Debug, PartialEq)]
pub struct Footprint {
    /// Which likenesses count.
    pub kinds: Kinds,
    /// Whether they are sorted.
    pub sorted: bool,
    /// U.
    pub cumulative: Cumulative,
    /// w of distances and of products, d numbers each.
    pub weights: [Vec<f64>; 2],
    /// beta of distances and of products.
    pub betas: [f64; 2],
}

impl Footprint {
    /// The similarity that counts all dimensions alike, which training starts from: of distances minus |xi - x|^2, of
    /// products xi . x. A matrix U of other numbers starts from w = 1 / d.
    pub fn plain(dimensions: usize, kinds: Kinds, sorted: bool, cumulative: Cumulative) -> Self {
        let weights = match cumulative {
            Cumulative::Identity => vec![1.0; dimensions],
            Cumulative::Sums => (0..dimensions).map(|k| f64::from(u8::from(k + 1 == dimensions))).collect(),
            Cumulative::Matrix { .. } => vec![1.0 / dimensions as f64; dimensions],
        };
        Self { kinds, sorted, cumulative, weights: [weights.clone(), weights], betas: [1.0; 2] }
    }

    /// The `count` dimensions that are most alike: k-optimal similarity, an entry of the footprint.
    pub fn best(dimensions: usize, kinds: Kinds, count: usize) -> Self {
        let weights: Vec<f64> = (0..dimensions).map(|k| f64::from(u8::from(k < count))).collect();
        Self {
            kinds,
            sorted: true,
            cumulative: Cumulative::Identity,
            weights: [weights.clone(), weights],
            betas: [1.0; 2],
        }
    }

    /// d.
    pub fn dimensions(&self) -> usize {
        self.weights[0].len()
    }

    /// c of distances, then of products, 0 where a kind does not count.
    pub fn coefficients(&self) -> Vec<f32> {
        let of = |kind: usize| -> Vec<f32> {
            let counts = self.kinds.bits() >> kind & 1 == 1;
            let beta = if counts { self.betas[kind] } else { 0.0 };
            let plain = self.cumulative.transposed_times(&self.weights[kind]);
            plain.into_iter().map(|weight| (beta * weight) as f32).collect()
        };
        [of(0), of(1)].concat()
    }

    /// What its kernels are asked for.
    pub(crate) fn scalars(&self) -> [(&'static str, Scalar); 2] {
        [("kinds", Scalar::U32(self.kinds.bits())), ("sorted", Scalar::U32(u32::from(self.sorted)))]
    }

    /// Refuses one whose parts do not fit each other.
    pub(crate) fn check(&self) -> Result<()> {
        let dimensions = self.dimensions();
        let matrix = match &self.cumulative {
            Cumulative::Matrix { entries, .. } => entries.len() == dimensions * dimensions,
            Cumulative::Identity | Cumulative::Sums => true,
        };
        if self.weights[1].len() != dimensions || !matrix || dimensions == 0 || self.kinds.bits() == 0 {
            let what = format!("a footprint of {dimensions} and {} weights", self.weights[1].len());
            return Err(Error::setting(what, "give each kind, one at least, a weight for each dimension"));
        }
        match self.coefficients().iter().all(|c| c.is_finite() && c.abs() <= 1e15) {
            true => Ok(()),
            false => Err(Error::setting("a footprint with coefficients beyond 1e15", "give finite weights")),
        }
    }
}
