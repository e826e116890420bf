//! The safetensors container: named tensors and a string map in one file that Python opens too.
//!
//! Written here rather than by the safetensors crate, whose metadata comes in an order that differs from run to run:
//! equal models are equal files. Read through the crate's header type, with the lengths compared here. Knows nothing
//! of what the tensors mean.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

const COPY_AGAIN: &str = "copy the file again, or train and save the model again";

/// A tensor to write.
pub(crate) struct Tensor<'a> {
    pub(crate) name: &'a str,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// The elements, little endian, row-major.
    pub(crate) bytes: Vec<u8>,
}

/// The bytes of a file with this metadata and these tensors, in the order given.
///
/// # Errors
/// If the header cannot be put into JSON, which strings and numbers always can.
pub(crate) fn encode(metadata: &[(&str, String)], tensors: &[Tensor<'_>]) -> serde_json::Result<Vec<u8>> {
    let strings: Map<String, Value> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone().into())).collect();
    let mut header = Map::from_iter([("__metadata__".to_owned(), strings.into())]);
    let mut end = 0;
    for Tensor { name, dtype, shape, bytes } in tensors {
        let data_offsets = (end, end + bytes.len());
        end = data_offsets.1;
        let info = TensorInfo { dtype: *dtype, shape: shape.clone(), data_offsets };
        header.insert((*name).to_owned(), serde_json::to_value(info)?);
    }
    let mut header = serde_json::to_vec(&header)?;
    // The tensors then start at a multiple of 8, as the format's own writer has it.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = Vec::with_capacity(8 + header.len() + end);
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header);
    tensors.iter().for_each(|tensor| file.extend(&tensor.bytes));
    Ok(file)
}

/// A file read whole, whose header fits it.
#[derive(Debug)]
pub(crate) struct Container {
    path: PathBuf,
    /// What a file of another kind is answered with.
    wanted: &'static str,
    header: Metadata,
    bytes: Vec<u8>,
    data_start: usize,
}

impl Container {
    /// Reads a safetensors file; `Io` if that fails, `Data` if it is none, with what is `wanted`, or its lengths do not
    /// fit.
    pub(crate) fn open(path: &Path, wanted: &'static str) -> Result<Self> {
        let mut file = File::open(path).map_err(Error::io(path, "read"))?;
        let found = file.metadata().map_err(Error::io(path, "read"))?.len();
        // The start is looked at before the rest is read, so that a huge file of another kind costs nothing.
        let mut bytes = Vec::new();
        file.by_ref().take(9).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
        let header = header_range(&bytes, found).map_err(|what| Error::data(path, what, wanted))?;
        file.read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;

        let data_start = header.end;
        let text = bytes.get(header).unwrap_or_default();
        let header: Metadata = serde_json::from_slice(text)
            .map_err(|error| Error::data(path, format!("the safetensors header is damaged ({error})"), COPY_AGAIN))?;
        let declared = header.data_len();
        let held = bytes.len().saturating_sub(data_start);
        if held != declared {
            let what = format!("the tensors take {declared} bytes by the header, and the file has {held} for them");
            return Err(Error::data(path, what, COPY_AGAIN));
        }
        Ok(Self { path: path.to_owned(), wanted, header, bytes, data_start })
    }

    /// The file's name, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A metadata entry.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// The names of its tensors, in the order in which they lie.
    pub(crate) fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// A tensor's type, lengths and bytes, whatever they are.
    ///
    /// # Errors
    /// `Data` if it is missing.
    pub(crate) fn any(&self, name: &str) -> Result<(Dtype, &[usize], &[u8])> {
        let info = self.info(name)?;
        let (start, end) = info.data_offsets;
        Ok((info.dtype, &info.shape, self.bytes[self.data_start..].get(start..end).unwrap_or_default()))
    }

    fn info(&self, name: &str) -> Result<&TensorInfo> {
        self.header.info(name).ok_or_else(|| {
            let held = self.header.offset_keys().join(", ");
            Error::data(&self.path, format!("there is no tensor `{name}`, only [{held}]"), self.wanted)
        })
    }

