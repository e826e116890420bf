//! The folder of a long piece of work: the manifest that says what it is, and a file of rows, appended as they are
//! found: a sweep's cells, a capacity search's decisions.
//!
//! A folder belongs to one piece of work: the same settings continue it, others are refused. Killed while writing, it
//! leaves at most one torn row, which the next run cuts off.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::write_atomic;
use crate::engine::Device;
use crate::error::{Error, Result};
use crate::recall::Precision;
use crate::report::Figure;

/// The file that says how results came to be.
pub const MANIFEST: &str = "manifest.json";

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// The manifest's format that this version reads and writes.
    pub format: &'static str,
    /// The file of rows.
    pub rows: &'static str,
}

/// A run that works on a folder.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The command, as typed.
    pub command: &'a str,
    /// On what.
    pub device: &'a Device,
    /// In which precision it recalls.
    pub precision: Precision,
}

/// What of the rows that were found counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// So many of the first; the others are found again.
    pub rows: usize,
    /// Whether they are all.
    pub finished: bool,
}

/// This crate's version: another's numbers are not mixed with it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a folder says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest<S> {
    /// [`Kind::format`].
    pub format: String,
    /// The crate's version at the start.
    pub version: String,
    /// Operating system and processor architecture at the start.
    pub platform: String,
    /// The command, as typed.
    pub command: String,
    /// All that decides the numbers.
    pub settings: S,
    /// Every run that worked on it: when, on what.
    pub runs: Vec<Value>,
}

impl<S: Clone + Serialize> Manifest<S> {
    /// What manifest.json holds.
    ///
    /// # Errors
    /// If a setting is no number that JSON can hold.
    pub fn to_json(&self) -> Result<Value> {
        plain_json(self)
    }

    fn new(kind: Kind, settings: &S, command: &str) -> Self {
        Self {
            format: kind.format.into(),
            version: VERSION.into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            command: command.into(),
            settings: settings.clone(),
            runs: Vec::new(),
        }
    }
}

/// An open folder of rows `R` under settings `S`, locked against a second writer.
#[derive(Debug)]
pub struct Store<S, R> {
    folder: PathBuf,
    kind: Kind,
    manifest: Manifest<S>,
    rows: Vec<R>,
    file: File,
    _lock: File,
}

