//! The textbook in f64: slow, obvious, for tests only. Patterns and states are rows of -1 and +1.

use crate::outcome::{CYCLE, OTHER, SPURIOUS, TARGET, UNSETTLED};

/// Hamming distance of two bipolar rows.
pub fn distance(a: &[i8], b: &[i8]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

/// field_i = sum over mu of profile(d(state, key_mu)) * dual\[mu, i\], for one state.
pub fn field(state: &[i8], keys: &[Vec<i8>], profile: &dyn Fn(usize) -> f64, dual: &[Vec<f64>]) -> Vec<f64> {
    let mut field = vec![0.0; dual.first().map_or(0, Vec::len)];
    for (key, dual) in keys.iter().zip(dual) {
        let weight = profile(distance(state, key));
        for (field, dual) in field.iter_mut().zip(dual) {
            *field += weight * dual;
        }
    }
    field
}

/// field_i = sum over mu of weights\[mu\] * dual\[mu, i\], for one state.
pub fn weighted(weights: &[f64], dual: &[Vec<f64>]) -> Vec<f64> {
    let mut field = vec![0.0; dual.first().map_or(0, Vec::len)];
    for (weight, dual) in weights.iter().zip(dual) {
        for (field, dual) in field.iter_mut().zip(dual) {
            *field += weight * dual;
        }
    }
    field
}

/// field_i = sum over j of state_j * couplings\[j, i\], for one state.
pub fn coupled(state: &[i8], couplings: &[Vec<f64>]) -> Vec<f64> {
    let mut field = vec![0.0; couplings.first().map_or(0, Vec::len)];
    for (&component, couplings) in state.iter().zip(couplings) {
        for (field, coupling) in field.iter_mut().zip(couplings) {
            *field += f64::from(component) * coupling;
        }
    }
    field
}

/// The signs of a field; a field of exactly 0 keeps the state.
pub fn activate(field: &[f64], state: &[i8]) -> Vec<i8> {
    field.iter().zip(state).map(|(&h, &s)| if h == 0.0 { s } else { h.signum() as i8 }).collect()
}

/// The nearest key of a state, the lowest index among equals: (distance, index).
pub fn nearest(state: &[i8], keys: &[Vec<i8>]) -> (usize, usize) {
    let distances = keys.iter().enumerate().map(|(index, key)| (distance(state, key), index));
    distances.min().unwrap_or((usize::MAX, 0))
}

/// The distance of the key whose weight has the largest exponent, the lowest index among equals; 0 without keys.
pub fn heaviest(state: &[i8], keys: &[Vec<i8>], exponents: &[i32]) -> usize {
    let exponent = |index: usize| exponents[distance(state, &keys[index])];
    let first = (0..keys.len()).max_by_key(|&index| (exponent(index), std::cmp::Reverse(index)));
    first.map_or(0, |index| distance(state, &keys[index]))
}

/// The neurons in which a cue differs from the pattern it was made from.
pub fn flipped(cue: &[i8], source: &[i8]) -> Vec<usize> {
    (0..source.len()).filter(|&neuron| cue[neuron] != source[neuron]).collect()
}

/// Where a trial ended; `stored` says whether the final state is a stored pattern.
pub fn outcome(state: &[i8], target: &[i8], stored: bool, period: usize) -> u32 {
    if period == 0 {
        UNSETTLED
    } else if period > 1 {
        CYCLE
    } else if state == target {
        TARGET
    } else if stored {
        OTHER
    } else {
        SPURIOUS
    }
}

/// The KLR residual sigma(F) - t + lambda alpha for a target y of -1 or +1, t = (y + 1) / 2.
pub fn residual(field: f64, dual: f64, target: i8, regularization: f64) -> f64 {
    let y = f64::from(target);
    // sigma(F) - t = -y sigma(-y F).
    -y / (1.0 + (y * field).exp()) + regularization * dual
}

/// The gradient of the KLR objective, K (sigmoid(K alpha) - t + lambda alpha), `[P][N]`.
pub fn klr_gradient(
    keys: &[Vec<i8>],
    targets: &[Vec<i8>],
    profile: &dyn Fn(usize) -> f64,
    regularization: f64,
    dual: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let of_row = |(key, (target, dual_row)): (&Vec<i8>, (&Vec<i8>, &Vec<f64>))| -> Vec<f64> {
        let field = field(key, keys, profile, dual);
        let terms = field.iter().zip(target).zip(dual_row);
        terms.map(|((&f, &y), &a)| residual(f, a, y, regularization)).collect()
    };
    let residuals: Vec<_> = keys.iter().zip(targets.iter().zip(dual)).map(of_row).collect();
    keys.iter().map(|key| field(key, keys, profile, &residuals)).collect()
}

/// KLR by gradient descent from 0: `updates` steps of alpha -= rate * gradient.
pub fn klr(
    keys: &[Vec<i8>],
    targets: &[Vec<i8>],
    profile: &dyn Fn(usize) -> f64,
    rate: f64,
    regularization: f64,
    updates: usize,
) -> Vec<Vec<f64>> {
    let mut dual: Vec<Vec<f64>> = targets.iter().map(|row| vec![0.0; row.len()]).collect();
    for _ in 0..updates {
        let gradient = klr_gradient(keys, targets, profile, regularization, &dual);
        for (dual, gradient) in dual.iter_mut().flatten().zip(gradient.into_iter().flatten()) {
            *dual -= rate * gradient;
        }
    }
    dual
}

/// The KLR objective, sum over mu and i of log(1 + exp(-y F)) + (lambda / 2) alpha F.
pub fn klr_objective(
    keys: &[Vec<i8>],
    targets: &[Vec<i8>],
    profile: &dyn Fn(usize) -> f64,
    regularization: f64,
    dual: &[Vec<f64>],
) -> f64 {
    let of_row = |(key, (target, dual_row)): (&Vec<i8>, (&Vec<i8>, &Vec<f64>))| -> f64 {
        let field = field(key, keys, profile, dual);
        let terms = field.iter().zip(target).zip(dual_row);
        terms.map(|((&f, &y), a)| (-f64::from(y) * f).exp().ln_1p() + 0.5 * regularization * a * f).sum()
    };
    keys.iter().zip(targets.iter().zip(dual)).map(of_row).sum()
}
