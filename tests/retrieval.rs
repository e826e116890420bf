//! Memories on real-valued states: the golden case, gradients, the energy's law, the papers' models, training.

mod common;
#[path = "retrieval/golden.rs"]
mod golden;
#[path = "retrieval/learning.rs"]
mod learning;

use std::path::Path;

use attractor::data::{Features, write_f32, write_i64};
use attractor::engine::{Backend, Workspace};
use attractor::random;
use attractor::retrieval::fit::{Examples, Pairs, Training, fit};
use attractor::retrieval::{
    Cumulative, Footprint, Kinds, Network, Separation, Similarity, Steps, Use, Variant, Variation, evaluate, load,
    retrieve,
};
use common::oracle::gamma;
use common::program::{attractor, refuse, stderr};
use common::{backends, fused, name};

fn network(patterns: &Features, similarity: Similarity, separation: &str) -> Network {
    Network::new(patterns.clone(), similarity, separation.parse().unwrap())
}

/// The weights of all patterns.
fn weights(backend: &dyn Backend, network: &Network, queries: &Features) -> Vec<f32> {
    let steps = Steps { keeps_weights: true, ..Steps::default() };
    let found = retrieve(&Workspace::new(backend), network, queries, steps, &mut |_| true).unwrap();
    let (weights, patterns) = (found.all_weights.unwrap(), network.patterns.len());
    for (row, weights) in weights.chunks_exact(patterns).enumerate() {
        assert_eq!(weights[found.indices[row]], found.weights[row]);
        assert!(weights.iter().all(|&weight| weight <= found.weights[row]));
    }
    weights
}

/// Theorem 2 of arXiv 2511.20609 for isotropic similarities: E(x) - E(x') >= beta |x - x'|^2 under x' = Xi
/// softmax(-beta |xi - x + b|^2) + b, by Jensen's inequality; rounding may cost some units in the last place of the
/// energies.
#[test]
fn a_step_lowers_the_energy() {
    for (seed, (dimensions, count)) in [(3, 5), (16, 40), (64, 200)].into_iter().enumerate() {
        let seed = seed as u64;
        let patterns = random::features(seed, 0, dimensions, count).unwrap();
        let queries = random::features(seed, 1, dimensions, 50).unwrap();
        for beta in [0.2, 1.0, 5.0] {
            let mut network = network(&patterns, Similarity::L2, &format!("softmax:{beta}"));
            network.bias = Some(random::features(seed, 2, dimensions, 1).unwrap().values().to_vec());
            network.keeps_bias = true;
            for backend in backends() {
                let space = Workspace::new(backend);
                let step =
                    |states: &Features| retrieve(&space, &network, states, Steps::default(), &mut |_| true).unwrap();
                let mut states = queries.clone();
                for _ in 0..4 {
                    let here = step(&states);
                    let there = step(&here.readouts);
                    let [before, after] = [&here, &there].map(|found| found.energies.as_ref().unwrap());
                    for (row, (before, after)) in before.iter().zip(after).enumerate() {
                        let apart = states.row(row).iter().zip(here.readouts.row(row));
                        let squared: f64 = apart.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                        let fall = (before - after) - squared;
                        let rounding = gamma(4 * dimensions + count) * (4.0 * dimensions as f64 + 1.0 / beta);
                        assert!(fall >= -rounding, "{}, beta {beta}, row {row}: {fall:e}", name(backend));
                    }
                    states = here.readouts;
                }
            }
        }
    }
}

/// A memory without its bias in the readouts takes it off once: the states that follow are free of it.
#[test]
fn a_bias_is_taken_off_once_or_kept() {
    let patterns = random::features(8, 0, 16, 20).unwrap();
    let shift = random::features(8, 2, 16, 1).unwrap().values().to_vec();
    let mut network = network(&patterns, Similarity::L2, "softmax:40");
    network.bias = Some(shift.clone());
    let queries = patterns.less(&shift.iter().map(|value| -value).collect::<Vec<_>>()).unwrap();
    let sources: Vec<usize> = (0..20).collect();
    for keeps_bias in [false, true] {
        network.keeps_bias = keeps_bias;
        for backend in backends() {
            let steps = Steps { most: 50, ..Steps::default() };
            let space = Workspace::new(backend);
            let found = evaluate(&space, &network, &queries, &sources, steps, &mut |_| true).unwrap();
            assert!(
                found.accuracy() == 1.0 && found.error() < 1e-3,
                "{keeps_bias}, {}: {}",
                name(backend),
                found.error()
            );
        }
    }
}

