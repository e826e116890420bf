//! .npz files: zip archives of .npy files (numpy.savez, numpy.savez_compressed).

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use super::{Contents, Labels, Wanted, npy, pick, unpack};
use crate::error::{Error, Result};

type Archive = ZipArchive<BufReader<File>>;

/// Reads one of its arrays, and that of labels if it has one of this name.
pub(super) fn read(path: &Path, file: File, wanted: Wanted<'_>) -> Result<Contents> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged(path))?;
    let named = archive.file_names().collect::<std::result::Result<Vec<_>, _>>().map_err(damaged(path))?;
    let names: Vec<String> = named.iter().filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect();
    drop(named);
    let mut contents = member(path, &mut archive, pick(path, &names, wanted)?)?;
    if let Some(labels) = wanted.labels.filter(|labels| names.iter().any(|name| name == labels)) {
        contents.labels = Some(Labels::Array(Box::new(member(path, &mut archive, labels)?)));
    }
    Ok(contents)
}

fn member(path: &Path, archive: &mut Archive, name: &str) -> Result<Contents> {
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(damaged(path))?;
    let packed = member.compressed_size();
    npy::read(path, unpack(path, &mut member, packed, npy::layout)?)
}

fn damaged(path: &Path) -> impl Fn(zip::result::ZipError) -> Error {
    move |error| Error::data(path, format!("cannot be unpacked ({error})"), "write it again with numpy.savez")
}
