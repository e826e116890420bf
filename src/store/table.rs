//! An experiment's rows, and the journal that vouches for them: two CSV files that only grow.
//!
//! Rows are written first, then their entry: killed in between, or while writing, there are rows without an entry, or a
//! torn line, which the next run cuts off and makes again. Whole lines that it cuts off are kept beside the table: if
//! it is the journal that was damaged, they are results.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Experiment;
use super::journal::{Entry, JOURNAL, Seconds, parse};
use crate::data::{Record, fingerprint, lines, records, write_atomic};
use crate::error::{Error, Result};

/// What to do about a table that is not what it was.
const CURE: &str = "bring the file back, give another --out, or remove the folder";

/// An open table.
#[derive(Debug)]
pub(super) struct Table<Row> {
    rows: Vec<Row>,
    file: Growing,
    journal: Growing,
}

impl<Row: Clone + Record> Table<Row> {
    /// Reads the rows that are finished, cuts off whatever follows them, and opens both files for more.
    pub(super) fn open<E: Experiment<Row = Row>>(folder: &Path, plan: &E) -> Result<Self> {
        let known = read::<E>(folder, plan)?;
        if !known.beyond.is_empty() {
            write_atomic(&known.table.with_extension("csv.cut"), &known.beyond)?;
        }
        let file = Growing::open(known.table, known.keep)?;
        let journal = Growing::open(known.journal, known.keep_journal)?;
        Ok(Self { rows: known.rows, file, journal })
    }

    /// The finished rows.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// [`Self::open`] of what is whole: refuses where that would cut anything off.
    pub(super) fn open_whole<E: Experiment<Row = Row>>(folder: &Path, plan: &E) -> Result<Self> {
        let known = read::<E>(folder, plan)?;
        let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        let kept = [(&known.table, known.keep), (&known.journal, known.keep_journal)];
        if let Some((path, keep)) = kept.into_iter().find(|(path, keep)| length(path) != *keep as u64) {
            let what = format!("has {} bytes, of which the table and its journal agree on {keep}", length(path));
            return Err(Error::data(
                path,
                what,
                "bring the files back, or run the command again, which makes the rest",
            ));
        }
        Self::open(folder, plan)
    }

    /// Appends rows, on disk when this returns.
    pub(super) fn append(&mut self, rows: &[Row], seconds: Seconds) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let first = self.rows.is_empty();
        if first {
            self.file.write(&records::<Row>(&[], true)?)?;
        }
        let text = records(rows, false)?;
        self.file.write(&text)?;
        self.file.sync()?;
        self.journal.write(&lines(&[Entry::new(self.rows.len(), rows.len(), &text, seconds)], first)?)?;
        self.journal.sync()?;
        self.rows.extend_from_slice(rows);
        Ok(())
    }
}

/// A file that is appended to.
#[derive(Debug)]
struct Growing {
    path: PathBuf,
    file: File,
}

impl Growing {
    /// Opens or creates a file, and cuts it to `keep` bytes.
    fn open(path: PathBuf, keep: usize) -> Result<Self> {
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let mut file = opened.map_err(Error::io(&path, "open"))?;
        let cut = file.set_len(keep as u64).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map_err(Error::io(&path, "write"))?;
        Ok(Self { path, file })
    }

    fn write(&mut self, text: &[u8]) -> Result<()> {
        self.file.write_all(text).map_err(Error::io(&self.path, "write"))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::io(&self.path, "write"))
    }
}

/// What a folder holds of a table.
pub(super) struct Known<Row> {
    table: PathBuf,
    journal: PathBuf,
    pub(super) rows: Vec<Row>,
    /// What each row took, its share of those saved with it.
    pub(super) seconds: Vec<Seconds>,
    keep: usize,
    keep_journal: usize,
    /// Whole lines that no entry names.
    beyond: Vec<u8>,
}

/// What a file holds; none if it is not there.
fn found(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io(path, "read")),
    }
}

