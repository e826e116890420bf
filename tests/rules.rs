//! Learning rules on the host: the golden duals and fields of an independent NumPy implementation in f64, and laws.

mod common;

use attractor::code::Code;
use attractor::cue::{cues_of, trials};
use attractor::engine::Workspace;
use attractor::memory::{Memory, Table};
use attractor::pattern::Patterns;
use attractor::rule::{
    Descent, LinearLogistic, Model, Ridge, SelfCoupling, Solver, covariance_couplings, hebbian_couplings, hebbian_dual,
    learn_memory, linear_logistic_couplings, oja_couplings, pseudoinverse_couplings, pseudoinverse_dual, ridge_dual,
    storkey_couplings,
};
use common::golden::Golden;
use common::oracle::{UNIT, norm};
use common::{Draw, backends, flipped, fused, memory, name, rbf, recalled, relabelled};
use rayon::prelude::*;

/// Rounding in f64 of what happens before a result becomes f32, relative to the largest value it works with: sums of a
/// few hundred terms, 200 contracting updates, or a factor of condition below 1000, stay below P (P + 1) u kappa =
/// 2e-10.
const DOUBLE: f64 = 2e-10;

/// The golden file's settings: N = 60, P = 45.
const LINEAR_LOGISTIC: LinearLogistic = LinearLogistic {
    learning_rate: 0.1,
    regularization: 0.01,
    updates: 200,
    symmetrised: false,
    solver: Solver::GradientDescent,
    gradient_norm: 1e-4,
};

fn signs(patterns: &Patterns) -> Vec<f64> {
    patterns.to_bipolar().into_iter().map(f64::from).collect()
}

/// A linear map of rows: states \[., inner\] times \[inner, N\], in f64.
fn fields(states: &[f64], matrix: &[f64], inner: usize) -> Vec<f64> {
    let neurons = matrix.len() / inner;
    let field = |state: &[f64], i: usize| (0..inner).map(|j| state[j] * matrix[j * neurons + i]).sum::<f64>();
    states.chunks_exact(inner).flat_map(|state| (0..neurons).map(move |i| field(state, i))).collect()
}

fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn absolute(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.abs()).collect()
}

/// One rounding to f32 of each, after those in f64.
fn rounding(values: &[f64]) -> Vec<f64> {
    let most = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    values.iter().map(|value| 1.001 * UNIT * value.abs() + DOUBLE * most).collect()
}

/// Each is within its bound of the golden one, and so nearly every sign is decided, and right.
fn agree(what: &str, ours: &[f64], golden: &[f64], bounds: &[f64]) {
    assert_eq!((ours.len(), bounds.len()), (golden.len(), golden.len()), "{what}");
    for (index, ((ours, golden), bound)) in ours.iter().zip(golden).zip(bounds).enumerate() {
        assert!((ours - golden).abs() <= *bound, "{what} {index}: {ours} is not {golden} to {bound:e}");
    }
    let decided = golden.iter().zip(bounds).filter(|(golden, bound)| golden.abs() > **bound).count();
    assert!(decided as f64 >= 0.99 * golden.len() as f64, "{what}: only {decided} signs are decided");
}

/// Overlaps of cues with keys over N: what a linear profile makes of them.
fn overlaps(cues: &Patterns, keys: &Patterns) -> Vec<f64> {
    let (x, neurons) = (signs(keys), keys.neurons());
    let overlap = |s: &[f64], x: &[f64]| s.iter().zip(x).map(|(s, x)| s * x).sum::<f64>() / neurons as f64;
    signs(cues)
        .chunks_exact(neurons)
        .flat_map(|s| x.chunks_exact(neurons).map(|x| overlap(s, x)).collect::<Vec<_>>())
        .collect()
}

/// (N - 2 d) / N, exact for N a power of two.
fn linear(neurons: usize) -> Table {
    let value = |d: usize| (neurons as f32 - 2.0 * d as f32) / neurons as f32;
    ((0..=neurons).map(value).collect(), vec![0; neurons + 1]).into()
}

