//! Memories on real-valued states: the golden case, gradients, the energy's law, the papers' models, training.

mod common;

use std::path::Path;

use attractor::data::{Features, write_f32, write_i64};
use attractor::engine::kernel::{FOOTPRINT, Kernel, SIMILARITY};
use attractor::engine::{Backend, Scalar, Work, Workspace};
use attractor::random;
use attractor::retrieval::fit::{Examples, Fitted, Pairs, Spread, Training, bias, fit, loss, separate};
use attractor::retrieval::{
    Activation, Cumulative, Footprint, Kinds, Learns, MODELS, Modulation, Network, Separation, Similarity, Steps, Use,
    Variant, Variation, evaluate, load, retrieve,
};
use common::cases::Case;
use common::golden::Golden;
use common::judge::execute;
use common::oracle::{UNIT, gamma};
use common::program::{attractor, refuse, stderr};
use common::{backends, bits, fused, name};

/// The golden patterns, queries and their sources, as f32.
struct Reference {
    golden: Golden,
    patterns: Features,
    queries: Features,
    sources: Vec<usize>,
}

impl Reference {
    fn open() -> Self {
        let mut golden = Golden::open("similarity");
        let features = |golden: &mut Golden, name: &str| {
            Features::new(24, golden.array::<f64>(name).into_iter().map(|value| value as f32).collect()).unwrap()
        };
        let (patterns, queries) = (features(&mut golden, "patterns"), features(&mut golden, "queries"));
        let sources = golden.array::<i64>("source").into_iter().map(|source| source as usize).collect();
        Self { golden, patterns, queries, sources }
    }

    fn footprint(&mut self) -> Footprint {
        Footprint {
            kinds: Kinds::BOTH,
            sorted: true,
            cumulative: Cumulative::Sums,
            weights: [self.golden.array("wd"), self.golden.array("wp")],
            betas: [self.golden.scalar("bd"), self.golden.scalar("bp")],
        }
    }

    /// How far rounding the inputs, and sums of so many roundings, may move a sum of terms no larger than (|x| +
    /// |y|)^2, for each query and pattern; `weights` multiply them.
    fn moved(&self, weight: f64) -> f64 {
        let most = |features: &Features| features.values().iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let term = f64::from(most(&self.patterns) + most(&self.queries)).powi(2).max(1.0);
        gamma(3 * 24 + 8) * 24.0 * term * weight
    }
}

