//! `attractor phase`: what memories do over kernel and load.

use attractor::study::PhaseDiagram;
use clap::Args;

use super::Output;
use super::study::{self, StudyArgs, Usual};

/// Map what memories do over kernel (or penalty) and load, and find the ridge where they recall best
///
/// Of every cell the target and spurious rate of corrupted cues, signal over noise, pinnacle sharpness (arXiv 2511.13053)
/// and whether training had settled. Without options: KLR memories of 100 neurons, twelve widths of the RBF kernel from
/// 0.002 to 0.5 and twelve loads up to P/N = 20. The same command again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct PhaseArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Share of a cue's bits that are flipped
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    flip: f64,
    /// Most cues of a network, one of each pattern
    #[arg(long, default_value_t = 500)]
    max_cues: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
}

/// Widths a factor of about 1.65 apart, with the published 0.02.
const KERNELS: &str = "rbf:0.002,rbf:0.0033,rbf:0.0055,rbf:0.009,rbf:0.013,rbf:0.02,rbf:0.033,rbf:0.055,rbf:0.09,rbf:0.15,\
                       rbf:0.28,rbf:0.5";

pub(super) fn run(args: &PhaseArgs, output: Output) -> anyhow::Result<()> {
    let analysis = PhaseDiagram { flip: args.flip, max_cues: args.max_cues, max_steps: args.max_steps };
    let usual = Usual { neurons: 100, loads: "0.5,1,2,3,4,6,8,10,12,14,17,20", kernels: KERNELS };
    study::run(&args.study, &usual, analysis, output)
}
