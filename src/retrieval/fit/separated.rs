//! Phi from the stored patterns alone: K-Hop's separation loss (arXiv 2404.03827).

use super::adam::Adam;
use crate::data::Features;
use crate::error::{Error, Result};
use crate::retrieval::similarity::Modulation;
use crate::rule::dense::{product, rows};

/// Patterns of which every pair is held: 2 GiB of them.
const MOST: usize = 1 << 14;

/// How Phi is trained to keep patterns apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// t of exp(-t |z_i - z_j|^2).
    pub sharpness: f64,
    /// Steps of Adam.
    pub epochs: usize,
    /// Adam's step.
    pub learning_rate: f64,
}

impl Default for Spread {
    /// t and epochs of the authors' code; its descent, whose step shrinks with the root of a factorial, is Adam here.
    fn default() -> Self {
        Self { sharpness: 2.0, epochs: 100, learning_rate: 0.01 }
    }
}

/// Lowers L = ln of the mean over pairs i < j of exp(-t |z_i - z_j|^2), z = Phi x / |Phi x|, from `start` on. Returns
/// Phi and L before each step.
///
/// # Errors
/// If there are fewer than two patterns, a loss is not finite, or the observer, which hears the share done, answers no
/// ([`Error::Interrupted`]).
pub fn separate(
    patterns: &Features,
    start: Modulation,
    spread: Spread,
    observer: &mut dyn FnMut(f64) -> bool,
) -> Result<(Modulation, Vec<f64>)> {
    if patterns.len() < 2 || patterns.len() > MOST {
        let what = format!("the separation of {} patterns", patterns.len());
        return Err(Error::setting(what, format!("give 2 to {MOST}: it compares every pair, in memory")));
    }
    if spread.epochs == 0 || spread.learning_rate.is_nan() || spread.learning_rate <= 0.0 {
        let what = format!("{} epochs with a step of {}", spread.epochs, spread.learning_rate);
        return Err(Error::setting(what, "give one epoch at least, and a positive step"));
    }
    let wide = patterns.wide();
    let mut phi = start;
    let mut adam = Adam::new(phi.entries.len(), spread.learning_rate);
    let mut losses = Vec::new();
    let mut best = (f64::INFINITY, phi.entries.clone());
    for epoch in 0..spread.epochs {
        if !observer(epoch as f64 / spread.epochs as f64) {
            return Err(Error::Interrupted);
        }
        let (loss, gradient) = loss(&wide, patterns.len(), &phi, spread.sharpness);
        if !loss.is_finite() || gradient.iter().any(|slope| !slope.is_finite()) {
            let what = format!("a separation loss of {loss} in epoch {}", epoch + 1);
            return Err(Error::setting(what, "lower its learning rate, or leave out patterns of zeros"));
        }
        losses.push(loss);
        if loss < best.0 {
            best = (loss, phi.entries.clone());
        }
        adam.step(&mut phi.entries, &gradient);
    }
    if loss(&wide, patterns.len(), &phi, spread.sharpness).0 > best.0 {
        phi.entries = best.1;
    }
    Ok((phi, losses))
}

/// The loss and its gradient in Phi.
///
/// With K_ij = exp(-t |z_i - z_j|^2) and S their sum over ordered pairs, dL/dz_i = -4t/S sum over j of K_ij (z_i -
/// z_j); z is Phi x less its length, and what points along z is lost.
fn loss(wide: &[f64], count: usize, phi: &Modulation, sharpness: f64) -> (f64, Vec<f64>) {
    let dimensions = phi.dimensions;
    let inner = phi.entries.len() / dimensions;
    let states = rows(wide, count, dimensions);
    let mut z = product(states, rows(&phi.entries, inner, dimensions).transpose());
    let lengths: Vec<f64> = z
        .chunks_exact_mut(inner)
        .map(|row| {
            let length = row.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            row.iter_mut().for_each(|value| *value /= length);
            length
        })
        .collect();
    let points = rows(&z, count, inner);
    let mut kernel = product(points, points.transpose());
    let mut total = 0.0;
    let mut sums = vec![0.0; count];
    for (i, row) in kernel.chunks_exact_mut(count).enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            // |z_i - z_j|^2 = 2 - 2 z_i . z_j.
            *value = if i == j { 0.0 } else { (-2.0 * sharpness * (1.0 - *value)).exp() };
            sums[i] += *value;
        }
        total += sums[i];
    }
    let pulled = product(rows(&kernel, count, count), points);
    let mut slopes = vec![0.0; count * inner];
    for i in 0..count {
        let (own, pulled) = (&z[i * inner..][..inner], &pulled[i * inner..][..inner]);
        let slope = &mut slopes[i * inner..][..inner];
        for ((slope, own), pulled) in slope.iter_mut().zip(own).zip(pulled) {
            *slope = -4.0 * sharpness / total * (sums[i] * own - pulled);
        }
        let along: f64 = slope.iter().zip(own).map(|(slope, own)| slope * own).sum();
        slope.iter_mut().zip(own).for_each(|(slope, own)| *slope = (*slope - along * own) / lengths[i]);
    }
    let gradient = product(rows(&slopes, count, inner).transpose(), states);
    ((total / (count * (count - 1)) as f64).ln(), gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn the_gradient_is_that_of_differences_and_the_loss_falls() {
        let patterns = random::features(3, 0, 6, 20).unwrap();
        let wide = patterns.wide();
        let entries: Vec<f64> = random::features(4, 0, 6, 5).unwrap().values().iter().map(|&x| x.into()).collect();
        let phi = Modulation { dimensions: 6, entries };
        let (_, gradient) = loss(&wide, 20, &phi, 2.0);
        for (at, exact) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut phi = phi.clone();
                phi.entries[at] += by;
                loss(&wide, 20, &phi, 2.0).0
            };
            let slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            // Third derivatives of order 10, and the rounding of a loss of order 1 divided by 2e-5.
            assert!((slope - exact).abs() < 1e-8, "{at}: {slope} against {exact}");
        }
        let (_, losses) = separate(&patterns, phi, Spread::default(), &mut |_| true).unwrap();
        assert!(losses.last() < losses.first(), "{losses:?}");
    }
}
