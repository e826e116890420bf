//! trace.csv and trace.npy: every state on every cue's way.

use std::path::PathBuf;

use attractor::data::{write_atomic, write_i8};
use attractor::error::{Error, Result};
use attractor::measure::trace;
use attractor::memory::Memory;
use attractor::pattern::Patterns;

/// The cue and the fields of a [`Point`](attractor::measure::Point), which the csv crate names only where they are
/// alone.
const HEADER: [&str; 8] =
    ["cue", "step", "changed", "energy", "pseudo_energy", "overlap", "nearest", "nearest_overlap"];

/// Both files, ready to write.
pub(super) struct Traced {
    table: Vec<u8>,
    states: Vec<i8>,
    neurons: usize,
}

impl Traced {
    /// What is to know of every state of every path, its cue first, and the states themselves in the same order. The references are
    /// what overlaps are taken with, one for each cue. Asks before each cue whether to go on.
    pub(super) fn new(
        memory: &Memory,
        paths: &[Patterns],
        references: &Patterns,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let failed = |what: String| Error::setting(format!("the trace as CSV: {what}"), "please report this");
        writer.write_record(HEADER).map_err(|error| failed(error.to_string()))?;
        let mut states = Vec::new();
        for (cue, path) in paths.iter().enumerate() {
            if !go_on() {
                return Err(Error::Interrupted);
            }
            for point in &trace(memory, path, references.row(cue)) {
                writer.serialize((cue, point)).map_err(|error| failed(error.to_string()))?;
            }
            states.extend(super::values(memory.code, path));
        }
        let table = writer.into_inner().map_err(|error| failed(error.to_string()))?;
        Ok(Self { table, states, neurons: memory.keys.neurons() })
    }

    /// Writes them.
    pub(super) fn write(&self, [table, states]: &[PathBuf; 2]) -> Result<()> {
        write_i8(states, self.states.len() / self.neurons, self.neurons, &self.states)?;
        write_atomic(table, &self.table)
    }
}
