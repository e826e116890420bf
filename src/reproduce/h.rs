//! The claims of C. Hanley, Investigating Hebbian alternatives to dense associative memory, 2025, and of A. Lansner
//! et al., Benchmarking Hebbian learning rules for associative memory, arXiv 2401.00335.

mod growth;
mod laws;
mod reconstruction;
mod sparse;

pub(super) use reconstruction::STORED;

use super::Claim;

const GROWS: &str = "The exponent fitted between the N measured rounds to n - 1 at one decimal: (delta, \
                     epsilon)-retrievability of every pattern at delta and epsilon of 0.1, by asynchronous updates \
                     that lower the energy.";

pub(super) static CLAIMS: [Claim; 8] = [
    Claim {
        name: "special-cases",
        source: "Hanley 2025, the expanded rule",
        says: "The activity product and Oja's rule are special cases of the expanded (Taylor) rule.",
        judged: "Couplings by the textbook's recurrences and by the expanded rule differ by f32's rounding at most.",
        measure: laws::special_cases,
    },
    Claim {
        name: "energy-descends",
        source: "Hanley 2025, definitions 2.2.1 and 2.3.1",
        says: "Asynchronous updates by energy never raise it: E = -1/2 sum m^2 and E = -sum F_n(m).",
        judged: "Of all flips, one by one, none raised the energy.",
        measure: laws::energy,
    },
    Claim {
        name: "capacity-n2",
        source: "Hanley 2025, capacity of F_n",
        says: "C ~ N^(n - 1) for F_n, n = 2.",
        judged: GROWS,
        measure: growth::two,
    },
    Claim {
        name: "capacity-n3",
        source: "Hanley 2025, capacity of F_n",
        says: "C ~ N^(n - 1) for F_n, n = 3.",
        judged: GROWS,
        measure: growth::three,
    },
    Claim {
        name: "capacity-n4",
        source: "Hanley 2025, capacity of F_n",
        says: "C ~ N^(n - 1) for F_n, n = 4.",
        judged: GROWS,
        measure: growth::four,
    },
    Claim {
        name: "bcpnn",
        source: "arXiv 2401.00335",
        says: "BCPNN with 1024 units in 32 hypercolumns recalls 92.9 % of 1775 patterns from cues with one unit moved.",
        judged: "92.9 %, which is one network's, lies where 95 % of single networks do.",
        measure: sparse::anchor,
    },
    Claim {
        name: "bcpnn-first",
        source: "arXiv 2401.00335",
        says: "BCPNN scores about three times the second best rule.",
        judged: "The published score is a composite with prototype extraction, which is not measured here; beside it \
                 are the patterns held.",
        measure: sparse::ranking,
    },
    Claim {
        name: "reconstruction",
        source: "Hanley 2025, pattern reconstruction",
        says: "Patterns of correlated data (MNIST) are reconstructed, measured by cosine, Hamming, Jaccard, \
               Euclidean and more.",
        judged: "The copy at hand gives no numbers; what is measured stands beside.",
        measure: reconstruction::similarities,
    },
];
