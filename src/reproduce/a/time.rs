//! Table 14: how long training and inference take, and how it grows.

use std::time::Instant;

use super::trial::{QUERIES, Trial, variation};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::claim::{Measured, Published, Reading};
use crate::random;
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::fit::{Pairs, loss};
use crate::retrieval::{Cumulative, Footprint, Kinds, Network, Separation, Similarity, Steps, Variant, retrieve};

const REPEATS: usize = 3;

/// A shape, its published time in ms, and how often it takes that of the first.
struct Shape {
    patterns: usize,
    dimensions: usize,
    published: &'static str,
    times: Option<Published>,
}

const SHAPES: [Shape; 5] = [
    Shape { patterns: 2048, dimensions: 64, published: "840", times: None },
    Shape { patterns: 2048, dimensions: 128, published: "1573", times: Some(Published::number("1.87", 1.5, 2.3)) },
    Shape { patterns: 2048, dimensions: 256, published: "3609", times: Some(Published::number("4.30", 3.4, 5.2)) },
    Shape { patterns: 4096, dimensions: 64, published: "1531", times: Some(Published::number("1.82", 1.4, 2.2)) },
    Shape { patterns: 8192, dimensions: 64, published: "2949", times: Some(Published::number("3.51", 2.8, 4.2)) },
];

pub(super) fn grows(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let mut readings = Vec::new();
    let mut first = None;
    for (done, shape) in SHAPES.iter().enumerate() {
        let [training, inference] = times(lab, shape, done as f64 / SHAPES.len() as f64)?;
        let own = format!("N {}, d {}", shape.patterns, shape.dimensions);
        let milliseconds = |times: [f64; REPEATS]| Measured::mean(times.map(|seconds| 1e3 * seconds));
        let what = format!("{own}: ms for the loss and its gradient ({} published)", shape.published);
        readings.push(Reading::unpublished(what, milliseconds(training)));
        readings.push(Reading::unpublished(format!("{own}: ms for {QUERIES} readouts"), milliseconds(inference)));
        let first = *first.get_or_insert(training);
        if let Some(published) = shape.times {
            let ratios = Measured::mean((0..REPEATS).map(|at| training[at] / first[at]));
            readings.push(Reading::of(format!("{own}: times N 2048, d 64"), published, ratios).beside());
        }
    }
    let device = lab.backend().device();
    Ok(Evidence {
        setting: format!(
            "{QUERIES} queries, distances and products, sorted; {REPEATS} repeats on {} ({}).",
            device.name, device.details
        ),
        readings,
        remarks: vec![
            "The published times are of a GPU that is not named, and the copy at hand does not say of how many \
                       queries: what can be held against them is how time grows."
                .into(),
        ],
        ..Evidence::default()
    })
}

/// Seconds of a loss with its gradient, and of an inference, when such a share of all times was taken.
fn times(lab: &mut Lab<'_, '_>, shape: &Shape, done: f64) -> Result<[[f64; REPEATS]; 2]> {
    let &Shape { patterns: count, dimensions, .. } = shape;
    let patterns = random::features(lab.seed(), 0, dimensions, count)?;
    let trial = Trial::new(lab, patterns, variation(lab, 0, Variant::of_difficulty(0.4)))?;
    let similarity: Similarity = Footprint::plain(dimensions, Kinds::BOTH, true, Cumulative::Identity).into();
    let network = Network::new(trial.patterns.clone(), similarity.clone(), Separation::softmax_of(1.0));
    let space = Workspace::new(lab.request.backend);
    let mut seconds = [[0.0; REPEATS]; 2];
    // The first of each compiles and fills caches.
    for repeat in 0..=REPEATS {
        if !lab.go_on("times", done) {
            return Err(Error::Interrupted);
        }
        let start = Instant::now();
        loss(&space, &trial.patterns, &similarity, None, Pairs { queries: &trial.queries, sources: &trial.sources })?;
        let trained = start.elapsed().as_secs_f64();
        retrieve(&space, &network, &trial.queries, Steps::default(), &mut |_| true)?;
        if repeat > 0 {
            seconds[0][repeat - 1] = trained;
            seconds[1][repeat - 1] = start.elapsed().as_secs_f64() - trained;
        }
    }
    Ok(seconds)
}
