//! .npy files: reads the header numpy writes, and writes matrices of int8 and float32 and columns of int64.
//!
//! The header is read here rather than by npyz, whose parser takes time exponential in the nesting of a hostile header
//! and multiplies the shape unchecked. Knows nothing of what the values mean.

use std::path::Path;

use npyz::WriterBuilder;

use super::Contents;
use crate::data::element::Element;
use crate::data::values::Layout;
use crate::data::write_atomic;
use crate::error::{Error, Result};

/// A .npy file's first bytes.
pub(in crate::data) const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads a .npy file from its bytes.
pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Contents> {
    let layout = layout(path, &bytes)?;
    let wide = "for a single pattern save array.reshape(1, -1)";
    let column = "give a file of labels: array.reshape(-1), or argmax(1) of one-hot rows, before numpy.save";
    Ok(Contents { bytes, layout, labels: None, untyped: false, wide, column })
}

/// What a .npy file's header declares.
pub(super) fn layout(path: &Path, bytes: &[u8]) -> Result<Layout> {
    let found = bytes.len();
    let short = || {
        let what = format!("the file is cut short: its .npy header does not end within its {found} bytes");
        Error::data(path, what, "copy or write it again")
    };
    let damaged = |what: String| Error::data(path, what, "write the file again with numpy.save");
    let (text_start, length) = match bytes.get(MAGIC.len()..).unwrap_or_default() {
        [1, 0, a, b, ..] => (10, u32::from_le_bytes([*a, *b, 0, 0])),
        [2 | 3, 0, a, b, c, d, ..] => (12, u32::from_le_bytes([*a, *b, *c, *d])),
        [] | [1..=3] | [1..=3, 0, ..] => return Err(short()),
        [version, ..] => return Err(damaged(format!(".npy version {version} is not one of 1.0, 2.0 and 3.0"))),
    };
    let rest = &bytes[text_start..];
    let length = usize::try_from(length).ok().filter(|&length| length <= rest.len()).ok_or_else(short)?;
    let text = str::from_utf8(&rest[..length]).map_err(|_| damaged("the .npy header is not text".into()))?.trim();
    // What messages quote of the header; numpy's own are shorter.
    let quoted: String = text.chars().take(200).collect();
    let field = |key| field(text, key).ok_or_else(|| damaged(format!("the .npy header {quoted:?} has no '{key}'")));

    let (element, big_endian) = dtype(field("descr")?).ok_or_else(|| {
        let kinds = "b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8";
        let what = format!("the .npy header {quoted:?} has no element type known here ({kinds})");
        Error::data(path, what, "convert it before saving: array.astype(numpy.int8) or astype(numpy.float32)")
    })?;
    let fortran = match field("fortran_order")? {
        value if value.starts_with("False") => false,
        value if value.starts_with("True") => true,
        _ => return Err(damaged(format!("'fortran_order' in the .npy header {quoted:?} is neither True nor False"))),
    };
    let shape = shape(field("shape")?).ok_or_else(|| damaged(format!("the .npy header {quoted:?} has no shape")))?;
    Ok(Layout { start: text_start + length, shape, element, big_endian, fortran })
}

/// What follows `'key':` in the dictionary that is the header.
///
/// A search suffices: the keys could appear elsewhere only within a structured element type, which is refused.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let (_, after) = inner.split_once(&format!("'{key}'")).or_else(|| inner.split_once(&format!("\"{key}\"")))?;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

/// The element type and whether it is big endian, from a quoted type string such as `'<f4'`.
fn dtype(value: &str) -> Option<(Element, bool)> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (name, _) = value[1..].split_once(quote)?;
    let order = name.chars().next().filter(|order| matches!(order, '<' | '>' | '|'))?;
    let element = match &name[1..] {
        "b1" | "u1" => Element::U8,
        "i1" => Element::I8,
        // Only single bytes have no byte order.
        _ if order == '|' => return None,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return None,
    };
    Some((element, order == '>'))
}

