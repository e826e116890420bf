//! What a device could do at best: the rates that shares are taken of. Knows nothing of how they are measured.
//!
//! Each is measured anew in every round. A kernel that uses other units than these brings the probe of its own ceiling as
//! another row here.

use crate::recall::Precision;

/// Trials of the probe `peak`, in full and quick; each is 24,576 multiply-adds.
pub(super) const PEAK_TRIALS: [usize; 2] = [1 << 17, 1 << 10];
/// Trials of the probe `peak_half`, in full and quick; each is 131,072 multiply-adds.
pub(super) const MATRIX_TRIALS: [usize; 2] = [1 << 17, 1 << 10];
/// Trials, stored patterns and neurons for `nearest`, in full and quick.
pub(super) const POPCOUNT: [[usize; 3]; 2] = [[1 << 16, 1024, 256], [256, 64, 256]];
/// Values in a row of the arrays that `step` streams through.
pub(super) const STREAM_WIDTH: usize = 1024;
/// Rows of them, in full (128 MiB an array, beyond any cache) and quick.
const STREAM_ROWS: [usize; 2] = [1 << 15, 64];
/// Rows and columns of the matrices, in full and quick.
const SGEMM: [usize; 2] = [2048, 128];

/// A ceiling by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// A product of two f32 matrices: the gemm crate on the CPU, a peer's own library on its device.
    Sgemm,
    /// Multiply-adds in registers alone.
    Peak,
    /// Multiply-adds of halves in matrix units, where a GPU has them: the ceiling of `--precision f16`.
    Matrix,
    /// XOR and popcount of packed states, through `nearest`.
    Popcount,
    /// Memory, through `step`: two arrays read, one of them written.
    Memory,
}

impl Ceiling {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 5] = [Self::Sgemm, Self::Peak, Self::Matrix, Self::Popcount, Self::Memory];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgemm => "sgemm",
            Self::Peak => "peak",
            Self::Matrix => "matrix",
            Self::Popcount => "popcount",
            Self::Memory => "memory",
        }
    }

    /// What it is, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Sgemm => "f32 matrix product of the gemm crate",
            Self::Peak => "multiply-adds in registers",
            Self::Matrix => "multiply-adds of halves in matrix units",
            Self::Popcount => "XOR and popcount of bit pairs",
            Self::Memory => "read two arrays, write one",
        }
    }

    /// Billions of these a second.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Sgemm | Self::Peak | Self::Matrix => "GFLOP/s",
            Self::Popcount => "Gbit/s",
            Self::Memory => "GB/s",
        }
    }

    /// Whether it is a ceiling of work in this precision.
    pub(super) fn is_of(self, precision: Precision) -> bool {
        (self == Self::Matrix) == (precision != Precision::F32)
    }

    /// Rows and columns of a matrix product.
    pub fn sgemm(quick: bool) -> usize {
        SGEMM[usize::from(quick)]
    }

    pub(super) fn stream_rows(quick: bool) -> usize {
        STREAM_ROWS[usize::from(quick)]
    }

    /// Operations, bit pairs or bytes of one run.
    pub(super) fn work(self, quick: bool) -> f64 {
        match self {
            Self::Sgemm => 2.0 * (Self::sgemm(quick) as f64).powi(3),
            Self::Peak => 2.0 * (PEAK_TRIALS[usize::from(quick)] * attractor_kernels_cpu::peak::PER_TRIAL) as f64,
            Self::Matrix => {
                2.0 * (MATRIX_TRIALS[usize::from(quick)] * attractor_kernels_cpu::peak_half::PER_TRIAL) as f64
            }
            Self::Popcount => POPCOUNT[usize::from(quick)].iter().product::<usize>() as f64,
            Self::Memory => 12.0 * (Self::stream_rows(quick) * STREAM_WIDTH) as f64,
        }
    }
}
