//! `attractor morph`: where recall leads from between two memories.

use attractor::study::Morphs;
use clap::Args;

use super::Output;
use super::study::{self, StudyArgs, Usual};

/// Recall from states between two stored patterns
///
/// Between sampled pairs A, B of stored patterns, from the sign of (1 - r) A + r B with a little noise, and from A with
/// the share r of the bits that differ taken from B in a random order: overlaps of final states with both, where they
/// end, and steps. Without options: KLR memories of 100 neurons at P/N = 10 with kernels rbf:0.02 and rbf:5. The same
/// command again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct MorphArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Pairs of stored patterns in each network
    #[arg(long, default_value_t = 50)]
    pairs: usize,
    /// Values of r, from 0 to 1
    #[arg(long, default_value_t = 21)]
    points: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
}

pub(super) fn run(args: &MorphArgs, output: Output) -> anyhow::Result<()> {
    let usual = Usual { neurons: 100, loads: "10", kernels: "rbf:0.02,rbf:5" };
    let analysis = Morphs { pairs: args.pairs, points: args.points, max_steps: args.max_steps };
    study::run(&args.study, &usual, analysis, output)
}
