//! Golden: duals, outcomes, final states and steps computed by an independent NumPy implementation in f64.

mod common;

use attractor::endpoint::{Outcome, endpoints};
use attractor::engine::kernel::COUPLE;
use attractor::engine::{Scalar, Work, Workspace};
use attractor::measure::signal;
use attractor::memory::{Memory, Profile};
use attractor::pattern::hamming;
use attractor::recall::{Precision, orbits};
use attractor_kernels_cpu::oracle;
use common::cases::Case;
use common::golden::Golden;
use common::judge::execute;
use common::oracle::{UNIT, bipolar};
use common::{backends, bits, coupled, fused, hebbian, memory, name, rbf, recalled, trained, twice_rounded};

/// The settings behind a golden file, from INDEX.json beside the original files.
struct Descent {
    file: &'static str,
    updates: usize,
    /// Whether the descent ends below a hundredth of its first gradient.
    settled: bool,
}

const SETTLING: [Descent; 5] = [
    Descent { file: "klr_small", updates: 200, settled: false },
    Descent { file: "klr_word", updates: 300, settled: false },
    Descent { file: "klr_wide", updates: 200, settled: false },
    Descent { file: "klr_hard", updates: 500, settled: true },
    Descent { file: "klr_ridge", updates: 500, settled: true },
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
    for Descent { file, updates, settled } in SETTLING {
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
            let off = (convergence.objective.unwrap() / golden.scalar("objective") - 1.0).abs();
            assert!(off <= 1e-6, "{what}: objective {:?}, off by {off:e}", convergence.objective);
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
        let off = (convergence.objective.unwrap() / golden.scalar("objective") - 1.0).abs();
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

/// Hebb's rule, W = (1/N) sum over mu of x x^T, its diagonal removed and kept. N W is made of integers, and so is a
/// field times N; what the golden one is off is the rounding of its terms, at most N of them of size P / N.
#[test]
fn fields_of_hebbs_rule_are_the_golden_ones() {
    let mut golden = Golden::open("rules");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let (neurons, trials) = (keys.neurons(), cues.len());
    let largest = (neurons * keys.len()) as f64;
    let rounding = largest * (neurons + 2) as f64 * f64::EPSILON;
    for (fields, diagonal) in [("field_hebb", false), ("field_hebb_self", true)] {
        let exact: Vec<f64> = golden.array(fields);
        let couplings = hebbian(&keys, diagonal);
        let case = Case {
            name: fields.into(),
            work: Work { nets: 1, trials, patterns: neurons, neurons },
            inputs: vec![
                ("states", cues.words().to_vec()),
                ("couplings", bits(&couplings)),
                ("bias", vec![0; neurons]),
            ],
            scalars: vec![("zero", Scalar::F32(-1.0))],
        };
        let memory = coupled(&keys, couplings);
        for backend in backends() {
            let what = format!("{fields}, {}", name(backend));
            let computed = execute(backend, &COUPLE, &case).output("field").values();
            assert_eq!(computed.len(), exact.len());
            for (&computed, &exact) in computed.iter().zip(&exact) {
                let scaled = exact * neurons as f64;
                let ok = (f64::from(computed) - scaled).abs() <= rounding && computed == scaled.round() as f32;
                assert!(ok, "{what}: {computed} and {scaled}");
            }
            let steps = recalled(backend, &[&memory], std::slice::from_ref(&cues), 1).remove(0).finals;
            let states = bipolar(cues.words(), neurons);
            let signs = exact.chunks(neurons).zip(&states).flat_map(|(field, state)| {
                let whole: Vec<f64> = field.iter().map(|field| (field * neurons as f64).round()).collect();
                oracle::activate(&whole, state)
            });
            assert_eq!(steps.to_bipolar(), signs.collect::<Vec<i8>>(), "{what}");
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

/// The same walk in one go: its states and overlaps exactly, the second round by repeating the first.
///
/// Signal and noise are of the memory's own f32 dual and table, each off by u at most: a field's rest by e = 2 u sum K
/// |alpha|, the noise by no more than the root mean square of e, since a deviation is a norm, and the signal by u mean
/// |alpha|. Sums in f64 add 2^-29 of that, and less than (P + 2) 2^-53 of sum K |alpha|.
#[test]
fn a_sequence_has_its_golden_overlaps_signal_and_noise() {
    let mut golden = Golden::open("sequence");
    let (keys, trajectory) = (golden.patterns("keys"), golden.patterns("trajectory"));
    let dual: Vec<f32> = golden.array::<f64>("alpha").into_iter().map(|alpha| alpha as f32).collect();
    let table = rbf(keys.neurons(), 0.02);
    let memory = memory(&keys, dual.clone(), &table);
    let overlaps: Vec<f64> = golden.array("overlap");
    let (patterns, neurons, steps) = (keys.len(), keys.neurons(), trajectory.len() - 1);
    for backend in backends() {
        let start = [trajectory.prefix(1)];
        let orbit = orbits(Precision::F32, &Workspace::new(backend), &[&memory], &start, steps, &mut |_| true);
        let orbit = orbit.unwrap().remove(0).remove(0);
        assert_eq!((orbit.period(), orbit.states().len()), (patterns, patterns), "{}", name(backend));
        for (step, overlap) in overlaps.iter().enumerate() {
            assert_eq!(orbit.state(step), trajectory.row(step), "{}, step {step}", name(backend));
            let distance = hamming(orbit.state(step), keys.row(step % patterns));
            assert_eq!((neurons as f64 - 2.0 * f64::from(distance)) / neurons as f64, *overlap);
        }
    }
    let next = keys.select((1..patterns).chain([0]));
    let measured = signal(&keys, &next, &dual, &table).unwrap();
    let mut squares = 0.0;
    for row in 0..patterns {
        let weights: Vec<f64> =
            (0..patterns).map(|other| table.weight(hamming(keys.row(row), keys.row(other)) as usize, 0)).collect();
        for neuron in 0..neurons {
            let terms =
                weights.iter().enumerate().map(|(other, k)| k * f64::from(dual[other * neurons + neuron].abs()));
            squares += (2.001 * UNIT * terms.sum::<f64>()).powi(2);
        }
    }
    let size = (patterns * neurons) as f64;
    let noise_off = (squares / size).sqrt();
    let signal_off = 1.001 * UNIT * dual.iter().map(|dual| f64::from(dual.abs())).sum::<f64>() / size;
    let (exact_signal, exact_noise) = (golden.scalar("signal"), golden.scalar("noise"));
    assert!((measured.signal - exact_signal).abs() <= signal_off, "{measured:?}, golden {exact_signal}");
    assert!((measured.noise - exact_noise).abs() <= noise_off, "{measured:?}, golden {exact_noise}");
    let ratio_off = 1.001 * (signal_off / exact_signal + noise_off / exact_noise);
    let off = (measured.ratio() / golden.scalar("snr") - 1.0).abs();
    assert!(off <= ratio_off && ratio_off < 1e-4, "{off:e} of {ratio_off:e}");
}

/// Dense memories: the dual is the patterns themselves. Where the golden field is clear of rounding its sign is ours,
/// and where whole numbers cancel to 0 the neuron keeps its state.
#[test]
fn dense_memories_take_the_golden_step() {
    let mut golden = Golden::open("dense");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let neurons = keys.neurons();
    let dual: Vec<f32> = keys.to_bipolar().into_iter().map(f32::from).collect();
    for (array, kernel) in
        [("f2", "dense:2"), ("f3", "dense:3"), ("f4", "dense:4"), ("fexp", "exponential"), ("minerva", "minerva")]
    {
        let table = kernel.parse::<Profile>().unwrap().table(neurons).unwrap();
        let memory = memory(&keys, dual.clone(), &table);
        let fields: Vec<f64> = golden.array(array);
        let whole = kernel.starts_with("dense");
        for backend in backends() {
            let recall = recalled(backend, &[&memory], std::slice::from_ref(&cues), 1).remove(0);
            let (finals, cues) = (recall.finals.to_bipolar(), cues.to_bipolar());
            let mut clear = 0;
            for (i, (&field, (&state, &cue))) in fields.iter().zip(finals.iter().zip(&cues)).enumerate() {
                let row = &fields[i / neurons * neurons..][..neurons];
                // The table is rounded to f32, once: P weights, none above the sum's own scale.
                let most = row.iter().fold(0.0, |most: f64, field| most.max(field.abs()));
                let rounding = if whole { 0.0 } else { keys.len() as f64 * UNIT * most };
                if field.abs() > rounding {
                    clear += 1;
                    assert_eq!(f64::from(state), field.signum(), "{kernel}, {}, value {i}: {field:e}", name(backend));
                } else if whole {
                    assert_eq!(state, cue, "{kernel}, {}, value {i}: a tie", name(backend));
                }
            }
            assert!(clear > fields.len() * 9 / 10, "{kernel}, {}: {clear} clear signs", name(backend));
        }
    }
}

/// The nearest pattern alone, wherever one is nearer than all others.
#[test]
fn argmax_recalls_the_golden_pattern() {
    let mut golden = Golden::open("dense");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let winners: Vec<i64> = golden.array("argmax");
    let table = Profile::Argmax.table(keys.neurons()).unwrap();
    let dual: Vec<f32> = keys.to_bipolar().into_iter().map(f32::from).collect();
    let memory = memory(&keys, dual, &table);
    for backend in backends() {
        let recall = recalled(backend, &[&memory], std::slice::from_ref(&cues), 1).remove(0);
        let mut alone = 0;
        for (trial, &winner) in winners.iter().enumerate() {
            let distances: Vec<u32> = (0..keys.len()).map(|mu| hamming(cues.row(trial), keys.row(mu))).collect();
            let least = *distances.iter().min().unwrap();
            assert_eq!(distances.iter().position(|&d| d == least), Some(winner as usize));
            if distances.iter().filter(|&&distance| distance == least).count() == 1 {
                alone += 1;
                assert_eq!(recall.finals.row(trial), keys.row(winner as usize), "{}, cue {trial}", name(backend));
            }
        }
        assert!(alone > winners.len() / 2, "{alone} cues have one nearest pattern");
    }
}
