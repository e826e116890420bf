//! Cases of the kernels on real-valued states.

use attractor_kernels_cpu::footprint::{DISTANCES, PRODUCTS};
use attractor_kernels_cpu::similarity::Kind;
use attractor_kernels_cpu::vary::{BIAS_AFTER, NOISE_AFTER};

use super::{Draw, Inputs, Scalar, Work, bits, padded};

/// The hostile values that a kernel is given, by name.
pub(super) fn variants(stem: &str) -> &'static [&'static str] {
    match stem {
        "vary" => &[
            "ordinary",
            "no mask",
            "all masked",
            "more masked than dimensions",
            "mask first",
            "bias last",
            "zero",
            "huge",
        ],
        "similarity" => &["dot", "l1", "l2", "dot of zeros", "l2, equal", "dot, huge", "l1, huge", "l2, tiny"],
        "footprint" | "footprint_gradient" => &[
            "both",
            "distances",
            "products",
            "unsorted",
            "both of ties",
            "both of zeros",
            "both, equal",
            "products, huge",
            "distances, tiny",
        ],
        "power" => &["cube", "first", "twentieth", "cube of zeros", "cube, huge", "cube, tiny", "cube of ties"],
        "softmax" => &["softmax", "exponentials", "of zeros", "of ties", "steep", "exponentials, huge"],
        "entmax" => {
            &["sparsemax", "1.5", "1.25", "1.05", "sparsemax of zeros", "1.5 of ties", "sparsemax, steep", "1.5, huge"]
        }
        "top" => &["one", "five", "all", "five of zeros", "five of ties", "five, steep", "one, huge"],
        "prior" => &["ordinary", "of zeros", "of ties", "huge"],
        "best" => &["ordinary", "of zeros", "of ties", "huge"],
        "cross_entropy" => &["ordinary", "of zeros", "of ties", "steep", "huge"],
        _ => panic!("kernel {stem} has no cases: give it some in tests/common/cases"),
    }
}

