//! `attractor capacity`: how many patterns a memory holds, and how that grows with its neurons.

use std::path::PathBuf;

use attractor::capacity::{self, Capacity, Criterion, Event, Plan, Search, Settings, Store};
use attractor::code::Code;
use attractor::error::Error;
use attractor::rule::Model;
use attractor::sweep::Ways;
use clap::Args;

use super::interrupt::go_on;
use super::list::{code_help, counts, kernels_help, models, rules_help};
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, DynamicsArgs, Output, PrecisionArgs};

/// Find the largest number of patterns that stay retrievable, for each number of neurons, and the power of N it grows
/// with
///
/// Doubles P until a memory fails, then bisects; each P is tried with as many cues as it takes for exact bounds to
/// tell. The same command again continues where it stopped. docs/capacity.md says what a decision means.
#[derive(Args, Debug)]
pub(super) struct CapacityArgs {
    /// Neurons, N: numbers or ranges first..last:step
    #[arg(long, value_name = "LIST", default_value = "32,64,128")]
    neurons: String,
    #[arg(long, value_name = "LIST", help = format!("Kernels, a list: {}", kernels_help()))]
    kernel: Vec<String>,
    #[arg(long, value_name = "LIST", default_value = "klr", help = format!(
        "Learning rules, a list: {}; each with every kernel listed if it takes one, or RULE/KERNEL. All store the same \
         patterns and get the same cues",
        rules_help()
    ))]
    rule: Vec<String>,
    #[arg(long, default_value_t, value_name = "CODE", help = code_help())]
    code: Code,
    #[command(flatten)]
    descent: super::train::DescentArgs,
    /// What counts: every, cues of each pattern fail with a probability below --failure; mean, their average over
    /// patterns does
    #[arg(long, value_name = "every|mean", default_value_t)]
    criterion: Criterion,
    /// Probability with which each bit of a cue is flipped, or of a sparse code each active neuron moved
    #[arg(long, value_name = "DELTA", default_value_t = 0.1, allow_negative_numbers = true)]
    flip: f64,
    /// Instead: flip exactly so many bits of every cue, or move so many active neurons of a sparse code
    #[arg(long, value_name = "COUNT", conflicts_with = "flip")]
    flips: Option<usize>,
    /// Probability with which a cue may fail
    #[arg(long, value_name = "EPSILON", default_value_t = 0.01, allow_negative_numbers = true)]
    failure: f64,
    /// A cue is recovered in a fixed point of this cosine to its target, or more; 1: in the target itself. Cycles fail
    #[arg(long, value_name = "COSINE", default_value_t = 1.0, allow_negative_numbers = true)]
    recovered_cosine: f64,
    /// Probability with which each decision about a P holds, at least
    #[arg(long, default_value_t = 0.95, allow_negative_numbers = true)]
    confidence: f64,
    /// Most cues of a pattern, or with --criterion mean of all together [default: 20 / EPSILON, mean: 320 / EPSILON]
    #[arg(long, value_name = "COUNT")]
    max_trials: Option<usize>,
    /// Most patterns to try
    #[arg(long, value_name = "COUNT", default_value_t = 1 << 14)]
    most_patterns: usize,
    /// The search ends when what it has not decided or tried is this share of P
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, allow_negative_numbers = true)]
    resolution: f64,
    /// Independent draws of patterns for each N
    #[arg(long, default_value_t = 3)]
    networks: usize,
    /// Seed of patterns and cues
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
    #[command(flatten)]
    dynamics: DynamicsArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for capacities.csv, decisions.csv, manifest.json, the figure and report.html
    #[arg(long, value_name = "DIR", default_value = "results/capacity")]
    out: PathBuf,
}

