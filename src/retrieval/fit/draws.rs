//! What the queries of an epoch are made from.

use super::Training;
use crate::error::{Error, Result};
use crate::random::{Philox, Purpose, stream};

/// Refuses pairs that name none of so many patterns.
pub(super) fn check_sources(sources: &[usize], patterns: usize) -> Result<()> {
    match sources.iter().position(|&source| source >= patterns) {
        None => Ok(()),
        Some(row) => {
            let what = format!("pair {row} names pattern {} of {patterns}", sources[row]);
            Err(Error::setting(what, "number the patterns from 0"))
        }
    }
}

/// Some numbers below `end` in random order, by epoch and round.
fn shuffled(training: &Training, end: usize, count: usize, [epoch, round]: [usize; 2]) -> Vec<usize> {
    let key = stream(training.seed, Purpose::Batch, 0);
    let mut generator = Philox::new(key, [epoch as u32, round as u32, 0]);
    let mut order: Vec<usize> = (0..end).collect();
    (0..count.min(end)).for_each(|at| order.swap(at, at + generator.below(end - at)));
    order.truncate(count);
    order
}

/// Of so many pairs, each twice.
pub(super) fn of_pairs(pairs: usize, training: &Training, epoch: usize) -> Vec<[u32; 2]> {
    let order = shuffled(training, pairs, training.samples, [epoch, 0]);
    order.into_iter().map(|pair| [pair as u32; 2]).collect()
}

/// Of so many patterns, each with the number of its variant.
pub(super) fn of_patterns(count: usize, training: &Training, epoch: usize) -> Vec<[u32; 2]> {
    let rounds = training.samples.div_ceil(count);
    // The same patterns and variants in every epoch, unless new ones are asked for.
    let first = if training.resamples { (epoch - 1) * rounds } else { 0 };
    let of_round = |round: usize| {
        let left = (training.samples - round * count).min(count);
        let order = if training.resamples || left == count {
            shuffled(training, count, left, [epoch, round])
        } else {
            (0..left).collect()
        };
        order.into_iter().map(move |pattern| [pattern as u32, (first + round) as u32])
    };
    (0..rounds).flat_map(of_round).collect()
}
