//! The formats of files that hold rows of numbers, one file each.
//!
//! The format is told by a file's first bytes, never by its name. A file is untrusted input: every length it declares
//! is compared with the bytes that are there before anything is allocated. Knows nothing of what the numbers mean.

mod archive;
mod cifar;
mod gzip;
mod idx;
mod images;
pub(super) mod npy;
mod tensors;
mod text;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::values::Layout;
use crate::error::{Error, Result};

/// Bytes that tell the formats apart.
const MAGIC: usize = 16;

/// What to give instead.
const ACCEPTED: &str = "give .npy or .npz (numpy.save, numpy.savez), safetensors, IDX (plain or .gz), CIFAR-10's binary \
                        batches, CSV, or images (PNG, PGM): one, a folder of them, or a list of their names";

/// An array as a file stores it.
pub(super) struct Contents {
    pub(super) bytes: Vec<u8>,
    pub(super) layout: Layout,
    /// The rows' classes, where they were found in the same file.
    pub(super) labels: Option<Labels>,
    /// Whether its numbers have no type, as in text: any whole number may be a class, and a column is a matrix of one.
    pub(super) untyped: bool,
    /// What to do where rows and a width are wanted and there is one axis.
    pub(super) wide: &'static str,
    /// What to do where one axis is wanted and there are more.
    pub(super) column: &'static str,
}

/// Classes in the file of the rows.
pub(super) enum Labels {
    /// What the format has beside each row, whatever it was asked for.
    Own(Vec<i64>),
    /// The column that was asked for.
    Column(Vec<i64>),
    /// The array that was asked for, if it is one of classes.
    Array(Box<Contents>),
}

/// What is wanted of a file.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    /// The array, by name, of a file of several.
    pub(super) array: Option<&'a str>,
    /// The array or column of classes, by name; if there is none of that name it is another file's.
    pub(super) labels: Option<&'a str>,
}

/// Reads what is wanted of a file, or of a folder of images.
///
/// # Errors
/// `Io` if it cannot be read; `Data` if it is of no known format, damaged, or holds not what is wanted.
pub(super) fn read(path: &Path, wanted: Wanted<'_>) -> Result<Contents> {
    if path.is_dir() {
        return images::read_folder(path).and_then(|contents| unnamed(path, wanted, contents));
    }
    if !path.exists() && path.to_string_lossy().contains(',') {
        let cure = "check the name; behind it go array=NAME, labels=NAME, rows=A..B and label=L, without spaces";
        return Err(Error::data(path, "is not there", cure));
    }
    let mut file = File::open(path).map_err(Error::io(path, "read"))?;
    let length = file.metadata().map_err(Error::io(path, "read"))?.len();
    // The magic is looked at before the rest is read, so that a huge file of another kind costs nothing.
    let mut magic = Vec::new();
    file.by_ref().take(MAGIC as u64).read_to_end(&mut magic).map_err(Error::io(path, "read"))?;
    match magic.as_slice() {
        [b'P', b'K', 3 | 5, ..] => return archive::read(path, file, wanted),
        start if tensors::starts(start, length) => return tensors::read(path, wanted),
        _ => {}
    }
    let contents = match magic.as_slice() {
        [] => return Err(Error::data(path, "the file is empty (0 bytes)", ACCEPTED)),
        start @ [0x1f, 0x8b, ..] => gzip::read(path, start.chain(file), length)?,
        start if start.starts_with(npy::MAGIC) => npy::read(path, whole(path, start, file)?)?,
        start if images::starts(start) => images::read_file(path)?,
        start if idx::starts(start) || text::starts(start) || cifar::fits(length) => {
            plain(path, start, whole(path, start, file)?, wanted)?
        }
        start => return Err(unknown(path, start)),
    };
    unnamed(path, wanted, contents)
}

