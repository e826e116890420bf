//! Fields of real-valued states and the potential between patterns: the textbook's in f64, within the bound that is promised,
//! on every backend; and the golden morphs of an independent NumPy implementation.

mod common;

use attractor::engine::{Backend, Workspace};
use attractor::measure::{RealFields, between, overlap_error, potentials, real_fields};
use attractor::memory::{Memory, Profile, Provenance, Readout};
use attractor::pattern::{Patterns, hamming};
use common::golden::Golden;
use common::oracle::{gamma, norm};
use common::{Draw, backends, coupled, name, recalled};

/// A memory whose table is that of its kernel's name.
fn kernel_memory(keys: &Patterns, kernel: &str, dual: Vec<f32>) -> Memory {
    let table = kernel.parse::<Profile>().unwrap().table(keys.neurons()).unwrap();
    let readout = Readout::Dual { dual, table };
    Memory { keys: keys.clone(), readout, code: Default::default(), provenance: Provenance::unknown(kernel) }
}

fn random_memory(draw: &mut Draw, neurons: usize, patterns: usize, kernel: &str) -> Memory {
    let keys = draw.patterns(neurons, patterns);
    let dual = draw.values(patterns * neurons, 2.0);
    kernel_memory(&keys, kernel, dual)
}

fn signs(patterns: &Patterns, row: usize) -> Vec<f64> {
    patterns.select([row]).to_bipolar().into_iter().map(f64::from).collect()
}

fn fields(backend: &dyn Backend, memories: &[&Memory], states: &[Vec<f64>]) -> Vec<RealFields> {
    real_fields(&Workspace::new(backend), memories, states, &mut |_| true).expect("fields")
}

/// ln |K| and its sign as the names say, and |d ln K / dm|, written down a second time.
fn textbook(kernel: &str, overlap: f64, square: f64, n: f64) -> (f64, f64, f64) {
    let power = |base: f64, exponent: f64, inner: f64| {
        (base.signum().powf(exponent), exponent * base.abs().ln(), (exponent * inner / base).abs())
    };
    match kernel {
        "rbf:0.02" => (1.0, -0.02 * (square + n - 2.0 * overlap), 0.04),
        "rbf:5" => (1.0, -5.0 * (square + n - 2.0 * overlap), 10.0),
        "laplacian:0.5" => (1.0, -0.5 * (n - overlap), 0.5),
        "exponential" => (1.0, overlap - n, 1.0),
        "dense:3" => power(overlap, 2.0, 1.0),
        "minerva" => power(overlap / n, 3.0, 1.0 / n),
        "polynomial:2,1" => power(overlap / n + 1.0, 2.0, 1.0 / n),
        "linear" => power(overlap / n, 1.0, 1.0 / n),
        _ => panic!("{kernel}"),
    }
}

/// States of three kinds: corners blurred, on the sphere |s|^2 = N, and one of nothing but large and small components.
fn real_states(draw: &mut Draw, keys: &Patterns, count: usize) -> Vec<f64> {
    let neurons = keys.neurons();
    let mut states = Vec::new();
    for trial in 0..count {
        let key = signs(keys, trial % keys.len());
        let mut state: Vec<f64> = key.iter().map(|s| s + 0.7 * f64::from(draw.signed())).collect();
        match trial % 3 {
            0 => {}
            1 => {
                let length = norm(state.iter().copied());
                state.iter_mut().for_each(|s| *s *= (neurons as f64).sqrt() / length);
            }
            _ => state.iter_mut().for_each(|s| *s *= [1e-6, 1.0, 1.5][draw.below(3)]),
        }
        states.extend(state);
    }
    states
}