/// Drops a torn last line.
fn keep_whole_lines(text: &mut Vec<u8>) {
    text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
}

/// Reads the rows that the journal vouches for; changes nothing.
pub(super) fn read<E: Experiment>(folder: &Path, plan: &E) -> Result<Known<E::Row>> {
    let (table, journal) = (folder.join(E::TABLE), folder.join(JOURNAL));
    let Lines { text, mut rows, bounds, mut stopped } = read_table(&table, plan)?;
    let vouched = found(&journal)?;
    if vouched.is_none() && !text.is_empty() {
        return Err(Error::data(&table, format!("stands without the {JOURNAL} that vouches for its rows"), CURE));
    }
    let mut vouched = vouched.unwrap_or_default();
    keep_whole_lines(&mut vouched);
    let (entries, entry_ends) = parse(&journal, &vouched)?;
    let (mut done, mut known, mut seconds) = (0, 0_usize, Vec::new());
    for entry in entries {
        let end = entry.row.saturating_add(entry.rows);
        if entry.row != done || entry.rows == 0 {
            let what = format!("has an entry of row {} where that of row {done} belongs", entry.row);
            return Err(Error::data(&journal, what, CURE));
        }
        // Rows that were cut off are made again; what stands there instead is not ours.
        let Some(&last) = bounds.get(end) else {
            if let Some(stopped) = stopped.take() {
                return Err(stopped);
            }
            break;
        };
        if fingerprint(text[bounds[done]..last].iter().copied()) != entry.fingerprint {
            let what = format!("has other rows {} to {end} (counted from 1) than were saved", done + 1);
            return Err(Error::data(&table, what, CURE));
        }
        (done, known) = (end, known + 1);
        seconds.extend(std::iter::repeat_n(entry.each(), entry.rows));
    }
    let keep = if done == 0 { 0 } else { bounds[done] };
    let keep_journal = known.checked_sub(1).map_or(0, |last| entry_ends[last]);
    rows.truncate(done);
    let beyond = if bounds.len() > done + 1 || stopped.is_some() { text[keep..].to_vec() } else { Vec::new() };
    Ok(Known { table, journal, rows, seconds, keep, keep_journal, beyond })
}

/// A table's whole lines.
struct Lines<Row> {
    text: Vec<u8>,
    rows: Vec<Row>,
    /// Where the header ends, and each row.
    bounds: Vec<usize>,
    /// Why the line after these is none of this experiment's.
    stopped: Option<Error>,
}

fn read_table<E: Experiment>(path: &Path, plan: &E) -> Result<Lines<E::Row>> {
    let mut text = found(path)?.unwrap_or_default();
    // Without a whole header there are no rows; but what is there must be the start of one, or it is not ours to cut.
    let header = records::<E::Row>(&[], true)?;
    if !text.starts_with(&header) && !header.starts_with(&text) {
        let what = format!("does not start with a {}'s header", E::NAME);
        return Err(Error::data(path, what, "give another --out, or move the file away"));
    }
    keep_whole_lines(&mut text);
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let (mut rows, mut bounds, mut stopped) = (Vec::new(), vec![header.len()], None);
    let columns = reader.headers().cloned().unwrap_or_default();
    let mut lines = reader.records();
    while let Some(line) = lines.next() {
        let row = line.and_then(|line| E::Row::read(&line, &columns));
        let row = match row {
            Ok(row) if plan.expects(&rows, &row) => row,
            Ok(_) => {
                let line = rows.len() + 1;
                let what = format!("has a row {line} (counted from 1) that this {} would not write there", E::NAME);
                stopped = Some(Error::data(path, what, CURE));
                break;
            }
            Err(error) => {
                stopped = Some(Error::data(path, format!("is not this {}'s ({error})", E::NAME), CURE));
                break;
            }
        };
        rows.push(row);
        bounds.push(lines.reader().position().byte() as usize);
    }
    Ok(Lines { text, rows, bounds, stopped })
}
