//! Table 2: five memories on uniform patterns, and on images; and table 13.

use super::bayes::{self, Bias};
use super::trial::{Answered, Effort, Trial, separated, uniform, variation};
use crate::error::{Error, Result};
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::reproduce::estimate::at_each;
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Variant, Variation};

/// Memories, in the order of [`Row`].
const MEMORIES: [&str; 5] = ["A-Hop", "M-Hop", "K2-Hop", "K-Hop", "U-Hop"];

/// What comes after what, where the copy at hand leaves it open.
const ORDERS: [&str; 2] = ["noise,mask,bias", "noise,bias,mask"];

/// Patterns of the table.
const PATTERNS: usize = 2048;

/// What there is of an order.
#[derive(Default)]
struct Row {
    /// What each memory answers in each network: \[memory\]\[network\].
    memories: [Vec<Answered>; 5],
    /// What Bayes' rule does, with the bias known, and not.
    bayes: [Vec<Rate>; 2],
}

/// A published share, with the deviation that the paper gives the adaptive memory.
const fn share(printed: &'static str, value: f64) -> Published {
    Published::number(printed, value - 0.02, value + 0.02)
}

const AT_FOUR: [(Published, f64); 5] = [
    (share("0.724", 0.724), 0.106),
    (share("0.520", 0.520), 0.176),
    (share("0.521", 0.521), 0.176),
    (share("0.487", 0.487), 0.295),
    (share("0.260", 0.260), 0.417),
];

const AT_FIVE: [(Published, f64); 5] = [
    (share("0.360", 0.360), 0.227),
    (share("0.195", 0.195), 0.300),
    (share("0.195", 0.195), 0.298),
    (share("0.177", 0.177), 0.764),
    (share("0.059", 0.059), 0.554),
];

fn ordered(lab: &Lab<'_, '_>, difficulty: f64, order: &str, network: u32) -> Result<Variation> {
    let order = order.parse().map_err(|what: String| Error::setting(what, "please report this"))?;
    Ok(Variation { order, ..variation(lab, network, Variant::of_difficulty(difficulty)) })
}

/// All memories at a difficulty, in each of [`ORDERS`].
fn rows(lab: &mut Lab<'_, '_>, difficulty: f64) -> Result<[Row; 2]> {
    let mut rows: [Row; 2] = Default::default();
    let effort = Effort::of(lab, PATTERNS);
    for network in 0..lab.either(3, 5) {
        let patterns = uniform(lab, network, PATTERNS)?;
        let phi = separated(lab, &patterns)?;
        for (row, order) in rows.iter_mut().zip(ORDERS) {
            let variation = ordered(lab, difficulty, order, network)?;
            let trial = Trial::new(lab, patterns.clone(), variation)?;
            let answers = [
                trial.adaptive(lab, effort)?,
                trial.named(lab, "m-hop")?,
                trial.modulated(lab, effort)?,
                trial.fixed(lab, phi.clone(), "entmax:1.5")?,
                trial.named(lab, "u-hop")?,
            ];
            row.memories.iter_mut().zip(answers).for_each(|(all, answered)| all.push(answered));
            for (all, bias) in row.bayes.iter_mut().zip([Bias::Known, Bias::Unknown]) {
                all.push(bayes::share(lab, &trial, order.ends_with("mask"), bias)?);
            }
        }
    }
    Ok(rows)
}

fn shares(answers: &[Answered]) -> Vec<Rate> {
    answers.iter().map(|answered| answered.share).collect()
}

fn setting(lab: &Lab<'_, '_>) -> String {
    let Effort { epochs, samples } = Effort::of(lab, PATTERNS);
    format!(
        "N = {PATTERNS} patterns, d = 64, {} networks, 2048 fresh variants each; noise is a variance. A-Hop: distances and \
         products, sorted, from plain similarities on, {epochs} epochs of Adam, step 0.1, {samples} new variants each; a \
         shared bias is estimated and taken off. K2-Hop: Phi from the identity on, step 0.01. K-Hop: separation loss, t = 2, \
         entmax 1.5. beta 1.",
        lab.either(3, 5)
    )
}

