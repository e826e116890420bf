//! The CPU kernels of attractor: one file per kernel, each the twin of the shader of the same stem ([`field_stored`] of
//! `field`'s, which is two).
//!
//! These are the production CPU backend: packed bits, popcounts, run-time SIMD dispatch, rayon over nets and trials.
//! [`oracle`] is the textbook in f64, slow and obvious, for tests only. This crate knows no GPU and no algorithm: it
//! is handed slices and an [`Extent`] and writes its outputs.
//!
//! Layout: arrays are row-major `[net, row, x]`; a net's rows are padded to [`padded`] rows, so that row `r` of net `n`
//! starts at `(n * padded(rows) + r) * width`. Bipolar states are bit-packed, 32 neurons a word, tail bits zero.
#![forbid(unsafe_code)]

pub mod advance;
mod arithmetic;
pub mod best;
pub mod canonical;
pub mod couple;
pub mod cross_entropy;
pub mod cue;
pub mod distance;
mod elementary;
pub mod entmax;
mod extent;
pub mod field;
pub mod field_half;
pub mod field_split;
pub mod field_stored;
pub mod footprint;
pub mod footprint_gradient;
pub mod gather;
pub mod heaviest;
pub mod histogram;
pub mod logistic;
pub mod momentum;
pub mod multiply_add;
pub mod nearest;
pub mod oracle;
pub mod outcome;
pub mod pairs;
pub mod peak;
pub mod peak_half;
pub mod philox;
pub mod power;
pub mod prior;
mod queries;
mod row;
pub mod similarity;
pub mod softmax;
mod sorted;
pub mod step;
pub mod threshold;
pub mod top;
pub mod vary;
mod vector;
pub mod visit;
pub mod visit_coupled;
pub mod weighted;
pub mod winners;

pub use arithmetic::{Arithmetic, sigmoid};
pub use extent::{Extent, PAD, padded};
pub use vector::vector_extension;
