//! CSV files: a row of numbers a line, with or without the names of columns before them.

use std::path::Path;

use super::{Contents, Labels};
use crate::data::element::Element;
use crate::data::rows::MOST_CLASS;
use crate::data::values::Layout;
use crate::error::{Error, Result};

/// Whether a file that starts so may be text: UTF-8, the last letter of which may be cut, without bytes for machines.
pub(super) fn starts(start: &[u8]) -> bool {
    let is_utf8 = str::from_utf8(start).err().is_none_or(|error| error.error_len().is_none());
    is_utf8 && start.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
}

/// Whether a first line names columns: none is a number, or one left out; or they are numbered, as pandas does that has no
/// names.
fn are_names(record: &csv::StringRecord) -> bool {
    let is_gap = |field: &str| field.is_empty() || ["na", "n/a", "#n/a", "null"].contains(&&*field.to_lowercase());
    let numbered = record.iter().enumerate().all(|(at, field)| field.parse() == Ok(at));
    let named = record.iter().all(|field| field.parse::<f64>().is_err() && !is_gap(field));
    named || (numbered && record.len() > 2)
}

/// Reads numbers separated by commas, semicolons, tabs or spaces, and takes the column of labels out, if it is one of
/// theirs.
pub(super) fn read(path: &Path, bytes: &[u8], labels: Option<&str>) -> Result<Contents> {
    // As Windows' programs begin theirs.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let of_numbers = |line: &&[u8]| !line.starts_with(b"#") && !line.trim_ascii().is_empty();
    let first = bytes.split(|&byte| byte == b'\n').find(of_numbers).unwrap_or_default().trim_ascii();
    let delimiter = *b",;\t ".iter().find(|delimiter| first.contains(delimiter)).unwrap_or(&b',');
    // Any number of spaces is one, and those around a line are none.
    let evened: Vec<u8>;
    let bytes = if delimiter == b' ' {
        let words = |line: &[u8]| -> Vec<u8> {
            let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(&b' ')
        };
        evened = bytes.split(|&byte| byte == b'\n').map(words).collect::<Vec<_>>().join(&b'\n');
        evened.as_slice()
    } else {
        bytes
    };
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
            if are_names(&record) {
                names = record.iter().map(str::to_owned).collect();
            }
            if let Some(label) = labels.filter(|label| names.iter().filter(|name| name == label).count() > 1) {
                let what = format!("has several columns {label}");
                return Err(Error::data(path, what, "give each column a name of its own"));
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
                let whole = field.parse().ok().filter(|class: &f64| class.fract() == 0.0 && class.abs() < MOST_CLASS);
                classes.push(whole.ok_or_else(|| unread("whole number below 2^53"))? as i64);
            } else {
                numbers.extend(field.parse::<f64>().map_err(|_| unread("number"))?.to_le_bytes());
            }
        }
    }
    let width = width - usize::from(column.is_some());
    let rows = (numbers.len() / 8).checked_div(width).unwrap_or(0);
    let layout =
        Layout { start: 0, shape: vec![rows, width], element: Element::F64, big_endian: false, fortran: false };
    let labels = column.map(|_| Labels::Column(classes));
    let column = "give a file of one column, or name the column of rows: FILE,labels=COLUMN";
    Ok(Contents { bytes: numbers, layout, labels, untyped: true, wide: "", column })
}
