//! The claims of A. Tamamori, Quantitative attractor analysis of high-capacity kernel Hopfield networks, arXiv
//! 2505.01218. The copy at hand lost the digits of gamma, eta and the number of updates: gamma is c/N with some c. So
//! claims are held against every c of a grid, and where they disagree nothing is decided but that.

mod landscapes;
mod limits;
mod robust;

use self::landscapes::{LARGEST, Landscapes, SIMILARITIES};
use super::lab::Lab;
use super::{Claim, Evidence};
use crate::error::Result;
use crate::measure::Line;
use crate::measure::claim::{Measured, Published, Reading, highest, lowest};

pub(super) static CLAIMS: [Claim; 10] = [
    Claim {
        name: "perfect-cues",
        source: "arXiv 2505.01218, section 3",
        says: "Target recall is 1.0 from perfect cues (m0 = 1) at every load P/N up to 4.",
        judged: "At every gamma of the grid the lowest rate of all loads is 0.95 or more, which rounds to 1.0; and \
                 at 1/N by 500 plain steps that are safe, at P/N = 4, too.",
        measure: perfect_cues,
    },
    Claim {
        name: "low-noise",
        source: "arXiv 2505.01218, abstract (v1)",
        says: "Capacity is high, up to P/N = 4, and robust: recall of cues with little noise is near perfect even at \
               high load.",
        judged: "At every gamma of the grid and P/N = 4, 0.95 or more of cues with m0 = 0.8 (a tenth of the bits \
                 flipped) end in their target.",
        measure: low_noise,
    },
    Claim {
        name: "clean",
        source: "arXiv 2505.01218, abstract (v1)",
        says: "The landscape is clean: spurious fixed points are near zero in all conditions.",
        judged: "At every gamma of the grid the highest spurious rate of all loads and similarities below 1 is 0.05 or \
                 less.",
        measure: clean,
    },
    Claim {
        name: "other-memories",
        source: "arXiv 2505.01218, abstract (v1) and section 3",
        says: "What fails under high load and noise ends in another learned pattern, not in a spurious state.",
        judged: "At every gamma of the grid, P/N = 4 and m0 of 0.2, 0.1 and 0.05, more trials end in another learned \
                 pattern than in a spurious state.",
        measure: other_memories,
    },
    Claim {
        name: "other-grows",
        source: "arXiv 2505.01218, section 3",
        says: "At m0 of 0.2 and below, the share that ends in another learned pattern grows with load.",
        judged: "At every gamma of the grid the slope of that share against the logarithm of the load, fitted to all \
                 loads of each network, is above 0.",
        measure: other_grows,
    },
    Claim {
        name: "steps",
        source: "arXiv 2505.01218, section 3",
        says: "Recall takes 1 to 2 steps for m0 of 0.2 and above, and about 2.3 to 2.5 at 0.05 to 0.1.",
        judged: "At every gamma of the grid the highest mean of all loads and m0 >= 0.2 rounds to 2 or less; at P/N \
                 = 4 the means of 0.05 and 0.1 lie within what rounds to 2.3 .. 2.5.",
        measure: steps,
    },
    Claim {
        name: "hebb-limit",
        source: "arXiv 2505.01218, sections 1 and 3.2",
        says: "Hebbian learning fails near P/N = 0.14.",
        judged: "The largest P of which nine of ten perfect cues end within cosine 0.9 of their target, over N, \
                 rounds to 0.14.",
        measure: limits::hebb,
    },
    Claim {
        name: "llr-limit",
        source: "arXiv 2505.01218, section 3.2",
        says: "Linear logistic regression fails near P/N = 0.9.",
        judged: "The largest P of which nine of ten perfect cues end in their target, over N, rounds to 0.9.",
        measure: limits::llr,
    },
    Claim {
        name: "krr-alike",
        source: "arXiv 2505.01218, abstract (v7)",
        says: "Kernel ridge regression has similarly high capacity and a similarly clean landscape as KLR.",
        judged: "At P/N = 4 and every gamma of the grid where some m0 leaves KLR a target rate of 0.05 to 0.95, \
                 target and spurious rates at the m0 nearest 0.5 differ by 0.05 or less.",
        measure: robust::krr,
    },
    Claim {
        name: "penalty",
        source: "arXiv 2505.01218, abstract (v7)",
        says: "Performance is robust with respect to the regularization lambda.",
        judged: "There, target rates at lambda of 0.0001 and 1 differ from that at 0.01 by 0.05 or less.",
        measure: robust::penalty,
    },
];

const ABOVE_ZERO: Published = Published::at_least("above 0", f64::MIN_POSITIVE);

fn perfect_cues(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let plain = robust::stable_step(lab)?;
    let readings = |found: &Landscapes, kernel: &str| {
        let rate = |load: f64| {
            let rates = found.rates(kernel, load, 1.0, |row| row.target_rate);
            (load, Measured::share_among(found.loads.len(), rates))
        };
        let lowest = lowest(found.loads.iter().map(|&load| rate(load)));
        let reading = lowest.map(|(load, rate)| {
            Reading::of(format!("lowest target rate, at P/N = {load}"), Published::at_least("1.0", 0.95), rate)
        });
        reading.into_iter().collect()
    };
    found.evidence(readings, vec![plain], &["target-rate"])
}

