//! A quantised dual in the model file: `dual_codes` and `dual_scales` in the place of `dual`.

use safetensors::Dtype;

use super::super::quantised::{Quantised, Width};
use super::{f32s, tensor_of};
use crate::data::container::{Container, Tensor};
use crate::error::{Error, Result};

/// The metadata entry that names the width.
pub(super) const WIDTH: &str = "dual_bits";

/// Its tensors.
pub(super) fn tensors(quantised: &Quantised, patterns: usize) -> Vec<Tensor<'static>> {
    let Quantised { width, codes, scales } = quantised;
    let neurons = scales.len();
    let (dtype, row) = match width {
        Width::F16 => (Dtype::F16, neurons),
        Width::Bits(_) => (Dtype::U8, width.row_bytes(neurons)),
    };
    let codes = Tensor { name: "dual_codes", dtype, shape: vec![patterns, row], bytes: codes.clone() };
    vec![codes, tensor_of("dual_scales", scales, &[neurons])]
}

/// The dual \[P, N\] that a file's codes stand for, if it has codes.
pub(super) fn read(file: &Container, [patterns, neurons]: [usize; 2]) -> Result<Option<Vec<f32>>> {
    if !file.has("dual_codes") {
        return Ok(None);
    }
    let refuse = |what: String| Error::data(file.path(), what, "quantise the model again");
    let named = file.metadata(WIDTH).ok_or_else(|| refuse(format!("there are `dual_codes`, but no {WIDTH:?}")))?;
    let width: Width = named.parse().map_err(|error: Error| refuse(format!("{WIDTH:?} is {error}")))?;
    let (dtype, row) = match width {
        Width::F16 => (Dtype::F16, neurons),
        Width::Bits(_) => (Dtype::U8, width.row_bytes(neurons)),
    };
    let (shape, codes) = file.tensor("dual_codes", dtype)?;
    let ([scales], scale) = file.tensor("dual_scales", Dtype::F32)?;
    if shape != [patterns, row] || scales != neurons {
        return Err(refuse(format!(
            "`dual_codes` of shape {shape:?} and {scales} `dual_scales` do not fit {patterns} keys of {neurons} neurons"
        )));
    }
    Ok(Some(Quantised { width, codes: codes.to_vec(), scales: f32s(scale) }.dual()))
}
