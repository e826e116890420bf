//! Heights of the landscape against loops over states, pairs and patterns in f64.

use attractor::cue::{cues, trials};
use attractor::measure::morph::sample_pairs;
use attractor::measure::potential::{Height, Place};
use attractor::random::patterns;
use attractor::study::{Plan, Potentials, Subject, measure};
use attractor::sweep::Ways;

use crate::common::{backends, descent, fused, name, rbf, trained};

const GAMMA: f64 = 0.03;

/// h(s) = sum over mu of exp(-gamma |s - x^mu|^2) alpha^mu, as it is written.
fn textbook(keys: &[Vec<f64>], dual: &[f32], state: &[f64]) -> Vec<f64> {
    let mut field = vec![0.0; state.len()];
    for (key, dual) in keys.iter().zip(dual.chunks_exact(state.len())) {
        let apart: f64 = key.iter().zip(state).map(|(x, s)| (s - x).powi(2)).sum();
        let weight = (-GAMMA * apart).exp();
        field.iter_mut().zip(dual).for_each(|(field, &alpha)| *field += weight * f64::from(alpha));
    }
    field
}

/// -sum s h(s) over N.
fn height(keys: &[Vec<f64>], dual: &[f32], state: &[f64]) -> f64 {
    let along = textbook(keys, dual, state).iter().zip(state).map(|(h, s)| h * s).sum::<f64>();
    -along / state.len() as f64
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt())
}

#[test]
fn heights_are_the_textbook_s() {
    let (neurons, stored, networks) = (40, 60, 2);
    let subject = Subject {
        neurons,
        loads: vec![1.5],
        models: vec![format!("klr/rbf:{GAMMA}")],
        descent: descent(100),
        networks,
        seed: 5,
        ..Subject::default()
    };
    let analysis = Potentials { pairs: 9, points: 7, flips: vec![0.1, 0.35], max_cues: 25, max_steps: 8 };
    let all: Vec<_> = (0..networks as u32).map(|network| patterns(5, network, neurons, stored).unwrap()).collect();
    let learned = trained(fused(), &all, &all, &rbf(neurons, GAMMA), 100);
    let plan = Plan::new(subject, analysis, None).unwrap();
    for backend in backends() {
        let rows = measure(&plan, Ways::default(), backend, &mut |_| true).unwrap();
        assert_eq!(rows.len(), networks * (7 + 1 + 2 * 9));
        for (network, rows) in rows.chunks_exact(26).enumerate() {
            let dual = &learned[network].dual;
            let signs = all[network].to_bipolar();
            let keys: Vec<Vec<f64>> =
                signs.chunks_exact(neurons).map(|row| row.iter().map(|&s| f64::from(s)).collect()).collect();
            let near = |found: Option<f64>, exact: f64, what: &str| {
                let found = found.unwrap_or(f64::NAN);
                let off = (found - exact).abs();
                assert!(off <= 1e-4 * exact.abs() + 1e-5, "{what}, {}: {found} against {exact}", name(backend));
            };

            let way = |[a, b]: [usize; 2], ratio: f64| {
                let mixed: Vec<f64> =
                    keys[a].iter().zip(&keys[b]).map(|(a, b)| (1.0 - ratio) * a + ratio * b).collect();
                let length = mixed.iter().map(|s| s * s).sum::<f64>().sqrt();
                let state: Vec<f64> = mixed.iter().map(|s| s * (neurons as f64).sqrt() / length).collect();
                height(&keys, dual, &state)
            };
            let pairs = sample_pairs(5, network as u32, stored, 9);
            let curves: Vec<Vec<f64>> =
                pairs.iter().map(|&pair| (0..7).map(|at| way(pair, f64::from(at) / 6.0)).collect()).collect();
            for (at, row) in rows[..7].iter().enumerate() {
                let Height { place, ratio, count, mean, sd, .. } = row.measured;
                assert_eq!((place, ratio, count), (Place::Between, Some(at as f64 / 6.0), 9));
                let (exact, exact_sd) = mean_and_sd(&curves.iter().map(|curve| curve[at]).collect::<Vec<_>>());
                near(mean, exact, "U");
                near(sd, exact_sd, "its spread");
            }
            let barrier = &rows[7].measured;
            let rise = |curve: &Vec<f64>| curve.iter().copied().fold(f64::MIN, f64::max) - curve[0].max(curve[6]);
            let (exact, exact_sd) = mean_and_sd(&curves.iter().map(rise).collect::<Vec<_>>());
            near(barrier.mean, exact, "barrier");
            near(barrier.sd, exact_sd, "spread of barriers");
            let minima = |curve: &Vec<f64>| usize::from(curve[0] < curve[1]) + usize::from(curve[6] < curve[5]);
            let ends: usize = curves.iter().map(minima).sum();
            near(barrier.minima, ends as f64 / 18.0, "minima");

            let flips = [4, 14].map(|flips| trials(stored, 1, 25, flips)).concat();
            let starts = cues(fused(), 5, &[network as u32], &all[network..=network], &flips).unwrap().remove(0);
            let mut states: Vec<Vec<f64>> = starts
                .to_bipolar()
                .chunks_exact(neurons)
                .map(|row| row.iter().map(|&s| f64::from(s)).collect())
                .collect();
            let mut moved = vec![true; 50];
            for step in 0..9 {
                for at in 0..2 {
                    let row = &rows[8 + at * 9 + step].measured;
                    assert_eq!((row.place, row.step), (Place::Recall, Some(step)));
                    assert_eq!(row.flip, Some([0.1, 0.35][at]));
                    let own = at * 25..(at + 1) * 25;
                    let heights: Vec<f64> =
                        states[own.clone()].iter().map(|state| height(&keys, dual, state)).collect();
                    let moving: Vec<f64> =
                        heights.iter().zip(&moved[own]).filter(|(_, moved)| **moved).map(|(h, _)| *h).collect();
                    assert_eq!(row.count, moving.len(), "{}, step {step}", name(backend));
                    near(row.mean_of_all, mean_and_sd(&heights).0, "V of all");
                    if moving.len() > 1 {
                        near(row.mean, mean_and_sd(&moving).0, "V");
                        near(row.sd, mean_and_sd(&moving).1, "spread of V");
                    }
                }
                for (state, moved) in states.iter_mut().zip(&mut moved) {
                    let field = textbook(&keys, dual, state);
                    let next: Vec<f64> = field.iter().map(|h| h.signum()).collect();
                    *moved = next != *state;
                    *state = next;
                }
            }
            // Some moved on, and some had arrived.
            assert!((1..50).contains(&rows[8 + 9 + 2].measured.count));
        }
    }
}
