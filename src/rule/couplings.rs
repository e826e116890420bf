//! What rules for couplings share. Couplings are W \[input j, output i\], f32, row-major: field_i = sum over j of
//! W\[j\]\[i\] s_j.

use attractor_kernels_cpu::pairs::Columns;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::pattern::{Patterns, words_per_pattern};

/// Integers up to here are exact in f32.
const EXACT: usize = 1 << 24;

/// Whether a neuron hears itself: what becomes of the diagonal of W.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfCoupling {
    /// W\[i\]\[i\] = 0, as Hopfield's energy wants it.
    #[default]
    Removed,
    /// As the rule gives it.
    Kept,
}

impl SelfCoupling {
    /// Clears the diagonal, or does not.
    pub(super) fn apply(self, couplings: &mut [f32], neurons: usize) {
        if self == Self::Removed {
            couplings.iter_mut().step_by(neurons + 1).for_each(|own| *own = 0.0);
        }
    }
}

/// # Errors
/// If there is no pattern, or targets have another shape than keys.
pub(super) fn check_pairs(keys: &Patterns, targets: &Patterns) -> Result<()> {
    if keys.is_empty() {
        return Err(Error::setting("learning from no patterns", "give at least one"));
    }
    if (keys.len(), keys.neurons()) != (targets.len(), targets.neurons()) {
        let shape = |rows: &Patterns| format!("{} of {} neurons", rows.len(), rows.neurons());
        return Err(Error::setting(
            format!("keys, {}, and targets, {}", shape(keys), shape(targets)),
            "give each key one target of as many neurons",
        ));
    }
    Ok(())
}

/// Sums of products over patterns, sum over mu of x_j y_i, by population counts of columns packed over patterns.
pub(super) struct Correlations {
    /// Row j holds neuron j of every key.
    keys: Patterns,
    targets: Patterns,
    columns: Columns,
}

impl Correlations {
    /// # Errors
    /// If keys and targets do not fit together, or are more than f32 counts exactly.
    pub(super) fn new(keys: &Patterns, targets: &Patterns) -> Result<Self> {
        check_pairs(keys, targets)?;
        if keys.len() > EXACT {
            return Err(Error::setting(
                format!("{} patterns, whose sums f32 does not hold exactly", keys.len()),
                format!("give at most {EXACT}"),
            ));
        }
        let [keys, targets] = [transposed(keys)?, transposed(targets)?];
        let columns = Columns::new(targets.words(), targets.stride());
        Ok(Self { keys, targets, columns })
    }

    /// P.
    pub(super) fn patterns(&self) -> usize {
        self.keys.neurons()
    }

    /// sum over mu of x_j, and of y_i: one for each neuron.
    pub(super) fn sums(&self) -> [Vec<i64>; 2] {
        [&self.keys, &self.targets].map(|planes| {
            let up = |row: &[u32]| row.iter().map(|word| i64::from(word.count_ones())).sum::<i64>();
            (0..planes.len()).map(|row| 2 * up(planes.row(row)) - planes.neurons() as i64).collect()
        })
    }

    /// How often neurons are active, as patterns of 0 and 1 have it.
    pub(super) fn counts(&self) -> Active {
        let patterns = self.patterns() as i64;
        let [before, after] = self.sums().map(|sums| sums.into_iter().map(|sum| (patterns + sum) / 2).collect());
        Active { patterns, before, after }
    }

    /// W\[j\]\[i\] = value(j, i, sum over mu of x_j y_i).
    pub(super) fn couplings(&self, value: impl Fn(usize, usize, i64) -> f32 + Sync) -> Vec<f32> {
        let (neurons, patterns) = (self.keys.len(), self.patterns() as i64);
        let mut couplings = vec![0.0; neurons * neurons];
        couplings.par_chunks_mut(neurons).enumerate().for_each_init(
            || vec![0; neurons],
            |distances, (input, row)| {
                self.columns.distances(self.keys.row(input), distances);
                for (output, (coupling, &differ)) in row.iter_mut().zip(distances.iter()).enumerate() {
                    *coupling = value(input, output, patterns - 2 * i64::from(differ));
                }
            },
        );
        couplings
    }
}

/// In how many patterns each neuron is active, of keys and of targets.
pub(super) struct Active {
    patterns: i64,
    pub(super) before: Vec<i64>,
    pub(super) after: Vec<i64>,
}

/// In how many of P patterns an input is active, an output, and both: whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) patterns: f64,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) both: f64,
}

impl Active {
    /// Those of an input and an output, by their sum of products of -1 and +1.
    pub(super) fn of(&self, input: usize, output: usize, sum: i64) -> Counts {
        let (before, after) = (self.before[input], self.after[output]);
        // They differ in (P - sum) / 2 patterns, in each of which one of them is active alone.
        let both = (before + after - (self.patterns - sum) / 2) / 2;
        let [patterns, before, after, both] = [self.patterns, before, after, both].map(|count| count as f64);
        Counts { patterns, before, after, both }
    }
}

/// Neurons as rows, packed over patterns.
fn transposed(patterns: &Patterns) -> Result<Patterns> {
    let stride = words_per_pattern(patterns.len());
    let mut words = vec![0_u32; patterns.neurons() * stride];
    words.par_chunks_mut(stride).enumerate().for_each(|(neuron, row)| {
        for pattern in 0..patterns.len() {
            let bit = patterns.row(pattern)[neuron / 32] >> (neuron % 32) & 1;
            row[pattern / 32] |= bit << (pattern % 32);
        }
    });
    Patterns::from_words(patterns.len(), words)
}
