//! What is fitted, to what, and how: the options.

use std::path::PathBuf;

use attractor::data::{Input, Scaling};
use attractor::retrieval::{Model, Order, Separation, Variant};
use clap::{Args, ValueEnum};

use super::super::fitting::{FittingArgs, pair};

/// Learn a similarity from what corrupts real-valued patterns, and save the memory that uses it
///
/// Queries are variants of the stored patterns (--variant), or your own (--pairs and --sources). The similarity is
/// trained to find the pattern that each query was made from: cross entropy, Adam. While it trains, and when it is
/// interrupted, the best so far is kept in --out. Training is that of softmax with beta 1, whatever the memory's
/// separation.
#[derive(Args, Debug)]
pub(in super::super) struct FitSimilarityArgs {
    /// Patterns to store, [P, d] of any numbers: FILE[,array=NAME][,rows=A..B][,label=L] (docs/files.md)
    #[arg(long, value_name = "FILE", required_unless_present = "random")]
    pub(super) patterns: Option<Input>,
    /// Instead of a file: so many patterns of so many uniform numbers from -1 to 1
    #[arg(long, value_name = "P,D", conflicts_with = "patterns", value_parser = pair)]
    pub(super) random: Option<[usize; 2]>,
    #[arg(long, default_value_t, value_name = "SCALING", help = format!("How numbers of files are scaled: {}", Scaling::SPELLINGS))]
    pub(super) scale: Scaling,
    /// Store only the first so many patterns
    #[arg(long, value_name = "COUNT")]
    pub(super) first: Option<usize>,
    /// What is learned: a-hop, a footprint of sorted likenesses; k2-hop, a matrix Phi; k-hop, Phi from the patterns
    /// alone
    #[arg(long, default_value = "a-hop", value_name = "MEMORY")]
    pub(super) memory: &'static Model,
    #[arg(long, value_name = "SEPARATION", help = format!("Separation of the memory: {} [default: the memory's]", Separation::spellings()))]
    pub(super) separation: Option<Separation>,
    /// Learn too what each pattern has before any query, which is added to its scores: it counts where queries are made
    /// from some patterns more often than from others
    #[arg(long)]
    pub(super) prior: bool,
    #[command(flatten)]
    pub(super) queries: QueryArgs,
    #[command(flatten)]
    pub(super) footprint: FootprintArgs,
    #[command(flatten)]
    pub(super) fitting: FittingArgs,
    /// Fresh variants of each pattern on which the memory is tried, beside m-hop; 0 for none
    #[arg(long, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) trials: u32,
    /// Model file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Table to write of the loss of each epoch
    #[arg(long, value_name = "FILE.csv")]
    pub(super) trace_training: Option<PathBuf>,
}

/// Where queries come from.
#[derive(Args, Debug)]
pub(super) struct QueryArgs {
    /// Variants of the stored patterns: the share of dimensions set to anything, the variance of the noise, the size of
    /// the bias, each from 0 to 1
    #[arg(long, value_name = "MASK,NOISE,BIAS", help_heading = "Queries", required_unless_present_any = ["pairs"])]
    pub(super) variant: Option<Variant>,
    /// What of noise, mask and bias comes after what
    #[arg(long, default_value_t, value_name = "ORDER", help_heading = "Queries")]
    pub(super) order: Order,
    /// --variant's noise is a standard deviation, not a variance
    #[arg(long, help_heading = "Queries")]
    pub(super) noise_deviation: bool,
    /// What noise and bias of each dimension are multiplied by: .npy [1, d]
    #[arg(long, value_name = "FILE", help_heading = "Queries")]
    pub(super) scales: Option<Input>,
    /// Instead of variants: queries, .npy [B, d]; scaled like the patterns
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "sources", conflicts_with_all = ["variant", "order", "noise_deviation", "scales"])]
    pub(super) pairs: Option<Input>,
    /// The pattern that each of --pairs was made from, counted from 0: whole numbers along one axis
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "pairs")]
    pub(super) sources: Option<Input>,
}

/// What a footprint is made of.
#[derive(Args, Debug)]
pub(super) struct FootprintArgs {
    /// Likenesses in each dimension: minus the squared differences, the products, or both
    #[arg(long, value_enum, default_value_t = Likeness::Both, help_heading = "Footprint (a-hop)")]
    pub(super) likeness: Likeness,
    /// Leave likenesses in the order of the dimensions
    #[arg(long, help_heading = "Footprint (a-hop)")]
    pub(super) unsorted: bool,
    /// What is weighted: the sorted likenesses themselves, the sums of the first of them, or their product with a
    /// random or a learned matrix. All but a learned one give the same similarities, along other paths of training
    #[arg(long, value_enum, default_value_t = Matrix::Identity, help_heading = "Footprint (a-hop)")]
    pub(super) footprint: Matrix,
    /// Do not look for a bias that all queries share: by default it is estimated and taken from each query first
    #[arg(long, help_heading = "Footprint (a-hop)")]
    pub(super) no_debias: bool,
    /// Keep both betas at 1
    #[arg(long, help_heading = "Footprint (a-hop)")]
    pub(super) fixed_betas: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Likeness {
    Both,
    Distances,
    Products,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Matrix {
    Identity,
    Sums,
    Random,
    Learned,
}
