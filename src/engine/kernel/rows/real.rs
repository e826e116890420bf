//! The rows of memories on real-valued states: a trial is a query, a neuron one of its dimensions, and what lies
//! between similarity and readout is a row of scores, one for each stored pattern.
//!
//! To add a separation: a shader, a twin and a row here, which [`SEPARATIONS`](crate::retrieval) spells.

use super::Width::{Fixed, Likenesses, Neurons, Patterns, StoredPatterns};
use super::{
    Call, ErrorModel, Extent, F32, Kernel, Net, ONE, Pattern, Trial, U32, Variant, per_neuron, read, rows, twins, write,
};

/// Two numbers that sum a row of scores up.
const SUMMARY: super::Width = Fixed(2);

/// A few operations for each trial and pattern.
fn per_score(extent: &Extent) -> u64 {
    rows(extent) * extent.patterns as u64 * 60
}

/// A likeness for each trial, pattern, dimension and kind, and the comparisons that sort them.
fn per_likeness(extent: &Extent) -> u64 {
    let stages = u64::from(extent.neurons.next_power_of_two().ilog2());
    rows(extent) * extent.patterns as u64 * extent.neurons as u64 * 2 * (2 + stages * (stages + 1) / 2)
}

fn likeness(call: &Call<'_>) -> twins::footprint::Likeness {
    twins::footprint::Likeness { kinds: call.scalar("kinds"), sorted: call.scalar("sorted") != 0 }
}

/// Variants of patterns.
pub static VARY: Kernel = Kernel {
    stem: "vary",
    summary: "variants of real-valued patterns: noise, a bias, and some dimensions set to anything",
    variants: &[plain!("vary")],
    slots: &[
        read("source", F32, Trial, Neurons),
        read("draw", U32, Trial, Fixed(2)),
        read("key", U32, Net, Fixed(2)),
        read("scale", F32, Net, Neurons),
        read("bias", F32, Net, Neurons),
        write("queries", F32, Trial, Neurons),
    ],
    scalars: &[("deviation", F32), ("masked", U32), ("after_mask", U32)],
    error: ErrorModel::Defined,
    work: |extent| per_neuron(extent) * 40,
    twin: |mut call| {
        let queries = call.write("queries");
        let variation = twins::vary::Variation {
            deviation: f32::from_bits(call.scalar("deviation")),
            masked: call.scalar("masked"),
            after_mask: call.scalar("after_mask"),
        };
        let arrays = twins::vary::Vary {
            source: call.read("source"),
            draw: call.read("draw"),
            key: call.read("key"),
            scale: call.read("scale"),
            bias: call.read("bias"),
            queries,
        };
        twins::vary::vary(&call.extent, call.arithmetic, variation, arrays);
    },
};

/// Scores by dot product or distance.
pub static SIMILARITY: Kernel = Kernel {
    stem: "similarity",
    summary: "scores of queries and patterns: dot products, or minus the distances",
    variants: &[plain!("similarity")],
    slots: &[
        read("queries", F32, Trial, Neurons),
        read("patterns", F32, Pattern, Neurons),
        write("scores", F32, Trial, StoredPatterns),
    ],
    scalars: &[("kind", U32)],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * extent.patterns as u64 * extent.neurons as u64,
    twin: |mut call| {
        let scores = call.write("scores");
        let kind = twins::similarity::Kind::numbered(call.scalar("kind"));
        let (queries, patterns) = (call.read("queries"), call.read("patterns"));
        twins::similarity::similarity(&call.extent, call.arithmetic, kind, queries, patterns, scores);
    },
};

/// Scores by sorted likenesses.
pub static FOOTPRINT: Kernel = Kernel {
    stem: "footprint",
    summary: "scores of queries and patterns by their sorted likenesses in each dimension",
    variants: &[plain!("footprint")],
    slots: &[
        read("queries", F32, Trial, Neurons),
        read("patterns", F32, Pattern, Neurons),
        read("coefficients", F32, Net, Likenesses),
        write("scores", F32, Trial, StoredPatterns),
    ],
    scalars: &[("kinds", U32), ("sorted", U32)],
    error: ErrorModel::Defined,
    work: per_likeness,
    twin: |mut call| {
        let scores = call.write("scores");
        let arrays = twins::footprint::Footprint {
            queries: call.read("queries"),
            patterns: call.read("patterns"),
            coefficients: call.read("coefficients"),
            scores,
        };
        twins::footprint::footprint(&call.extent, call.arithmetic, likeness(&call), arrays);
    },
};

/// Gradients of what the sorted likenesses are weighted with.
pub static FOOTPRINT_GRADIENT: Kernel = Kernel {
    stem: "footprint_gradient",
    summary: "gradients of the footprint's coefficients from those of the scores",
    variants: &[plain!("footprint_gradient")],
    slots: &[
        read("queries", F32, Trial, Neurons),
        read("patterns", F32, Pattern, Neurons),
        read("slopes", F32, Trial, StoredPatterns),
        write("gradient", F32, Trial, Likenesses),
    ],
    scalars: &[("kinds", U32), ("sorted", U32)],
    error: ErrorModel::Defined,
    work: per_likeness,
    twin: |mut call| {
        let gradient = call.write("gradient");
        let arrays = twins::footprint_gradient::FootprintGradient {
            queries: call.read("queries"),
            patterns: call.read("patterns"),
            slopes: call.read("slopes"),
            gradient,
        };
        twins::footprint_gradient::footprint_gradient(&call.extent, call.arithmetic, likeness(&call), arrays);
    },
};

