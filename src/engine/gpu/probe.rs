//! What this device's arithmetic does: CPU and GPU duals are the same bits only where it does the same.

use attractor_kernels_cpu::philox::philox;
use attractor_kernels_cpu::{Arithmetic, sigmoid};

use super::Gpu;
use crate::engine::kernel::{LOGISTIC, MULTIPLY_ADD};
use crate::engine::{Backend, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};

/// Values tried: for most triplets, rounding once and rounding twice differ.
const TRIALS: usize = 4096;

/// Runs `fma` on random triplets and compares with both arithmetics, bit for bit.
///
/// # Errors
/// If it rounds neither once nor twice, or the device fails.
pub(super) fn arithmetic(gpu: &Gpu) -> Result<Arithmetic> {
    // Mantissas at random, exponents within 2^-4..2^4, so that the sum cancels partly.
    let [a, b, c] =
        [0, 1, 2].map(|column| random(column, |bits| (bits & 0x807F_FFFF) | ((127 - 4 + (bits >> 23) % 8) << 23)));
    let space = Workspace::new(gpu);
    let [x, y, z] = [&a, &b, &c].map(|values| space.rows("probe", Element::F32, 1, 1, values));
    let result = space.alloc("probe result", Element::F32, 1, TRIALS, 1)?;
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: TRIALS, patterns: 0, neurons: 1 };
    recording.dispatch(&MULTIPLY_ADD, work, &[("a", &x?), ("b", &y?), ("c", &z?), ("result", &result)], &[])?;
    gpu.run(&recording, 1)?;
    let results = gpu.download(&result, TRIALS)?;
    let agrees = |arithmetic: Arithmetic| {
        (0..TRIALS).all(|i| {
            let [a, b, c] = [a[i], b[i], c[i]].map(f32::from_bits);
            arithmetic.multiply_add(a, b, c).to_bits() == results[i]
        })
    };
    [Arithmetic::Fused, Arithmetic::TwiceRounded].into_iter().find(|&arithmetic| agrees(arithmetic)).ok_or_else(|| {
        Error::Device {
            device: gpu.device().name.clone(),
            what: "its fma rounds neither once nor twice, so its duals could not be checked".into(),
            cure: "use --backend cpu, and please report the device with `attractor devices`".into(),
        }
    })
}

/// Whether the KLR residual comes out as on the CPU, bit for bit: a compiler that reassociates would change it.
///
/// # Errors
/// If the device fails.
pub(super) fn residual_agrees(gpu: &Gpu, arithmetic: Arithmetic) -> Result<bool> {
    const REGULARIZATION: f32 = 0.01;
    // Fields and duals across -32..32.
    let [fields, duals] =
        [3, 4].map(|column| random(column, |bits| (bits as i32 as f32 / (1_u32 << 26) as f32).to_bits()));
    let space = Workspace::new(gpu);
    let dual = space.rows("probe dual", Element::F32, 1, 1, &duals)?;
    let targets = space.rows("probe targets", Element::Bits, 1, 1, &vec![0; TRIALS])?;
    let residual = space.rows("probe residual", Element::F32, 1, 1, &fields)?;
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: TRIALS, patterns: 0, neurons: 1 };
    let arrays = [("dual", &dual), ("targets", &targets), ("residual", &residual)];
    recording.dispatch(&LOGISTIC, work, &arrays, &[("regularization", Scalar::F32(REGULARIZATION))])?;
    gpu.run(&recording, 1)?;
    let results = gpu.download(&residual, TRIALS)?;
    let expected = fields.iter().zip(&duals).map(|(&field, &dual)| {
        arithmetic
            .multiply_add(REGULARIZATION, f32::from_bits(dual), sigmoid(arithmetic, f32::from_bits(field)))
            .to_bits()
    });
    Ok(expected.eq(results))
}

/// A column of random values, each made of 32 random bits.
fn random(column: u32, value: impl Fn(u32) -> u32) -> Vec<u32> {
    let key = [0x0070_726F, 0x6265];
    (0..TRIALS as u32).map(|i| value(philox(key, [i, column, 0, 0])[0])).collect()
}
