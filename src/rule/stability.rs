//! How large a step gradient descent may take.

use super::dense::{irregular_sign, norm};
use super::kernel_matrix::Kernel;
use super::{Descent, Model, Solver};
use crate::pattern::Patterns;

/// Power iterations at most; for K each makes it once, a share of 1 / (2 N) of an update's multiply-adds.
const ITERATIONS: usize = 20;
/// They end when the eigenvalue grows by less. That of a pair of equal patterns among many begins to grow by little more.
const GROWTH: f64 = 1e-6;

/// Why plain gradient descent on these keys may not settle, if its step is larger than
/// [`Learn::safe_step`](super::Learn::safe_step).
///
/// Power iteration finds the largest curvature from below, and the bound from above: what is warned of is too large
/// indeed. Where the sigmoid saturates more may do, but nothing promises it. Costs at most 20 P^2 distances.
pub fn unstable_step(model: &Model, keys: &Patterns, descent: &Descent) -> Option<String> {
    if model.rule.solver(descent) != Some(Solver::GradientDescent) || descent.updates == 0 {
        return None;
    }
    // What is wrong with a table or with keys is training's to tell.
    let table = model.profile.table(keys.neurons()).ok()?;
    let bound = model.rule.safe_step(keys, &table, descent)?;
    let others = model.rule.solvers().iter().filter(|solver| !solver.may_diverge());
    (f64::from(descent.learning_rate) > bound).then(|| {
        format!(
            "learning rate {} is above {bound:.2e}, up to which gradient descent on {} patterns is certain to settle: give \
             --solver {}, with no learning rate to choose, or --learning-rate below that",
            descent.learning_rate,
            keys.len(),
            others.map(|solver| solver.name()).collect::<Vec<_>>().join(" or --solver "),
        )
    })
}

/// That of K in size, from below.
pub(super) fn largest_eigenvalue(kernel: &Kernel<'_>) -> f64 {
    power_iteration(kernel.patterns(), |vector, product| kernel.product(0.0, vector, product))
}

/// The largest eigenvalue in size of a symmetric matrix, from below, by products with it.
pub(super) fn power_iteration(size: usize, mut multiply: impl FnMut(&[f64], &mut [f64])) -> f64 {
    // Near the mean, which is the largest direction of kernels above 0, and orthogonal to no eigenvector but by chance.
    let entry = |row| 1.0 + 0.5 * irregular_sign(row);
    let mut vector: Vec<f64> = (0..size).map(entry).collect();
    let mut product = vec![0.0; vector.len()];
    let mut largest = 0.0;
    for _ in 0..ITERATIONS {
        let size = norm(&vector);
        vector.iter_mut().for_each(|value| *value /= size);
        multiply(&vector, &mut product);
        let found = norm(&product);
        std::mem::swap(&mut vector, &mut product);
        let grown = found > (1.0 + GROWTH) * largest;
        largest = found.max(largest);
        if !grown {
            break;
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Profile;
    use crate::random::patterns;

    #[test]
    fn the_spectrum_is_the_published_one() {
        // arXiv 2609.16827: N 50, P 100, gamma 0.02, the largest eigenvalue of K^2/4 + lambda K above 50. With independent
        // patterns it is about 55.6, and differs from draw to draw by a few.
        let table = Profile::Rbf { gamma: 0.02 }.table(50).unwrap();
        for seed in 1..6 {
            let keys = patterns(seed, 0, 50, 100).unwrap();
            let largest = largest_eigenvalue(&Kernel::new(&keys, &table).unwrap());
            let curvature = largest * (0.25 * largest + 0.01);
            assert!((50.0..61.0).contains(&curvature), "seed {seed}: {curvature}");
        }
    }

    #[test]
    fn an_eigenvector_that_the_start_hardly_has_is_found() {
        for only in [0, 1, 2, 1999] {
            let double = |vector: &[f64], product: &mut [f64]| {
                product.copy_from_slice(vector);
                product[only] *= 2.0;
            };
            let largest = power_iteration(2000, double);
            assert!((1.99..2.0 + 1e-9).contains(&largest), "{only}: {largest}");
        }
    }

    #[test]
    fn a_step_is_warned_of_above_the_bound_alone() {
        let keys = patterns(1, 0, 50, 100).unwrap();
        let model: Model = "klr/rbf:0.02".parse().unwrap();
        let with = |learning_rate| Descent { learning_rate, ..Descent::default() };
        let warning = unstable_step(&model, &keys, &with(0.1)).unwrap();
        for word in ["0.1 is above 3.", "--solver preconditioned", "--learning-rate"] {
            assert!(warning.contains(word), "{warning}");
        }
        assert_eq!(unstable_step(&model, &keys, &with(0.03)), None);
        let other = Descent { solver: Solver::Preconditioned, ..with(0.1) };
        assert_eq!(unstable_step(&model, &keys, &other), None);
        assert_eq!(unstable_step(&"krr".parse().unwrap(), &keys, &with(0.1)), None);
    }
}