/// Scores of the golden queries by a kernel.
fn scores(
    backend: &dyn Backend,
    kernel: &'static Kernel,
    reference: &Reference,
    more: Vec<(&'static str, Vec<u32>)>,
    scalars: Vec<(&'static str, Scalar)>,
) -> Vec<f32> {
    let mut inputs =
        vec![("queries", bits(reference.queries.values())), ("patterns", bits(reference.patterns.values()))];
    inputs.extend(more);
    let work = Work { nets: 1, trials: 40, patterns: 64, neurons: 24 };
    execute(backend, kernel, &Case { name: kernel.stem.into(), work, inputs, scalars }).output("scores").values()
}

/// Fails unless all are within a tolerance.
fn close(computed: &[f32], exact: &[f64], tolerance: f64, what: &str) {
    assert_eq!(computed.len(), exact.len(), "{what}");
    for (at, (&computed, &exact)) in computed.iter().zip(exact).enumerate() {
        let error = (f64::from(computed) - exact).abs();
        let ok = error <= tolerance;
        assert!(ok, "{what}, {at}: {computed:e}, golden {exact:e}: error {error:e} above {tolerance:e}");
    }
}

#[test]
fn scores_and_footprints_are_the_golden_ones() {
    let mut reference = Reference::open();
    let tolerance = reference.moved(1.0);
    for (kind, array) in ["dot", "l1", "l2"].into_iter().enumerate() {
        let exact: Vec<f64> = reference.golden.array(array);
        for backend in backends() {
            let scalars = vec![("kind", Scalar::U32(kind as u32))];
            let computed = scores(backend, &SIMILARITY, &reference, vec![], scalars);
            close(&computed, &exact, tolerance, &format!("{array}, {}", name(backend)));
        }
    }
    // An entry of the footprint is the k-optimal similarity.
    for (kind, array) in ["footprint_dis", "footprint_dot"].into_iter().enumerate() {
        let exact: Vec<f64> = reference.golden.array(array);
        let kinds = Kinds { distances: kind == 0, products: kind == 1 };
        for backend in backends() {
            for k in 1..=24 {
                let coefficients = Footprint::best(24, kinds, k).coefficients();
                let more = vec![("coefficients", bits(&coefficients))];
                let scalars = vec![("kinds", Scalar::U32(1 << kind)), ("sorted", Scalar::U32(1))];
                let computed = scores(backend, &FOOTPRINT, &reference, more, scalars);
                let golden: Vec<f64> = (0..4 * 64).map(|pair| exact[pair * 24 + k - 1]).collect();
                close(&computed[..4 * 64], &golden, tolerance, &format!("{array} {k}, {}", name(backend)));
            }
        }
    }
}

fn network(patterns: &Features, similarity: Similarity, separation: &str) -> Network {
    Network {
        patterns: patterns.clone(),
        values: None,
        similarity,
        separation: separation.parse().unwrap(),
        activation: Activation::Identity,
        bias: None,
        keeps_bias: false,
    }
}

/// The weights of all patterns.
fn weights(backend: &dyn Backend, network: &Network, queries: &Features) -> Vec<f32> {
    let steps = Steps { keeps_weights: true, ..Steps::default() };
    let found = retrieve(&Workspace::new(backend), network, queries, steps, &mut |_| true).unwrap();
    let (weights, patterns) = (found.all_weights.unwrap(), network.patterns.len());
    for (row, weights) in weights.chunks_exact(patterns).enumerate() {
        assert_eq!(weights[found.indices[row]], found.weights[row]);
        assert!(weights.iter().all(|&weight| weight <= found.weights[row]));
    }
    weights
}

/// A weight moves by no more than the scores do, relative to it, twice; entmax's square root doubles that.
#[test]
fn separations_and_readouts_are_the_golden_ones() {
    let mut reference = Reference::open();
    let tolerance = 4.0 * reference.moved(0.5) + 64.0 * UNIT;
    for (separation, array) in
        [("softmax:0.5", "softmax"), ("sparsemax:0.5", "sparsemax"), ("entmax:1.5,0.5", "entmax15")]
    {
        let exact: Vec<f64> = reference.golden.array(array);
        let network = network(&reference.patterns, Similarity::Dot, separation);
        for backend in backends() {
            let computed = weights(backend, &network, &reference.queries);
            close(&computed, &exact, tolerance, &format!("{separation}, {}", name(backend)));
            if array == "softmax" {
                let space = Workspace::new(backend);
                let found = retrieve(&space, &network, &reference.queries, Steps::default(), &mut |_| true).unwrap();
                let exact: Vec<f64> = reference.golden.array("read_softmax");
                close(found.readouts.values(), &exact, 2.0 * tolerance, &format!("readout, {}", name(backend)));
            }
        }
    }
}

#[test]
fn the_adaptive_similarity_its_loss_and_gradient_are_the_golden_ones() {
    let mut reference = Reference::open();
    let footprint = reference.footprint();
    let coefficients = footprint.coefficients();
    let weight = coefficients.iter().fold(0.0_f32, |most, c| most.max(c.abs())).into();
    let moved = 2.0 * reference.moved(weight);
    let (score, prob): (Vec<f64>, Vec<f64>) = (reference.golden.array("score"), reference.golden.array("prob"));
    let gradient: Vec<f64> =
        ["grad_wd", "grad_wp"].iter().flat_map(|name| reference.golden.array::<f64>(name)).collect();
    let betas = ["grad_bd", "grad_bp"].map(|name| reference.golden.scalar(name));
    let exact: Vec<f64> = gradient.into_iter().chain(betas).collect();
    let exact_loss = reference.golden.scalar("loss");
    let pairs = Pairs { queries: &reference.queries, sources: &reference.sources };
    // Each slope is a mean of likenesses' sums, each weighted by a probability's error.
    let largest = exact.iter().fold(1.0, |most: f64, slope| most.max(slope.abs()));
    let likeness = reference.moved(1.0) / gamma(3 * 24 + 8);
    for backend in backends() {
        let what = name(backend);
        let more = vec![("coefficients", bits(&coefficients))];
        let computed = scores(backend, &FOOTPRINT, &reference, more, footprint_scalars());
        close(&computed, &score, moved, &format!("score, {what}"));
        let network = network(&reference.patterns, footprint.clone().into(), "softmax");
        close(
            &weights(backend, &network, &reference.queries),
            &prob,
            2.0 * moved + 64.0 * UNIT,
            &format!("prob, {what}"),
        );
        let space = Workspace::new(backend);
        let (found, slopes) = loss(&space, &reference.patterns, &network.similarity, pairs).unwrap();
        let off = (found - exact_loss).abs();
        assert!(off <= 2.0 * moved + 64.0 * UNIT, "{what}: loss {found}, golden {exact_loss}");
        let slopes: Vec<f32> = slopes.into_iter().map(|slope| slope as f32).collect();
        let tolerance = (2.0 * moved + 64.0 * UNIT) * (2.0 * likeness + largest);
        close(&slopes, &exact, tolerance, &format!("gradient, {what}"));
    }
}

fn footprint_scalars() -> Vec<(&'static str, Scalar)> {
    vec![("kinds", Scalar::U32(3)), ("sorted", Scalar::U32(1))]
}

/// Of every parameter, U and Phi among them: a central difference is off by its step squared, and by the rounding of
/// f32 losses divided by the step.
#[test]
fn gradients_are_those_of_differences() {
    let patterns = random::features(5, 0, 7, 30).unwrap();
    let variation = Variation::new(Variant::of_difficulty(0.3), 5);
    let sources: Vec<usize> = (0..30).collect();
    let draws: Vec<[u32; 2]> = (0..30).map(|row| [row, 0]).collect();
    let matrix = Cumulative::Matrix {
        entries: random::features(6, 0, 7, 7).unwrap().values().iter().map(|&value| value.into()).collect(),
        learned: true,
    };
    let mut footprint = Footprint::plain(7, Kinds::BOTH, true, matrix);
    footprint.weights = [3, 4]
        .map(|seed| random::features(seed, 0, 7, 1).unwrap().values().iter().map(|&value| value.into()).collect());
    footprint.betas = [0.7, 1.3];
    let entries = random::features(7, 0, 7, 5).unwrap().values().iter().map(|&value| value.into()).collect();
    let phi = Modulation { dimensions: 7, entries };
    for backend in backends() {
        let space = Workspace::new(backend);
        let queries = variation.features(&space, &patterns, &draws, Use::Training).unwrap();
        let pairs = Pairs { queries: &queries, sources: &sources };
        let of = |similarity: &Similarity| loss(&space, &patterns, similarity, pairs).unwrap();
        let footprints = |at: usize, by: f64| {
            let mut moved = footprint.clone();
            match at {
                0..14 => moved.weights[at / 7][at % 7] += by,
                14..16 => moved.betas[at - 14] += by,
                _ => {
                    let Cumulative::Matrix { entries, .. } = &mut moved.cumulative else {
                        unreachable!("as it was made")
                    };
                    entries[at - 16] += by;
                }
            }
            Similarity::from(moved)
        };
        let phis = |at: usize, by: f64| {
            let mut moved = phi.clone();
            moved.entries[at] += by;
            Similarity::from(moved)
        };
        let check = |similarity: &Similarity, moved: &dyn Fn(usize, f64) -> Similarity, count: usize| {
            let (_, gradient) = of(similarity);
            assert_eq!(gradient.len(), count);
            for (at, slope) in gradient.iter().enumerate() {
                let step = 1e-2;
                let difference = (of(&moved(at, step)).0 - of(&moved(at, -step)).0) / (2.0 * step);
                let off = (difference - slope).abs();
                let ok = off <= 2e-3 * (1.0 + slope.abs());
                assert!(ok, "{similarity} {at}, {}: {slope} against {difference}", name(backend));
            }
        };
        check(&footprint.clone().into(), &footprints, 14 + 2 + 49);
        check(&phi.clone().into(), &phis, 35);
    }
}

/// Theorem 2 of arXiv 2511.20609 for isotropic similarities: E(x) - E(x') >= beta |x - x'|^2 under x' = Xi
/// softmax(-beta |xi - x + b|^2) + b, by Jensen's inequality; rounding may cost some units in the last place of the
/// energies.
#[test]
fn a_step_lowers_the_energy() {
    for (seed, (dimensions, count)) in [(3, 5), (16, 40), (64, 200)].into_iter().enumerate() {
        let seed = seed as u64;
        let patterns = random::features(seed, 0, dimensions, count).unwrap();
        let queries = random::features(seed, 1, dimensions, 50).unwrap();
        for beta in [0.2, 1.0, 5.0] {
            let mut network = network(&patterns, Similarity::L2, &format!("softmax:{beta}"));
            network.bias = Some(random::features(seed, 2, dimensions, 1).unwrap().values().to_vec());
            network.keeps_bias = true;
            for backend in backends() {
                let space = Workspace::new(backend);
                let step =
                    |states: &Features| retrieve(&space, &network, states, Steps::default(), &mut |_| true).unwrap();
                let mut states = queries.clone();
                for _ in 0..4 {
                    let here = step(&states);
                    let there = step(&here.readouts);
                    let [before, after] = [&here, &there].map(|found| found.energies.as_ref().unwrap());
                    for (row, (before, after)) in before.iter().zip(after).enumerate() {
                        let apart = states.row(row).iter().zip(here.readouts.row(row));
                        let squared: f64 = apart.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                        let fall = (before - after) - squared;
                        let rounding = gamma(4 * dimensions + count) * (4.0 * dimensions as f64 + 1.0 / beta);
                        assert!(fall >= -rounding, "{}, beta {beta}, row {row}: {fall:e}", name(backend));
                    }
                    states = here.readouts;
                }
            }
        }
    }
}

/// A memory of the papers on these patterns, what it learns learned in few epochs.
fn model(space: &Workspace<'_>, model: &str, patterns: &Features, variation: &Variation, epochs: usize) -> Network {
    let model = MODELS.iter().find(|row| row.name == model).unwrap();
    let dimensions = patterns.dimensions();
    let identity = Modulation {
        dimensions,
        entries: (0..dimensions * dimensions)
            .map(|at| f64::from(u8::from(at / dimensions == at % dimensions)))
            .collect(),
    };
    let examples = Examples::Variants(variation);
    let shift = (model.learns == Learns::Footprint).then(|| bias(space, patterns, &examples, 1).unwrap());
    let training = Training { epochs, bias: shift.clone(), ..Training::of(patterns.len(), 1) };
    let fitted =
        |start: Similarity| -> Fitted { fit(space, patterns, &start, &examples, &training, &mut |_| true).unwrap() };
    let similarity = match model.learns {
        Learns::Nothing => model.similarity.parse().unwrap(),
        Learns::Footprint => {
            fitted(Footprint::plain(dimensions, Kinds::BOTH, true, Cumulative::Identity).into()).similarity
        }
        Learns::Modulation => fitted(identity.into()).similarity,
        Learns::Separated => separate(patterns, identity, Spread::default(), &mut |_| true).unwrap().0.into(),
    };
    let mut network = network(patterns, similarity, model.separation);
    network.activation = model.activation.parse().unwrap();
    network.bias = shift;
    network
}

/// Every row of table 1 recalls most stored patterns, bipolar for those that take signs.
#[test]
fn every_model_recalls_what_it_stores() {
    let bipolar =
        Features::new(64, random::patterns(2, 0, 64, 3).unwrap().to_bipolar().into_iter().map(f32::from).collect())
            .unwrap();
    let real = random::features(2, 0, 64, 40).unwrap();
    let variation = Variation::new(Variant { mask: 0.1, noise: 0.01, bias: 0.1 }, 2);
    for row in &MODELS {
        let patterns = if row.activation == "sign" { &bipolar } else { &real };
        let space = Workspace::new(fused());
        let network = model(&space, row.name, patterns, &variation, 10);
        for backend in backends() {
            let space = Workspace::new(backend);
            let draws: Vec<[u32; 2]> = (0..patterns.len() as u32).map(|row| [row, 0]).collect();
            let sources: Vec<usize> = (0..patterns.len()).collect();
            let queries = variation.features(&space, patterns, &draws, Use::Trying).unwrap();
            let found = evaluate(&space, &network, &queries, &sources, Steps::default(), &mut |_| true).unwrap();
            assert!(found.accuracy() > 0.9, "{}, {}: {}", row.name, name(backend), found.accuracy());
        }
    }
}

/// The published order of the memories, on fewer patterns: the adaptive one knows what corruption looks like.
#[test]
fn what_is_learned_from_variants_beats_what_is_not() {
    let patterns = random::features(1, 0, 32, 300).unwrap();
    let variation = Variation::new(Variant::of_difficulty(0.4), 1);
    let draws: Vec<[u32; 2]> = (0..600).map(|at| [at % 300, at / 300]).collect();
    let sources: Vec<usize> = draws.iter().map(|draw| draw[0] as usize).collect();
    let space = Workspace::new(fused());
    let queries = variation.features(&space, &patterns, &draws, Use::Trying).unwrap();
    let accuracy = |name: &str| {
        let network = model(&space, name, &patterns, &variation, 100);
        evaluate(&space, &network, &queries, &sources, Steps::default(), &mut |_| true).unwrap().accuracy()
    };
    let [adaptive, modern, universal] = ["a-hop", "m-hop", "u-hop"].map(accuracy);
    // Five standard deviations of a difference of two shares of 600 are at most 0.144.
    assert!(adaptive - modern > 0.144 && modern > universal, "{adaptive}, {modern}, {universal}");
}

/// The bias that variants share is found, whether it is masked too or not: five standard errors of an intercept of 16 x
/// 300 points, whose residuals have a variance below 1, divided by the slope.
#[test]
fn a_shared_bias_is_found() {
    let patterns = random::features(9, 0, 24, 300).unwrap();
    let space = Workspace::new(fused());
    for order in ["noise,mask,bias", "noise,bias,mask"] {
        let mut variation = Variation::new(Variant { mask: 0.25, noise: 0.1, bias: 0.5 }, 9);
        variation.order = order.parse().unwrap();
        let found = bias(&space, &patterns, &Examples::Variants(&variation), 9).unwrap();
        let exact = variation.bias(24);
        // Masked dimensions pull towards 0 what is compared without them.
        let share = if order.ends_with("bias") { 1.0 } else { 0.75 };
        for (found, exact) in found.iter().zip(exact) {
            let off = (found - exact).abs().min((found - share * exact).abs());
            assert!(off < 5.0 / (16.0_f32 * 300.0).sqrt() / 0.75, "{order}: {found} for {exact}");
        }
    }
}

/// In the same arithmetic the CPU and the GPU learn the same numbers.
#[test]
fn training_is_the_same_bits_on_devices_of_one_arithmetic() {
    let patterns = random::features(4, 0, 20, 70).unwrap();
    let variation = Variation::new(Variant::of_difficulty(0.4), 4);
    let start = Footprint::plain(20, Kinds::BOTH, true, Cumulative::Sums).into();
    let training = Training { epochs: 6, samples: 100, batch: 40, ..Training::of(70, 4) };
    let [cpu, gpu] = [&common::cpu_like_gpu() as &dyn Backend, common::gpu()].map(|backend| {
        let space = Workspace::new(backend);
        fit(&space, &patterns, &start, &Examples::Variants(&variation), &training, &mut |_| true).unwrap()
    });
    assert_eq!(cpu, gpu);
}

#[test]
fn training_that_diverges_says_so_and_keeps_the_best() {
    let patterns = random::features(4, 0, 20, 70).unwrap();
    let variation = Variation::new(Variant::of_difficulty(0.2), 4);
    let start: Similarity = Footprint::plain(20, Kinds::BOTH, true, Cumulative::Sums).into();
    let training = Training { learning_rate: 1e9, epochs: 10, ..Training::of(70, 4) };
    for backend in backends() {
        let space = Workspace::new(backend);
        let fitted = fit(&space, &patterns, &start, &Examples::Variants(&variation), &training, &mut |_| true).unwrap();
        assert!(fitted.diverged, "{}: {:?}", name(backend), fitted.losses);
        assert_eq!((fitted.similarity, fitted.best), (start.clone(), 1), "{}", name(backend));
    }
}

/// What the last steps came to counts, even of a single epoch.
#[test]
fn one_epoch_of_many_steps_is_not_lost() {
    let patterns = random::features(4, 0, 20, 70).unwrap();
    let variation = Variation::new(Variant::of_difficulty(0.4), 4);
    let start: Similarity = Footprint::plain(20, Kinds::BOTH, true, Cumulative::Identity).into();
    let training = Training { epochs: 1, samples: 700, batch: 70, learning_rate: 0.03, ..Training::of(70, 4) };
    let space = Workspace::new(fused());
    let fitted = fit(&space, &patterns, &start, &Examples::Variants(&variation), &training, &mut |_| true).unwrap();
    assert!(fitted.best == 2 && fitted.best_loss < fitted.losses[0] && !fitted.diverged, "{fitted:?}");
    assert_ne!(fitted.similarity, start);
}

/// A memory without its bias in the readouts takes it off once: the states that follow are free of it.
#[test]
fn a_bias_is_taken_off_once_or_kept() {
    let patterns = random::features(8, 0, 16, 20).unwrap();
    let shift = random::features(8, 2, 16, 1).unwrap().values().to_vec();
    let mut network = network(&patterns, Similarity::L2, "softmax:40");
    network.bias = Some(shift.clone());
    let queries = patterns.less(&shift.iter().map(|value| -value).collect::<Vec<_>>()).unwrap();
    let sources: Vec<usize> = (0..20).collect();
    for keeps_bias in [false, true] {
        network.keeps_bias = keeps_bias;
        for backend in backends() {
            let steps = Steps { most: 50, ..Steps::default() };
            let space = Workspace::new(backend);
            let found = evaluate(&space, &network, &queries, &sources, steps, &mut |_| true).unwrap();
            assert!(
                found.accuracy() == 1.0 && found.error() < 1e-3,
                "{keeps_bias}, {}: {}",
                name(backend),
                found.error()
            );
        }
    }
}

/// Several steps end where another one changes nothing, and queries that rest are not taken further.
#[test]
fn steps_end_at_a_fixed_point() {
    let patterns = random::features(8, 0, 16, 20).unwrap();
    let network = network(&patterns, Similarity::L2, "softmax:8");
    let queries = random::features(8, 1, 16, 33).unwrap();
    for backend in backends() {
        let space = Workspace::new(backend);
        let steps = Steps { most: 200, tolerance: 1e-5, ..Steps::default() };
        let found = retrieve(&space, &network, &queries, steps, &mut |_| true).unwrap();
        let again = retrieve(&space, &network, &found.readouts, Steps::default(), &mut |_| true).unwrap();
        for row in 0..33 {
            let rests = found.readouts.row(row).iter().zip(again.readouts.row(row)).all(|(a, b)| (a - b).abs() <= 1e-5);
            assert!(rests && found.steps[row] < 200, "{}, {row}: {} steps", name(backend), found.steps[row]);
        }
        assert!(found.steps.iter().min() < found.steps.iter().max(), "{:?}", found.steps);
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let patterns = random::features(1, 0, 8, 10).unwrap();
    let queries = random::features(1, 1, 8, 3).unwrap();
    let space = Workspace::new(fused());
    let run = |network: &Network, queries: &Features, steps: Steps| {
        retrieve(&space, network, queries, steps, &mut |_| true).unwrap_err().to_string()
    };
    let dot = network(&patterns, Similarity::Dot, "softmax");
    assert!(run(&dot, &random::features(1, 1, 7, 3).unwrap(), Steps::default()).contains("7 dimensions"));
    assert!(run(&dot, &queries, Steps { most: 0, ..Steps::default() }).contains("0 steps"));
    let power = network(&patterns, Similarity::Dot, "power:3");
    assert!(run(&power, &queries, Steps::default()).contains("activation sign"));
    let best = network(&patterns, "best:9".parse().unwrap(), "softmax");
    assert!(run(&best, &queries, Steps::default()).contains("best:9"));
    let values = Network { values: Some(random::features(1, 2, 3, 9).unwrap()), ..dot.clone() };
    assert!(run(&values, &queries, Steps::default()).contains("9 values for 10 patterns"));
    let stopped = retrieve(&space, &dot, &queries, Steps::default(), &mut |_| false).unwrap_err();
    assert!(matches!(stopped, attractor::Error::Interrupted));
    let refused = |sources: &[usize], start: Similarity, training: Training| {
        let pairs = Examples::Pairs(Pairs { queries: &queries, sources });
        fit(&space, &patterns, &start, &pairs, &training, &mut |_| true).unwrap_err().to_string()
    };
    let footprint = || Similarity::from(Footprint::plain(8, Kinds::BOTH, true, Cumulative::Sums));
    let training = Training::of(10, 1);
    assert!(refused(&[0, 1, 10], footprint(), training.clone()).contains("pair 2 names pattern 10 of 10"));
    assert!(refused(&[0, 1], footprint(), training.clone()).contains("2 sources"));
    assert!(refused(&[0, 1, 2], Similarity::Dot, training.clone()).contains("learns nothing"));
    assert!(refused(&[0, 1, 2], footprint(), Training { batch: 0, ..training.clone() }).contains("batches of 0"));
    assert!(refused(&[0, 1, 2], footprint(), Training { learning_rate: f64::NAN, ..training }).contains("NaN"));
    let wide = random::features(1, 0, 1025, 3).unwrap();
    let sorted = network(&wide, "best:5".parse().unwrap(), "softmax");
    let gpu = Workspace::new(common::gpu());
    let refused = retrieve(&gpu, &sorted, &wide, Steps::default(), &mut |_| true).unwrap_err().to_string();
    assert!(refused.contains("1025 dimensions to sort") && refused.contains("--backend cpu"), "{refused}");
    retrieve(&space, &sorted, &wide, Steps::default(), &mut |_| true).unwrap();
    assert!("median".parse::<Separation>().is_err());
}

/// From the command line: a similarity is fitted to pairs, saved, and retrieves them; what diverges exits with 5 and keeps its best.
#[test]
fn a_similarity_is_fitted_and_retrieves_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let patterns = random::features(1, 0, 12, 30).unwrap();
    let queries = Variation::new(Variant { mask: 0.1, noise: 0.05, bias: 0.2 }, 1);
    let draws: Vec<[u32; 2]> = (0..30).map(|row| [row, 0]).collect();
    let queries = queries.features(&Workspace::new(fused()), &patterns, &draws, Use::Training).unwrap();
    write_f32(Path::new(&path("patterns.npy")), 30, 12, patterns.values()).unwrap();
    write_f32(Path::new(&path("queries.npy")), 30, 12, queries.values()).unwrap();
    write_i64(Path::new(&path("sources.npy")), &(0..30).collect::<Vec<i64>>()).unwrap();
    let files =
        ["--patterns", &path("patterns.npy"), "--pairs", &path("queries.npy"), "--sources", &path("sources.npy")];
    let fit = |more: &[&str]| attractor(&[&["fit-similarity", "--backend", "cpu"], &files[..], more].concat());
    let model = path("model.safetensors");
    let fitted = fit(&["--epochs", "20", "--out", &model]);
    assert!(fitted.status.success(), "{}", stderr(&fitted));
    let retrieved = attractor(&[
        "--json",
        "retrieve",
        "--backend",
        "cpu",
        "--model",
        &model,
        "--queries",
        &path("queries.npy"),
        "--sources",
        &path("sources.npy"),
        "--out",
        &path("out"),
    ]);
    assert!(retrieved.status.success(), "{}", stderr(&retrieved));
    let found: serde_json::Value = serde_json::from_slice(&retrieved.stdout).unwrap();
    assert!(found["accuracy"].as_f64().unwrap() > 0.9, "{found}");
    let table = std::fs::read_to_string(Path::new(&path("out")).join("retrieve.csv")).unwrap();
    assert!(table.starts_with("query,index,weight,steps,energy,source,correct,error\n"), "{table}");
    assert_eq!(table.lines().count(), 31);

    let diverged = fit(&["--epochs", "5", "--learning-rate", "1e9", "--out", &path("diverged.safetensors")]);
    assert_eq!(diverged.status.code(), Some(5), "{}", stderr(&diverged));
    load(Path::new(&path("diverged.safetensors"))).unwrap();
    let out = path("none.safetensors");
    let beyond =
        attractor(&["fit-similarity", "--patterns", &path("patterns.npy"), "--variant", "0.1,0.1,2", "--out", &out]);
    assert!(beyond.status.code() == Some(2) && stderr(&beyond).contains("MASK,NOISE,BIAS"), "{}", stderr(&beyond));
    let learned =
        ["retrieve", "--patterns", &path("patterns.npy"), "--memory", "a-hop", "--queries", &path("queries.npy")];
    refuse(2, &[&learned[..], &["--out", &path("out")]].concat(), &["fit-similarity"]);
}
