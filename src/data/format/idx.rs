//! IDX files, the format of MNIST: `00 00`, element type, number of axes, their big-endian lengths, the elements.
//!
//! Reads the header only; what the values mean and whether they are all there is `values`' business.

use std::path::Path;

use super::Contents;
use crate::data::element::Element;
use crate::data::values::Layout;
use crate::error::{Error, Result};

/// Whether a file that starts so may be one.
pub(super) fn starts(start: &[u8]) -> bool {
    start.starts_with(&[0, 0])
}

/// Reads an IDX file from its bytes.
pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Contents> {
    let layout = layout(path, &bytes)?;
    let (wide, column) = ("give the images file (-images-idx3-ubyte)", "give the labels file (-labels-idx1-ubyte)");
    Ok(Contents { bytes, layout, labels: None, untyped: false, wide, column })
}

/// What an IDX file's header declares.
pub(super) fn layout(path: &Path, bytes: &[u8]) -> Result<Layout> {
    let found = bytes.len();
    let short = |needed: usize| {
        Error::data(
            path,
            format!("the file is cut short: its IDX header takes {needed} bytes, and it has {found}"),
            "copy or write it again",
        )
    };
    let [_, _, code, axes, lengths @ ..] = bytes else { return Err(short(4)) };
    let element = match code {
        0x08 => Element::U8,
        0x09 => Element::I8,
        0x0B => Element::I16,
        0x0C => Element::I32,
        0x0D => Element::F32,
        0x0E => Element::F64,
        _ => {
            return Err(Error::data(
                path,
                format!("first bytes 00 00 {code:02x}: {code:#04x} is no IDX element type (08, 09, 0b, 0c, 0d, 0e)"),
                "copy or write it again, or give a .npy file (numpy.save)",
            ));
        }
    };
    let axes = usize::from(*axes);
    let start = 4 + 4 * axes;
    let lengths = lengths.get(..4 * axes).ok_or_else(|| short(start))?;
    let shape = lengths
        .chunks_exact(4)
        .map(|length| length.iter().fold(0, |value: usize, &byte| value << 8 | usize::from(byte)))
        .collect();
    Ok(Layout { start, shape, element, big_endian: true, fortran: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::values::Values;

    fn file(code: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, code, shape.len() as u8];
        bytes.extend(shape.iter().flat_map(|length| length.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    fn parse(path: &Path, bytes: Vec<u8>) -> Result<Values<'_>> {
        Values::of_rows(path, read(path, bytes)?)
    }

    fn refusal(bytes: Vec<u8>) -> String {
        match parse(Path::new("images"), bytes) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn images_are_flattened_to_rows() {
        let values =
            parse(Path::new("images"), file(0x08, &[2, 2, 3], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])).unwrap();
        assert_eq!((values.rows(), values.width()), (2, 6));
        assert_eq!((values.get(0, 5), values.get(1, 0)), (5.0, 6.0));
    }

    #[test]
    fn every_element_type_is_read_big_endian() {
        let read = |code, data: &[u8]| parse(Path::new("images"), file(code, &[1, 1], data)).unwrap().get(0, 0);
        assert_eq!(read(0x08, &[255]), 255.0);
        assert_eq!(read(0x09, &[255]), -1.0);
        assert_eq!(read(0x0B, &(-2i16).to_be_bytes()), -2.0);
        assert_eq!(read(0x0C, &70_000i32.to_be_bytes()), 70_000.0);
        assert_eq!(read(0x0D, &0.5f32.to_be_bytes()), 0.5);
        assert_eq!(read(0x0E, &0.1f64.to_be_bytes()), 0.1);
    }

    #[test]
    fn damaged_headers_are_refused() {
        assert!(refusal(vec![0, 0]).contains("takes 4 bytes, and it has 2"));
        assert!(refusal(vec![0, 0, 0x08, 3, 0]).contains("takes 16 bytes, and it has 5"));
        assert!(refusal(file(0x0A, &[1, 1], &[0])).contains("00 00 0a"));
        assert!(refusal(file(0x08, &[3], &[0, 1, 2])).contains("images file"));
        assert!(refusal(file(0x08, &[], &[])).contains("shape is []"));
        assert!(refusal(file(0x08, &[2, 2], &[0, 1, 2])).contains("takes 16 bytes with the header, and it has 15"));
        assert!(refusal(file(0x08, &[2, 2], &[0; 5])).contains("trailing"));
        assert!(refusal(file(0x08, &[0, 2], &[])).contains("empty"));
        assert!(refusal(file(0x0E, &[u32::MAX; 3], &[])).contains("more than any file holds"));
    }
}