/// The axes' lengths from a Python tuple: `()`, `(3,)`, `(3, 4)` or `(3, 4,)`.
fn shape(value: &str) -> Option<Vec<usize>> {
    let (inner, _) = value.strip_prefix('(')?.split_once(')')?;
    let inner = inner.trim_end();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    if inner.is_empty() {
        return Some(Vec::new());
    }
    inner.split(',').map(|length| length.trim().parse().ok()).collect()
}

/// Writes a column of numbers as an int64 .npy file of one axis, replacing what is there only once it is whole.
///
/// # Errors
/// `Io` if the file cannot be written.
pub fn write_i64(path: &Path, data: &[i64]) -> Result<()> {
    write(path, &[data.len() as u64], data.iter().copied())
}

/// Writes `data`, row-major \[`rows`, `width`\], as an int8 .npy file, replacing what is there only once it is whole.
///
/// # Errors
/// `Setting` if `data` is not `rows` times `width` values; `Io` if the file cannot be written.
pub fn write_i8(path: &Path, rows: usize, width: usize, data: &[i8]) -> Result<()> {
    check_rows(rows, width, data.len())?;
    write(path, &[rows as u64, width as u64], data.iter().copied())
}

/// [`write_i8`] of float32.
///
/// # Errors
/// As [`write_i8`].
pub fn write_f32(path: &Path, rows: usize, width: usize, data: &[f32]) -> Result<()> {
    check_rows(rows, width, data.len())?;
    write(path, &[rows as u64, width as u64], data.iter().copied())
}

fn check_rows(rows: usize, width: usize, values: usize) -> Result<()> {
    match rows.checked_mul(width) == Some(values) {
        true => Ok(()),
        false => {
            let what = format!("{values} values do not make {rows} rows of {width}");
            Err(Error::setting(what, "give rows times width values"))
        }
    }
}

