//! safetensors files, of any tool.

use std::path::Path;

use safetensors::Dtype;

use super::{Contents, Labels, Wanted, pick};
use crate::data::container::Container;
use crate::data::element::Element;
use crate::data::values::Layout;
use crate::error::{Error, Result};

/// Whether a file of `length` bytes that starts so is one: a header's length that fits, then an object.
pub(super) fn starts(start: &[u8], length: u64) -> bool {
    let header = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    start.get(8) == Some(&b'{') && header.is_some_and(|header| header <= length.saturating_sub(8))
}

/// Reads one of its tensors, and that of labels if it has one of this name.
pub(super) fn read(path: &Path, wanted: Wanted<'_>) -> Result<Contents> {
    let container = Container::open(path, "give a safetensors file")?;
    let names = container.names();
    let mut contents = tensor(path, &container, pick(path, &names, wanted)?)?;
    if let Some(labels) = wanted.labels.filter(|labels| container.has(labels)) {
        contents.labels = Some(Labels::Array(Box::new(tensor(path, &container, labels)?)));
    }
    Ok(contents)
}

fn tensor(path: &Path, container: &Container, name: &str) -> Result<Contents> {
    let (dtype, shape, bytes) = container.any(name)?;
    let element = match dtype {
        Dtype::BOOL | Dtype::U8 => Element::U8,
        Dtype::I8 => Element::I8,
        Dtype::U16 => Element::U16,
        Dtype::I16 => Element::I16,
        Dtype::U32 => Element::U32,
        Dtype::I32 => Element::I32,
        Dtype::U64 => Element::U64,
        Dtype::I64 => Element::I64,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => {
            let what = format!("{name} holds {other:?}, which are no numbers read here");
            return Err(Error::data(path, what, "convert it before saving: tensor.float()"));
        }
    };
    let layout = Layout { start: 0, shape: shape.to_vec(), element, big_endian: false, fortran: false };
    let wide = "for a single pattern save tensor.reshape(1, -1)";
    let column = "save labels along one axis: tensor.reshape(-1)";
    Ok(Contents { bytes: bytes.to_vec(), layout, labels: None, untyped: false, wide, column })
}
