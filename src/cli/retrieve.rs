//! `attractor retrieve`: a memory on real-valued states and queries in, what they retrieve out.

use std::path::{Path, PathBuf};

use attractor::Error;
use attractor::data::{Input, Scaling, lines, read_features, read_sources, write_atomic, write_f32};
use attractor::engine::Workspace;
use attractor::retrieval::{
    Activation, Learns, Model, Network, Retrieved, Separation, Similarity, Steps, check_sources, judge, load, retrieve,
};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::interrupt::go_on;
use super::progress::Progress;
use super::{BackendArgs, Output};

/// Most weights that are written, 2^28: a gigabyte.
const WEIGHTS: usize = 1 << 28;

/// Retrieve from a memory on real-valued states: similarity, separation, readout
///
/// Of a model of `attractor fit-similarity`, or of patterns and a memory of the papers by name.
#[derive(Args, Debug)]
pub(super) struct RetrieveArgs {
    /// Model file, as `attractor fit-similarity` writes it
    #[arg(long, value_name = "FILE", required_unless_present = "patterns", conflicts_with_all = ["patterns", "memory", "values"])]
    model: Option<PathBuf>,
    /// Instead of a model: patterns, [P, d] of any numbers: FILE[,array=NAME][,rows=A..B][,label=L] (docs/files.md)
    #[arg(long, value_name = "FILE")]
    patterns: Option<Input>,
    #[arg(long, value_name = "MEMORY", default_value = "m-hop", help = format!("What the patterns are stored in: {}", Model::names()))]
    memory: &'static Model,
    /// What is read out instead of the patterns: .npy [P, v]
    #[arg(long, value_name = "FILE", requires = "patterns")]
    values: Option<Input>,
    #[arg(long, value_name = "SIMILARITY", help = format!("Another similarity than the memory's: {}", Similarity::SPELLINGS))]
    similarity: Option<Similarity>,
    #[arg(long, value_name = "SEPARATION", help = format!("Another separation than the memory's: {}", Separation::spellings()))]
    separation: Option<Separation>,
    /// What becomes of a readout: identity, or sign
    #[arg(long, value_name = "identity|sign")]
    activation: Option<Activation>,
    /// Queries, [B, d]: FILE[,array=NAME][,rows=A..B][,label=L] (docs/files.md)
    #[arg(long, value_name = "FILE")]
    queries: Input,
    #[arg(long, default_value_t, value_name = "SCALING", help = format!("How numbers of files are scaled: {}", Scaling::SPELLINGS))]
    scale: Scaling,
    /// The pattern that each query should find, counted from 0: whole numbers along one axis
    #[arg(long, value_name = "FILE")]
    sources: Option<Input>,
    /// Most steps
    #[arg(long, default_value_t = 1)]
    max_steps: usize,
    /// A query rests once no dimension changes by more than this
    #[arg(long, default_value_t = 1e-6)]
    tolerance: f32,
    /// Add a model's bias to the readouts again, so that steps lower the energy
    #[arg(long)]
    keep_bias: bool,
    /// Also write the weights of all patterns for every query, weights.npy [B, P]
    #[arg(long)]
    weights: bool,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for readouts.npy and retrieve.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A row of retrieve.csv.
#[derive(Serialize)]
struct Row {
    query: usize,
    index: usize,
    weight: f32,
    steps: usize,
    /// Of softmax.
    energy: Option<f64>,
    source: Option<usize>,
    /// Whether the pattern nearest to the readout is the source.
    correct: Option<u8>,
    /// Mean squared difference of readout and source.
    error: Option<f64>,
}

pub(super) fn run(args: &RetrieveArgs, output: Output) -> anyhow::Result<()> {
    let network = network(args)?;
    network.check()?;
    let queries = read_features(&args.queries, args.scale)?;
    let steps = Steps { most: args.max_steps, tolerance: args.tolerance, keeps_weights: args.weights };
    if args.weights && queries.len().saturating_mul(network.patterns.len()) > WEIGHTS {
        let what = format!("--weights of {} queries for {} patterns", queries.len(), network.patterns.len());
        return Err(Error::setting(what, format!("give fewer queries: at most {WEIGHTS} weights are written")).into());
    }
    let sources = args.sources.as_ref().map(|sources| read_sources(sources, queries.len())).transpose()?;
    if let Some(sources) = &sources {
        check_sources(&network, sources, queries.len())?;
    }
    if args.keep_bias && network.bias.is_none() {
        return Err(Error::setting("--keep-bias of a memory without a bias", "leave it out").into());
    }
    let names = ["readouts.npy", "retrieve.csv", "weights.npy"].map(|name| args.out.join(name));
    let written: Vec<&Path> = names[..if args.weights { 3 } else { 2 }].iter().map(PathBuf::as_path).collect();
    let inputs = [&args.patterns, &args.values, &args.sources].into_iter().flatten().chain([&args.queries]);
    super::prepare_folder(&args.out, &written, inputs.flat_map(Input::files).chain(args.model.as_deref()))?;

    let opened = args.backend.open(output)?;
    let space = Workspace::new(opened.backend.as_ref());
    output.say(&format!("retrieving {} queries from {} patterns", queries.len(), network.patterns.len()));
    let progress = Progress::steps(output, 100);
    let mut observer = |share: f64| {
        progress.at(share * 100.0, "retrieving");
        go_on()
    };
    let found = retrieve(&space, &network, &queries, steps, &mut observer)?;
    let judged = match &sources {
        Some(sources) => Some(judge(&space, &network, &found, sources)?),
        None => None,
    };
    drop(progress);
    let row = |query: usize| Row {
        query,
        index: found.indices[query],
        weight: found.weights[query],
        steps: found.steps[query],
        energy: found.energies.as_ref().map(|energies| energies[query]),
        source: sources.as_ref().map(|sources| sources[query]),
        correct: judged.as_ref().map(|judged| judged.correct[query].into()),
        error: judged.as_ref().map(|judged| judged.errors[query]),
    };
    let rows: Vec<Row> = (0..queries.len()).map(row).collect();
    save(args, &found, &rows, network.patterns.len(), &names)?;
    let accuracy = judged.as_ref().map(attractor::retrieval::Evaluation::accuracy);
    let error = judged.as_ref().map(attractor::retrieval::Evaluation::error);
    if output.json {
        let most = found.steps.iter().max();
        let all =
            json!({ "queries": rows.len(), "most_steps": most, "accuracy": accuracy, "error": error, "out": args.out });
        output.print(&all.to_string())?;
    } else if let (Some(accuracy), Some(error), false) = (accuracy, error, output.quiet) {
        output.print(&format!("{accuracy:.3} of {} queries correct, mean squared error {error:.4}", rows.len()))?;
    }
    output.warn_of(opened.backend.as_ref());
    output.say(&format!("wrote {}", names[0].display()));
    Ok(())
}

fn network(args: &RetrieveArgs) -> attractor::Result<Network> {
    let mut network = match (&args.model, &args.patterns) {
        (Some(model), _) => load(model)?,
        (None, Some(patterns)) => {
            let unread = |what: String| Error::setting(what, "please report this");
            if args.memory.learns != Learns::Nothing && args.similarity.is_none() {
                let what = format!("--memory {} has to be learned first", args.memory);
                return Err(Error::setting(what, "use attractor fit-similarity, and give its --model here"));
            }
            let [similarity, separation] = [args.memory.similarity, args.memory.separation];
            Network {
                values: args.values.as_ref().map(|values| read_features(values, Scaling::None)).transpose()?,
                activation: args.memory.activation.parse().map_err(unread)?,
                ..Network::new(
                    read_features(patterns, args.scale)?,
                    similarity.parse().map_err(unread)?,
                    separation.parse().map_err(unread)?,
                )
            }
        }
        (None, None) => return Err(Error::setting("no memory", "give --model, or --patterns and --memory")),
    };
    if let Some(similarity) = &args.similarity {
        network.similarity = similarity.clone();
        // It belongs to scores of another size.
        network.prior = None;
    }
    if let Some(separation) = &args.separation {
        network.separation = separation.clone();
    }
    network.activation = args.activation.unwrap_or(network.activation);
    network.keeps_bias |= args.keep_bias;
    Ok(network)
}

fn save(
    args: &RetrieveArgs,
    found: &Retrieved,
    rows: &[Row],
    patterns: usize,
    [readouts, table, weights]: &[PathBuf; 3],
) -> attractor::Result<()> {
    write_f32(readouts, found.readouts.len(), found.readouts.dimensions(), found.readouts.values())?;
    write_atomic(table, &lines(rows, true)?)?;
    match &found.all_weights {
        Some(all) if args.weights => write_f32(weights, rows.len(), patterns, all),
        _ => Ok(()),
    }
}