fn write<Value: npyz::AutoSerialize>(path: &Path, shape: &[u64], data: impl Iterator<Item = Value>) -> Result<()> {
    let mut bytes = Vec::new();
    let encode = |bytes: &mut Vec<u8>| {
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(bytes).begin_nd()?;
        writer.extend(data)?;
        writer.finish()
    };
    encode(&mut bytes).map_err(Error::io(path, "write"))?;
    write_atomic(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::values::Values;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn parse(path: &Path, bytes: Vec<u8>) -> Result<Values<'_>> {
        Values::of_rows(path, read(path, bytes)?)
    }

    fn refusal(bytes: Vec<u8>) -> String {
        match parse(Path::new("a.npy"), bytes) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    fn array(descr: &str, data: &[u8]) -> Vec<u8> {
        file(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1, 2), }}   \n"), data)
    }

    #[test]
    fn every_dtype_is_read() {
        let read = |descr, data: &[u8]| {
            let values = parse(Path::new("a.npy"), array(descr, data)).unwrap().iter().map(|(.., v)| v).collect();
            let [first, second]: [f64; 2] = Vec::try_into(values).unwrap();
            (first, second)
        };
        assert_eq!(read("|b1", &[0, 1]), (0.0, 1.0));
        assert_eq!(read("|i1", &[1, 255]), (1.0, -1.0));
        assert_eq!(read("|u1", &[1, 255]), (1.0, 255.0));
        assert_eq!(read("<i2", &[1, 0, 254, 255]), (1.0, -2.0));
        assert_eq!(read(">u2", &[0, 1, 1, 0]), (1.0, 256.0));
        assert_eq!(read(">i4", &[0, 0, 0, 1, 255, 255, 255, 255]), (1.0, -1.0));
        assert_eq!(read("<u4", &[1, 0, 0, 0, 2, 0, 0, 0]), (1.0, 2.0));
        assert_eq!(read("<i8", &[[1, 0, 0, 0, 0, 0, 0, 0], [255; 8]].concat()), (1.0, -1.0));
        assert_eq!(read("<u8", &[[1, 0, 0, 0, 0, 0, 0, 0], [0; 8]].concat()), (1.0, 0.0));
        assert_eq!(read("<f2", &[0x00, 0x3c, 0x00, 0xbc]), (1.0, -1.0));
        assert_eq!(read(">f4", &[0x3f, 0x80, 0, 0, 0xbf, 0x80, 0, 0]), (1.0, -1.0));
        assert_eq!(read("<f8", &[1f64.to_le_bytes(), 0.5f64.to_le_bytes()].concat()), (1.0, 0.5));
    }

    #[test]
    fn headers_of_all_versions_spacings_and_orders_are_read() {
        let header = "{\"shape\":(2 ,2,),\"fortran_order\" : True,\"descr\":\"|i1\"}";
        let length = (header.len() as u32).to_le_bytes();
        for version in [2, 3] {
            let bytes = [MAGIC, &[version, 0], &length, header.as_bytes(), &[1, 2, 3, 4]].concat();
            let values = parse(Path::new("a.npy"), bytes).unwrap();
            assert_eq!(values.iter().map(|(.., value)| value).collect::<Vec<_>>(), [1.0, 3.0, 2.0, 4.0]);
        }
    }

    #[test]
    fn headers_that_cannot_be_used_are_refused() {
        let header = |descr: &str, order: &str, shape: &str| {
            file(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"), &[1, 1])
        };
        assert!(refusal(header("'|i1'", "False", "(2,)")).contains("reshape(1, -1)"));
        assert!(refusal(header("'|i1'", "False", "()")).contains("shape is []"));
        assert!(refusal(header("'|i1'", "False", "(0, 2)")).contains("empty"));
        assert!(refusal(header("'|i1'", "False", "(2, 0)")).contains("empty"));
        assert!(refusal(header("'|i1'", "False", "(2, -1)")).contains("no shape"));
        assert!(refusal(header("'|i1'", "False", "(99999999999999999999, 1)")).contains("no shape"));
        assert!(refusal(header("'|i1'", "False", "(9999999999999, 9999999999999)")).contains("more than any file"));
        assert!(refusal(header("'|i1'", "Maybe", "(1, 2)")).contains("neither True nor False"));
        for descr in ["'<c8'", "'|O'", "'<U3'", "'|f4'", "[('shape', '<f4')]", "'", "''", "'é'", "é", "'<f16'"] {
            assert!(refusal(header(descr, "False", "(1, 2)")).contains("element type"), "{descr}");
        }
        assert!(refusal(file("{'descr': '|i1'}", &[])).contains("no 'fortran_order'"));
        assert!(refusal(file("", &[])).contains("no 'descr'"));
        assert!(refusal([MAGIC, &[9, 0, 0, 0]].concat()).contains("version 9"));
        assert!(refusal([MAGIC, &[1, 0, 255, 255], b"{}"].concat()).contains("cut short"));
        assert!(refusal([MAGIC, &[2, 0, 255, 255, 255, 255], b"{}"].concat()).contains("cut short"));
        assert!(refusal([MAGIC, &[1, 0, 1, 0, 0xff]].concat()).contains("not text"));
    }

    #[test]
    fn what_is_written_reads_back_here_and_in_npyz() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.npy");
        let data = [1, -1, 1, -1, -1, 1];
        write_i8(&path, 2, 3, &data).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let npy = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(npy.shape(), [2, 3]);
        assert_eq!(npy.into_vec::<i8>().unwrap(), data);
        let values = parse(&path, bytes).unwrap();
        assert_eq!(values.to_patterns().unwrap().to_bipolar(), data);
        write_i64(&path, &[3, -1 << 40]).unwrap();
        let npy = std::fs::read(&path).unwrap();
        let npy = npyz::NpyFile::new(&npy[..]).unwrap();
        assert_eq!((npy.shape().to_vec(), npy.into_vec::<i64>().unwrap()), (vec![2], vec![3, -1 << 40]));
        assert!(matches!(write_i8(&path, 2, 2, &data), Err(Error::Setting { .. })));
        assert!(matches!(write_i8(&path, usize::MAX, 2, &data), Err(Error::Setting { .. })));
    }
}
