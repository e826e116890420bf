//! An experiment's folder: the manifest that says what it is, a table, to which rows are appended as they finish, and the
//! journal of what was appended.
//!
//! A folder belongs to one experiment: the same settings continue it, others are refused. It may be killed at any time:
//! what was finished stays, what was not is made again.

mod journal;
mod manifest;
mod saved;
mod table;

use std::fmt::Debug;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use journal::Seconds;
pub use manifest::{MANIFEST, Manifest, format_of};
pub use saved::{Replanned, Shared, merge, reopen};

use crate::data::{Record, write_atomic};
use crate::engine::Device;
use crate::error::{Error, Result};
use crate::recall::Precision;
use crate::report::{Figure, Report, render};

use manifest::{check_same, pretty, read_manifest};
use table::Table;

/// The folder of figures.
const FIGURES: &str = "figures";

/// What fills a folder with rows.
pub trait Experiment {
    /// All that decides its numbers.
    type Settings: Clone + Debug + PartialEq + Serialize + DeserializeOwned;
    /// A row of its table; the order of fields is that of columns.
    type Row: Clone + Debug + Record;
    /// What it is, in messages.
    const NAME: &'static str;
    /// The manifest's format that this version reads and writes.
    const FORMAT: &'static str;
    /// The file of rows.
    const TABLE: &'static str;

    /// Its settings.
    fn settings(&self) -> &Self::Settings;

    /// Whether a folder that was begun with these settings is this experiment's.
    fn continues(&self, begun: &Self::Settings) -> bool {
        begun == self.settings()
    }

    /// Whether this row comes after those before it.
    fn expects(&self, before: &[Self::Row], row: &Self::Row) -> bool;

    /// Whether none is missing.
    fn is_complete(&self, rows: &[Self::Row]) -> bool;
}

/// An open folder, locked against a second writer.
#[derive(Debug)]
pub struct Store<E: Experiment> {
    folder: PathBuf,
    manifest: Manifest<E::Settings>,
    table: Table<E::Row>,
    _lock: File,
}

impl<E: Experiment> Store<E> {
    /// Opens or creates an experiment's folder, and reads the rows that are finished.
    ///
    /// # Errors
    /// If the folder belongs to other settings, is in use, or cannot be written.
    pub fn open(folder: &Path, plan: &E, command: &str, device: &Device, precision: Precision) -> Result<Self> {
        let mut store = Self::begin(folder, plan, command, Table::open)?;
        if !plan.is_complete(store.rows()) {
            let started = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
            let rows_before = store.rows().len();
            store.note([serde_json::json!({
                "started": started, "command": command, "rows_before": rows_before, "device": device,
                "precision": precision.to_string(),
            })])?;
        }
        Ok(store)
    }

    /// Opens a folder without a run; what is new of its manifest is not written yet.
    fn begin(
        folder: &Path,
        plan: &E,
        command: &str,
        opened: impl FnOnce(&Path, &E) -> Result<Table<E::Row>>,
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create"))?;
        let lock = lock(folder)?;
        let path = folder.join(MANIFEST);
        let table = folder.join(E::TABLE);
        let manifest = match fs::read(&path) {
            Ok(bytes) => {
                let found = read_manifest::<E>(&path, &bytes)?;
                check_same(&path, &found.settings, plan)?;
                found
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Results without their manifest are someone else's: never taken over, never overwritten.
                let begun = fs::metadata(&table).is_ok_and(|file| file.len() > 0);
                let others = [folder.join("report.html"), folder.join(FIGURES)];
                let foreign = begun.then_some(&table).or_else(|| others.iter().find(|path| path.exists()));
                if let Some(path) = foreign {
                    let what = format!("stands without the {MANIFEST} that says what it is");
                    return Err(Error::data(path, what, "give another --out, or move the file away"));
                }
                Manifest::new(E::FORMAT, plan.settings(), command)
            }
            Err(error) => return Err(Error::io(&path, "read")(error)),
        };
        let table = opened(folder, plan)?;
        Ok(Self { folder: folder.into(), manifest, table, _lock: lock })
    }

    /// Writes down runs in the manifest.
    fn note(&mut self, runs: impl IntoIterator<Item = serde_json::Value>) -> Result<()> {
        self.manifest.runs.extend(runs);
        write_atomic(&self.folder.join(MANIFEST), pretty(&self.manifest)?.as_bytes())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the folder says of itself.
    pub fn manifest(&self) -> &Manifest<E::Settings> {
        &self.manifest
    }

    /// The finished rows, in the experiment's order.
    pub fn rows(&self) -> &[E::Row] {
        self.table.rows()
    }

    /// Writes report.html, and the report's figures as figures/*.svg with their numbers beside them as .csv.
    /// What came up in the runs, which no row tells, is kept for when the report is made again.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn publish(&self, report: &Report<'_>, came_up: &[String]) -> Result<()> {
        self.draw(&report.body.figures)?;
        if self.manifest.notes != came_up {
            let manifest = Manifest { notes: came_up.to_vec(), ..self.manifest.clone() };
            write_atomic(&self.folder.join(MANIFEST), pretty(&manifest)?.as_bytes())?;
        }
        write_atomic(&self.folder.join("report.html"), render(report).as_bytes())
    }

    /// Writes figures as figures/*.svg, with their numbers beside them as .csv.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn draw(&self, figures: &[Figure]) -> Result<()> {
        let folder = self.folder.join(FIGURES);
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "create"))?;
        for figure in figures {
            write_atomic(&folder.join(format!("{}.svg", figure.stem)), figure.svg.as_bytes())?;
            write_atomic(&folder.join(format!("{}.csv", figure.stem)), figure.csv.as_bytes())?;
        }
        Ok(())
    }

    /// A figure that was drawn before, its SVG and its numbers; none if it is not there.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn drawn(&self, stem: &str) -> Result<Option<[String; 2]>> {
        let read = |ending: &str| {
            let path = self.folder.join(FIGURES).join(format!("{stem}.{ending}"));
            match fs::read_to_string(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                read => read.map(Some).map_err(Error::io(&path, "read")),
            }
        };
        Ok(read("svg")?.zip(read("csv")?).map(<[String; 2]>::from))
    }

    /// Appends finished rows, on disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append(&mut self, rows: &[E::Row], seconds: Seconds) -> Result<()> {
        self.table.append(rows, seconds)
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(Error::io(&path, "create"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::setting(
            format!("{} is in use by another attractor", folder.display()),
            "wait for it, or give another --out",
        )),
        Err(fs::TryLockError::Error(error)) => Err(Error::io(&path, "lock")(error)),
    }
}
