//! trace.csv and trace.npy: every state on every cue's way.

use std::path::Path;

use attractor::data::{write_atomic, write_i8};
use attractor::error::{Error, Result};
use attractor::measure::trace;
use attractor::memory::Memory;
use attractor::pattern::Patterns;

/// The cue and the fields of a [`Point`](attractor::measure::Point), which the csv crate names only where they are
/// alone.
const HEADER: [&str; 8] =
    ["cue", "step", "changed", "energy", "pseudo_energy", "overlap", "nearest", "nearest_overlap"];

/// Writes what is to know of every state of every path, its cue first, and the states themselves as rows in the same
/// order. The references are what overlaps are taken with, one for each cue.
pub(super) fn write(memory: &Memory, paths: &[Patterns], references: &Patterns, out: [&Path; 2]) -> Result<()> {
    let [csv_path, states_path] = out;
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let failed = |error: csv::Error| Error::data(csv_path, error.to_string(), "report this");
    writer.write_record(HEADER).map_err(failed)?;
    let mut states = Vec::new();
    for (cue, path) in paths.iter().enumerate() {
        for point in &trace(memory, path, references.row(cue)) {
            writer.serialize((cue, point)).map_err(failed)?;
        }
        states.extend(path.to_bipolar().into_iter().map(|bit| if bit < 0 { memory.code.zero() as i8 } else { bit }));
    }
    let bytes = writer.into_inner().map_err(|error| Error::data(csv_path, error.to_string(), "report this"))?;
    write_i8(states_path, states.len() / memory.keys.neurons(), memory.keys.neurons(), &states)?;
    write_atomic(csv_path, &bytes)
}
