//! Fields from couplings: a matrix multiplied with the states themselves. Twin of `shaders/couple.wgsl`.
//!
//! It is [`field`](crate::field)'s product with other weights, -1 and +1 by the states' bits. To multiply by them is
//! exact, so whether a multiply-add rounds once or twice, the bits are the same.

use crate::Extent;
use crate::arithmetic::Fused;
use crate::field::{Arrays, Source, run};

/// Arrays of [`couple`]. The shapes are per net; every net's rows are padded.
pub struct Couple<'a> {
    /// Packed states \[trial\].
    pub states: &'a [u32],
    /// Couplings \[input neuron, N\].
    pub couplings: &'a [f32],
    /// Fields \[trial, N\]: written, or continued when the panel does not start at input 0.
    pub field: &'a mut [f32],
    /// Sum of squared components \[trial\], likewise: the number of inputs so far.
    pub weight_norm: &'a mut [f32],
}

/// field\[net, trial, i\] = sum over j, the extent's patterns, of state_j * couplings\[net, j, i\], state_j -1 or +1:
/// one chain in order of j. Inputs beyond the last neuron count for nothing.
pub fn couple(extent: &Extent, arrays: Couple<'_>) {
    let Couple { states, couplings, field, weight_norm } = arrays;
    let inputs = extent.neurons.saturating_sub(extent.first_pattern).min(extent.patterns);
    // Of no table, so that they refer to nothing.
    let reference = vec![0; weight_norm.len()];
    let arrays =
        Arrays { states, source: Source::Components, reference: &reference, dual: couplings, field, weight_norm };
    run(&Extent { patterns: inputs, ..*extent }, Fused, true, arrays, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::philox::philox;

    fn words(stream: u32, count: usize) -> Vec<u32> {
        (0..count).map(|i| philox([stream, 7], [i as u32, 0, 0, 0])[0]).collect()
    }

    /// Few trials and many, whole and with the chain cut: the chain as it is defined, to the last bit.
    #[test]
    fn every_field_is_the_same_chain() {
        for neurons in [1_usize, 31, 64, 100, 257] {
            let width = neurons.div_ceil(32);
            let couplings: Vec<f32> = words(1, neurons * neurons).into_iter().map(|word| word as i32 as f32).collect();
            for trials in [1, 5, 33, 150] {
                let tail = u32::MAX >> (neurons.wrapping_neg() % 32);
                let mut states = words(2, trials * width);
                states.iter_mut().skip(width - 1).step_by(width).for_each(|word| *word &= tail);
                let chain = |trial: usize, neuron: usize| {
                    (0..neurons).fold(0.0_f32, |sum, input| {
                        let up = states[trial * width + input / 32] >> (input % 32) & 1 == 1;
                        let coupling = couplings[input * neurons + neuron];
                        if up { sum + coupling } else { sum - coupling }
                    })
                };
                let expected: Vec<u32> =
                    (0..trials * neurons).map(|at| chain(at / neurons, at % neurons).to_bits()).collect();
                // More inputs than neurons count for nothing.
                for (cut, asked) in [(0, neurons), (64, neurons), (64, neurons + 100)] {
                    let (mut field, mut norm) = (vec![f32::NAN; trials * neurons], vec![f32::NAN; trials]);
                    for rows in [0..cut.min(asked), cut.min(asked)..asked] {
                        let rows_there = rows.start.min(neurons) * neurons;
                        let whole = Extent::of_one_net(trials, asked, neurons);
                        let extent = Extent { patterns: rows.len(), first_pattern: rows.start, ..whole };
                        if rows.is_empty() {
                            continue;
                        }
                        let couplings = &couplings[rows_there..];
                        couple(
                            &extent,
                            Couple { states: &states, couplings, field: &mut field, weight_norm: &mut norm },
                        );
                    }
                    let field: Vec<u32> = field.into_iter().map(f32::to_bits).collect();
                    assert!(field == expected, "{neurons} neurons, {trials} trials, cut before {cut} of {asked}");
                    assert!(norm.iter().all(|&norm| norm == neurons as f32));
                }
            }
        }
    }
}
