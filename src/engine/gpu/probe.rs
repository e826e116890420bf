//! What this device's `fma` does: CPU and GPU duals are the same bits only in the same arithmetic.

use attractor_kernels_cpu::Arithmetic;
use attractor_kernels_cpu::philox::philox;

use super::Gpu;
use crate::engine::kernel::MULTIPLY_ADD;
use crate::engine::{Backend, Element, Recording, Work, Workspace};
use crate::error::{Error, Result};

/// Triplets tried: for most, rounding once and rounding twice differ.
const TRIPLETS: u32 = 4096;

/// Runs `fma` on random triplets and compares with both arithmetics, bit for bit.
pub(super) fn arithmetic(gpu: &Gpu) -> Result<Arithmetic> {
    // Mantissas at random, exponents within 2^-4..2^4, so that the sum cancels partly.
    let value = |bits: u32| (bits & 0x807F_FFFF) | ((127 - 4 + (bits >> 23) % 8) << 23);
    let triplets: Vec<[u32; 3]> = (0..TRIPLETS)
        .map(|i| philox([0x70_72_6F, 0x62_65], [i, 0, 0, 0]))
        .map(|r| [value(r[0]), value(r[1]), value(r[2])])
        .collect();
    let column = |i: usize| triplets.iter().map(|triplet| triplet[i]).collect::<Vec<_>>();
    let space = Workspace::new(gpu);
    let [a, b, c] = [0, 1, 2].map(|i| space.rows("probe", Element::F32, 1, 1, &column(i)));
    let result = space.alloc("probe result", Element::F32, 1, triplets.len(), 1)?;
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: triplets.len(), patterns: 0, neurons: 1 };
    recording.dispatch(&MULTIPLY_ADD, work, &[("a", &a?), ("b", &b?), ("c", &c?), ("result", &result)], &[])?;
    gpu.run(&recording, 1)?;
    let results = gpu.download(&result, triplets.len())?;
    let agrees = |arithmetic: Arithmetic| {
        triplets.iter().zip(&results).all(|(triplet, &result)| {
            let [a, b, c] = triplet.map(f32::from_bits);
            arithmetic.multiply_add(a, b, c).to_bits() == result
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
