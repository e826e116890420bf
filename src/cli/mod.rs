//! What the user typed, and nothing more: one file per verb, and what they share.

mod attractors;
mod bench;
mod capacity;
mod devices;
mod embed;
mod fit_kernel;
mod fit_similarity;
mod fitting;
pub(crate) mod interrupt;
mod list;
mod morph;
mod nothing;
mod phase;
mod potential;
mod progress;
mod quantise;
mod recall;
mod reproduce;
mod retrieve;
mod saved;
mod sequence;
mod shell;
mod snr;
mod spectrum;
mod study;
mod sweep;
mod train;

use std::io::{IsTerminal, Write};
use std::path::Path;

use attractor::data::{Binarize, Input, check_writable, read_patterns};
use attractor::engine::choice::{Choice, Opened, open};
use attractor::engine::{Arithmetic, Backend, available_memory, gpu};
use attractor::pattern::Patterns;
use attractor::plan::{Shard, Source};
use attractor::recall::{Dynamics, Precision};
use attractor::rule::Distances;
use clap::{Args, Parser, Subcommand};

/// A compute engine for associative memories: train, recall and sweep kernel Hopfield networks on any GPU or CPU.
#[derive(Debug, Parser)]
#[command(name = "attractor", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: Output,
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  a file could not be read or written, or something unforeseen
  2  a wrong command line, setting or input file; nothing was started
  3  the work would not fit in memory; nothing was started
  4  a GPU, its driver or a shader failed
  5  training diverged
  6  interrupted; finished cells, walks and decisions are saved, of other verbs nothing";

#[derive(Debug, Subcommand)]
enum Command {
    Devices(devices::DevicesArgs),
    Sweep(Box<sweep::SweepArgs>),
    Sequence(Box<sequence::SequenceArgs>),
    Train(train::TrainArgs),
    Recall(recall::RecallArgs),
    #[command(alias = "quantize")]
    Quantise(quantise::QuantiseArgs),
    Capacity(Box<capacity::CapacityArgs>),
    Attractors(Box<attractors::AttractorsArgs>),
    Morph(Box<morph::MorphArgs>),
    Phase(Box<phase::PhaseArgs>),
    Potential(Box<potential::PotentialArgs>),
    Snr(Box<snr::SnrArgs>),
    Spectrum(Box<spectrum::SpectrumArgs>),
    Embed(embed::EmbedArgs),
    FitKernel(Box<fit_kernel::FitKernelArgs>),
    FitSimilarity(Box<fit_similarity::FitSimilarityArgs>),
    Retrieve(Box<retrieve::RetrieveArgs>),
    Merge(saved::MergeArgs),
    Report(saved::ReportArgs),
    Reproduce(Box<reproduce::ReproduceArgs>),
    Bench(Box<bench::BenchArgs>),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
    BenchPoint(bench::PointArgs),
}

/// How to say it.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Say nothing but errors and warnings
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
    /// Print results on standard output as JSON, one object a line
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
}

