//! Solvers: one optimum, whichever way there.

mod common;

use std::process::Command;

use attractor::engine::{Backend, Workspace};
use attractor::error::Error;
use attractor::pattern::Patterns;
use attractor::random::patterns;
use attractor::rule::{
    Descent, Distances, Learned, Model, Solver, Training, learn, learn_memory, train, unstable_step,
};
use attractor_kernels_cpu::oracle;
use common::golden::Golden;
use common::oracle::{bipolar, rows};
use common::{backends, bits, cpu_like_gpu, descent, fused, gpu, name, rbf, trained};
use faer::prelude::Solve;
use faer::{Mat, Side};

fn model(gamma: f64) -> Model {
    format!("klr/rbf:{gamma}").parse().unwrap()
}

/// What is said of the dual that is given out is true of it, and no descent of the golden runs came lower.
#[test]
fn the_optimum_is_one_by_the_textbook_too() {
    for file in ["klr_small", "klr_word", "klr_hard", "klr_ridge"] {
        let mut golden = Golden::open(file);
        let keys = golden.patterns("keys");
        let gamma = golden.scalar("gamma");
        let settings = Descent { solver: Solver::Preconditioned, ..descent(500) };
        let memory = learn_memory(&Workspace::new(fused()), &model(gamma), &keys, &keys, &settings).unwrap();
        let end = memory.provenance.convergence.clone().expect("it says how it ended");
        assert!(end.settled && end.gradient_norm <= 1e-4 && end.updates < 500, "{file}: {end:?}");
        let bipolar_keys = bipolar(keys.words(), keys.neurons());
        let (dual, _) = memory.readout.dual().expect("a dual");
        let dual = rows(&bits(dual), keys.neurons());
        let table = rbf(keys.neurons(), gamma);
        let profile = |distance: usize| table.weight(distance, 0);
        // lambda as it was written.
        let gradient = oracle::klr_gradient(&bipolar_keys, &bipolar_keys, &profile, 0.01, &dual);
        let largest = gradient.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
        assert!((largest - end.gradient_norm).abs() <= 1e-9, "{file}: {largest:e}, told {:e}", end.gradient_norm);
        let objective = oracle::klr_objective(&bipolar_keys, &bipolar_keys, &profile, 0.01, &dual);
        let told = end.objective.expect("an objective");
        assert!((objective / told - 1.0).abs() <= 1e-9, "{file}: {objective}, told {told}");
        assert!(objective <= golden.scalar("objective") * (1.0 + 1e-9), "{file}: descent came lower");
    }
}

/// What was not reached is not called settled, and a step that is too large is told of before it is taken.
#[test]
fn too_few_updates_and_too_large_steps_are_told_of() {
    let keys = patterns(1, 0, 60, 600).unwrap();
    let short = Descent { solver: Solver::Preconditioned, ..descent(3) };
    let memory = learn_memory(&Workspace::new(fused()), &model(0.02), &keys, &keys, &short).unwrap();
    assert!(memory.provenance.convergence.is_some_and(|end| !end.settled && end.updates == 3));
    let warning = unstable_step(&model(0.02), &keys, &descent(500)).expect("0.1 is too large here");
    assert!(warning.contains("--solver preconditioned") && warning.contains("learning rate 0.1"), "{warning}");
    let small = Descent { learning_rate: 1e-4, ..descent(500) };
    assert_eq!(unstable_step(&model(0.02), &keys, &small), None);
    assert_eq!(unstable_step(&model(0.02), &keys, &short), None);
    assert_eq!(unstable_step(&"krr".parse().unwrap(), &keys, &descent(500)), None);
    assert!(Descent { gradient_norm: 0.0, ..descent(1) }.check().is_err());
}

/// One network, and how it went.
fn learned(model: &str, keys: &Patterns, targets: &Patterns, settings: &Descent) -> Learned {
    let model: Model = model.parse().unwrap();
    let [own, wanted] = [keys, targets].map(std::slice::from_ref);
    let space = Workspace::new(fused());
    learn(&model, Distances::Auto, &space, own, wanted, settings, &mut |_| true).unwrap().remove(0)
}

