//! What holds exactly: rules that are the same, energies that only fall.

use super::super::Evidence;
use super::super::lab::Lab;
use crate::cue;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::claim::{Measured, Published, Reading};
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::random;
use crate::recall::{Asynchronous, Draws, Order, recall_asynchronously};
use crate::rule::{Coefficient, Descent, Expanded, SelfCoupling, expanded_couplings};

const NEURONS: usize = 64;

/// W after one pass of W += change(x_j, y_i, W), by the textbook, in f64: the diagonal is 0.
fn recurrence(keys: &Patterns, change: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
    let signs: Vec<f64> = keys.to_bipolar().into_iter().map(f64::from).collect();
    let mut weights = vec![0.0; NEURONS * NEURONS];
    for pattern in signs.chunks(NEURONS) {
        for (j, i) in (0..NEURONS).flat_map(|j| (0..NEURONS).map(move |i| (j, i))) {
            weights[j * NEURONS + i] += change(pattern[j], pattern[i], weights[j * NEURONS + i]);
        }
    }
    (0..NEURONS).for_each(|i| weights[i * NEURONS + i] = 0.0);
    weights
}

pub(super) fn special_cases(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    const RATE: f64 = 0.1;
    let corr = |rate| Expanded { c2_corr: Coefficient::Constant(rate), ..Expanded::default() };
    let oja = Expanded { c2_post: Coefficient::proportional(-RATE), ..corr(RATE) };
    let product: fn(f64, f64, f64) -> f64 = |x, y, _| x * y;
    let decaying: fn(f64, f64, f64) -> f64 = |x, y, weight| RATE * y * (x - y * weight);
    let mut readings = Vec::new();
    for (name, expanded, change) in [("activity product", corr(1.0), product), ("Oja", oja, decaying)] {
        let mut most = 0.0_f64;
        for network in 0..5 {
            let keys = random::patterns(lab.seed(), network, NEURONS, 50)?;
            let found = expanded_couplings(&keys, &keys, &expanded, 1, SelfCoupling::Removed)?;
            let wanted = recurrence(&keys, change);
            let scale = wanted.iter().fold(0.0, |most: f64, weight| most.max(weight.abs()));
            let apart = found.iter().zip(&wanted).map(|(&found, wanted)| (f64::from(found) - wanted).abs() / scale);
            most = apart.fold(most, f64::max);
        }
        let same = Published::at_most("the same", f64::from(f32::EPSILON));
        readings.push(Reading::of(
            format!("{name}: largest difference over the largest coupling"),
            same,
            Measured::known(most),
        ));
    }
    let setting = "N = 64, P = 50, five draws of patterns, one pass, eta 1 and 0.1.".into();
    Ok(Evidence { setting, readings, ..Evidence::default() })
}

pub(super) fn energy(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = lab.either(3, 10);
    let mut readings = Vec::new();
    for (name, model, patterns) in
        [("E = -1/2 sum m^2", "hebb", 12), ("F_3", "hebb/dense:3", 100), ("F_4", "hebb/dense:4", 200)]
    {
        let (mut raised, mut moved) = (0, 0);
        for network in 0..networks {
            let keys = random::patterns(lab.seed(), network, NEURONS, patterns)?;
            let memory = lab.learn(&model.parse()?, &keys, &Descent::default(), "learning")?;
            let [up, all] = rises(lab, &memory, network)?;
            (raised, moved) = (raised + up, moved + all);
        }
        let never = Published::at_most("none", 0.0);
        readings.push(Reading::of(format!("{name}: flips that raise it"), never, Measured::known(raised as f64)));
        readings.push(Reading::unpublished(format!("{name}: flips"), Measured::known(moved as f64)));
    }
    let setting = format!("N = 64, {networks} networks, 200 random states each, neurons in order.");
    Ok(Evidence { setting, readings, ..Evidence::default() })
}

/// Of recall from random states, the flips that raised the energy, and all.
fn rises(lab: &mut Lab<'_, '_>, memory: &Memory, network: u32) -> Result<[usize; 2]> {
    const CUES: usize = 200;
    let how = Asynchronous { order: Order::Sequential, by_energy: true };
    // Patterns of a network that no memory stores.
    let cues = random::patterns(lab.seed(), network + (1 << 16), NEURONS, CUES)?;
    let trials = cue::trials(CUES, 1, CUES, 0);
    let draws = Draws { seed: lab.seed(), networks: &[network], trials: &trials };
    let space = Workspace::new(lab.request.backend);
    let mut go_on = |share| lab.go_on("recall by energy", share);
    let visited = recall_asynchronously(how, draws, &space, &[memory], &[cues], 30, &mut go_on)?;
    let energy = memory.energy().ok_or_else(|| Error::setting("a memory without an energy", "report this"))?;
    let (mut raised, mut moved) = (0, 0);
    for path in visited.into_iter().flat_map(|one| one.paths) {
        let path = Patterns::from_words(NEURONS, path)?;
        for step in 1..path.len() {
            // A step visits each neuron once, from the first to the last: states in between follow from its ends.
            let mut state = path.row(step - 1).to_vec();
            for neuron in 0..NEURONS {
                let (word, bit) = (neuron / 32, 1 << (neuron % 32));
                if (state[word] ^ path.row(step)[word]) & bit != 0 {
                    let before = energy.of(&state);
                    state[word] ^= bit;
                    moved += 1;
                    // Sums of P numbers in f64 are off by about this.
                    let falls = |(old, new): (f64, f64)| new <= old + 1e-12 * old.abs();
                    raised += usize::from(!before.zip(energy.of(&state)).is_some_and(falls));
                }
            }
        }
    }
    Ok([raised, moved])
}