impl Output {
    /// A line of results, on standard output. A reader that has left (a closed pipe) is no reason to fail; a full disk
    /// is.
    fn print(self, line: &str) -> attractor::Result<()> {
        match writeln!(std::io::stdout(), "{line}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(attractor::Error::io("standard output", "write")(error))
            }
            _ => Ok(()),
        }
    }

    /// A line for people, on standard error.
    fn say(self, line: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// A line that even --quiet does not hide.
    fn warn(self, line: &str) {
        let _ = writeln!(std::io::stderr(), "warning: {line}");
    }

    /// What came up on a backend.
    fn warn_of(self, backend: &dyn Backend) {
        backend.warnings().iter().for_each(|warning| self.warn(warning));
    }

    /// Whether a progress bar can be drawn.
    fn draws(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

/// Where to compute, and with which shaders.
#[derive(Args, Debug)]
struct BackendArgs {
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    shaders: ShaderArgs,
}

/// Where to compute.
#[derive(Args, Debug)]
struct DeviceArgs {
    /// auto, cpu, gpu, or gpu:<index, name or PCI id> as `attractor devices` lists them
    #[arg(long, default_value = "auto", help_heading = "Device")]
    backend: Choice,
    /// How the CPU's multiply-adds round: fused, or twice-rounded to match a GPU that rounds so [default: fused]
    #[arg(long, value_name = "fused|twice-rounded", help_heading = "Device")]
    arithmetic: Option<Arithmetic>,
}

/// Which shaders a GPU runs.
#[derive(Args, Debug)]
struct ShaderArgs {
    #[command(flatten)]
    checks: CheckArgs,
    /// Run this variant of every kernel that has it (`attractor devices --kernels` lists them): the same results
    /// [default: the fastest here: tried once, and remembered in the user's cache folder or $ATTRACTOR_CACHE_DIR]
    #[arg(long, value_name = "NAME", help_heading = "Device")]
    variant: Option<String>,
}

/// What a GPU's shaders check.
#[derive(Args, Clone, Copy, Debug)]
struct CheckArgs {
    /// Keep wgpu's run-time checks in a GPU's shaders: slower, and the same results
    #[arg(long, help_heading = "Device")]
    checked_shaders: bool,
}

/// How states move.
#[derive(Args, Clone, Copy, Debug)]
struct DynamicsArgs {
    #[arg(long, value_name = "DYNAMICS", default_value_t, help = format!(
        "How states move: {}. All neurons at once; or one after another, N visits a step: in turn, in a new random order, or \
         those alone whose field can have changed. With :energy a neuron takes the value of lower energy, its own part left out, \
         not the sign of its field (rule hebb, and rules that give couplings)",
        Dynamics::SPELLINGS
    ))]
    dynamics: Dynamics,
}

/// How to recall.
#[derive(Args, Clone, Copy, Debug)]
struct PrecisionArgs {
    /// What recall computes fields in: f32; f16, which is faster on GPUs with cooperative matrices and doubts more
    /// signs on the way; or f16-split, a pair of f16 for each number, for memories whose signs f16 doubts too often.
    /// The results are the same; training, asynchronous recall, and recall of models of couplings, is always f32
    #[arg(long, value_name = "f32|f16|f16-split", default_value_t, help_heading = "Device")]
    precision: Precision,
}

/// Which share of an experiment.
#[derive(Args, Clone, Copy, Debug)]
struct ShardArgs {
    /// Only every n-th network, from the i-th on, into an --out of its own: `attractor merge` joins what n such runs
    /// have found. For job arrays, one job a shard
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// Where training has its distances from.
#[derive(Args, Clone, Copy, Debug)]
struct DistancesArgs {
    /// Whether training makes the Hamming distances between its patterns again for every product, or stores them, two
    /// bytes for each pair, and fetches them: the same results. auto: recomputed on the CPU; on a GPU the faster, found
    /// by trial
    #[arg(long, value_name = "auto|recomputed|stored", default_value_t, help_heading = "Device")]
    distances: Distances,
}

impl ShaderArgs {
    fn options(&self) -> gpu::Options {
        gpu::Options { variant: self.variant.clone(), ..self.checks.options() }
    }
}

impl CheckArgs {
    /// The fastest variants, with or without checks.
    fn options(self) -> gpu::Options {
        gpu::Options { limits: None, checked: self.checked_shaders, variant: None, cache: gpu::cache_folder() }
    }
}

impl BackendArgs {
    fn open(&self, output: Output) -> attractor::Result<Opened> {
        self.device.open(&self.shaders.options(), output)
    }
}

impl DeviceArgs {
    fn open(&self, options: &gpu::Options, output: Output) -> attractor::Result<Opened> {
        let opened = open(&self.backend, self.arithmetic, options)?;
        output.say(&format!("device: {}; {} arithmetic", opened.reason, opened.backend.device().arithmetic));
        Ok(opened)
    }
}

/// Refuses to write a result over one of its own inputs.
fn refuse_replacing(input: &Path, outputs: &[&Path]) -> attractor::Result<()> {
    let place = |path: &Path| path.canonicalize().ok();
    match outputs.iter().find(|output| place(output).is_some_and(|output| Some(output) == place(input))) {
        None => Ok(()),
        Some(output) => Err(attractor::Error::setting(
            format!("the result would replace the input {}", output.display()),
            "give another --out",
        )),
    }
}

/// Makes a folder for results that replace none of their inputs, if it holds no experiment and they can be written.
fn prepare_folder<'a>(
    folder: &Path,
    written: &[&Path],
    inputs: impl IntoIterator<Item = &'a Path>,
) -> attractor::Result<()> {
    inputs.into_iter().try_for_each(|input| refuse_replacing(input, written))?;
    if folder.join(attractor::store::MANIFEST).exists() {
        let what = format!("{} holds a sweep or another experiment", folder.display());
        return Err(attractor::Error::setting(what, "give another --out"));
    }
    std::fs::create_dir_all(folder).map_err(attractor::Error::io(folder, "create"))?;
    written.iter().try_for_each(|path| check_writable(path))
}

