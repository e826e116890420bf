//! `attractor morph`: where recall leads from between two memories.

use attractor::data::{Input, read_labels, read_own_labels};
use attractor::error::{Error, Result};
use attractor::pattern::Patterns;
use attractor::study::{Labels, Morphs};
use clap::Args;

use super::Output;
use super::study::{self, StudyArgs, Usual};

/// Recall from states between two stored patterns
///
/// Between sampled or given pairs A, B of stored patterns, from the sign of (1 - r) A + r B with a little noise, and from
/// A with the share r of the bits that differ taken from B in a random order: overlaps of final states with both, where
/// they end, and steps. With --labels pairs within and between classes, side by side. Without options: KLR memories of
/// 100 neurons at P/N = 10 with kernels rbf:0.02 and rbf:5. The same command again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct MorphArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Pairs of stored patterns in each network; with --labels so many within classes, and so many between
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pairs: usize,
    /// A pair of stored patterns, rows from 0, in the place of sampled ones; may be given again for more
    #[arg(long = "pair", value_name = "A,B", value_parser = pair, conflicts_with = "pairs")]
    given: Vec<[usize; 2]>,
    /// The class of each row of --patterns, whole numbers along one axis [default: those of its own file]
    #[arg(long, value_name = "FILE", requires = "patterns")]
    labels: Option<Input>,
    /// Values of r, from 0 to 1
    #[arg(long, default_value_t = 21)]
    points: usize,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
}

pub(super) fn run(args: &MorphArgs, output: Output) -> anyhow::Result<()> {
    let usual = Usual { neurons: 100, loads: "10", kernels: "rbf:0.02,rbf:5" };
    let analysis = |_, patterns: Option<&Patterns>| {
        let read = |(labels, patterns): (&Input, &Patterns)| -> Result<Labels> {
            Ok(Labels::new(labels.to_string(), read_labels(labels, patterns.len())?))
        };
        // Those that come with the patterns, if no others are given.
        let own = || -> Result<Option<Labels>> {
            let Some(input) = &args.study.patterns else { return Ok(None) };
            // Of one class alone there is nothing to tell apart.
            let several = |labels: &Vec<i64>| labels.iter().any(|label| Some(label) != labels.first());
            Ok(read_own_labels(input)?.filter(several).map(|labels| Labels::new(input.to_string(), labels)))
        };
        Ok(Morphs {
            pairs: args.pairs,
            given_pairs: args.given.clone(),
            labels: match args.labels.as_ref().zip(patterns) {
                Some(given) => Some(read(given)?),
                None => own()?,
            },
            points: args.points,
            max_steps: args.max_steps,
        })
    };
    study::run_for(&args.study, &usual, analysis, output)
}

/// Two rows, as --pair names them.
fn pair(text: &str) -> Result<[usize; 2]> {
    let rows = text.split_once(',').and_then(|(a, b)| Some([a.trim().parse().ok()?, b.trim().parse().ok()?]));
    rows.ok_or_else(|| Error::setting(format!("{text:?} is no pair"), "write two rows from 0, such as 3,17"))
}
