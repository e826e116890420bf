//! How firmly stored patterns stand: signal, noise and margins of their fields.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::signal::Fields;
use crate::error::Result;
use crate::memory::{Memory, Readout};

/// Signal, noise and margins of a network, and what it recalls. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Firmness {
    /// Mean over patterns and neurons of x alpha K(mu, mu) (arXiv 2605.00366); couplings have no dual, and none.
    pub signal: Option<f64>,
    /// Standard deviation of what all other patterns add to the field.
    pub noise: Option<f64>,
    /// Signal over noise.
    pub snr: Option<f64>,
    /// The least geometric margin of any pattern and neuron, x_i h_i / (|w_i| |phi(x)|), at most 1; none where neurons
    /// have no weights, or a kernel that is not positive.
    pub margin_least: Option<f64>,
    /// The margin that 1 % of patterns and neurons stay below.
    pub margin_1: Option<f64>,
    /// The same of 10 %.
    pub margin_10: Option<f64>,
    /// The same of 50 %.
    pub margin_50: Option<f64>,
    /// The same of 90 %.
    pub margin_90: Option<f64>,
    /// The most.
    pub margin_most: Option<f64>,
    /// Share of bits that are right after one step from the stored patterns.
    pub bits: f64,
    /// Share of stored patterns that stay as they are.
    pub fixed: f64,
    /// Bits flipped in each cue.
    pub flips: usize,
    /// Trials from such cues; 0 where nothing was learnt.
    pub trials: usize,
    /// Share of them that end in their target.
    pub target_rate: f64,
}

impl Firmness {
    /// Of a memory's stored patterns, each to be answered with itself; nothing recalled yet. P^2 N multiply-adds in f64 of a
    /// dual, P N^2 of couplings.
    ///
    /// # Errors
    /// If the memory's parts do not fit each other.
    pub fn of(memory: &Memory) -> Result<Self> {
        let (fields, margins) = match &memory.readout {
            Readout::Dual { dual, table } => {
                let fields = Fields::of_dual(&memory.keys, &memory.keys, dual, table)?;
                let margins = dual_margins(&fields, memory.keys.neurons());
                (Some(fields.signal()), margins)
            }
            Readout::Couplings(couplings) => {
                (None, coupled_margins(&memory.keys.to_bipolar(), &couplings.matrix, memory.keys.neurons()))
            }
        };
        let at = |share: f64| {
            let place = (share * margins.len().saturating_sub(1) as f64).round() as usize;
            margins.get(place).copied().filter(|margin| margin.is_finite())
        };
        Ok(Self {
            signal: fields.map(|signal| signal.signal),
            noise: fields.map(|signal| signal.noise),
            snr: fields.map(|signal| signal.ratio()).filter(|snr| snr.is_finite()),
            margin_least: at(0.0),
            margin_1: at(0.01),
            margin_10: at(0.1),
            margin_50: at(0.5),
            margin_90: at(0.9),
            margin_most: at(1.0),
            ..Self::default()
        })
    }
}

/// Geometric margins of a dual, rising: x_i h_i / (|w_i| |phi(x)|) with |w_i|^2 = alpha_i^T K alpha_i, the distance of
/// a stored pattern from neuron i's hyperplane in the kernel's feature space, on the unit sphere. A neuron whose
/// alpha_i^T K alpha_i is not above 0 has no scale (a kernel that is not positive), and no margin is a number then.
fn dual_margins(fields: &Fields, neurons: usize) -> Vec<f64> {
    let mut squares = vec![0.0; neurons];
    for (field, dual) in fields.fields.chunks(neurons).zip(fields.dual.chunks(neurons)) {
        for (square, (field, dual)) in squares.iter_mut().zip(field.iter().zip(dual)) {
            *square += field * dual;
        }
    }
    let scales: Vec<f64> = squares.iter().map(|square| (square * fields.own).sqrt()).collect();
    if scales.iter().any(|&scale| !(scale > 0.0 && scale.is_finite())) {
        return Vec::new();
    }
    let towards = fields.fields.iter().zip(&fields.targets).map(|(field, &sign)| field * f64::from(sign));
    sorted(towards.zip(scales.iter().cycle()).map(|(towards, scale)| towards / scale).collect())
}

