//! Basins of attraction: from how many flipped bits a stored pattern still comes back.

use rand::Rng;

use crate::engine::{Backend, Workspace};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::pattern::Patterns;
use crate::random::{Philox, Purpose, stream};
use crate::recall::{Precision, recall_in};

/// Whose basins are sought, and how.
#[derive(Clone, Copy)]
pub struct Basins<'a> {
    /// Where to recall.
    pub backend: &'a dyn Backend,
    /// In which precision.
    pub precision: Precision,
    /// What the order of flips depends on, with the network and the pattern.
    pub seed: u64,
    /// Networks, by index.
    pub networks: &'a [u32],
    /// What each learnt.
    pub memories: &'a [Memory],
    /// Most steps of a trial.
    pub max_steps: usize,
}

impl Basins<'_> {
    /// The basin radius of each of these stored patterns in each network, by bisection: the largest number of flips known
    /// to come back, where one flip more does not; none for a pattern that is no fixed point. A pattern's bits are flipped
    /// in one random order, so that its cues are nested. Where a basin has holes along that order (cues that come back
    /// beyond one that does not) it is one of the holes' edges, and not always the nearest. About log2(N) recalls, each of
    /// all patterns of all networks.
    ///
    /// # Errors
    /// If the backend fails, or the observer, who hears the share done, answers no.
    pub fn radii(&self, patterns: &[usize], observer: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<Option<usize>>>> {
        let Some(neurons) = self.memories.first().map(|memory| memory.keys.neurons()) else { return Ok(Vec::new()) };
        let orders: Vec<Vec<Vec<u32>>> = self
            .networks
            .iter()
            .map(|&network| patterns.iter().map(|&pattern| order(self.seed, network, pattern, neurons)).collect())
            .collect();
        // What came back, counted from 1 so that 0 is nothing known, and what did not.
        let mut brackets = vec![vec![[0, neurons + 2]; patterns.len()]; self.memories.len()];
        let rounds = (neurons + 2).ilog2() + 1;
        for round in 0..rounds {
            let middle = |[low, high]: [usize; 2]| low.midpoint(high);
            let cues: Vec<Patterns> = (self.memories.iter().zip(&orders).zip(&brackets))
                .map(|((memory, orders), brackets)| {
                    let flips = brackets.iter().map(|&bracket| middle(bracket).saturating_sub(1));
                    cues(&memory.keys, patterns, orders, flips)
                })
                .collect::<Result<_>>()?;
            let space = Workspace::new(self.backend);
            let memories: Vec<&Memory> = self.memories.iter().collect();
            let recalls = recall_in(self.precision, &space, &memories, &cues, self.max_steps, &mut |share| {
                observer((f64::from(round) + share) / f64::from(rounds))
            })?;
            for ((brackets, recall), memory) in brackets.iter_mut().zip(&recalls).zip(self.memories) {
                for (trial, (bracket, &pattern)) in brackets.iter_mut().zip(patterns).enumerate() {
                    let at = middle(*bracket);
                    let back =
                        recall.finals.row(trial) == memory.keys.row(pattern) && recall.endings[trial].period == 1;
                    // A bracket that is closed already is tried at what came back, or at 0 flips.
                    if at > bracket[0] {
                        bracket[usize::from(!back)] = at;
                    }
                }
            }
        }
        if let Some([low, high]) = brackets.iter().flatten().find(|[low, high]| high - low > 1) {
            return Err(Error::setting(format!("a basin between {low} and {high} flips"), "please report this"));
        }
        Ok(brackets.iter().map(|net| net.iter().map(|[low, _]| low.checked_sub(1)).collect()).collect())
    }
}

