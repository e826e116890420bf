//! The rows of the kernel table.

use attractor_kernels_cpu::{self as twins, Extent};

use super::Axis::{Net, Neuron, Pattern, Tiled, Trial};
use super::Width::{
    DistancePairs, Distances, Fixed, NeuronPairs, Neurons, PatternPairs, Patterns, States, StoredPatterns, Words,
};
use super::{Access, Apart, Axis, Call, ErrorModel, Kernel, Need, Slot, Variant, Width};
use crate::engine::array::Element;
use crate::engine::array::Element::{Bits, F32, Halves, I32, Shorts, U32};

const fn read(name: &'static str, element: Element, axis: Axis, width: Width) -> Slot {
    Slot { name, element, axis, width, access: Access::Read }
}

const fn write(name: &'static str, element: Element, axis: Axis, width: Width) -> Slot {
    Slot { name, element, axis, width, access: Access::Write }
}

macro_rules! variant {
    ($name:literal, $file:expr, $parameters:expr, $multiple:literal, $need:expr) => {
        Variant {
            name: $name,
            file: $file,
            source: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $file)),
            parameters: &$parameters,
            multiple: $multiple,
            need: $need,
        }
    };
}

macro_rules! plain {
    ($stem:literal) => {
        variant!("plain", concat!($stem, ".wgsl"), [], 1, None)
    };
}

mod real;

pub use real::{
    BEST, CROSS_ENTROPY, ENTMAX, FOOTPRINT, FOOTPRINT_GRADIENT, POWER, PRIOR, SIMILARITY, SOFTMAX, TOP, VARY,
};

const ONE: Width = Fixed(1);

fn rows(extent: &Extent) -> u64 {
    (extent.nets * extent.trials) as u64
}

/// Rows times neurons, a few operations each.
fn per_neuron(extent: &Extent) -> u64 {
    rows(extent) * extent.neurons as u64 * 4
}

/// A multiply-add for each trial, pattern and neuron, and the distances.
fn per_product(extent: &Extent) -> u64 {
    rows(extent) * extent.patterns as u64 * (extent.neurons + 2 * extent.words()) as u64
}

