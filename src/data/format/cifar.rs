//! CIFAR-10's binary batches: records of a label and 32 x 32 pixels, all reds, then greens, then blues.

use super::{Contents, Labels};
use crate::data::element::Element;
use crate::data::values::Layout;

/// Bytes of an image.
const PIXELS: usize = 3 * 32 * 32;
/// Bytes of a record.
const RECORD: usize = 1 + PIXELS;

/// Whether a file of so many bytes may be one: it has no magic.
pub(super) fn fits(length: u64) -> bool {
    length > 0 && length.is_multiple_of(RECORD as u64)
}

/// Reads whole records; gives the bytes back if they are others', their labels being no classes 0 to 9.
pub(super) fn read(bytes: Vec<u8>) -> Result<Contents, Vec<u8>> {
    let records = bytes.chunks_exact(RECORD);
    if bytes.is_empty() || !records.remainder().is_empty() || records.clone().any(|record| record[0] > 9) {
        return Err(bytes);
    }
    let labels = records.clone().map(|record| i64::from(record[0])).collect();
    let rows = records.len();
    let pixels = records.flat_map(|record| &record[1..]).copied().collect();
    let layout =
        Layout { start: 0, shape: vec![rows, PIXELS], element: Element::U8, big_endian: false, fortran: false };
    let column = "give its images, and its labels are taken with them";
    Ok(Contents { bytes: pixels, layout, labels: Some(Labels::Own(labels)), untyped: false, wide: "", column })
}
