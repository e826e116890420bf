//! `attractor fit-similarity`: patterns and what corrupts them in, a memory that knows it out.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use attractor::Error;
use attractor::data::{Features, Scaling, check_writable, lines, read_features, read_labels, write_atomic};
use attractor::engine::choice::{Choice, Opened};
use attractor::engine::{Arithmetic, Backend, Workspace};
use attractor::random;
use attractor::retrieval::fit::{Epoch, Examples, Fitted, Pairs, Spread, Training, bias, fit, separate};
use attractor::retrieval::{
    Cumulative, Evaluation, Footprint, Kinds, Learns, Model, Modulation, Network, Order, Separation, Similarity, Steps,
    Use, Variant, Variation, evaluate, save,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::interrupt::go_on;
use super::progress::Progress;
use super::{BackendArgs, Output, ShaderArgs, command_line};

/// The best so far is saved this often.
const CHECKPOINT: Duration = Duration::from_secs(30);

/// Variants of an epoch at most.
const MOST_SAMPLES: usize = 1 << 24;

/// Scores that a batch makes, unless more are asked for.
const SCORES: usize = 1 << 26;

/// Learn a similarity from what corrupts real-valued patterns, and save the memory that uses it
///
/// Queries are variants of the stored patterns (--variant), or your own (--pairs and --sources). The similarity is
/// trained to find the pattern that each query was made from: cross entropy, Adam. While it trains, and when it is
/// interrupted, the best so far is kept in --out. Training is that of softmax with beta 1, whatever the memory's
/// separation.
#[derive(Args, Debug)]
pub(super) struct FitSimilarityArgs {
    /// Patterns to store: .npy [P, d] of any numbers, or IDX images
    #[arg(long, value_name = "FILE", required_unless_present = "random")]
    patterns: Option<PathBuf>,
    /// Instead of a file: so many patterns of so many uniform numbers from -1 to 1
    #[arg(long, value_name = "P,D", conflicts_with = "patterns", value_parser = pair)]
    random: Option<[usize; 2]>,
    #[arg(long, default_value_t, value_name = "SCALING", help = format!("How numbers of files are scaled: {}", Scaling::SPELLINGS))]
    scale: Scaling,
    /// Store only the first so many patterns
    #[arg(long, value_name = "COUNT")]
    first: Option<usize>,
    /// What is learned: a-hop, a footprint of sorted likenesses; k2-hop, a matrix Phi; k-hop, Phi from the patterns
    /// alone
    #[arg(long, default_value = "a-hop", value_name = "MEMORY")]
    memory: &'static Model,
    #[arg(long, value_name = "SEPARATION", help = format!("Separation of the memory: {} [default: the memory's]", Separation::spellings()))]
    separation: Option<Separation>,
    #[command(flatten)]
    queries: QueryArgs,
    #[command(flatten)]
    footprint: FootprintArgs,
    #[command(flatten)]
    training: TrainingArgs,
    #[command(flatten)]
    device: DeviceArgs,
    /// Seed of patterns, variants and training
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fresh variants of each pattern on which the memory is tried, beside m-hop; 0 for none
    #[arg(long, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=1000))]
    trials: u32,
    /// Model file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Table to write of the loss of each epoch
    #[arg(long, value_name = "FILE.csv")]
    trace_training: Option<PathBuf>,
}

/// Where to compute. Of shaders the fastest is chosen: `--variant` is another thing here.
#[derive(Args, Debug)]
struct DeviceArgs {
    /// auto, cpu, gpu, or gpu:<index, name or PCI id> as `attractor devices` lists them
    #[arg(long, default_value = "auto", help_heading = "Device")]
    backend: Choice,
    /// How the CPU's multiply-adds round: fused, or twice-rounded to match a GPU that rounds so [default: fused]
    #[arg(long, value_name = "fused|twice-rounded", help_heading = "Device")]
    arithmetic: Option<Arithmetic>,
    /// Keep wgpu's run-time checks in a GPU's shaders: slower, and the same results
    #[arg(long, help_heading = "Device")]
    checked_shaders: bool,
}

impl DeviceArgs {
    fn open(&self, output: Output) -> attractor::Result<Opened> {
        let Self { backend, arithmetic, checked_shaders } = self;
        let shaders = ShaderArgs { checked_shaders: *checked_shaders, variant: None };
        BackendArgs { backend: backend.clone(), arithmetic: *arithmetic, shaders }.open(output)
    }
}

/// Where queries come from.
#[derive(Args, Debug)]
struct QueryArgs {
    /// Variants of the stored patterns: the share of dimensions set to anything, the variance of the noise, the size of
    /// the bias, each from 0 to 1
    #[arg(long, value_name = "MASK,NOISE,BIAS", help_heading = "Queries", required_unless_present_any = ["pairs"])]
    variant: Option<Variant>,
    /// What of noise, mask and bias comes after what
    #[arg(long, default_value_t, value_name = "ORDER", help_heading = "Queries")]
    order: Order,
    /// --variant's noise is a standard deviation, not a variance
    #[arg(long, help_heading = "Queries")]
    noise_deviation: bool,
    /// What noise and bias of each dimension are multiplied by: .npy [1, d]
    #[arg(long, value_name = "FILE", help_heading = "Queries")]
    scales: Option<PathBuf>,
    /// Instead of variants: queries, .npy [B, d]; scaled like the patterns
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "sources", conflicts_with_all = ["variant", "order", "noise_deviation", "scales"])]
    pairs: Option<PathBuf>,
    /// The pattern that each of --pairs was made from, counted from 0: .npy of whole numbers, or IDX labels
    #[arg(long, value_name = "FILE", help_heading = "Queries", requires = "pairs")]
    sources: Option<PathBuf>,
}

