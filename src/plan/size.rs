//! How much memory work takes, and whether there is that much.

use attractor_kernels_cpu::PAD;

use crate::engine::array::size;
use crate::error::{Error, Result};
use crate::pattern::words_per_pattern;
use crate::recall::FIELD_BYTES;
use crate::rule::{Distances, Model, Solver};

/// Patterns (or, where they are more and coupled, neurons) squared times neurons that are trained together: more
/// networks at once than this keep no device busier, and fewer finished cells would be saved on the way.
const TRAINED_TOGETHER: u64 = 500_000_000;

/// Networks that are trained together: a P x P kernel matrix times a dual, or N x N couplings, is work to share a
/// device, or memory to share the host.
pub(crate) fn together(model: &Model, patterns: usize, neurons: usize) -> usize {
    let terms = model.terms(patterns, neurons).max(patterns) as u64;
    let one = terms.saturating_mul(terms).saturating_mul(neurons as u64);
    (TRAINED_TOGETHER / one.max(1)).max(1) as usize
}

/// Bytes that recall holds at once: duals four times (one packed); a batch's fields and, twice, its histories, at most
/// 256 MiB or a tile of trials; and on the host, where every trial wanders for long, every state of every step.
pub fn recall_bytes(nets: usize, patterns: usize, neurons: usize, trials: usize, max_steps: usize) -> u64 {
    let duals = product(&[nets, patterns, neurons, 4 * 4]);
    let words = words_per_pattern(neurons);
    let trial = neurons.saturating_add(words.saturating_mul(max_steps.saturating_mul(2).saturating_add(6)));
    let tile = product(&[nets, PAD, trial, 4]);
    let batch = product(&[nets, trials, trial, 4]).min(tile.max(FIELD_BYTES as u64));
    let states = product(&[nets, trials, words, 4, max_steps + 4]);
    duals.saturating_add(batch).saturating_add(states)
}

fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |product: u64, &factor| product.saturating_mul(factor as u64))
}

/// How to need less memory: a way of training that holds no P x P matrix, where another was asked for, or what is lowered.
pub fn cure(solver: Solver, distances: Distances, lower: &str) -> String {
    let leaner = match (solver, distances) {
        (Solver::Preconditioned, _) => "use --solver newton-cg, or ",
        (Solver::Cholesky, _) => "use --solver conjugate-gradients, or ",
        (_, Distances::Stored) => "give --distances recomputed, or ",
        _ => "",
    };
    format!("{leaner}{lower}")
}

/// Refuses work that needs more bytes than are available.
///
/// # Errors
/// [`Error::Memory`] with the estimate and the cure.
pub fn check_fits(what: &str, needed: u64, available: u64, cure: &str) -> Result<()> {
    if needed <= available {
        return Ok(());
    }
    Err(Error::Memory { what: what.into(), needed: size(needed), available: size(available), cure: cure.into() })
}