/// What has no magic of its own, or a short one. CIFAR's batches may begin like any of the others; what has an IDX header,
/// or is text throughout, is none.
fn plain(path: &Path, start: &[u8], bytes: Vec<u8>, wanted: Wanted<'_>) -> Result<Contents> {
    let is_idx = idx::starts(start) && idx::layout(path, &bytes).is_ok();
    let is_text = text::starts(start) && str::from_utf8(&bytes).is_ok();
    let bytes = match if is_idx || is_text { Err(bytes) } else { cifar::read(bytes) } {
        Ok(contents) => return Ok(contents),
        Err(bytes) => bytes,
    };
    match start {
        start if idx::starts(start) => idx::read(path, bytes),
        start if text::starts(start) => match images::listed(path, &bytes) {
            Some(files) => images::read_list(path, &files),
            None => text::read(path, &bytes, wanted.labels),
        },
        start => Err(unknown(path, start)),
    }
}

/// Refuses the name of an array in a file of one.
fn unnamed(path: &Path, wanted: Wanted<'_>, contents: Contents) -> Result<Contents> {
    match wanted.array {
        // What is wanted for its labels alone is named as both.
        Some(name) if wanted.labels != Some(name) => {
            Err(Error::data(path, format!("has no names of arrays, and {name} is asked for"), "leave array= out"))
        }
        _ => Ok(contents),
    }
}

fn whole(path: &Path, start: &[u8], mut file: File) -> Result<Vec<u8>> {
    let mut bytes = start.to_vec();
    file.read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    Ok(bytes)
}

/// Bytes within which a packed array's header ends.
const HEADER: u64 = 1 << 16;
/// Bytes that deflate makes of one, at most.
const MOST_UNPACKED: u64 = 1032;

/// Unpacks an array, and no more than its header declares and a byte: what follows it is then seen, or that nothing does,
/// which is when checksums are compared.
fn unpack(
    path: &Path,
    unpacked: &mut dyn Read,
    packed: u64,
    layout: impl FnOnce(&Path, &[u8]) -> Result<Layout>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    unpacked.take(HEADER).read_to_end(&mut bytes).map_err(damaged(path))?;
    // A length that so few bytes cannot hold is refused as what it is: more than is there.
    let most = packed.saturating_mul(MOST_UNPACKED).saturating_add(HEADER);
    let Some(end) = layout(path, &bytes)?.end().map(|end| end as u64).filter(|&end| end <= most) else {
        return Ok(bytes);
    };
    unpacked.take((end + 1).saturating_sub(bytes.len() as u64)).read_to_end(&mut bytes).map_err(damaged(path))?;
    Ok(bytes)
}

fn damaged(path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| Error::data(path, format!("cannot be unpacked ({error})"), "copy or write it again")
}

/// One of several arrays: the one that is named, or the only one but that of labels.
fn pick<'a>(path: &Path, names: &'a [String], wanted: Wanted<'_>) -> Result<&'a String> {
    let is = |name: &&String, wanted: Option<&str>| Some(name.as_str()) == wanted;
    let found: Vec<&String> = match wanted.array {
        Some(_) => names.iter().filter(|name| is(name, wanted.array)).collect(),
        None => names.iter().filter(|name| !is(name, wanted.labels)).collect(),
    };
    let all = || names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (found.as_slice(), wanted.array) {
        ([one, ..], Some(_)) | ([one], None) => Ok(one),
        ([], Some(name)) => {
            Err(Error::data(path, format!("holds no array {name}, only [{}]", all()), "name one: FILE,array=NAME"))
        }
        ([], None) => Err(Error::data(path, format!("holds no array, only [{}]", all()), "give one that does")),
        _ => Err(Error::data(path, format!("holds several arrays: [{}]", all()), "name one: FILE,array=NAME")),
    }
}

fn unknown(path: &Path, magic: &[u8]) -> Error {
    let hex: Vec<String> = magic.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Error::data(path, format!("first bytes {}: not a format known here", hex.join(" ")), ACCEPTED)
}
