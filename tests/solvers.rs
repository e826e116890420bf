//! Solvers of kernel logistic regression: one optimum, whichever way there.

mod common;

use attractor::engine::Workspace;
use attractor::rule::{Descent, LogisticSolver, Model, learn_memory, unstable_step};
use attractor_kernels_cpu::oracle;
use common::golden::Golden;
use common::oracle::{bipolar, rows};
use common::{bits, descent, fused, rbf};

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
        let settings = Descent { solver: LogisticSolver::Preconditioned, ..descent(500) };
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
    let keys = attractor::random::patterns(1, 0, 60, 600).unwrap();
    let short = Descent { solver: LogisticSolver::Preconditioned, ..descent(3) };
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
