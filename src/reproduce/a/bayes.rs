//! Bayes' rule: nearly the most that can be retrieved by who knows how variants are made.

use rayon::prelude::*;

use super::trial::Trial;
use crate::error::{Error, Result};
use crate::measure::claim::Rate;
use crate::reproduce::lab::Lab;

/// Dimensions whose densities are multiplied before a logarithm is taken: so many of f64 neither vanish nor overflow.
const MULTIPLIED: usize = 8;

/// Whether the signs of the bias are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bias {
    Known,
    Unknown,
}

/// The share of queries that the most probable source is right about. Noise comes first; each dimension is masked by
/// itself, where variants mask int(d m) of them, and has a bias of either sign by itself where it is not known.
pub(super) fn share(lab: &mut Lab<'_, '_>, trial: &Trial, bias_is_masked: bool, bias: Bias) -> Result<Rate> {
    let patterns = &trial.patterns;
    let variant = trial.variation.variant;
    let shifts: Vec<f64> = trial.variation.bias(patterns.dimensions()).into_iter().map(f64::from).collect();
    let scale = (1.0 - variant.mask) / (std::f64::consts::TAU * variant.noise).sqrt();
    let of_shift = |query: f64, pattern: f64, shift: f64| {
        let masked = if bias_is_masked { query } else { query - shift };
        let uniform = if masked.abs() <= 1.0 { 0.5 * variant.mask } else { 0.0 };
        let off = query - pattern - shift;
        uniform + scale * (-off * off / (2.0 * variant.noise)).exp()
    };
    let density = |query: f64, pattern: f64, shift: f64| match bias {
        Bias::Known => of_shift(query, pattern, shift),
        Bias::Unknown => of_shift(query, pattern, shift) + of_shift(query, pattern, -shift),
    };
    let evidence = |query: &[f32], pattern: &[f32]| -> f64 {
        let dimensions: Vec<f64> = query
            .iter()
            .zip(pattern)
            .zip(&shifts)
            .map(|((&query, &pattern), &shift)| density(f64::from(query), f64::from(pattern), shift))
            .collect();
        dimensions.chunks(MULTIPLIED).map(|some| some.iter().product::<f64>().ln()).sum()
    };
    let best = |query: &[f32]| {
        let all = (0..patterns.len()).map(|pattern| (pattern, evidence(query, patterns.row(pattern))));
        all.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(pattern, _)| pattern)
    };
    let count = trial.sources.len();
    let mut right = 0;
    for (part, sources) in trial.sources.chunks(256).enumerate() {
        if !lab.go_on("Bayes' rule", (part * 256) as f64 / count as f64) {
            return Err(Error::Interrupted);
        }
        let is_right = |(at, &source): (usize, &usize)| best(trial.queries.row(part * 256 + at)) == Some(source);
        right += sources.par_iter().enumerate().filter(|&(at, source)| is_right((at, source))).count();
    }
    Ok((right as f64 / count as f64, count))
}