/// The bound that `real_fields` promises, of K and alpha as they are; all relative to the trial's largest K.
#[test]
fn fields_are_the_textbook_s() {
    let kernels =
        ["rbf:0.02", "rbf:5", "laplacian:0.5", "exponential", "dense:3", "minerva", "polynomial:2,1", "linear"];
    let mut draw = Draw::new(3);
    for (index, kernel) in kernels.into_iter().enumerate() {
        let (neurons, patterns, trials) = [(1, 3, 4), (33, 70, 65), (100, 130, 21), (64, 1, 3)][index % 4];
        let memories = [(); 2].map(|()| random_memory(&mut draw, neurons, patterns, kernel));
        let states: Vec<Vec<f64>> =
            memories.iter().map(|memory| real_states(&mut draw, &memory.keys, trials)).collect();
        let ran = backends().map(|backend| (name(backend), fields(backend, &memories.each_ref()[..], &states)));
        for (net, memory) in memories.iter().enumerate() {
            let (dual, _) = memory.readout.dual().unwrap();
            let column = |i: usize| (0..patterns).map(move |mu| f64::from(dual[mu * neurons + i]));
            for (trial, state) in states[net].chunks_exact(neurons).enumerate() {
                let square = state.iter().map(|s| s * s).sum::<f64>();
                let size = state.iter().map(|s| s.abs()).sum::<f64>();
                let known: Vec<_> = (0..patterns)
                    .map(|mu| {
                        let overlap = state.iter().zip(signs(&memory.keys, mu)).map(|(s, x)| s * x).sum();
                        textbook(kernel, overlap, square, neurons as f64)
                    })
                    .collect();
                for (what, fields) in &ran {
                    let exponent = f64::from(fields[net].exponents[trial]);
                    let weight = |(sign, log, _): &(f64, f64, f64)| sign * (log - exponent * 2.0_f64.ln()).exp();
                    let weights: Vec<f64> = known.iter().map(weight).collect();
                    let most = weights.iter().fold(0.0_f64, |most, weight| most.max(weight.abs()));
                    assert!((0.99..2.01).contains(&most), "{kernel}, {what}: largest weight {most}");
                    for i in 0..neurons {
                        let exact: f64 = weights.iter().zip(column(i)).map(|(k, a)| k * a).sum();
                        let drift: f64 = known
                            .iter()
                            .zip(&weights)
                            .zip(column(i))
                            .map(|((known, k), a)| (k * known.2 * a).abs() * overlap_error(neurons, size))
                            .sum();
                        let absolute: f64 = column(i).map(f64::abs).sum();
                        let sums = gamma(patterns + 4) * norm(weights.iter().copied()) * norm(column(i));
                        let tolerance = 1.01 * sums + 1.1 * drift + (0.5_f64.powi(63) + 1e-13) * most * absolute;
                        let computed = f64::from(fields[net].values[trial * neurons + i]);
                        let off = (computed - exact).abs();
                        assert!(off <= tolerance, "{kernel}, {what}, {net}, {trial}, {i}: {computed:e} {exact:e}");
                    }
                }
            }
        }
        // A network's fields are its own, whoever is beside it.
        for backend in backends() {
            let alone = fields(backend, &[&memories[1]], &states[1..]);
            let together = fields(backend, &memories.each_ref()[..], &states);
            assert_eq!(alone[0], together[1], "{kernel}, {}", name(backend));
        }
    }
}

/// h_i = sum over j of s_j W[j, i]: s rounded once, and the sum.
#[test]
fn fields_of_couplings_are_linear() {
    let mut draw = Draw::new(5);
    let neurons = 33;
    let keys = draw.patterns(neurons, 4);
    let matrix = draw.values(neurons * neurons, 1.0);
    let states = vec![real_states(&mut draw, &keys, 7)];
    let memory = coupled(&keys, matrix.clone());
    for backend in backends() {
        let fields = fields(backend, &[&memory], &states).remove(0);
        assert_eq!(fields.exponents, [0; 7]);
        for (trial, state) in states[0].chunks_exact(neurons).enumerate() {
            for i in 0..neurons {
                let terms = || state.iter().enumerate().map(|(j, s)| s * f64::from(matrix[j * neurons + i]));
                let tolerance = gamma(neurons + 2) * terms().map(f64::abs).sum::<f64>();
                let off = (f64::from(fields.values[trial * neurons + i]) - terms().sum::<f64>()).abs();
                assert!(off <= tolerance, "{}, {trial}, {i}", name(backend));
            }
        }
    }
}

