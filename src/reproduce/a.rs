//! The claims of S. Wang et al., Adaptive Hopfield network: rethinking similarities in associative memory, arXiv
//! 2511.20609.
//!
//! The copy at hand leaves open whether the bias is masked too, how many variants an epoch has, what training starts
//! from, and how retrieval knows of a bias: claims are held against both orders, and what was chosen of the rest stands
//! in each setting.

mod ablations;
mod energy;
mod tables;
mod trial;
mod variants;

use super::Claim;

pub(super) static CLAIMS: [Claim; 9] = [
    Claim {
        name: "synthetic-04",
        source: "arXiv 2511.20609, table 2",
        says: "Of 2048 uniform patterns of 64 dimensions at difficulty 0.4, A-Hop retrieves 0.724, K2-Hop 0.521, M-Hop 0.520, \
               K-Hop 0.487, U-Hop 0.260.",
        judged: "Shares of correct answers agree within the published deviation of 0.02, and A-Hop leads M-Hop by 0.15.",
        measure: tables::at_four,
    },
    Claim {
        name: "synthetic-05",
        source: "arXiv 2511.20609, table 2",
        says: "At difficulty 0.5 A-Hop retrieves 0.360, K2-Hop and M-Hop 0.195, K-Hop 0.177, U-Hop 0.059.",
        judged: "Shares of correct answers agree within the published deviation of 0.02, and A-Hop leads M-Hop by 0.15.",
        measure: tables::at_five,
    },
    Claim {
        name: "adaptive-is-best",
        source: "arXiv 2511.20609, table 2",
        says: "The adaptive similarity retrieves more than any fixed or kernelised one.",
        judged: "At both difficulties and orders A-Hop's share is above that of each other memory.",
        measure: tables::order_of_memories,
    },
    Claim {
        name: "twelve-variants",
        source: "arXiv 2511.20609, figure 3",
        says: "A-Hop is the best or level with it for masked, noisy, biased and mixed variants of every difficulty.",
        judged: "Its lead over the best of M-Hop, U-Hop, S-Hop and the nearest pattern is nowhere negative. The figure's twelve \
                 variants are not in the copy at hand: these are four kinds at three difficulties.",
        measure: variants::twelve,
    },
    Claim {
        name: "sorting",
        source: "arXiv 2511.20609, ablations",
        says: "Sorting decides: 0.693 with it against 0.517 without, at difficulty 0.4.",
        judged: "Sorted likenesses retrieve at least 0.1 more than unsorted ones, no bias taken off.",
        measure: ablations::sorting,
    },
    Claim {
        name: "likenesses",
        source: "arXiv 2511.20609, ablations",
        says: "Distances and products together are better than either: 0.724 against 0.646 and 0.593 at difficulty 0.4.",
        judged: "Both retrieve more than distances alone, and than products alone.",
        measure: ablations::likenesses,
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
        name: "multi-modal",
        source: "arXiv 2511.20609, table 13",
        says: "Two phases of A-Hop retrieve 0.988 of 1024 concepts across modalities, two of K2-Hop 0.081.",
        judged: "The copy at hand has neither the data nor how the phases are joined.",
        measure: tables::multi_modal,
    },
];
