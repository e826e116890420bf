//! Images (PNG, PGM): one, a folder of them, or a list of their names; all of one size. A row is one image, its lines from the top,
//! grey values or red, green and blue of each pixel.
//!
//! A folder of folders has a class for each of these, in the order of their names, counted from 0.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Contents, Labels};
use crate::data::element::Element;
use crate::data::values::Layout;
use crate::error::{Error, Result};

const CURE: &str = "give images of one size and kind";

/// Whether a file that starts so is an image.
pub(super) fn starts(start: &[u8]) -> bool {
    start.starts_with(b"\x89PNG\r\n\x1a\n")
        || matches!(start, [b'P', b'2' | b'5', after, ..] if after.is_ascii_whitespace())
}

/// Reads one image as one row.
pub(super) fn read_file(path: &Path) -> Result<Contents> {
    rows(path, &[path.to_owned()], None)
}

/// Reads a folder's images, in the order of their names; or those of its folders, a class each.
pub(super) fn read_folder(folder: &Path) -> Result<Contents> {
    let (mut files, folders) = entries(folder)?;
    if files.is_empty() {
        let mut labels = Vec::new();
        for (class, folder) in folders.iter().enumerate() {
            let (images, _) = entries(folder)?;
            labels.extend(images.iter().map(|_| class as i64));
            files.extend(images);
        }
        return rows(folder, &files, Some(labels));
    }
    rows(folder, &files, None)
}

/// Images and folders in a folder, each sorted by name.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut images, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(Error::io(folder, "read"))? {
        let path = entry.map_err(Error::io(folder, "read"))?.path();
        let is = |wanted: &str| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(wanted));
        if path.is_dir() {
            folders.push(path);
        } else if is("png") || is("pgm") {
            images.push(path);
        }
    }
    images.sort();
    folders.sort();
    Ok((images, folders))
}

/// The files that a text names, a line each, if the first of them is there: names count from the list's folder.
pub(super) fn listed(list: &Path, text: &[u8]) -> Option<Vec<PathBuf>> {
    let folder = list.parent().unwrap_or(Path::new(""));
    let lines = str::from_utf8(text).ok()?.lines().map(str::trim).filter(|line| !line.is_empty());
    let files: Vec<PathBuf> = lines.map(|line| folder.join(line)).collect();
    files.first().is_some_and(|file| file.is_file()).then_some(files)
}

/// Reads the images of a list, in its order.
pub(super) fn read_list(list: &Path, files: &[PathBuf]) -> Result<Contents> {
    rows(list, files, None)
}

fn rows(source: &Path, files: &[PathBuf], labels: Option<Vec<i64>>) -> Result<Contents> {
    let mut shape = None;
    let mut bytes = Vec::new();
    for file in files {
        let (found, pixels) = pixels(file)?;
        let first = *shape.get_or_insert(found);
        if found != first {
            let told = |[height, width, values]: [usize; 3]| {
                format!("{width} x {height} of {}", if values == 1 { "grey values" } else { "colours" })
            };
            return Err(Error::data(file, format!("is {}, where the first was {}", told(found), told(first)), CURE));
        }
        bytes.extend(pixels);
    }
    let Some(shape) = shape else {
        return Err(Error::data(source, "holds no .png and no .pgm", "give a folder that does, or of folders that do"));
    };
    let shape = [files.len()].into_iter().chain(shape).collect();
    let layout = Layout { start: 0, shape, element: Element::U8, big_endian: false, fortran: false };
    let column = "give a .npy or IDX file of whole numbers along one axis";
    Ok(Contents { bytes, layout, labels: labels.map(Labels::Classes), untyped: false, wide: "", column })
}

/// An image's height, width and values of a pixel, and its values from 0 to 255.
#[cfg(feature = "images")]
fn pixels(path: &Path) -> Result<([usize; 3], Vec<u8>)> {
    let open = || image::ImageReader::open(path)?.with_guessed_format();
    let reader = open().map_err(Error::io(path, "read"))?;
    let image = reader.decode().map_err(|error| Error::data(path, format!("is no image read here ({error})"), CURE))?;
    let (height, width) = (image.height() as usize, image.width() as usize);
    if image.color().has_color() {
        return Ok(([height, width, 3], image.into_rgb8().into_raw()));
    }
    Ok(([height, width, 1], image.into_luma8().into_raw()))
}

#[cfg(not(feature = "images"))]
fn pixels(path: &Path) -> Result<([usize; 3], Vec<u8>)> {
    let cure = "build with --features images, or convert them to a .npy";
    Err(Error::data(path, "is an image, and this attractor was built without its feature images", cure))
}
