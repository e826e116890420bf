//! `attractor quantise`: a model in, models of fewer bits out, and what each has lost.

use std::path::PathBuf;

use attractor::data::{check_writable, write_atomic};
use attractor::engine::Workspace;
use attractor::error::{Error, Result};
use attractor::memory::{self, Width};
use attractor::plan;
use attractor::quantise::{Loss, Trying, losses};
use clap::Args;

use super::interrupt::go_on;
use super::list::numbers;
use super::progress::Progress;
use super::{BackendArgs, Output, PrecisionArgs};

/// Store a model's dual in fewer bits, and say what recall loses by it
///
/// Each dual variable becomes a code of so many bits, times a scale for each neuron (arXiv 2604.20333). The model files that come
/// out are read by every verb; each is a memory of its own, recalled as exactly as any.
#[derive(Args, Debug)]
pub(super) struct QuantiseArgs {
    /// Model file with a dual, as `attractor train` writes it
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Bits of a dual variable, a list of f16, 8, 4, 2 and 1
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "f16,8,4,2,1")]
    bits: Vec<Width>,
    /// Cosines between stored pattern and cue, a list
    #[arg(long, value_name = "LIST", default_value = "1,0.8", allow_hyphen_values = true)]
    similarities: String,
    /// Cues of each stored pattern
    #[arg(long, default_value_t = 5)]
    cues_per_pattern: usize,
    /// Most cues of one similarity; patterns are then cued in turn
    #[arg(long, default_value_t = 4000)]
    max_cues: usize,
    /// Seed of the cues
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most synchronous steps; give 1 for a memory trained with --targets, which walks: how many end where the f32 dual leads
    /// is then what counts
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for the models, <bits>.safetensors, and quantised.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &QuantiseArgs, output: Output) -> anyhow::Result<()> {
    let trying = trying(args)?;
    let memory = memory::load(&args.model)?;
    let (patterns, neurons) = (memory.keys.len(), memory.keys.neurons());
    let cues = patterns.saturating_mul(args.cues_per_pattern).min(args.max_cues) * trying.similarities.len();
    let held = (patterns as u64 * neurons as u64).saturating_mul(8 * (args.bits.len() as u64 + 1));
    plan::check_fits(
        &format!("{} duals of {patterns} patterns of {neurons} neurons, and {cues} cues", args.bits.len() + 1),
        plan::recall_bytes(1, patterns, neurons, cues, args.max_steps).saturating_add(held),
        super::available_memory(),
        "lower --max-cues or --max-steps",
    )?;
    let table = args.out.join("quantised.csv");
    let models: Vec<PathBuf> = args.bits.iter().map(|width| args.out.join(format!("{width}.safetensors"))).collect();
    let written: Vec<_> = models.iter().chain([&table]).map(PathBuf::as_path).collect();
    super::refuse_replacing(&args.model, &written)?;
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out, "create"))?;
    written.iter().try_for_each(|path| check_writable(path))?;
    let opened = args.backend.open(output)?;
    let space = Workspace::new(opened.backend.as_ref());
    let cost = (cues * patterns * neurons * (args.bits.len() + 1)) as f64;
    let progress = Progress::new(output, cost);
    let found = losses(&space, &memory, &args.bits, &trying, &mut |share| {
        progress.at(cost * share, "recalling");
        go_on()
    });
    drop(progress);
    // However it ended: what came up may be why.
    output.warn_of(opened.backend.as_ref());
    let (quantised, losses) = found?;
    for (quantised, path) in quantised.iter().zip(&models) {
        memory::save_quantised(&memory, quantised, path)?;
    }
    write_atomic(&table, &attractor::data::lines(&losses, true)?)?;
    for loss in &losses {
        if output.json {
            output.print(&serde_json::to_string(loss)?)?;
        }
    }
    if !output.json && !output.quiet {
        output.print(&terminal_table(&losses))?;
    }
    output.say(&format!("wrote {} models and {}", models.len(), table.display()));
    Ok(())
}

/// What the options mean.
fn trying(args: &QuantiseArgs) -> Result<Trying> {
    let counts =
        [("--cues-per-pattern", args.cues_per_pattern), ("--max-cues", args.max_cues), ("--max-steps", args.max_steps)];
    if let Some((name, count)) = counts.into_iter().find(|(_, count)| !(1..=1 << 20).contains(count)) {
        return Err(Error::setting(format!("{name} {count}"), format!("give {name} of 1 to {}", 1 << 20)));
    }
    if let Some(again) = (1..args.bits.len()).find(|&at| args.bits[..at].contains(&args.bits[at])) {
        return Err(Error::setting(format!("--bits {} twice", args.bits[again]), "list each once"));
    }
    let similarities = numbers(&args.similarities)?;
    if let Some(similarity) = similarities.iter().find(|similarity| !(-1.0..=1.0).contains(*similarity)) {
        let cure = "a cosine lies between -1 and 1: give --similarities within";
        return Err(Error::setting(format!("similarity {similarity}"), cure));
    }
    Ok(Trying {
        similarities,
        cues_per_pattern: args.cues_per_pattern,
        max_cues: args.max_cues,
        seed: args.seed,
        max_steps: args.max_steps,
        precision: args.precision.precision,
    })
}

/// A line for each width, target rate and share of unchanged ends by similarity.
fn terminal_table(losses: &[Loss]) -> String {
    let mut lines =
        vec!["bits |  dual bytes | error   | target rate, and share that ends as with f32, by cue similarity".into()];
    for same in losses.chunk_by(|a, b| a.bits == b.bits) {
        let rates =
            same.iter().map(|loss| format!("{}: {:.3}, {:.3}", loss.similarity, loss.target_rate, loss.unchanged_rate));
        let (rates, first) = (rates.collect::<Vec<_>>().join("; "), &same[0]);
        lines.push(format!("{:>4} | {:>11} | {:.1e} | {rates}", first.bits, first.bytes, first.error));
    }
    lines.join("\n")
}
