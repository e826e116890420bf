//! A sweep's folder: the manifest that says what it is, and cells.csv, one row appended as each cell finishes.
//!
//! A folder belongs to one sweep: the same settings continue it, others are refused. Killed while writing, a sweep leaves
//! at most one torn row, which the next run cuts off.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::write_atomic;
use crate::engine::Device;
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::plan::{Plan, Settings};
use crate::recall::Precision;
use crate::report::{Report, render};

/// The file of results.
pub const CELLS: &str = "cells.csv";
/// The file that says how they came to be.
pub const MANIFEST: &str = "manifest.json";

/// This crate's version: another's numbers are not mixed with it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a sweep's folder says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// "attractor-sweep-1".
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

/// The manifest's format that this version reads and writes.
const FORMAT: &str = "attractor-sweep-1";

impl Manifest {
    /// What manifest.json holds.
    ///
    /// # Errors
    /// If a setting is no number that JSON can hold.
    pub fn to_json(&self) -> Result<Value> {
        plain_json(self)
    }

    fn new(plan: &Plan, command: &str) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION.into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            command: command.into(),
            settings: plan.settings.clone(),
            runs: Vec::new(),
        }
    }
}

/// An open folder, locked against a second writer.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    cells: Vec<Cell>,
    file: File,
    _lock: File,
}

