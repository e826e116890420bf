//! `attractor spectrum`: dimensions and eigenvalues of the kernel between stored patterns, against the load.

use attractor::study::Spectrum;
use clap::Args;

use super::Output;
use super::study::{self, StudyArgs, Usual};

/// Measure how many dimensions stored patterns fill, and the kernel's eigenvalues, against the load
///
/// D_eff = tr(K)^2 / |K|_F^2 (arXiv 2605.00366, which holds the number of patterns against 2 D_eff), the leading
/// eigenvalues of K and its condition number. Nothing is trained: --kernel counts, and no option of training. Without
/// options: kernels rbf:0.005, rbf:0.02 and rbf:0.1 of 100 neurons at P/N = 1, 2, 5, 10, 15, 20, 30. The same command
/// again continues where it stopped.
#[derive(Args, Debug)]
pub(super) struct SpectrumArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Eigenvalues of each network to write down, from the largest down
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    eigenvalues: usize,
    /// Up to so many patterns find all eigenvalues, and so the condition number (8 P^2 bytes, some P^3 multiply-adds);
    /// above that the leading ones, and what the condition number is at least
    #[arg(long, value_name = "PATTERNS", default_value_t = 2048)]
    whole_up_to: usize,
}

pub(super) fn run(args: &SpectrumArgs, output: Output) -> anyhow::Result<()> {
    let analysis = Spectrum { eigenvalues: args.eigenvalues, whole_up_to: args.whole_up_to };
    let usual = Usual { neurons: 100, loads: "1,2,5,10,15,20,30", kernels: "rbf:0.005,rbf:0.02,rbf:0.1" };
    study::run(&args.study, &usual, analysis, output)
}