/// What patterns have before any query.
pub static PRIOR: Kernel = Kernel {
    stem: "prior",
    summary: "adds to each score what its pattern has before any query",
    variants: &[plain!("prior")],
    slots: &[read("prior", F32, Net, Patterns), write("scores", F32, Trial, StoredPatterns)],
    scalars: &[],
    error: ErrorModel::Defined,
    work: per_score,
    twin: |mut call| {
        let scores = call.write("scores");
        twins::prior::prior(&call.extent, call.read("prior"), scores);
    },
};

/// The power separation.
pub static POWER: Kernel = Kernel {
    stem: "power",
    summary: "a power of each score, relative to the row's largest magnitude",
    variants: &[plain!("power")],
    slots: &[write("weights", F32, Trial, StoredPatterns), write("summary", F32, Trial, SUMMARY)],
    scalars: &[("exponent", U32)],
    error: ErrorModel::Defined,
    work: per_score,
    twin: |mut call| {
        let (weights, summary) = (call.write("weights"), call.write("summary"));
        twins::power::power(&call.extent, call.arithmetic, call.scalar("exponent"), weights, summary);
    },
};

/// The exponential separation and softmax.
pub static SOFTMAX: Kernel = Kernel {
    stem: "softmax",
    summary: "softmax of each row of scores, or its exponentials alone",
    variants: &[plain!("softmax")],
    slots: &[write("weights", F32, Trial, StoredPatterns), write("summary", F32, Trial, SUMMARY)],
    scalars: &[("beta", F32), ("normalized", U32)],
    error: ErrorModel::Defined,
    work: per_score,
    twin: |mut call| {
        let (weights, summary) = (call.write("weights"), call.write("summary"));
        let (beta, normalized) = (f32::from_bits(call.scalar("beta")), call.scalar("normalized") != 0);
        twins::softmax::softmax(&call.extent, call.arithmetic, beta, normalized, weights, summary);
    },
};

/// The entmax separation, sparsemax among them.
pub static ENTMAX: Kernel = Kernel {
    stem: "entmax",
    summary: "alpha-entmax of each row of scores: sparsemax at alpha 2",
    variants: &[plain!("entmax")],
    slots: &[write("weights", F32, Trial, StoredPatterns), write("summary", F32, Trial, SUMMARY)],
    scalars: &[("sharpness", F32), ("power", F32)],
    error: ErrorModel::Defined,
    // About a dozen of Newton's steps.
    work: |extent| per_score(extent) * 12,
    twin: |mut call| {
        let (weights, summary) = (call.write("weights"), call.write("summary"));
        let (sharpness, power) = (f32::from_bits(call.scalar("sharpness")), f32::from_bits(call.scalar("power")));
        twins::entmax::entmax(&call.extent, call.arithmetic, sharpness, power, weights, summary);
    },
};

/// The separation that keeps the highest scores.
pub static TOP: Kernel = Kernel {
    stem: "top",
    summary: "softmax of the highest scores of each row: one is arg max",
    variants: &[plain!("top")],
    slots: &[write("weights", F32, Trial, StoredPatterns), write("summary", F32, Trial, SUMMARY)],
    scalars: &[("count", U32), ("beta", F32)],
    error: ErrorModel::Defined,
    // A count for each bit of a score.
    work: |extent| per_score(extent) * 16,
    twin: |mut call| {
        let (weights, summary) = (call.write("weights"), call.write("summary"));
        let (count, beta) = (call.scalar("count") as usize, f32::from_bits(call.scalar("beta")));
        twins::top::top(&call.extent, call.arithmetic, count, beta, weights, summary);
    },
};

/// Whose score is highest.
pub static BEST: Kernel = Kernel {
    stem: "best",
    summary: "the pattern of each row's highest score, and that score",
    variants: &[plain!("best")],
    slots: &[
        read("scores", F32, Trial, StoredPatterns),
        write("index", U32, Trial, ONE),
        write("score", F32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: per_score,
    twin: |mut call| {
        let (index, score) = (call.write("index"), call.write("score"));
        twins::best::best(&call.extent, call.read("scores"), index, score);
    },
};

/// The loss of retrieval, and its gradient.
pub static CROSS_ENTROPY: Kernel = Kernel {
    stem: "cross_entropy",
    summary: "the cross entropy of each query's source, and its gradient in the scores",
    variants: &[plain!("cross_entropy")],
    slots: &[
        read("source", U32, Trial, ONE),
        write("weights", F32, Trial, StoredPatterns),
        write("summary", F32, Trial, SUMMARY),
    ],
    scalars: &[("beta", F32), ("scale", F32)],
    error: ErrorModel::Defined,
    work: per_score,
    twin: |mut call| {
        let (weights, summary) = (call.write("weights"), call.write("summary"));
        let loss = twins::cross_entropy::Loss {
            source: call.read("source"),
            beta: f32::from_bits(call.scalar("beta")),
            scale: f32::from_bits(call.scalar("scale")),
        };
        twins::cross_entropy::cross_entropy(&call.extent, call.arithmetic, loss, weights, summary);
    },
};