/// What a footprint is made of.
#[derive(Args, Debug)]
struct FootprintArgs {
    /// Likenesses in each dimension: minus the squared differences, the products, or both
    #[arg(long, value_enum, default_value_t = Likeness::Both, help_heading = "Footprint (a-hop)")]
    likeness: Likeness,
    /// Leave likenesses in the order of the dimensions
    #[arg(long, help_heading = "Footprint (a-hop)")]
    unsorted: bool,
    /// What is weighted: the sorted likenesses themselves, the sums of the first of them, or their product with a
    /// random or a learned matrix. All but a learned one give the same similarities, along other paths of training
    #[arg(long, value_enum, default_value_t = Matrix::Identity, help_heading = "Footprint (a-hop)")]
    footprint: Matrix,
    /// Do not look for a bias that all queries share: by default it is estimated and taken from each query first
    #[arg(long, help_heading = "Footprint (a-hop)")]
    no_debias: bool,
    /// Keep both betas at 1
    #[arg(long, help_heading = "Footprint (a-hop)")]
    fixed_betas: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Likeness {
    Both,
    Distances,
    Products,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Matrix {
    Identity,
    Sums,
    Random,
    Learned,
}

/// How it is trained.
#[derive(Args, Debug)]
struct TrainingArgs {
    /// Epochs
    #[arg(long, default_value_t = 200, help_heading = "Training")]
    epochs: usize,
    /// Queries of an epoch [default: one for each pattern, or all pairs]
    #[arg(long, value_name = "COUNT", help_heading = "Training")]
    samples: Option<usize>,
    /// Queries of a step [default: all of an epoch, at most 2048, and fewer of very many patterns]
    #[arg(long, value_name = "COUNT", help_heading = "Training")]
    batch: Option<usize>,
    /// Adam's step [default: 0.1 of a footprint, 0.01 of Phi]
    #[arg(long, value_name = "STEP", help_heading = "Training", allow_negative_numbers = true)]
    learning_rate: Option<f64>,
    /// Train on the same variants in every epoch
    #[arg(long, help_heading = "Training")]
    fixed_samples: bool,
    /// Stop after so many epochs without a loss lower by a thousandth; 0 for never
    #[arg(long, default_value_t = 0, value_name = "EPOCHS", help_heading = "Training")]
    patience: usize,
}

fn pair(text: &str) -> Result<[usize; 2], String> {
    let numbers: Vec<usize> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    match numbers.as_slice() {
        &[patterns, dimensions]
            if patterns >= 2 && dimensions >= 1 && patterns.saturating_mul(dimensions) <= 1 << 28 =>
        {
            Ok([patterns, dimensions])
        }
        _ => Err("write patterns, from 2 on, and dimensions: 2048,64; at most 2^28 numbers".into()),
    }
}

/// All that was asked for, read.
struct Plan {
    patterns: Features,
    variation: Option<Variation>,
    pairs: Option<(Features, Vec<usize>)>,
    separation: Separation,
}

impl Plan {
    fn read(args: &FitSimilarityArgs) -> attractor::Result<Self> {
        let mut patterns = match (&args.patterns, args.random) {
            (Some(path), _) => read_features(path, args.scale)?,
            (None, Some([count, dimensions])) => random::features(args.seed, 0, dimensions, count)?,
            (None, None) => return Err(Error::setting("no patterns", "give --patterns or --random")),
        };
        if let Some(first) = args.first {
            if first < 2 || first > patterns.len() {
                let what = format!("--first {first} of {} patterns", patterns.len());
                return Err(Error::setting(what, "give 2 at least, and no more than there are"));
            }
            patterns = patterns.first(first);
        }
        if args.memory.learns == Learns::Nothing {
            let what = format!("--memory {} learns nothing", args.memory);
            return Err(Error::setting(
                what,
                "use it as it is: attractor retrieve --memory; or fit a-hop, k2-hop or k-hop",
            ));
        }
        let scales = args.queries.scales.as_deref().map(|path| read_features(path, Scaling::None)).transpose()?;
        let variation = args.queries.variant.map(|variant| Variation {
            variant,
            order: args.queries.order,
            deviation: args.queries.noise_deviation,
            scales: scales.map(|scales| scales.values().to_vec()),
            seed: args.seed,
        });
        let pairs = match (&args.queries.pairs, &args.queries.sources) {
            (Some(queries), Some(sources)) => {
                let queries = read_features(queries, args.scale)?;
                let named = read_labels(sources, queries.len())?;
                let number = |(row, &source): (usize, &i64)| {
                    usize::try_from(source).map_err(|_| {
                        Error::data(sources, format!("row {row} names pattern {source}"), "number patterns from 0")
                    })
                };
                let named = named.iter().enumerate().map(number).collect::<attractor::Result<_>>()?;
                Some((queries, named))
            }
            _ => None,
        };
        let separation = match &args.separation {
            Some(separation) => separation.clone(),
            None => {
                args.memory.separation.parse().map_err(|what: String| Error::setting(what, "please report this"))?
            }
        };
        Ok(Self { patterns, variation, pairs, separation })
    }

    fn examples(&self) -> attractor::Result<Examples<'_>> {
        match (&self.pairs, &self.variation) {
            (Some((queries, sources)), _) => Ok(Examples::Pairs(Pairs { queries, sources })),
            (None, Some(variation)) => Ok(Examples::Variants(variation)),
            (None, None) => Err(Error::setting("no queries to learn from", "give --variant, or --pairs and --sources")),
        }
    }

    fn network(&self, similarity: Similarity, bias: Option<Vec<f32>>) -> Network {
        Network {
            patterns: self.patterns.clone(),
            values: None,
            similarity,
            separation: self.separation.clone(),
            activation: attractor::retrieval::Activation::Identity,
            bias,
            keeps_bias: false,
        }
    }
}

/// What training starts from.
fn start(args: &FitSimilarityArgs, dimensions: usize) -> Similarity {
    if args.memory.learns != Learns::Footprint {
        let unit = |at: usize| f64::from(u8::from(at / dimensions == at % dimensions));
        return Modulation { dimensions, entries: (0..dimensions * dimensions).map(unit).collect() }.into();
    }
    let kinds = match args.footprint.likeness {
        Likeness::Both => Kinds::BOTH,
        Likeness::Distances => Kinds { distances: true, products: false },
        Likeness::Products => Kinds { distances: false, products: true },
    };
    let matrix = match args.footprint.footprint {
        Matrix::Identity => Cumulative::Identity,
        Matrix::Sums => Cumulative::Sums,
        Matrix::Random => Cumulative::random(dimensions, args.seed),
        Matrix::Learned => Cumulative::triangle(dimensions),
    };
    Footprint::plain(dimensions, kinds, !args.footprint.unsorted, matrix).into()
}

/// A row of --trace-training.
#[derive(Serialize)]
struct Loss {
    epoch: usize,
    loss: f64,
}

pub(super) fn run(args: &FitSimilarityArgs, output: Output) -> anyhow::Result<()> {
    let plan = Plan::read(args)?;
    let examples = plan.examples()?;
    if args.trace_training.as_ref() == Some(&args.out) {
        return Err(Error::setting("--out and --trace-training of one name", "give each a file of its own").into());
    }
    let inputs = [&args.patterns, &args.queries.pairs, &args.queries.sources, &args.queries.scales];
    for path in std::iter::once(&args.out).chain(&args.trace_training) {
        for input in inputs.into_iter().flatten() {
            super::refuse_replacing(input, &[path])?;
        }
        check_writable(path)?;
    }
    let (count, dimensions) = (plan.patterns.len(), plan.patterns.dimensions());
    // What could not be saved is refused before it is trained.
    let start = start(args, dimensions);
    plan.network(start.clone(), None).check()?;
    let pairs = plan.pairs.as_ref().map(|(queries, _)| queries.len());
    let samples = args.training.samples.unwrap_or(count).min(pairs.unwrap_or(MOST_SAMPLES));
    let learning_rate = args.training.learning_rate.unwrap_or(match args.memory.learns {
        Learns::Footprint => 0.1,
        _ => 0.01,
    });
    let opened = args.device.open(output)?;
    let space = Workspace::new(opened.backend.as_ref());
    let debias = args.memory.learns == Learns::Footprint && !args.footprint.no_debias;
    let shift = if debias { Some(bias(&space, &plan.patterns, &examples, args.seed)?) } else { None };
    let training = Training {
        epochs: args.training.epochs,
        samples,
        batch: args.training.batch.unwrap_or(samples.min(2048).min((SCORES / count).max(1))),
        learning_rate,
        trains_betas: !args.footprint.fixed_betas,
        resamples: !args.training.fixed_samples,
        patience: args.training.patience,
        bias: shift.clone(),
        seed: args.seed,
    };
    let provenance = |epochs: usize, loss: f64| {
        json!({
            "command": command_line(),
            "memory": args.memory.name,
            "epochs": epochs,
            "best_loss": loss,
            "debiased": shift.is_some(),
            "samples": samples,
            "seed": args.seed,
            "variant": args.queries.variant.map(|variant| variant.to_string()),
            "order": args.queries.order.to_string(),
            "noise": if args.queries.noise_deviation { "standard deviation" } else { "variance" },
            "arithmetic": opened.backend.arithmetic().to_string(),
        })
    };
    output.say(&format!("fitting {} to {count} patterns of {dimensions} dimensions", args.memory));
    let fitted = learn(args, &plan, start, &examples, &training, &space, output, &provenance)?;
    let network = plan.network(fitted.similarity.clone(), shift.clone());
    save(&network, &provenance(fitted.losses.len(), fitted.best_loss), &args.out)?;
    if let Some(path) = &args.trace_training {
        let rows: Vec<Loss> = (1..).zip(&fitted.losses).map(|(epoch, &loss)| Loss { epoch, loss }).collect();
        write_atomic(path, &lines(&rows, true)?)?;
    }
    if !go_on() {
        output.say(&format!(
            "interrupted after {} epochs; {} holds the best so far",
            fitted.losses.len(),
            args.out.display()
        ));
        return Err(Error::Abandoned.into());
    }
    if fitted.diverged {
        let what = format!(
            "in epoch {} the loss, {:.3} at first, or the weights grew beyond bounds; {} holds the best, a loss of {:.3}",
            fitted.losses.len(),
            fitted.losses[0],
            args.out.display(),
            fitted.best_loss
        );
        return Err(Error::Diverged { what, learning_rate: learning_rate as f32, safe: None }.into());
    }
    let tried = tried(args, &plan, &network, opened.backend.as_ref(), output)?;
    tell(args, &fitted, &tried, output)?;
    output.warn_of(opened.backend.as_ref());
    output.say(&format!("wrote {}", args.out.display()));
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "what was read, what is asked for, and where")]
fn learn(
    args: &FitSimilarityArgs,
    plan: &Plan,
    start: Similarity,
    examples: &Examples<'_>,
    training: &Training,
    space: &Workspace<'_>,
    output: Output,
    provenance: &dyn Fn(usize, f64) -> Value,
) -> anyhow::Result<Fitted> {
    if let (Learns::Separated, Similarity::Modulated(phi)) = (args.memory.learns, &start) {
        let progress = Progress::steps(output, training.epochs);
        let spread = Spread { epochs: training.epochs, learning_rate: training.learning_rate, ..Spread::default() };
        let mut observer = |share: f64| {
            progress.at(share * training.epochs as f64, "keeping patterns apart");
            go_on()
        };
        let separated = separate(&plan.patterns, phi.clone(), spread, &mut observer);
        let (phi, losses) = separated.map_err(|error| match error {
            Error::Interrupted => Error::Abandoned,
            other => other,
        })?;
        let best_loss = losses.iter().copied().fold(f64::INFINITY, f64::min);
        return Ok(Fitted { similarity: phi.into(), best: losses.len(), losses, best_loss, diverged: false });
    }
    let progress = Progress::steps(output, training.epochs);
    let mut saved = Instant::now();
    let mut lowest = f64::INFINITY;
    let mut fault = None;
    let mut observer = |epoch: &Epoch<'_>| {
        progress.at(epoch.number as f64, format!("loss {:.4}", epoch.loss));
        lowest = lowest.min(epoch.loss);
        if lowest.is_finite() && saved.elapsed() >= CHECKPOINT {
            saved = Instant::now();
            let network = plan.network(epoch.best.clone(), training.bias.clone());
            fault = save(&network, &provenance(epoch.number, lowest), &args.out).err();
        }
        fault.is_none() && go_on()
    };
    let fitted = fit(space, &plan.patterns, &start, examples, training, &mut observer)?;
    match fault {
        Some(fault) => Err(fault.into()),
        None => Ok(fitted),
    }
}