#[test]
fn ridge_regression_gives_the_golden_dual_and_fields() {
    let mut golden = Golden::open("rules");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let (patterns, neurons) = (keys.len(), keys.neurons());
    let alpha: Vec<f64> = golden.array("alpha_krr");
    let settings = Ridge { regularization: 0.01, ..Ridge::default() };
    let solved = ridge_dual(&keys, &keys, &rbf(neurons, 0.03), &settings).unwrap();
    // The table is f32, |dK|_F <= u |K|_F, the dual is rounded to f32, and |(K + lambda I)^-1|_2 <= 1 / lambda:
    // |alpha' - alpha|_2 <= u |alpha|_2 + u |K|_F |alpha|_2 / lambda for each neuron.
    let kernel = |overlap: &f64| (-2.0 * 0.03 * neurons as f64 * (1.0 - overlap)).exp();
    let own: Vec<f64> = overlaps(&keys, &keys).iter().map(kernel).collect();
    let spread = 1.001 * UNIT * (1.0 + norm(own.iter().copied()) / 0.01) + DOUBLE;
    let off: Vec<f64> = (0..neurons).map(|i| spread * norm((0..patterns).map(|mu| alpha[mu * neurons + i]))).collect();
    let bounds: Vec<f64> = (0..alpha.len()).map(|index| off[index % neurons]).collect();
    agree("alpha", &double(&solved.dual), &alpha, &bounds);
    // What is left of the targets is rounding: f32's of table and dual, u (|K| + lambda) |alpha| each.
    let mut system = own;
    system.iter_mut().step_by(patterns + 1).for_each(|own| *own += 0.01);
    let left = fields(&system, &double(&solved.dual), patterns);
    let room = fields(&absolute(&system), &absolute(&alpha), patterns);
    let room: Vec<f64> = room.iter().map(|room| 2.01 * UNIT * room + DOUBLE).collect();
    agree("targets", &left, &signs(&keys), &room);
    let most = room.iter().fold(0.0_f64, |most, room| most.max(*room));
    assert!(solved.residual_norm <= most, "{:e}", solved.residual_norm);
    let similar: Vec<f64> = overlaps(&cues, &keys).iter().map(kernel).collect();
    let golden: Vec<f64> = golden.array("field_krr");
    let bounds = similar.chunks_exact(patterns).flat_map(|row| {
        let size = norm(row.iter().copied());
        off.iter().map(move |off| size * off)
    });
    agree("fields", &fields(&similar, &double(&solved.dual), patterns), &golden, &bounds.collect::<Vec<_>>());
}

#[test]
fn the_pseudoinverse_gives_the_golden_dual_and_fields_both_ways() {
    let mut golden = Golden::open("rules");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let alpha: Vec<f64> = golden.array("alpha_pinv");
    let dual = double(&pseudoinverse_dual(&keys, &keys).unwrap());
    let off = rounding(&alpha);
    agree("alpha", &dual, &alpha, &off);
    let similar = overlaps(&cues, &keys);
    let golden: Vec<f64> = golden.array("field_pinv");
    let by_dual = fields(&absolute(&similar), &off, keys.len());
    let fields_of_dual = fields(&similar, &dual, keys.len());
    agree("fields of the dual", &fields_of_dual, &golden, &by_dual);
    let couplings = double(&pseudoinverse_couplings(&keys, &keys, SelfCoupling::Kept).unwrap());
    let by_couplings = fields(&absolute(&signs(&cues)), &rounding(&couplings), keys.neurons());
    let fields_of_couplings = fields(&signs(&cues), &couplings, keys.neurons());
    agree("fields of the couplings", &fields_of_couplings, &golden, &by_couplings);
    let both: Vec<f64> = by_dual.iter().zip(&by_couplings).map(|(a, b)| a + b).collect();
    agree("both ways", &fields_of_dual, &fields_of_couplings, &both);
}

#[test]
fn hebbian_fields_are_n_times_the_golden_ones_and_ties_are_exact() {
    let mut golden = Golden::open("rules");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let neurons = keys.neurons();
    for (name, own) in [("field_hebb", SelfCoupling::Removed), ("field_hebb_self", SelfCoupling::Kept)] {
        let couplings = double(&hebbian_couplings(&keys, &keys, own).unwrap());
        let ours = fields(&signs(&cues), &couplings, neurons);
        let textbook: Vec<f64> = golden.array(name);
        assert_eq!(ours.len(), textbook.len());
        // Times N and rounded to the integer that it is.
        let whole: Vec<f64> = textbook.iter().map(|field| (field * neurons as f64).round()).collect();
        assert_eq!(ours, whole, "{name}");
        if own == SelfCoupling::Kept {
            let scaled = fields(&overlaps(&cues, &keys), &double(&hebbian_dual(&keys)), keys.len());
            let scaled: Vec<f64> = scaled.iter().map(|field| (field * neurons as f64).round()).collect();
            assert_eq!(ours, scaled, "the dual with the linear profile");
        }
    }
}

