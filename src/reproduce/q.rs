//! The claims of A. Tamamori, Quantitative attractor analysis of high-capacity kernel Hopfield networks, arXiv 2505.01218.
//! The copy at hand lost the digits of gamma, eta and the number of updates: gamma is c/N with some c. So the claims are held
//! against the c that recalls best, sought on networks of their own, and 1/N and 0.02 stand beside it.

mod landscapes;
mod limits;
mod robust;

use self::landscapes::{LARGEST, LOADS, Landscapes, SIMILARITIES};
use super::estimate::{differences, least, most};
use super::lab::Lab;
use super::{Claim, Evidence};
use crate::error::Result;
use crate::measure::claim::{Measured, Published, Reading};

pub(super) static CLAIMS: [Claim; 10] = [
    Claim {
        name: "perfect-cues",
        source: "arXiv 2505.01218, section 3",
        says: "Target recall is 1.0 from perfect cues (m0 = 1) at every load P/N up to 4.",
        judged: "At the best gamma found the lowest rate of all loads is 0.95 or more, which rounds to 1.0.",
        measure: perfect_cues,
    },
    Claim {
        name: "low-noise",
        source: "arXiv 2505.01218, abstract (v1)",
        says: "Capacity is high, up to P/N = 4, and robust: recall of cues with little noise is near perfect even at high load.",
        judged: "At the best gamma found and P/N = 4, 0.95 or more of cues with m0 = 0.8 (a tenth of the bits flipped) end in their target.",
        measure: low_noise,
    },
    Claim {
        name: "clean",
        source: "arXiv 2505.01218, abstract (v1)",
        says: "The landscape is clean: spurious fixed points are near zero in all conditions.",
        judged: "At the best gamma found the highest spurious rate of all loads and similarities is 0.05 or less.",
        measure: clean,
    },
    Claim {
        name: "other-memories",
        source: "arXiv 2505.01218, abstract (v1) and section 3",
        says: "What fails under high load and noise ends in another learned pattern, not in a spurious state.",
        judged: "At the best gamma found, P/N = 4 and m0 of 0.2, 0.1 and 0.05, more trials end in another learned pattern than in a \
                 spurious state.",
        measure: other_memories,
    },
    Claim {
        name: "other-grows",
        source: "arXiv 2505.01218, section 3",
        says: "At m0 of 0.2 and below, the share that ends in another learned pattern grows with load.",
        judged: "At the best gamma found it is larger at P/N = 4 than at 0.05, the ends of the published range, as a difference of \
                 each network.",
        measure: other_grows,
    },
    Claim {
        name: "steps",
        source: "arXiv 2505.01218, section 3",
        says: "Recall takes 1 to 2 steps for m0 of 0.2 and above, and about 2.3 to 2.5 at 0.05 to 0.1.",
        judged: "At the best gamma found the highest mean of all loads and m0 >= 0.2 rounds to 2 or less; at P/N = 4 the means of 0.05 and 0.1 lie \
                 within what rounds to 2.3 .. 2.5.",
        measure: steps,
    },
    Claim {
        name: "hebb-limit",
        source: "arXiv 2505.01218, sections 1 and 3.2",
        says: "Hebbian learning fails near P/N = 0.14.",
        judged: "The largest P of which nine of ten perfect cues end within cosine 0.9 of their target, over N, rounds to 0.14.",
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
        judged: "At the best gamma found and P/N = 4 their target and spurious rates differ by 0.05 or less, at m0 of 0.8, 0.4 and 0.2.",
        measure: robust::krr,
    },
    Claim {
        name: "penalty",
        source: "arXiv 2505.01218, abstract (v7)",
        says: "Performance is robust with respect to the regularization lambda.",
        judged: "At the best gamma found, P/N = 4 and m0 = 0.4, target rates at lambda of 0.0001 to 1 differ from that at 0.01 by 0.05 or less.",
        measure: robust::penalty,
    },
];