/// At its ends the way is at the patterns, and U is the pseudo-energy of the bipolar memory.
#[test]
fn the_ends_of_the_way_are_the_patterns() {
    let mut draw = Draw::new(7);
    for kernel in ["rbf:0.02", "rbf:5", "dense:3", "linear"] {
        let memories = [(); 2].map(|()| random_memory(&mut draw, 65, 40, kernel));
        let pairs = [vec![[0, 1], [7, 39]], vec![[5, 4], [38, 2]]];
        for backend in backends() {
            let space = Workspace::new(backend);
            let found = potentials(&space, &memories.each_ref()[..], &pairs, &[0.0, 1.0], &mut |_| true).unwrap();
            for (net, memory) in memories.iter().enumerate() {
                for (pair, curve) in pairs[net].iter().zip(&found[net]) {
                    for (&pattern, potential) in pair.iter().zip(curve) {
                        let exact = memory.pseudo_energy(memory.keys.row(pattern)).unwrap();
                        let off = (potential.unwrap() - exact).abs();
                        // |s|_1 = N times the field's bound: |k|_2 of up to sqrt(P) weights of at most N^2, |alpha|_2.
                        let scale = if kernel == "dense:3" { 65.0 * 65.0 } else { 1.0 };
                        let tolerance = 65.0 * gamma(45) * scale * 40.0 * 2.0;
                        assert!(off <= tolerance, "{kernel}, {}: {potential:?} {exact}", name(backend));
                    }
                }
            }
        }
    }
}

#[test]
fn the_way_lies_on_the_sphere_and_ends_where_there_is_none() {
    let keys = Patterns::from_signs(4, [true, true, false, false, true, false, false, true]).unwrap();
    for ratio in [0.0, 0.2, 0.5, 0.9, 1.0] {
        let state = between(&keys, [0, 1], ratio).unwrap();
        assert!((state.iter().map(|s| s * s).sum::<f64>() - 4.0).abs() < 1e-14);
        // By hand: where they agree 1, where they differ 1 - 2 r of the first, before they are scaled.
        let along =
            |i: usize| state[i] * signs(&keys, 0)[i] * (2.0 + 2.0 * (1.0_f64 - 2.0 * ratio).powi(2)).sqrt() / 2.0;
        assert!((0..4).all(|i| (along(i) - [1.0, 1.0 - 2.0 * ratio, 1.0, 1.0 - 2.0 * ratio][i]).abs() < 1e-14));
    }
    let opposite = Patterns::from_signs(2, [true, false, false, true]).unwrap();
    assert_eq!(between(&opposite, [0, 1], 0.5), None);
    let memory = kernel_memory(&opposite, "linear", vec![1.0, -1.0, -1.0, 1.0]);
    let space = Workspace::new(backends()[0]);
    let found = potentials(&space, &[&memory], &[vec![[0, 1]]], &[0.0, 0.5, 1.0], &mut |_| true).unwrap();
    // K = m / 2 is 1 and -1, the field 2 x^A, and U = -s . h.
    assert_eq!(found, [[[Some(-4.0), None, Some(-4.0)]]]);
}

