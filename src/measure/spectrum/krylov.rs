//! The ends of a spectrum by products alone: block Lanczos with every vector kept and made orthogonal to all others.
//!
//! A block of vectors V gives the space of V, K V, K K V, .. (G. Golub, R. Underwood, 1977); of it the eigenvalues of
//! Q^T K Q are taken, Q its orthonormal basis, the i-th largest of which is at most K's i-th largest. A block, and not
//! one vector, because K is made again for each product whatever its width, and because one vector sees a multiple
//! eigenvalue once. Where the space closes, random vectors open it again; and what has converged is believed only if
//! more random vectors, which see what the first ones do not, change nothing.

mod basis;

use faer::Mat;

use super::Eigenvalue;
use crate::engine::array::size;
use crate::engine::available_memory;
use crate::error::{Error, Result};
use crate::rule::dense::{multiply, norm, rows};
use basis::{Basis, Carried};

/// Vectors of a block.
const BLOCK: usize = 8;
/// An eigenvalue is found once its residual is below this share of the largest.
const TOLERANCE: f64 = 1e-9;
/// Vectors of the basis at most: so many times those wanted, and some blocks. What has not converged then says so.
const PER_WANTED: usize = 6;
const BLOCKS: usize = 32;
/// The basis grows by this share between two looks, each of which solves the small problem.
const LOOK: f64 = 1.2;

/// The `wanted` largest eigenvalues of a symmetric matrix \[size, size\], from the largest down, and then the smallest,
/// by `product`, (right, result) \[size, width\].
///
/// # Errors
/// If the basis does not fit into memory, or `go_on`, asked before each product, answers no.
pub(super) fn extremes(
    size: usize,
    wanted: usize,
    mut product: impl FnMut(&[f64], &mut [f64]),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Eigenvalue>> {
    let wanted = wanted.min(size);
    let most = (PER_WANTED * wanted + BLOCKS * BLOCK).min(size);
    check(size, most + 2 * wanted)?;
    let mut ask = || if go_on() { Ok(()) } else { Err(Error::Interrupted) };
    let mut basis = Basis::new(size);
    let (mut block, _) = basis.next(&[], BLOCK)?;
    let (mut look, mut before) = (wanted, Vec::new());
    let ritz = loop {
        ask()?;
        let right = transposed(&block, size);
        basis.vectors.append(&mut block);
        let mut image = vec![0.0; right.len()];
        product(&right, &mut image);
        let remainder = basis.project(&image);
        let (mut room, width) = (image.len() / size, basis.columns.len());
        let (next, carried) = basis.next(&remainder, room)?;
        block = next;
        if width >= look.min(most) || block.is_empty() {
            let ritz = basis.ritz()?;
            if width >= most || block.is_empty() {
                break ritz;
            }
            if ritz.found(wanted, &carried) {
                let now = ritz.leading(wanted);
                if same(&before, &now) {
                    break ritz;
                }
                before = now;
                room += BLOCK;
                block = basis.next(&remainder, room)?.0;
            }
            look = (width as f64 * LOOK) as usize;
        }
    };
    ask()?;
    Ok(residuals(&basis, &ritz, wanted, product))
}

/// # Errors
/// If so many vectors do not fit into memory.
fn check(length: usize, vectors: usize) -> Result<()> {
    let needed = (length as u64).saturating_mul(vectors as u64).saturating_mul(8);
    let available = available_memory();
    if needed <= available {
        return Ok(());
    }
    Err(Error::Memory {
        what: format!("{vectors} vectors of {length} patterns"),
        needed: size(needed),
        available: size(available),
        cure: "ask for fewer eigenvalues, or give fewer patterns".into(),
    })
}

/// Whether values, largest first, are the same ones.
fn same(before: &[f64], now: &[f64]) -> bool {
    let scale = now.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let near = |(before, now): (&f64, &f64)| (before - now).abs() <= TOLERANCE * scale;
    before.len() == now.len() && before.iter().zip(now).all(near)
}

/// Eigenvalues of Q^T K Q, from the smallest up, and eigenvectors.
struct Ritz {
    values: Vec<f64>,
    vectors: Mat<f64>,
}

impl Ritz {
    /// The `wanted` largest, from the largest down.
    fn leading(&self, wanted: usize) -> Vec<f64> {
        self.values.iter().rev().take(wanted).copied().collect()
    }

    /// Whether the `wanted` largest are: |K Q y - value Q y| is what is carried of the last block's share of y.
    fn found(&self, wanted: usize, carried: &Carried) -> bool {
        let width = self.values.len();
        let largest = self.values[0].abs().max(self.values[width - 1].abs());
        let residual = |rank: usize| {
            let outside = carried.iter().map(|row| {
                let shares = self.vectors.col(rank).iter().skip(width - row.len());
                row.iter().zip(shares).map(|(carried, share)| carried * share).sum::<f64>()
            });
            norm(&outside.collect::<Vec<_>>())
        };
        width >= wanted && (width - wanted..width).all(|rank| residual(rank) <= TOLERANCE * largest)
    }
}

/// The values with what K makes of their vectors: the `wanted` largest, and the smallest.
fn residuals(
    basis: &Basis,
    ritz: &Ritz,
    wanted: usize,
    mut product: impl FnMut(&[f64], &mut [f64]),
) -> Vec<Eigenvalue> {
    let width = ritz.values.len();
    let ranks: Vec<usize> = (width - wanted.min(width)..width).rev().chain([0]).collect();
    let shares: Vec<f64> =
        (0..width).flat_map(|row| ranks.iter().map(move |&rank| ritz.vectors[(row, rank)])).collect();
    let mut vectors = vec![0.0; basis.size * ranks.len()];
    multiply(&mut vectors, basis.matrix(&basis.vectors), rows(&shares, width, ranks.len()));
    let mut images = vec![0.0; vectors.len()];
    product(&vectors, &mut images);
    let found = ranks.iter().enumerate().map(|(column, &rank)| {
        let value = ritz.values[rank];
        let pairs = vectors.iter().zip(&images).skip(column).step_by(ranks.len());
        let within = norm(&pairs.map(|(x, image)| image - value * x).collect::<Vec<_>>());
        Eigenvalue { value, within }
    });
    found.collect()
}

/// Vectors one after another as the columns of \[size, width\].
fn transposed(vectors: &[f64], size: usize) -> Vec<f64> {
    (0..size).flat_map(|row| vectors.iter().skip(row).step_by(size).copied()).collect()
}
