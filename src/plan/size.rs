//! How much memory work takes, and whether there is that much.

use crate::engine::array::size;
use crate::error::{Error, Result};
use crate::pattern::words_per_pattern;

/// Bytes that training holds at once: dual, residual and gradient on the device, fields and all three on the host,
/// and the packed dual of a product.
pub fn training_bytes(nets: usize, patterns: usize, neurons: usize) -> u64 {
    product(&[nets, patterns, neurons, 4 * 8])
}

/// Bytes that recall holds at once: duals four times (one packed), the fields of a batch (at most 256 MiB), and every state of every
/// step of a trial.
pub fn recall_bytes(nets: usize, patterns: usize, neurons: usize, trials: usize, max_steps: usize) -> u64 {
    let duals = product(&[nets, patterns, neurons, 4 * 4]);
    let fields = product(&[nets, trials, neurons, 4]).min(256 << 20);
    let states = product(&[nets, trials, words_per_pattern(neurons), 4, max_steps + 4]);
    duals.saturating_add(fields).saturating_add(states)
}

fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |product: u64, &factor| product.saturating_mul(factor as u64))
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
