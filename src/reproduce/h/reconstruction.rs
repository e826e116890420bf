//! How near recall comes to correlated patterns, by the measures that papers report.

use super::super::Evidence;
use super::super::lab::Lab;
use crate::code::Code;
use crate::cue;
use crate::engine::Workspace;
use crate::error::Result;
use crate::measure::Similarity;
use crate::measure::claim::{Measured, Published, Reading};
use crate::recall::recall_in;
use crate::rule::Descent;

const MODELS: [&str; 5] = ["hebb", "storkey", "pseudoinverse-zero-diagonal", "hebb/dense:3", "klr/rbf:0.02"];
const NAMES: [&str; 5] = ["cosine", "Hamming distance", "Jaccard", "Euclidean distance", "bit accuracy"];
/// The user's first patterns, in networks of so many.
pub(in super::super) const STORED: usize = 20;

pub(super) fn similarities(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let unknown = Published { printed: "no number", agrees: (f64::NAN, f64::NAN) };
    let open = Reading::of("similarity after recall", unknown, Measured::default());
    let Some(patterns) = lab.request.patterns else {
        return Ok(Evidence {
            readings: vec![open],
            remarks: vec![
                "No patterns were given: --patterns FILE, such as MNIST's images with --binarize threshold:128.".into(),
            ],
            ..Evidence::default()
        });
    };
    let networks = (patterns.len() / STORED).min(lab.either(5, 20));
    let neurons = patterns.neurons();
    let mut readings = vec![open];
    for model in MODELS {
        let mut means: Vec<[f64; 5]> = Vec::new();
        for network in 0..networks {
            let keys = patterns.select(network * STORED..(network + 1) * STORED);
            let doing = format!("reconstruction by {model}");
            let memory = lab.learn(&model.parse()?, &keys, &Descent::default(), &doing)?;
            let space = Workspace::new(lab.request.backend);
            let trials = cue::trials(STORED, 5, 5 * STORED, cue::flips(neurons, 0.8));
            let own = std::slice::from_ref(&keys);
            let cues = cue::cues(lab.backend(), lab.seed(), &[network as u32], own, &trials)?;
            let precision = lab.request.ways.precision;
            let mut go_on = |share| lab.go_on(&doing, share);
            let recall = recall_in(precision, &space, &[&memory], &cues, 30, &mut go_on)?.swap_remove(0);
            let mut sums = [0.0; 5];
            for (row, trial) in trials.iter().enumerate() {
                let near = Similarity::of(Code::Bipolar, recall.finals.row(row), keys.row(trial.pattern), neurons);
                let all = [near.cosine, f64::from(near.hamming), near.jaccard, near.euclidean, near.bit_accuracy];
                sums.iter_mut().zip(all).for_each(|(sum, one)| *sum += one / trials.len() as f64);
            }
            means.push(sums);
        }
        for (index, name) in NAMES.iter().enumerate() {
            let measured = Measured::mean(means.iter().map(|mean| mean[index]));
            readings.push(Reading::unpublished(format!("{model}: {name} to the target"), measured));
        }
    }
    let setting = format!(
        "{networks} networks of {STORED} of the patterns given each, N = {neurons}; five cues a pattern with a tenth \
         of the bits flipped, 30 steps."
    );
    Ok(Evidence { setting, readings, ..Evidence::default() })
}
