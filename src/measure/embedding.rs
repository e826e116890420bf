//! What is known of patterns before a memory stores them: their bits, how alike they are, and the classes they are of.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use serde::Serialize;

use super::spectrum::PairDistances;
use crate::error::{Error, Result};
use crate::pattern::{Patterns, hamming};
use crate::random::{Philox, Purpose, stream};

/// Pairs between two questions whether to go on.
const PAIRS: u64 = 1 << 20;

/// Of how many patterns all pairs are counted, and how many pairs are drawn where there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// Up to so many pairs each is counted.
    pub whole_up_to: u64,
    /// Beyond that so many are drawn, each equally often; pairs may repeat.
    pub sample: u32,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for Census {
    fn default() -> Self {
        Self { whole_up_to: 1 << 26, sample: 1 << 22, seed: 1 }
    }
}

/// Overlaps 1 - 2 d / N of pairs of patterns, d their Hamming distance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overlaps {
    /// Pairs, at least 1.
    pub pairs: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation about it, over these pairs.
    pub sd: f64,
    /// The largest.
    pub max: f64,
}

impl Overlaps {
    /// From the number of pairs at each distance, 0 to N; none of no pair.
    fn of(counts: &[u64]) -> Option<Self> {
        let neurons = (counts.len() - 1) as f64;
        let each = || counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        let overlap = |distance: usize| 1.0 - 2.0 * distance as f64 / neurons;
        let (nearest, _) = each().next()?;
        let pairs: u64 = counts.iter().sum();
        let mean = each().map(|(distance, &count)| count as f64 * overlap(distance)).sum::<f64>() / pairs as f64;
        let squares: f64 = each().map(|(at, &count)| count as f64 * (overlap(at) - mean).powi(2)).sum();
        Some(Self { pairs, mean, sd: (squares / pairs as f64).sqrt(), max: overlap(nearest) })
    }
}

/// The classes patterns are of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Classes {
    /// Patterns of each, by label.
    pub counts: BTreeMap<i64, usize>,
    /// Of pairs of one class; none where each has a class of its own, or no such pair was drawn.
    pub within: Option<Overlaps>,
    /// Of pairs of two classes; none where there is one class alone, or no such pair was drawn.
    pub between: Option<Overlaps>,
}

/// Patterns, described.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Embedding {
    /// Patterns, P.
    pub patterns: usize,
    /// Neurons, N.
    pub neurons: usize,
    /// Mean of all bits in -1 and +1.
    pub mean_bit: f64,
    /// Patterns that repeat an earlier one.
    pub duplicates: usize,
    /// Whether all P (P - 1) / 2 pairs were counted, and not a sample of them.
    pub all_pairs: bool,
    /// Of pairs of different rows; none of one pattern.
    pub overlaps: Option<Overlaps>,
    /// Where classes are known.
    pub classes: Option<Classes>,
}

impl Embedding {
    /// Describes patterns, and the classes that they are of, one label for each.
    ///
    /// # Errors
    /// If there is not one label for each pattern, or `go_on` answers no.
    pub fn of(
        patterns: &Patterns,
        labels: Option<&[i64]>,
        census: Census,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self> {
        let (rows, neurons) = (patterns.len(), patterns.neurons());
        if let Some(labels) = labels.filter(|labels| labels.len() != rows) {
            let what = format!("{} labels for {rows} patterns", labels.len());
            return Err(Error::setting(what, "give one label for each pattern"));
        }
        let pairs = rows as u64 * (rows as u64).saturating_sub(1) / 2;
        let all_pairs = pairs <= census.whole_up_to;
        let [within, between] = match all_pairs {
            true => counted(patterns, labels, go_on)?,
            false => drawn(patterns, labels, census, go_on)?,
        };
        let all: Vec<u64> = within.iter().zip(&between).map(|(within, between)| within + between).collect();
        let up: u64 = patterns.words().iter().map(|word| u64::from(word.count_ones())).sum();
        let classes = labels.map(|labels| {
            let mut counts = BTreeMap::new();
            labels.iter().for_each(|&label| *counts.entry(label).or_default() += 1);
            Classes { counts, within: Overlaps::of(&within), between: Overlaps::of(&between) }
        });
        Ok(Self {
            patterns: rows,
            neurons,
            mean_bit: 2.0 * up as f64 / (rows as f64 * neurons as f64) - 1.0,
            duplicates: patterns.duplicates().len(),
            all_pairs,
            overlaps: Overlaps::of(&all),
            classes,
        })
    }
}

/// Pairs at each distance, [of one class, of two]; without labels all are of two.
type Counts = [Vec<u64>; 2];

fn counted(patterns: &Patterns, labels: Option<&[i64]>, go_on: &mut dyn FnMut() -> bool) -> Result<Counts> {
    let mut between = unordered(patterns, go_on)?;
    let mut within = vec![0; between.len()];
    let mut classes: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    labels.into_iter().flatten().enumerate().for_each(|(row, &label)| classes.entry(label).or_default().push(row));
    for rows in classes.into_values().filter(|rows| rows.len() > 1) {
        let own = unordered(&patterns.select(rows), go_on)?;
        for ((within, between), own) in within.iter_mut().zip(&mut between).zip(own) {
            *within += own;
            *between -= own;
        }
    }
    Ok([within, between])
}

/// Pairs of different rows at each distance, each once.
fn unordered(patterns: &Patterns, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<u64>> {
    let mut counts = PairDistances::of(patterns, go_on)?.counts().to_vec();
    // Each with itself is among the ordered ones.
    counts[0] -= patterns.len() as u64;
    counts.iter_mut().for_each(|count| *count /= 2);
    Ok(counts)
}

fn drawn(
    patterns: &Patterns,
    labels: Option<&[i64]>,
    census: Census,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Counts> {
    let key = stream(census.seed, Purpose::Overlap, 0);
    let none = || [0; 2].map(|_: u64| vec![0; patterns.neurons() + 1]);
    let count = |mut counts: Counts, index: u32| {
        let [a, b] = Philox::new(key, [index, 0, 0]).pair(patterns.len());
        let two = labels.is_none_or(|labels| labels[a] != labels[b]);
        counts[usize::from(two)][hamming(patterns.row(a), patterns.row(b)) as usize] += 1;
        counts
    };
    let mut counts = none();
    for first in (0..u64::from(census.sample)).step_by(PAIRS as usize) {
        if !go_on() {
            return Err(Error::Interrupted);
        }
        let block: Range<u32> = first as u32..(first + PAIRS).min(census.sample.into()) as u32;
        counts = added(counts, block.into_par_iter().fold(none, count).reduce(none, added));
    }
    Ok(counts)
}

fn added(mut left: Counts, right: Counts) -> Counts {
    for (left, right) in left.iter_mut().zip(right) {
        left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
    }
    left
}
