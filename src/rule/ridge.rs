//! Kernel ridge regression (KRR): the dual in one solve ([R] A. Tamamori, arXiv 2504.12561).
//!
//! ```text
//! alpha = (K + lambda I)^-1 Y,   K[mu][nu] = phi(d(x_mu, x_nu))
//! ```
//!
//! By Cholesky up to 8192 patterns, by preconditioned conjugate gradients above, which never hold K. Both in f64; the
//! dual is rounded to f32 once, and it is that dual whose residual is stated and judged. Of a wide table, weights and
//! lambda are relative to the power of two of K(mu, mu), which scales the fields by a positive factor.

mod iterative;
mod nystrom;

use super::couplings::check_pairs;
use super::dense::{Factor, bipolar, check_square};
use super::kernel_matrix::{Kernel, weights};
use super::lesson::{Class, Learn, Learned, as_written, host_bytes, in_turn};
use super::table::{Row, Rule};
use super::{Descent, Distances, Observer, Solver};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::{Convergence, Profile, Readout, Table};
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row { spellings: &["krr"], read: |text| (text == "krr").then(|| Ok(Rule::new(Krr))) };

#[derive(Debug)]
struct Krr;

impl Learn for Krr {
    fn name(&self) -> String {
        ROW.spellings[0].into()
    }

    fn usual_kernel(&self) -> Option<Profile> {
        Some(Profile::Rbf { gamma: 0.02 })
    }

    fn solvers(&self) -> &'static [Solver] {
        &[Solver::Auto, Solver::Cholesky, Solver::ConjugateGradients]
    }

    fn cost(&self, patterns: usize, neurons: usize, _: usize) -> f64 {
        let (p, n) = (patterns as f64, neurons as f64);
        p * p * (p / 3.0 + 2.0 * n)
    }

    fn bytes(&self, nets: usize, patterns: usize, neurons: usize, descent: &Descent, _: Distances) -> u64 {
        // The matrix that Cholesky factors, or panels of it and a preconditioner; answers, solution, product, residual,
        // direction, and what is preconditioned.
        let direct = automatic(descent.solver, patterns) == Solver::Cholesky;
        let matrix = if direct { patterns } else { 16 + 3 * nystrom::rank(patterns, neurons) };
        let row = (matrix as u64).saturating_add(7 * neurons as u64);
        host_bytes(nets, patterns, neurons, (patterns as u64).saturating_mul(row))
    }

    fn check(&self, table: &Table) -> Result<()> {
        weights(table).map(|_| ())
    }

    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        let regularization = as_written(class.descent.regularization);
        let ridge = Ridge { regularization, solver: class.descent.solver, ..Ridge::default() };
        in_turn(class, observer, |keys, targets, observer| {
            // How many iterations it will be is not known.
            let solved = solve(keys, targets, class.table, &ridge, &mut || observer(0))?;
            // The residual is the gradient of alpha^T (K + lambda I) alpha / 2 - Y^T alpha, whose value nobody asks for.
            let convergence = Convergence {
                objective: None,
                gradient_norm: solved.residual_norm,
                initial_gradient_norm: 1.0,
                residual_norm: None,
                settled: true,
                updates: solved.iterations,
            };
            let readout = Readout::Dual { dual: solved.dual, table: class.table.clone() };
            Ok(Learned { convergence: Some(convergence), ..Learned::of(readout) })
        })
    }
}

/// Patterns up to which Cholesky is the automatic choice: 512 MiB for the matrix, P^3 / 3 multiply-adds.
const DIRECT: usize = 8192;

/// Settings of the regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ridge {
    /// lambda. 0 interpolates, and needs a Cholesky factor of K itself.
    pub regularization: f64,
    /// Largest |Y - (K + lambda I) alpha| that counts as solved; targets are 1 in size.
    pub tolerance: f64,
    /// Iterations that conjugate gradients may take.
    pub iterations: usize,
    /// How to solve: [`Solver::Cholesky`], P^2 f64 of memory; [`Solver::ConjugateGradients`] on all neurons at once,
    /// 104 P N bytes of memory and K made again in each iteration, P^2 N multiply-adds; or, up to 8192 patterns the
    /// one, above the other, [`Solver::Auto`].
    pub solver: Solver,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { regularization: 0.01, tolerance: 1e-3, iterations: 1000, solver: Solver::Auto }
    }
}

/// A solved system.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    /// alpha, row-major \[P, N\].
    pub dual: Vec<f32>,
    /// Largest |Y - (K + lambda I) alpha| over |Y|, which is 1, of this very dual.
    pub residual_norm: f64,
    /// Of conjugate gradients; 0 for Cholesky.
    pub iterations: usize,
    /// Which one it was, never [`Solver::Auto`].
    pub solver: Solver,
}

