//! `attractor sequence`: memories that walk through their patterns; how far, how well, and up to which length.

use std::path::PathBuf;

use attractor::data::{Binarize, Input};
use attractor::measure::Walk;
use attractor::pattern::Patterns;
use attractor::report;
use attractor::rule::Model;
use attractor::sequence::{self, Bracket, Event, Lengths, Plan, Settings, Unit};
use attractor::store::Store;
use attractor::sweep::Ways;
use clap::Args;
use serde_json::json;

use super::interrupt::go_on;
use super::list::{counts, kernels_help, models, rules_help};
use super::nothing::Nothing;
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, Output, PrecisionArgs, own_patterns};

/// Train memories on cyclic sequences, let them walk, and say where they go astray
///
/// Each pattern is answered with the next, the last with the first, so that the state walks from pattern to pattern. A
/// trial succeeds when it goes once around without an error. The same command again continues where it stopped. Without
/// options these are the settings of arXiv 2605.00366, about the length at which its memories collapse.
#[derive(Args, Debug)]
pub(super) struct SequenceArgs {
    /// Neurons, N [default: 100; with --patterns: the file's width]
    #[arg(long)]
    neurons: Option<usize>,
    /// Lengths P: numbers or ranges first..last:step
    #[arg(long, value_name = "LIST", default_value = "800,1600,1700", allow_hyphen_values = true)]
    lengths: String,
    /// Search by bisection for the capacity instead: the largest length at which every trial succeeds, to within STEP
    #[arg(long, value_name = "LOW..HIGH:STEP", conflicts_with = "lengths", allow_hyphen_values = true)]
    capacity: Option<Bracket>,
    /// Trials at each length, each with patterns of its own [default: 10, or 1 with --patterns]
    #[arg(long)]
    trials: Option<usize>,
    /// Synchronous steps from the first pattern, at least P [default: 6 P]
    #[arg(long)]
    steps: Option<usize>,
    /// Walk along the first P rows of FILE[,array=NAME][,rows=A..B][,label=L] (.npz, images, ..:
    /// docs/files.md), in their order, instead of random patterns
    #[arg(long, value_name = "FILE")]
    patterns: Option<Input>,
    /// How the file's values become bits: threshold:V, mean or median (of each column)
    #[arg(long, requires = "patterns")]
    binarize: Option<Binarize>,
    #[arg(long, value_name = "LIST", help = format!("Kernels, a list: {}", kernels_help()))]
    kernel: Vec<String>,
    #[arg(long, value_name = "LIST", default_value = "klr", help = format!(
        "Learning rules, a list: {}; each with every kernel listed if it takes one, or RULE/KERNEL. All walk along the \
         same patterns",
        rules_help()
    ))]
    rule: Vec<String>,
    #[command(flatten)]
    descent: super::train::DescentArgs,
    /// Seed of the patterns
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for sequences.csv, manifest.json, figures and report.html [default: results/sequence or
    /// results/sequence-capacity, with the file if given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &SequenceArgs, output: Output) -> anyhow::Result<()> {
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    let plan = plan(args, &backend.device().arithmetic)?;
    plan.check_memory(args.distances.distances, super::available_memory())?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(args));
    let command = super::command_line();
    let mut store = Store::open(&folder, &plan, &command, backend.device(), args.precision.precision)?;

    let progress = Progress::new(output, plan.cost());
    progress.line(&format!("sequence: {} trials at each length into {}", plan.settings.trials, folder.display()));
    let mut done = plan.done(store.rows());
    progress.skip(done);
    let mut warnings = sequence::warnings(&plan)?;
    warnings.iter().for_each(|warning| progress.warn(warning));
    let ways = Ways { precision: args.precision.precision, distances: args.distances.distances };
    let mut nothing = Nothing::default();
    let walks = sequence::run(&plan, ways, backend, &mut store, &mut |event| {
        match event {
            Event::Resumed(rows) => progress.line(&format!("continuing: {rows} trials are there already")),
            Event::Working { unit, stage, share } => {
                progress.at(done + share * unit.cost, format!("{stage} {}", describe(unit)));
            }
            Event::Nothing { unit, why } => nothing.hear(&progress, &describe(unit), why),
            Event::Saved { unit, walks } => {
                done += unit.cost;
                progress.at(done, "");
                progress.line(&finished(unit, walks));
            }
        }
        go_on()
    });
    drop(progress);
    // However it ended: what came up may be why.
    for warning in backend.warnings() {
        output.warn(&warning);
        warnings.push(warning);
    }
    let walks = walks?;
    let capacities = plan.capacities(&walks);
    sequence::publish(&plan, &store, &walks, &warnings)?;
    if output.json {
        for walk in &walks {
            output.print(&serde_json::to_string(walk)?)?;
        }
        for (model, [holds, fails]) in &capacities {
            output.print(&json!({ "model": model.to_string(), "capacity": holds, "fails_at": fails }).to_string())?;
        }
    } else if !output.quiet {
        output.print(report::walks_table(&walks).trim_end())?;
        sequence::told_capacities(&plan, &walks).iter().try_for_each(|line| output.print(line))?;
    }
    output.say(&format!("report: {}", folder.join("report.html").display()));
    let without = walks.iter().filter(|walk| walk.steps == 0).map(|walk| &walk.rule);
    Ok(nothing.diverged(without, &format!("{} trials", walks.len()), &plan.settings.descent)?)
}

