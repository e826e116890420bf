//! Solved systems are solved, and what cannot be solved is refused.

use super::*;
use crate::memory::Profile;
use crate::random::patterns;

fn rbf(neurons: usize, gamma: f64) -> Table {
    Profile::Rbf { gamma }.table(neurons).unwrap()
}

fn refusal(keys: &Patterns, table: &Table, ridge: &Ridge) -> String {
    ridge_dual(keys, keys, table, ridge).unwrap_err().to_string()
}

#[test]
fn both_solvers_solve_the_same_system() {
    // More patterns than a panel of 16 rows, and not a multiple of it.
    let (keys, targets) = (patterns(1, 0, 50, 301).unwrap(), patterns(2, 0, 50, 301).unwrap());
    let table = rbf(50, 0.03);
    let ridge = |solver, tolerance| Ridge { solver, tolerance, ..Ridge::default() };
    let exact = ridge_dual(&keys, &targets, &table, &ridge(Solver::Cholesky, 1e-3)).unwrap();
    let near = ridge_dual(&keys, &targets, &table, &ridge(Solver::ConjugateGradients, 1e-4)).unwrap();
    assert_eq!((exact.iterations, exact.solver), (0, Solver::Cholesky));
    assert!(near.iterations > 5 && near.residual_norm <= 1e-4, "{} {:e}", near.iterations, near.residual_norm);
    // |alpha - alpha'|_2 <= |r - r'|_2 / lambda for each neuron, |r|_2 <= sqrt(P) |r|_max; lambda is 0.01.
    let bound = 301.0_f64.sqrt() * (exact.residual_norm + near.residual_norm) / 0.01;
    let off = exact.dual.iter().zip(&near.dual).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    assert!(off <= bound, "{off:e} {bound:e}");
}

#[test]
fn without_regularization_every_pattern_is_interpolated() {
    let (keys, targets) = (patterns(1, 0, 60, 90).unwrap(), patterns(2, 0, 60, 90).unwrap());
    let table = rbf(60, 0.05);
    let mut before = f64::INFINITY;
    for regularization in [1.0, 0.1, 0.01, 0.0] {
        let ridge = Ridge { regularization, ..Ridge::default() };
        let solved = ridge_dual(&keys, &targets, &table, &ridge).unwrap();
        let given: Vec<f64> = solved.dual.iter().map(|&alpha| f64::from(alpha)).collect();
        let missed = residual_norm(&Kernel::new(&keys, &table).unwrap(), 0.0, &bipolar(&targets), &given);
        assert!(missed < before, "lambda {regularization} misses by {missed}");
        before = missed;
    }
    assert!(before <= 1e-3, "{before}");
}

#[test]
fn a_wide_table_is_taken_relative_to_its_diagonal() {
    // exp(-4 gamma d) of gamma 5: K is the identity to 1e-9, and alpha = y / (1 + lambda).
    let keys = patterns(1, 0, 100, 50).unwrap();
    let table = rbf(100, 5.0);
    assert!(table.is_wide());
    let solved = ridge_dual(&keys, &keys, &table, &Ridge { regularization: 0.25, ..Ridge::default() }).unwrap();
    assert!(solved.dual.iter().zip(keys.to_bipolar()).all(|(&alpha, y)| (alpha - 0.8 * f32::from(y)).abs() < 1e-6));
    // The same profile times 2^500, as exp(m) has it.
    let large = table.exponents.iter().map(|exponent| exponent + 500).collect();
    let large: Table = (table.values, large).into();
    let scaled = ridge_dual(&keys, &keys, &large, &Ridge { regularization: 0.25, ..Ridge::default() }).unwrap();
    assert_eq!(scaled.dual, solved.dual);
}

#[test]
fn systems_that_are_singular_or_unsolved_are_refused() {
    let keys = patterns(1, 0, 60, 40).unwrap();
    let table = rbf(60, 0.05);
    let interpolating = Ridge { regularization: 0.0, ..Ridge::default() };
    let twice = keys.select((0..40).chain([7]));
    let singular = refusal(&twice, &table, &interpolating);
    assert!(singular.contains("raise --regularization") && singular.contains("kernel matrix"), "{singular}");
    assert!(ridge_dual(&twice, &twice, &table, &Ridge::default()).is_ok());

    let iterative = Ridge { solver: Solver::ConjugateGradients, ..Ridge::default() };
    let unfinished = refusal(&keys, &table, &Ridge { iterations: 1, ..iterative });
    assert!(unfinished.contains("not solved") && unfinished.contains("after 1 iterations"), "{unfinished}");
    assert!(refusal(&keys, &table, &Ridge { regularization: 0.0, ..iterative }).contains("by conjugate gradients"));

    // 1 between different patterns and 0.1 with oneself: 39.1, and 39 eigenvalues of -0.9.
    let indefinite: Vec<f32> = (0..=60).map(|d| if d == 0 { 0.1 } else { 1.0 }).collect();
    let indefinite: Table = (indefinite, vec![0; 61]).into();
    for ridge in [Ridge::default(), iterative] {
        assert!(refusal(&keys, &indefinite, &ridge).contains("not positive definite"));
    }
}

#[test]
fn settings_and_tables_that_cannot_be_meant_are_refused() {
    let keys = patterns(1, 0, 60, 40).unwrap();
    let table = rbf(60, 0.05);
    for regularization in [-1.0, f64::NAN, f64::INFINITY] {
        let ridge = Ridge { regularization, ..Ridge::default() };
        assert!(refusal(&keys, &table, &ridge).contains("regularization"));
    }
    assert!(refusal(&keys, &table, &Ridge { tolerance: f64::NAN, ..Ridge::default() }).contains("tolerance NaN"));
    assert!(refusal(&keys, &rbf(59, 0.05), &Ridge::default()).contains("60 weights for 60 neurons"));
    let nan: Table = (vec![f32::NAN; 61], vec![0; 61]).into();
    assert!(ridge_dual(&keys, &keys, &nan, &Ridge::default()).is_err());
    let zero: Table = (vec![0.0; 61], vec![0; 61]).into();
    assert!(refusal(&keys, &zero, &Ridge::default()).contains("no inner product"));
    assert!(ridge_dual(&keys, &keys.prefix(39), &table, &Ridge::default()).is_err());
    assert!(ridge_dual(&keys.prefix(0), &keys.prefix(0), &table, &Ridge::default()).is_err());
}

/// With the mean and N overlaps taken out, what is left of a flat kernel is near a multiple of the identity.
#[test]
fn eigenvectors_save_most_iterations_of_a_flat_kernel() {
    let keys = patterns(1, 0, 40, 400).unwrap();
    let table = rbf(40, 0.002);
    let (kernel, answers) = (Kernel::new(&keys, &table).unwrap(), bipolar(&keys));
    let ridge = Ridge { regularization: 0.001, ..Ridge::default() };
    let with = |rank| iterative::solve(&kernel, &answers, &ridge, rank, &mut || true).unwrap();
    let ((plain, many), (preconditioned, few)) = (with(0), with(nystrom::rank(400, 40)));
    assert!(2 * few < many, "{few} and {many} iterations");
    // As above: both residuals are below 1e-5.
    let bound = 20.0 * 2e-5 / 0.001;
    let off = plain.iter().zip(&preconditioned).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off <= bound, "{off:e} above {bound:e}");
    let stopped = iterative::solve(&kernel, &answers, &ridge, 0, &mut || false);
    assert!(matches!(stopped, Err(Error::Interrupted)));
}
