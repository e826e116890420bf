//! The gradient is a slope, the solvers agree, and what cannot be meant is refused.

use super::*;
use crate::random::patterns;

const SETTINGS: LinearLogistic = LinearLogistic {
    learning_rate: 0.1,
    regularization: 0.01,
    updates: 50,
    symmetrised: false,
    solver: Solver::GradientDescent,
    gradient_norm: 1e-4,
};

#[test]
fn the_gradient_is_the_slope_of_the_objective() {
    let (keys, targets) = (patterns(1, 0, 13, 20).unwrap(), patterns(2, 0, 13, 20).unwrap());
    let mut descent = Descent::new(&keys, &targets, 0.3);
    let start = |j: usize, i: usize| if i == j { 0.0 } else { ((j * 5 + i * 3) % 7) as f64 / 10.0 - 0.3 };
    descent.known = false;
    descent.weights = (0..169).map(|index| start(index / 13, index % 13)).collect();
    descent.differentiate();
    let gradient = descent.gradient.clone();
    for (j, i) in [(0, 1), (5, 2), (12, 11), (7, 0)] {
        let mut at = |offset: f64| {
            descent.weights[j * 13 + i] = start(j, i) + offset;
            descent.known = false;
            descent.objective()
        };
        let slope = (at(1e-4) - at(-1e-4)) / 2e-4;
        at(0.0);
        // Third derivatives are below 1, so the quotient is off by 1e-8 / 6, and by 1e-13 / 1e-4 of rounding.
        assert!((gradient[j * 13 + i] - slope).abs() < 1e-8, "{j} to {i}: {slope}");
    }
    assert!((0..13).all(|i| gradient[i * 14] == 0.0));
}

#[test]
fn the_symmetrised_form_is_the_mean_with_the_transpose() {
    let keys = patterns(1, 0, 21, 15).unwrap();
    let plain = linear_logistic_couplings(&keys, &keys, &SETTINGS).unwrap();
    let symmetrised = LinearLogistic { symmetrised: true, ..SETTINGS };
    let both = linear_logistic_couplings(&keys, &keys, &symmetrised).unwrap();
    assert!(plain.gradient_norm < plain.initial_gradient_norm);
    assert_eq!((plain.objective, plain.gradient_norm), (both.objective, both.gradient_norm));
    for (j, i) in (0..21).flat_map(|j| (0..21).map(move |i| (j, i))) {
        let [w, transposed] = [plain.couplings[j * 21 + i], plain.couplings[i * 21 + j]];
        let bound = 2.0 * f32::EPSILON * (w.abs() + transposed.abs());
        assert!((both.couplings[j * 21 + i] - 0.5 * (w + transposed)).abs() <= bound);
        assert_eq!(both.couplings[j * 21 + i], both.couplings[i * 21 + j]);
    }
    assert!((0..21).all(|i| plain.couplings[i * 22] == 0.0));
}

#[test]
fn what_cannot_be_meant_or_diverges_is_refused() {
    let keys = patterns(1, 0, 21, 15).unwrap();
    let refusal = |settings| linear_logistic_couplings(&keys, &keys, &settings).unwrap_err().to_string();
    assert!(refusal(LinearLogistic { learning_rate: f64::NAN, ..SETTINGS }).contains("learning rate NaN"));
    assert!(refusal(LinearLogistic { regularization: -1.0, ..SETTINGS }).contains("regularization -1"));
    // eta lambda = 1e9: W grows 1e9-fold at each update.
    let large = LinearLogistic { learning_rate: 1e9, regularization: 1.0, ..SETTINGS };
    assert!(refusal(large).contains("lower --learning-rate (now 1000000000)"));
    assert!(linear_logistic_couplings(&keys, &keys.prefix(3), &SETTINGS).is_err());
}

/// |W - W*| <= |gradient| / lambda for each neuron: two ways to one optimum, the second with fewer products.
#[test]
fn newton_finds_nesterovs_couplings_by_fewer_products() {
    for (count, regularization, symmetrised) in [(15, 0.001, false), (60, 0.001, false), (60, 0.01, true)] {
        let (keys, targets) = (patterns(1, 0, 31, count).unwrap(), patterns(2, 0, 31, count).unwrap());
        let by = |solver| {
            let settings =
                LinearLogistic { solver, regularization, symmetrised, updates: 5000, gradient_norm: 1e-7, ..SETTINGS };
            let trained = linear_logistic_couplings(&keys, &targets, &settings).unwrap();
            assert!(trained.gradient_norm <= 0.5e-7 && trained.updates < 5000, "{solver}: {trained:?}");
            trained
        };
        let [nesterov, newton] = [Solver::Nesterov, Solver::NewtonCg].map(by);
        let bound = 31_f64.sqrt() * 1e-7 / regularization + f64::from(f32::EPSILON) * 4.0;
        let off = nesterov.couplings.iter().zip(&newton.couplings).map(|(a, b)| f64::from((a - b).abs()));
        let most = off.fold(0.0, f64::max);
        assert!(most <= bound, "{count}: {most:e} above {bound:e}");
        assert!(
            newton.updates < 20 && newton.products < nesterov.products,
            "{} {}",
            newton.products,
            nesterov.products
        );
        assert!(symmetrised || (0..31).all(|i| newton.couplings[i * 32] == 0.0));
    }
}

#[test]
fn newtons_objective_always_falls_and_he_can_be_stopped() {
    let keys = patterns(3, 0, 24, 40).unwrap();
    let settings = LinearLogistic { solver: Solver::NewtonCg, regularization: 1e-4, ..SETTINGS };
    let trained = train(&keys, &keys, &settings, true, &mut |_| true).unwrap();
    assert!(trained.trace.windows(2).all(|pair| pair[1].objective <= pair[0].objective * (1.0 + 1e-12)));
    assert!(matches!(train(&keys, &keys, &settings, false, &mut |_| false), Err(Error::Interrupted)));
    let refusal = LinearLogistic { regularization: 0.0, ..settings };
    let refusal = linear_logistic_couplings(&keys, &keys, &refusal).unwrap_err().to_string();
    assert!(refusal.contains("solver newton-cg without regularization"), "{refusal}");
}
