//! A .npy or IDX file under gzip, as MNIST is published.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{Contents, idx, npy, unpack};
use crate::error::{Error, Result};

/// Unpacks no more than the array's header declares.
pub(super) fn read(path: &Path, file: File) -> Result<Contents> {
    let mut unpacked = MultiGzDecoder::new(BufReader::new(file));
    let mut start = Vec::new();
    unpacked.by_ref().take(npy::MAGIC.len() as u64).read_to_end(&mut start).map_err(Error::io(path, "unpack"))?;
    if start == npy::MAGIC {
        return npy::read(path, unpack(path, &mut start.chain(unpacked), npy::layout)?);
    }
    if idx::starts(&start) {
        return idx::read(path, unpack(path, &mut start.chain(unpacked), idx::layout)?);
    }
    Err(Error::data(path, "is under gzip, and what is in it is neither IDX nor .npy", "gunzip it first"))
}
