//! Bipolar queries to learn a kernel from: drawn, or given.

use super::{Training, draws};
use crate::cue::{self, Trial};
use crate::data::Features;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::random::{Philox, Purpose, stream};
use crate::retrieval::variant::{Use, Variation};

/// Where bipolar queries come from.
#[derive(Clone, Copy, Debug)]
pub enum Cues<'a> {
    /// Stored patterns, each neuron flipped with this probability.
    Independent(f64),
    /// Stored patterns with exactly so many neurons flipped.
    Flips(usize),
    /// The signs of variants of the patterns' -1 and 1.
    Variants(&'a Variation),
    /// Given, with the pattern that each was made from.
    Pairs {
        /// Packed \[B, N\].
        queries: &'a Patterns,
        /// The pattern of each.
        sources: &'a [usize],
    },
}

impl Cues<'_> {
    /// Refuses what cannot be made of some patterns.
    ///
    /// # Errors
    /// If shares or flips are out of range, queries have another width or sources name no pattern.
    pub fn check(&self, patterns: &Patterns) -> Result<()> {
        let neurons = patterns.neurons();
        match self {
            Self::Independent(share) => match (0.0..=1.0).contains(share) {
                true => Ok(()),
                false => Err(Error::setting(format!("flips of a share {share}"), "give a share from 0 to 1")),
            },
            Self::Flips(flips) => match *flips <= neurons {
                true => Ok(()),
                false => {
                    Err(Error::setting(format!("{flips} flips of {neurons} neurons"), "flip no more than there are"))
                }
            },
            Self::Variants(variation) => variation.check(neurons),
            Self::Pairs { queries, sources } => {
                if queries.is_empty() || queries.neurons() != neurons || queries.len() != sources.len() {
                    let [rows, width, given] = [queries.len(), queries.neurons(), sources.len()];
                    let what = format!("{rows} queries of {width} neurons with {given} sources, for {neurons} neurons");
                    return Err(Error::setting(what, "give queries as wide as the patterns, and a source for each"));
                }
                draws::check_sources(sources, patterns.len())
            }
        }
    }

    /// What each query of an epoch is made from: a pattern and the number of its variant, or a pair twice.
    pub(super) fn draws(&self, patterns: usize, training: &Training, epoch: usize) -> Vec<[u32; 2]> {
        match self {
            Self::Pairs { sources, .. } => draws::of_pairs(sources.len(), training, epoch),
            _ => draws::of_patterns(patterns, training, epoch),
        }
    }

    /// Queries and their sources: of each row of `draws` (a pattern and a number that tells its variants apart, or a
    /// pair) one, the same wherever it stands.
    ///
    /// # Errors
    /// If these cues cannot be made of the patterns, or the backend fails.
    pub fn draw(
        &self,
        space: &Workspace<'_>,
        seed: u64,
        patterns: &Patterns,
        draws: &[[u32; 2]],
        purpose: Use,
    ) -> Result<(Patterns, Vec<usize>)> {
        self.check(patterns)?;
        let neurons = patterns.neurons();
        let sources = || draws.iter().map(|draw| draw[0] as usize).collect();
        let flipped = |flips: &dyn Fn([u32; 2]) -> usize| {
            let trial = |&draw: &[u32; 2]| {
                let [pattern, repetition] = draw.map(|number| number as usize);
                Trial { pattern, repetition, flips: flips(draw) }
            };
            let trials: Vec<Trial> = draws.iter().map(trial).collect();
            let networks = [purpose as u32];
            let made = cue::cues(space.backend(), seed, &networks, std::slice::from_ref(patterns), &trials)?;
            made.into_iter().next().ok_or_else(|| Error::setting("no network", "cue one"))
        };
        match self {
            Self::Independent(share) => {
                let cumulative = binomial(neurons, *share);
                let key = stream(seed, Purpose::Trial, purpose as u32);
                Ok((flipped(&|draw| count(&cumulative, key, draw))?, sources()))
            }
            Self::Flips(flips) => Ok((flipped(&|_| *flips)?, sources())),
            Self::Variants(variation) => {
                let rows = patterns.select(draws.iter().map(|draw| draw[0] as usize));
                let rows = Features::new(neurons, rows.to_bipolar().into_iter().map(f32::from).collect())?;
                let varied = variation.varied(space, &rows, draws, purpose)?;
                let signs = varied.values().iter().map(|&value| value > 0.0);
                Ok((Patterns::from_signs(neurons, signs)?, sources()))
            }
            Self::Pairs { queries, sources } => {
                let rows = || draws.iter().map(|draw| draw[0] as usize);
                Ok((queries.select(rows()), rows().map(|row| sources[row]).collect()))
            }
        }
    }
}

/// How likely at most so many of N independent flips are, for each number below N. With their number drawn from it, and
/// which they are from all sets of that size, flips are independent.
fn binomial(neurons: usize, share: f64) -> Vec<f64> {
    let odds = libm::log(share) - libm::log1p(-share);
    let mut logarithm = neurons as f64 * libm::log1p(-share);
    let mut sum = 0.0;
    let below = |flips: usize| {
        if flips > 0 {
            logarithm += odds + libm::log((neurons + 1 - flips) as f64 / flips as f64);
        }
        sum += libm::exp(logarithm);
        sum
    };
    match share {
        0.0 => vec![1.0; neurons],
        1.0 => vec![0.0; neurons],
        _ => {
            // Rounding leaves a sum near 1: what lacks would be a state of nothing but flips.
            let mut sums: Vec<f64> = (0..=neurons).map(below).collect();
            let all = sums.pop().unwrap_or(1.0);
            sums.iter_mut().for_each(|sum| *sum /= all);
            sums
        }
    }
}

/// A number of flips, by a uniform number of 53 bits.
fn count(cumulative: &[f64], key: [u32; 2], [pattern, number]: [u32; 2]) -> usize {
    let mut generator = Philox::new(key, [pattern, number, 0]);
    let uniform = generator.below_wide(1 << 53) as f64 / (1_u64 << 53) as f64;
    cumulative.partition_point(|&below| below <= uniform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_flips_are_binomial() {
        let cumulative = binomial(20, 0.3);
        assert!(
            (cumulative[19] - (1.0 - 0.3_f64.powi(20))).abs() < 1e-12
                && (cumulative[0] - 0.7_f64.powi(20)).abs() < 1e-15
        );
        assert_eq!((binomial(3, 0.0), binomial(3, 1.0)), (vec![1.0; 3], vec![0.0; 3]));
        let key = stream(1, Purpose::Trial, 0);
        let counts: Vec<f64> = (0..10_000).map(|at| count(&cumulative, key, [at, 7]) as f64).collect();
        let mean = counts.iter().sum::<f64>() / 1e4;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 1e4;
        // Five standard errors: of the mean 0.0205, of the variance some 0.06.
        assert!((mean - 6.0).abs() < 0.11 && (variance - 4.2).abs() < 0.3, "{mean} {variance}");
        assert_eq!([0.0, 1.0].map(|share| count(&binomial(5, share), key, [1, 2])), [0, 5]);
    }
}