/// alpha - alpha* = (D K + lambda I)^-1 r for some D between 0 and 1/4, which by Woodbury and |(lambda I + S K S)^-1/2
/// S K^1/2| <= 1 is at most (|r| + sqrt(r K r / (4 lambda))) / lambda for each neuron; and the objective is at most r K
/// r / (2 lambda) above the least.
#[test]
fn every_solver_of_klr_finds_the_same_dual() {
    for file in ["klr_small", "klr_word", "klr_hard"] {
        let mut golden = Golden::open(file);
        let keys = golden.patterns("keys");
        let next = keys.select((0..keys.len()).map(|row| (row + 1) % keys.len()));
        let gamma = golden.scalar("gamma");
        let (patterns, neurons) = (keys.len() as f64, keys.neurons() as f64);
        let mut found: Vec<(Solver, Vec<f32>, f64, f64, f64)> = Vec::new();
        for solver in [Solver::Preconditioned, Solver::NewtonCg, Solver::Natural, Solver::Nesterov] {
            let settings =
                Descent { solver, gradient_norm: 2e-5, tolerance: 1e-3, learning_rate: 1.0, ..descent(2000) };
            let learned = learned(&format!("klr/rbf:{gamma}"), &keys, &next, &settings);
            let end = learned.convergence.expect("it says how it ended");
            assert!(end.settled && end.gradient_norm <= 2e-5, "{file}, {solver}: {end:?}");
            let residual = end.residual_norm.expect("a residual");
            let energy = patterns * residual * end.gradient_norm;
            let off = (patterns.sqrt() * residual + (energy / 0.04).sqrt()) / 0.01;
            let above = neurons * energy / 0.02;
            let dual = learned.readout.unwrap().dual().expect("a dual").0.to_vec();
            found.push((solver, dual, off, end.objective.expect("an objective"), above));
        }
        let (_, first, first_off, least, first_above) = &found[0];
        for (solver, dual, off, objective, above) in &found {
            // f32 fields are good to 1e-6 of the loss.
            let bound = first_above + above + 1e-6 * least;
            assert!((objective - least).abs() <= bound, "{file}, {solver}: {objective}, {least}");
            let differences = dual.iter().zip(first).map(|(a, b)| f64::from((a - b).abs()));
            let most = differences.fold(0.0, f64::max);
            assert!(most <= first_off + off, "{file}, {solver}: {most:e} off, at most {:e}", first_off + off);
            assert!(first_off + off < 0.3, "{file}, {solver}: a bound that says nothing, {off:e}");
        }
    }
}

/// (K D K + eps I)^-1 K r at alpha = 0, where D = 1/4 and r = -y / 2, by a factor instead of conjugate gradients: these
/// leave at most 1e-8 of the gradient, which the inverse makes 1e-8 / eps of it.
#[test]
fn the_first_natural_step_is_the_formula() {
    let keys = patterns(1, 0, 50, 100).unwrap();
    let settings = Descent { solver: Solver::Natural, learning_rate: 1.0, ..descent(1) };
    let learned = learned("klr/rbf:0.02", &keys, &keys, &settings);
    assert_eq!(learned.convergence.as_ref().map(|end| end.updates), Some(1));
    let rows = bipolar(keys.words(), 50);
    let table = rbf(50, 0.02);
    let kernel = Mat::from_fn(100, 100, |a, b| table.weight(oracle::distance(&rows[a], &rows[b]), 0));
    let gradient = &kernel * Mat::from_fn(100, 50, |mu, i| -0.5 * f64::from(rows[mu][i]));
    let damping = Mat::from_fn(100, 100, |a, b| if a == b { 1e-3 } else { 0.0 });
    let information = (&kernel * &kernel) * faer::Scale(0.25) + damping;
    let step = information.llt(Side::Lower).unwrap().solve(&gradient);
    let readout = learned.readout.unwrap();
    let dual = readout.dual().expect("a dual").0;
    for neuron in 0..50 {
        let allowed = 1e-5 * gradient.col(neuron).norm_l2();
        let off =
            (0..100).map(|mu| (f64::from(dual[mu * 50 + neuron]) + step[(mu, neuron)]).powi(2)).sum::<f64>().sqrt();
        assert!(off <= allowed + 1e-7 * step.col(neuron).norm_l2(), "neuron {neuron}: off by {off:e}");
        assert!(step.col(neuron).norm_l2() > 1e3 * allowed);
    }
}

