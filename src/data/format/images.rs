//! Images (PNG, PGM): one, a folder of them, or a list of their names; all of one size. A row is one image, its lines from
//! the top, grey values or red, green and blue of each pixel; transparency is left out.
//!
//! A folder of folders has a class for each of these: the number that it is named by, or where not all are, its place in the
//! order of names, counted from 0.

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
    if folders.is_empty() {
        return rows(folder, &files, None);
    }
    if let Some(file) = files.first() {
        return Err(Error::data(file, "stands beside folders", "give images alone, or a folder for each class"));
    }
    // Folders that are named by numbers are these classes.
    let named = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()?.parse::<i64>().ok());
    let numbers: Option<Vec<i64>> = folders.iter().map(named).collect();
    let numbers = numbers.unwrap_or_else(|| (0..folders.len() as i64).collect());
    let mut labels = Vec::new();
    for (class, folder) in numbers.into_iter().zip(&folders) {
        let (images, _) = entries(folder)?;
        if images.is_empty() {
            return Err(Error::data(folder, "is a class without images", "remove it, or give it some"));
        }
        labels.extend(images.iter().map(|_| class));
        files.extend(images);
    }
    rows(folder, &files, Some(labels))
}

/// Images of other formats, by their endings.
const OTHERS: [&str; 8] = ["jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "ppm"];

/// Images and folders in a folder, each sorted by name; what is hidden is not there.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut images, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(Error::io(folder, "read"))? {
        let path = entry.map_err(Error::io(folder, "read"))?.path();
        let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(['.', '_']);
        if path.file_name().is_some_and(hidden) {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if is_image(&path) {
            images.push(path);
        } else if OTHERS.iter().any(|other| ends(&path, other)) {
            return Err(Error::data(path, "is neither PNG nor PGM", "convert it, or move it away"));
        }
    }
    images.sort();
    folders.sort();
    Ok((images, folders))
}

fn ends(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(wanted))
}

fn is_image(path: &Path) -> bool {
    ends(path, "png") || ends(path, "pgm")
}

/// The images that a text names, a line each, if the first is the name of one: names count from the list's folder.
pub(super) fn listed(list: &Path, text: &[u8]) -> Option<Vec<PathBuf>> {
    let folder = list.parent().unwrap_or(Path::new(""));
    let is_name = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines = str::from_utf8(text).ok()?.lines().map(str::trim).filter(is_name);
    let files: Vec<PathBuf> = lines.map(|line| folder.join(line)).collect();
    files.first().is_some_and(|file| is_image(file)).then_some(files)
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
    Ok(Contents { bytes, layout, labels: labels.map(Labels::Own), untyped: false, wide: "", column })
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
