//! How much of a step to take, for all neurons at once.

/// The objective falls by at least this share of what its slope promises (L. Armijo, 1966).
const SUFFICIENT: f64 = 1e-4;
/// But rounding may hide this share of it.
const ROUNDING: f64 = 1e-12;
/// Halvings of a step, at most.
const HALVINGS: usize = 40;

/// Of each neuron, 1 or the first half of a half that its objective falls by enough for. `slopes` are gradient times
/// step, the step taken backwards; `objectives` is each neuron's objective after such a share of it.
pub(super) fn shares(slopes: &[f64], objectives: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let before = objectives(&vec![0.0; slopes.len()]);
    let mut shares = vec![1.0; slopes.len()];
    for _ in 0..HALVINGS {
        let after = objectives(&shares);
        let mut halved = false;
        for (neuron, share) in shares.iter_mut().enumerate() {
            let fallen = before[neuron] - after[neuron];
            // Not `fallen <`, so that NaN is too far.
            let enough = fallen >= SUFFICIENT * *share * slopes[neuron] - ROUNDING * before[neuron];
            if !enough {
                *share *= 0.5;
                halved = true;
            }
        }
        if !halved {
            break;
        }
    }
    shares
}