impl Ridge {
    fn check(&self) -> Result<()> {
        if !(self.regularization >= 0.0 && self.regularization.is_finite()) {
            let what = format!("regularization {}", self.regularization);
            return Err(Error::setting(what, "give --regularization of 0 or more, such as 0.01"));
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return Err(Error::setting(format!("tolerance {}", self.tolerance), "give one above 0, such as 1e-3"));
        }
        Ok(())
    }

    fn solver_for(&self, patterns: usize) -> Result<Solver> {
        let solver = automatic(self.solver, patterns);
        if !matches!(solver, Solver::Cholesky | Solver::ConjugateGradients) {
            let what = format!("solver {solver} for kernel ridge regression");
            return Err(Error::setting(what, "give auto, cholesky or conjugate-gradients"));
        }
        if solver == Solver::ConjugateGradients && self.regularization == 0.0 {
            return Err(Error::setting(
                format!("regularization 0 for {patterns} patterns, by conjugate gradients"),
                "give --regularization above 0, or solve by Cholesky, which tells whether the matrix is singular",
            ));
        }
        Ok(solver)
    }
}

/// The solver that is meant for so many patterns.
fn automatic(asked: Solver, patterns: usize) -> Solver {
    match asked {
        Solver::Auto if patterns <= DIRECT => Solver::Cholesky,
        Solver::Auto => Solver::ConjugateGradients,
        asked => asked,
    }
}

/// The dual \[P, N\] that answers each key with its target, as far as lambda lets it.
///
/// # Errors
/// If settings, table or shapes cannot be meant; if K + lambda I is not positive definite, or as good as singular; if
/// it does not fit into memory; and if the residual stays above the tolerance: such a dual is not given out.
pub fn ridge_dual(keys: &Patterns, targets: &Patterns, table: &Table, ridge: &Ridge) -> Result<Solved> {
    solve(keys, targets, table, ridge, &mut || true)
}

fn solve(
    keys: &Patterns,
    targets: &Patterns,
    table: &Table,
    ridge: &Ridge,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Solved> {
    ridge.check()?;
    check_pairs(keys, targets)?;
    let kernel = Kernel::new(keys, table)?;
    let solver = ridge.solver_for(keys.len())?;
    let answers = bipolar(targets);
    let (solution, iterations) = match solver {
        Solver::Cholesky => (direct(&kernel, &answers, ridge)?, 0),
        _ => {
            let rank = nystrom::rank(keys.len(), keys.neurons());
            iterative::solve(&kernel, &answers, ridge, rank, go_on)?
        }
    };
    let dual: Vec<f32> = solution.into_iter().map(|alpha| alpha as f32).collect();
    let given: Vec<f64> = dual.iter().map(|&alpha| f64::from(alpha)).collect();
    let residual_norm = residual_norm(&kernel, ridge.regularization, &answers, &given);
    // Not `above`: NaN is no solution.
    let solved = residual_norm <= ridge.tolerance;
    if !solved {
        return Err(Error::unlearnable(
            format!(
                "kernel ridge regression is not solved: residual {residual_norm:.1e} after {iterations} iterations and \
                 rounding to f32, tolerance {:.1e}",
                ridge.tolerance
            ),
            format!("raise --regularization (now {})", ridge.regularization),
        ));
    }
    Ok(Solved { dual, residual_norm, iterations, solver })
}

fn direct(kernel: &Kernel<'_>, answers: &[f64], ridge: &Ridge) -> Result<Vec<f64>> {
    let patterns = kernel.patterns();
    let cure = "give fewer patterns";
    check_square(&format!("the kernel matrix of {patterns} patterns"), patterns, cure)?;
    let factor = Factor::new(kernel.matrix(ridge.regularization), patterns).map_err(|flaw| {
        Error::unlearnable(
            format!("the kernel matrix of {patterns} patterns plus {} {flaw}", ridge.regularization),
            "raise --regularization, drop duplicate patterns, or use a narrower or a positive definite profile",
        )
    })?;
    let mut solution = answers.to_vec();
    factor.solve(&mut solution);
    Ok(solution)
}

/// Largest |Y - (K + lambda I) alpha|; NaN when there is one.
fn residual_norm(kernel: &Kernel<'_>, regularization: f64, answers: &[f64], dual: &[f64]) -> f64 {
    let mut product = vec![0.0; dual.len()];
    kernel.product(regularization, dual, &mut product);
    let off = answers.iter().zip(&product).map(|(answer, product)| (answer - product).abs());
    off.fold(0.0, |most: f64, off| if off.is_nan() { f64::NAN } else { most.max(off) })
}

#[cfg(test)]
mod tests;
