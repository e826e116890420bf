//! Where recall leads from states between two stored patterns: the states, and what became of them.

mod pairs;

use std::f64::consts::TAU;

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::endpoint::{Outcome, endpoints};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::pattern::{Patterns, hamming};
use crate::random::{Philox, Purpose, stream};
use crate::recall::Recall;
pub use pairs::{Group, least_rows, sample_group, sample_pairs};

/// Standard deviation of the noise on the path of signs.
pub const NOISE: f64 = 0.01;

/// How a state gets from A to B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// s(r) = sign((1 - r) x^A + r x^B + eps), eps ~ N(0, [`NOISE`]^2) of each neuron and ratio.
    #[default]
    Sign,
    /// round(r d) of the d bits that differ are B's, in one random order of each pair.
    Bits,
}

/// The states of every ratio, and of each those of every pair.
///
/// # Errors
/// If a pair names no row of the keys.
pub fn starts(
    seed: u64,
    network: u32,
    keys: &Patterns,
    pairs: &[[usize; 2]],
    path: Path,
    ratios: &[f64],
) -> Result<Patterns> {
    check(keys, pairs)?;
    let key = stream(seed, Purpose::Morph, network);
    let neurons = keys.neurons();
    let bipolar = keys.to_bipolar();
    let row = |pattern: usize| &bipolar[pattern * neurons..(pattern + 1) * neurons];
    let mut signs = Vec::with_capacity(ratios.len() * pairs.len() * neurons);
    for (at, &ratio) in ratios.iter().enumerate() {
        for (index, &[a, b]) in pairs.iter().enumerate() {
            let (a, b) = (row(a), row(b));
            match path {
                Path::Sign => {
                    let mut draw = Philox::new(key, [index as u32, 1, at as u32]);
                    signs.extend(a.iter().zip(b).map(|(&a, &b)| {
                        let state = (1.0 - ratio) * f64::from(a) + ratio * f64::from(b);
                        state + NOISE * normal(&mut draw) >= 0.0
                    }));
                }
                Path::Bits => {
                    let mut order: Vec<usize> = (0..neurons).filter(|&neuron| a[neuron] != b[neuron]).collect();
                    let mut draw = Philox::new(key, [index as u32, 2, 0]);
                    (1..order.len()).rev().for_each(|last| order.swap(last, draw.below(last + 1)));
                    let mut state = a.to_vec();
                    let taken = (ratio * order.len() as f64).round() as usize;
                    order.iter().take(taken).for_each(|&neuron| state[neuron] = b[neuron]);
                    signs.extend(state.into_iter().map(|bit| bit > 0));
                }
            }
        }
    }
    Patterns::from_signs(neurons, signs)
}

/// A standard normal number, by Box and Muller.
fn normal(draw: &mut Philox) -> f64 {
    let mut uniform = || (f64::from(draw.next_u32()) + 0.5) / 4_294_967_296.0;
    let (radius, angle) = (uniform(), uniform());
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}

fn check(keys: &Patterns, pairs: &[[usize; 2]]) -> Result<()> {
    match pairs.iter().find(|pair| pair.iter().any(|&row| row >= keys.len())) {
        None => Ok(()),
        Some([a, b]) => {
            Err(Error::setting(format!("pair {a},{b} of {} patterns", keys.len()), "name stored patterns, from 0"))
        }
    }
}

/// Where a state between A and B ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// The outcome with A as the target.
    pub outcome: Outcome,
    /// Whether it is the fixed point B, and not A.
    pub is_b: bool,
    /// Overlaps of the final state with A and B.
    pub overlaps: [f64; 2],
    /// Steps, where it ended in a fixed point.
    pub steps: Option<usize>,
}

