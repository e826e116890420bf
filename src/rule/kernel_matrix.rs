//! K, the kernel between all keys, in f64 on the host: whole, or a panel of rows at a time, made again for each
//! product.

use attractor_kernels_cpu::pairs::Columns;
use rayon::prelude::*;

use super::dense::{multiply, rows};
use crate::error::{Error, Result};
use crate::memory::Table;
use crate::pattern::Patterns;

/// Values of a panel: 32 MiB, of which a matrix product reads each many times.
const PANEL: usize = 1 << 22;

/// Keys and the weight of each distance.
pub(crate) struct Kernel<'a> {
    keys: &'a Patterns,
    columns: Columns,
    /// weight(d) / 2^exponent(0).
    weights: Vec<f64>,
}

impl<'a> Kernel<'a> {
    /// Weights are relative to the power of two at distance 0, so that K(mu, mu) is 1 to 2 in a wide table, and as it
    /// is in a plain one. What is then too small for f64 is below any rounding of the diagonal, and 0.
    ///
    /// # Errors
    /// If the table is not one for these keys, f64 does not hold a weight, or K(mu, mu) is not above 0.
    pub(crate) fn new(keys: &'a Patterns, table: &Table) -> Result<Self> {
        let neurons = keys.neurons();
        if let Some(what) = table.fault() {
            return Err(Error::setting(what, "make the table with Profile::table"));
        }
        if table.values.len() != neurons + 1 || table.exponents.len() != neurons + 1 {
            return Err(Error::setting(
                format!("a table of {} weights for {neurons} neurons", table.values.len()),
                format!("give {} weights, one for each Hamming distance", neurons + 1),
            ));
        }
        let weights = weights(table)?;
        Ok(Self { keys, columns: Columns::new(keys.words(), keys.stride()), weights })
    }

    /// P.
    pub(crate) fn patterns(&self) -> usize {
        self.keys.len()
    }

    /// K(mu, mu).
    pub(super) fn diagonal(&self) -> f64 {
        self.weights[0]
    }

    /// The matrix of its entries' squares.
    pub(super) fn squared(&self) -> Self {
        let weights = self.weights.iter().map(|weight| weight * weight).collect();
        Self { keys: self.keys, columns: Columns::new(self.keys.words(), self.keys.stride()), weights }
    }

    /// K + lambda I, \[P, P\].
    pub(crate) fn matrix(&self, regularization: f64) -> Vec<f64> {
        let patterns = self.patterns();
        let mut matrix = vec![0.0; patterns * patterns];
        self.fill(0, &mut matrix);
        matrix.iter_mut().step_by(patterns + 1).for_each(|own| *own += regularization);
        matrix
    }

    /// `result` = (K + lambda I) `right`, both \[P, N\].
    pub(crate) fn product(&self, regularization: f64, right: &[f64], result: &mut [f64]) {
        let patterns = self.patterns();
        let width = right.len() / patterns;
        let height = (PANEL / patterns).clamp(16, patterns.max(16));
        let mut panel = vec![0.0; height.min(patterns) * patterns];
        for (index, result) in result.chunks_mut(height * width).enumerate() {
            let count = result.len() / width;
            let panel = &mut panel[..count * patterns];
            self.fill(index * height, panel);
            multiply(result, rows(panel, count, patterns), rows(right, patterns, width));
            let own = &right[index * height * width..];
            result.iter_mut().zip(own).for_each(|(result, right)| *result += regularization * right);
        }
    }

    /// Writes the rows of K from `first` on.
    fn fill(&self, first: usize, panel: &mut [f64]) {
        let patterns = self.patterns();
        panel.par_chunks_exact_mut(patterns).enumerate().for_each_init(
            || vec![0; patterns],
            |distances, (row, values)| {
                self.columns.distances(self.keys.row(first + row), distances);
                for (value, &distance) in values.iter_mut().zip(distances.iter()) {
                    *value = self.weights[distance as usize];
                }
            },
        );
    }
}

/// The weights by distance, relative to the power of two at distance 0.
///
/// # Errors
/// If f64 does not hold one, or that at distance 0 is not above 0.
pub(crate) fn weights(table: &Table) -> Result<Vec<f64>> {
    let weights: Vec<f64> = (0..table.values.len()).map(|distance| table.weight(distance, 0)).collect();
    if let Some(distance) = weights.iter().position(|weight| !weight.is_finite()) {
        return Err(Error::setting(
            format!("a kernel whose weight at distance {distance} is past f64 beside that at distance 0"),
            "use a profile that falls with distance",
        ));
    }
    if weights[0] <= 0.0 {
        return Err(Error::setting(
            format!("a kernel of {} at distance 0, which is no inner product", weights[0]),
            "use a profile that is above 0 at distance 0",
        ));
    }
    Ok(weights)
}
