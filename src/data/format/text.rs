//! CSV files: a row of numbers a line, with or without the names of columns before them.

use std::path::Path;

use super::{Contents, Labels};
use crate::data::element::Element;
use crate::data::values::Layout;
use crate::error::{Error, Result};

/// Whether a file that starts so may be text: UTF-8, the last letter of which may be cut, without bytes for machines.
pub(super) fn starts(start: &[u8]) -> bool {
    let is_utf8 = str::from_utf8(start).err().is_none_or(|error| error.error_len().is_none());
    is_utf8 && start.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
}

/// Reads numbers separated by commas, semicolons, tabs or spaces, and takes the column of labels out, if it is one of theirs.
pub(super) fn read(path: &Path, bytes: &[u8], labels: Option<&str>) -> Result<Contents> {
    // As Windows' programs begin theirs.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let delimiter = *b",;\t ".iter().find(|delimiter| first.contains(delimiter)).unwrap_or(&b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(bytes);
    let damaged = |error: csv::Error| {
        Error::data(path, format!("is no CSV of rows of one width ({error})"), "write it again, a row a line")
    };
    let (mut names, mut column, mut width) = (Vec::new(), None, 0);
    let (mut numbers, mut classes): (Vec<u8>, Vec<i64>) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        let line = record.position().map_or(0, csv::Position::line);
        if width == 0 {
            width = record.len();
            if record.iter().any(|field| field.parse::<f64>().is_err()) {
                names = record.iter().map(str::to_owned).collect();
            }
            let by_number = |label: &str| label.parse().ok().filter(|&at| names.is_empty() && at < width);
            column = labels.and_then(|label| names.iter().position(|name| name == label).or_else(|| by_number(label)));
            if !names.is_empty() {
                continue;
            }
        }
        for (at, field) in record.iter().enumerate() {
            let unread = |what: &str| {
                let named = names.get(at).map_or(String::new(), |name| format!(" ({name})"));
                let what = format!("line {line}, column {}{named} is {field:?}, which is no {what}", at + 1);
                Error::data(path, what, "give numbers alone, and classes as labels=COLUMN")
            };
            if Some(at) == column {
                classes.push(field.parse().map_err(|_| unread("whole number"))?);
            } else {
                numbers.extend(field.parse::<f64>().map_err(|_| unread("number"))?.to_le_bytes());
            }
        }
    }
    let width = width - usize::from(column.is_some());
    let rows = (numbers.len() / 8).checked_div(width).unwrap_or(0);
    let layout =
        Layout { start: 0, shape: vec![rows, width], element: Element::F64, big_endian: false, fortran: false };
    let labels = column.map(|_| Labels::Classes(classes));
    let column = "give a file of one column, or name the column of rows: FILE,labels=COLUMN";
    Ok(Contents { bytes: numbers, layout, labels, untyped: true, wide: "", column })
}