    /// A tensor's lengths and bytes; its length in bytes fits both.
    ///
    /// # Errors
    /// `Data` if it is missing or not of that type and number of axes.
    pub(crate) fn tensor<const AXES: usize>(&self, name: &str, dtype: Dtype) -> Result<([usize; AXES], &[u8])> {
        let info = self.info(name)?;
        let (start, end) = info.data_offsets;
        match (<[usize; AXES]>::try_from(info.shape.as_slice()), self.bytes[self.data_start..].get(start..end)) {
            (Ok(shape), Some(bytes)) if info.dtype == dtype => Ok((shape, bytes)),
            _ => {
                let (found, shape) = (info.dtype, &info.shape);
                let what = format!("tensor `{name}` is {found} of shape {shape:?}, not {dtype} of {AXES} axes");
                Err(Error::data(&self.path, what, "save it with that type and shape"))
            }
        }
    }
}

/// Where the header lies in a file of `found` bytes that starts with `start`, or why it is no safetensors file.
fn header_range(start: &[u8], found: u64) -> Result<Range<usize>, String> {
    let Some((length, rest)) = start.split_first_chunk() else {
        return Err(format!("the file has {found} bytes, too few for a safetensors file"));
    };
    if rest != b"{" {
        let hex: Vec<String> = start.iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(format!("first bytes {}: not a safetensors file", hex.join(" ")));
    }
    let length = u64::from_le_bytes(*length);
    let end = length.checked_add(8).filter(|&end| end <= found).and_then(|end| usize::try_from(end).ok());
    end.map(|end| 8..end)
        .ok_or_else(|| format!("a safetensors header of {length} bytes does not fit in the file's {found} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Container> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.safetensors");
        std::fs::write(&path, bytes).unwrap();
        Container::open(&path, "give a model")
    }

    fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn what_is_encoded_opens_and_the_crate_agrees() {
        let tensors = [
            Tensor { name: "wide", dtype: Dtype::F32, shape: vec![1, 2], bytes: vec![1, 2, 3, 4, 5, 6, 7, 8] },
            Tensor { name: "bytes", dtype: Dtype::I8, shape: vec![3], bytes: vec![7, 8, 9] },
        ];
        let bytes = encode(&[("b", "2".into()), ("a", "1\"".into())], &tensors).unwrap();
        assert_eq!(bytes, encode(&[("b", "2".into()), ("a", "1\"".into())], &tensors).unwrap());
        let container = open(&bytes).unwrap();
        assert_eq!(container.data_start % 8, 0);
        assert_eq!(container.metadata("a"), Some("1\""));
        assert_eq!(container.tensor("bytes", Dtype::I8).unwrap(), ([3], &[7, 8, 9][..]));
        assert!(container.tensor::<1>("bytes", Dtype::U8).unwrap_err().to_string().contains("I8 of shape [3], not U8"));
        assert!(container.tensor::<1>("wide", Dtype::F32).unwrap_err().to_string().contains("of 1 axes"));
        assert!(container.tensor::<1>("dual", Dtype::F32).unwrap_err().to_string().contains("only [wide, bytes]"));
        let crates = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(crates.tensor("wide").unwrap().data(), tensors[0].bytes);
    }

    #[test]
    fn files_of_another_kind_and_damaged_ones_are_refused() {
        let refusal = |bytes: &[u8]| open(bytes).unwrap_err().to_string();
        assert!(refusal(b"").contains("has 0 bytes"));
        assert!(refusal(b"\x93NUMPY\x01\x00v\x00").contains("first bytes 93 4e"));
        assert!(refusal(b"\xff\xff\xff\xff\xff\xff\xff\xff{").contains("does not fit"));
        assert!(refusal(b"\x10\0\0\0\0\0\0\0{").contains("header of 16 bytes does not fit in the file's 9 bytes"));
        assert!(refusal(&with_header("{not JSON}", &[])).contains("damaged"));
        let tensor = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        assert!(open(&with_header(tensor, &[0; 4])).is_ok());
        assert!(refusal(&with_header(tensor, &[0; 3])).contains("take 4 bytes by the header, and the file has 3"));
        assert!(refusal(&with_header(tensor, &[0; 5])).contains("has 5"));
        // Lengths whose sum overflows, in shape, offsets or both.
        let huge = r#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,18446744073709551615]}}"#;
        assert!(refusal(&with_header(huge, &[0; 4])).contains("damaged"));
        let end = u64::MAX - 7;
        let shape = end / 8;
        let halves: Vec<String> = (0..8)
            .map(|i| {
                let (start, end) = (i * shape, (i + 1) * shape);
                format!(r#""t{i}":{{"dtype":"I8","shape":[{shape}],"data_offsets":[{start},{end}]}}"#)
            })
            .collect();
        assert!(refusal(&with_header(&format!("{{{}}}", halves.join(",")), &[0; 4])).contains("for them"));
    }
}
