//! `attractor embed`: features in, centred patterns out, and what is known of them.

use std::fs;
use std::path::{Path, PathBuf};

use attractor::data::{
    Binarize, Input, check_writable, read_labelled_patterns, read_labels, read_patterns, write_i8, write_i64,
};
use attractor::error::{Error, Result};
use attractor::measure::Embedding;
use attractor::measure::embedding::{Census, Overlaps};
use clap::Args;
use serde_json::json;

use super::interrupt::go_on;
use super::train::first;
use super::{Output, refuse_replacing};

/// Classes that a terminal shows.
const SHOWN: usize = 12;

/// Turn features into patterns of -1 and +1, with their labels, and say how alike they are
///
/// Each dimension is centred by itself, over the whole file: a value above its mean becomes +1, any other -1. Every verb
/// reads what is written as --patterns. The overlap of two patterns is 1 - 2 d / N, d the bits that differ; up to 2^26
/// pairs each one counts, of more a sample of 2^22.
#[derive(Args, Debug)]
pub(super) struct EmbedArgs {
    /// Features, a row for each pattern, [P, N] of any numbers: FILE[,array=NAME][,labels=NAME][,rows=A..B][,label=L]
    /// (docs/files.md)
    #[arg(value_name = "FEATURES")]
    features: Input,
    /// The class of each row, whole numbers along one axis [default: those of the features' own file]
    #[arg(long, value_name = "FILE")]
    labels: Option<Input>,
    /// Above what a value becomes +1: the mean or median of its column, or threshold:V; a value equal to it becomes -1
    #[arg(long, default_value_t = Binarize::Mean)]
    binarize: Binarize,
    /// Keep only the first so many patterns; columns are centred over all rows nonetheless
    #[arg(long, value_name = "COUNT", alias = "patterns")]
    first: Option<usize>,
    /// Seed of the sample of pairs, where there are too many to count
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for patterns.npy and labels.npy [default: results/embed-<name of the features>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &EmbedArgs, output: Output) -> anyhow::Result<()> {
    let (all, own) = read_labelled_patterns(&args.features, Some(args.binarize))?;
    let mut labels = args.labels.as_ref().map(|labels| read_labels(labels, all.len())).transpose()?.or(own);
    let patterns = first(args.first, all)?;
    labels.iter_mut().for_each(|labels| labels.truncate(patterns.len()));
    let folder = folder(args);
    let [bits_path, labels_path] = ["patterns.npy", "labels.npy"].map(|name| folder.join(name));
    for file in [Some(&args.features), args.labels.as_ref()].into_iter().flatten().flat_map(Input::files) {
        refuse_replacing(file, &[&bits_path, &labels_path])?;
    }
    let bits = patterns.to_bipolar();
    check_folder(&folder, &bits_path, || Ok(read_patterns(&bits_path, None)? == patterns))?;
    if let Some(labels) = &labels {
        check_folder(&folder, &labels_path, || Ok(&read_labels(&labels_path, labels.len())? == labels))?;
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder, "create"))?;
    check_writable(&bits_path)?;

    let census = Census { seed: args.seed, ..Census::default() };
    let found = Embedding::of(&patterns, labels.as_deref(), census, &mut go_on)?;
    write_i8(&bits_path, patterns.len(), patterns.neurons(), &bits)?;
    if let Some(labels) = &labels {
        write_i64(&labels_path, labels)?;
    }
    if output.json {
        let mut all = serde_json::to_value(&found)?;
        all["binarize"] = json!(args.binarize.to_string());
        all["out"] = json!(folder);
        output.print(&all.to_string())?;
    } else if !output.quiet {
        output.print(&table(&found, args.binarize))?;
    }
    let and_labels = labels.map_or("", |_| " and labels.npy");
    output.say(&format!("wrote {}{and_labels}", bits_path.display()));
    Ok(())
}

fn folder(args: &EmbedArgs) -> PathBuf {
    let stem = args.features.path().file_stem().unwrap_or_default().to_string_lossy();
    args.out.clone().unwrap_or_else(|| format!("results/embed-{stem}").into())
}

/// Refuses a folder of something else: an experiment, or a file of that name that does not hold `the_same`.
fn check_folder(folder: &Path, path: &Path, the_same: impl Fn() -> Result<bool>) -> Result<()> {
    let other = match folder.join(attractor::store::MANIFEST).exists() {
        true => format!("{} holds a sweep or another experiment", folder.display()),
        // What cannot be read is not the same.
        false if path.exists() && !the_same().unwrap_or(false) => format!("{} holds something else", path.display()),
        false => return Ok(()),
    };
    Err(Error::setting(other, "give another --out, or move it away"))
}

/// A line for each fact.
fn table(found: &Embedding, binarize: Binarize) -> String {
    let mut lines = vec![
        ("patterns", found.patterns.to_string()),
        ("neurons", found.neurons.to_string()),
        ("+1 above", format!("{binarize}; a value equal to it is -1")),
        ("mean bit", format!("{:.3}", found.mean_bit)),
        ("duplicates", format!("{} (patterns that repeat an earlier one)", found.duplicates)),
    ];
    let pairs = |overlaps: &Overlaps| match found.all_pairs {
        true => format!("all {} pairs", overlaps.pairs),
        false => format!("{} sampled pairs", overlaps.pairs),
    };
    let overlap = |overlaps: &Option<Overlaps>| match overlaps {
        None => "no pair".into(),
        Some(of) => format!("mean {:.3}, sd {:.3}, max {:.3} ({})", of.mean, of.sd, of.max, pairs(of)),
    };
    lines.push(("overlap", overlap(&found.overlaps)));
    if let Some(classes) = &found.classes {
        lines.push(("  within classes", overlap(&classes.within)));
        lines.push(("  between classes", overlap(&classes.between)));
        let shown = classes.counts.iter().take(SHOWN).map(|(label, count)| format!("{label}: {count}"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let others = classes.counts.len().saturating_sub(SHOWN);
        let others = if others > 0 { format!(", and {others} more") } else { String::new() };
        lines.push(("classes", format!("{} (label: patterns) {shown}{others}", classes.counts.len())));
    }
    lines.iter().map(|(name, value)| format!("{name:<17} {value}")).collect::<Vec<_>>().join("\n")
}
