//! Figure 3: kinds of variants, each at several difficulties.

use super::trial::{Effort, Trial, variation};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Kinds, Similarity, Variant};

const DIFFICULTIES: [f64; 3] = [0.3, 0.5, 0.7];

pub(super) fn twelve(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let count = lab.either(512, 2048);
    let effort = Effort { epochs: lab.either(40, 200), samples: count.min(lab.either(512, 2048)) };
    let mut readings = Vec::new();
    for difficulty in DIFFICULTIES {
        let none = Variant { mask: 0.0, noise: 0.0, bias: 0.0 };
        let kinds = [
            ("mask", Variant { mask: difficulty, ..none }),
            ("noise", Variant { noise: difficulty, ..none }),
            ("bias", Variant { bias: difficulty, ..none }),
            ("mixed", Variant::of_difficulty(difficulty)),
        ];
        for (kind, variant) in kinds {
            let mut shares: [Vec<Rate>; 5] = Default::default();
            for network in 0..lab.either(1, 5) {
                let trial = Trial::uniform(lab, network, count, variation(lab, network, variant))?;
                let answers = [
                    trial.footprint(lab, Kinds::BOTH, true, true, effort)?,
                    trial.named(lab, "m-hop")?,
                    trial.named(lab, "u-hop")?,
                    trial.named(lab, "s-hop")?,
                    trial.fixed(lab, Similarity::L2, "argmax")?,
                ];
                shares.iter_mut().zip(answers).for_each(|(all, answered)| all.push(answered.share));
            }
            let mean = |rates: &[Rate]| rates.iter().map(|rate| rate.0).sum::<f64>();
            let best = (1..5).max_by(|&a, &b| mean(&shares[a]).total_cmp(&mean(&shares[b]))).unwrap_or(1);
            let lead = Measured::difference(&shares[0], &shares[best]);
            let other = ["", "M-Hop", "U-Hop", "S-Hop", "the nearest"][best];
            let what = format!("{kind} {difficulty}: A-Hop less {other}");
            readings.push(Reading::of(what, Published::at_least("0 or more", 0.0), lead));
            let of = format!("{kind} {difficulty}: A-Hop");
            readings.push(Reading::unpublished(of, Measured::share(shares[0].clone())));
        }
    }
    let Effort { epochs, samples } = effort;
    let setting = format!("N = {count}, d = 64, {epochs} epochs of {samples} variants; noise, mask, bias.");
    Ok(Evidence { setting, readings, ..Evidence::default() })
}
