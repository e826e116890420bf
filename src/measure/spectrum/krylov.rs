//! The ends of a spectrum by products alone: block Lanczos with every vector kept and made orthogonal to all others.
//!
//! A block of vectors V gives the space of V, K V, K K V, .. (G. Golub, R. Underwood, 1977); of it the eigenvalues of Q^T
//! K Q are taken, Q its orthonormal basis, the i-th largest of which is at most K's i-th largest. A block, and not one
//! vector, because K is made again for each product whatever its width, and because one vector sees a multiple eigenvalue
//! once. Where the space closes, random vectors open it again; and what has converged is believed only if more random
//! vectors, which see what the first ones do not, change nothing.

use faer::{Mat, MatRef, Side};

use super::Eigenvalue;
use crate::engine::array::size;
use crate::engine::available_memory;
use crate::error::{Error, Result};
use crate::random;
use crate::rule::dense::{bipolar, multiply, norm, rows};

/// Vectors of a block.
const BLOCK: usize = 8;
/// An eigenvalue is found once its residual is below this share of the largest.
const TOLERANCE: f64 = 1e-9;
/// Vectors of the basis at most: so many times those wanted, and some blocks. What has not converged then says so.
const PER_WANTED: usize = 6;
const BLOCKS: usize = 32;
/// The basis grows by this share between two looks, each of which solves the small problem.
const LOOK: f64 = 1.2;
/// What is left of a vector after all others were taken out is rounding below this share of it.
const ROUNDING: f64 = 1e-13;
/// Of the random signs.
const SEED: u64 = 0x006b_7279_6c6f_7600;

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
    let mut basis = Basis { size, vectors: Vec::new(), columns: Vec::new(), drawn: 0, scale: 0.0 };
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

/// Orthonormal vectors, and what is known of Q^T K Q.
struct Basis {
    size: usize,
    /// Q, vector after vector.
    vectors: Vec<f64>,
    /// Column after column of Q^T K Q, down to the end of its own block at least.
    columns: Vec<Vec<f64>>,
    /// Random vectors drawn so far.
    drawn: u32,
    /// The largest |K v| seen.
    scale: f64,
}

/// What of K v, of each vector of a block, is outside the space: by the vectors of the next block, one row each.
type Carried = Vec<Vec<f64>>;

impl Basis {
    fn matrix<'a>(&self, vectors: &'a [f64]) -> MatRef<'a, f64> {
        MatRef::from_column_major_slice(vectors, self.size, vectors.len() / self.size)
    }

    /// Takes Q^T `image` down, `image` \[size, block\] what K makes of the last block, and gives what is left of it,
    /// vector after vector.
    fn project(&mut self, image: &[f64]) -> Vec<f64> {
        let block = image.len() / self.size;
        let width = self.vectors.len() / self.size;
        let basis = self.matrix(&self.vectors);
        let image = rows(image, self.size, block);
        let mut shares = vec![0.0; width * block];
        multiply(&mut shares, basis.transpose(), image);
        let remainder = image - basis * rows(&shares, width, block);
        self.columns.extend((0..block).map(|column| shares.iter().skip(column).step_by(block).copied().collect()));
        let largest = (0..block).map(|column| image.col(column).norm_l2()).fold(0.0, f64::max);
        self.scale = self.scale.max(largest);
        (0..block).flat_map(|column| remainder.col(column).iter().copied().collect::<Vec<_>>()).collect()
    }

    /// The next block, of `room` vectors while there are so many: of what is left of the last one's images and, where
    /// that is fewer, of random vectors. Empty when the basis is whole.
    fn next(&mut self, remainder: &[f64], room: usize) -> Result<(Vec<f64>, Carried)> {
        let room = room.min(self.size - self.vectors.len() / self.size);
        let images = remainder.len() / self.size;
        let (mut block, mut carried) = (Vec::with_capacity(room * self.size), Carried::new());
        for (column, vector) in remainder.chunks_exact(self.size).enumerate() {
            let mut vector = vector.to_vec();
            let shares = self.take_out(&block, &mut vector);
            carried.iter_mut().zip(shares).for_each(|(row, share)| row[column] = share);
            let left = norm(&vector);
            if carried.len() < room && left > ROUNDING * self.scale {
                carried.push(vec![0.0; images]);
                carried[block.len() / self.size][column] = left;
                block.extend(vector.iter().map(|value| value / left));
            }
        }
        while block.len() < room * self.size {
            let mut vector = bipolar(&random::patterns(SEED, self.drawn, self.size, 1)?);
            self.drawn += 1;
            self.take_out(&block, &mut vector);
            let left = norm(&vector);
            block.extend(vector.iter().map(|value| value / left));
        }
        Ok((block, carried))
    }

    /// Makes a vector orthogonal to the basis and to `block`, twice, so that rounding leaves nothing; and tells what it
    /// had of the latter.
    fn take_out(&self, block: &[f64], vector: &mut [f64]) -> Vec<f64> {
        let mut had = vec![0.0; block.len() / self.size];
        for _ in 0..2 {
            self.subtract(&self.vectors, vector);
            let shares = self.subtract(block, vector);
            had.iter_mut().zip(shares).for_each(|(had, share)| *had += share);
        }
        had
    }

    fn subtract(&self, others: &[f64], vector: &mut [f64]) -> Vec<f64> {
        let others = self.matrix(others);
        let mut shares = vec![0.0; others.ncols()];
        multiply(&mut shares, others.transpose(), rows(vector, self.size, 1));
        let mut theirs = vec![0.0; self.size];
        multiply(&mut theirs, others, rows(&shares, shares.len(), 1));
        vector.iter_mut().zip(theirs).for_each(|(value, theirs)| *value -= theirs);
        shares
    }

    /// The small problem, solved.
    fn ritz(&self) -> Result<Ritz> {
        let width = self.columns.len();
        let small = Mat::from_fn(width, width, |row, column| self.columns[row.max(column)][row.min(column)]);
        let eigen = small.self_adjoint_eigen(Side::Lower).map_err(|_| {
            Error::unlearnable(
                format!("the eigenvalues of {width} vectors' products were not found"),
                "use a kernel whose weights are further from the ends of f64",
            )
        })?;
        let values = eigen.S().column_vector().iter().copied().collect();
        Ok(Ritz { values, vectors: eigen.U().to_owned() })
    }
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