/// U of the golden morphs, and where their starts end.
#[test]
fn morphs_are_the_golden_ones() {
    for (file, kernel) in [("morph_ridge", "rbf:0.02"), ("morph_local", "rbf:5")] {
        let mut golden = Golden::open(file);
        let keys = golden.patterns("keys");
        let (neurons, patterns) = (keys.neurons(), keys.len());
        let alpha: Vec<f64> = golden.array("alpha");
        let memory = kernel_memory(&keys, kernel, alpha.iter().map(|&alpha| alpha as f32).collect());
        let ratios: Vec<f64> = golden.array("ratio");
        let exact: Vec<f64> = golden.array("potential");
        let starts = golden.patterns("start");
        let finals = golden.patterns("final");
        let steps: Vec<i64> = golden.array("steps");
        assert!(golden.array::<bool>("done").into_iter().all(|done| done));
        let overlaps = ["overlap_a", "overlap_b"].map(|name| golden.array::<f64>(name));
        let columns = (0..neurons).map(|i| norm((0..patterns).map(|mu| alpha[mu * neurons + i])));
        let columns: f64 = columns.fold(0.0, f64::max);
        for backend in backends() {
            let what = format!("{file}, {}", name(backend));
            let space = Workspace::new(backend);
            let found = potentials(&space, &[&memory], &[vec![[0, 1]]], &ratios, &mut |_| true).unwrap();
            for (at, (&found, &exact)) in found[0][0].iter().zip(&exact).enumerate() {
                // |s|_1 <= N, of weights of at most |k|_2 <= sqrt(P) of the largest, that of the nearest pattern.
                let state = between(&keys, [0, 1], ratios[at]).unwrap();
                let nearest = (0..patterns)
                    .map(|mu| state.iter().zip(signs(&keys, mu)).map(|(s, x)| s * x).sum())
                    .fold(f64::NEG_INFINITY, f64::max);
                let largest = textbook(kernel, nearest, neurons as f64, neurons as f64).1.exp();
                let drift = 10.0 * overlap_error(neurons, neurons as f64);
                let lost = gamma(patterns + 5) + drift + 1e-13;
                let tolerance = lost * neurons as f64 * (patterns as f64).sqrt() * largest * columns;
                let off = (found.unwrap() - exact).abs();
                assert!(off <= tolerance, "{what}, r = {}: {found:?} {exact:e} {tolerance:e}", ratios[at]);
                // The bound is no excuse: it is far below U itself.
                assert!(tolerance < 0.05 * exact.abs(), "{what}: {tolerance:e} of {exact:e}");
            }
            let recall = recalled(backend, &[&memory], std::slice::from_ref(&starts), 30).remove(0);
            assert_eq!(recall.finals, finals, "{what}");
            for (trial, ending) in recall.endings.iter().enumerate() {
                assert_eq!((ending.steps as i64, ending.period), (steps[trial], 1), "{what}, {trial}");
                let overlap = |pattern: usize| {
                    1.0 - 2.0 * f64::from(hamming(recall.finals.row(trial), keys.row(pattern))) / neurons as f64
                };
                assert_eq!([overlap(0), overlap(1)], [overlaps[0][trial], overlaps[1][trial]], "{what}, {trial}");
            }
        }
    }
}

#[test]
fn what_has_no_real_valued_fields_is_refused() {
    let mut draw = Draw::new(9);
    let space = Workspace::new(backends()[0]);
    let refusal = |memory: &Memory, states: Vec<f64>| {
        real_fields(&space, &[memory], &[states], &mut |_| true).unwrap_err().to_string()
    };
    let memory = random_memory(&mut draw, 4, 3, "rbf:0.02");
    assert!(refusal(&random_memory(&mut draw, 4, 3, "argmax"), vec![0.5; 4]).contains("kernel argmax"));
    let mut renamed = memory.clone();
    renamed.provenance.kernel = "rbf:0.03".into();
    assert!(refusal(&renamed, vec![0.5; 4]).contains("rbf:0.03"));
    assert!(refusal(&memory, vec![0.5; 5]).contains("4 neurons"));
    assert!(refusal(&memory, vec![0.5, f64::NAN, 0.0, 0.0]).contains("NaN"));
    assert!(refusal(&memory, vec![0.5, f64::INFINITY, 0.0, 0.0]).contains("inf"));
    let pairs = [vec![[0, 3]]];
    let refused = potentials(&space, &[&memory], &pairs, &[0.5], &mut |_| true).unwrap_err().to_string();
    assert!(refused.contains("0,3 of 3 patterns"), "{refused}");
    let stopped = real_fields(&space, &[&memory], &[vec![0.5; 4]], &mut |_| false).unwrap_err();
    assert!(matches!(stopped, attractor::Error::Interrupted));
}
