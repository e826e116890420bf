//! How high states lie: on the way between two patterns, at its top, and on the way of recall. All per neuron.

use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::recall::Orbit;

/// What a height is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// U(r) at one place between two patterns.
    #[default]
    Between,
    /// What U rises above the higher of its ends.
    Barrier,
    /// V(s) after a step of recall.
    Recall,
}

/// Heights of one kind in one network, per neuron. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Height {
    /// What they are of.
    pub place: Place,
    /// r between two patterns: 0 is A, 1 is B.
    pub ratio: Option<f64>,
    /// Share of each cue's bits that were flipped before recall.
    pub flip: Option<f64>,
    /// Steps of recall.
    pub step: Option<usize>,
    /// Pairs, or trials that moved in this step (at step 0: all), that have a height.
    pub count: usize,
    /// Their mean, over N.
    pub mean: Option<f64>,
    /// Its standard deviation over pairs or trials.
    pub sd: Option<f64>,
    /// Of recall the mean over all trials, those that have arrived where they are.
    pub mean_of_all: Option<f64>,
    /// Of barriers the share of ends that are local minima of U along the way.
    pub minima: Option<f64>,
    /// The share of pairs of which both are.
    pub separated: Option<f64>,
}

impl Height {
    /// U(r) of some pairs of patterns of so many neurons at one r; some may have none.
    pub fn between(neurons: usize, ratio: f64, potentials: impl IntoIterator<Item = Option<f64>>) -> Self {
        let own = Self { ratio: Some(ratio), ..Self::default() };
        own.of(neurons, potentials.into_iter().flatten().collect())
    }

    /// The barriers of pairs whose U is known along the way.
    pub fn barrier(neurons: usize, curves: &[Vec<Option<f64>>]) -> Self {
        let barriers: Vec<Barrier> = curves.iter().filter_map(|curve| Barrier::of(curve)).collect();
        let share = |of: &dyn Fn(&Barrier) -> usize, each: usize| {
            let sum: usize = barriers.iter().map(of).sum();
            (!barriers.is_empty()).then(|| sum as f64 / (each * barriers.len()) as f64)
        };
        let ends = |barrier: &Barrier| barrier.minima.iter().filter(|&&is| is).count();
        Self {
            place: Place::Barrier,
            minima: share(&ends, 2),
            separated: share(&|barrier| ends(barrier) / 2, 1),
            ..Self::default()
        }
        .of(neurons, barriers.iter().map(|barrier| barrier.height).collect())
    }

    /// V after so many steps of recall from cues with such a share of bits flipped.
    pub fn recall(neurons: usize, flip: f64, step: usize, descents: &[Descent]) -> Self {
        let moving = descents.iter().filter(|descent| descent.moves(step));
        let all: Vec<f64> = descents.iter().filter_map(|descent| descent.after(step)).collect();
        let own = Self { place: Place::Recall, flip: Some(flip), step: Some(step), ..Self::default() };
        let mean_of_all = own.clone().of(neurons, all).mean;
        Self { mean_of_all, ..own }.of(neurons, moving.filter_map(|descent| descent.after(step)).collect())
    }

    fn of(self, neurons: usize, heights: Vec<f64>) -> Self {
        let (count, scale) = (heights.len() as f64, neurons as f64);
        let mean = heights.iter().sum::<f64>() / count;
        let squares: f64 = heights.iter().map(|height| (height - mean).powi(2)).sum();
        Self {
            count: heights.len(),
            mean: (count > 0.0).then_some(mean / scale),
            sd: (count > 1.0).then(|| (squares / (count - 1.0)).sqrt() / scale),
            ..self
        }
    }
}

/// What lies between the ends of a way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Barrier {
    /// max U - max(U at A, U at B): 0 where no place in between is higher.
    pub height: f64,
    /// Whether U rises from A, and from B, to the next place on the way.
    pub minima: [bool; 2],
}

impl Barrier {
    /// Of U from one end to the other; none where an end, or all between, has no U.
    pub fn of(curve: &[Option<f64>]) -> Option<Self> {
        let (&[a, ref between @ .., b], known) = (curve, curve.iter().flatten()) else { return None };
        let (a, b) = (a?, b?);
        let mut inner = between.iter().flatten();
        let (first, last) = (*inner.next()?, between.iter().rev().flatten().next()?);
        let top = known.fold(f64::NEG_INFINITY, |top, &height| top.max(height));
        Some(Self { height: top - a.max(b), minima: [a < first, b < *last] })
    }
}

/// V along a trial's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent {
    /// Of each of its orbit's states.
    heights: Vec<Option<f64>>,
    orbit: Orbit,
}

impl Descent {
    /// Of a memory's trial.
    pub fn of(memory: &Memory, orbit: Orbit) -> Self {
        let states = orbit.states();
        let heights = (0..states.len()).map(|state| memory.pseudo_energy(states.row(state))).collect();
        Self { heights, orbit }
    }

    /// Whether the step changed its state, or is none.
    pub fn moves(&self, step: usize) -> bool {
        step < self.heights.len() || self.orbit.period() > 1
    }

    /// V after so many steps, at most as many as the orbit was followed; none beyond f64.
    pub fn after(&self, step: usize) -> Option<f64> {
        self.heights[self.orbit.index(step)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_by_hand() {
        let of = |curve: &[f64]| Barrier::of(&curve.iter().map(|&height| Some(height)).collect::<Vec<_>>());
        assert_eq!(of(&[-4.0, -1.0, -3.0, -2.0]), Some(Barrier { height: 1.0, minima: [true, false] }));
        assert_eq!(of(&[-1.0, -3.0, -2.0]), Some(Barrier { height: 0.0, minima: [false, false] }));
        assert_eq!(of(&[-4.0, -4.0, -3.0]), Some(Barrier { height: 0.0, minima: [false, false] }));
        assert_eq!(of(&[-1.0, -2.0]), None);
        assert_eq!(Barrier::of(&[Some(-4.0), None, Some(-1.0), Some(-2.0)]).unwrap().height, 1.0);
        assert_eq!(Barrier::of(&[None, Some(0.0), Some(0.0)]), None);
    }

    #[test]
    fn heights_are_per_neuron_and_of_those_that_have_one() {
        let curves = [vec![Some(-4.0), Some(0.0), Some(-8.0)], vec![Some(-4.0), Some(-6.0), Some(-2.0)], vec![None; 3]];
        let height = Height::barrier(2, &curves);
        assert_eq!((height.count, height.mean, height.minima), (2, Some(1.0), Some(0.5)));
        assert_eq!((height.sd, height.separated), (Some(2.0_f64.sqrt()), Some(0.5)));
        let one = Height::between(4, 0.5, [None, Some(-2.0)]);
        assert_eq!((one.count, one.mean, one.sd, one.ratio), (1, Some(-0.5), None, Some(0.5)));
        assert_eq!(Height::between(4, 0.5, [None]).mean, None);
    }
}