/// Accelerated descent is in the defined arithmetic: the same bits on the CPU and the GPU, alone and in company, looked
/// at or not.
#[test]
fn accelerated_descent_depends_on_nothing_but_its_patterns() {
    let keys = [patterns(1, 0, 60, 130).unwrap(), patterns(1, 1, 60, 130).unwrap()];
    let table = rbf(60, 0.03);
    let settings = Descent { solver: Solver::Nesterov, gradient_norm: 1e-3, ..descent(500) };
    let of = |backend: &dyn Backend, keys: &[Patterns], settings: &Descent| {
        let training = Training { keys, targets: keys, table: &table };
        train(&Workspace::new(backend), training, settings, &mut |_| true).unwrap()
    };
    let cpu = cpu_like_gpu();
    let both = of(&cpu, &keys, &settings);
    let on_gpu = of(gpu(), &keys, &settings);
    for (net, own) in keys.iter().enumerate() {
        let end = &both[net].convergence;
        assert!(end.settled && end.updates < 500 && end.updates % 16 == 0, "{end:?}");
        assert!(bits(&both[net].dual) == bits(&on_gpu[net].dual) && both[net].convergence == on_gpu[net].convergence);
        let traced = of(&cpu, std::slice::from_ref(own), &Descent { trace: true, ..settings }).remove(0);
        assert!(bits(&both[net].dual) == bits(&traced.dual) && *end == traced.convergence);
        assert_eq!(
            traced.trace.iter().map(|look| look.update).collect::<Vec<_>>(),
            (0..=end.updates).collect::<Vec<_>>()
        );
        assert_eq!(traced.trace.last().map(|look| Some(look.objective)), Some(end.objective));
    }
    // A trace of plain descent changes nothing either.
    for backend in backends() {
        let plain = trained(backend, &keys, &keys, &table, 12);
        let traced = of(backend, &keys, &Descent { trace: true, ..descent(12) });
        for (plain, traced) in plain.iter().zip(traced) {
            assert!(bits(&plain.dual) == bits(&traced.dual) && traced.trace.len() == 13, "{}", name(backend));
        }
    }
}

/// Newton's method goes downhill, and its trace starts where every dual does: log 2 for each value.
#[test]
fn an_objective_is_told_of_every_update() {
    let keys = patterns(1, 0, 40, 300).unwrap();
    let settings = Descent { solver: Solver::NewtonCg, trace: true, ..descent(50) };
    let learned = learned("klr/rbf:0.02", &keys, &keys, &settings);
    let updates = learned.convergence.map(|end| end.updates);
    let objectives: Vec<f64> = learned.trace.iter().map(|look| look.objective).collect();
    assert_eq!(Some(learned.trace.len()), updates.map(|updates| updates + 1));
    assert!((objectives[0] / (40.0 * 300.0 * 2_f64.ln()) - 1.0).abs() < 1e-12);
    assert!(objectives.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)), "{objectives:?}");
}

