//! Experiments as their folders have them: reopened for a report, or joined from the shards of several runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::journal::Seconds;
use super::manifest::{MANIFEST, Manifest, check_same, read_manifest};
use super::table::{self, Table};
use super::{Experiment, Store, lock};
use crate::error::{Error, Result};
use crate::plan::Shard;

/// An experiment that can be planned again from its settings alone, for what its rows mean; not to be run where it is of
/// a user's own patterns.
pub trait Replanned: Experiment + Sized {
    /// Plans it.
    ///
    /// # Errors
    /// If the settings cannot be meant.
    fn replan(settings: Self::Settings) -> Result<Self>;
}

/// An experiment whose networks several runs may share.
pub trait Shared: Replanned {
    /// The share of settings, to read or to set.
    fn shard(settings: &mut Self::Settings) -> &mut Option<Shard>;

    /// Rows of each network.
    fn each(&self) -> usize;
}

fn manifest<E: Experiment>(folder: &Path) -> Result<Manifest<E::Settings>> {
    let path = folder.join(MANIFEST);
    read_manifest::<E>(&path, &fs::read(&path).map_err(Error::io(&path, "read"))?)
}

/// Opens the experiment that a folder holds.
///
/// # Errors
/// If it is none, another's, in use, or cannot be read.
pub fn reopen<E: Replanned>(folder: &Path) -> Result<(E, Store<E>)> {
    let plan = E::replan(manifest::<E>(folder)?.settings)?;
    let store = Store::begin(folder, &plan, "", Table::open_whole)?;
    Ok((plan, store))
}

/// A shard's folder, read and complete.
struct Part<E: Experiment> {
    folder: PathBuf,
    shard: Shard,
    manifest: Manifest<E::Settings>,
    rows: Vec<E::Row>,
    seconds: Vec<Seconds>,
}

impl<E: Shared> Part<E> {
    fn read(folder: &Path) -> Result<Self> {
        let mut manifest = manifest::<E>(folder)?;
        // Where nothing can be written, nothing is being written.
        let _lock = match lock(folder) {
            Err(Error::Io { .. }) => None,
            locked => Some(locked?),
        };
        let plan = E::replan(manifest.settings.clone())?;
        let Some(shard) = E::shard(&mut manifest.settings).take() else {
            let what = format!("holds a whole {}, not a shard of one", E::NAME);
            return Err(Error::data(folder, what, "give folders that were run with --shard"));
        };
        let table::Known { rows, seconds, .. } = table::read::<E>(folder, &plan)?;
        if !plan.is_complete(&rows) {
            let what = format!("holds {} rows of shard {shard}, and some are missing", rows.len());
            return Err(Error::data(folder, what, "run its command again, to the end"));
        }
        Ok(Self { folder: folder.into(), shard, manifest, rows, seconds })
    }
}

/// Joins the shards of an experiment in `out`: the same table as of one run, byte for byte.
///
/// # Errors
/// If the folders are not all the shards of one experiment, each complete; if `out` is in use, another experiment's, or
/// cannot be written.
pub fn merge<E: Shared>(folders: &[PathBuf], out: &Path, command: &str) -> Result<(E, Store<E>)> {
    let mut parts: Vec<Part<E>> = folders.iter().map(|folder| Part::read(folder)).collect::<Result<_>>()?;
    parts.sort_by_key(|part| part.shard.index());
    let Some(first) = parts.first() else { return Err(Error::setting("no folders", "give those of all shards")) };
    let (settings, count) = (first.manifest.settings.clone(), first.shard.count());
    let plan = E::replan(settings)?;
    for part in &parts {
        check_same(&part.folder.join(MANIFEST), &part.manifest.settings, &plan)?;
    }
    if let Some(other) = parts.iter().find(|part| part.shard.count() != count) {
        let what = format!("is shard {}, and others are of {count}", other.shard);
        return Err(Error::data(&other.folder, what, "give the shards of one run"));
    }
    for which in 0..count {
        let have = parts.iter().filter(|part| part.shard.index() == which).count();
        if have != 1 {
            let what =
                format!("shard {}/{count} {}", which + 1, if have == 0 { "is missing" } else { "is there twice" });
            return Err(Error::setting(what, "give the folder of each shard once"));
        }
    }
    let mut store = Store::begin(out, &plan, command, Table::open)?;
    if store.manifest.runs.is_empty() {
        for part in &parts {
            for note in &part.manifest.notes {
                if !store.manifest.notes.contains(note) {
                    store.manifest.notes.push(note.clone());
                }
            }
        }
        store.note(parts.iter().flat_map(|part| part.manifest.runs.iter().cloned()))?;
    }
    let each = plan.each();
    let networks = parts.iter().map(|part| part.rows.len()).sum::<usize>() / each;
    for network in store.rows().len() / each..networks {
        let (part, first) = (&parts[network % count], network / count * each);
        let seconds = part.seconds[first..][..each].iter().copied().sum();
        store.append(&part.rows[first..][..each], seconds)?;
    }
    Ok((plan, store))
}
