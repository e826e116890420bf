//! A sign that no f32 sum certifies, by the f64 sum in order that defines it.

use crate::memory::{Memory, Readout};
use crate::pattern::{hamming, is_up};

/// A memory whose signs are in doubt.
pub(super) struct Doubt<'a> {
    pub(super) memory: &'a Memory,
    /// Whether a neuron's own component is left out of the distances.
    pub(super) excluding: bool,
}

impl Doubt<'_> {
    /// Whether a neuron of a packed state is up after its visit: h = sum over mu, in order, of weight(d_mu) dual\[mu,
    /// i\], weights relative to the heaviest key's power of two, or over j of state_j couplings\[j, i\]; h = 0 keeps it
    /// as it is.
    pub(super) fn sign(&self, state: &[u32], neuron: usize) -> bool {
        let keys = &self.memory.keys;
        let neurons = keys.neurons();
        let old = is_up(state, neuron);
        let field: f64 = match &self.memory.readout {
            Readout::Couplings(couplings) => {
                let column = couplings.matrix.iter().skip(neuron).step_by(neurons);
                let signed =
                    |(j, &value): (usize, &f32)| if is_up(state, j) { f64::from(value) } else { -f64::from(value) };
                column.enumerate().map(signed).sum()
            }
            Readout::Dual { dual, table } => {
                let distance = |key: usize| {
                    let row = keys.row(key);
                    let own = self.excluding && is_up(row, neuron) != old;
                    hamming(state, row) as usize - usize::from(own)
                };
                let distances: Vec<usize> = (0..keys.len()).map(distance).collect();
                let heaviest = distances.iter().copied().max_by_key(|&distance| table.exponents[distance]).unwrap_or(0);
                let column = dual.iter().skip(neuron).step_by(neurons);
                distances.iter().zip(column).map(|(&at, &dual)| table.weight(at, heaviest) * f64::from(dual)).sum()
            }
        };
        field > 0.0 || (field == 0.0 && old)
    }
}
