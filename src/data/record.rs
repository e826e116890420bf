//! Rows as lines of CSV.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// A row as a line of CSV: any flat record is one.
pub trait Record: Sized {
    /// The names of its columns.
    ///
    /// # Errors
    /// If it is no flat record.
    fn columns() -> Result<Vec<String>>;

    /// Writes its line.
    ///
    /// # Errors
    /// As [`Self::columns`].
    fn write(&self, writer: &mut csv::Writer<Vec<u8>>) -> csv::Result<()>;

    /// Reads it from a line.
    ///
    /// # Errors
    /// If the line is another record's.
    fn read(line: &csv::StringRecord, columns: &csv::StringRecord) -> csv::Result<Self>;
}

impl<Row: Default + Serialize + DeserializeOwned> Record for Row {
    fn columns() -> Result<Vec<String>> {
        let header = lines(&[Self::default()], true)?;
        let mut reader = csv::Reader::from_reader(header.as_slice());
        Ok(reader.headers().map_err(unforeseen)?.iter().map(str::to_owned).collect())
    }

    fn write(&self, writer: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        writer.serialize(self)
    }

    fn read(line: &csv::StringRecord, columns: &csv::StringRecord) -> csv::Result<Self> {
        line.deserialize(Some(columns))
    }
}

/// Rows as lines, the names of their columns before them if asked for.
///
/// # Errors
/// If a row is no flat record.
pub fn records<Row: Record>(rows: &[Row], with_header: bool) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    if with_header {
        writer.write_record(Row::columns()?).map_err(unforeseen)?;
    }
    rows.iter().try_for_each(|row| row.write(&mut writer)).map_err(unforeseen)?;
    writer.into_inner().map_err(unforeseen)
}

/// [`records`] of what is only written.
///
/// # Errors
/// If a row is no flat record.
pub fn lines(rows: &[impl Serialize], with_header: bool) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().has_headers(with_header).from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row)).map_err(unforeseen)?;
    writer.into_inner().map_err(unforeseen)
}

fn unforeseen(error: impl Display) -> Error {
    Error::setting(format!("rows as CSV: {error}"), "please report this")
}