#[test]
fn linear_logistic_regression_gives_the_golden_couplings_and_fields() {
    let mut golden = Golden::open("rules");
    let (keys, cues) = (golden.patterns("keys"), golden.patterns("cues"));
    let neurons = keys.neurons();
    let trained = linear_logistic_couplings(&keys, &keys, &LINEAR_LOGISTIC).unwrap();
    let weights: Vec<f64> = golden.array("w_llr");
    // There a row is an output, here an input.
    let transposed: Vec<f64> = (0..weights.len()).map(|at| weights[at % neurons * neurons + at / neurons]).collect();
    let ours = double(&trained.couplings);
    let off = rounding(&transposed);
    let own = |at: usize| at.is_multiple_of(neurons + 1);
    assert!((0..ours.len()).filter(|&at| own(at)).all(|at| ours[at] == 0.0 && transposed[at] == 0.0));
    // The diagonal's zeros are 1.7 % of all: they are no signs to be decided.
    let rest = |values: &[f64]| (0..values.len()).filter(|&at| !own(at)).map(|at| values[at]).collect::<Vec<_>>();
    agree("couplings", &rest(&ours), &rest(&transposed), &rest(&off));
    let bounds = fields(&absolute(&signs(&cues)), &off, neurons);
    agree("fields", &fields(&signs(&cues), &ours, neurons), &golden.array::<f64>("field_llr"), &bounds);
    assert!(trained.gradient_norm < trained.initial_gradient_norm);
}

#[test]
fn the_pseudoinverse_keeps_every_independent_pattern_fixed() {
    for count in [1, 20, 48, 60] {
        let keys = Draw::new(count as u32).patterns(64, count);
        let dual = pseudoinverse_dual(&keys, &keys).unwrap();
        let next = recalled(fused(), &[&memory(&keys, dual, &linear(64))], std::slice::from_ref(&keys), 1).remove(0);
        assert!(next.finals == keys, "{count} patterns by their dual");
        let couplings = double(&pseudoinverse_couplings(&keys, &keys, SelfCoupling::Kept).unwrap());
        let x = signs(&keys);
        // W projects onto the patterns: their fields are themselves.
        let off = fields(&absolute(&x), &rounding(&couplings), 64);
        agree(&format!("{count} patterns by their couplings"), &fields(&x, &couplings, 64), &x, &off);
    }
}

#[test]
fn ridge_regression_answers_each_key_with_its_target_in_one_step() {
    let mut draw = Draw::new(5);
    let (keys, targets) = (draw.patterns(64, 128), draw.patterns(64, 128));
    let table = rbf(64, 0.03);
    let dual = ridge_dual(&keys, &targets, &table, &Ridge::default()).unwrap().dual;
    let next = recalled(fused(), &[&memory(&keys, dual, &table)], std::slice::from_ref(&keys), 1).remove(0);
    assert!(next.finals == targets);
}

/// Negating neurons in all patterns negates the couplings between those that were negated and those that were not, bit
/// for bit: every sum has the same terms, or all of them negated.
#[test]
fn couplings_are_gauge_symmetric() {
    let mut draw = Draw::new(7);
    let keys = draw.patterns(45, 30);
    let mask: Vec<bool> = (0..45).map(|_| draw.below(2) == 1).collect();
    let other = flipped(&keys, &mask);
    type Rule = fn(&Patterns) -> Vec<f32>;
    let rules: [(&str, Rule); 6] = [
        ("hebb", |keys| hebbian_couplings(keys, keys, SelfCoupling::Kept).unwrap()),
        ("covariance", |keys| covariance_couplings(keys, keys, SelfCoupling::Kept).unwrap()),
        ("oja", |keys| oja_couplings(keys, keys, 0.1, 2, SelfCoupling::Kept).unwrap()),
        ("storkey", |keys| storkey_couplings(keys, SelfCoupling::Kept).unwrap()),
        ("pseudoinverse", |keys| pseudoinverse_couplings(keys, keys, SelfCoupling::Kept).unwrap()),
        ("llr", |keys| linear_logistic_couplings(keys, keys, &LINEAR_LOGISTIC).unwrap().couplings),
    ];
    for (name, rule) in rules {
        let (before, after) = (rule(&keys), rule(&other));
        for (j, i) in (0..45).flat_map(|j| (0..45).map(move |i| (j, i))) {
            let sign = if mask[j] == mask[i] { 1.0 } else { -1.0 };
            assert_eq!(after[j * 45 + i], sign * before[j * 45 + i], "{name}: {j} to {i}");
        }
    }
}

