//! Files of patterns, features and labels: reads what users have, chooses rows, and makes bipolar patterns, real features or
//! numbers of classes of them; writes results back as .npy.
//!
//! From a name to numbers: `input` is what was written, `format` reads the file's array, `rows` chooses, `values` decodes. Knows
//! nothing of networks, of the model file, or of what a pattern means; files of packed bits are not recognised as such
//! (unpack them first).

mod atomic;
mod binarize;
mod checksum;
pub(crate) mod container;
mod element;
mod features;
mod fingerprint;
mod format;
mod input;
mod labels;
mod record;
mod rows;
mod values;

pub use atomic::{check_writable, write_atomic};
pub use binarize::Binarize;
pub(crate) use checksum::fnv;
pub use features::{Features, Scaling, read_features};
pub(crate) use fingerprint::{check_mark, fingerprint, unmarked};
pub use format::npy::{write_f32, write_i8, write_i64};
pub use input::Input;
pub use labels::{read_labels, read_sources};
pub use record::{Record, lines, records};

use crate::error::Result;
use crate::pattern::Patterns;

/// Reads an input of shape \[P, N\] as P patterns of N neurons; further axes are flattened into N.
///
/// Without `binarize` the values must be all -1/+1, or all 0/1 (0 becomes -1). With it, any finite numbers are
/// accepted; a mean or median is that of the rows chosen.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is of no known format or damaged, has fewer than
/// two axes or an empty one, or holds a value that is not finite or (without `binarize`) not bipolar; if rows are chosen that it
/// has not.
pub fn read_patterns(input: impl Into<Input>, binarize: Option<Binarize>) -> Result<Patterns> {
    read_labelled_patterns(input, binarize).map(|(patterns, _)| patterns)
}

/// [`read_patterns`], with the class of each where the file has them or the input names them.
///
/// # Errors
/// As [`read_patterns`] and [`read_labels`].
pub fn read_labelled_patterns(
    input: impl Into<Input>,
    binarize: Option<Binarize>,
) -> Result<(Patterns, Option<Vec<i64>>)> {
    let input = input.into();
    let (values, labels) = rows::rows(&input)?;
    let patterns = match binarize {
        Some(rule) => rule.apply(&values),
        None => values.to_patterns(),
    }?;
    Ok((patterns, labels))
}

/// The class of each row, where the file has them or the input names them.
///
/// # Errors
/// As [`read_labelled_patterns`].
pub fn read_own_labels(input: impl Into<Input>) -> Result<Option<Vec<i64>>> {
    rows::rows(&input.into()).map(|(_, labels)| labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

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
        assert!(refusal(b"\x1f\x8b\x08rest").contains("cannot be unpacked"));
        assert!(refusal(b"PK\x03\x04rest").contains("cannot be unpacked"));
        assert!(refusal(b"\x89PNG\r\n\x1a\n").contains("image"));
        assert!(refusal(b"\x7fELF\x02").contains("7f 45 4c 46 02: not a format"));
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