/// The same of couplings W \[N, N\]: x_i h_i / (|W_i| sqrt(N)), Gardner's stability over sqrt(N).
fn coupled_margins(patterns: &[i8], matrix: &[f32], neurons: usize) -> Vec<f64> {
    let square = |neuron: usize| {
        let column = matrix.iter().skip(neuron).step_by(neurons);
        column.map(|&weight| f64::from(weight).powi(2)).sum::<f64>()
    };
    let scales: Vec<f64> = (0..neurons).map(|neuron| (square(neuron) * neurons as f64).sqrt()).collect();
    if scales.contains(&0.0) {
        return Vec::new();
    }
    let of_pattern = |pattern: &[i8]| {
        let mut fields = vec![0.0; neurons];
        for (&state, row) in pattern.iter().zip(matrix.chunks(neurons)) {
            let state = f64::from(state);
            fields.iter_mut().zip(row).for_each(|(field, &weight)| *field += state * f64::from(weight));
        }
        let towards = fields.iter().zip(pattern).map(|(field, &sign)| field * f64::from(sign));
        towards.zip(&scales).map(|(towards, scale)| towards / scale).collect::<Vec<_>>()
    };
    sorted(patterns.par_chunks(neurons).flat_map_iter(of_pattern).collect())
}

fn sorted(mut margins: Vec<f64>) -> Vec<f64> {
    margins.par_sort_by(f64::total_cmp);
    margins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::memory::{Profile, Provenance};
    use crate::pattern::Patterns;
    use crate::random;

    fn memory(keys: Patterns, readout: Readout) -> Memory {
        Memory { keys, readout, code: Code::Bipolar, provenance: Provenance::unknown("linear") }
    }

    /// Hebb's rule as a dual of the linear kernel and as couplings with self-coupling is the same memory.
    #[test]
    fn a_dual_and_its_couplings_have_the_same_margins() {
        let keys = random::patterns(3, 0, 40, 12).unwrap();
        let bipolar = keys.to_bipolar();
        let dual: Vec<f32> = bipolar.iter().map(|&sign| f32::from(sign)).collect();
        let mut couplings = vec![0.0_f32; 40 * 40];
        for pattern in bipolar.chunks(40) {
            for (i, row) in couplings.chunks_mut(40).enumerate() {
                row.iter_mut().zip(pattern).for_each(|(w, &sign)| *w += f32::from(sign * pattern[i]));
            }
        }
        let table = Profile::Linear.table(40).unwrap();
        let dual = Firmness::of(&memory(keys.clone(), Readout::Dual { dual, table })).unwrap();
        let coupled = Firmness::of(&memory(keys, Readout::Couplings(couplings.into()))).unwrap();
        let all = |of: &Firmness| [of.margin_least, of.margin_1, of.margin_10, of.margin_50, of.margin_90];
        for (a, b) in all(&dual).into_iter().zip(all(&coupled)) {
            // The table's numbers are rounded to f32, and so is each field's share of them.
            assert!((a.unwrap() - b.unwrap()).abs() < 12.0 * f64::from(f32::EPSILON), "{a:?} {b:?}");
        }
        assert!(dual.snr.is_some() && coupled.snr.is_none());
    }

    /// One pattern lies in the direction of its weights: margin 1, no noise.
    #[test]
    fn a_single_pattern_has_all_the_margin_there_is() {
        let keys = random::patterns(5, 0, 30, 1).unwrap();
        let dual: Vec<f32> = keys.to_bipolar().iter().map(|&sign| 0.7 * f32::from(sign)).collect();
        let table = "rbf:0.1".parse::<Profile>().unwrap().table(30).unwrap();
        let firm = Firmness::of(&memory(keys, Readout::Dual { dual, table })).unwrap();
        assert!([firm.margin_least, firm.margin_90].iter().all(|margin| (margin.unwrap() - 1.0).abs() < 1e-12));
        assert!((firm.signal.unwrap() - 0.7).abs() < 1e-6 && firm.noise == Some(0.0) && firm.snr.is_none());
    }

    #[test]
    fn neurons_without_weights_have_no_margin() {
        let keys = random::patterns(5, 0, 8, 2).unwrap();
        let firm = Firmness::of(&memory(keys, Readout::Couplings(vec![0.0; 64].into()))).unwrap();
        assert_eq!((firm.margin_least, firm.margin_90), (None, None));
    }
}
