//! An experiment's folder: the manifest that says what it is, and a table, to which rows are appended as they finish.
//!
//! A folder belongs to one experiment: the same settings continue it, others are refused. Killed while writing, it
//! leaves at most one torn row, which the next run cuts off.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::{Record, records, write_atomic};
use crate::engine::Device;
use crate::error::{Error, Result};
use crate::recall::Precision;
use crate::report::{Figure, Report, render};

/// The file that says how results came to be.
pub const MANIFEST: &str = "manifest.json";
/// The folder of figures.
const FIGURES: &str = "figures";

/// This crate's version: another's numbers are not mixed with it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

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

    /// Rows that are saved together: fewer at the end of the table are made again.
    fn together(&self) -> usize;

    /// Whether this row comes after those before it.
    fn expects(&self, before: &[Self::Row], row: &Self::Row) -> bool;

    /// Whether none is missing.
    fn is_complete(&self, rows: &[Self::Row]) -> bool;
}

/// What a folder says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest<Settings> {
    /// What is there, and in which format: "attractor-sweep-1".
    pub format: String,
    /// The crate's version at the start.
    pub version: String,
    /// Operating system and processor architecture at the start.
    pub platform: String,
    /// The command, as typed.
    pub command: String,
    /// All that decides the numbers.
    pub settings: Settings,
    /// Every run that worked on it: when, on what.
    pub runs: Vec<Value>,
}

impl<Settings: Clone + Serialize> Manifest<Settings> {
    /// What manifest.json holds.
    ///
    /// # Errors
    /// If a setting is no number that JSON can hold.
    pub fn to_json(&self) -> Result<Value> {
        plain_json(self)
    }

    fn new(format: &str, settings: &Settings, command: &str) -> Self {
        Self {
            format: format.into(),
            version: VERSION.into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            command: command.into(),
            settings: settings.clone(),
            runs: Vec::new(),
        }
    }
}

/// An open folder, locked against a second writer.
#[derive(Debug)]
pub struct Store<E: Experiment> {
    folder: PathBuf,
    manifest: Manifest<E::Settings>,
    rows: Vec<E::Row>,
    file: File,
    _lock: File,
}

impl<E: Experiment> Store<E> {
    /// Opens or creates an experiment's folder, and reads the rows that are finished.
    ///
    /// # Errors
    /// If the folder belongs to other settings, is in use, or cannot be written.
    pub fn open(folder: &Path, plan: &E, command: &str, device: &Device, precision: Precision) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create"))?;
        let lock = lock(folder)?;
        let path = folder.join(MANIFEST);
        let table = folder.join(E::TABLE);
        let mut manifest = match fs::read(&path) {
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
        let (rows, file) = open_table(&table, plan)?;
        if !plan.is_complete(&rows) {
            let started = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
            manifest.runs.push(serde_json::json!({
                "started": started, "command": command, "rows_before": rows.len(), "device": device,
                "precision": precision.to_string(),
            }));
            write_atomic(&path, pretty(&manifest)?.as_bytes())?;
        }
        Ok(Self { folder: folder.into(), manifest, rows, file, _lock: lock })
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
        &self.rows
    }

