//! Cues of sparse codes: so many active neurons moved to inactive places, so that as many are active as before.

use super::Trial;
use crate::code::Code;
use crate::pattern::is_up;
use crate::random::Philox;

/// A trial's cue: of `flips` hypercolumns the active neuron moves to another place of its own, or of all active neurons
/// `flips` move to places that were inactive; each choice as likely as any other.
///
/// It depends on the stream, the trial and the pattern alone.
pub(super) fn cue(code: Code, key: [u32; 2], trial: &Trial, neurons: usize, pattern: &[u32]) -> Vec<u32> {
    let mut cue = pattern.to_vec();
    let mut generator = Philox::new(key, [trial.pattern, trial.repetition, trial.flips].map(|x| x as u32));
    let (active, silent): (Vec<usize>, Vec<usize>) = (0..neurons).partition(|&i| is_up(pattern, i));
    if let Code::Hypercolumns(count) = code {
        let size = neurons / count;
        for place in generator.distinct(active.len(), trial.flips) {
            let old = active[place];
            let other = generator.below(size - 1);
            flip(&mut cue, old);
            flip(&mut cue, old / size * size + (old % size + 1 + other) % size);
        }
    } else {
        for neurons in [active, silent] {
            generator.distinct(neurons.len(), trial.flips).into_iter().for_each(|at| flip(&mut cue, neurons[at]));
        }
    }
    cue
}

fn flip(row: &mut [u32], neuron: usize) {
    row[neuron / 32] ^= 1 << (neuron % 32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Patterns, hamming};

    #[test]
    fn cues_are_of_the_code_and_off_by_two_bits_a_move() {
        for code in [Code::Hypercolumns(10), Code::Active(7)] {
            let keys = code.patterns(1, 0, 100, 40).unwrap();
            for flips in [0, 1, 5, 7] {
                let trial = |pattern| Trial { pattern, repetition: 2, flips };
                let cues: Vec<u32> =
                    (0..40).flat_map(|row| cue(code, [3, 4], &trial(row), 100, keys.row(row))).collect();
                let cues = Patterns::from_words(100, cues).unwrap();
                assert_eq!(code.fault(&cues), None);
                assert!(
                    (0..40).all(|row| hamming(cues.row(row), keys.row(row)) as usize == 2 * flips),
                    "{code} {flips}"
                );
            }
        }
    }
}