/// A random order of a pattern's neurons.
fn order(seed: u64, network: u32, pattern: usize, neurons: usize) -> Vec<u32> {
    let mut generator = Philox::new(stream(seed, Purpose::Basin, network), [pattern as u32, 0, 0]);
    let mut order: Vec<u32> = (0..neurons as u32).collect();
    for last in (1..neurons).rev() {
        // 64 bits over at most 2^24 places: no place is likelier than another by more than 2^-40.
        let place = (u128::from(generator.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(last, place as usize);
    }
    order
}

/// Stored patterns with the first so many bits of their orders flipped.
fn cues(
    keys: &Patterns,
    patterns: &[usize],
    orders: &[Vec<u32>],
    flips: impl Iterator<Item = usize>,
) -> Result<Patterns> {
    let stride = keys.stride();
    let mut words: Vec<u32> = patterns.iter().flat_map(|&pattern| keys.row(pattern).iter().copied()).collect();
    for ((row, order), flips) in words.chunks_mut(stride).zip(orders).zip(flips) {
        order.iter().take(flips).for_each(|&bit| row[bit as usize / 32] ^= 1 << (bit % 32));
    }
    Patterns::from_words(keys.neurons(), words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Arithmetic;
    use crate::engine::cpu::Cpu;
    use crate::random;
    use crate::rule::{Descent, learn_memory};

    fn memory(model: &str, neurons: usize, patterns: usize) -> Memory {
        let cpu = Cpu::new(Arithmetic::Fused);
        let keys = random::patterns(4, 0, neurons, patterns).unwrap();
        let descent = Descent { updates: 100, ..Descent::default() };
        learn_memory(&Workspace::new(&cpu), &model.parse().unwrap(), &keys, &keys, &descent).unwrap()
    }

    fn radii(memories: &[Memory], patterns: &[usize]) -> Vec<Vec<Option<usize>>> {
        let cpu = Cpu::new(Arithmetic::Fused);
        let networks: Vec<u32> = (0..memories.len() as u32).collect();
        let basins =
            Basins { backend: &cpu, precision: Precision::F32, seed: 1, networks: &networks, memories, max_steps: 30 };
        basins.radii(patterns, &mut |_| true).unwrap()
    }

    /// The nearer of a pattern and its negative: with 41 neurons half of them are 20.5.
    #[test]
    fn a_single_pattern_owns_half_of_all_states() {
        assert_eq!(radii(&[memory("hebb/linear", 41, 1)], &[0]), [[Some(20)]]);
        assert_eq!(radii(&[memory("klr/rbf:0.02", 41, 1)], &[0]), [[Some(41)]]);
    }

    #[test]
    fn bisection_finds_an_edge_that_a_scan_finds_too() {
        let memory = memory("klr/rbf:0.1", 40, 60);
        let patterns: Vec<usize> = (0..12).collect();
        let found = &radii(std::slice::from_ref(&memory), &patterns)[0];
        let cpu = Cpu::new(Arithmetic::Fused);
        let orders: Vec<Vec<u32>> = patterns.iter().map(|&pattern| order(1, 0, pattern, 40)).collect();
        let back = |flips: usize| -> Vec<bool> {
            let cues = cues(&memory.keys, &patterns, &orders, patterns.iter().map(|_| flips)).unwrap();
            let space = Workspace::new(&cpu);
            let recall = &recall_in(Precision::F32, &space, &[&memory], &[cues], 30, &mut |_| true).unwrap()[0];
            patterns.iter().map(|&at| recall.finals.row(at) == memory.keys.row(at)).collect()
        };
        let scan: Vec<Vec<bool>> = (0..=40).map(back).collect();
        for (pattern, radius) in found.iter().enumerate() {
            let radius = radius.unwrap();
            assert!(radius > 2 && scan[radius][pattern] && !scan[radius + 1][pattern], "{pattern}: {radius}");
        }
        assert!(found.iter().any(|radius| *radius != found[0]));
    }

    #[test]
    fn what_is_no_fixed_point_has_no_basin() {
        let radii = radii(&[memory("hebb/linear", 40, 40)], &(0..10).collect::<Vec<_>>());
        assert!(radii[0].iter().any(Option::is_none));
    }
}
