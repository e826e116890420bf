//! A trial's way, state by state: what it descends, and what it comes near.

use rayon::prelude::*;
use serde::Serialize;

use crate::memory::Memory;
use crate::pattern::{Patterns, hamming};

/// One state on a trial's way. Field order is column order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Steps taken so far: 0 is the cue.
    pub step: usize,
    /// Neurons that are not what they were a step before.
    pub changed: usize,
    /// E, of memories that have an energy; none beyond f64.
    pub energy: Option<f64>,
    /// V(s) = -sum over i of s_i h_i(s); none beyond f64.
    pub pseudo_energy: Option<f64>,
    /// Cosine with the reference, the trial's target or its cue; of a sparse code the share of active neurons in
    /// common.
    pub overlap: f64,
    /// The nearest stored pattern, the lowest index among equals.
    pub nearest: usize,
    /// The same with it.
    pub nearest_overlap: f64,
}

/// What is to know of every state that a trial passes through, the cue first. `reference` is packed.
///
/// # Panics
/// If the path has another width than the memory.
pub fn trace(memory: &Memory, path: &Patterns, reference: &[u32]) -> Vec<Point> {
    let neurons = memory.keys.neurons();
    assert_eq!(path.neurons(), neurons, "a path of another width than the memory's {neurons} neurons");
    let energy = memory.energy();
    let overlap = |distance: u32| memory.code.similarity(neurons, distance as usize);
    let point = |step: usize| {
        let state = path.row(step);
        let distances = (0..memory.keys.len()).map(|key| (hamming(state, memory.keys.row(key)), key));
        let (distance, nearest) = distances.min().unwrap_or_default();
        Point {
            step,
            changed: if step == 0 { 0 } else { hamming(state, path.row(step - 1)) as usize },
            energy: energy.as_ref().and_then(|energy| energy.of(state)),
            pseudo_energy: memory.pseudo_energy(state),
            overlap: overlap(hamming(state, reference)),
            nearest,
            nearest_overlap: overlap(distance),
        }
    };
    (0..path.len()).into_par_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::memory::{Provenance, Readout, Table};

    fn memory(readout: Readout, keys: &Patterns) -> Memory {
        // The name is not that of the tables here, which are what counts.
        Memory { keys: keys.clone(), readout, code: Code::Bipolar, provenance: Provenance::unknown("linear") }
    }

    /// By hand: keys (+ + +) and (+ - -), the path from (- + +) to the first of them.
    #[test]
    fn two_states_by_hand() {
        let keys = Patterns::from_signs(3, [true, true, true, true, false, false]).unwrap();
        let path = Patterns::from_signs(3, [false, true, true, true, true, true]).unwrap();
        let table = Table::from_values(&[4.0, 1.0, 0.0, -2.0]).unwrap();
        let dual = vec![1.0, 1.0, 1.0, 1.0, -1.0, -1.0];
        let points = trace(&memory(Readout::Dual { dual, table }, &keys), &path, keys.row(0));
        // F = 4, -1, -2, 0 by distance: E = -(F(1) + F(3)) = 1, then -(F(0) + F(2)) = -2.
        assert_eq!(points.iter().map(|point| point.energy).collect::<Vec<_>>(), [Some(1.0), Some(-2.0)]);
        // V = -(1 * 1 + (-2) (-3)) = -7, then -(4 * 3 + 0) = -12.
        assert_eq!(points.iter().map(|point| point.pseudo_energy).collect::<Vec<_>>(), [Some(-7.0), Some(-12.0)]);
        assert_eq!((points[0].changed, points[1].changed, points[1].step), (0, 1, 1));
        assert_eq!((points[1].overlap, points[0].nearest, points[1].nearest_overlap), (1.0, 0, 1.0));
        assert!((points[0].overlap - 1.0 / 3.0).abs() < 1e-15);

        // W = (0 1 2; 3 0 4; 5 6 0), by input: s^T W s of (- + +) is -1 - 2 - 3 + 4 - 5 + 6 = -1, and 21 of (+ + +).
        let couplings = Readout::Couplings(vec![0.0, 1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0].into());
        let points = trace(&memory(couplings, &keys), &path, keys.row(0));
        assert_eq!(points.iter().map(|point| point.energy).collect::<Vec<_>>(), [Some(0.5), Some(-10.5)]);
        assert_eq!(points.iter().map(|point| point.pseudo_energy).collect::<Vec<_>>(), [Some(1.0), Some(-21.0)]);
    }

    /// Of two active neurons one is kept.
    #[test]
    fn overlaps_of_a_sparse_code_are_shares() {
        let keys = Patterns::from_signs(4, [true, true, false, false]).unwrap();
        let path = Patterns::from_signs(4, [true, false, true, false]).unwrap();
        let sparse = Memory { code: Code::Active(2), ..memory(Readout::Couplings(vec![0.0; 16].into()), &keys) };
        let point = &trace(&sparse, &path, keys.row(0))[0];
        assert_eq!((point.overlap, point.nearest_overlap), (0.5, 0.5));
        assert_eq!((point.energy, point.pseudo_energy), (None, None));
    }

    #[test]
    fn a_learned_dual_has_only_the_pseudo_energy() {
        let keys = Patterns::from_signs(2, [true, true]).unwrap();
        let table = Table::from_values(&[1.0, 0.5, 0.1]).unwrap();
        let points = trace(&memory(Readout::Dual { dual: vec![0.7, 0.2], table }, &keys), &keys, keys.row(0));
        assert_eq!(points[0].energy, None);
        assert!((points[0].pseudo_energy.unwrap() + 0.9).abs() < 1e-6);
    }
}
