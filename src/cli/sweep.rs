//! `attractor sweep`: storage loads against cue similarities, with a table, figures and a report.

use std::path::PathBuf;

use attractor::code::Code;
use attractor::data::{Binarize, Input};
use attractor::measure::Cell;
use attractor::plan::{Plan, Settings, Unit};
use attractor::report;
use attractor::rule::Model;
use attractor::store::Store;
use attractor::sweep::{self, Event, Ways};
use clap::{Args, ValueEnum};

use super::interrupt::go_on;
use super::list::{code_help, kernels_help, models, numbers, rules_help};
use super::nothing::Nothing;
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, DynamicsArgs, Output, PrecisionArgs, ShardArgs, own_patterns};

/// Train networks at many loads, recall cues of many similarities, and report where the trials end
///
/// The same command again continues where it stopped. Without options this is the high-load preset: seven loads up to
/// P/N = 20 at 100 neurons.
#[derive(Args, Debug)]
pub(super) struct SweepArgs {
    /// Settings to start from; the options below override them
    #[arg(long, value_enum, default_value_t = Preset::HighLoad)]
    preset: Preset,
    /// Neurons, N [high-load: 100; attractor-q: 500; with --patterns: the file's width]
    #[arg(long)]
    neurons: Option<usize>,
    /// Loads P/N: numbers or ranges first..last:step [high-load: 1,2,4,8,12,16,20; attractor-q: 0.05,0.1,0.2,0.5,1,2,3,4]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    loads: Option<String>,
    /// Cosines between cue and target; with a sparse --code the share of active neurons that they have in common
    /// [high-load: 1.0,0.95,0.9,0.8,0.6,0.4; attractor-q: 1.0..0.1:-0.1,0.05]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    similarities: Option<String>,
    /// Store the first P = load x N rows of FILE[,array=NAME][,rows=A..B][,label=L] (.npz, images, ..:
    /// docs/files.md) instead of random patterns
    #[arg(long, value_name = "FILE")]
    patterns: Option<Input>,
    /// How the file's values become bits: threshold:V, mean or median (of each column)
    #[arg(long, requires = "patterns")]
    binarize: Option<Binarize>,
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
    /// Cues of each stored pattern
    #[arg(long, default_value_t = 5)]
    cues_per_pattern: usize,
    /// Most cues for one network and similarity; patterns are then cued in turn
    #[arg(long, default_value_t = 4000)]
    max_cues: usize,
    /// Independent networks at each load [default: 3, or 1 with --patterns]
    #[arg(long)]
    networks: Option<usize>,
    /// Seed of patterns and cues
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most steps of recall
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
    #[command(flatten)]
    dynamics: DynamicsArgs,
    #[command(flatten)]
    shard: ShardArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for cells.csv, manifest.json, figures and report.html [default: results/<preset>, with the neurons and the file if given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    /// 100 neurons, P/N from 1 to 20: the load at which memories stop answering, and how narrow their basins are
    HighLoad,
    /// 500 neurons, P/N from 0.05 to 4, cues down to similarity 0.05: the attractor statistics of arXiv 2505.01218
    AttractorQ,
}

impl Preset {
    fn neurons(self) -> usize {
        match self {
            Self::HighLoad => 100,
            Self::AttractorQ => 500,
        }
    }

    fn loads(self) -> &'static str {
        match self {
            Self::HighLoad => "1,2,4,8,12,16,20",
            Self::AttractorQ => "0.05,0.1,0.2,0.5,1,2,3,4",
        }
    }

    fn similarities(self) -> &'static str {
        match self {
            Self::HighLoad => "1.0,0.95,0.9,0.8,0.6,0.4",
            Self::AttractorQ => "1.0..0.1:-0.1,0.05",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::HighLoad => "results/high-load",
            Self::AttractorQ => "results/attractor-q",
        }
    }
}

