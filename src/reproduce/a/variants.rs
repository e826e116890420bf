//! Figure 3: kinds of variants, each at several difficulties.

use super::trial::{Answered, Effort, Trial, variation};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::report::{Curves, Figure, Series, Span};
use crate::reproduce::estimate::drawn;
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Similarity, Variant};

const DIFFICULTIES: [f64; 3] = [0.3, 0.5, 0.7];
const KINDS: [&str; 4] = ["mask", "noise", "bias", "mixed"];
/// Shares within this, the deviation that the paper prints, are level.
const LEVEL: f64 = 0.02;
const MEMORIES: [&str; 5] = ["A-Hop", "M-Hop", "U-Hop", "S-Hop", "the nearest"];

fn variant(kind: &str, difficulty: f64) -> Variant {
    let none = Variant { mask: 0.0, noise: 0.0, bias: 0.0 };
    match kind {
        "mask" => Variant { mask: difficulty, ..none },
        "noise" => Variant { noise: difficulty, ..none },
        "bias" => Variant { bias: difficulty, ..none },
        _ => Variant::of_difficulty(difficulty),
    }
}

fn answers(lab: &mut Lab<'_, '_>, trial: &Trial, effort: Effort) -> Result<[Answered; 5]> {
    Ok([
        trial.adaptive(lab, effort)?,
        trial.named(lab, "m-hop")?,
        trial.named(lab, "u-hop")?,
        trial.named(lab, "s-hop")?,
        trial.fixed(lab, Similarity::L2, "argmax")?,
    ])
}

pub(super) fn twelve(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let counts = lab.either(&[512][..], &[2048, 4096]);
    let effort = Effort { epochs: lab.either(40, 200), samples: lab.either(512, 2048) };
    let (mut readings, mut figures) = (Vec::new(), Vec::new());
    for &count in counts {
        for kind in KINDS {
            let mut curves: [Vec<Measured>; 5] = Default::default();
            for difficulty in DIFFICULTIES {
                let mut shares: [Vec<Rate>; 5] = Default::default();
                for network in 0..lab.either(1, 5) {
                    let own = variation(lab, network, variant(kind, difficulty));
                    let trial = Trial::uniform(lab, network, count, own)?;
                    let answers = answers(lab, &trial, effort)?;
                    shares.iter_mut().zip(answers).for_each(|(all, answered)| all.push(answered.share));
                }
                let of = format!("N {count}, {kind} {difficulty}");
                readings.push(lead(&of, &shares));
                let measured = shares.map(Measured::share);
                readings.push(Reading::unpublished(format!("{of}: A-Hop"), measured[0]));
                curves.iter_mut().zip(measured).for_each(|(curve, measured)| curve.push(measured));
            }
            figures.push(figure(count, kind, &curves)?);
        }
    }
    let Effort { epochs, samples } = effort;
    let setting = format!(
        "N = {}, d = 64, {epochs} epochs of {samples} variants; noise, mask, bias.",
        counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ")
    );
    Ok(Evidence { setting, readings, figures, ..Evidence::default() })
}

/// How far the adaptive memory is ahead of the best other.
fn lead(of: &str, shares: &[Vec<Rate>; 5]) -> Reading {
    let mean = |rates: &[Rate]| rates.iter().map(|rate| rate.0).sum::<f64>();
    let best = (1..5).max_by(|&a, &b| mean(&shares[a]).total_cmp(&mean(&shares[b]))).unwrap_or(1);
    let lead = Measured::difference(&shares[0], &shares[best]);
    Reading::of(format!("{of}: A-Hop less {}", MEMORIES[best]), Published::at_least("0 or more", -LEVEL), lead)
}

fn figure(count: usize, kind: &str, curves: &[Vec<Measured>; 5]) -> Result<Figure> {
    let point = |(difficulty, measured): (f64, &Measured)| (difficulty, Some(drawn(measured)));
    let series =
        |(name, curve): (&str, &Vec<Measured>)| Series::new(name, DIFFICULTIES.into_iter().zip(curve).map(point));
    Curves {
        stem: format!("{kind}-{count}"),
        title: format!("Correct answers, {kind} variants of {count} patterns"),
        caption: "Share of queries whose readout is nearest to their source; bands are 95 % intervals.".into(),
        labels: ["difficulty", "correct answers"],
        legend: "memory",
        columns: ["difficulty", "memory", "correct"],
        logarithmic: false,
        span: Span::SHARE,
        references: Vec::new(),
        series: MEMORIES.into_iter().zip(curves).map(series).collect(),
    }
    .figure()
}