impl Store {
    /// Opens or creates a sweep's folder, and reads the cells that are finished.
    ///
    /// # Errors
    /// If the folder belongs to other settings, is in use, or cannot be written.
    pub fn open(folder: &Path, plan: &Plan, command: &str, device: &Device, precision: Precision) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create"))?;
        let lock = lock(folder)?;
        let path = folder.join(MANIFEST);
        let cells = folder.join(CELLS);
        let mut manifest = match fs::read(&path) {
            Ok(bytes) => {
                let found = read_manifest(&path, &bytes)?;
                check_same(&path, &found.settings, &plan.settings)?;
                found
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Results without their manifest are someone else's: never taken over, never overwritten.
                let begun = fs::metadata(&cells).is_ok_and(|file| file.len() > 0);
                let others = [folder.join("report.html"), folder.join("figures")];
                let foreign = begun.then_some(&cells).or_else(|| others.iter().find(|path| path.exists()));
                if let Some(path) = foreign {
                    let what = format!("stands without the {MANIFEST} that says what it is");
                    return Err(Error::data(path, what, "give another --out, or move the file away"));
                }
                Manifest::new(plan, command)
            }
            Err(error) => return Err(Error::io(&path, "read")(error)),
        };
        let (cells, file) = open_cells(&cells, plan)?;
        if cells.len() < plan.cells() {
            let started = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
            manifest.runs.push(serde_json::json!({
                "started": started, "command": command, "cells_before": cells.len(), "device": device,
                "precision": precision.to_string(),
            }));
            write_atomic(&path, pretty(&manifest)?.as_bytes())?;
        }
        Ok(Self { folder: folder.into(), manifest, cells, file, _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the folder says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The finished cells, in the plan's order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Writes report.html, and the report's figures as figures/*.svg with their numbers beside them as .csv.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn publish(&self, report: &Report<'_>) -> Result<()> {
        let figures = self.folder.join("figures");
        fs::create_dir_all(&figures).map_err(Error::io(&figures, "create"))?;
        for figure in report.figures {
            write_atomic(&figures.join(format!("{}.svg", figure.stem)), figure.svg.as_bytes())?;
            write_atomic(&figures.join(format!("{}.csv", figure.stem)), figure.csv.as_bytes())?;
        }
        write_atomic(&self.folder.join("report.html"), render(report).as_bytes())
    }

    /// Appends finished cells, on disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append(&mut self, cells: &[Cell]) -> Result<()> {
        let path = self.folder.join(CELLS);
        let rows = rows(cells, self.cells.is_empty())?;
        let written = self.file.write_all(&rows).and_then(|()| self.file.sync_data());
        written.map_err(Error::io(&path, "write"))?;
        self.cells.extend_from_slice(cells);
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

fn pretty(manifest: &Manifest) -> Result<String> {
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

fn read_manifest(path: &Path, bytes: &[u8]) -> Result<Manifest> {
    let cure = "give another --out, or remove the folder";
    let manifest: Manifest = serde_json::from_slice(bytes)
        .map_err(|error| Error::data(path, format!("is no manifest of a sweep ({error})"), cure))?;
    if (manifest.format.as_str(), manifest.version.as_str()) == (FORMAT, VERSION) {
        return Ok(manifest);
    }
    let what =
        format!("was begun by attractor {} ({}), this is {VERSION} ({FORMAT})", manifest.version, manifest.format);
    Err(Error::data(path, what, "go on with that version, or give another --out"))
}

/// Refuses other settings, naming the first that differs.
fn check_same(path: &Path, found: &Settings, asked: &Settings) -> Result<()> {
    if found == asked {
        return Ok(());
    }
    let (found, asked) = (plain_json(found)?, plain_json(asked)?);
    let names = asked.as_object().into_iter().flatten();
    let differs = names.filter(|(name, value)| found.get(name.as_str()) != Some(value));
    let differs: Vec<String> = differs
        .map(|(name, value)| format!("{name} {} there, {value} here", found.get(name.as_str()).unwrap_or(&Value::Null)))
        .collect();
    Err(Error::data(path, format!("belongs to another sweep ({})", differs.join("; ")), "give another --out"))
}

/// Reads the finished cells, cuts off whatever follows them, and opens the file for more.
fn open_cells(path: &Path, plan: &Plan) -> Result<(Vec<Cell>, File)> {
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
    // Without a whole header there are no cells; but what is there must be the start of one, or it is not ours to cut.
    let header = header()?;
    if !text.starts_with(&header) && !header.starts_with(&text) {
        return Err(Error::data(
            path,
            "does not start with a sweep's header",
            "give another --out, or move the file away",
        ));
    }
    let mut reader = csv::Reader::from_reader(&text[..whole]);
    let mut cells: Vec<Cell> = Vec::new();
    let mut ends = Vec::new();
    let mut rows = reader.deserialize();
    while let Some(row) = rows.next() {
        let cell = row.map_err(|error| {
            Error::data(path, format!("is not this sweep's ({error})"), "give another --out, or remove the folder")
        })?;
        cells.push(cell);
        ends.push(rows.reader().position().byte() as usize);
    }
    let foreign = |(row, cell): (usize, &Cell)| (!plan.expects(row, cell)).then_some(row);
    if let Some(row) = cells.iter().enumerate().find_map(foreign) {
        let what = format!("has a row {} (counted from 1) that this sweep would not write there", row + 1);
        return Err(Error::data(path, what, "give another --out, or remove the folder"));
    }
    // A network's cells are saved together; an incomplete one is run again.
    cells.truncate(cells.len() / plan.cells_per_network() * plan.cells_per_network());
    let keep = cells.len().checked_sub(1).map_or(0, |last| ends[last]);
    file.set_len(keep as u64).map_err(Error::io(path, "write"))?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(Error::io(path, "write"))?;
    Ok((cells, file))
}

/// The first line of cells.csv, its newline included.
fn header() -> Result<Vec<u8>> {
    let mut rows = rows(&[Cell::default()], true)?;
    rows.truncate(rows.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1));
    Ok(rows)
}

/// Cells as lines of CSV.
fn rows(cells: &[Cell], with_header: bool) -> Result<Vec<u8>> {
    let unforeseen = |what: String| Error::setting(format!("cells as CSV: {what}"), "please report this");
    let mut writer = csv::WriterBuilder::new().has_headers(with_header).from_writer(Vec::new());
    for cell in cells {
        writer.serialize(cell).map_err(|error| unforeseen(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| unforeseen(error.to_string()))
}
