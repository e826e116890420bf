//! A .npy or IDX file under gzip, as MNIST is published.

use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{Contents, damaged, idx, npy, unpack};
use crate::error::{Error, Result};

/// Unpacks no more than the array's header declares, of `packed` bytes; of a pipe, which says 0, as much as it does.
pub(super) fn read(path: &Path, file: impl Read, packed: u64) -> Result<Contents> {
    let packed = if packed == 0 { u64::MAX } else { packed };
    let mut unpacked = MultiGzDecoder::new(BufReader::new(file));
    let mut start = Vec::new();
    unpacked.by_ref().take(npy::MAGIC.len() as u64).read_to_end(&mut start).map_err(damaged(path))?;
    if start == npy::MAGIC {
        return npy::read(path, unpack(path, &mut start.chain(unpacked), packed, npy::layout)?);
    }
    if idx::starts(&start) {
        return idx::read(path, unpack(path, &mut start.chain(unpacked), packed, idx::layout)?);
    }
    Err(Error::data(path, "is under gzip, and what is in it is neither IDX nor .npy", "gunzip it first"))
}