/// Where the trials of each network ended, each between its own pair.
///
/// # Errors
/// If shapes differ, a pair names no row of the keys, or the backend fails.
pub fn fates(
    space: &Workspace<'_>,
    keys: &[&Patterns],
    recalls: &[Recall],
    pairs: &[Vec<[usize; 2]>],
) -> Result<Vec<Vec<Fate>>> {
    keys.iter().zip(pairs).try_for_each(|(keys, pairs)| check(keys, pairs))?;
    let target = |(keys, pairs): (&&Patterns, &Vec<[usize; 2]>)| keys.select(pairs.iter().map(|&[a, _]| a));
    let targets: Vec<Patterns> = keys.iter().zip(pairs).map(target).collect();
    let ends = endpoints(space, keys, recalls, &targets)?;
    let of = |net: usize, trial: usize| {
        let (keys, end) = (keys[net], ends[net][trial]);
        let apart = pairs[net][trial].map(|row| hamming(recalls[net].finals.row(trial), keys.row(row)));
        Fate {
            outcome: end.outcome,
            is_b: end.outcome == Outcome::Other && apart[1] == 0,
            overlaps: apart.map(|bits| 1.0 - 2.0 * f64::from(bits) / keys.neurons() as f64),
            steps: end.outcome.is_fixed_point().then(|| recalls[net].endings[trial].steps),
        }
    };
    Ok((0..ends.len()).map(|net| (0..ends[net].len()).map(|trial| of(net, trial)).collect()).collect())
}

/// A network's trials at one place of a path. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Morph {
    /// Which pairs.
    pub group: Group,
    /// Which path.
    pub path: Path,
    /// r: 0 is A, 1 is B.
    pub ratio: f64,
    /// Pairs; 0 where nothing was learnt, and what follows is then no number.
    pub pairs: usize,
    /// Mean overlap of final states with A.
    pub overlap_a: f64,
    /// Its standard deviation over pairs.
    pub overlap_a_sd: f64,
    /// Mean overlap with B.
    pub overlap_b: f64,
    /// Its standard deviation over pairs.
    pub overlap_b_sd: f64,
    /// Share that ended in A.
    pub a_rate: f64,
    /// Share that ended in B.
    pub b_rate: f64,
    /// Share that ended in another stored pattern.
    pub other_rate: f64,
    /// Share that ended in a fixed point that is no stored pattern.
    pub spurious_rate: f64,
    /// Share that entered a cycle.
    pub cycle_rate: f64,
    /// Share still moving after the last step.
    pub unsettled_rate: f64,
    /// Mean steps up to and including the first that changes nothing, over trials that ended in a fixed point.
    pub mean_steps: Option<f64>,
    /// Their standard deviation.
    pub steps_sd: Option<f64>,
}

impl Morph {
    /// What became of these trials; no numbers of none.
    pub fn of(group: Group, path: Path, ratio: f64, fates: &[Fate]) -> Self {
        let share =
            |is: &dyn Fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count() as f64 / fates.len() as f64;
        let outcome = |wanted: Outcome| share(&|fate| fate.outcome == wanted && !fate.is_b);
        let spread = |of: usize| spread(&fates.iter().map(|fate| fate.overlaps[of]).collect::<Vec<_>>());
        let steps: Vec<f64> = fates.iter().filter_map(|fate| fate.steps.map(|steps| steps as f64)).collect();
        let (mean_steps, steps_sd) = self::spread(&steps);
        let ((overlap_a, overlap_a_sd), (overlap_b, overlap_b_sd)) = (spread(0), spread(1));
        Self {
            group,
            path,
            ratio,
            pairs: fates.len(),
            overlap_a,
            overlap_a_sd,
            overlap_b,
            overlap_b_sd,
            a_rate: outcome(Outcome::Target),
            b_rate: share(&|fate| fate.is_b),
            other_rate: outcome(Outcome::Other),
            spurious_rate: outcome(Outcome::Spurious),
            cycle_rate: outcome(Outcome::Cycle),
            unsettled_rate: outcome(Outcome::Unsettled),
            mean_steps: Some(mean_steps).filter(|mean| mean.is_finite()),
            steps_sd: Some(steps_sd).filter(|sd| sd.is_finite()),
        }
    }
}

/// Mean and standard deviation (of a sample: over n - 1); no numbers where there are too few.
fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if values.len() < 2 { f64::NAN } else { (squares / (count - 1.0)).sqrt() })
}
