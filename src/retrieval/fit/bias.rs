//! The bias that variants share, from queries and the patterns they come from.

use super::{Examples, Pairs, Training, loss};
use crate::data::Features;
use crate::engine::Workspace;
use crate::error::Result;
use crate::measure::Line;
use crate::retrieval::footprint::{Cumulative, Footprint, Kinds};
use crate::retrieval::variant::Use;

/// Variants of each pattern that a bias is found from, fewer where they would be more than so many numbers.
const ROUNDS: usize = 16;
const NUMBERS: usize = 1 << 25;

/// Queries whose loss is compared.
const COMPARED: usize = 512;

/// The bias of each dimension, \[d\]: what adaptive retrieval takes from a query before it compares it.
///
/// By least squares x = slope xi + intercept in each dimension. Masked dimensions make the slope smaller; where the
/// bias is added after the mask it is the intercept, where before, masked too, the intercept divided by the slope. Of
/// the two that with the lower cross entropy of -|xi - x|^2 is returned.
///
/// # Errors
/// If pairs name no pattern, or the backend fails.
pub fn bias(space: &Workspace<'_>, patterns: &Features, examples: &Examples<'_>, seed: u64) -> Result<Vec<f32>> {
    examples.check(patterns)?;
    let (queries, sources) = match examples {
        Examples::Pairs(Pairs { queries, sources }) => ((*queries).clone(), sources.to_vec()),
        Examples::Variants(variation) => {
            // Numbers that training comes to last, so that what is fitted and what is trained on differ.
            let rounds = (NUMBERS / patterns.values().len()).clamp(1, ROUNDS);
            let training = Training { samples: rounds * patterns.len(), ..Training::of(patterns.len(), seed) };
            let mut draws = examples.draws(patterns.len(), &training, 1);
            draws.iter_mut().for_each(|draw| draw[1] = u32::MAX - draw[1]);
            let sources = draws.iter().map(|draw| draw[0] as usize).collect();
            (variation.features(space, patterns, &draws, Use::Training)?, sources)
        }
    };
    let dimensions = patterns.dimensions();
    let (slopes, intercepts): (Vec<f64>, Vec<f64>) =
        (0..dimensions).map(|dimension| line(patterns, &queries, &sources, dimension)).unzip();
    let candidates = [true, false].map(|masked_too| {
        let of = |(&slope, &intercept): (&f64, &f64)| {
            // A dimension that says nothing of its pattern has no such slope.
            let share = if masked_too && slope > 0.1 { slope } else { 1.0 };
            (intercept / share) as f32
        };
        slopes.iter().zip(&intercepts).map(of).collect::<Vec<f32>>()
    });
    let plain =
        Footprint::plain(dimensions, Kinds { distances: true, products: false }, false, Cumulative::Identity).into();
    let few = queries.first(COMPARED);
    let mut best = (f64::INFINITY, vec![0.0; dimensions]);
    for candidate in candidates {
        let shifted = few.less(&candidate)?;
        let pairs = Pairs { queries: &shifted, sources: &sources[..shifted.len()] };
        let (loss, _) = loss(space, patterns, &plain, None, pairs)?;
        if loss < best.0 {
            best = (loss, candidate);
        }
    }
    Ok(best.1)
}

/// Slope and intercept of one dimension; of patterns that are all alike there, 1 and the mean difference.
fn line(patterns: &Features, queries: &Features, sources: &[usize], dimension: usize) -> (f64, f64) {
    let point = |(query, &source): (&[f32], &usize)| -> (f64, f64) {
        (patterns.row(source)[dimension].into(), query[dimension].into())
    };
    let points: Vec<(f64, f64)> = queries.rows().zip(sources).map(point).collect();
    let Line { slope, centre: (stored, asked), squares } = Line::through(&points);
    let slope = if squares > 0.0 { slope } else { 1.0 };
    (slope, asked - slope * stored)
}
