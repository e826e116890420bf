//! The CPU's ceiling: a single-precision matrix product by a library that does nothing else.

use std::time::{Duration, Instant};

use gemm_common::Parallelism;

use super::question::dual;
use super::subject::{Failure, Round, Subject, warm_up};

/// C = A B, all n x n, column after column.
pub(super) struct Sgemm {
    n: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
    at_least: Duration,
}

impl Sgemm {
    pub(super) fn new(n: usize, at_least: Duration) -> Self {
        Self { n, a: dual(0, n, n), b: dual(1, n, n), c: vec![0.0; n * n], at_least }
    }

    fn multiply(&mut self) {
        let (n, column, row) = (self.n, self.n as isize, 1);
        // 0 threads: as many as rayon has.
        let threads = Parallelism::Rayon(0);
        // SAFETY: each of the three matrices has n columns of n values, a column apart by n and a row by 1; c is borrowed
        // mutably, so it overlaps neither a nor b.
        unsafe {
            gemm_f32::gemm::f32::get_gemm_fn()(
                n,
                n,
                n,
                self.c.as_mut_ptr(),
                column,
                row,
                false,
                self.a.as_ptr(),
                column,
                row,
                self.b.as_ptr(),
                column,
                row,
                0.0,
                1.0,
                false,
                false,
                false,
                threads,
            );
        }
    }
}

impl Subject for Sgemm {
    fn measure(&mut self, _: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        warm_up(self.at_least, || {
            self.multiply();
            Ok(())
        })?;
        let (start, mut times) = (Instant::now(), 0);
        while times == 0 || start.elapsed() < self.at_least {
            self.multiply();
            times += 1;
        }
        Ok(Round { seconds: vec![start.elapsed().as_secs_f64() / f64::from(times)], ..Round::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_multiplies() {
        let mut product = Sgemm::new(33, Duration::ZERO);
        product.multiply();
        let entry = |i: usize, j: usize| (0..33).map(|k| product.a[k * 33 + i] * product.b[j * 33 + k]).sum::<f32>();
        assert!((product.c[7 * 33 + 5] - entry(5, 7)).abs() < 1e-4 && (product.c[32] - entry(32, 0)).abs() < 1e-4);
    }
}
