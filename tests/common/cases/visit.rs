//! Cases of neurons visited one by one.

use super::{Draw, Inputs, Scalar, Work, bits, field, magnitudes, packed, profile};

/// What a variant asks of the kernel beside its inputs.
pub(super) fn scalars(stem: &str, variant: &str) -> Vec<(&'static str, Scalar)> {
    let flag = |name, set| (name, Scalar::U32(u32::from(set)));
    let mut scalars = vec![("states", Scalar::U32(2))];
    if stem == "visit" {
        scalars.push(flag("excluding", variant.contains("excluding")));
    }
    scalars.push(flag("lazy", variant.contains("lazy")));
    scalars
}

/// Of both kernels, all that either reads.
pub(super) fn visit(stem: &str, work: Work, variant: &'static str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let words = neurons.div_ceil(32);
    let of_field = field(work, variant, draw);
    let states = of_field[0].1.chunks_exact(words);
    let pending = packed(draw, neurons, nets * trials);
    let states =
        states.zip(pending.chunks_exact(words)).flat_map(|(state, pending)| [state, pending].concat()).collect();
    let order = (0..nets * trials).flat_map(|_| {
        let mut order: Vec<u32> = (0..neurons as u32).collect();
        (1..neurons).for_each(|last| order.swap(last, draw.below(last + 1)));
        order
    });
    let order = order.collect();
    let table = profile(neurons, variant);
    let pairs = table.values.iter().zip(&table.exponents);
    let table: Vec<u32> = pairs.flat_map(|(value, &exponent)| [value.to_bits(), exponent as u32]).collect();
    // Of couplings some are nothing, so that not every neuron acts on all.
    let terms = if stem == "visit" { patterns } else { neurons };
    let mut columns = magnitudes(draw, nets * neurons * terms, variant);
    columns.iter_mut().filter(|_| draw.below(3) == 0).for_each(|value| *value = 0.0);
    if variant == "not finite" {
        let special = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        for value in &mut columns {
            *value = if draw.below(50) == 0 { special[draw.below(3)] } else { *value };
        }
    }
    // How many signs are certain: most, so that trials go on.
    let inverse = match variant {
        "exact" | "exact, lazy" => -1.0,
        _ if variant.starts_with("certain") => 1e30,
        _ => 1e2,
    };
    let course = (0..nets * trials).flat_map(|trial| match variant {
        "resuming" => [draw.below(neurons) as u32, 2 + (trial % 2) as u32, 3, 5],
        "done" if trial % 2 == 0 => [neurons as u32, 0, 7, 7],
        _ => [0; 4],
    });
    let course = course.collect();
    vec![
        ("states", states),
        ("order", order),
        ("keys", of_field[1].1.clone()),
        ("table", table.repeat(nets)),
        ("columns", bits(&columns)),
        ("inverse_bound", bits(&vec![inverse; nets * neurons])),
        // A trial that is done leaves its room as it is.
        ("distances", vec![0; nets * trials * patterns]),
        ("course", course),
    ]
}