    /// Writes report.html, and the report's figures as figures/*.svg with their numbers beside them as .csv.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn publish(&self, report: &Report<'_>) -> Result<()> {
        self.draw(&report.body.figures)?;
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
    pub fn append(&mut self, rows: &[E::Row]) -> Result<()> {
        let path = self.folder.join(E::TABLE);
        let lines = records(rows, self.rows.is_empty())?;
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        written.map_err(Error::io(&path, "write"))?;
        self.rows.extend_from_slice(rows);
        Ok(())
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

fn pretty(manifest: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(manifest)
        .map(|text| text + "\n")
        .map_err(|error| Error::setting(format!("the manifest: {error}"), "give finite settings"))
}

/// As JSON with numbers as they are written: a direct conversion would widen an f32 of 0.1 to 0.10000000149011612.
fn plain_json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_string(value)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(|error| Error::setting(format!("the manifest: {error}"), "give finite settings"))
}

fn read_manifest<E: Experiment>(path: &Path, bytes: &[u8]) -> Result<Manifest<E::Settings>> {
    let cure = "give another --out, or remove the folder";
    let foreign = |error| Error::data(path, format!("is no manifest of a {} ({error})", E::NAME), cure);
    // Another format's settings need not be readable.
    let Begun { format, version } = serde_json::from_slice(bytes).map_err(foreign)?;
    if (format.as_str(), version.as_str()) == (E::FORMAT, VERSION) {
        return serde_json::from_slice(bytes).map_err(foreign);
    }
    if format != E::FORMAT {
        let what = format!("holds another experiment ({format}), and a {} is {}", E::NAME, E::FORMAT);
        return Err(Error::data(path, what, "give another --out"));
    }
    let what = format!("was begun by attractor {version} ({format}), this is {VERSION} ({})", E::FORMAT);
    Err(Error::data(path, what, "go on with that version, or give another --out"))
}

/// What a manifest of any experiment says.
#[derive(Deserialize)]
struct Begun {
    format: String,
    version: String,
}

/// Refuses other settings, naming the first that differs.
fn check_same<E: Experiment>(path: &Path, found: &E::Settings, plan: &E) -> Result<()> {
    if plan.continues(found) {
        return Ok(());
    }
    let (found, asked) = (plain_json(found)?, plain_json(plan.settings())?);
    let names = asked.as_object().into_iter().flatten();
    let differs = names.filter(|(name, value)| found.get(name.as_str()) != Some(value));
    let differs: Vec<String> = differs
        .map(|(name, value)| format!("{name} {} there, {value} here", found.get(name.as_str()).unwrap_or(&Value::Null)))
        .collect();
    Err(Error::data(path, format!("belongs to another {} ({})", E::NAME, differs.join("; ")), "give another --out"))
}

/// Reads the finished rows, cuts off whatever follows them, and opens the file for more.
fn open_table<E: Experiment>(path: &Path, plan: &E) -> Result<(Vec<E::Row>, File)> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(Error::io(path, "open"))?;
    let text = fs::read(path).map_err(Error::io(path, "read"))?;
    // A row counts only when its line is whole.
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    // Without a whole header there are no rows; but what is there must be the start of one, or it is not ours to cut.
    let header = records::<E::Row>(&[], true)?;
    if !text.starts_with(&header) && !header.starts_with(&text) {
        return Err(Error::data(
            path,
            format!("does not start with a {}'s header", E::NAME),
            "give another --out, or move the file away",
        ));
    }
    let mut reader = csv::Reader::from_reader(&text[..whole]);
    let mut rows: Vec<E::Row> = Vec::new();
    let mut ends = Vec::new();
    let columns = reader.headers().cloned().unwrap_or_default();
    let mut records = reader.records();
    while let Some(record) = records.next() {
        let cure = "give another --out, or remove the folder";
        let row = record.and_then(|line| E::Row::read(&line, &columns));
        let row = row.map_err(|error| Error::data(path, format!("is not this {}'s ({error})", E::NAME), cure))?;
        if !plan.expects(&rows, &row) {
            let line = rows.len() + 1;
            let what = format!("has a row {line} (counted from 1) that this {} would not write there", E::NAME);
            return Err(Error::data(path, what, cure));
        }
        rows.push(row);
        ends.push(records.reader().position().byte() as usize);
    }
    // What is saved together is incomplete if some of it is missing, and is made again.
    rows.truncate(rows.len() / plan.together() * plan.together());
    let keep = rows.len().checked_sub(1).map_or(0, |last| ends[last]);
    file.set_len(keep as u64).map_err(Error::io(path, "write"))?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(Error::io(path, "write"))?;
    Ok((rows, file))
}
