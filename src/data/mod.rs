//! Pattern files: reads .npy and IDX files into bipolar patterns or real features, label files into numbers of classes,
//! and writes results back as .npy.
//!
//! The format is told by a file's first bytes, never by its name. A file is untrusted input: every length it declares
//! is compared with the bytes that are there before anything is allocated. Knows nothing of networks, of the model
//! file, or of what a pattern means; files of packed bits are not recognised as such (unpack them first).

mod atomic;
mod binarize;
mod checksum;
pub(crate) mod container;
mod element;
mod features;
mod fingerprint;
mod idx;
mod labels;
mod npy;
mod record;
mod values;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use atomic::{check_writable, write_atomic};
pub use binarize::Binarize;
pub(crate) use checksum::fnv;
pub use features::{Features, Scaling, read_features};
pub(crate) use fingerprint::{check_mark, fingerprint, unmarked};
pub use labels::{read_labels, read_sources};
pub use npy::{write_f32, write_i8, write_i64};
pub use record::{Record, lines, records};

use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// Bytes that tell the formats apart.
const MAGIC: usize = 6;

/// Reads a .npy or IDX file of shape \[P, N\] as P patterns of N neurons; further axes are flattened into N.
///
/// Without `binarize` the values must be all -1/+1, or all 0/1 (0 becomes -1). With it, any finite numbers are
/// accepted.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is neither format, is cut short or has trailing bytes, has fewer than
/// two axes or an empty one, or holds a value that is not finite or (without `binarize`) not bipolar.
pub fn read_patterns(path: &Path, binarize: Option<Binarize>) -> Result<Patterns> {
    let values = match read(path)? {
        (Format::Npy, bytes) => npy::parse(path, bytes),
        (Format::Idx, bytes) => idx::parse(path, bytes),
    }?;
    match binarize {
        Some(rule) => rule.apply(&values),
        None => values.to_patterns(),
    }
}

/// A format that is read here.
#[derive(Clone, Copy, Debug)]
enum Format {
    Npy,
    Idx,
}

/// A file's format and all its bytes.
fn read(path: &Path) -> Result<(Format, Vec<u8>)> {
    let mut file = File::open(path).map_err(Error::io(path, "read"))?;
    // The magic is looked at before the rest is read, so that a huge file of another kind costs nothing.
    let mut bytes = Vec::new();
    file.by_ref().take(MAGIC as u64).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    let format = match bytes.as_slice() {
        npy::MAGIC => Format::Npy,
        [0, 0, ..] => Format::Idx,
        other => return Err(unknown(path, other)),
    };
    file.read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    Ok((format, bytes))
}

fn unknown(path: &Path, magic: &[u8]) -> Error {
    let accepted = "give a .npy file (numpy.save) or an uncompressed IDX file";
    match magic {
        [] => Error::data(path, "the file is empty (0 bytes)", accepted),
        [0x1f, 0x8b, ..] => Error::data(path, "the file is gzip-compressed (first bytes 1f 8b)", "gunzip it first"),
        [b'P', b'K', ..] => Error::data(
            path,
            "the file is a zip archive (first bytes 50 4b), as .npz files are",
            "save the one array in it as .npy (numpy.save)",
        ),
        _ => {
            let hex: Vec<String> = magic.iter().map(|byte| format!("{byte:02x}")).collect();
            Error::data(path, format!("first bytes {}: not a format known here", hex.join(" ")), accepted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], binarize: Option<Binarize>) -> Result<Patterns> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("patterns");
        std::fs::write(&path, bytes).unwrap();
        read_patterns(&path, binarize)
    }

    fn refusal(bytes: &[u8]) -> String {
        read(bytes, None).unwrap_err().to_string()
    }

    #[test]
    fn other_formats_are_named() {
        assert!(refusal(b"").contains("empty"));
        assert!(refusal(b"\x1f\x8b\x08rest").contains("gunzip it first"));
        assert!(refusal(b"PK\x03\x04rest").contains(".npz"));
        assert!(refusal(b"\x89PNG\r\n\x1a\n").contains("89 50 4e 47"));
        assert!(refusal(b"\x93").contains("first bytes 93"));
        assert!(refusal(b"\x00").contains("first bytes 00"));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_io_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_patterns(&folder.path().join("absent.npy"), None).unwrap_err();
        assert!(matches!(missing, Error::Io { action: "read", .. }));
        assert!(read_patterns(folder.path(), None).is_err());
    }

    #[test]
    fn the_format_is_told_by_the_content() {
        let idx = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 0, 1];
        assert_eq!(read(&idx, None).unwrap().to_bipolar(), [1, -1, 1]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("named.idx");
        write_i8(&path, 1, 3, &[1, -1, -1]).unwrap();
        assert_eq!(read_patterns(&path, None).unwrap().to_bipolar(), [1, -1, -1]);
    }

    #[test]
    fn damaged_files_never_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("valid.npy");
        write_i8(&path, 3, 5, &[1; 15]).unwrap();
        let npy = std::fs::read(&path).unwrap();
        let idx = [&[0, 0, 0x0D, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &1f32.to_be_bytes().repeat(4)].concat();
        for valid in [npy, idx] {
            assert!(read(&valid, None).is_ok());
            for length in 0..valid.len() {
                assert!(read(&valid[..length], None).is_err(), "cut to {length} of {} bytes", valid.len());
            }
            assert!(read(&[&valid[..], &[0]].concat(), None).is_err());
            for position in 0..valid.len() {
                for flip in [0x01, 0x08, 0x80, 0xff] {
                    let mut damaged = valid.clone();
                    damaged[position] ^= flip;
                    // Whether it still reads is not the point: it must come back.
                    let _ = read(&damaged, None);
                    let _ = read(&damaged, Some(Binarize::Median));
                }
            }
        }
    }
}