fn perfect_cues(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let readings = found.readings(|kernel| {
        let rates = LOADS.map(|load| (load, found.share(kernel, load, 1.0, |row| row.target_rate)));
        let lowest = least(rates).map(|(load, rate)| (format!("lowest target rate, at P/N = {load}"), rate));
        lowest.map(|(what, rate)| (what, Published::at_least("1.0", 0.95), rate)).into_iter().collect()
    });
    found.evidence(readings, Vec::new(), &["target-rate"])
}

fn low_noise(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let near_perfect = Published::at_least("near perfect", 0.95);
    let mut readings = found.readings(|kernel| {
        vec![(
            "target rate at P/N = 4, m0 = 0.8".into(),
            near_perfect,
            found.share(kernel, LARGEST, 0.8, |row| row.target_rate),
        )]
    });
    for (kernel, name) in &found.kernels {
        for load in [0.5, LARGEST] {
            let radii = Measured::mean(found.at(kernel, load, 1.0).map(|row| row.radius_50));
            readings.push(Reading::unpublished(format!("{name}: median basin radius in flips at P/N = {load}"), radii));
        }
    }
    readings.extend(robust::stable_step(lab)?);
    let (beyond, remark) = robust::beyond(lab)?;
    readings.extend(beyond);
    found.evidence(readings, vec![remark], &["basin-radius"])
}

fn clean(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let readings = found.readings(|kernel| {
        let conditions = LOADS.into_iter().flat_map(|load| SIMILARITIES.map(|similarity| (load, similarity)));
        let rates = conditions.map(|(load, m0)| ((load, m0), found.share(kernel, load, m0, |row| row.spurious_rate)));
        let highest = most(rates).map(|((load, m0), rate)| (format!("highest, at P/N = {load}, m0 = {m0}"), rate));
        highest.map(|(what, rate)| (what, Published::at_most("near zero", 0.05), rate)).into_iter().collect()
    });
    found.evidence(readings, Vec::new(), &["errors"])
}

fn other_memories(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let readings = found.readings(|kernel| {
        let more = |m0: f64| {
            let rows = found.at(kernel, LARGEST, m0).map(|row| (row.other_rate, row.spurious_rate));
            let what = format!("other learned less spurious, P/N = 4, m0 = {m0}");
            (what, Published::at_least("above 0", f64::MIN_POSITIVE), differences(rows))
        };
        [0.2, 0.1, 0.05].map(more).into()
    });
    found.evidence(readings, Vec::new(), &[])
}

fn other_grows(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let readings = found.readings(|kernel| {
        let grows = |m0: f64| {
            let at = |load| found.at(kernel, load, m0).map(|row| row.other_rate);
            let what = format!("other learned at P/N = 4 less that at {}, m0 = {m0}", LOADS[0]);
            (what, Published::at_least("above 0", f64::MIN_POSITIVE), differences(at(LARGEST).zip(at(LOADS[0]))))
        };
        [0.2, 0.1, 0.05].map(grows).into()
    });
    found.evidence(readings, Vec::new(), &[])
}

fn steps(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let found = Landscapes::measure(lab)?;
    let mean = |kernel: &str, load: f64, m0: f64| {
        Measured::mean(found.at(kernel, load, m0).map(|row| row.mean_steps.unwrap_or(f64::NAN)))
    };
    let readings = found.readings(|kernel| {
        let easy = SIMILARITIES.into_iter().filter(|&m0| m0 >= 0.2);
        let conditions = LOADS.into_iter().flat_map(|load| easy.clone().map(move |m0| (load, m0)));
        let highest = most(conditions.map(|(load, m0)| ((load, m0), mean(kernel, load, m0))));
        let fast = highest.map(|((load, m0), steps)| {
            let what = format!("highest mean of m0 >= 0.2, at P/N = {load}, m0 = {m0}");
            (what, Published::number("1 to 2", 0.5, 2.5), steps)
        });
        let slow = [0.1, 0.05].map(|m0| {
            let what = format!("mean at P/N = 4, m0 = {m0}");
            (what, Published::number("2.3 to 2.5", 2.25, 2.55), mean(kernel, LARGEST, m0))
        });
        fast.into_iter().chain(slow).collect()
    });
    found.evidence(readings, Vec::new(), &["steps"])
}
