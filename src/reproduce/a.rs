//! The claims of S. Wang et al., Adaptive Hopfield network: rethinking similarities in associative memory, arXiv
//! 2511.20609.
//!
//! The copy at hand leaves open whether the bias is masked too, how many variants an epoch has, what training starts
//! from, and how retrieval knows of a bias: claims are held against both orders, and what was chosen of the rest stands
//! in each setting.

mod ablations;
mod bayes;
mod energy;
mod tables;
mod time;
mod trial;
mod variants;

use super::Claim;

pub(super) static CLAIMS: [Claim; 11] = [
    Claim {
        name: "synthetic-04",
        source: "arXiv 2511.20609, table 2",
        says: "Of 2048 uniform patterns of 64 dimensions at difficulty 0.4, A-Hop retrieves 0.724, K2-Hop 0.521, M-Hop 0.520, \
               K-Hop 0.487, U-Hop 0.260.",
        judged: "Shares of correct answers agree within the published deviation of 0.02, A-Hop leads M-Hop by 0.15, and any \
                 other by something.",
        measure: tables::at_four,
    },
    Claim {
        name: "synthetic-05",
        source: "arXiv 2511.20609, table 2",
        says: "At difficulty 0.5 A-Hop retrieves 0.360, K2-Hop and M-Hop 0.195, K-Hop 0.177, U-Hop 0.059.",
        judged: "Shares of correct answers agree within the published deviation of 0.02, A-Hop leads M-Hop by 0.15, and any \
                 other by something.",
        measure: tables::at_five,
    },
    Claim {
        name: "twelve-variants",
        source: "arXiv 2511.20609, figure 3",
        says: "A-Hop is the best or level with it for masked, noisy, biased and mixed variants of every difficulty.",
        judged: "Nowhere is it more than 0.02 behind the best of M-Hop, U-Hop, S-Hop and the nearest pattern. The figure's twelve \
                 variants are not in the copy at hand: these are four kinds at three difficulties.",
        measure: variants::twelve,
    },
    Claim {
        name: "sorting",
        source: "arXiv 2511.20609, ablations",
        says: "Sorting decides: at difficulty 0.4 and 0.5 0.728 and 0.363 with it and a learned U, 0.693 and 0.337 with it alone, \
               0.544 and 0.189 with U alone, 0.517 and 0.209 with neither.",
        judged: "Sorted likenesses retrieve at least 0.1 more than unsorted ones, with a learned U and without, no bias taken \
                 off. --quick tries difficulty 0.4.",
        measure: ablations::sorting,
    },
    Claim {
        name: "matrices",
        source: "arXiv 2511.20609, ablations",
        says: "Sums retrieve more than the likenesses themselves and than random U, 0.724 against 0.680 and 0.693 at difficulty \
               0.4; a learned U a little more still.",
        judged: "Sums lead the identity and a random U, and a learned one is at most 0.02 behind. All invertible U give the \
                 same similarities: what differs is how far so many steps of Adam get.",
        measure: ablations::matrices,
    },
    Claim {
        name: "likenesses",
        source: "arXiv 2511.20609, ablations",
        says: "Distances and products together are better than either: 0.724 against 0.646 and 0.593 at difficulty 0.4.",
        judged: "Both retrieve more than distances alone, and than products alone.",
        measure: ablations::likenesses,
    },
    Claim {
        name: "samples",
        source: "arXiv 2511.20609, ablations",
        says: "Few variants are enough: 0.720 with 512 of them, 0.724 with all.",
        judged: "A quarter of the variants in each epoch costs 0.03 at most.",
        measure: ablations::samples,
    },
    Claim {
        name: "energy",
        source: "arXiv 2511.20609, theorem 2",
        says: "E(x) = -lse(s(Xi, x)) falls under x' = Xi softmax(s), less b/2 where queries are biased.",
        judged: "Of all steps of isotropic similarities, with and without a bias, none raised the energy.",
        measure: energy::falls,
    },
    Claim {
        name: "images",
        source: "arXiv 2511.20609, table 2",
        says: "Of 2048 images of MNIST at difficulty 0.6 and 0.7 A-Hop retrieves 0.939 and 0.849, M-Hop 0.875 and 0.661.",
        judged: "Shares of correct answers agree within the published deviation of 0.02.",
        measure: tables::of_images,
    },
    Claim {
        name: "time",
        source: "arXiv 2511.20609, table 14",
        says: "Training takes 840 ms at N = 2048, d = 64, 1573 and 3609 at d = 128 and 256, 1531 and 2949 at N = 4096 and 8192; \
               inference 0.355 to 0.570.",
        judged: "Nothing: the device is not named. Times of this one stand beside, and how they grow.",
        measure: time::grows,
    },
    Claim {
        name: "multi-modal",
        source: "arXiv 2511.20609, table 13",
        says: "Two phases of A-Hop retrieve 0.988 of 1024 concepts across modalities, two of K2-Hop 0.081.",
        judged: "The copy at hand has neither the data nor how the phases are joined.",
        measure: tables::multi_modal,
    },
];
