//! The space that products are seen in: orthonormal vectors, grown by blocks.

use faer::{Mat, MatRef, Side};

use super::Ritz;
use crate::error::{Error, Result};
use crate::random;
use crate::rule::dense::{bipolar, multiply, norm, rows};

/// What is left of a vector after all others were taken out is rounding below this share of it.
const ROUNDING: f64 = 1e-13;
/// Of the random signs.
const SEED: u64 = 0x006b_7279_6c6f_7600;

/// Orthonormal vectors, and what is known of Q^T K Q.
pub(super) struct Basis {
    pub(super) size: usize,
    /// Q, vector after vector.
    pub(super) vectors: Vec<f64>,
    /// Column after column of Q^T K Q, down to the end of its own block at least.
    pub(super) columns: Vec<Vec<f64>>,
    /// Random vectors drawn so far.
    drawn: u32,
    /// The largest |K v| seen.
    scale: f64,
}

/// What of K v, of each vector of a block, is outside the space: by the vectors of the next block, one row each.
pub(super) type Carried = Vec<Vec<f64>>;

impl Basis {
    pub(super) fn new(size: usize) -> Self {
        Self { size, vectors: Vec::new(), columns: Vec::new(), drawn: 0, scale: 0.0 }
    }

    pub(super) fn matrix<'a>(&self, vectors: &'a [f64]) -> MatRef<'a, f64> {
        MatRef::from_column_major_slice(vectors, self.size, vectors.len() / self.size)
    }

    /// Takes Q^T `image` down, `image` \[size, block\] what K makes of the last block, and gives what is left of it,
    /// vector after vector.
    pub(super) fn project(&mut self, image: &[f64]) -> Vec<f64> {
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
    pub(super) fn next(&mut self, remainder: &[f64], room: usize) -> Result<(Vec<f64>, Carried)> {
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
    pub(super) fn ritz(&self) -> Result<Ritz> {
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
