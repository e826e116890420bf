//! Names of files whose numbers are part of a setting: FILE, or FILE#fingerprint of what it held when the name was written
//! down. So that what was begun with other numbers is not continued with these.

use std::path::Path;

use super::checksum::fnv;
use crate::error::{Error, Result};

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 16;

/// Tells two contents apart: their FNV-1a, in hexadecimal.
pub(crate) fn fingerprint(bytes: impl IntoIterator<Item = u8>) -> String {
    format!("{:0DIGITS$x}", fnv(bytes))
}

/// A name's file, and its fingerprint if it has one.
pub(crate) fn unmarked(name: &str) -> (&str, Option<&str>) {
    let mark = |(_, mark): &(&str, &str)| mark.len() == DIGITS && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once('#').filter(mark).map_or((name, None), |(file, mark)| (file, Some(mark)))
}

/// # Errors
/// If a file holds something else than it did.
pub(crate) fn check_mark(path: &Path, mark: Option<&str>, found: &str) -> Result<()> {
    match mark.filter(|mark| *mark != found) {
        None => Ok(()),
        Some(mark) => {
            let what = format!("it held other numbers before ({mark}, now {found})");
            Err(Error::data(path, what, "bring the numbers back, or leave out # and what follows"))
        }
    }
}
