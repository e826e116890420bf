//! No certified sign is wrong: models made to break the bound, through the same door as a user's, against the canonical
//! sum.

mod common;

use std::collections::HashMap;

use attractor::code::Code;
use attractor::memory::{Couplings, Memory, Readout, Table, load};
use attractor::pattern::{Patterns, hamming};
use attractor::recall::{Precision, Recall};
use common::{
    Draw, backends, coupled, cpu_like_gpu, flipped, gpu, memory, name, near, rbf, recalled, recalled_in, trained,
};
use safetensors::tensor::{Dtype, TensorView, serialize};

/// The next state by definition: the sign of the f64 sum in pattern order, weights relative to the heaviest key's, or
/// of couplings the sum in order of the inputs and the bias; of a sparse code the highest of them.
fn canonical(memory: &Memory, state: &[u32]) -> Patterns {
    let neurons = memory.keys.neurons();
    let old = |i: usize| state[i / 32] >> (i % 32) & 1 == 1;
    let Some((dual, table)) = memory.readout.dual() else {
        let couplings = memory.readout.matrix();
        let zero = f64::from(memory.code.zero());
        let term = |j: usize, i: usize| if old(j) { 1.0 } else { zero } * f64::from(couplings[j * neurons + i]);
        let bias = |i: usize| memory.readout.bias().map_or(0.0, |bias| f64::from(bias[i]));
        let field = |i: usize| (0..neurons).fold(0.0, |sum, j| sum + term(j, i)) + bias(i);
        let fields: Vec<f64> = (0..neurons).map(field).collect();
        let Some(groups) = memory.code.groups(neurons) else {
            let signs = fields.into_iter().enumerate().map(|(i, h)| h > 0.0 || (h == 0.0 && old(i)));
            return Patterns::from_signs(neurons, signs).unwrap();
        };
        let before = |i: usize, other: usize| {
            let (h, g) = (fields[i], fields[other]);
            if g != h { g > h } else { (old(other), i) > (old(i), other) }
        };
        let wins = |i: usize| {
            let first = i / groups.size * groups.size;
            (first..first + groups.size).filter(|&other| before(i, other)).count() < groups.winners
        };
        return Patterns::from_signs(neurons, (0..neurons).map(wins)).unwrap();
    };
    let distances: Vec<usize> = (0..memory.keys.len()).map(|mu| hamming(state, memory.keys.row(mu)) as usize).collect();
    let scale = distances.iter().map(|&distance| table.exponents[distance]).max().unwrap();
    let mut fields = vec![0.0_f64; neurons];
    for (&distance, dual) in distances.iter().zip(dual.chunks_exact(neurons)) {
        let shift = table.exponents[distance] - scale;
        let weight = libm::scalbn(f64::from(table.values[distance]), shift);
        fields.iter_mut().zip(dual).for_each(|(field, &dual)| *field += weight * f64::from(dual));
    }
    Patterns::from_signs(neurons, fields.iter().enumerate().map(|(i, &h)| h > 0.0 || (h == 0.0 && old(i)))).unwrap()
}

/// One step from every cue is the canonical one on every backend in every precision, and in f32 CPU and GPU doubt the
/// same signs.
fn certified(label: &str, memory: &Memory, cues: &Patterns) {
    let cues = std::slice::from_ref(cues);
    let expected: Vec<Patterns> = (0..cues[0].len()).map(|trial| canonical(memory, cues[0].row(trial))).collect();
    for (backend, precision) in backends().into_iter().flat_map(|backend| Precision::ALL.map(|each| (backend, each))) {
        let recall = recalled_in(precision, backend, &[memory], cues, 1).remove(0);
        for (trial, expected) in expected.iter().enumerate() {
            let what = || format!("{label}, {}, {precision}, trial {trial}", name(backend));
            assert_eq!(recall.finals.row(trial), expected.row(0), "{}", what());
        }
    }
    assert_eq!(recalled(&cpu_like_gpu(), &[memory], cues, 1), recalled(gpu(), &[memory], cues, 1), "{label}");
}