/// How the memory does on fresh variants, and m-hop beside it.
fn tried(
    args: &FitSimilarityArgs,
    plan: &Plan,
    network: &Network,
    backend: &dyn Backend,
    output: Output,
) -> anyhow::Result<Vec<(&'static str, Evaluation)>> {
    let Some(variation) = plan.variation.as_ref().filter(|_| args.trials > 0) else { return Ok(Vec::new()) };
    let space = Workspace::new(backend);
    let count = plan.patterns.len() as u32;
    let draws: Vec<[u32; 2]> = (0..args.trials).flat_map(|round| (0..count).map(move |row| [row, round])).collect();
    let sources: Vec<usize> = draws.iter().map(|draw| draw[0] as usize).collect();
    let queries = variation.features(&space, &plan.patterns, &draws, Use::Trying)?;
    let plain =
        Network { similarity: Similarity::Dot, separation: Separation::softmax_of(1.0), bias: None, ..network.clone() };
    let progress = Progress::steps(output, 100);
    let mut observer = |share: f64| {
        progress.at(share * 100.0, "trying it");
        go_on()
    };
    let mut found = Vec::new();
    for (name, network) in [("m-hop", &plain), (args.memory.name, network)] {
        found.push((name, evaluate(&space, network, &queries, &sources, Steps::default(), &mut observer)?));
    }
    Ok(found)
}

