//! In which precision recall computes its fields. Certified signs make the trajectories the same in each.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// `--precision f32|f16|f16-split`. Memories of couplings are recalled in f32 whatever it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Weights and duals as they are.
    #[default]
    F32,
    /// Weights and duals rounded to half precision, sums in f32: for GPUs with cooperative matrices.
    F16,
    /// Weights and duals each as a pair of halves, three products summed in f32: for memories that leave halves in doubt.
    F16Split,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::F16Split];
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|precision| precision.to_string() == text);
        found.ok_or_else(|| Error::setting(format!("precision {text:?}"), "write f32, f16 or f16-split"))
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::F16Split => "f16-split",
        })
    }
}
