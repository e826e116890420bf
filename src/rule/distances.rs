//! Where training has the Hamming distances between its patterns from, and which way is faster. A choice changes no result.

use std::fmt;
use std::str::FromStr;

use attractor_kernels_cpu::padded;

use super::product::Product;
use crate::engine::trial::{WORTH_TRYING, repeats};
use crate::engine::{Array, Recording, Shape, Work, available_memory};
use crate::error::{Error, Result};

/// Stored distances take at most this, and a quarter of the host's free memory: wgpu does not tell how much a GPU with
/// memory of its own has left, and the rest of the work needs some too.
const MOST_BYTES: u64 = 4 << 30;
/// Each way is timed so often, and the best time counts.
const TRIALS: usize = 2;
/// Products that a comparison costs, where one alone is long enough for a trial.
const PRODUCTS: usize = 2 * TRIALS + 4;
/// A comparison may cost this share of the training, or, where that is more, so many seconds.
const SHARE: f64 = 0.05;
const MOMENT: f64 = 0.25;

/// `--distances auto|recomputed|stored`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distances {
    /// Recomputed on the CPU; elsewhere the faster of the two, tried on the work itself where that pays.
    #[default]
    Auto,
    /// Made again for every product.
    Recomputed,
    /// Made once, two bytes for each pair of patterns of a network, and fetched for every product.
    Stored,
}

impl Distances {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Recomputed, Self::Stored];

    /// Bytes that must be there for them, beside all else that training holds.
    pub fn bytes(self, nets: usize, patterns: usize) -> u64 {
        match self {
            Self::Auto | Self::Recomputed => 0,
            Self::Stored => shape(nets, patterns).bytes(),
        }
    }

    /// # Errors
    /// If they are to be stored, and 16 bits do not hold them.
    pub fn check(self, neurons: usize) -> Result<()> {
        if self == Self::Stored && !fit_in_16_bits(neurons) {
            let what = format!("stored distances of {neurons} neurons, which 16 bits do not hold");
            return Err(Error::setting(what, "give --distances recomputed, or at most 65535 neurons"));
        }
        Ok(())
    }
}

impl FromStr for Distances {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|distances| distances.to_string() == text);
        found.ok_or_else(|| Error::setting(format!("distances {text:?}"), "write auto, recomputed or stored"))
    }
}

impl fmt::Display for Distances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Recomputed => "recomputed",
            Self::Stored => "stored",
        })
    }
}

/// Of stored distances.
pub(super) fn shape(nets: usize, patterns: usize) -> Shape {
    Shape { nets, rows: patterns, width: padded(patterns) / 2 }
}

/// Whether every distance between so many neurons does.
fn fit_in_16_bits(neurons: usize) -> bool {
    neurons <= usize::from(u16::MAX)
}

/// Stores the distances of a product, or does not: as asked for, or as is faster for so many products of `right` into
/// `result`, whose values do not matter yet.
pub(super) fn settle(
    asked: Distances,
    product: &mut Product<'_>,
    products: usize,
    right: &Array,
    result: &Array,
) -> Result<()> {
    match asked {
        Distances::Recomputed => Ok(()),
        Distances::Stored => {
            asked.check(product.work().neurons)?;
            product.fill(product.room()?)
        }
        Distances::Auto if may_store(product) => keep_faster(product, products, right, result),
        Distances::Auto => Ok(()),
    }
}

fn may_store(product: &Product<'_>) -> bool {
    let Work { nets, trials, patterns, neurons } = product.work();
    let work = [nets, trials, patterns, neurons].iter().fold(1, |work: u64, &size| work.saturating_mul(size as u64));
    !product.backend().keeps_by_itself()
        && fit_in_16_bits(neurons)
        && work >= WORTH_TRYING
        && shape(nets, patterns).bytes() <= MOST_BYTES.min(available_memory() / 4)
}

fn keep_faster(product: &mut Product<'_>, products: usize, right: &Array, result: &Array) -> Result<()> {
    let backend = product.backend();
    let mut making = Recording::new();
    product.record(&mut making, right, result)?;
    // The first run compiles shaders and tries their variants.
    backend.run(&making, 1)?;
    let once = backend.run(&making, 1)?.seconds;
    if PRODUCTS as f64 * once > (SHARE * products as f64 * once).max(MOMENT) {
        return Ok(());
    }
    // Memory that a device refuses is no failure: there is another way. A lost device shows again in the training.
    let Ok(room) = product.room() else { return Ok(()) };
    product.fill(room)?;
    let mut fetching = Recording::new();
    product.record(&mut fetching, right, result)?;
    backend.run(&fetching, 1)?;
    let repeats = repeats(once);
    let (mut made, mut fetched) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TRIALS {
        made = made.min(backend.run(&making, repeats)?.seconds);
        fetched = fetched.min(backend.run(&fetching, repeats)?.seconds);
    }
    if made <= fetched {
        product.forget();
    }
    Ok(())
}
