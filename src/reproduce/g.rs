//! The claims of A. Tamamori, Geometric and dynamical analysis of attractor boundaries and storage limits in kernel
//! Hopfield networks, arXiv 2605.00366, and of papers on the same memories.

mod between;
mod cited;
mod collapse;
mod embeddings;

pub(super) use embeddings::COUNTS;

use super::Claim;
use super::lab::Lab;

pub(super) static CLAIMS: [Claim; 14] = [
    Claim {
        name: "collapse",
        source: "arXiv 2605.00366, figure 1 and section 2",
        says: "Random sequences are walked up to P/N of 16, and the walk collapses between P = 1600 and 1700 (N = \
               100).",
        judged: "0.95 or more of all transitions are right at P = 1500 and 1600, 0.05 or less at 1700 and 1800.",
        measure: collapse::transitions,
    },
    Claim {
        name: "sequence-capacity",
        source: "arXiv 2605.00366, abstract and section 2.5",
        says: "Random sequences are stored up to P/N of about 16: P_c is the largest P at which all 10 trials go \
               once around without an error.",
        judged: "The largest P tried at which every trial succeeds, and the smallest at which one fails, lie within \
                 1550 to 1650; the fewer the trials, the larger P_c.",
        measure: collapse::capacity,
    },
    Claim {
        name: "snr-threshold",
        source: "arXiv 2605.00366, section 2.6",
        says: "The collapse comes where signal over noise falls to about 2.",
        judged: "Of each trial, the SNR at which half of the transitions are right, between the lengths about it, is \
                 1.5 to 2.5.",
        measure: collapse::signal_to_noise,
    },
    Claim {
        name: "limit-of-the-memory",
        source: "arXiv 2605.00366, abstract",
        says: "P/N of about 16 is the storage limit of random sequences: what is lost there is stability against \
               crosstalk.",
        judged: "Longer sequences, learnt by the same objective down to its minimum, are not walked either: 0.05 or \
                 less of their transitions are right.",
        measure: collapse::converged,
    },
    Claim {
        name: "separable",
        source: "arXiv 2605.00366, section on geometric separability",
        says: "The limit is not one of geometric separability: by Cover's reference point patterns are separable up to \
               P = 2 D_eff, which lies above it.",
        judged: "2 D_eff is larger than P at P = 1600 and 1700.",
        measure: collapse::separable,
    },
    Claim {
        name: "embeddings-clean",
        source: "arXiv 2605.00366, table 1",
        says: "Sign codes of image embeddings, N = 512, P up to 10 000: accuracy 1.0000 from perfect cues.",
        judged: "0.995 or more of all cues end in their target at each of P = 1000, 3000, 5000, 8000 and 10 000, N = \
                 512: 1.00 to two decimals, which so many cues can tell. The paper's codes are ResNet-18's: of other \
                 codes this is this engine's own result.",
        measure: embeddings::clean,
    },
    Claim {
        name: "embeddings-noisy",
        source: "arXiv 2605.00366, table 1",
        says: "The same with 10 % of the bits flipped.",
        judged: "As embeddings-clean.",
        measure: embeddings::noisy,
    },
    Claim {
        name: "sharp-boundary",
        source: "arXiv 2605.00366, morphing analysis",
        says: "On the ridge (gamma = 0.02) attractors are separated by sharp, phase-transition-like boundaries: \
               recall from sign((1 - r) A + r B + noise) switches from A to B at r = 0.5, and slows down there.",
        judged: "0.95 or more end in A at r = 0.45 and in B at 0.55, and recall takes at least half a step more at 0.5 \
                 than at 0.",
        measure: between::boundary,
    },
    Claim {
        name: "barrier",
        source: "arXiv 2605.00366, effective potential",
        says: "Between two memories of the ridge the effective potential U(r) has a steep barrier.",
        judged: "Of 0.95 or more of all pairs both ends are minima of U(r) on the way.",
        measure: between::barrier,
    },
    Claim {
        name: "curvature",
        source: "arXiv 2609.16827",
        says: "At N = 50, P = 100 and gamma = 0.02 the largest eigenvalue of K^2/4 + lambda K is above 50.",
        judged: "It is, as a mean over draws of patterns.",
        measure: cited::curvature,
    },
    Claim {
        name: "asynchronous-recall",
        source: "arXiv 2605.05978",
        says: "One asynchronous epoch in random order (gamma = 0.1, N = 50, 100, 200) recalls 95 % at 20 % noise, \
               under 10 % at 40 %.",
        judged: "At each N and load of 5 and 10 (the copy at hand leaves the load out) target rates are 0.945 or \
                 more, and 0.1 or less.",
        measure: cited::asynchronous,
    },
    Claim {
        name: "asynchronous-capacity",
        source: "arXiv 2605.05978",
        says: "The capacity of such recall is P/N of about 30, and 20 at N = 50.",
        judged: "The largest load tried at which 95 % are recalled at 20 % noise, and the smallest at which they are \
                 not, lie within 25 to 35 at N = 100 and 200, within 15 to 25 at N = 50.",
        measure: cited::capacity,
    },
    Claim {
        name: "events",
        source: "arXiv 2605.05978",
        says: "Recall takes about as many events (flips) as the cue is bits away from its pattern.",
        judged: "Of 0.95 or more of all trials, found or not, the flips are within a tenth of the bits flipped in \
                 the cue.",
        measure: cited::events,
    },
    Claim {
        name: "quantised",
        source: "arXiv 2604.20333",
        says: "Duals of 2 bits, even of 1 bit, recall perfectly, while pruning the 10 % of least magnitude already \
               hurts.",
        judged: "At gamma of 0.1 and of 0.02 (the copy at hand leaves it out), P/N = 10: target rates are 0.995 or \
                 more with 2 bits and 1 bit, and lower than the whole dual's when pruned.",
        measure: cited::quantised,
    },
];

/// Independent networks of what is not walked.
fn networks(lab: &Lab<'_, '_>) -> usize {
    lab.either(3, 10)
}
