//! `attractor merge` and `attractor report`: what is done with experiments that have been run.

use std::path::{Path, PathBuf};

use attractor::capacity;
use attractor::error::{Error, Result};
use attractor::plan;
use attractor::sequence;
use attractor::store::{self, Experiment, Shared, Store, format_of};
use attractor::study::{self, Analysis, Attractors, Morphs, PhaseDiagram, Potentials, Snr, Spectrum};
use attractor::sweep;
use clap::Args;

use super::Output;

/// Join what the shards of a sweep or study have found into one folder: the same table and figures as of one run
///
/// Each shard is a run of the same command with --shard i/n and an --out of its own, on any machine.
#[derive(Args, Debug)]
pub(super) struct MergeArgs {
    /// Folders of all n shards, in any order
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Folder for the whole
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Make report and figures of an experiment's folder again, from its table, journal and manifest
#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// Folder of a sweep, sequence, capacity search or study
    folder: PathBuf,
}

pub(super) fn merge(args: &MergeArgs, output: Output) -> anyhow::Result<()> {
    let first = args.folders.first().map_or(Path::new(""), PathBuf::as_path);
    let format = format_of(first)?;
    let rows = match format.as_str() {
        <plan::Plan as Experiment>::FORMAT => {
            let (plan, store) = joined::<plan::Plan>(args)?;
            sweep::publish(&plan, &store, store.rows(), &notes(&store))?;
            store.rows().len()
        }
        Attractors::FORMAT => joined_study::<Attractors>(args)?,
        Morphs::FORMAT => joined_study::<Morphs>(args)?,
        PhaseDiagram::FORMAT => joined_study::<PhaseDiagram>(args)?,
        Potentials::FORMAT => joined_study::<Potentials>(args)?,
        Snr::FORMAT => joined_study::<Snr>(args)?,
        Spectrum::FORMAT => joined_study::<Spectrum>(args)?,
        _ => return Err(other(first, &format, "merge sweeps, or studies").into()),
    };
    output.say(&format!("{rows} rows of {} shards: {}", args.folders.len(), args.out.join("report.html").display()));
    Ok(())
}

fn joined<E: Shared>(args: &MergeArgs) -> Result<(E, Store<E>)> {
    store::merge(&args.folders, &args.out, &super::command_line())
}

fn joined_study<A: Analysis>(args: &MergeArgs) -> Result<usize> {
    let (plan, store) = joined::<study::Plan<A>>(args)?;
    publish_study(&plan, &store)
}

pub(super) fn report(args: &ReportArgs, output: Output) -> anyhow::Result<()> {
    let folder = &args.folder;
    let format = format_of(folder)?;
    let rows = match format.as_str() {
        <plan::Plan as Experiment>::FORMAT => {
            let (plan, store) = store::reopen::<plan::Plan>(folder)?;
            sweep::publish(&plan, &store, store.rows(), &notes(&store))?;
            store.rows().len()
        }
        sequence::Plan::FORMAT => {
            let (plan, store) = store::reopen::<sequence::Plan>(folder)?;
            sequence::publish(&plan, &store, store.rows(), &notes(&store))?;
            store.rows().len()
        }
        capacity::Plan::FORMAT => {
            let (plan, store) = store::reopen::<capacity::Plan>(folder)?;
            capacity::publish(&plan, &store, &capacity::ended(&plan, &store)?, &notes(&store))?;
            store.rows().len()
        }
        Attractors::FORMAT => again::<Attractors>(folder)?,
        Morphs::FORMAT => again::<Morphs>(folder)?,
        PhaseDiagram::FORMAT => again::<PhaseDiagram>(folder)?,
        Potentials::FORMAT => again::<Potentials>(folder)?,
        Snr::FORMAT => again::<Snr>(folder)?,
        Spectrum::FORMAT => again::<Spectrum>(folder)?,
        _ => return Err(other(folder, &format, "run its command again: it is continued, not repeated").into()),
    };
    output.say(&format!("report of {rows} rows: {}", folder.join("report.html").display()));
    Ok(())
}

fn again<A: Analysis>(folder: &Path) -> Result<usize> {
    let (plan, store) = store::reopen::<study::Plan<A>>(folder)?;
    publish_study(&plan, &store)
}

fn publish_study<A: Analysis>(plan: &study::Plan<A>, store: &Store<study::Plan<A>>) -> Result<usize> {
    study::publish(plan, store, &notes(store))?;
    Ok(store.rows().len())
}

/// What came up when it was run, but for what its rows say themselves.
fn notes<E: Experiment>(store: &Store<E>) -> Vec<String> {
    let of_rows = |note: &&String| note.contains("cells have no trials") || note.contains("rows are blank");
    store.manifest().notes.iter().filter(|note| !of_rows(note)).cloned().collect()
}

fn other(folder: &Path, format: &str, cure: &'static str) -> Error {
    Error::data(folder, format!("holds another kind of experiment ({format})"), cure)
}
