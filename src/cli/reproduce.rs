//! `attractor reproduce`: a paper's claims, each beside what is measured here, with a verdict.

use std::path::PathBuf;

use attractor::data::{Binarize, Input, Scaling, read_features};
use attractor::plan::Source;
use attractor::report::claim_lines;
use attractor::reproduce::{self, Claim, Event, Paper, Request, Settings};
use attractor::store::Store;
use attractor::sweep::Ways;
use clap::Args;
use serde_json::json;

use super::interrupt::go_on;
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, Output, PrecisionArgs, own_patterns};

/// Measure a paper's claims and say of each whether it is reproduced
///
/// q: Quantitative attractor analysis of high-capacity kernel Hopfield networks, arXiv 2505.01218. g: Geometric and
/// dynamical analysis of attractor boundaries and storage limits in kernel Hopfield networks, arXiv 2605.00366, and
/// what other papers say of the same memories. h: Investigating Hebbian alternatives to dense associative memory, C.
/// Hanley, 2025, and arXiv 2401.00335. a: Adaptive Hopfield network: rethinking similarities in associative memory,
/// arXiv 2511.20609. The experiments behind the claims are ordinary ones, each with its report in a folder of its own.
/// The same command again continues where it stopped. docs/findings.md says what was found.
#[derive(Args, Debug)]
pub(super) struct ReproduceArgs {
    /// Which paper: q, g, h or a
    paper: Paper,
    /// At sizes that take minutes on two cores instead of the published ones
    #[arg(long)]
    quick: bool,
    /// List the claims and how each is judged, and measure nothing
    #[arg(long)]
    list: bool,
    /// Your own patterns, for claims about real data: of g sign codes of image embeddings, as `attractor
    /// embed` makes them; of h images; of a features or images of any numbers
    #[arg(long, value_name = "FILE")]
    patterns: Option<Input>,
    /// How the file's values become bits: threshold:V, mean or median (of each column)
    #[arg(long, requires = "patterns")]
    binarize: Option<Binarize>,
    #[arg(long, default_value_t, value_name = "SCALING", help = format!("Of a, how the file's numbers are scaled: {}", Scaling::SPELLINGS))]
    scale: Scaling,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for claims.csv, readings.csv, manifest.json, figures, report.html and the experiments' folders [default:
    /// results/reproduce-PAPER, with --quick results/reproduce-PAPER-quick]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &ReproduceArgs, output: Output) -> anyhow::Result<()> {
    if args.list {
        for claim in args.paper.claims() {
            let Claim { name, source, says, judged, .. } = claim;
            output.print(&match output.json {
                true => json!({ "claim": name, "source": source, "says": says, "judged": judged }).to_string(),
                false => format!("{name}: {says}\n  {source}. {judged}"),
            })?;
        }
        return Ok(());
    }
    let features = match &args.patterns {
        Some(input) if args.paper.is_real() => Some(read_features(input, args.scale)?),
        _ => None,
    };
    let bits = args.patterns.as_ref().filter(|_| features.is_none());
    let (mut source, patterns) = own_patterns(bits, args.binarize, None)?.unzip();
    if let (Some(input), Some(features)) = (&args.patterns, &features) {
        source = Some(Source::of_features(input.to_string(), args.scale.to_string(), features));
    }
    reproduce::check(args.paper, patterns.as_ref())?;
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    let settings = Settings {
        paper: args.paper,
        quick: args.quick,
        seed: args.seed,
        patterns: source,
        arithmetic: backend.device().arithmetic.clone(),
    };
    let size = if args.quick { "-quick" } else { "" };
    let folder = args.out.clone().unwrap_or_else(|| format!("results/reproduce-{}{size}", args.paper).into());
    let command = super::command_line();
    let mut store = Store::open(&folder, &settings, &command, backend.device(), args.precision.precision)?;
    let claims = args.paper.claims().len();
    let mut progress = Progress::steps(output, claims);
    progress.line(&format!("reproduce {}: {claims} claims into {}", args.paper, folder.display()));
    let ways = Ways { precision: args.precision.precision, distances: args.distances.distances };
    let request = Request {
        settings: &settings,
        patterns: patterns.as_ref(),
        features: features.as_ref(),
        backend,
        ways,
        command: &command,
    };
    let mut done = 0;
    let judged = reproduce::run(&request, &mut store, &mut |event| {
        match event {
            Event::Working { claim, doing, share } => {
                progress.at_of(done, claims, &format!("{claim}: {doing}, {:.0}%", 100.0 * share));
            }
            Event::Judged(judged) => {
                done += 1;
                progress.at_of(done, claims, "");
                progress.line(&format!("{}: {}", judged.row.claim, judged.row.verdict));
            }
        }
        go_on()
    });
    drop(progress);
    // However it ended: what came up may be why.
    output.warn_of(backend);
    for claim in judged? {
        if output.json {
            for reading in &claim.readings {
                output.print(&serde_json::to_string(reading)?)?;
            }
        } else if !output.quiet {
            output.print(claim_lines(&claim.told()).trim_end())?;
        }
    }
    output.say(&format!("report: {}", folder.join("report.html").display()));
    Ok(())
}
