//! The sums of one trial by itself: of the neurons that are wanted, or of all, row by row of the dual.

use super::Trial;

/// One trial's sums on their way.
pub(super) struct Single<'a> {
    trial: Trial<'a>,
    neurons: usize,
    /// Of every neuron, or only of the wanted.
    whole: bool,
    sums: Vec<f64>,
}

impl<'a> Single<'a> {
    pub(super) fn new(trial: Trial<'a>, neurons: usize, whole: bool) -> Self {
        Self { trial, neurons, whole, sums: vec![0.0; if whole { neurons } else { trial.wanted.len() }] }
    }

    /// Continues the sums by a block of patterns: `weights` \[pattern\], `dual` \[pattern, N\].
    #[inline(always)]
    pub(super) fn add(&mut self, weights: &[f64], dual: &[f32]) {
        let neurons = self.neurons;
        if self.whole {
            for (&weight, row) in weights.iter().zip(dual.chunks_exact(neurons)) {
                for (sum, &dual) in self.sums.iter_mut().zip(row) {
                    *sum += weight * f64::from(dual);
                }
            }
            return;
        }
        let (wanted, sums) = pick_all::<8>(weights, dual, neurons, self.trial.wanted, &mut self.sums);
        let (wanted, sums) = pick_all::<4>(weights, dual, neurons, wanted, sums);
        let (wanted, sums) = pick_all::<2>(weights, dual, neurons, wanted, sums);
        pick_all::<1>(weights, dual, neurons, wanted, sums);
    }

    /// The sums of the wanted neurons.
    pub(super) fn wanted(self) -> Vec<f64> {
        if self.whole { self.trial.wanted.iter().map(|&neuron| self.sums[neuron]).collect() } else { self.sums }
    }
}

/// Picks as many neurons at a time as are wanted together, and returns those that are left over.
#[inline(always)]
fn pick_all<'a, const NEURONS: usize>(
    weights: &[f64],
    dual: &[f32],
    neurons: usize,
    wanted: &'a [usize],
    sums: &'a mut [f64],
) -> (&'a [usize], &'a mut [f64]) {
    let (wanted, wanted_left) = wanted.as_chunks::<NEURONS>();
    let (sums, sums_left) = sums.as_chunks_mut::<NEURONS>();
    for (wanted, sums) in wanted.iter().zip(sums) {
        pick(weights, dual, neurons, wanted, sums);
    }
    (wanted_left, sums_left)
}

/// Several chains at once, in registers.
#[inline(always)]
fn pick<const NEURONS: usize>(
    weights: &[f64],
    dual: &[f32],
    neurons: usize,
    wanted: &[usize; NEURONS],
    sums: &mut [f64; NEURONS],
) {
    // In bounds as the compiler sees it.
    let wanted = wanted.map(|neuron| neuron.min(neurons - 1));
    let mut held = *sums;
    for (&weight, row) in weights.iter().zip(dual.chunks_exact(neurons)) {
        for (sum, &neuron) in held.iter_mut().zip(&wanted) {
            *sum += weight * f64::from(row[neuron]);
        }
    }
    *sums = held;
}