fn low_noise(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let (beyond, remark) = robust::beyond(lab)?;
    let readings = |found: &Landscapes, kernel: &str| {
        let rate = found.share(kernel, LARGEST, 0.8, |row| row.target_rate);
        let radius = |load: f64| {
            let radii = Measured::mean(found.at(kernel, load, 1.0).map(|row| row.measured.radius_50));
            Reading::unpublished(format!("median basin radius in flips at P/N = {load}"), radii)
        };
        let near_perfect = Published::at_least("near perfect", 0.95);
        vec![Reading::of("target rate at P/N = 4, m0 = 0.8", near_perfect, rate), radius(0.5), radius(LARGEST)]
    };
    let mut evidence = found.evidence(readings, Vec::new(), &["basin-radius"])?;
    evidence.readings.extend(beyond);
    evidence.remarks.push(remark);
    Ok(evidence)
}

fn clean(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let readings = |found: &Landscapes, kernel: &str| {
        // What becomes of perfect cues is another claim, and there are few of them.
        let cues = &SIMILARITIES[1..];
        let conditions = found.loads.iter().flat_map(|&load| cues.iter().map(move |&m0| (load, m0)));
        let count = found.loads.len() * cues.len();
        let rate = |(load, m0)| {
            let rates = found.rates(kernel, load, m0, |row| row.spurious_rate);
            ((load, m0), Measured::share_among(count, rates))
        };
        let reading = highest(conditions.map(rate)).map(|((load, m0), rate)| {
            let what = format!("highest spurious rate, at P/N = {load}, m0 = {m0}");
            Reading::of(what, Published::at_most("near zero", 0.05), rate)
        });
        reading.into_iter().collect()
    };
    Landscapes::measure(lab)?.evidence(readings, Vec::new(), &["errors"])
}

fn other_memories(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let readings = |found: &Landscapes, kernel: &str| {
        let more = |m0: f64| {
            let other = found.rates(kernel, LARGEST, m0, |row| row.other_rate);
            let spurious = found.rates(kernel, LARGEST, m0, |row| row.spurious_rate);
            let what = format!("other learned less spurious, P/N = 4, m0 = {m0}");
            Reading::of(what, ABOVE_ZERO, Measured::difference(&other, &spurious))
        };
        [0.2, 0.1, 0.05].map(more).into()
    };
    Landscapes::measure(lab)?.evidence(readings, Vec::new(), &[])
}

fn other_grows(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = landscapes::networks(lab);
    let readings = |found: &Landscapes, kernel: &str| {
        let grows = |m0: f64| {
            let shares: Vec<Vec<f64>> = found
                .loads
                .iter()
                .map(|&load| found.at(kernel, load, m0).map(|row| row.measured.other_rate).collect())
                .collect();
            let of_network = |network: usize| {
                let points = found.loads.iter().zip(&shares).map(|(load, shares)| (load.log2(), shares[network]));
                Line::through(&points.collect::<Vec<_>>()).slope
            };
            let what = format!("other learned, slope for each doubling of the load, m0 = {m0}");
            Reading::of(what, ABOVE_ZERO, Measured::mean((0..networks).map(of_network)))
        };
        [0.2, 0.1, 0.05].map(grows).into()
    };
    Landscapes::measure(lab)?.evidence(readings, Vec::new(), &[])
}

fn steps(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let readings = |found: &Landscapes, kernel: &str| {
        let mean = |load: f64, m0: f64| {
            let steps: Vec<f64> =
                found.at(kernel, load, m0).map(|row| row.measured.mean_steps.unwrap_or(f64::NAN)).collect();
            // Where every trial of every network takes as many steps, there is nothing to be uncertain of.
            let equal = steps.windows(2).all(|pair| pair[0] == pair[1]);
            if equal && !steps.is_empty() { Measured::known(steps[0]) } else { Measured::mean(steps) }
        };
        let easy = SIMILARITIES.into_iter().filter(|m0| (0.2..1.0).contains(m0));
        let conditions = found.loads.iter().flat_map(|&load| easy.clone().map(move |m0| (load, m0)));
        let fast = highest(conditions.map(|(load, m0)| ((load, m0), mean(load, m0))));
        let fast = fast.map(|((load, m0), steps)| {
            let what = format!("highest mean of m0 >= 0.2, at P/N = {load}, m0 = {m0}");
            Reading::of(what, Published::number("1 to 2", 0.5, 2.5), steps)
        });
        let slow = [0.1, 0.05].map(|m0| {
            let what = format!("mean at P/N = 4, m0 = {m0}");
            Reading::of(what, Published::number("2.3 to 2.5", 2.25, 2.55), mean(LARGEST, m0))
        });
        fast.into_iter().chain(slow).collect()
    };
    Landscapes::measure(lab)?.evidence(readings, Vec::new(), &["steps"])
}