/// |W - W*| <= |gradient| / lambda for each neuron.
#[test]
fn every_solver_of_llr_finds_the_same_couplings() {
    let keys = patterns(1, 0, 40, 60).unwrap();
    let by = |settings: Descent| {
        let learned = learned("llr", &keys, &keys, &settings);
        let Ok(attractor::memory::Readout::Couplings(couplings)) = learned.readout else { panic!("no couplings") };
        (couplings.matrix, learned.convergence.expect("it says how it ended"))
    };
    let (plain, slow) = by(Descent { learning_rate: 1.0, ..descent(3000) });
    let (accelerated, end) = by(Descent { solver: Solver::Nesterov, gradient_norm: 1e-6, ..descent(3000) });
    assert!(end.settled && end.gradient_norm <= 1e-6 && end.updates < 400, "{end:?}");
    let bound = 40_f64.sqrt() * (slow.gradient_norm + end.gradient_norm) / 0.01 + 1e-6;
    assert!(bound < 0.01, "descent has not come far: {slow:?}");
    let (newton, last) = by(Descent { solver: Solver::NewtonCg, gradient_norm: 1e-6, ..descent(20) });
    assert!(last.settled && last.gradient_norm <= 1e-6, "{last:?}");
    for found in [accelerated, newton] {
        let off = plain.iter().zip(&found).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
        assert!(off <= bound, "{off:e} above {bound:e}");
    }
}

/// A descent that diverges names a step that does not.
#[test]
fn a_diverging_descent_names_a_safe_step() {
    let keys = patterns(3, 0, 33, 40).unwrap();
    for (rule, solver) in [("klr", Solver::Auto), ("llr", Solver::Auto)] {
        let wild = Descent { solver, learning_rate: 1e8, regularization: 1e3, ..descent(60) };
        let error = learned(rule, &keys, &keys, &wild).readout.unwrap_err();
        let Error::Diverged { safe: Some(safe), .. } = error else { panic!("{rule}: {error}") };
        assert!(error.to_string().contains("lower --learning-rate (now 100000000): up to"), "{error}");
        let tame = Descent { learning_rate: 0.9 * safe as f32, ..wild };
        let end = learned(rule, &keys, &keys, &tame).convergence.expect("it says how it ended");
        assert!(end.gradient_norm <= end.initial_gradient_norm, "{rule}, {safe:e}: {end:?}");
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_attractor")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What a rule does not take is refused before anything starts, with what it takes.
#[test]
fn solvers_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [file, model, trace] = ["keys.npy", "model.safetensors", "trace.csv"].map(path);
    let keys = patterns(1, 0, 30, 40).unwrap();
    attractor::data::write_i8(file.as_ref(), 40, 30, &keys.to_bipolar()).unwrap();
    let train = ["train", "--backend", "cpu", "--patterns", &file, "--out", &model];
    for (more, words) in [
        (&["--rule", "llr", "--solver", "natural"][..], "it takes gradient-descent, nesterov, newton-cg"),
        (&["--rule", "krr", "--solver", "natural"], "it takes auto, cholesky, conjugate-gradients"),
        (&["--solver", "cholesky"], "it takes gradient-descent, nesterov, natural, preconditioned, newton-cg"),
        (&["--solver", "nesterov", "--regularization", "0"], "give --regularization above 0"),
        (&["--rule", "krr", "--trace-training", &trace], "descends no objective"),
    ] {
        let (code, said) = run(&[&train[..], more].concat());
        assert!(code == Some(2) && said.contains(words), "{more:?}: {code:?} {said}");
    }
    let sweep = ["sweep", "--backend", "cpu", "--loads", "0.1", "--rule", "klr,llr", "--solver", "natural"];
    let (code, said) = run(&[&sweep[..], &["--out", &path("sweep")]].concat());
    assert!(code == Some(2) && said.contains("for rule llr"), "{code:?} {said}");
    let (code, said) = run(&[&train[..], &["--solver", "newton-cg", "--trace-training", &trace]].concat());
    let table = std::fs::read_to_string(&trace).unwrap();
    assert!(code == Some(0) && table.starts_with("update,objective,gradient_norm,residual_norm\n0,"), "{said} {table}");
}