/// What `fma` does on this device.
pub static MULTIPLY_ADD: Kernel = Kernel {
    stem: "multiply_add",
    summary: "the probe: does fma round once or twice",
    variants: &[plain!("multiply_add")],
    slots: &[
        read("a", F32, Trial, ONE),
        read("b", F32, Trial, ONE),
        read("c", F32, Trial, ONE),
        write("result", F32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Defined,
    work: rows,
    twin: |mut call| {
        let result = call.write("result");
        twins::multiply_add::multiply_add(
            &call.extent,
            call.arithmetic,
            call.read("a"),
            call.read("b"),
            call.read("c"),
            result,
        );
    },
};

/// Cues: patterns with an exact number of random flips.
pub static CUE: Kernel = Kernel {
    stem: "cue",
    summary: "cues: stored patterns with an exact number of distinct bits flipped",
    variants: &[plain!("cue")],
    slots: &[
        read("source", Bits, Trial, Words),
        read("draw", U32, Trial, Fixed(3)),
        read("key", U32, Net, Fixed(2)),
        write("cue", Bits, Trial, Words),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.neurons as u64 * 30,
    twin: |mut call| {
        let cue = call.write("cue");
        twins::cue::cue(&call.extent, call.read("source"), call.read("draw"), call.read("key"), cue);
    },
};

/// Nearest stored pattern.
pub static NEAREST: Kernel = Kernel {
    stem: "nearest",
    summary: "the nearest stored pattern of each state, and its distance",
    variants: &[plain!("nearest")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        write("distance", U32, Trial, ONE),
        write("index", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.patterns as u64 * (2 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (distance, index) = (call.write("distance"), call.write("index"));
        twins::nearest::nearest(&call.extent, call.read("states"), call.read("keys"), distance, index);
    },
};

/// What a trial's weights are taken relative to.
pub static HEAVIEST: Kernel = Kernel {
    stem: "heaviest",
    summary: "the distance of each state's heaviest key, by the exponents of a table",
    variants: &[plain!("heaviest")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        read("exponents", I32, Net, Distances),
        write("reference", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.patterns as u64 * (3 + 2 * extent.words() as u64),
    twin: |mut call| {
        let reference = call.write("reference");
        let (states, keys) = (call.read("states"), call.read("keys"));
        twins::heaviest::heaviest(&call.extent, states, keys, call.read("exponents"), reference);
    },
};

/// How many patterns lie how far.
pub static HISTOGRAM: Kernel = Kernel {
    stem: "histogram",
    summary: "how many stored patterns lie at each Hamming distance of each state",
    variants: &[plain!("histogram")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        write("counts", U32, Trial, Distances),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * (extent.patterns as u64 * (2 + 2 * extent.words() as u64) + extent.neurons as u64),
    twin: |mut call| {
        let counts = call.write("counts");
        twins::histogram::histogram(&call.extent, call.read("states"), call.read("keys"), counts);
    },
};

/// Stored distances.
pub static DISTANCE: Kernel = Kernel {
    stem: "distance",
    summary: "Hamming distances of states to keys, stored for products to come",
    variants: &[plain!("distance")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        write("distances", Shorts, Tiled, PatternPairs),
        write("compared", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * extent.patterns as u64 * (2 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (distances, compared) = (call.write("distances"), call.write("compared"));
        twins::distance::distance(&call.extent, call.read("states"), call.read("keys"), distances, compared);
    },
};

/// The shaders of a hot kernel. `STORED` is whether it fetches its distances, or makes them.
macro_rules! field_shaders {
    ($stored:literal) => {
        &[
            variant!("plain", "field.wgsl", [("STORED", $stored)], 1, None),
            variant!("tiled", "field/tiled.wgsl", tile([128, 128], [8, 8], false, $stored), 1, None),
            variant!("tiled-vec4", "field/tiled.wgsl", tile([128, 128], [8, 8], true, $stored), 4, None),
            // Distances are made once for every 256 neurons: where states are long, they cost most.
            variant!("tiled-wide-vec4", "field/tiled.wgsl", tile([64, 256], [8, 8], true, $stored), 4, None),
            // More workgroups from little work, and less waste at its edges.
            variant!("tiled-small", "field/tiled.wgsl", tile([64, 64], [8, 4], false, $stored), 1, None),
            variant!("tiled-small-vec4", "field/tiled.wgsl", tile([64, 64], [8, 4], true, $stored), 4, None),
        ]
    };
}

/// The numbers of `shaders/field/tiled.wgsl`: a tile of trials x neurons, a thread's share of it, whether neurons are read
/// four at a time, and whether distances are stored.
const fn tile(
    [trials, neurons]: [i64; 2],
    [rows, columns]: [i64; 2],
    vectors: bool,
    stored: i64,
) -> [(&'static str, i64); 7] {
    [
        ("TRIALS", trials),
        ("NEURONS", neurons),
        ("ROWS", rows),
        ("COLUMNS", columns),
        ("DEPTH", 8),
        ("VECTORS", vectors as i64),
        ("STORED", stored),
    ]
}

/// The arrays of the kernels that make fields, which differ in the dual's.
const fn of_fields(dual: Slot) -> [Slot; 8] {
    [
        read("states", Bits, Trial, Words),
        read("keys", Bits, Pattern, Words),
        read("table", F32, Net, Distances),
        read("exponents", I32, Net, Distances),
        read("reference", U32, Trial, ONE),
        dual,
        write("field", F32, Trial, Neurons),
        write("weight_norm", F32, Trial, ONE),
    ]
}

fn field_arrays<'a>(call: &mut Call<'a>) -> twins::field::Field<'a> {
    let (field, weight_norm) = (call.write("field"), call.write("weight_norm"));
    twins::field::Field {
        states: call.read("states"),
        keys: call.read("keys"),
        table: call.read("table"),
        exponents: call.read("exponents"),
        reference: call.read("reference"),
        dual: call.read("dual"),
        field,
        weight_norm,
    }
}

/// The hot kernel.
pub static FIELD: Kernel = Kernel {
    stem: "field",
    summary: "fields: distances, kernel weights and their product with the dual, fused",
    variants: field_shaders!(0),
    slots: &of_fields(read("dual", F32, Pattern, Neurons)),
    scalars: &[("with_norm", U32)],
    error: ErrorModel::Defined,
    work: per_product,
    twin: |mut call| {
        let arrays = field_arrays(&mut call);
        let with_norm = call.scalar("with_norm") != 0;
        twins::field::field(&call.extent, call.arithmetic, with_norm, arrays, call.kept.take());
    },
};

/// The hot kernel where its distances are stored.
pub static FIELD_STORED: Kernel = Kernel {
    stem: "field_stored",
    summary: "fields from stored distances: kernel weights and their product with the dual",
    variants: field_shaders!(1),
    slots: &[
        read("distances", Shorts, Tiled, PatternPairs),
        read("table", F32, Net, Distances),
        read("exponents", I32, Net, Distances),
        read("reference", U32, Trial, ONE),
        read("dual", F32, Pattern, Neurons),
        write("field", F32, Trial, Neurons),
        write("weight_norm", F32, Trial, ONE),
    ],
    scalars: &[("with_norm", U32)],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * extent.patterns as u64 * (extent.neurons + 2) as u64,
    twin: |mut call| {
        let (field, weight_norm) = (call.write("field"), call.write("weight_norm"));
        let arrays = twins::field_stored::FieldStored {
            distances: call.read("distances"),
            table: call.read("table"),
            exponents: call.read("exponents"),
            reference: call.read("reference"),
            dual: call.read("dual"),
            field,
            weight_norm,
        };
        let with_norm = call.scalar("with_norm") != 0;
        twins::field_stored::field_stored(&call.extent, call.arithmetic, with_norm, arrays);
    },
};

/// Whether values are single halves, or each the sum of two.
const SINGLE: [(&str, i64); 1] = [("SPLIT", 0)];
const SPLIT: [(&str, i64); 1] = [("SPLIT", 1)];

/// A workgroup's tile of a cooperative matrix product, and the rows its 8 subgroups stand in.
const fn matrices(
    [halves]: [(&'static str, i64); 1],
    [trials, neurons]: [i64; 2],
    depth: i64,
    rows: i64,
) -> [(&'static str, i64); 5] {
    [halves, ("TRIALS", trials), ("NEURONS", neurons), ("DEPTH", depth), ("SUBROWS", rows)]
}

const MATRICES: [(&str, i64); 5] = matrices(SINGLE, [128, 128], 32, 2);
/// Distances cost more than products there: the wider the tile, the fewer times each is made.
const WIDE_MATRICES: [(&str, i64); 5] = matrices(SINGLE, [64, 256], 32, 2);
const WIDEST_MATRICES: [(&str, i64); 5] = matrices(SINGLE, [32, 512], 16, 1);
/// Two halves take twice the memory: tiles of half the depth.
const SPLIT_MATRICES: [(&str, i64); 5] = matrices(SPLIT, [128, 128], 16, 2);
const WIDE_SPLIT_MATRICES: [(&str, i64); 5] = matrices(SPLIT, [64, 256], 16, 2);
const WIDEST_SPLIT_MATRICES: [(&str, i64); 5] = matrices(SPLIT, [32, 512], 16, 1);

/// The hot kernel in half precision.
pub static FIELD_HALF: Kernel = Kernel {
    stem: "field_half",
    summary: "fields for recall from weights and duals in half precision, summed in f32",
    variants: &[
        variant!("plain", "field_half.wgsl", SINGLE, 1, None),
        variant!("cooperative", "field_half/cooperative.wgsl", MATRICES, 1, Some(Need::CooperativeMatrix)),
        variant!("cooperative-wide", "field_half/cooperative.wgsl", WIDE_MATRICES, 1, Some(Need::CooperativeMatrix)),
        variant!(
            "cooperative-widest",
            "field_half/cooperative.wgsl",
            WIDEST_MATRICES,
            1,
            Some(Need::CooperativeMatrix)
        ),
    ],
    slots: &of_fields(read("dual", Halves, Pattern, NeuronPairs)),
    scalars: &[("floor", F32)],
    error: ErrorModel::Bound(Apart {
        limits: |call| twins::field_half::apart(&call.extent, call.read("dual"), call.read("weight_norm")).into(),
    }),
    work: per_product,
    twin: |mut call| {
        let (field, weight_norm) = (call.write("field"), call.write("weight_norm"));
        let arrays = twins::field_half::FieldHalf {
            states: call.read("states"),
            keys: call.read("keys"),
            table: call.read("table"),
            exponents: call.read("exponents"),
            reference: call.read("reference"),
            dual: call.read("dual"),
            field,
            weight_norm,
        };
        let floor = f32::from_bits(call.scalar("floor"));
        twins::field_half::field_half(&call.extent, call.arithmetic, floor, arrays);
    },
};

/// The hot kernel in pairs of halves.
pub static FIELD_SPLIT: Kernel = Kernel {
    stem: "field_split",
    summary: "fields for recall from weights and duals as pairs of halves, summed in f32",
    variants: &[
        variant!("plain", "field_split.wgsl", SPLIT, 1, None),
        variant!("cooperative", "field_half/cooperative.wgsl", SPLIT_MATRICES, 1, Some(Need::CooperativeMatrix)),
        variant!(
            "cooperative-wide",
            "field_half/cooperative.wgsl",
            WIDE_SPLIT_MATRICES,
            1,
            Some(Need::CooperativeMatrix)
        ),
        variant!(
            "cooperative-widest",
            "field_half/cooperative.wgsl",
            WIDEST_SPLIT_MATRICES,
            1,
            Some(Need::CooperativeMatrix)
        ),
    ],
    slots: &of_fields(read("dual", F32, Pattern, Neurons)),
    scalars: &[("floor", F32)],
    error: ErrorModel::Bound(Apart {
        limits: |call| twins::field_split::apart(&call.extent, call.read("dual"), call.read("weight_norm")).into(),
    }),
    work: per_product,
    twin: |mut call| {
        let arrays = field_arrays(&mut call);
        let floor = f32::from_bits(call.scalar("floor"));
        twins::field_split::field_split(&call.extent, call.arithmetic, floor, arrays);
    },
};

/// Fields of memories that are couplings.
pub static COUPLE: Kernel = Kernel {
    stem: "couple",
    summary: "fields from couplings: the states, as 1 and -1 or 0, multiplied with a matrix of N x N",
    variants: &[plain!("couple")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("couplings", F32, Pattern, Neurons),
        read("bias", F32, Net, Neurons),
        write("field", F32, Trial, Neurons),
        write("weight_norm", F32, Trial, ONE),
    ],
    scalars: &[("zero", F32)],
    // Whether `fma` rounds once or twice: products with -1, 0 and 1 are exact.
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * extent.patterns as u64 * (extent.neurons + 2) as u64,
    twin: |mut call| {
        let (field, weight_norm) = (call.write("field"), call.write("weight_norm"));
        let (states, couplings, bias) = (call.read("states"), call.read("couplings"), call.read("bias"));
        let zero = f32::from_bits(call.scalar("zero"));
        twins::couple::couple(
            &call.extent,
            zero,
            twins::couple::Couple { states, couplings, bias, field, weight_norm },
        );
    },
};

/// Fields of weights that no table holds.
pub static WEIGHTED: Kernel = Kernel {
    stem: "weighted",
    summary: "fields from given weights: their product with the dual",
    variants: &[plain!("weighted")],
    slots: &[
        read("weights", F32, Trial, StoredPatterns),
        read("dual", F32, Pattern, Neurons),
        write("field", F32, Trial, Neurons),
    ],
    scalars: &[],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * extent.patterns as u64 * extent.neurons as u64,
    twin: |mut call| {
        let field = call.write("field");
        let (weights, dual) = (call.read("weights"), call.read("dual"));
        twins::weighted::weighted(&call.extent, call.arithmetic, weights, dual, field);
    },
};

/// Signs and their certainty.
pub static THRESHOLD: Kernel = Kernel {
    stem: "threshold",
    summary: "next states: the sign of each field, a tie keeping the state, and which signs are not certain",
    variants: &[plain!("threshold")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("field", F32, Trial, Neurons),
        read("weight_norm", F32, Trial, ONE),
        read("inverse_bound", F32, Net, Neurons),
        write("next", Bits, Trial, Words),
        write("uncertain", Bits, Trial, Words),
        write("changed", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: per_neuron,
    twin: |mut call| {
        let (next, uncertain, changed) = (call.write("next"), call.write("uncertain"), call.write("changed"));
        let arrays = twins::threshold::Threshold {
            states: call.read("states"),
            field: call.read("field"),
            weight_norm: call.read("weight_norm"),
            inverse_bound: call.read("inverse_bound"),
            next,
            uncertain,
            changed,
        };
        twins::threshold::threshold(&call.extent, arrays);
    },
};

/// A step of asynchronous recall.
pub static VISIT: Kernel = Kernel {
    stem: "visit",
    summary: "neurons visited one by one: each takes the sign of its field, and the next one sees it",
    variants: &[variant!("plain", "visit.wgsl", [("COUPLED", 0)], 1, None)],
    slots: &[
        write("states", Bits, Trial, States),
        read("order", U32, Trial, Neurons),
        read("keys", Bits, Pattern, Words),
        read("table", U32, Net, DistancePairs),
        read("columns", F32, Neuron, Patterns),
        read("inverse_bound", F32, Net, Neurons),
        write("distances", U32, Trial, Patterns),
        write("course", U32, Trial, Fixed(twins::visit::COURSE)),
    ],
    scalars: &[("states", U32), ("excluding", U32), ("lazy", U32)],
    error: ErrorModel::Defined,
    work: |extent| per_product(extent) * 2,
    twin: |mut call| {
        let (excluding, lazy) = (call.scalar("excluding") != 0, call.scalar("lazy") != 0);
        let (states, distances, course) = (call.write("states"), call.write("distances"), call.write("course"));
        let arrays = twins::visit::Visit {
            states,
            order: call.read("order"),
            keys: call.read("keys"),
            table: call.read("table"),
            columns: call.read("columns"),
            inverse_bound: call.read("inverse_bound"),
            distances,
            course,
        };
        twins::visit::visit(&call.extent, call.arithmetic, excluding, lazy, arrays);
    },
};

/// A step of asynchronous recall of memories that are couplings.
pub static VISIT_COUPLED: Kernel = Kernel {
    stem: "visit_coupled",
    summary: "neurons of coupled memories visited one by one",
    variants: &[variant!("plain", "visit.wgsl", [("COUPLED", 1)], 1, None)],
    slots: &[
        write("states", Bits, Trial, States),
        read("order", U32, Trial, Neurons),
        read("columns", F32, Neuron, Neurons),
        read("inverse_bound", F32, Net, Neurons),
        write("course", U32, Trial, Fixed(twins::visit::COURSE)),
    ],
    scalars: &[("states", U32), ("lazy", U32)],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * (extent.neurons * extent.neurons) as u64 * 2,
    twin: |mut call| {
        let lazy = call.scalar("lazy") != 0;
        let (states, course) = (call.write("states"), call.write("course"));
        let arrays = twins::visit_coupled::VisitCoupled {
            states,
            order: call.read("order"),
            columns: call.read("columns"),
            inverse_bound: call.read("inverse_bound"),
            course,
        };
        twins::visit_coupled::visit_coupled(&call.extent, lazy, arrays);
    },
};

/// Winners and their certainty.
pub static WINNERS: Kernel = Kernel {
    stem: "winners",
    summary: "next states: the highest fields of each group of neurons, and whose place among them is not certain",
    variants: &[plain!("winners")],
    slots: &[
        read("states", Bits, Trial, Words),
        read("field", F32, Trial, Neurons),
        read("weight_norm", F32, Trial, ONE),
        read("margin", F32, Net, Neurons),
        write("next", Bits, Trial, Words),
        write("uncertain", Bits, Trial, Words),
        write("changed", U32, Trial, ONE),
    ],
    scalars: &[("size", U32), ("winners", U32)],
    error: ErrorModel::Exact,
    // As if all neurons were one group.
    work: |extent| per_neuron(extent) * extent.neurons as u64,
    twin: |mut call| {
        let (next, uncertain, changed) = (call.write("next"), call.write("uncertain"), call.write("changed"));
        let groups =
            twins::winners::Groups { size: call.scalar("size") as usize, winners: call.scalar("winners") as usize };
        let arrays = twins::winners::Winners {
            states: call.read("states"),
            field: call.read("field"),
            weight_norm: call.read("weight_norm"),
            margin: call.read("margin"),
            next,
            uncertain,
            changed,
        };
        twins::winners::winners(&call.extent, groups, arrays);
    },
};

/// The trials' way.
pub static ADVANCE: Kernel = Kernel {
    stem: "advance",
    summary: "takes each trial's step: notices fixed points, cycles and doubts, and remembers the way",
    variants: &[plain!("advance")],
    slots: &[
        read("next", Bits, Trial, Words),
        read("uncertain", Bits, Trial, Words),
        write("changed", U32, Trial, ONE),
        write("weight_norm", F32, Trial, ONE),
        write("states", Bits, Trial, Words),
        write("history", Bits, Trial, States),
        write("course", U32, Trial, Fixed(2)),
        write("counts", U32, Net, Fixed(3)),
    ],
    scalars: &[("most", U32), ("resuming", U32)],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * (16 + 8 * extent.words() as u64),
    twin: |mut call| {
        let (most, resuming) = (call.scalar("most") as usize, call.scalar("resuming") != 0);
        let (changed, weight_norm) = (call.write("changed"), call.write("weight_norm"));
        let (states, history) = (call.write("states"), call.write("history"));
        let (course, counts) = (call.write("course"), call.write("counts"));
        let arrays = twins::advance::Advance {
            next: call.read("next"),
            uncertain: call.read("uncertain"),
            changed,
            weight_norm,
            states,
            history,
            course,
            counts,
        };
        twins::advance::advance(&call.extent, most, resuming, arrays);
    },
};

/// Rows moved to other places.
pub static GATHER: Kernel = Kernel {
    stem: "gather",
    summary: "packed states brought from one row to another",
    variants: &[plain!("gather")],
    slots: &[
        read("index", U32, Trial, ONE),
        read("source", Bits, Pattern, States),
        write("gathered", Bits, Trial, States),
        write("found", U32, Trial, ONE),
    ],
    scalars: &[("states", U32)],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * (4 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (gathered, found) = (call.write("gathered"), call.write("found"));
        let states = call.scalar("states") as usize;
        twins::gather::gather(&call.extent, states, call.read("index"), call.read("source"), gathered, found);
    },
};

/// The KLR residual.
pub static LOGISTIC: Kernel = Kernel {
    stem: "logistic",
    summary: "the KLR residual sigma(F) - t + lambda alpha, in place of the field F",
    variants: &[plain!("logistic")],
    slots: &[
        read("dual", F32, Trial, Neurons),
        read("targets", Bits, Trial, Words),
        write("residual", F32, Trial, Neurons),
    ],
    scalars: &[("regularization", F32)],
    error: ErrorModel::Defined,
    work: |extent| per_neuron(extent) * 8,
    twin: |mut call| {
        let residual = call.write("residual");
        let regularization = f32::from_bits(call.scalar("regularization"));
        let (dual, targets) = (call.read("dual"), call.read("targets"));
        twins::logistic::logistic(&call.extent, call.arithmetic, regularization, dual, targets, residual);
    },
};

/// The descent step.
pub static STEP: Kernel = Kernel {
    stem: "step",
    summary: "one step of gradient descent on the dual",
    variants: &[plain!("step")],
    slots: &[read("gradient", F32, Trial, Neurons), write("dual", F32, Trial, Neurons)],
    scalars: &[("rate", F32)],
    error: ErrorModel::Defined,
    work: per_neuron,
    twin: |mut call| {
        let dual = call.write("dual");
        let rate = f32::from_bits(call.scalar("rate"));
        twins::step::step(&call.extent, call.arithmetic, rate, call.read("gradient"), dual);
    },
};

/// The accelerated step.
pub static MOMENTUM: Kernel = Kernel {
    stem: "momentum",
    summary: "one step of accelerated descent on the dual",
    variants: &[plain!("momentum")],
    slots: &[
        read("pace", F32, Net, Fixed(2)),
        read("gradient", F32, Trial, Neurons),
        write("carried", F32, Trial, Neurons),
        write("dual", F32, Trial, Neurons),
    ],
    scalars: &[],
    error: ErrorModel::Defined,
    work: |extent| per_neuron(extent) * 2,
    twin: |mut call| {
        let (carried, dual) = (call.write("carried"), call.write("dual"));
        let (pace, gradient) = (call.read("pace"), call.read("gradient"));
        twins::momentum::momentum(&call.extent, call.arithmetic, pace, gradient, carried, dual);
    },
};

/// Where trials ended.
pub static OUTCOME: Kernel = Kernel {
    stem: "outcome",
    summary: "target, other learned, spurious, cycle or unsettled, by exact equality",
    variants: &[plain!("outcome")],
    slots: &[
        read("finals", Bits, Trial, Words),
        read("targets", Bits, Trial, Words),
        read("nearest", U32, Trial, ONE),
        read("period", U32, Trial, ONE),
        write("outcome", U32, Trial, ONE),
        write("distance", U32, Trial, ONE),
    ],
    scalars: &[],
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * (4 + 2 * extent.words() as u64),
    twin: |mut call| {
        let (outcome, distance) = (call.write("outcome"), call.write("distance"));
        let (finals, targets) = (call.read("finals"), call.read("targets"));
        let (nearest, period) = (call.read("nearest"), call.read("period"));
        twins::outcome::outcome(&call.extent, finals, targets, nearest, period, outcome, distance);
    },
};

/// How many multiply-adds a second this device can do at best.
pub static PEAK: Kernel = Kernel {
    stem: "peak",
    summary: "the probe of speed: multiply-adds in registers and nothing else",
    variants: &[plain!("peak")],
    slots: &[read("factor", F32, Trial, ONE), read("offset", F32, Trial, ONE), write("result", F32, Trial, ONE)],
    scalars: &[],
    error: ErrorModel::Defined,
    work: |extent| rows(extent) * twins::peak::PER_TRIAL as u64,
    twin: |mut call| {
        let result = call.write("result");
        twins::peak::peak(&call.extent, call.arithmetic, call.read("factor"), call.read("offset"), result);
    },
};

/// The numbers of the probe's shaders.
const PRODUCTS: [(&str, i64); 1] = [("STEPS", twins::peak_half::STEPS as i64)];

/// How many multiply-adds of halves a second the matrix units of this device can do at best.
pub static PEAK_HALF: Kernel = Kernel {
    stem: "peak_half",
    summary: "the probe of matrix units: products of 16 x 16 matrices of halves in registers and nothing else",
    variants: &[
        variant!("plain", "peak_half.wgsl", PRODUCTS, 1, None),
        variant!("cooperative", "peak_half/cooperative.wgsl", PRODUCTS, 1, Some(Need::CooperativeMatrix)),
    ],
    slots: &[read("factor", U32, Trial, ONE), write("result", F32, Trial, ONE)],
    scalars: &[],
    // Whole numbers, as f32.
    error: ErrorModel::Exact,
    work: |extent| rows(extent) * twins::peak_half::PER_TRIAL as u64,
    twin: |mut call| {
        let result = call.write("result");
        twins::peak_half::peak_half(&call.extent, call.read("factor"), result);
    },
};

/// Every kernel, in the order data meets them.
pub static KERNELS: [&Kernel; 35] = [
    &MULTIPLY_ADD,
    &CUE,
    &NEAREST,
    &HEAVIEST,
    &HISTOGRAM,
    &DISTANCE,
    &FIELD,
    &FIELD_STORED,
    &FIELD_HALF,
    &FIELD_SPLIT,
    &COUPLE,
    &WEIGHTED,
    &THRESHOLD,
    &WINNERS,
    &VISIT,
    &VISIT_COUPLED,
    &ADVANCE,
    &GATHER,
    &LOGISTIC,
    &STEP,
    &MOMENTUM,
    &OUTCOME,
    &VARY,
    &SIMILARITY,
    &FOOTPRINT,
    &PRIOR,
    &POWER,
    &SOFTMAX,
    &ENTMAX,
    &TOP,
    &BEST,
    &CROSS_ENTROPY,
    &FOOTPRINT_GRADIENT,
    &PEAK,
    &PEAK_HALF,
];
