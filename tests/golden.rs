//! Golden: duals, outcomes, final states and steps computed by an independent NumPy implementation in f64.

mod common;

use attractor::endpoint::{Outcome, endpoints};
use attractor::engine::Workspace;
use attractor::memory::Memory;
use common::golden::Golden;
use common::oracle::UNIT;
use common::{backends, fused, memory, name, rbf, recalled, trained, twice_rounded};

/// The settings behind a golden file, from INDEX.json beside the original files.
struct Case {
    file: &'static str,
    updates: usize,
    /// Whether the descent ends below a hundredth of its first gradient.
    settled: bool,
}

const SETTLING: [Case; 5] = [
    Case { file: "klr_small", updates: 200, settled: false },
    Case { file: "klr_word", updates: 300, settled: false },
    Case { file: "klr_wide", updates: 200, settled: false },
    Case { file: "klr_hard", updates: 500, settled: true },
    Case { file: "klr_ridge", updates: 500, settled: true },
];

/// Every step of these descents is a contraction, eta l (l/4 + lambda) < 2 with l the largest eigenvalue of K, so the
/// rounding errors of the updates add up at most: |e| <= sum over t of eta |d_t| + u |alpha_t|, and with
/// |d_t| <= l (gamma_P |K|_F |alpha|/4 + 8 u |sigma|) + gamma_P |K|_F |residual| per neuron that is 4e-3 (klr_small) to
/// 2.7 (klr_ridge): rigorous, and hopeless, since roundings do not conspire. They walk at random: one rounding of alpha
/// an update gives u |alpha| sqrt(T), and as much again comes from the fields. The limit is four times that, 1.1e-5 to
/// 2.4e-5; measured are 1.7e-6 to 3.6e-6. Another eta, lambda or number of updates misses it by orders of magnitude.
fn random_walk(updates: usize, alpha: &[f64]) -> f64 {
    let most = alpha.iter().fold(0.0, |most: f64, alpha| most.max(alpha.abs()));
    4.0 * UNIT * (updates as f64).sqrt() * most
}

#[test]
fn descent_ends_at_the_golden_dual() {
    for Case { file, updates, settled } in SETTLING {
        let mut golden = Golden::open(file);
        let keys = golden.patterns("keys");
        let table = rbf(keys.neurons(), golden.scalar("gamma"));
        let alpha: Vec<f64> = golden.array("alpha");
        for backend in backends() {
            // A software adapter needs half a minute for this one; lockstep shows that its bits are the CPU's.
            if file == "klr_ridge" && backend.device().backend == "gpu" {
                continue;
            }
            let what = format!("{file}, {}", name(backend));
            let own = std::slice::from_ref(&keys);
            let trained = trained(backend, own, own, &table, updates).remove(0);
            assert_eq!(trained.dual.len(), alpha.len());
            let limit = random_walk(updates, &alpha);
            for (&computed, &exact) in trained.dual.iter().zip(&alpha) {
                let error = (f64::from(computed) - exact).abs();
                let ok = error <= limit;
                assert!(ok, "{what}: {computed:e}, golden {exact:e}: error {error:e} above {limit:e}");
            }
            let convergence = trained.convergence;
            let off = (convergence.objective / golden.scalar("objective") - 1.0).abs();
            assert!(off <= 1e-6, "{what}: objective {}, off by {off:e}", convergence.objective);
            // The gradient is a small difference of terms as large as the first one.
            let off = (convergence.gradient_norm - golden.scalar("gradient_max")).abs();
            let ok = off <= 1e-6 * convergence.initial_gradient_norm;
            assert!(ok, "{what}: gradient {:e}, off by {off:e}", convergence.gradient_norm);
            assert_eq!(convergence.settled, settled, "{what}");
            assert_eq!(convergence.updates, updates);
        }
    }
}