pub(super) fn run(args: SweepArgs, output: Output) -> anyhow::Result<()> {
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    let plan = plan(&args, &backend.device().arithmetic)?;
    plan.check_memory(args.distances.distances, super::available_memory())?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args));
    let command = super::command_line();
    let mut store = Store::open(&folder, &plan, &command, backend.device(), args.precision.precision)?;

    let units = plan.units(0);
    let total: f64 = units.iter().map(|unit| unit.cost).sum();
    let remaining: f64 = plan.units(store.rows().len() / plan.cells_per_network()).iter().map(|unit| unit.cost).sum();
    let progress = Progress::new(output, total);
    progress.line(&format!("sweep: {} cells into {}", plan.cells(), folder.display()));
    let mut done = total - remaining;
    progress.skip(done);
    let mut warnings = sweep::warnings(&plan)?;
    warnings.iter().for_each(|warning| progress.warn(warning));
    let mut unlearnt = Nothing::default();
    let ways = Ways { precision: args.precision.precision, distances: args.distances.distances };
    let cells = sweep::run(&plan, ways, backend, &mut store, &mut |event| {
        match event {
            Event::Resumed { done, planned } if done == planned => {
                progress.line("every cell is there already: the report is made again");
            }
            Event::Resumed { done, planned } => {
                progress.line(&format!("continuing: {done} of {planned} cells are there already"));
            }
            Event::Working { unit, stage, share } => {
                progress.at(done + share * unit.cost, format!("{stage} {}", describe(unit)));
            }
            Event::Nothing { unit, why, .. } => {
                unlearnt.hear(&progress, &format!("{} P/N = {}", unit.model, unit.load), why);
            }
            Event::Saved { unit, cells } => {
                done += unit.cost;
                progress.at(done, "");
                progress.line(&finished(unit, cells));
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
    let cells = cells?;
    let nothing: Vec<&Cell> = cells.iter().filter(|cell| cell.trials == 0).collect();
    sweep::publish(&plan, &store, &cells, &warnings)?;
    if output.json {
        for cell in &cells {
            output.print(&serde_json::to_string(cell)?)?;
        }
    } else if !output.quiet {
        output.print(&report::terminal_table(&cells))?;
    }
    output.say(&format!("report: {}", folder.join("report.html").display()));
    let without = nothing.iter().map(|cell| &cell.rule);
    Ok(unlearnt.diverged(without, &format!("{} cells", cells.len()), &plan.descent)?)
}

/// results/<preset>, and what tells other sweeps of one preset apart at first sight.
fn default_folder(args: &SweepArgs) -> PathBuf {
    let neurons = args.neurons.map(|neurons| format!("-{neurons}-neurons"));
    let file = args.patterns.as_ref().and_then(|input| input.path().file_stem());
    let file = file.map(|stem| format!("-{}", stem.to_string_lossy()));
    format!("{}{}{}", args.preset.folder(), neurons.unwrap_or_default(), file.unwrap_or_default()).into()
}

/// What the options mean.
fn plan(args: &SweepArgs, arithmetic: &str) -> attractor::Result<Plan> {
    let (source, patterns) = own_patterns(args.patterns.as_ref(), args.binarize, args.neurons)?.unzip();
    let width = patterns.as_ref().map(attractor::pattern::Patterns::neurons);
    let descent = args.descent.settings();
    let settings = Settings {
        neurons: args.neurons.or(width).unwrap_or(args.preset.neurons()),
        loads: numbers(args.loads.as_deref().unwrap_or(args.preset.loads()))?,
        similarities: numbers(args.similarities.as_deref().unwrap_or(args.preset.similarities()))?,
        code: args.code,
        models: models(&args.rule, &args.kernel)?.iter().map(Model::to_string).collect(),
        learning_rate: descent.learning_rate,
        regularization: descent.regularization,
        updates: descent.updates,
        tolerance: descent.tolerance,
        solver: descent.solver,
        gradient_norm: descent.gradient_norm,
        cues_per_pattern: args.cues_per_pattern,
        max_cues: args.max_cues,
        networks: args.networks.unwrap_or(if patterns.is_some() { 1 } else { 3 }),
        seed: args.seed,
        max_steps: args.max_steps,
        dynamics: args.dynamics.dynamics.to_string(),
        patterns: source,
        arithmetic: arithmetic.into(),
        shard: args.shard.shard,
    };
    Plan::new(settings, patterns)
}

fn describe(unit: &Unit) -> String {
    let networks = match unit.networks.as_slice() {
        [one] => format!("network {one}"),
        [first, .., last] => format!("networks {first}-{last}"),
        [] => String::new(),
    };
    format!("{} P/N = {} {networks}", unit.model, unit.load)
}

/// A finished unit in a line: target rate by similarity, and how training ended.
fn finished(unit: &Unit, cells: &[Cell]) -> String {
    let mut rates: Vec<(f64, f64, f64)> = Vec::new();
    for cell in cells {
        match rates.iter_mut().find(|rate| rate.0 == cell.similarity) {
            Some(rate) => *rate = (rate.0, rate.1 + cell.target_rate, rate.2 + 1.0),
            None => rates.push((cell.similarity, cell.target_rate, 1.0)),
        }
    }
    let rates: Vec<String> =
        rates.iter().map(|(similarity, sum, count)| format!("{similarity}: {:.3}", sum / count)).collect();
    let unsettled = match cells {
        cells if cells.iter().all(|cell| cell.settled) => "",
        cells if cells.iter().any(|cell| cell.trials == 0) => "; nothing learnt",
        _ => "; training not settled",
    };
    if cells.iter().all(|cell| cell.trials == 0) {
        return format!("{}: nothing learnt", describe(unit));
    }
    format!("{}: target rate {}{unsettled}", describe(unit), rates.join(", "))
}
