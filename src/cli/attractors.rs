//! `attractor attractors`: where cues end, and how wide basins are.

use attractor::study::Attractors;
use clap::Args;

use super::Output;
use super::list::numbers;
use super::study::{self, StudyArgs, Usual};

/// Measure where cues end, by load and similarity, and how wide basins are
///
/// Outcomes by exact equality as in arXiv 2505.01218, section 3: target, other learned, spurious, cycles by their period,
/// unsettled; and the basin radius of a sample of patterns, by bisection on the number of flipped bits. Without options:
/// KLR memories of 500 neurons at P/N = 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4. The same command again continues where it
/// stopped.
#[derive(Args, Debug)]
pub(super) struct AttractorsArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Cosines m0 between cue and target: numbers or ranges first..last:step
    #[arg(long, value_name = "LIST", default_value = "1.0..0.1:-0.1,0.05", allow_hyphen_values = true)]
    similarities: String,
    /// Cues of each stored pattern
    #[arg(long, default_value_t = 5)]
    cues_per_pattern: usize,
    /// Most cues of a network and similarity; patterns are then cued in turn
    #[arg(long, default_value_t = 4000)]
    max_cues: usize,
    /// Stored patterns of each network whose basins are sought
    #[arg(long, default_value_t = 50)]
    basins: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
}

pub(super) fn run(args: &AttractorsArgs, output: Output) -> anyhow::Result<()> {
    let usual = Usual { neurons: 500, loads: "0.05,0.1,0.2,0.5,1,2,3,4", kernels: "" };
    let similarities = numbers(&args.similarities)?;
    let analysis = |neurons, _: Option<&_>| {
        Ok(Attractors {
            cues_per_pattern: args.cues_per_pattern,
            max_cues: args.max_cues,
            basins: args.basins,
            max_steps: args.max_steps,
            ..Attractors::new(similarities.clone(), neurons)
        })
    };
    study::run_for(&args.study, &usual, analysis, output)
}
