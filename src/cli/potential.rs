//! `attractor potential`: how high the way between two memories is, and how recall descends.

use attractor::study::Potentials;
use clap::Args;

use super::Output;
use super::list::numbers;
use super::study::{self, StudyArgs, Usual};

/// Measure how high the way between two stored patterns is, and how recall descends
///
/// U(r) = -sum s h(s) at s = sqrt(N) ((1 - r) A + r B) / |(1 - r) A + r B| between sampled pairs A, B of stored
/// patterns, with the kernel of real-valued states; the barrier above the higher end, and whether the ends are minima;
/// and V(s) = -sum s h(s) step by step from corrupted cues (arXiv 2605.00366). Without options: KLR memories of 100
/// neurons at P/N = 10 with kernels rbf:0.02 and rbf:5. The same command again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct PotentialArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Pairs of stored patterns in each network, the ones of `attractor morph`
    #[arg(long, default_value_t = 50)]
    pairs: usize,
    /// Values of r, from 0 to 1
    #[arg(long, default_value_t = 41)]
    points: usize,
    /// Shares of a cue's bits that are flipped, a list
    #[arg(long, value_name = "LIST", default_value = "0.1,0.3", allow_hyphen_values = true)]
    flips: String,
    /// Most cues of a network with each number of flips, one of each pattern
    #[arg(long, default_value_t = 200)]
    max_cues: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 15)]
    max_steps: usize,
}

pub(super) fn run(args: &PotentialArgs, output: Output) -> anyhow::Result<()> {
    let usual = Usual { neurons: 100, loads: "10", kernels: "rbf:0.02,rbf:5" };
    let analysis = Potentials {
        pairs: args.pairs,
        points: args.points,
        flips: numbers(&args.flips)?,
        max_cues: args.max_cues,
        max_steps: args.max_steps,
    };
    study::run(&args.study, &usual, analysis, output)
}