/// Far above the safe step (eta l (l/4 + lambda) is 188 here) the path is chaotic: roundings grow until the dual is
/// another one. What can be held to the golden run is how well it does, and that it says that it did not settle.
#[test]
fn an_unsettled_descent_says_so() {
    let mut golden = Golden::open("klr_unsettled");
    let keys = golden.patterns("keys");
    let table = rbf(keys.neurons(), golden.scalar("gamma"));
    for backend in [fused(), twice_rounded()] {
        let own = std::slice::from_ref(&keys);
        let convergence = trained(backend, own, own, &table, 500).remove(0).convergence;
        assert!(!convergence.settled, "{}", name(backend));
        let off = (convergence.objective / golden.scalar("objective") - 1.0).abs();
        assert!(off <= 0.02, "{}: objective off by {off:e}", name(backend));
        let off = (convergence.gradient_norm / golden.scalar("gradient_max") - 1.0).abs();
        assert!(off <= 0.02, "{}: gradient off by {off:e}", name(backend));
    }
}

/// The golden dual, rounded to f32, as a memory.
fn golden_memory(golden: &mut Golden) -> Memory {
    let keys = golden.patterns("keys");
    let table = rbf(keys.neurons(), golden.scalar("gamma"));
    let dual = golden.array::<f64>("alpha").into_iter().map(|alpha| alpha as f32).collect();
    memory(&keys, dual, &table)
}

#[test]
fn recall_ends_where_the_golden_run_ended() {
    for file in SETTLING.iter().map(|case| case.file).chain(["klr_unsettled"]) {
        let mut golden = Golden::open(file);
        let memory = golden_memory(&mut golden);
        let cues = golden.patterns("cues");
        let finals = golden.patterns("final");
        let steps: Vec<i64> = golden.array("steps");
        let outcomes: Vec<i64> = golden.array("outcome");
        let target: Vec<i64> = golden.array("target");
        let targets = [memory.keys.select(target.iter().map(|&row| row as usize))];
        for backend in backends() {
            let what = format!("{file}, {}", name(backend));
            let recalls = recalled(backend, &[&memory], std::slice::from_ref(&cues), 30);
            let taken: Vec<i64> = recalls[0].endings.iter().map(|end| end.steps as i64).collect();
            assert!(recalls[0].finals == finals, "{what}: final states");
            assert_eq!(taken, steps, "{what}: steps");
            let ends = endpoints(&Workspace::new(backend), &[&memory.keys], &recalls, &targets).unwrap();
            let codes = ends[0].iter().map(|end| match end.outcome {
                Outcome::Target => 0,
                Outcome::Other => 1,
                Outcome::Spurious => 2,
                Outcome::Cycle | Outcome::Unsettled => 3,
            });
            assert_eq!(codes.collect::<Vec<i64>>(), outcomes, "{what}: outcomes");
        }
    }
}

/// The cyclic sequence of 300 patterns, two rounds: every transition by itself, and one round in one go.
#[test]
fn a_sequence_goes_its_golden_way() {
    let mut golden = Golden::open("sequence");
    let keys = golden.patterns("keys");
    let dual = golden.array::<f64>("alpha").into_iter().map(|alpha| alpha as f32).collect();
    let memory = memory(&keys, dual, &rbf(keys.neurons(), 0.02));
    let trajectory = golden.patterns("trajectory");
    let moves = trajectory.len() - 1;
    for backend in backends() {
        let starts = trajectory.prefix(moves);
        let next = recalled(backend, &[&memory], &[starts], 1).remove(0).finals;
        assert!(next == trajectory.select(1..=moves), "{}: a transition", name(backend));
        let first = trajectory.prefix(1);
        let some = recalled(backend, &[&memory], std::slice::from_ref(&first), 30).remove(0);
        assert_eq!(some.finals.row(0), trajectory.row(30), "{}", name(backend));
        let round = recalled(backend, &[&memory], &[first], moves).remove(0);
        assert_eq!((round.endings[0].steps, round.endings[0].period), (300, 300), "{}", name(backend));
    }
}