/// Factors and products share the thread pool with whoever calls: several at once end, and with the numbers of one.
#[test]
fn solves_in_company_end_as_they_do_alone() {
    let keys = Draw::new(9).patterns(100, 400);
    let table = rbf(100, 0.05);
    let alone = ridge_dual(&keys, &keys, &table, &Ridge::default()).unwrap();
    let company: Vec<_> =
        (0..12).into_par_iter().map(|_| ridge_dual(&keys, &keys, &table, &Ridge::default()).unwrap()).collect();
    // |alpha - alpha'|_2 <= sqrt(P) |r - r'|_max / lambda, lambda 0.01.
    for solved in company {
        let bound = 20.0 * (alone.residual_norm + solved.residual_norm) / 0.01;
        assert!(solved.dual.iter().zip(&alone.dual).all(|(a, b)| f64::from((a - b).abs()) <= bound));
    }
}

const SPARSE: [&str; 7] =
    ["sparse-hebb", "sparse-covariance", "presynaptic-covariance", "sparse-hopfield", "willshaw", "bcpnn", "boms"];

fn sparse_memory(rule: &str, code: Code, keys: &Patterns) -> Memory {
    let model = rule.parse::<Model>().unwrap().coded(code).unwrap();
    learn_memory(&Workspace::new(fused()), &model, keys, keys, &Descent::default()).unwrap()
}

/// Couplings and biases of every sparse rule, from counts of 0 and 1 one by one; within one rounding to f32, and those
/// of f64.
#[test]
fn sparse_rules_are_their_formulas() {
    let (neurons, patterns) = (24, 19);
    for code in [Code::Hypercolumns(6), Code::Active(5)] {
        let keys = code.patterns(3, 0, neurons, patterns).unwrap();
        let signs = keys.to_bipolar();
        let rows: Vec<Vec<bool>> =
            signs.chunks_exact(neurons).map(|row| row.iter().map(|&sign| sign > 0).collect()).collect();
        let count = |of: &dyn Fn(&[bool]) -> bool| rows.iter().filter(|row| of(row)).count() as f64;
        let p = patterns as f64;
        let one = |count: f64| (count / p).max(1.0 / (p + 1.0));
        let two = |count: f64| (count / p).max(1.0 / (p + 1.0).powi(2));
        for rule in SPARSE {
            let memory = sparse_memory(rule, code, &keys);
            let apart = |j: usize, i: usize| match code {
                Code::Hypercolumns(_) => j / 4 != i / 4,
                _ => j != i,
            };
            for i in 0..neurons {
                let after = count(&|row| row[i]);
                let (mut odds, mut silences) = ((one(after) / one(p - after)).ln(), 0.0);
                for j in 0..neurons {
                    let (before, both) = (count(&|row| row[j]), count(&|row| row[j] && row[i]));
                    let (alone, output) = (count(&|row| row[j] && !row[i]), count(&|row| !row[j] && row[i]));
                    let neither = count(&|row| !row[j] && !row[i]);
                    let products = count(&|row| row[j] == row[i]) - count(&|row| row[j] != row[i]);
                    let coupling = match rule {
                        "sparse-hebb" => both,
                        "sparse-covariance" => p * both - before * after,
                        "presynaptic-covariance" if before == 0.0 => 0.0,
                        "presynaptic-covariance" => p * (both / before - after / p),
                        "sparse-hopfield" => products,
                        "willshaw" => f64::from(u8::from(both > 0.0)),
                        "bcpnn" => (two(both) / (one(before) * one(after))).ln(),
                        _ => (two(both) * two(neither) / (two(alone) * two(output))).ln(),
                    };
                    let found = f64::from(memory.readout.matrix()[j * neurons + i]);
                    let expected = if apart(j, i) { coupling } else { 0.0 };
                    let close = (found - expected).abs() <= UNIT * expected.abs() + DOUBLE;
                    assert!(close, "{rule}, {code}: {j} to {i} {found}, {expected}");
                    if apart(j, i) {
                        silences += (two(output) / one(after)).ln() - (two(neither) / one(p - after)).ln();
                    }
                }
                odds += silences;
                let found = memory.readout.bias().map(|bias| f64::from(bias[i]));
                let expected = match rule {
                    "bcpnn" => Some(one(after).ln()),
                    "boms" => Some(odds),
                    _ => None,
                };
                let close = found.zip(expected).is_none_or(|(found, expected)| (found - expected).abs() < 1e-5);
                assert!(close && found.is_some() == expected.is_some(), "{rule}, {code}: {i} {found:?}, {expected:?}");
            }
        }
    }
}