fn against(lab: &mut Lab<'_, '_>, difficulty: f64, published: &[(Published, f64); 5]) -> Result<Evidence> {
    let mut cases = Vec::new();
    for (order, row) in ORDERS.iter().zip(rows(lab, difficulty)?) {
        let mut readings = Vec::new();
        let memories = MEMORIES.iter().zip(&row.memories);
        for ((memory, answers), (printed, error)) in memories.clone().zip(published) {
            readings.push(Reading::of(*memory, *printed, Measured::share(shares(answers))));
            let errors = Measured::mean(answers.iter().map(|answered| answered.error));
            readings.push(Reading::unpublished(format!("{memory}: squared error, {error} published"), errors));
        }
        let adaptive = shares(&row.memories[0]);
        for (memory, answers) in memories.skip(1) {
            let published = match *memory {
                "M-Hop" => Published::at_least("0.15 or more", 0.15),
                _ => Published::at_least("above 0", 0.0),
            };
            let lead = Measured::difference(&adaptive, &shares(answers));
            readings.push(Reading::of(format!("A-Hop less {memory}"), published, lead));
        }
        for (what, shares) in ["known", "unknown"].iter().zip(row.bayes) {
            readings.push(Reading::unpublished(format!("Bayes' rule, bias {what}"), Measured::share(shares)));
        }
        cases.push((order.replace(',', ", "), readings));
    }
    let mut evidence = at_each("the order of noise, mask and bias", cases);
    evidence.setting = setting(lab);
    evidence.remarks.push(
        "A footprint sees no signs: where its share is above Bayes' rule without those of the bias, it was told of them. Phi \
         can learn them."
            .into(),
    );
    Ok(evidence)
}

pub(super) fn at_four(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    against(lab, 0.4, &AT_FOUR)
}

pub(super) fn at_five(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    against(lab, 0.5, &AT_FIVE)
}

/// Published shares at difficulty 0.6 and 0.7 of A-Hop, M-Hop and U-Hop.
const IMAGES: [(f64, [Published; 3]); 2] = [
    (0.6, [share("0.939", 0.939), share("0.875", 0.875), share("0.540", 0.540)]),
    (0.7, [share("0.849", 0.849), share("0.661", 0.661), share("0.176", 0.176)]),
];

pub(super) fn of_images(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let Some(features) = lab.request.features else {
        return Ok(Evidence {
            readings: vec![Reading::of("A-Hop", IMAGES[0].1[0], Measured::default())],
            remarks: vec!["No patterns were given: --patterns FILE, MNIST's images, --scale range:0,255.".into()],
            ..Evidence::default()
        });
    };
    // A sort of 784 values takes thirty times one of 64.
    let count = features.len().min(lab.either(256, PATTERNS));
    let effort = Effort { epochs: lab.either(10, 200), samples: lab.either(64, count) };
    let networks = lab.either(2, 5).min(features.len() / count).max(1) as u32;
    let mut cases = Vec::new();
    for order in ORDERS {
        let mut readings = Vec::new();
        for (difficulty, published) in IMAGES {
            let mut answers: [Vec<Answered>; 3] = Default::default();
            for network in 0..networks {
                let own = features.select(network as usize * count..(network as usize + 1) * count);
                let variation = ordered(lab, difficulty, order, network)?;
                let trial = Trial::new(lab, own, variation)?;
                answers[0].push(trial.adaptive(lab, effort)?);
                answers[1].push(trial.named(lab, "m-hop")?);
                answers[2].push(trial.named(lab, "u-hop")?);
            }
            for ((memory, answers), printed) in ["A-Hop", "M-Hop", "U-Hop"].iter().zip(&answers).zip(published) {
                readings.push(Reading::of(
                    format!("{memory} at {difficulty}"),
                    printed,
                    Measured::share(shares(answers)),
                ));
            }
        }
        cases.push((order.replace(',', ", "), readings));
    }
    let mut evidence = at_each("the order of noise, mask and bias", cases);
    let Effort { epochs, samples } = effort;
    evidence.setting = format!(
        "{count} of the patterns given, of {} dimensions, {networks} networks; A-Hop: {epochs} epochs of {samples} variants.",
        features.dimensions()
    );
    Ok(evidence)
}

pub(super) fn multi_modal(_: &mut Lab<'_, '_>) -> Result<Evidence> {
    let printed = Published::number("0.988", 0.9875, 0.9885);
    Ok(Evidence {
        readings: vec![Reading::of("A-Hop and A-Hop, 1024 concepts", printed, Measured::default())],
        remarks: vec![
            "Not measured: the copy at hand says neither which modalities, nor what the second phase is asked.".into(),
        ],
        ..Evidence::default()
    })
}
