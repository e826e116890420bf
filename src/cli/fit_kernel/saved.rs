//! What is saved: the kernel as text, and the memory that uses it.

use std::fmt::Write;
use std::path::PathBuf;

use attractor::code::Code;
use attractor::data::write_atomic;
use attractor::memory::{self, Memory, Provenance, Readout};
use attractor::pattern::Patterns;
use attractor::retrieval::fit::LogKernel;
use attractor::rule::hebbian_dual;

/// Files of --out, and what is known of how they come to be.
pub(super) struct Saved<'a> {
    pub(super) patterns: &'a Patterns,
    pub(super) provenance: Provenance,
    pub(super) kernel: PathBuf,
    pub(super) model: PathBuf,
}

impl Saved<'_> {
    /// The memory of a kernel: the Hebbian rule's, whose dual is the patterns.
    pub(super) fn memory(&self, kernel: &LogKernel, epochs: usize) -> attractor::Result<Memory> {
        let readout = Readout::Dual { dual: hebbian_dual(self.patterns), table: kernel.table()? };
        let provenance = Provenance { updates: epochs, ..self.provenance.clone() };
        Ok(Memory { keys: self.patterns.clone(), readout, code: Code::Bipolar, provenance })
    }

    /// Writes both; how many of the text's weights are 0, being too small for it.
    pub(super) fn write(&self, kernel: &LogKernel, epochs: usize) -> attractor::Result<usize> {
        memory::save(&self.memory(kernel, epochs)?, &self.model)?;
        let (values, lost) = kernel.values();
        let mut text = String::from("# kernel by Hamming distance, from 0: --kernel table:FILE\n");
        for value in values {
            // Text in memory takes every line.
            let _ = writeln!(text, "{value:e}");
        }
        write_atomic(&self.kernel, text.as_bytes())?;
        Ok(lost)
    }
}