impl<S, R> Store<S, R>
where
    S: Clone + PartialEq + Serialize + DeserializeOwned,
    R: Clone + Default + Serialize + DeserializeOwned,
{
    /// Opens or creates a folder, and reads the rows that are finished. `check` says which of them count, or which is
    /// the first that this work would not have written there.
    ///
    /// # Errors
    /// If the folder belongs to other settings, is in use, or cannot be written.
    pub fn open(
        folder: &Path,
        kind: Kind,
        settings: &S,
        run: &Run<'_>,
        check: impl FnOnce(&[R]) -> Result<Found, usize>,
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create"))?;
        let lock = lock(folder)?;
        let path = folder.join(MANIFEST);
        let rows = folder.join(kind.rows);
        let mut manifest = match fs::read(&path) {
            Ok(bytes) => {
                let found: Manifest<S> = read_manifest(&path, &bytes, kind)?;
                check_same(&path, &found.settings, settings, kind)?;
                found
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Results without their manifest are someone else's: never taken over, never overwritten.
                let begun = fs::metadata(&rows).is_ok_and(|file| file.len() > 0);
                let others = [folder.join("report.html"), folder.join("figures")];
                let foreign = begun.then_some(&rows).or_else(|| others.iter().find(|path| path.exists()));
                if let Some(path) = foreign {
                    let what = format!("stands without the {MANIFEST} that says what it is");
                    return Err(Error::data(path, what, "give another --out, or move the file away"));
                }
                Manifest::new(kind, settings, run.command)
            }
            Err(error) => return Err(Error::io(&path, "read")(error)),
        };
        let (rows, file, finished) = open_rows(&rows, kind, check)?;
        if !finished {
            let started = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
            manifest.runs.push(serde_json::json!({
                "started": started, "command": run.command, "rows_before": rows.len(), "device": run.device,
                "precision": run.precision.to_string(),
            }));
            write_atomic(&path, pretty(&manifest)?.as_bytes())?;
        }
        Ok(Self { folder: folder.into(), kind, manifest, rows, file, _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the folder says of itself.
    pub fn manifest(&self) -> &Manifest<S> {
        &self.manifest
    }

    /// The finished rows, in their order.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// Writes figures/*.svg with their numbers beside them as .csv, and the page as report.html.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn publish(&self, figures: &[Figure], page: &str) -> Result<()> {
        let folder = self.folder.join("figures");
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "create"))?;
        for figure in figures {
            write_atomic(&folder.join(format!("{}.svg", figure.stem)), figure.svg.as_bytes())?;
            write_atomic(&folder.join(format!("{}.csv", figure.stem)), figure.csv.as_bytes())?;
        }
        write_atomic(&self.folder.join("report.html"), page.as_bytes())
    }

    /// Appends finished rows, on disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append(&mut self, rows: &[R]) -> Result<()> {
        let path = self.folder.join(self.kind.rows);
        let lines = lines(rows, self.rows.is_empty())?;
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

fn read_manifest<S: DeserializeOwned>(path: &Path, bytes: &[u8], kind: Kind) -> Result<Manifest<S>> {
    let cure = "give another --out, or remove the folder";
    let foreign = |error| Error::data(path, format!("is no manifest of a {} ({error})", kind.name), cure);
    // Another format's settings need not be readable.
    let begun: Begun = serde_json::from_slice(bytes).map_err(foreign)?;
    if (begun.format.as_str(), begun.version.as_str()) == (kind.format, VERSION) {
        return serde_json::from_slice(bytes).map_err(foreign);
    }
    let what =
        format!("was begun by attractor {} ({}), this is {VERSION} ({})", begun.version, begun.format, kind.format);
    Err(Error::data(path, what, "go on with that version, or give another --out"))
}

/// What a manifest of any kind says.
#[derive(Deserialize)]
struct Begun {
    format: String,
    version: String,
}

/// Refuses other settings, naming the first that differs.
fn check_same<S: PartialEq + Serialize>(path: &Path, found: &S, asked: &S, kind: Kind) -> Result<()> {
    if found == asked {
        return Ok(());
    }
    let (found, asked) = (plain_json(found)?, plain_json(asked)?);
    let names = asked.as_object().into_iter().flatten();
    let differs = names.filter(|(name, value)| found.get(name.as_str()) != Some(value));
    let differs: Vec<String> = differs
        .map(|(name, value)| format!("{name} {} there, {value} here", found.get(name.as_str()).unwrap_or(&Value::Null)))
        .collect();
    Err(Error::data(path, format!("belongs to another {} ({})", kind.name, differs.join("; ")), "give another --out"))
}

/// Reads the finished rows, cuts off whatever follows them, and opens the file for more.
fn open_rows<R: Default + Serialize + DeserializeOwned>(
    path: &Path,
    kind: Kind,
    check: impl FnOnce(&[R]) -> Result<Found, usize>,
) -> Result<(Vec<R>, File, bool)> {
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
    let header = header::<R>()?;
    if !text.starts_with(&header) && !header.starts_with(&text) {
        return Err(Error::data(
            path,
            format!("does not start with a {}'s header", kind.name),
            "give another --out, or move the file away",
        ));
    }
    let mut reader = csv::Reader::from_reader(&text[..whole]);
    let mut rows: Vec<R> = Vec::new();
    let mut ends = Vec::new();
    let mut read = reader.deserialize();
    while let Some(row) = read.next() {
        let row = row.map_err(|error| {
            Error::data(
                path,
                format!("is not this {}'s ({error})", kind.name),
                "give another --out, or remove the folder",
            )
        })?;
        rows.push(row);
        ends.push(read.reader().position().byte() as usize);
    }
    let found = check(&rows).map_err(|row| {
        let what = format!("has a row {} (counted from 1) that this {} would not write there", row + 1, kind.name);
        Error::data(path, what, "give another --out, or remove the folder")
    })?;
    rows.truncate(found.rows);
    let keep = rows.len().checked_sub(1).map_or(0, |last| ends[last]);
    file.set_len(keep as u64).map_err(Error::io(path, "write"))?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(Error::io(path, "write"))?;
    Ok((rows, file, found.finished))
}

/// The first line of the file of rows, its newline included.
fn header<R: Default + Serialize>() -> Result<Vec<u8>> {
    let mut lines = lines(&[R::default()], true)?;
    lines.truncate(lines.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1));
    Ok(lines)
}

/// Rows as lines of CSV.
pub(crate) fn lines<R: Serialize>(rows: &[R], with_header: bool) -> Result<Vec<u8>> {
    let unforeseen = |what: String| Error::setting(format!("rows as CSV: {what}"), "please report this");
    let mut writer = csv::WriterBuilder::new().has_headers(with_header).from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|error| unforeseen(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| unforeseen(error.to_string()))
}
