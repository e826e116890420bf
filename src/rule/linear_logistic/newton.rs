//! Newton's method by conjugate gradients, as klr has it.
//!
//! The Hessian of a neuron is (1/P) X^T D X + lambda I without the neuron's own row and column, D the slopes of the
//! sigmoid. Its diagonal is the same for every input, x being -1 or 1, so a diagonal is no preconditioner. A step
//! leaves at most a tenth of the gradient (inexact Newton: R. Dembo, S. Eisenstat, T. Steihaug, 1982), and is then
//! halved until the objective falls by enough.

use std::cell::Cell;

use rayon::prelude::*;

use super::descent::Descent;
use crate::error::Result;
use crate::rule::conjugate::{self, System, dots};
use crate::rule::dense::{column_sums, multiply, rows};
use crate::rule::line_search;
use crate::rule::logistic::log_loss;

/// Arrays \[N, N\] and \[P, N\] held at once.
pub(super) const ARRAYS: [u64; 2] = [11, 9];

/// How much of the gradient a step may leave.
const FORCING: f64 = 0.1;
/// Conjugate gradients in a step, at most; a step that is then still coarse is a step downwards all the same.
const INNER: usize = 250;
/// Share of the largest squared gradient of any neuron that is nothing beside it.
const NOTHING: f64 = 1e-12;

/// The Hessian of each neuron.
struct Curvature<'a> {
    at: &'a Descent,
    /// D / P, \[P, N\].
    slopes: Vec<f64>,
    /// Squares of what each column may leave of the gradient.
    enough: Vec<f64>,
    products: Cell<usize>,
}

impl System for Curvature<'_> {
    fn name(&self) -> String {
        format!("the Hessian of {} patterns", self.at.patterns)
    }

    fn product(&self, direction: &[f64], result: &mut [f64]) {
        let Descent { patterns, neurons, regularization, inputs, .. } = self.at;
        let inputs = rows(inputs, *patterns, *neurons);
        let mut heard = vec![0.0; self.slopes.len()];
        multiply(&mut heard, inputs, rows(direction, *neurons, *neurons));
        heard.par_iter_mut().zip(&self.slopes).for_each(|(value, slope)| *value *= slope);
        multiply(result, inputs.transpose(), rows(&heard, *patterns, *neurons));
        result.par_iter_mut().zip(direction).for_each(|(value, direction)| *value += regularization * direction);
        result.iter_mut().step_by(neurons + 1).for_each(|own| *own = 0.0);
        self.products.set(self.products.get() + 2);
    }

    fn precondition(&self, residual: &[f64], result: &mut [f64]) {
        result.copy_from_slice(residual);
    }

    fn solved(&self, residual: &[f64]) -> bool {
        dots(residual, residual, self.at.neurons).iter().zip(&self.enough).all(|(left, enough)| left <= enough)
    }
}

/// Moves W, and the fields with it, by a step from where residual and gradient were taken.
///
/// # Errors
/// If a Hessian is not positive definite, or `go_on` answers no.
pub(super) fn step(descent: &mut Descent, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
    let (width, patterns) = (descent.neurons, descent.patterns as f64);
    let squares = dots(&descent.gradient, &descent.gradient, width);
    // What is left of the others' is no reason to go on with a neuron that has arrived.
    let most = squares.iter().fold(0.0, |most: f64, &square| most.max(square));
    let enough = squares.iter().map(|square| FORCING * FORCING * square.max(NOTHING * most)).collect();
    // |sigma(F) - t| is the chance of the wrong sign.
    let slope = |residual: &f64| residual.abs() * (1.0 - residual.abs()) / patterns;
    let slopes = descent.residual.par_iter().map(slope).collect();
    let curvature = Curvature { at: descent, slopes, enough, products: Cell::new(0) };
    let (step, _) = conjugate::solve(&curvature, &descent.gradient, width, INNER, go_on)?;
    let inner = curvature.products.get();
    let mut change = vec![0.0; descent.residual.len()];
    multiply(&mut change, rows(&descent.inputs, descent.patterns, width), rows(&step, width, width));
    descent.products += inner + 1;
    let shares = search(descent, &step, &change);
    let back: Vec<f64> = shares.iter().map(|share| -share).collect();
    conjugate::combine(&mut descent.weights, &back, &step);
    conjugate::combine(&mut descent.fields, &back, &change);
    Ok(())
}

/// Of each neuron, how much of its step to take.
fn search(descent: &Descent, step: &[f64], change: &[f64]) -> Vec<f64> {
    let Descent { neurons: width, patterns, regularization, weights, answers, fields, .. } = descent;
    let penalties = [dots(weights, weights, *width), dots(weights, step, *width), dots(step, step, *width)];
    line_search::shares(&dots(&descent.gradient, step, *width), |shares| {
        let losses = column_sums(change.len(), *width, |at| {
            log_loss(answers[at] * (fields[at] - shares[at % width] * change[at]))
        });
        let objective = |(neuron, loss): (usize, f64)| {
            let [own, across, moved] = [0, 1, 2].map(|term: usize| penalties[term][neuron]);
            let share = shares[neuron];
            loss / *patterns as f64 + 0.5 * regularization * (own - 2.0 * share * across + share * share * moved)
        };
        losses.into_iter().enumerate().map(objective).collect()
    })
}
