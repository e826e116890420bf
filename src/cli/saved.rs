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

/// Where an experiment is had from.
enum Origin<'a> {
    Folder(&'a Path),
    Shards(&'a MergeArgs),
}

impl Origin<'_> {
    fn open<E: Shared>(&self) -> Result<(E, Store<E>)> {
        match self {
            Self::Folder(folder) => store::reopen(folder),
            Self::Shards(args) => store::merge(&args.folders, &args.out, &super::command_line()),
        }
    }

    /// Publishes what may be shared, and gives its rows; none of another format.
    fn publish(&self, format: &str) -> Result<Option<usize>> {
        let rows = match format {
            <plan::Plan as Experiment>::FORMAT => {
                let (plan, store) = self.open::<plan::Plan>()?;
                sweep::publish(&plan, &store, store.rows(), &store.manifest().notes)?;
                store.rows().len()
            }
            Attractors::FORMAT => self.publish_study::<Attractors>()?,
            Morphs::FORMAT => self.publish_study::<Morphs>()?,
            PhaseDiagram::FORMAT => self.publish_study::<PhaseDiagram>()?,
            Potentials::FORMAT => self.publish_study::<Potentials>()?,
            Snr::FORMAT => self.publish_study::<Snr>()?,
            Spectrum::FORMAT => self.publish_study::<Spectrum>()?,
            _ => return Ok(None),
        };
        Ok(Some(rows))
    }

    fn publish_study<A: Analysis>(&self) -> Result<usize> {
        let (plan, store) = self.open::<study::Plan<A>>()?;
        study::publish(&plan, &store, &store.manifest().notes)?;
        Ok(store.rows().len())
    }
}

pub(super) fn merge(args: &MergeArgs, output: Output) -> anyhow::Result<()> {
    let first = args.folders.first().map_or(Path::new(""), PathBuf::as_path);
    let format = format_of(first)?;
    let Some(rows) = Origin::Shards(args).publish(&format)? else {
        return Err(other(first, &format, "merge sweeps, or studies").into());
    };
    output.say(&format!("{rows} rows of {} shards: {}", args.folders.len(), args.out.join("report.html").display()));
    Ok(())
}

pub(super) fn report(args: &ReportArgs, output: Output) -> anyhow::Result<()> {
    let folder = &args.folder;
    let format = format_of(folder)?;
    let rows = match (Origin::Folder(folder).publish(&format)?, format.as_str()) {
        (Some(rows), _) => rows,
        (None, sequence::Plan::FORMAT) => {
            let (plan, store) = store::reopen::<sequence::Plan>(folder)?;
            sequence::publish(&plan, &store, store.rows(), &store.manifest().notes)?;
            store.rows().len()
        }
        (None, capacity::Plan::FORMAT) => {
            let (plan, store) = store::reopen::<capacity::Plan>(folder)?;
            capacity::publish(&plan, &store, &capacity::ended(&plan, &store)?, &store.manifest().notes)?;
            store.rows().len()
        }
        _ => return Err(other(folder, &format, "run its command again: it is continued, not repeated").into()),
    };
    output.say(&format!("report of {rows} rows: {}", folder.join("report.html").display()));
    Ok(())
}

fn other(folder: &Path, format: &str, cure: &'static str) -> Error {
    Error::data(folder, format!("holds another kind of experiment ({format})"), cure)
}
