//! Newton's method by conjugate gradients, which holds no P x P matrix.
//!
//! The Hessian of a neuron is K (D K + lambda I) and the gradient K r, so Newton's step solves (D K + lambda I) p = r.
//! With S = sqrt(D) that is
//!
//! ```text
//! (lambda I + S K S) c = S K r,   p = (r - S c) / lambda
//! ```
//!
//! symmetric, positive definite, and near its diagonal where K is near its own, which is what it is preconditioned by:
//! a truncated eigenbasis of K was tried beside that and saved no product on random patterns. A residual rho leaves
//! r - (D K + lambda I) p = -S rho / lambda, which is to be a tenth of r (inexact Newton: R. Dembo, S. Eisenstat, T.
//! Steihaug, 1982). Each neuron then halves its step until the objective falls by enough (L. Armijo, 1966), so that it
//! always falls.

use rayon::prelude::*;

use super::host::{Approach, Point, Problem};
use super::log_loss;
use crate::error::Result;
use crate::rule::conjugate::{self, System, dots};
use crate::rule::dense::column_sums;
use crate::rule::line_search;

/// f64 held at once, without the dual itself: sixteen arrays \[P, N\], and a panel of K.
pub(super) fn f64s(patterns: usize, neurons: usize) -> u64 {
    (patterns as u64).saturating_mul(neurons as u64).saturating_mul(16).saturating_add(1 << 22)
}

/// How much of r a step may leave.
const FORCING: f64 = 0.1;
/// Conjugate gradients in a step, at most; a step that is then still coarse is a step downwards all the same.
const INNER: usize = 250;
/// Share of the largest squared residual of any neuron that is nothing beside it.
const NOTHING: f64 = 1e-12;

pub(super) struct Newton;

/// lambda I + S K S of each neuron.
struct Curvature<'a, 'b> {
    problem: &'a Problem<'b>,
    /// S, \[P, N\].
    roots: Vec<f64>,
    /// Squares of what each column may leave of r, times lambda.
    enough: Vec<f64>,
}

impl System for Curvature<'_, '_> {
    fn name(&self) -> String {
        format!("the Hessian of {} patterns", self.problem.kernel.patterns())
    }

    fn product(&self, direction: &[f64], result: &mut [f64]) {
        let scaled: Vec<f64> = direction.par_iter().zip(&self.roots).map(|(value, root)| value * root).collect();
        self.problem.kernel.product(0.0, &scaled, result);
        let own = self.roots.par_iter().zip(direction);
        result.par_iter_mut().zip(own).for_each(|(value, (root, direction))| {
            *value = root * *value + self.problem.regularization * direction;
        });
    }

    fn precondition(&self, residual: &[f64], result: &mut [f64]) {
        let own = self.problem.kernel.diagonal();
        let by = residual.par_iter().zip(&self.roots);
        result.par_iter_mut().zip(by).for_each(|(value, (residual, root))| {
            *value = residual / (self.problem.regularization + own * root * root);
        });
    }

    fn solved(&self, residual: &[f64]) -> bool {
        let left = column_sums(residual.len(), self.enough.len(), |at| (self.roots[at] * residual[at]).powi(2));
        left.iter().zip(&self.enough).all(|(left, enough)| left <= enough)
    }
}

impl Approach for Newton {
    fn update(&mut self, problem: &Problem<'_>, point: &mut Point, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let (width, regularization) = (problem.neurons, problem.regularization);
        let mut roots = problem.slopes(&point.fields);
        roots.par_iter_mut().for_each(|slope| *slope = slope.sqrt());
        let squares = dots(&point.residual, &point.residual, width);
        // What is left of the others' is no reason to go on with a neuron that has arrived.
        let most = squares.iter().fold(0.0, |most: f64, &square| most.max(square));
        let share = (FORCING * regularization).powi(2);
        let enough = squares.iter().map(|square| share * square.max(NOTHING * most)).collect();
        let curvature = Curvature { problem, roots, enough };
        let right: Vec<f64> = point.gradient.par_iter().zip(&curvature.roots).map(|(a, b)| a * b).collect();
        let (solution, _) = conjugate::solve(&curvature, &right, width, INNER, go_on)?;
        let by = point.residual.par_iter().zip(&solution).zip(&curvature.roots);
        let step: Vec<f64> = by.map(|((residual, c), root)| (residual - root * c) / regularization).collect();
        let mut change = vec![0.0; step.len()];
        problem.kernel.product(0.0, &step, &mut change);
        let shares = search(problem, point, &step, &change);
        let back: Vec<f64> = shares.iter().map(|share| -share).collect();
        conjugate::combine(&mut point.dual, &back, &step);
        conjugate::combine(&mut point.fields, &back, &change);
        Ok(())
    }
}

/// Of each neuron, how much of its step to take: 1, or the first half of a half that the objective falls by enough for.
fn search(problem: &Problem<'_>, point: &Point, step: &[f64], change: &[f64]) -> Vec<f64> {
    let width = problem.neurons;
    let slopes = dots(&point.gradient, step, width);
    let objectives = |shares: &[f64]| {
        column_sums(step.len(), width, |at| {
            let share = shares[at % width];
            let (alpha, field) = (point.dual[at] - share * step[at], point.fields[at] - share * change[at]);
            log_loss(problem.signs[at] * field) + 0.5 * problem.regularization * alpha * field
        })
    };
    line_search::shares(&slopes, objectives)
}
