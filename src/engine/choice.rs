//! Which backend runs: what `--backend` means, and what `auto` takes and why.

use std::fmt;
use std::str::FromStr;

use attractor_kernels_cpu::Arithmetic;

use super::Backend;
use super::cpu::Cpu;
use super::gpu::{self, Gpu};
use crate::error::{Error, Result};

/// `--backend auto|cpu|gpu|gpu:<index, name or PCI id>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// A real GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU: the one named, else the first real one, else a software adapter.
    Gpu(Option<String>),
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "gpu" => Ok(Self::Gpu(None)),
            Some(("gpu", which)) if !which.is_empty() => Ok(Self::Gpu(Some(which.into()))),
            _ => Err(Error::setting(
                format!("backend {text:?}"),
                "write auto, cpu, gpu, or gpu:<index, name or PCI id> as `attractor devices` lists them",
            )),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu(None) => f.write_str("gpu"),
            Self::Gpu(Some(which)) => write!(f, "gpu:{which}"),
        }
    }
}

/// A backend, and one line that says which it is and why.
pub struct Opened {
    /// The backend.
    pub backend: Box<dyn Backend>,
    /// For people: which, and why.
    pub reason: String,
}

/// Opens the chosen backend. `arithmetic` is for the CPU (fused when not given); a GPU's own is probed, and asking it
/// for the other is refused. `options` are for a GPU.
///
/// # Errors
/// If no such adapter exists, or it cannot be opened.
pub fn open(choice: &Choice, arithmetic: Option<Arithmetic>, options: &gpu::Options) -> Result<Opened> {
    let cpu = |why: &str| {
        if let Some(variant) = &options.variant {
            return Err(Error::setting(
                format!("--variant {variant} on the CPU ({why})"),
                "variants are a GPU's shaders: give --backend gpu, or leave --variant out",
            ));
        }
        let backend = Cpu::new(arithmetic.unwrap_or(Arithmetic::Fused));
        Ok(Opened {
            reason: format!("{} ({}): {why}", backend.device().name, backend.device().details),
            backend: Box::new(backend),
        })
    };
    let opened = match choice {
        Choice::Cpu => return cpu("asked for by --backend cpu"),
        Choice::Auto => {
            let adapters = gpu::adapters();
            let Some(adapter) = gpu::best_real(&adapters) else {
                return cpu(match adapters.is_empty() {
                    true => "no GPU was found",
                    false => "only a software adapter was found, which --backend gpu would use",
                });
            };
            match Gpu::open(adapter, options) {
                Ok(gpu) => Ok((gpu, "the first real GPU")),
                Err(error) => return cpu(&format!("a GPU was found but cannot be used ({error})")),
            }
        }
        Choice::Gpu(which) => {
            let adapters = gpu::adapters();
            let adapter = gpu::choose(&adapters, which.as_deref())?;
            Gpu::open(adapter, options).map(|gpu| (gpu, "asked for by --backend"))
        }
    };
    let (backend, why) = opened?;
    if let Some(asked) = arithmetic
        && asked != backend.arithmetic()
    {
        return Err(Error::setting(
            format!("--arithmetic {asked} on {}, which is {}", backend.device().name, backend.device().arithmetic),
            "leave --arithmetic out, or use --backend cpu, which offers both",
        ));
    }
    let reason = format!("{} ({}): {why}", backend.device().name, backend.device().details);
    Ok(Opened { backend: Box::new(backend), reason })
}