/// Several steps end where another one changes nothing, and queries that rest are not taken further.
#[test]
fn steps_end_at_a_fixed_point() {
    let patterns = random::features(8, 0, 16, 20).unwrap();
    let network = network(&patterns, Similarity::L2, "softmax:8");
    let queries = random::features(8, 1, 16, 33).unwrap();
    for backend in backends() {
        let space = Workspace::new(backend);
        let steps = Steps { most: 200, tolerance: 1e-5, ..Steps::default() };
        let found = retrieve(&space, &network, &queries, steps, &mut |_| true).unwrap();
        let again = retrieve(&space, &network, &found.readouts, Steps::default(), &mut |_| true).unwrap();
        for row in 0..33 {
            let rests = found.readouts.row(row).iter().zip(again.readouts.row(row)).all(|(a, b)| (a - b).abs() <= 1e-5);
            assert!(rests && found.steps[row] < 200, "{}, {row}: {} steps", name(backend), found.steps[row]);
        }
        assert!(found.steps.iter().min() < found.steps.iter().max(), "{:?}", found.steps);
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let patterns = random::features(1, 0, 8, 10).unwrap();
    let queries = random::features(1, 1, 8, 3).unwrap();
    let space = Workspace::new(fused());
    let run = |network: &Network, queries: &Features, steps: Steps| {
        retrieve(&space, network, queries, steps, &mut |_| true).unwrap_err().to_string()
    };
    let dot = network(&patterns, Similarity::Dot, "softmax");
    assert!(run(&dot, &random::features(1, 1, 7, 3).unwrap(), Steps::default()).contains("7 dimensions"));
    assert!(run(&dot, &queries, Steps { most: 0, ..Steps::default() }).contains("0 steps"));
    let power = network(&patterns, Similarity::Dot, "power:3");
    assert!(run(&power, &queries, Steps::default()).contains("activation sign"));
    let best = network(&patterns, "best:9".parse().unwrap(), "softmax");
    assert!(run(&best, &queries, Steps::default()).contains("best:9"));
    let values = Network { values: Some(random::features(1, 2, 3, 9).unwrap()), ..dot.clone() };
    assert!(run(&values, &queries, Steps::default()).contains("9 values for 10 patterns"));
    let stopped = retrieve(&space, &dot, &queries, Steps::default(), &mut |_| false).unwrap_err();
    assert!(matches!(stopped, attractor::Error::Interrupted));
    let refused = |sources: &[usize], start: Similarity, training: Training| {
        let pairs = Examples::Pairs(Pairs { queries: &queries, sources });
        fit(&space, &patterns, &start, &pairs, &training, &mut |_| true).unwrap_err().to_string()
    };
    let footprint = || Similarity::from(Footprint::plain(8, Kinds::BOTH, true, Cumulative::Sums));
    let training = Training::of(10, 1);
    assert!(refused(&[0, 1, 10], footprint(), training.clone()).contains("pair 2 names pattern 10 of 10"));
    assert!(refused(&[0, 1], footprint(), training.clone()).contains("2 sources"));
    assert!(refused(&[0, 1, 2], Similarity::Dot, training.clone()).contains("learns nothing"));
    assert!(refused(&[0, 1, 2], footprint(), Training { batch: 0, ..training.clone() }).contains("batches of 0"));
    assert!(refused(&[0, 1, 2], footprint(), Training { learning_rate: f64::NAN, ..training }).contains("NaN"));
    let wide = random::features(1, 0, 1025, 3).unwrap();
    let sorted = network(&wide, "best:5".parse().unwrap(), "softmax");
    let gpu = Workspace::new(common::gpu());
    let refused = retrieve(&gpu, &sorted, &wide, Steps::default(), &mut |_| true).unwrap_err().to_string();
    assert!(refused.contains("1025 dimensions to sort") && refused.contains("--backend cpu"), "{refused}");
    retrieve(&space, &sorted, &wide, Steps::default(), &mut |_| true).unwrap();
    assert!("median".parse::<Separation>().is_err());
}

/// From the command line: a similarity is fitted to pairs, saved, and retrieves them; what diverges exits with 5 and keeps its best.
#[test]
fn a_similarity_is_fitted_and_retrieves_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let patterns = random::features(1, 0, 12, 30).unwrap();
    let queries = Variation::new(Variant { mask: 0.1, noise: 0.05, bias: 0.2 }, 1);
    let draws: Vec<[u32; 2]> = (0..30).map(|row| [row, 0]).collect();
    let queries = queries.features(&Workspace::new(fused()), &patterns, &draws, Use::Training).unwrap();
    write_f32(Path::new(&path("patterns.npy")), 30, 12, patterns.values()).unwrap();
    write_f32(Path::new(&path("queries.npy")), 30, 12, queries.values()).unwrap();
    write_i64(Path::new(&path("sources.npy")), &(0..30).collect::<Vec<i64>>()).unwrap();
    let files =
        ["--patterns", &path("patterns.npy"), "--pairs", &path("queries.npy"), "--sources", &path("sources.npy")];
    let fit = |more: &[&str]| attractor(&[&["fit-similarity", "--backend", "cpu"], &files[..], more].concat());
    let model = path("model.safetensors");
    let fitted = fit(&["--epochs", "20", "--out", &model]);
    assert!(fitted.status.success(), "{}", stderr(&fitted));
    let retrieved = attractor(&[
        "--json",
        "retrieve",
        "--backend",
        "cpu",
        "--model",
        &model,
        "--queries",
        &path("queries.npy"),
        "--sources",
        &path("sources.npy"),
        "--out",
        &path("out"),
    ]);
    assert!(retrieved.status.success(), "{}", stderr(&retrieved));
    let found: serde_json::Value = serde_json::from_slice(&retrieved.stdout).unwrap();
    assert!(found["accuracy"].as_f64().unwrap() > 0.9, "{found}");
    let table = std::fs::read_to_string(Path::new(&path("out")).join("retrieve.csv")).unwrap();
    assert!(table.starts_with("query,index,weight,steps,energy,source,correct,error\n"), "{table}");
    assert_eq!(table.lines().count(), 31);

    let with_prior = path("prior.safetensors");
    let fitted = fit(&["--epochs", "3", "--prior", "--out", &with_prior]);
    assert!(fitted.status.success(), "{}", stderr(&fitted));
    assert!(load(Path::new(&with_prior)).unwrap().prior.is_some_and(|prior| prior.len() == 30));
    let refused = fit(&["--memory", "k-hop", "--prior", "--out", &with_prior]);
    assert!(stderr(&refused).contains("--prior with --memory k-hop"), "{}", stderr(&refused));
    let refused = fit(&["--samples", "31", "--out", &with_prior]);
    assert!(stderr(&refused).contains("--samples 31: give 30 at most"), "{}", stderr(&refused));

    let diverged = fit(&["--epochs", "5", "--learning-rate", "1e9", "--out", &path("diverged.safetensors")]);
    assert_eq!(diverged.status.code(), Some(5), "{}", stderr(&diverged));
    load(Path::new(&path("diverged.safetensors"))).unwrap();
    let out = path("none.safetensors");
    let beyond =
        attractor(&["fit-similarity", "--patterns", &path("patterns.npy"), "--variant", "0.1,0.1,2", "--out", &out]);
    assert!(beyond.status.code() == Some(2) && stderr(&beyond).contains("MASK,NOISE,BIAS"), "{}", stderr(&beyond));
    let learned =
        ["retrieve", "--patterns", &path("patterns.npy"), "--memory", "a-hop", "--queries", &path("queries.npy")];
    refuse(2, &[&learned[..], &["--out", &path("out")]].concat(), &["fit-similarity"]);
}
