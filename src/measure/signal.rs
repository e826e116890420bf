//! Signal and noise of a dual memory: how far a stored pattern's own dual variable stands out of what all others add.

use crate::error::{Error, Result};
use crate::memory::Table;
use crate::pattern::Patterns;
use crate::rule::kernel_matrix::Kernel;

/// Signal and noise of the fields at the keys (arXiv 2605.00366). A wide table's are relative to the power of two at
/// distance 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// Mean over patterns and neurons of y alpha K(mu, mu): what a pattern's own dual variable adds towards its target.
    pub signal: f64,
    /// Standard deviation over patterns and neurons of the rest of the field, that of the other patterns.
    pub noise: f64,
}

impl Signal {
    /// Signal over noise; published sequence memories fail below about 2.
    pub fn ratio(&self) -> f64 {
        self.signal / self.noise
    }
}

/// Measures a dual \[P, N\] of P keys that are to be answered with P targets, in f64: P^2 N multiply-adds.
///
/// # Errors
/// If shapes differ, there are no keys, or the table gives no K(mu, mu) above 0.
pub fn signal(keys: &Patterns, targets: &Patterns, dual: &[f32], table: &Table) -> Result<Signal> {
    Ok(Fields::of_dual(keys, targets, dual, table)?.signal())
}

/// The fields of a dual at its own keys, and what they are made of, relative as in [`Signal`].
pub(super) struct Fields {
    /// h, \[P, N\].
    pub(super) fields: Vec<f64>,
    /// alpha, \[P, N\].
    pub(super) dual: Vec<f64>,
    /// The targets, \[P, N\] of -1 and 1.
    pub(super) targets: Vec<i8>,
    /// K(mu, mu).
    pub(super) own: f64,
}

impl Fields {
    /// In f64, P^2 N multiply-adds.
    ///
    /// # Errors
    /// As [`signal`].
    pub(super) fn of_dual(keys: &Patterns, targets: &Patterns, dual: &[f32], table: &Table) -> Result<Self> {
        let (patterns, neurons) = (keys.len(), keys.neurons());
        let whole = (targets.len(), targets.neurons()) == (patterns, neurons) && dual.len() == patterns * neurons;
        if patterns == 0 || !whole {
            return Err(Error::setting(
                format!("{} targets and {} dual variables for {patterns} keys of {neurons}", targets.len(), dual.len()),
                "give at least one key, and a target and a row of the dual for each",
            ));
        }
        let kernel = Kernel::new(keys, table)?;
        let dual: Vec<f64> = dual.iter().map(|&dual| f64::from(dual)).collect();
        let mut fields = vec![0.0; dual.len()];
        kernel.product(0.0, &dual, &mut fields);
        Ok(Self { fields, dual, targets: targets.to_bipolar(), own: table.weight(0, 0) })
    }

    pub(super) fn signal(&self) -> Signal {
        let count = self.fields.len() as f64;
        let towards = self.dual.iter().zip(&self.targets).map(|(dual, &sign)| dual * f64::from(sign)).sum::<f64>();
        let rest = || self.fields.iter().zip(&self.dual).map(|(field, dual)| field - self.own * dual);
        let mean = rest().sum::<f64>() / count;
        let squares = rest().map(|rest| (rest - mean).powi(2)).sum::<f64>();
        Signal { signal: self.own * towards / count, noise: (squares / count).sqrt() }
    }
}
