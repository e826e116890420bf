//! A question's data as a .npz, which peers read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use npyz::{AutoSerialize, Serialize, WriterBuilder};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::error::{Error, Result};

/// A .npz that is being written.
pub(super) type Archive = ZipWriter<BufWriter<File>>;

/// Writes the arrays that `fill` makes.
pub(super) fn write_npz(path: &Path, fill: impl FnOnce(&mut Archive) -> std::io::Result<()>) -> Result<()> {
    let write = || {
        let mut archive = ZipWriter::new(BufWriter::new(File::create(path)?));
        fill(&mut archive)?;
        archive.finish()?.flush()
    };
    write().map_err(Error::io(path, "write"))
}

/// One array of the archive. Not compressed: random numbers would not become smaller, and the peer would wait.
pub(super) fn member<T: Serialize + AutoSerialize + Copy>(
    archive: &mut Archive,
    name: &str,
    shape: &[u64],
    values: &[T],
) -> std::io::Result<()> {
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).large_file(true);
    archive.start_file(format!("{name}.npy"), stored)?;
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(archive).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}
