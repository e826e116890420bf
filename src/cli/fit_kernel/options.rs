//! What a kernel is fitted to, and how: the options.

use std::path::PathBuf;

use attractor::data::{Binarize, Input};
use attractor::retrieval::{Order, Variant};
use clap::Args;

use super::super::fitting::{FittingArgs, pair};

/// Learn the kernel of a bipolar memory from what corrupts its patterns, and save the memory that uses it
///
/// The kernel is one number for each Hamming distance, N + 1 in all, trained to find the pattern that each query was
/// made from: cross entropy, Adam. Queries are the stored patterns with neurons flipped (--flips, --similarity), the
/// signs of their variants (--variant), or your own (--pairs and --sources). While it trains, and when it is
/// interrupted, the best so far is kept in --out: kernel.txt, which --kernel table:FILE reads, and model.safetensors,
/// for attractor recall, whose dual is the patterns.
#[derive(Args, Debug)]
pub(in super::super) struct FitKernelArgs {
    /// Patterns to store, [P, N]: FILE[,array=NAME][,rows=A..B][,label=L] (.npz, images, ..: docs/files.md)
    #[arg(long, value_name = "FILE", required_unless_present = "random")]
    pub(super) patterns: Option<Input>,
    /// Instead of a file: so many random patterns of so many neurons
    #[arg(long, value_name = "P,N", conflicts_with = "patterns", value_parser = pair)]
    pub(super) random: Option<[usize; 2]>,
    /// How values become bits: threshold:V, mean or median (of each column) [default: they are -1/+1 or 0/1 already]
    #[arg(long)]
    pub(super) binarize: Option<Binarize>,
    /// Store only the first so many patterns
    #[arg(long, value_name = "COUNT")]
    pub(super) first: Option<usize>,
    #[command(flatten)]
    pub(super) cues: CueArgs,
    /// What training starts from: the kernel exp(-SLOPE h) of the distance h; 2 is softmax of dot products
    #[arg(long, default_value_t = 2.0, value_name = "SLOPE", help_heading = "Training", allow_negative_numbers = true)]
    pub(super) start: f64,
    #[command(flatten)]
    pub(super) fitting: FittingArgs,
    /// Fresh queries of each pattern on which the memory is tried, beside the start's; 0 for none
    #[arg(long, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) trials: u32,
    /// Folder for kernel.txt, model.safetensors and training.csv, the loss of each epoch
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

/// Where queries come from.
#[derive(Args, Debug)]
pub(super) struct CueArgs {
    /// Flip each neuron with this probability
    #[arg(
        long,
        value_name = "SHARE",
        help_heading = "Queries",
        allow_negative_numbers = true,
        required_unless_present_any = ["similarity", "variant", "pairs"],
        conflicts_with_all = ["similarity", "variant", "pairs"]
    )]
    pub(super) flips: Option<f64>,
    /// Flip as many neurons as the cues of this direction cosine in attractor sweep: N (1 - M) / 2
    #[arg(
        long,
        value_name = "M",
        help_heading = "Queries",
        allow_negative_numbers = true,
        conflicts_with_all = ["variant", "pairs"]
    )]
    pub(super) similarity: Option<f64>,
    /// Signs of variants: the share of neurons set to anything, the variance of the noise, the size of the bias, each
    /// from 0 to 1
    #[arg(long, value_name = "MASK,NOISE,BIAS", help_heading = "Queries", conflicts_with = "pairs")]
    pub(super) variant: Option<Variant>,
    /// What of --variant's noise, mask and bias comes after what
    #[arg(long, default_value_t, value_name = "ORDER", help_heading = "Queries", requires = "variant")]
    pub(super) order: Order,
    /// Your own queries, [B, N]: bits like the patterns'
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "sources")]
    pub(super) pairs: Option<Input>,
    /// The pattern that each of --pairs was made from, counted from 0: whole numbers along one axis
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "pairs")]
    pub(super) sources: Option<Input>,
}
