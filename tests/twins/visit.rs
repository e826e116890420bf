//! Visits one after another, replayed from their definition in f64.

use attractor::engine::kernel::{VISIT, VISIT_COUPLED};
use attractor::engine::{Backend, Scalar};
use attractor_kernels_cpu::visit::{COURSE, DOUBTED, UP};

use super::common::cases::Case;
use super::common::judge::Ran;
use super::common::name;
use super::common::oracle::gamma;
use super::{UNDERFLOW, walk};

#[test]
fn visit() {
    walk(&VISIT, replayed);
}

#[test]
fn visit_coupled() {
    walk(&VISIT_COUPLED, replayed);
}

/// Of every trial: the neurons visited took the sign of their field wherever rounding cannot turn it, in their order,
/// as far as the first whose sign is in doubt.
fn replayed(case: &Case, variant: &'static str, ran: &[(&dyn Backend, Ran)]) {
    if variant == "not finite" {
        return;
    }
    for (backend, ran) in ran {
        let what = format!("{}, {}", case.name, name(*backend));
        let (states, course) = (ran.output("states").counts(), ran.output("course").counts());
        let width = 2 * case.work.neurons.div_ceil(32);
        // Some of every network: a replay takes as long as a trial, and is not compiled for speed.
        let trials: Vec<usize> = (0..case.work.nets * case.work.trials).step_by(16).collect();
        let mut whole = 0;
        for &trial in &trials {
            let ended = (&states[trial * width..][..width], &course[trial * COURSE..][..COURSE]);
            whole += usize::from(Replay::new(case, trial).matches(ended, &format!("{what}, trial {trial}")));
        }
        assert!(2 * whole >= trials.len(), "{what}: {whole} trials could be replayed");
    }
}

struct Replay<'a> {
    case: &'a Case,
    net: usize,
    state: Vec<bool>,
    pending: Vec<bool>,
    order: &'a [u32],
    begun: &'a [u32],
}

impl<'a> Replay<'a> {
    fn new(case: &'a Case, trial: usize) -> Self {
        let neurons = case.work.neurons;
        let words = neurons.div_ceil(32);
        let bits = |row: &[u32]| (0..neurons).map(|at| row[at / 32] >> (at % 32) & 1 == 1).collect::<Vec<bool>>();
        let rows = &case.input("states")[trial * 2 * words..][..2 * words];
        Self {
            case,
            net: trial / case.work.trials,
            state: bits(&rows[..words]),
            pending: bits(&rows[words..]),
            order: &case.input("order")[trial * neurons..][..neurons],
            begun: &case.input("course")[trial * COURSE..][..COURSE],
        }
    }

    /// Follows the order as far as the kernel did. False if a sign on the way could be either.
    fn matches(mut self, (rows, course): (&[u32], &[u32]), what: &str) -> bool {
        let flag = |name: &str| self.case.scalars.contains(&(name, Scalar::U32(1)));
        let (lazy, coupled) = (flag("lazy"), self.case.name.starts_with("visit_coupled"));
        let mut verdict = self.begun[1];
        let [mut flips, mut sums] = [self.begun[2], self.begun[3]];
        for &neuron in &self.order[self.begun[0] as usize..] {
            let (at, neuron) = (self.order.iter().position(|&other| other == neuron), neuron as usize);
            let done = at.unwrap() as u32;
            if lazy && !self.pending[neuron] {
                assert!(
                    done != course[0] || course[1] != DOUBTED,
                    "{what}: waits for neuron {neuron}, which is not due"
                );
                continue;
            }
            let up = if verdict > DOUBTED {
                verdict == UP
            } else {
                sums += 1;
                let (field, norm, tolerance) = self.field(neuron);
                let inverse = f64::from(f32::from_bits(self.case.net("inverse_bound", self.net)[neuron]));
                let doubted = done == course[0];
                let exact = inverse < 0.0;
                assert!(!(exact && doubted), "{what}: neuron {neuron} is in doubt, and its sum exact");
                // What rounding may add to the test itself.
                let slack = 1.0 + 1e-3;
                let scaled = ((field.abs() + tolerance) * inverse).powi(2) * slack;
                if doubted {
                    let least = ((field.abs() - tolerance).max(0.0) * inverse).powi(2) / slack;
                    assert!(least <= norm, "{what}: neuron {neuron} is in no doubt");
                    break;
                }
                assert!(exact || scaled > norm, "{what}: neuron {neuron} is in doubt");
                if !exact && field.abs() <= tolerance {
                    return false;
                }
                field > 0.0 || (field == 0.0 && self.state[neuron])
            };
            verdict = 0;
            self.pending[neuron] = false;
            if up != self.state[neuron] {
                self.state[neuron] = up;
                flips += 1;
                if lazy {
                    self.mark(neuron, coupled);
                }
            }
        }
        let packed = |bits: &[bool]| {
            let word = |bits: &[bool]| bits.iter().rev().fold(0_u32, |word, &bit| word << 1 | u32::from(bit));
            bits.chunks(32).map(word).collect::<Vec<u32>>()
        };
        assert_eq!(rows, [packed(&self.state), packed(&self.pending)].concat(), "{what}");
        assert_eq!(course[2..], [flips, sums], "{what}");
        true
    }

    fn column(&self, neuron: usize) -> impl Iterator<Item = f64> {
        let columns = self.case.net("columns", self.net);
        let count = columns.len() / self.case.work.neurons;
        columns[neuron * count..][..count].iter().map(|&word| f64::from(f32::from_bits(word)))
    }

    /// The field, the squared weights, and how far an f32 sum may be from the field.
    fn field(&self, neuron: usize) -> (f64, f64, f64) {
        let weights = self.weights(neuron);
        let products = || weights.iter().zip(self.column(neuron)).map(|(weight, value)| weight * value);
        let field: f64 = products().sum();
        let size: f64 = products().map(f64::abs).sum();
        let norm: f64 = weights.iter().map(|weight| weight * weight).sum();
        let count = weights.len() + 2;
        (field, norm, gamma(count) * size + count as f64 * UNDERFLOW)
    }

    fn weights(&self, neuron: usize) -> Vec<f64> {
        if self.case.name.starts_with("visit_coupled") {
            return self.state.iter().map(|&up| if up { 1.0 } else { -1.0 }).collect();
        }
        let excluding = self.case.scalars.contains(&("excluding", Scalar::U32(1)));
        let (table, keys) = (self.case.net("table", self.net), self.case.net("keys", self.net));
        let distance = |key: &[u32]| {
            let differs = |&at: &usize| (key[at / 32] >> (at % 32) & 1 == 1) != self.state[at];
            (0..self.state.len()).filter(differs).filter(|&at| !(excluding && at == neuron)).count()
        };
        let distances: Vec<usize> = keys.chunks_exact(self.state.len().div_ceil(32)).map(distance).collect();
        let exponent = |at: usize| table[2 * at + 1] as i32;
        let scale = distances.iter().map(|&at| exponent(at)).max().unwrap_or(0);
        let weight = |&at: &usize| match exponent(at) - scale {
            // Dropped below 2^-64.
            ..-64 => 0.0,
            shift => f64::from(f32::from_bits(table[2 * at])) * 2.0_f64.powi(shift),
        };
        distances.iter().map(weight).collect()
    }

    /// After a neuron has changed.
    fn mark(&mut self, neuron: usize, coupled: bool) {
        for other in 0..self.pending.len() {
            let acts = !coupled || self.column(other).nth(neuron) != Some(0.0);
            self.pending[other] |= acts;
        }
    }
}