fn tell(
    args: &FitSimilarityArgs,
    fitted: &Fitted,
    tried: &[(&'static str, Evaluation)],
    output: Output,
) -> attractor::Result<()> {
    let last = fitted.losses.last();
    if output.json {
        let of = |(name, found): &(&str, Evaluation)| json!({ "memory": name, "queries": found.correct.len(), "accuracy": found.accuracy(), "error": found.error() });
        let tried: Vec<Value> = tried.iter().map(of).collect();
        let all = json!({
            "memory": args.memory.name,
            "epochs": fitted.losses.len(),
            "first_loss": fitted.losses.first(),
            "last_loss": last,
            "best_epoch": fitted.best,
            "tried": tried,
            "out": args.out,
        });
        return output.print(&all.to_string());
    }
    if output.quiet {
        return Ok(());
    }
    if let (Some(first), Some(last)) = (fitted.losses.first(), last) {
        output.print(&format!("loss     {first:.4} to {last:.4} in {} epochs", fitted.losses.len()))?;
    }
    for (name, found) in tried {
        let correct = found.correct.iter().filter(|&&correct| correct).count() as u64;
        let (low, high) = attractor::measure::wilson(correct, found.correct.len() as u64);
        output.print(&format!(
            "{name:<8} {:.3} of {} fresh variants correct ({low:.3} to {high:.3}), mean squared error {:.4}",
            found.accuracy(),
            found.correct.len(),
            found.error()
        ))?;
    }
    Ok(())
}
