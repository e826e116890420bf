//! Fields from couplings: a matrix multiplied with the states themselves. Twin of `shaders/couple.wgsl`.
//!
//! It is [`field`](crate::field)'s product with other weights, the components that the states' bits stand for: 1, and
//! -1 or 0. To multiply by them is exact, so whether a multiply-add rounds once or twice, the bits are the same.

use crate::Extent;
use crate::arithmetic::Fused;
use crate::field::{Arrays, Source, run};

/// Arrays of [`couple`]. The shapes are per net; every net's rows are padded.
pub struct Couple<'a> {
    /// Packed states \[trial\].
    pub states: &'a [u32],
    /// Couplings \[input neuron, N\].
    pub couplings: &'a [f32],
    /// What each neuron's field starts from \[N\].
    pub bias: &'a [f32],
    /// Fields \[trial, N\]: written, or continued when the panel does not start at input 0.
    pub field: &'a mut [f32],
    /// Sum of squared components \[trial\], likewise: of those of -1 and 1 the number of inputs so far, of 0 and 1 that
    /// of active ones.
    pub weight_norm: &'a mut [f32],
}

/// field\[net, trial, i\] = bias\[net, i\] + sum over j, the extent's patterns, of state_j * couplings\[net, j, i\],
/// state_j 1 where its bit is set and `zero`, -1 or 0, where not: one chain in order of j. Inputs beyond the last
/// neuron count for nothing.
pub fn couple(extent: &Extent, zero: f32, arrays: Couple<'_>) {
    let Couple { states, couplings, bias, field, weight_norm } = arrays;
    if extent.first_pattern == 0 {
        let nets = extent.split_trials(field, extent.neurons).zip(extent.split_trials(weight_norm, 1));
        for (net, (field, weight_norm)) in nets.enumerate() {
            let bias = &bias[net * extent.neuron_stride()..][..extent.neurons];
            for row in field.chunks_exact_mut(extent.neurons) {
                // Chains start at the zero that is not negative: others than this one may add such zeros to it.
                row.iter_mut().zip(bias).for_each(|(sum, &bias)| *sum = if bias == 0.0 { 0.0 } else { bias });
            }
            weight_norm.fill(0.0);
        }
    }
    let inputs = extent.neurons.saturating_sub(extent.first_pattern).min(extent.patterns);
    // Of no table, so that they refer to nothing.
    let reference = vec![0; weight_norm.len()];
    let source = Source::Components(zero);
    let arrays = Arrays { states, source, reference: &reference, dual: couplings, starts: false, field, weight_norm };
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
            let [couplings, bias] = [(1, neurons * neurons), (3, neurons)]
                .map(|(stream, count)| words(stream, count).into_iter().map(|word| word as i32 as f32).collect());
            let (couplings, bias): (Vec<f32>, Vec<f32>) = (couplings, bias);
            for trials in [1, 5, 33, 150] {
                let tail = u32::MAX >> (neurons.wrapping_neg() % 32);
                let mut states = words(2, trials * width);
                states.iter_mut().skip(width - 1).step_by(width).for_each(|word| *word &= tail);
                let up = |trial: usize, input: usize| states[trial * width + input / 32] >> (input % 32) & 1 == 1;
                let chain = |zero: f32, trial: usize, neuron: usize| {
                    (0..neurons).fold(bias[neuron], |sum, input| {
                        let component = if up(trial, input) { 1.0 } else { zero };
                        sum + component * couplings[input * neurons + neuron]
                    })
                };
                let squares = |zero: f32, trial: usize| {
                    (0..neurons).map(|input| if up(trial, input) { 1.0 } else { zero * zero }).sum::<f32>()
                };
                // More inputs than neurons count for nothing.
                for ((cut, asked), zero) in [(0, neurons), (64, neurons), (64, neurons + 100)]
                    .into_iter()
                    .flat_map(|cut| [(cut, -1.0), (cut, 0.0)])
                {
                    let (mut field, mut norm) = (vec![f32::NAN; trials * neurons], vec![f32::NAN; trials]);
                    for rows in [0..cut.min(asked), cut.min(asked)..asked] {
                        let rows_there = rows.start.min(neurons) * neurons;
                        let whole = Extent::of_one_net(trials, asked, neurons);
                        let extent = Extent { patterns: rows.len(), first_pattern: rows.start, ..whole };
                        if rows.is_empty() {
                            continue;
                        }
                        let (couplings, bias) = (&couplings[rows_there..], &bias[..]);
                        let (field, weight_norm) = (&mut field[..], &mut norm[..]);
                        couple(&extent, zero, Couple { states: &states, couplings, bias, field, weight_norm });
                    }
                    let what = || format!("{neurons} neurons, {trials} trials, {zero}, cut before {cut} of {asked}");
                    for trial in 0..trials {
                        assert_eq!(norm[trial], squares(zero, trial), "{}", what());
                        for (neuron, field) in field[trial * neurons..][..neurons].iter().enumerate() {
                            assert_eq!(field.to_bits(), chain(zero, trial, neuron).to_bits(), "{}", what());
                        }
                    }
                }
            }
        }
    }
}