/// Below its load every rule recalls every pattern from a cue with one active neuron moved, and stays in the code; at a
/// load that some fail at, all backends fail alike.
#[test]
fn sparse_memories_recall_and_agree() {
    for code in [Code::Hypercolumns(16), Code::Active(16)] {
        for (count, held) in [(25, true), (400, false)] {
            let keys = code.patterns(7, 0, 256, count).unwrap();
            let own = std::slice::from_ref(&keys);
            let cues = cues_of(code, fused(), 7, &[0], own, &trials(count, 1, 100, 1)).unwrap();
            for rule in SPARSE {
                let memory = sparse_memory(rule, code, &keys);
                let first = recalled(fused(), &[&memory], &cues, 15).remove(0);
                assert_eq!(code.fault(&first.finals), None, "{rule}, {code}");
                let found = (0..cues[0].len()).filter(|&row| first.finals.row(row) == keys.row(row)).count();
                assert!(!held || rule == "sparse-hopfield" || found == 25, "{rule}, {code}: {found} of 25");
                for backend in backends() {
                    let recall = recalled(backend, &[&memory], &cues, 15).remove(0);
                    assert_eq!(recall.finals, first.finals, "{rule}, {code}, {}", name(backend));
                }
            }
        }
    }
}

/// BCPNN knows neurons by what they do, not by where they stand.
#[test]
fn bcpnn_does_not_depend_on_the_order_of_neurons() {
    let code = Code::Active(12);
    let keys = code.patterns(9, 0, 150, 120).unwrap();
    let cues = cues_of(code, fused(), 9, &[0], std::slice::from_ref(&keys), &trials(120, 1, 120, 2)).unwrap();
    let order = Draw::new(93).permutation(150);
    let [memory, other] = [keys.clone(), relabelled(&keys, &order)].map(|keys| sparse_memory("bcpnn", code, &keys));
    let finals = recalled(fused(), &[&memory], &cues, 15).remove(0).finals;
    let moved = recalled(fused(), &[&other], &[relabelled(&cues[0], &order)], 15).remove(0).finals;
    assert_eq!(relabelled(&finals, &order), moved);
    let found = (0..120).filter(|&row| finals.row(row) == keys.row(row)).count();
    assert!((60..120).contains(&found), "{found} of 120");
}

#[test]
fn rules_and_codes_that_do_not_go_together_are_refused() {
    let refusal = |rule: &str, code: Code| rule.parse::<Model>().unwrap().coded(code).unwrap_err().to_string();
    assert!(refusal("bcpnn", Code::Bipolar).contains("give --code hypercolumns:H or active:K"));
    assert!(refusal("storkey", Code::Active(3)).contains("willshaw, bcpnn, boms"));
    let model: Model = "willshaw".parse().unwrap();
    let keys = Code::Active(3).patterns(1, 0, 30, 4).unwrap();
    let learn = |model: &Model| learn_memory(&Workspace::new(fused()), model, &keys, &keys, &Descent::default());
    assert!(learn(&model).unwrap_err().to_string().contains("rule willshaw with code bipolar"));
    let off = learn(&model.coded(Code::Active(4)).unwrap()).unwrap_err().to_string();
    assert!(off.contains("pattern 0 (counted from 0) has 3 active neurons, not 4"), "{off}");
}
