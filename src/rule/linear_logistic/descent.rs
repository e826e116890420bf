//! Where W stands, and a step of plain or accelerated descent.

use rayon::prelude::*;

use crate::pattern::Patterns;
use crate::rule::dense::{bipolar, multiply, rows};
use crate::rule::logistic::{Pace, log_loss};

/// Patterns, W and its gradient, all in f64.
pub(super) struct Descent {
    pub(super) patterns: usize,
    pub(super) neurons: usize,
    pub(super) regularization: f64,
    pub(super) inputs: Vec<f64>,
    pub(super) answers: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// F = X W, where it is known of this W.
    pub(super) fields: Vec<f64>,
    pub(super) known: bool,
    /// sigma(F) - t, up to date where differentiated.
    pub(super) residual: Vec<f64>,
    pub(super) gradient: Vec<f64>,
    /// Products of X with an array so far, P N^2 multiply-adds each.
    pub(super) products: usize,
    /// What momentum carries on.
    carried: Vec<f64>,
}

impl Descent {
    pub(super) fn new(keys: &Patterns, targets: &Patterns, regularization: f64) -> Self {
        let (patterns, neurons) = (keys.len(), keys.neurons());
        Self {
            patterns,
            neurons,
            regularization,
            inputs: bipolar(keys),
            answers: bipolar(targets),
            weights: vec![0.0; neurons * neurons],
            fields: vec![0.0; patterns * neurons],
            // Those of W = 0.
            known: true,
            residual: vec![0.0; patterns * neurons],
            gradient: vec![0.0; neurons * neurons],
            products: 0,
            carried: vec![0.0; neurons * neurons],
        }
    }

    fn know_fields(&mut self) {
        if !std::mem::replace(&mut self.known, true) {
            let weights = rows(&self.weights, self.neurons, self.neurons);
            multiply(&mut self.fields, rows(&self.inputs, self.patterns, self.neurons), weights);
            self.products += 1;
        }
    }

    pub(super) fn differentiate(&mut self) {
        self.know_fields();
        // sigma(F) - t = -y sigma(-y F), without its cancellation.
        let residuals = self.residual.par_iter_mut().zip(&self.fields).zip(&self.answers);
        residuals.for_each(|((residual, field), y)| *residual = -y / (1.0 + libm::exp(y * field)));
        let residual = rows(&self.residual, self.patterns, self.neurons);
        multiply(&mut self.gradient, rows(&self.inputs, self.patterns, self.neurons).transpose(), residual);
        self.products += 1;
        let (scale, regularization, neurons) = (1.0 / self.patterns as f64, self.regularization, self.neurons);
        let rows = self.gradient.par_chunks_exact_mut(neurons).zip(self.weights.par_chunks_exact(neurons));
        rows.enumerate().for_each(|(input, (gradient, weights))| {
            for (gradient, weight) in gradient.iter_mut().zip(weights) {
                *gradient = scale * *gradient + regularization * weight;
            }
            gradient[input] = 0.0;
        });
    }

    /// Kernel `momentum` in f64; without momentum it is plain descent.
    pub(super) fn step(&mut self, pace: &Pace) {
        let places = self.weights.par_iter_mut().zip(&mut self.carried).zip(&self.gradient);
        places.for_each(|((weight, carried), gradient)| {
            let moved = *carried - pace.step * gradient;
            *carried = pace.momentum * moved;
            *weight += *carried - pace.step * gradient;
        });
        self.known = false;
    }

    pub(super) fn objective(&mut self) -> f64 {
        self.know_fields();
        let losses = self.fields.iter().zip(&self.answers).map(|(field, y)| log_loss(y * field));
        let squares: f64 = self.weights.iter().map(|weight| weight * weight).sum();
        losses.sum::<f64>() / self.patterns as f64 + 0.5 * self.regularization * squares
    }
}