fn default_folder(args: &SequenceArgs) -> PathBuf {
    let kind = if args.capacity.is_some() { "sequence-capacity" } else { "sequence" };
    let file = args.patterns.as_ref().and_then(|input| input.path().file_stem());
    let file = file.map(|stem| format!("-{}", stem.to_string_lossy()));
    format!("results/{kind}{}", file.unwrap_or_default()).into()
}

/// What the options mean.
fn plan(args: &SequenceArgs, arithmetic: &str) -> attractor::Result<Plan> {
    let (source, patterns) = own_patterns(args.patterns.as_ref(), args.binarize, args.neurons)?.unzip();
    let settings = Settings {
        neurons: args.neurons.or(patterns.as_ref().map(Patterns::neurons)).unwrap_or(100),
        lengths: match args.capacity {
            Some(bracket) => Lengths::Capacity(bracket),
            None => Lengths::Listed(counts("--lengths", &args.lengths)?),
        },
        models: models(&args.rule, &args.kernel)?.iter().map(Model::to_string).collect(),
        descent: args.descent.settings(),
        trials: args.trials.unwrap_or(if patterns.is_some() { 1 } else { 10 }),
        steps: args.steps,
        seed: args.seed,
        patterns: source,
        arithmetic: arithmetic.into(),
    };
    Plan::new(settings, patterns)
}

fn describe(unit: &Unit) -> String {
    let trials = match unit.trials.as_slice() {
        [one] => format!("trial {one}"),
        [first, .., last] => format!("trials {first}-{last}"),
        [] => String::new(),
    };
    format!("{} P = {} {trials}", unit.model, unit.patterns)
}

/// Finished trials in a line.
fn finished(unit: &Unit, walks: &[Walk]) -> String {
    let each = |walk: &Walk| {
        let error = match walk.first_error {
            _ if walk.steps == 0 => return "nothing learnt".to_owned(),
            None => "no error".to_owned(),
            Some(step) => format!("first error at step {step}"),
        };
        let snr = walk.snr.map_or(String::new(), |snr| format!(", SNR {snr:.2}"));
        let settled = if walk.settled { "" } else { ", training not settled" };
        format!("{error}, {:.3} of transitions right{snr}{settled}", walk.transitions)
    };
    let succeeded = walks.iter().filter(|walk| walk.success).count();
    match walks {
        [one] => format!("{}: {}", describe(unit), each(one)),
        [first, ..] => {
            format!("{}: {succeeded} of {} succeed; the first: {}", describe(unit), walks.len(), each(first))
        }
        [] => describe(unit),
    }
}