/// A model file from another hand, loaded.
fn from_file(
    keys: &Patterns,
    dual: &[f32],
    table: &[f32],
    split: Option<(&[f32], &[i32])>,
) -> attractor::Result<Memory> {
    let (patterns, neurons) = (keys.len(), keys.neurons());
    let signs: Vec<u8> = keys.to_bipolar().iter().map(|&sign| sign as u8).collect();
    let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let (dual, table) = (floats(dual), floats(table));
    let (mantissas, exponents) = split.map_or_else(Default::default, |(mantissas, exponents)| {
        (floats(mantissas), exponents.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    });
    let view = |kind, shape: Vec<usize>, bytes| TensorView::new(kind, shape, bytes).unwrap();
    let mut tensors = HashMap::from([
        ("keys", view(Dtype::I8, vec![patterns, neurons], &signs)),
        ("dual", view(Dtype::F32, vec![patterns, neurons], &dual)),
        ("table", view(Dtype::F32, vec![neurons + 1], &table)),
    ]);
    if split.is_some() {
        tensors.insert("table_mantissa", view(Dtype::F32, vec![neurons + 1], &mantissas));
        tensors.insert("table_exponent", view(Dtype::I32, vec![neurons + 1], &exponents));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, serialize(tensors, None).unwrap()).unwrap();
    load(&path)
}

fn all_up(neurons: usize, rows: usize) -> Patterns {
    Patterns::from_signs(neurons, vec![true; neurons * rows]).unwrap()
}

/// A sum that leaves f32's range on the way has the sign of a part of it: never certain.
#[test]
fn sums_beyond_f32_are_never_certain() {
    let cases: [(&[f32], [f32; 2]); 2] =
        [(&[3e38, 3e38, -3e38, -3e38, -3e38], [1.0, 1.0]), (&[2.5e20, 2.5e20, -6e20], [2.0_f32.powi(60), 1.0])];
    for (dual, table) in cases {
        let model = from_file(&all_up(1, dual.len()), dual, &table, None).unwrap();
        certified("overflow", &model, &all_up(1, 1));
    }
}

/// Many small terms absorbed one by one by a large head that cancels at the end: the worst case of a chain.
#[test]
fn absorbed_terms_are_within_the_bound() {
    for count in [8, 64, 1024, 16_384] {
        for head in [1_usize, 4, 16, 64] {
            for share in [0.1, 0.5, 0.9, 0.99] {
                let lost = head as f32 * 2.0_f32.powi(-24);
                let last = -(share * count as f64 * f64::from(lost)) as f32;
                let dual = [vec![1.0; head], vec![lost; count], vec![-1.0; head], vec![last]].concat();
                let model = memory(&all_up(1, dual.len()), dual, &rbf(1, 0.02));
                let cues = Patterns::from_signs(1, [true, false]).unwrap();
                for (backend, precision) in backends().into_iter().flat_map(|b| Precision::ALL.map(|each| (b, each))) {
                    let recall = recalled_in(precision, backend, &[&model], std::slice::from_ref(&cues), 1).remove(0);
                    let what = || format!("{count} {head} {share} {} {precision}", name(backend));
                    assert_eq!(recall.finals.to_bipolar(), [1, 1], "{}", what());
                }
            }
        }
    }
}

/// Tables on which the bound would not hold are refused, each for its reason.
#[test]
fn tables_that_break_the_bound_are_refused() {
    let keys = Patterns::from_signs(2, [true, true, true, false, false, false]).unwrap();
    let refused =
        |table: &[f32], split| from_file(&keys, &[1.0; 6], table, split).expect_err("the table is refused").to_string();
    let tiny = 2.0_f32.powi(-75);
    let tinies = [tiny; 3];
    assert!(refused(&tinies, Some((&tinies, &[0, 0, 0]))).contains("without an exponent"));
    assert!(refused(&[0.0; 3], Some((&[0.0, 3.0, 1.0], &[0, -2000, -2001]))).contains("mantissa 3"));
    assert!(refused(&[0.0; 3], Some((&[0.0, 1.0, 1.0], &[0, -2000, -(1 << 25)]))).contains("too large"));
    // What a file could not bring in, a crate user could: recall asks again.
    let table = Table { values: vec![tiny; 3], exponents: vec![0; 3] };
    let model = memory(&keys, vec![1.0; 6], &table);
    let space = attractor::engine::Workspace::new(common::fused());
    let cues = [all_up(2, 1)];
    assert!(attractor::recall::recall(&space, &[&model], &cues, 1, &mut |_| true).is_err());
}

/// A wide table need not fall: what a trial's weights are relative to is its heaviest key, wherever that is.
#[test]
fn wide_tables_of_any_course_are_certified() {
    let mut draw = Draw::new(12);
    let (neurons, patterns) = (45, 120);
    let weights: [&dyn Fn(usize) -> f64; 4] = [
        // Nothing near, and most weight far away.
        &|d| if d < 20 { 0.0 } else { 2.0_f64.powi(9 * d as i32 - 300) },
        // An even power: keys and their opposites, nothing half-way; and an odd one.
        &|d| (45.0 - 2.0 * d as f64).powi(16),
        &|d| (45.0 - 2.0 * d as f64).powi(17),
        // Up and down, and of both signs.
        &|d| [1.0, -1e-30, 3e25, 0.0][d % 4] * (1.0 + d as f64),
    ];
    for (kind, weight) in weights.into_iter().enumerate() {
        let values: Vec<f64> = (0..=neurons).map(weight).collect();
        let table = Table::from_values(&values).unwrap();
        assert!(table.is_wide());
        let keys = draw.patterns(neurons, patterns);
        let dual = draw.values(patterns * neurons, 1.0);
        let model = memory(&keys, dual, &table);
        certified(&format!("table {kind}"), &model, &near(&keys, 150, 15, &mut draw));
    }
}

/// The same tiny weights given plainly are split when loaded, and right.
#[test]
fn tiny_plain_weights_are_split_and_right() {
    let dual =
        [vec![1.0_f32; 16], vec![2.0_f32.powi(-20); 400], vec![-1.0; 16], vec![-4330.0 * 2.0_f32.powi(-24)]].concat();
    let model = from_file(&all_up(1, dual.len()), &dual, &[2.0_f32.powi(-75); 2], None).unwrap();
    assert!(model.readout.dual().unwrap().1.is_wide());
    certified("tiny weights", &model, &all_up(1, 1));
}

/// Wide and plain networks share a batch as if each were alone.
#[test]
fn wide_and_plain_networks_share_a_batch() {
    let mut draw = Draw::new(6);
    let (neurons, patterns) = (64, 70);
    let tables = [rbf(neurons, 0.02), rbf(neurons, 5.0), rbf(neurons, 0.1)];
    let keys = [(); 3].map(|()| draw.patterns(neurons, patterns));
    let memories: Vec<Memory> = keys
        .iter()
        .zip(&tables)
        .map(|(keys, table)| memory(keys, draw.values(patterns * neurons, 1.0), table))
        .collect();
    let cues: Vec<Patterns> = keys.iter().map(|keys| near(keys, 90, 20, &mut draw)).collect();
    for (backend, precision) in backends().into_iter().flat_map(|backend| Precision::ALL.map(|each| (backend, each))) {
        let together = recalled_in(precision, backend, &memories.iter().collect::<Vec<_>>(), &cues, 20);
        for i in 0..3 {
            let alone = recalled_in(precision, backend, &[&memories[i]], &cues[i..=i], 20).remove(0);
            assert_eq!(alone, together[i], "{} {precision} {i}", name(backend));
        }
    }
}

/// Where many signs are doubted, and where f16 cannot certify what f32 can, every precision takes the same steps to the
/// same ends.
#[test]
fn every_precision_takes_the_same_steps() {
    let mut draw = Draw::new(8);
    let rising = |neurons: usize| {
        let values = (0..=neurons).map(|d| [0.0, 0.25, -0.5, 1.0][d % 4] * 2.0_f32.powi(d as i32 / 3)).collect();
        Table { values, exponents: vec![0; neurons + 1] }
    };
    for (neurons, patterns, table) in [
        (60, 300, rbf(60, 0.02)),
        (33, 120, rbf(33, 5.0)),
        (129, 500, rbf(129, 0.005)),
        (40, 90, rising(40)),
        (64, 70, rbf(64, 0.6)),
    ] {
        let keys = draw.patterns(neurons, patterns);
        // Nearly opposed pairs: what is left of their fields is often less than halves can tell.
        let mut dual = draw.values(patterns * neurons, 1.0);
        for pair in dual.chunks_exact_mut(2 * neurons) {
            let (first, second) = pair.split_at_mut(neurons);
            second.iter_mut().zip(first).for_each(|(b, a)| *b = -*a * (1.0 + draw.signed() * 0.2));
        }
        let keys = keys.select((0..patterns).map(|row| row / 2));
        let model = memory(&keys, dual, &table);
        let cues = [near(&keys, 200, neurons / 6, &mut draw)];
        let what = format!("N {neurons}, P {patterns}");
        let reference = recalled(common::fused(), &[&model], &cues, 25).remove(0);
        for backend in backends() {
            let doubted = Precision::ALL.map(|precision| {
                let other = recalled_in(precision, backend, &[&model], &cues, 25).remove(0);
                assert_eq!(other.finals, reference.finals, "{what}, {}, {precision}", name(backend));
                assert_eq!(course(&other), course(&reference), "{what}, {}, {precision}", name(backend));
                doubts(&other)
            });
            // Neither nothing nor everything is doubted: both ways to a sign are taken.
            let decided = course(&reference).iter().map(|end| end.0).sum::<usize>() * neurons;
            let [single, half, split] = doubted;
            assert!(half < decided && half > single && half > split, "{what}, {}: {doubted:?}", name(backend));
        }
    }
}

fn course(recall: &Recall) -> Vec<(usize, usize)> {
    recall.endings.iter().map(|end| (end.steps, end.period)).collect()
}

fn doubts(recall: &Recall) -> usize {
    recall.endings.iter().map(|end| end.uncertain).sum()
}

/// Pairs of halves are there for memories that leave a half in doubt: their bound is twelve times narrower at the
/// least.
#[test]
fn pairs_of_halves_leave_less_than_a_twelfth_of_the_doubts_of_halves() {
    let mut draw = Draw::new(9);
    let (neurons, patterns) = (100, 500);
    let table = rbf(neurons, 0.02);
    let keys = draw.patterns(neurons, patterns);
    let learned = trained(common::fused(), std::slice::from_ref(&keys), std::slice::from_ref(&keys), &table, 50);
    let drawn = draw.values(patterns * neurons, 1.0);
    for (what, dual) in [("trained", learned[0].dual.clone()), ("drawn", drawn)] {
        let model = memory(&keys, dual, &table);
        let cues = [near(&keys, 1000, 15, &mut draw)];
        for backend in backends() {
            let recalls = Precision::ALL.map(|each| recalled_in(each, backend, &[&model], &cues, 10).remove(0));
            assert!(recalls.iter().all(|recall| course(recall) == course(&recalls[0])), "{what}, {}", name(backend));
            let [single, half, split] = recalls.each_ref().map(doubts);
            assert!(split * 12 < half, "{what}, {}: {single}, {half} and {split} doubts", name(backend));
        }
    }
}

/// Random models of every awkward kind, through the loader: negative, zero, extreme and wide tables; subnormal to huge
/// duals; cancelling pairs; repeated keys.
#[test]
fn random_models_of_every_kind_are_certified() {
    let mut draw = Draw::new(77);
    let mut loaded = 0;
    for round in 0..200 {
        let neurons = [1, 2, 7, 33, 64][draw.below(5)];
        let patterns = [1, 2, 3, 17, 65, 300][draw.below(6)];
        let keys = match draw.below(3) {
            0 => draw.patterns(neurons, 2).select((0..patterns).map(|i| i % 2)),
            _ => draw.patterns(neurons, patterns),
        };
        let kind = draw.below(6);
        let falling = |distance: usize, range: f64| libm::exp2(-(distance as f64) * range / neurons as f64) as f32;
        let mut entry = |distance: usize| match kind {
            0 => falling(distance, 60.0),
            1 => draw.signed() * [1.0, 0.0, 1e-15][draw.below(3)],
            2 => 2.0_f32.powi(-60),
            3 => [2.0_f32.powi(60), -(2.0_f32.powi(60))][draw.below(2)],
            4 => falling(distance, 140.0),
            _ => [1.0, -1.0, 0.5, 0.0][distance % 4],
        };
        let table: Vec<f32> = (0..=neurons).map(&mut entry).collect();
        let scale = draw.below(6);
        let mut value = || match scale {
            0 => draw.signed(),
            1 => draw.signed() * 1e-30,
            2 => f32::from_bits(draw.word() & 0x807F_FFFF),
            3 => draw.signed() * [3.4e38, 1.0, 1e-30, 1e-38][draw.below(4)],
            4 => (draw.signed() * 4.0).round(),
            _ => draw.signed() * 1e-12,
        };
        let mut dual: Vec<f32> = (0..patterns * neurons).map(|_| value()).collect();
        if draw.below(2) == 0 {
            for (row, pair) in dual.chunks_mut(2 * neurons).enumerate().filter(|(_, pair)| pair.len() == 2 * neurons) {
                let (first, second) = pair.split_at_mut(neurons);
                let nearly = 1.0 + (row % 3) as f32 * 2.0_f32.powi(-20);
                second.iter_mut().zip(first).for_each(|(second, first)| *second = -*first * nearly);
            }
        }
        dual.iter_mut().filter(|dual| !dual.is_finite()).for_each(|dual| *dual = f32::MAX);
        // Tables that cannot be certified are refused; enough must be left.
        let Ok(model) = from_file(&keys, &dual, &table, None) else { continue };
        loaded += 1;
        certified(&format!("round {round}, table {kind}, dual {scale}"), &model, &draw.patterns(neurons, 13));
    }
    assert!(loaded > 120, "{loaded}");
}

/// Random couplings of every kind: subnormal to huge, integers, and pairs of inputs that nearly cancel.
#[test]
fn couplings_of_every_kind_are_certified() {
    let mut draw = Draw::new(78);
    let mut doubted = 0;
    for round in 0..60 {
        let neurons = [1, 2, 7, 33, 64, 130][round % 6];
        let kind = draw.below(5);
        let mut value = || match kind {
            0 => draw.signed(),
            1 => f32::from_bits(draw.word() & 0x807F_FFFF),
            2 => draw.signed() * [3.4e38, 1.0, 1e-30, 1e-38][draw.below(4)],
            3 => (draw.signed() * 4.0).round(),
            _ => draw.signed() * 1e-12,
        };
        let mut couplings: Vec<f32> = (0..neurons * neurons).map(|_| value()).collect();
        if draw.below(2) == 0 {
            for (row, pair) in couplings.chunks_exact_mut(2 * neurons).enumerate() {
                let (first, second) = pair.split_at_mut(neurons);
                let nearly = 1.0 - (row % 3) as f32 * 2.0_f32.powi(-20);
                second.iter_mut().zip(first).for_each(|(second, first)| *second = *first * nearly);
            }
        }
        let keys = draw.patterns(neurons, 3);
        // In half of the cues the two of a pair differ, and their terms cancel or nearly so.
        let mut signs = draw.patterns(neurons, 14).to_bipolar();
        for state in signs.chunks_exact_mut(neurons).step_by(2) {
            state.as_chunks_mut().0.iter_mut().for_each(|[first, second]| *second = -*first);
        }
        let cues = Patterns::from_signs(neurons, signs.into_iter().map(|sign| sign > 0)).unwrap();
        let model = coupled(&keys, couplings);
        certified(&format!("round {round}, couplings {kind}"), &model, &cues);
        doubted += doubts(&recalled(gpu(), &[&model], &[cues], 1)[0]);
    }
    assert!(doubted > 1000, "{doubted}");
}

/// As `absorbed_terms_are_within_the_bound`: what is left of the exact sum is less than the chain of it lost.
#[test]
fn absorbed_couplings_are_within_the_bound() {
    let neurons = 300;
    let up = all_up(neurons, 1);
    let down = flipped(&up, &vec![true; neurons]);
    for head in [1_usize, 4, 16, 64] {
        for share in [0.1, 0.5, 0.9, 0.99] {
            let lost = head as f32 * 2.0_f32.powi(-24);
            let small = neurons - 2 * head - 1;
            let last = -(share * small as f64 * f64::from(lost)) as f32;
            let inputs = [vec![1.0; head], vec![lost; small], vec![-1.0; head], vec![last]].concat();
            // The same to every neuron.
            let couplings = inputs.iter().flat_map(|&input| vec![input; neurons]).collect();
            let model = coupled(&up, couplings);
            [&up, &down].into_iter().for_each(|cue| certified(&format!("{head} {share}"), &model, cue));
        }
    }
}

/// Winners that f32 cannot tell, of columns that only differ past its digits, with biases and without, from states of
/// as many active neurons as win, of fewer and of more; and whole numbers, of which every tie is one and nothing is in
/// doubt.
#[test]
fn winners_that_are_close() {
    let mut draw = Draw::new(91);
    for code in [Code::Hypercolumns(8), Code::Hypercolumns(24), Code::Active(6)] {
        let neurons = 96;
        let keys = code.patterns(5, 0, neurons, 20).unwrap();
        let few = Patterns::from_words(neurons, (0..60).map(|_| draw.word() & draw.word() & draw.word()).collect());
        let cues = [few.unwrap(), keys.clone(), draw.patterns(neurons, 10)].map(|rows| rows.words().to_vec()).concat();
        let cues = Patterns::from_words(neurons, cues).unwrap();
        let mut near = || 1.0 + 3e-8 * f64::from(draw.signed()) + f64::from(draw.below(3) as u8);
        let close: Vec<f32> = (0..neurons * neurons).map(|_| near() as f32).collect();
        let bias: Vec<f32> = (0..neurons).map(|_| (1e3 * near()) as f32).collect();
        let whole: Vec<f32> = (0..neurons * neurons).map(|_| draw.below(4) as f32 - 1.0).collect();
        for (matrix, bias) in [(close.clone(), Some(bias)), (close, None), (whole, None)] {
            let exact = bias.is_none() && matrix.iter().all(|value| value.fract() == 0.0);
            let memory = Memory { code, ..coupled(&keys, matrix.clone()) };
            let memory = Memory { readout: Readout::Couplings(Couplings { matrix, bias }), ..memory };
            certified(&format!("{code}, exact {exact}"), &memory, &cues);
            let recall = recalled(gpu(), &[&memory], std::slice::from_ref(&keys), 5).remove(0);
            assert_eq!(code.fault(&recall.finals), None);
            let doubts: usize = recall.endings.iter().map(|ending| ending.uncertain).sum();
            assert_eq!(doubts == 0, exact, "{code}: {doubts} doubts");
        }
    }
}

/// Biases of bipolar couplings count like one input more.
#[test]
fn signs_that_a_bias_decides() {
    let mut draw = Draw::new(92);
    let (keys, cues) = (draw.patterns(40, 5), draw.patterns(40, 60));
    let matrix: Vec<f32> = draw.values(1600, 1.0).iter().map(|value| (value * 64.0).round() / 64.0).collect();
    for scale in [0.0, 1e-7, 1.0, 1e4] {
        let bias = Some(draw.values(40, scale));
        let couplings = Couplings { matrix: matrix.clone(), bias };
        let memory = Memory { readout: Readout::Couplings(couplings), ..coupled(&keys, Vec::new()) };
        certified(&format!("bias of {scale}"), &memory, &cues);
    }
}
