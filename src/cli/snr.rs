//! `attractor snr`: how firmly stored patterns stand, against the load.

use attractor::study::Snr;
use clap::Args;

use super::Output;
use super::study::{self, StudyArgs, Usual};

/// Measure signal, noise and margins of stored patterns, and what is recalled, against the load
///
/// Signal is what a pattern's own dual variable adds towards its bits, noise what all other patterns add (arXiv
/// 2605.00366), margin how far a pattern lies from each neuron's hyperplane. Without options: KLR memories of 100 neurons
/// at P/N = 2, 5, 10, 15, 16, 17, 18, 20. The same command again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct SnrArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Share of a cue's bits that are flipped
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    flip: f64,
    /// Most cues of a network, one of each pattern
    #[arg(long, default_value_t = 1000)]
    max_cues: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
}

pub(super) fn run(args: &SnrArgs, output: Output) -> anyhow::Result<()> {
    let analysis = Snr { flip: args.flip, max_cues: args.max_cues, max_steps: args.max_steps };
    study::run(&args.study, &Usual { neurons: 100, loads: "2,5,10,15..18:1,20", kernels: "" }, analysis, output)
}
