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

/// The terms of a similarity, one for each dimension: products (0), minus the magnitudes of differences (1) or their
/// squares (2).
pub fn similarities(kind: u32, query: &[f64], pattern: &[f64]) -> Vec<f64> {
    let term = |(x, y): (&f64, &f64)| match kind {
        0 => x * y,
        1 => -(x - y).abs(),
        _ => -(x - y) * (x - y),
    };
    query.iter().zip(pattern).map(term).collect()
}

/// exp(beta (s - max s)) of some scores s, and their sum.
pub fn exponentials(scores: &[f64], beta: f64) -> (Vec<f64>, f64) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (beta * (score - most)).exp()).collect();
    let total = weights.iter().sum();
    (weights, total)
}

/// max(z - tau, 0)^power with z = sharpness (s - max s) of some scores s, tau by bisection so that they sum to 1.
pub fn entmax(scores: &[f64], sharpness: f64, power: f64) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = |tau: f64| {
        scores.iter().map(move |score| (sharpness * (score - most) - tau).max(0.0).powf(power)).collect::<Vec<f64>>()
    };
    let (mut low, mut high) = (-1.0, 0.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if weights(middle).iter().sum::<f64>() >= 1.0 { low = middle } else { high = middle }
    }
    weights(low)
}

/// A variant of a pattern: `variation` is the deviation, the masked dimensions and what comes after the mask, `draw`
/// the pattern's and the variant's number.
pub fn variant(
    variation: (f64, u32, u32),
    key: [u32; 2],
    draw: [u32; 2],
    source: &[f64],
    scale: &[f64],
    bias: &[f64],
) -> Vec<f64> {
    use crate::philox::philox;
    let (deviation, masked, after) = variation;
    let word = |dimension: usize, each: usize, purpose: u32, offset: usize| {
        philox(key, [(dimension / each) as u32, draw[0], draw[1], purpose])[dimension % each * (4 / each) + offset]
    };
    let mut left = f64::from(masked).min(source.len() as f64);
    let of_dimension = |dimension: usize| {
        let (a, b) = (word(dimension, 2, 0, 0), word(dimension, 2, 0, 1));
        let uniform = f64::from((a >> 8) + 1) / f64::from(1 << 24);
        let angle = (f64::from((b >> 6) & 0x00ff_ffff) / f64::from(1 << 24) - 0.5) * std::f64::consts::FRAC_PI_2;
        let cosine = [angle.cos(), angle.sin(), -angle.cos(), -angle.sin()][(b >> 30) as usize];
        let noise = deviation * scale[dimension] * (-2.0 * uniform.ln()).sqrt() * cosine;
        let added = |bit: u32, now: bool| if (after & bit != 0) == now { 1.0 } else { 0.0 };
        let add = |value: f64, now: bool| value + added(1, now) * noise + added(2, now) * bias[dimension];
        let remaining = (source.len() - dimension) as f64;
        let chosen = (f64::from(word(dimension, 4, 1, 0)) * remaining / 2.0_f64.powi(32)).floor() < left;
        let mut value = add(source[dimension], false);
        if chosen {
            left -= 1.0;
            value = f64::from(word(dimension, 4, 2, 0) >> 8) / f64::from(1 << 23) - 1.0;
        }
        add(value, true)
    };
    (0..source.len()).map(of_dimension).collect()
}