/// The user's own patterns, if a file of them was given; `neurons`, if given, must be their width.
fn own_patterns(
    input: Option<&Input>,
    binarize: Option<Binarize>,
    neurons: Option<usize>,
) -> attractor::Result<Option<(Source, Patterns)>> {
    let Some(input) = input else { return Ok(None) };
    let patterns = read_patterns(input, binarize)?;
    if let Some(asked) = neurons.filter(|&asked| asked != patterns.neurons()) {
        let what = format!("--neurons {asked}, but the file's rows have {}", patterns.neurons());
        return Err(attractor::Error::setting(what, "leave --neurons out"));
    }
    let source = Source::new(input.to_string(), binarize.map(|binarize| binarize.to_string()), &patterns);
    Ok(Some((source, patterns)))
}

/// The command as typed, to print in manifests and reports.
fn command_line() -> String {
    let quote = |argument: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    std::iter::once("attractor".into()).chain(std::env::args().skip(1).map(quote)).collect::<Vec<_>>().join(" ")
}

/// Says of work that saves all or nothing, if it was interrupted, that nothing was.
fn all_or_nothing(result: anyhow::Result<()>) -> anyhow::Result<()> {
    result.map_err(|error| match error.downcast_ref() {
        Some(attractor::Error::Interrupted) => attractor::Error::Abandoned.into(),
        _ => error,
    })
}

/// Runs the verb.
pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Devices(args) => devices::run(&args, cli.output),
        Command::Sweep(args) => sweep::run(*args, cli.output),
        Command::Sequence(args) => sequence::run(&args, cli.output),
        Command::Train(args) => all_or_nothing(train::run(&args, cli.output)),
        Command::Recall(args) => all_or_nothing(recall::run(&args, cli.output)),
        Command::Quantise(args) => all_or_nothing(quantise::run(&args, cli.output)),
        Command::Capacity(args) => capacity::run(&args, cli.output),
        Command::Attractors(args) => attractors::run(&args, cli.output),
        Command::Morph(args) => morph::run(&args, cli.output),
        Command::Phase(args) => phase::run(&args, cli.output),
        Command::Potential(args) => potential::run(&args, cli.output),
        Command::Snr(args) => snr::run(&args, cli.output),
        Command::Spectrum(args) => spectrum::run(&args, cli.output),
        Command::Embed(args) => all_or_nothing(embed::run(&args, cli.output)),
        Command::FitKernel(args) => fit_kernel::run(&args, cli.output),
        Command::FitSimilarity(args) => fit_similarity::run(&args, cli.output),
        Command::Retrieve(args) => all_or_nothing(retrieve::run(&args, cli.output)),
        Command::Merge(args) => saved::merge(&args, cli.output),
        Command::Report(args) => saved::report(&args, cli.output),
        Command::Reproduce(args) => reproduce::run(&args, cli.output),
        Command::Completions(args) => shell::completions(&args, cli.output),
        Command::Man(args) => shell::man(&args, cli.output),
        Command::Bench(args) => bench::run(&args, cli.output),
        Command::BenchPoint(args) => bench::point(&args, cli.output),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    /// clap looks at a verb's options only when that verb is typed.
    #[test]
    fn no_two_options_of_a_verb_have_one_name() {
        Cli::command().debug_assert();
    }
}