/// Inputs and scalars.
pub(super) fn case(
    stem: &str,
    work: Work,
    variant: &'static str,
    draw: &mut Draw,
) -> (Inputs, Vec<(&'static str, Scalar)>) {
    match stem {
        "vary" => vary(work, variant, draw),
        "similarity" => {
            let kind = match &variant[..2] {
                "do" => Kind::Dot,
                "l1" => Kind::L1,
                _ => Kind::L2,
            };
            (queries_and_patterns(work, variant, draw), vec![("kind", Scalar::U32(kind as u32))])
        }
        "footprint" | "footprint_gradient" => {
            let mut inputs = queries_and_patterns(work, variant, draw);
            if stem == "footprint" {
                inputs.push(("coefficients", bits(&draw.values(2 * work.nets * work.neurons, 1.0))));
            } else {
                inputs.push(("slopes", scores(work, "mostly zero", draw)));
            }
            let kinds = match variant.split([' ', ',']).next() {
                Some("distances") => DISTANCES,
                Some("products") => PRODUCTS,
                _ => DISTANCES | PRODUCTS,
            };
            let sorted = u32::from(variant != "unsorted");
            (inputs, vec![("kinds", Scalar::U32(kinds)), ("sorted", Scalar::U32(sorted))])
        }
        _ => (of_rows(stem, work, variant, draw), scalars(stem, variant)),
    }
}

/// What the kernels on rows of scores are asked for.
fn scalars(stem: &str, variant: &str) -> Vec<(&'static str, Scalar)> {
    let beta = ("beta", Scalar::F32(if variant.contains("steep") { 40.0 } else { 0.5 }));
    match stem {
        "power" => {
            let exponent = match variant {
                "first" => 1,
                "twentieth" => 20,
                _ => 3,
            };
            vec![("exponent", Scalar::U32(exponent))]
        }
        "softmax" => vec![beta, ("normalized", Scalar::U32(u32::from(!variant.starts_with("exp"))))],
        "entmax" => {
            let alpha: f32 = variant.split([' ', ',']).next().and_then(|alpha| alpha.parse().ok()).unwrap_or(2.0);
            let steep = if variant.contains("steep") { 40.0 } else { 0.5 };
            vec![("sharpness", Scalar::F32((alpha - 1.0) * steep)), ("power", Scalar::F32((alpha - 1.0).recip()))]
        }
        "top" => {
            let count = match variant.split([' ', ',']).next() {
                Some("one") => 1,
                Some("five") => 5,
                _ => u32::MAX,
            };
            vec![("count", Scalar::U32(count)), beta]
        }
        "cross_entropy" => vec![beta, ("scale", Scalar::F32(0.01))],
        _ => vec![],
    }
}

fn of_rows(stem: &str, work: Work, variant: &'static str, draw: &mut Draw) -> Inputs {
    let rows = scores(work, variant, draw);
    match stem {
        "best" => vec![("scores", rows)],
        "prior" => {
            let prior = values(work.nets * work.patterns, variant, draw);
            vec![("prior", bits(&prior)), ("scores", rows)]
        }
        "cross_entropy" => {
            let source = (0..work.nets * work.trials).map(|_| draw.below(work.patterns.max(1)) as u32);
            vec![("source", source.collect()), ("weights", rows)]
        }
        _ => vec![("weights", rows)],
    }
}

/// Values of the magnitude that a variant names.
fn values(count: usize, variant: &str, draw: &mut Draw) -> Vec<f32> {
    if variant.contains("zeros") || variant == "zero" {
        (0..count).map(|_| if draw.below(2) == 0 { 0.0 } else { -0.0 }).collect()
    } else if variant.contains("huge") {
        draw.values(count, 1e15)
    } else if variant.contains("tiny") {
        draw.values(count, 1e-12)
    } else if variant.contains("ties") {
        (0..count).map(|_| (draw.signed() * 2.0).round() / 4.0).collect()
    } else if variant == "mostly zero" {
        (0..count).map(|_| if draw.below(8) == 0 { draw.signed() } else { 0.0 }).collect()
    } else {
        draw.values(count, 2.0)
    }
}

/// Rows of scores with what pads them: NaN, which no kernel may read.
fn scores(work: Work, variant: &str, draw: &mut Draw) -> Vec<u32> {
    let Work { nets, trials, patterns, .. } = work;
    let padding = padded(patterns.max(1)) - patterns;
    let row = |_| {
        let mut row = bits(&values(patterns, variant, draw));
        row.extend(std::iter::repeat_n(f32::NAN.to_bits(), padding));
        row
    };
    (0..nets * trials).flat_map(row).collect()
}

fn queries_and_patterns(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let stored = values(nets * patterns * neurons, variant, draw);
    let queries = match variant.contains("equal") && patterns > 0 {
        true => {
            let row =
                |trial: usize| &stored[(trial / trials * patterns + trial % trials % patterns) * neurons..][..neurons];
            (0..nets * trials).flat_map(|trial| row(trial).to_vec()).collect()
        }
        false => values(nets * trials * neurons, variant, draw),
    };
    vec![("queries", bits(&queries)), ("patterns", bits(&stored))]
}

fn vary(work: Work, variant: &'static str, draw: &mut Draw) -> (Inputs, Vec<(&'static str, Scalar)>) {
    let Work { nets, trials, neurons, .. } = work;
    let source = values(nets * trials * neurons, variant, draw);
    let numbers = (0..2 * nets * trials).map(|_| draw.below(1000) as u32).collect();
    let key = (0..2 * nets).map(|_| draw.word()).collect();
    let scale = values(nets * neurons, variant, draw);
    let bias = values(nets * neurons, variant, draw);
    let masked = match variant {
        "no mask" => 0,
        "all masked" => neurons,
        "more masked than dimensions" => neurons + 5,
        _ => neurons / 2,
    };
    let after = match variant {
        "ordinary" => 0,
        "mask first" => NOISE_AFTER | BIAS_AFTER,
        "bias last" => BIAS_AFTER,
        _ => NOISE_AFTER,
    };
    let inputs = vec![
        ("source", bits(&source)),
        ("draw", numbers),
        ("key", key),
        ("scale", bits(&scale)),
        ("bias", bits(&bias)),
    ];
    let scalars = vec![
        ("deviation", Scalar::F32(0.6)),
        ("masked", Scalar::U32(masked as u32)),
        ("after_mask", Scalar::U32(after)),
    ];
    (inputs, scalars)
}
