//! What the adaptive similarity owes to its parts.

use super::trial::{Effort, Trial, variation};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Rate, Reading};
use crate::reproduce::judged::Evidence;
use crate::reproduce::lab::Lab;
use crate::retrieval::{Cumulative, Footprint, Kinds, Variant};

const PATTERNS: usize = 2048;
const DIMENSIONS: usize = 64;

/// A footprint that training starts from, and what was published of it.
struct Part {
    what: &'static str,
    kinds: Kinds,
    sorted: bool,
    cumulative: fn() -> Cumulative,
    /// An epoch has this part of a full one's variants.
    fewer: usize,
    /// Shares at [`DIFFICULTIES`].
    published: [&'static str; 2],
}

const DIFFICULTIES: [f64; 2] = [0.4, 0.5];

/// All of it, from the likenesses themselves on.
const WHOLE: Part = Part {
    what: "all",
    kinds: Kinds::BOTH,
    sorted: true,
    cumulative: || Cumulative::Identity,
    fewer: 1,
    published: ["0.724", "0.360"],
};

/// That one part retrieves more than another, by so much.
struct Lead {
    what: &'static str,
    of: [usize; 2],
    published: Published,
}

const MORE: Published = Published::at_least("above 0", 0.0);

fn learned() -> Cumulative {
    Cumulative::triangle(DIMENSIONS)
}

fn random() -> Cumulative {
    Cumulative::random(DIMENSIONS, 1)
}

pub(super) fn sorting(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let parts = [
        Part { what: "sorted, U learned", cumulative: learned, published: ["0.728", "0.363"], ..WHOLE },
        Part { what: "sorted", published: ["0.693", "0.337"], ..WHOLE },
        Part { what: "U learned", sorted: false, cumulative: learned, published: ["0.544", "0.189"], ..WHOLE },
        Part { what: "neither", sorted: false, published: ["0.517", "0.209"], ..WHOLE },
    ];
    let published = Published::at_least("0.149 and more", 0.1);
    let leads = [
        Lead { what: "sorted less neither", of: [1, 3], published },
        Lead { what: "sorted less unsorted, U learned", of: [0, 2], published },
    ];
    compare(lab, &parts, &leads, false)
}

pub(super) fn matrices(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let parts = [
        Part { what: "U learned", cumulative: learned, published: ["0.728", "0.363"], ..WHOLE },
        Part { what: "sums", cumulative: || Cumulative::Sums, published: ["0.724", "0.360"], ..WHOLE },
        Part { what: "identity", published: ["0.680", "0.346"], ..WHOLE },
        Part { what: "random", cumulative: random, published: ["0.693", "0.334"], ..WHOLE },
    ];
    let leads = [
        Lead { what: "sums less identity", of: [1, 2], published: MORE },
        Lead { what: "sums less random", of: [1, 3], published: MORE },
        Lead { what: "U learned less sums", of: [0, 1], published: Published::at_least("0.004", -0.02) },
    ];
    compare(lab, &parts, &leads, false)
}

pub(super) fn likenesses(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let alone = |distances| Kinds { distances, products: !distances };
    let parts = [
        Part { what: "both", ..WHOLE },
        Part { what: "distances", kinds: alone(true), published: ["0.646", "0.329"], ..WHOLE },
        Part { what: "products", kinds: alone(false), published: ["0.593", "0.252"], ..WHOLE },
    ];
    let leads = [
        Lead { what: "both less distances alone", of: [0, 1], published: MORE },
        Lead { what: "both less products alone", of: [0, 2], published: MORE },
    ];
    compare(lab, &parts, &leads, true)
}

pub(super) fn samples(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let parts = [WHOLE, Part { what: "a quarter of the variants", fewer: 4, published: ["0.720", "0.354"], ..WHOLE }];
    let published = Published::at_most("0.004 and 0.006", 0.03);
    let leads = [Lead { what: "all less a quarter", of: [0, 1], published }];
    compare(lab, &parts, &leads, true)
}

/// Trains the parts on the same patterns and tries them with the same queries; the shared bias is taken off, or not.
fn compare(lab: &mut Lab<'_, '_>, parts: &[Part], leads: &[Lead], debias: bool) -> Result<Evidence> {
    let effort = Effort::of(lab, PATTERNS);
    let mut readings = Vec::new();
    for (place, &difficulty) in DIFFICULTIES.iter().take(lab.either(1, 2)).enumerate() {
        let mut shares: Vec<Vec<Rate>> = vec![Vec::new(); parts.len()];
        for network in 0..lab.either(3, 5) {
            let variation = variation(lab, network, Variant::of_difficulty(difficulty));
            let trial = Trial::uniform(lab, network, PATTERNS, variation)?;
            for (part, shares) in parts.iter().zip(&mut shares) {
                let start = Footprint::plain(DIMENSIONS, part.kinds, part.sorted, (part.cumulative)());
                let effort = Effort { samples: effort.samples / part.fewer, ..effort };
                shares.push(trial.footprint(lab, start, debias, effort)?.share);
            }
        }
        for Lead { what, of, published } in leads {
            let lead = Measured::difference(&shares[of[0]], &shares[of[1]]);
            readings.push(Reading::of(format!("{difficulty}: {what}"), *published, lead));
        }
        for (part, shares) in parts.iter().zip(shares) {
            let printed = part.published[place];
            let value: f64 = printed.parse().unwrap_or(f64::NAN);
            let published = Published::number(printed, value - 0.03, value + 0.03);
            let what = format!("{difficulty}: {}", part.what);
            readings.push(Reading::of(what, published, Measured::share(shares)).beside());
        }
    }
    let Effort { epochs, samples } = effort;
    let setting = format!(
        "N = {PATTERNS}, d = {DIMENSIONS}, noise, mask, bias{}; {epochs} epochs of {samples} new variants.",
        if debias { ", a shared bias taken off" } else { ", no bias taken off" }
    );
    Ok(Evidence { setting, readings, ..Evidence::default() })
}