pub(super) fn run(args: &CapacityArgs, output: Output) -> anyhow::Result<()> {
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    let plan = Plan::new(settings(args, &backend.device().arithmetic)?)?;
    plan.check_memory(args.distances.distances, super::available_memory())?;
    let command = super::command_line();
    let mut store = Store::open(&args.out, &plan, &command, backend.device(), args.precision.precision)?;

    let mut progress = Progress::steps(output, plan.searches.len());
    let planned = plan.searches.len();
    progress.line(&format!("capacity: {planned} searches into {}", args.out.display()));
    let mut warnings = Vec::new();
    let ways = Ways { precision: args.precision.precision, distances: args.distances.distances };
    let mut done = 0;
    let found = capacity::run(&plan, ways, backend, &mut store, &mut |event| {
        match event {
            Event::Resumed { begun, planned } => {
                progress.line(&format!("continuing: {begun} of {planned} searches were begun already"));
            }
            Event::Working { search, patterns, stage, share, bracket } => {
                let above = bracket.refuted.map_or(String::new(), |end| format!(" and below {end}"));
                let known = format!("{} or more{above}", bracket.shown);
                let what = format!("{}: {stage} P = {patterns}, {:.0}%; {known}", named(search), 100.0 * share);
                progress.at_of(done, planned, &what);
            }
            // More patterns than a rule can learn are what a search looks for.
            Event::Nothing { why: Error::Unlearnable { .. }, .. } => {}
            Event::Nothing { search, patterns, why } => {
                let what =
                    format!("{} P = {patterns} learnt nothing, and counts as not retrievable: {why}", named(search));
                progress.warn(&what);
                warnings.push(what);
            }
            Event::Ended { search, capacity } => {
                done += 1;
                progress.at_of(done, planned, "");
                progress.line(&format!("{}: {}", named(search), ending(capacity)));
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
    let found = match found {
        // What has ended is reported, and the same command continues.
        Err(Error::Interrupted) => {
            capacity::publish(&plan, &store, &capacity::ended(&plan, &store)?, &warnings)?;
            return Err(Error::Interrupted.into());
        }
        found => found?,
    };
    capacity::publish(&plan, &store, &found, &warnings)?;
    if output.json {
        for capacity in &found {
            output.print(&serde_json::to_string(capacity)?)?;
        }
    } else if !output.quiet {
        output.print(&capacity::terminal_table(&found))?;
    }
    if let Some(warning) = capacity::half_trained(&found) {
        output.warn(&warning);
    }
    output.say(&format!("report: {}", args.out.join("report.html").display()));
    Ok(())
}

/// What the options mean.
fn settings(args: &CapacityArgs, arithmetic: &str) -> attractor::Result<Settings> {
    let models = models(&args.rule, &args.kernel)?;
    let usual = match args.criterion {
        Criterion::Every => 20.0,
        Criterion::Mean => 320.0,
    };
    Ok(Settings {
        neurons: counts("--neurons", &args.neurons)?,
        models: models.iter().map(Model::to_string).collect(),
        descent: args.descent.settings(),
        criterion: args.criterion,
        code: args.code,
        flip: args.flip,
        flips: args.flips,
        failure: args.failure,
        recovered_cosine: args.recovered_cosine,
        confidence: args.confidence,
        // Out of range for an epsilon that is refused next.
        max_trials: args.max_trials.unwrap_or((usual / args.failure).ceil().clamp(1.0, f64::from(1 << 24)) as usize),
        most_patterns: args.most_patterns,
        resolution: args.resolution,
        networks: args.networks,
        seed: args.seed,
        max_steps: args.max_steps,
        dynamics: args.dynamics.dynamics.to_string(),
        arithmetic: arithmetic.into(),
    })
}

fn named(search: &Search) -> String {
    format!("{} N = {} network {}", search.model, search.neurons, search.network)
}

fn ending(found: &Capacity) -> String {
    let above = found.refuted.map_or("the bound on P was reached".into(), |end| format!("shown not to be at {end}"));
    format!(
        "capacity {}: retrievable at {}, {above} ({} trials of {} numbers of patterns)",
        found.capacity, found.shown, found.trials, found.decisions
    )
}
