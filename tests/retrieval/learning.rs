//! Training: gradients, what is learned and how well, on every device alike; what goes astray.

use attractor::data::Features;
use attractor::engine::{Backend, Workspace};
use attractor::random;
use attractor::retrieval::fit::{Examples, Fitted, Pairs, Spread, Training, bias, fit, loss, separate};
use attractor::retrieval::{
    Cumulative, Footprint, Kinds, Learns, MODELS, Modulation, Network, Separation, Similarity, Steps, Use, Variant,
    Variation, evaluate, retrieve,
};

use super::common::{backends, cpu_like_gpu, fused, gpu, name};
use super::network;

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
    let prior = random::features(8, 0, 30, 1).unwrap().values().to_vec();
    for backend in backends() {
        let space = Workspace::new(backend);
        let queries = variation.features(&space, &patterns, &draws, Use::Training).unwrap();
        let pairs = Pairs { queries: &queries, sources: &sources };
        let with =
            |similarity: &Similarity, prior: &[f32]| loss(&space, &patterns, similarity, Some(prior), pairs).unwrap();
        let of = |similarity: &Similarity| with(similarity, &prior);
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
            assert_eq!(gradient.len(), count + prior.len());
            for (at, slope) in gradient.iter().enumerate() {
                let step = 1e-2;
                let at_step = |step: f64| match at.checked_sub(count) {
                    None => of(&moved(at, step)).0,
                    Some(pattern) => {
                        let mut prior = prior.clone();
                        prior[pattern] += step as f32;
                        with(similarity, &prior).0
                    }
                };
                let difference = (at_step(step) - at_step(-step)) / (2.0 * step);
                let off = (difference - slope).abs();
                let ok = off <= 2e-3 * (1.0 + slope.abs());
                assert!(ok, "{similarity} {at}, {}: {slope} against {difference}", name(backend));
            }
        };
        check(&footprint.clone().into(), &footprints, 14 + 2 + 49);
        check(&phi.clone().into(), &phis, 35);
    }
}

/// A memory of the papers on these patterns, what it learns learned in few epochs.
fn model(space: &Workspace<'_>, model: &str, patterns: &Features, variation: &Variation, epochs: usize) -> Network {
    let model = MODELS.iter().find(|row| row.name == model).unwrap();
    let dimensions = patterns.dimensions();
    let identity = Modulation::identity(dimensions);
    let examples = Examples::Variants(variation);
    let shift = (model.learns == Learns::Footprint).then(|| bias(space, patterns, &examples, 1).unwrap());
    let training = Training { epochs, bias: shift.clone(), ..Training::of(patterns.len(), 1) };
    let fitted =
        |start: Similarity| -> Fitted { fit(space, patterns, &start, &examples, &training, &mut |_| true).unwrap() };
    let similarity = match model.learns {
        Learns::Nothing => model.similarity.parse().unwrap(),
        Learns::Footprint => {
            fitted(Footprint::plain(dimensions, Kinds::BOTH, true, Cumulative::Identity).into()).learned.similarity
        }
        Learns::Modulation => fitted(identity.into()).learned.similarity,
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

/// Of queries that say nothing, all that can be learned is how often each pattern is asked for.
#[test]
fn a_prior_is_how_often_patterns_are_asked_for() {
    let patterns = random::features(1, 0, 6, 4).unwrap();
    let sources: Vec<usize> = [0; 50].into_iter().chain([1; 30]).chain([2; 15]).chain([3; 5]).collect();
    let queries = Features::new(6, vec![0.0; 600]).unwrap();
    let examples = Examples::Pairs(Pairs { queries: &queries, sources: &sources });
    let products = Kinds { distances: false, products: true };
    let footprint = Footprint::plain(6, products, true, Cumulative::Identity).into();
    let training = Training { epochs: 300, trains_prior: true, ..Training::of(100, 1) };
    for start in [footprint, Modulation::identity(6).into()] {
        for backend in backends() {
            let space = Workspace::new(backend);
            let fitted = fit(&space, &patterns, &start, &examples, &training, &mut |_| true).unwrap();
            let network = Network {
                prior: fitted.learned.prior,
                ..Network::new(patterns.clone(), start.clone(), Separation::softmax_of(1.0))
            };
            let one = Features::new(6, vec![0.0; 6]).unwrap();
            let steps = Steps { keeps_weights: true, ..Steps::default() };
            let found = retrieve(&space, &network, &one, steps, &mut |_| true).unwrap();
            for (weight, share) in found.all_weights.unwrap().into_iter().zip([0.5, 0.3, 0.15, 0.05]) {
                assert!((weight - share).abs() < 0.01, "{}, {start}: {weight}, {share}", name(backend));
            }
            let most = Network { prior: Some(vec![0.0; 3]), ..network };
            assert!(most.check().unwrap_err().to_string().contains("3 numbers for 4 patterns"));
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
    let [cpu, gpu] = [&cpu_like_gpu() as &dyn Backend, gpu()].map(|backend| {
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
        assert_eq!((fitted.learned.similarity, fitted.best), (start.clone(), 1), "{}", name(backend));
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
    assert_ne!(fitted.learned.similarity, start);
}
