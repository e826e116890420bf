//! The golden case: scores, footprints, weights, readouts, the loss and its gradient.

use attractor::data::Features;
use attractor::engine::kernel::{FOOTPRINT, Kernel, SIMILARITY};
use attractor::engine::{Backend, Scalar, Work, Workspace};
use attractor::retrieval::fit::{Pairs, loss};
use attractor::retrieval::{Cumulative, Footprint, Kinds, Similarity, Steps, retrieve};

use super::common::cases::Case;
use super::common::golden::Golden;
use super::common::judge::execute;
use super::common::oracle::{UNIT, gamma};
use super::common::{backends, bits, name};
use super::{network, weights};

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
        let (found, slopes) = loss(&space, &reference.patterns, &network.similarity, None, pairs).unwrap();
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
