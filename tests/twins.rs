//! Twins: every kernel computes what the textbook in `kernels-cpu/src/oracle.rs` does, within derived bounds, in both
//! arithmetics and on the GPU.

mod common;
#[path = "twins/real.rs"]
mod real;
#[path = "twins/visit.rs"]
mod visit;

use attractor::engine::kernel::{
    ADVANCE, BEST, COUPLE, CROSS_ENTROPY, CUE, DISTANCE, ENTMAX, FIELD, FIELD_HALF, FIELD_SPLIT, FIELD_STORED,
    FOOTPRINT, FOOTPRINT_GRADIENT, GATHER, HEAVIEST, HISTOGRAM, KERNELS, Kernel, LOGISTIC, MOMENTUM, MULTIPLY_ADD,
    NEAREST, OUTCOME, PEAK, PEAK_HALF, POWER, PRIOR, SIMILARITY, SOFTMAX, STEP, THRESHOLD, TOP, VARY, VISIT,
    VISIT_COUPLED, WEIGHTED, WINNERS,
};
use attractor::engine::{Backend, Scalar, Work};
use attractor_kernels_cpu::field_half::{SMALLEST, TOP as TOP_EXPONENT, sum_error, to_half};
use attractor_kernels_cpu::field_split::to_split;
use attractor_kernels_cpu::{Arithmetic, field_half, field_split, oracle, padded};
use common::cases::{Case, GATHERED, MOST, case, groups, profile, sizes, variants};
use common::judge::{Ran, execute, same_bits, sound};
use common::oracle::{UNIT, bipolar, gamma, norm, rows};
use common::{backends, name};

/// What a product or sum may lose to underflow, even where a device flushes subnormals.
const UNDERFLOW: f64 = f32::MIN_POSITIVE as f64;

/// Runs every size with its variants in turn on every backend, and hands each result to the check of the kernel.
fn walk(kernel: &'static Kernel, check: impl Fn(&Case, &'static str, &[(&dyn Backend, Ran)])) {
    let variants = variants(kernel.stem);
    for (index, work) in sizes(kernel).into_iter().enumerate() {
        let variant = variants[index % variants.len()];
        let case = case(kernel.stem, work, variant);
        let ran = backends().map(|backend| (backend, execute(backend, kernel, &case)));
        for (backend, ran) in &ran {
            for output in &ran.outputs {
                sound(output).unwrap_or_else(|fault| panic!("{}, {}: {fault}", case.name, name(*backend)));
            }
        }
        check(&case, variant, &ran);
    }
}

/// Fails unless `computed` is within `tolerance` of `exact`; a NaN anywhere fails.
fn within(computed: f64, exact: f64, tolerance: f64, what: impl Fn() -> String) {
    let error = (computed - exact).abs();
    let ok = error <= tolerance;
    assert!(ok, "{}: {computed:e}, exactly {exact:e}: error {error:e} above {tolerance:e}", what());
}

#[test]
fn every_kernel_has_a_test_here() {
    let tested = [
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
    assert_eq!(tested.map(|kernel| kernel.stem), KERNELS.map(|kernel| kernel.stem));
}

/// One rounding, or two: |error| <= u |ab + c|, and u |ab| more where the product is rounded.
#[test]
fn multiply_add() {
    walk(&MULTIPLY_ADD, |case, _, ran| {
        let column = |name: &str| rows(case.input(name), 1).concat();
        let (a, b, c) = (column("a"), column("b"), column("c"));
        for (backend, ran) in ran {
            for (trial, &computed) in ran.output("result").values().iter().enumerate() {
                // The product of two f32 is exact in f64, and the sum within 2^-53.
                let product = a[trial] * b[trial];
                let exact = product + c[trial];
                let split = if backend.arithmetic() == Arithmetic::TwiceRounded { product.abs() } else { 0.0 };
                let tolerance = UNIT * 1.000_001 * (exact.abs() + split) + UNDERFLOW;
                within(computed.into(), exact, tolerance, || format!("{}, {}, {trial}", case.name, name(*backend)));
            }
        }
    });
}

/// A cue is its source with exactly the asked number of distinct neurons negated.
#[test]
fn cue_flips_exactly() {
    walk(&CUE, |case, _, ran| {
        let neurons = case.work.neurons;
        for (backend, ran) in ran {
            let cues = bipolar(&ran.output("cue").counts(), neurons);
            let sources = bipolar(case.input("source"), neurons);
            for ((cue, source), choice) in cues.iter().zip(&sources).zip(case.input("draw").chunks_exact(3)) {
                let wanted = (choice[2] as usize).min(neurons);
                assert_eq!(oracle::flipped(cue, source).len(), wanted, "{}, {}", case.name, name(*backend));
            }
        }
    });
}

/// Cues of one source, so many flips each, as the neurons flipped; repetition `r` for trial `r`.
fn flips(backend: &dyn Backend, neurons: usize, trials: usize, flips: usize) -> Vec<Vec<usize>> {
    let work = Work { nets: 1, trials, patterns: 0, neurons };
    let source = vec![0; trials * neurons.div_ceil(32)];
    let draw = (0..trials as u32).flat_map(|trial| [7, trial, flips as u32]).collect();
    let inputs = vec![("source", source), ("draw", draw), ("key", vec![11, 13])];
    let case = Case { name: "cue statistics".into(), work, inputs, scalars: vec![] };
    let cues = bipolar(&execute(backend, &CUE, &case).output("cue").counts(), neurons);
    cues.iter().map(|cue| oracle::flipped(cue, &vec![-1; neurons])).collect()
}

/// Pearson's statistic of counts that should be equal.
fn chi_squared(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
}

#[test]
fn cue_picks_every_subset_equally_often() {
    for backend in backends() {
        // 15 pairs among 6 neurons: 14 degrees of freedom, mean 14 and deviation 5.3; 40 is five deviations up.
        let mut pairs = vec![0; 36];
        for flipped in flips(backend, 6, 15_000, 2) {
            pairs[flipped[0] * 6 + flipped[1]] += 1;
        }
        pairs.retain(|&count| count > 0);
        assert_eq!(pairs.len(), 15);
        let statistic = chi_squared(&pairs);
        assert!(statistic < 40.0, "{}: {statistic}", name(backend));
        // 30 of 100 neurons: 99 degrees of freedom, deviation 14.1 (a little less for exact flips).
        let mut counts = vec![0; 100];
        for neuron in flips(backend, 100, 3000, 30).concat() {
            counts[neuron] += 1;
        }
        let statistic = chi_squared(&counts);
        assert!(statistic < 99.0 + 5.0 * 14.1, "{}: {statistic}", name(backend));
    }
}

#[test]
fn nearest() {
    walk(&NEAREST, |case, _, ran| {
        let Work { nets, neurons, .. } = case.work;
        let exact: Vec<(usize, usize)> = (0..nets)
            .flat_map(|net| {
                let keys = bipolar(case.net("keys", net), neurons);
                let states = bipolar(case.net("states", net), neurons);
                states.iter().map(|state| oracle::nearest(state, &keys)).collect::<Vec<_>>()
            })
            .collect();
        for (backend, ran) in ran {
            let computed = ran.output("distance").counts().into_iter().zip(ran.output("index").counts());
            let computed: Vec<_> = computed.map(|(distance, index)| (distance as usize, index as usize)).collect();
            assert!(computed == exact, "{}, {}", case.name, name(*backend));
        }
    });
}

#[test]
fn heaviest() {
    walk(&HEAVIEST, |case, _, ran| {
        let Work { nets, neurons, .. } = case.work;
        let of_net = |net: usize| -> Vec<u32> {
            let [keys, states] = ["keys", "states"].map(|name| bipolar(case.net(name, net), neurons));
            let exponents: &[i32] = bytemuck::cast_slice(case.net("exponents", net));
            states.iter().map(|state| oracle::heaviest(state, &keys, exponents) as u32).collect()
        };
        let exact: Vec<u32> = (0..nets).flat_map(of_net).collect();
        for (backend, ran) in ran {
            assert!(ran.output("reference").counts() == exact, "{}, {}", case.name, name(*backend));
        }
    });
}

/// Every pattern is counted once, where the textbook has its distance.
#[test]
fn histogram() {
    walk(&HISTOGRAM, |case, _, ran| {
        let Work { nets, trials, neurons, .. } = case.work;
        let mut exact = vec![0; nets * trials * (neurons + 1)];
        for net in 0..nets {
            let keys = bipolar(case.net("keys", net), neurons);
            for (trial, state) in bipolar(case.net("states", net), neurons).iter().enumerate() {
                for key in &keys {
                    exact[(net * trials + trial) * (neurons + 1) + oracle::distance(state, key)] += 1;
                }
            }
        }
        for (backend, ran) in ran {
            assert!(ran.output("counts").counts() == exact, "{}, {}", case.name, name(*backend));
        }
    });
}

/// Each pair's distance is where the layout says, 0 where there is no pair, and every pattern was compared.
#[test]
fn distance() {
    walk(&DISTANCE, |case, _, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let (tiles, stored) = (trials.div_ceil(64), patterns.div_ceil(64) * 64);
        let mut exact = vec![0; nets * tiles * stored * 64];
        for net in 0..nets {
            let keys = bipolar(case.net("keys", net), neurons);
            for (trial, state) in bipolar(case.net("states", net), neurons).iter().enumerate() {
                for (pattern, key) in keys.iter().enumerate() {
                    let tile = (net * tiles + trial / 64) * stored + pattern;
                    exact[tile * 64 + trial % 64] = oracle::distance(state, key) as u16;
                }
            }
        }
        for (backend, ran) in ran {
            let pairs = ran.output("distances").counts();
            let computed: Vec<u16> = pairs.iter().flat_map(|&pair| [pair as u16, (pair >> 16) as u16]).collect();
            assert!(computed == exact, "{}, {}", case.name, name(*backend));
            let compared = ran.output("compared").counts();
            assert!(compared.iter().all(|&count| count as usize == patterns), "{}, {}", case.name, name(*backend));
        }
    });
}

#[test]
fn field() {
    fields_are_the_textbook_s(&FIELD);
}

#[test]
fn field_stored() {
    fields_are_the_textbook_s(&FIELD_STORED);
}

/// |error of a field| <= gamma_n |k|_2 |dual_i|_2 in any arithmetic and order, by Cauchy-Schwarz, with n = P + 3 for the
/// products that are rounded too and for the oracle itself; 2^-63 |dual_i|_1 more for weights dropped below 2^-64, and
/// what underflows. The squared weights are within gamma_n of theirs.
fn fields_are_the_textbook_s(kernel: &'static Kernel) {
    walk(kernel, |case, variant, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let table = profile(neurons, variant);
        let underflow = (patterns + 1) as f64 * UNDERFLOW;
        let results: Vec<_> =
            ran.iter().map(|(_, ran)| [ran.output("field").values(), ran.output("weight_norm").values()]).collect();
        for net in 0..nets {
            let keys = bipolar(case.net("keys", net), neurons);
            let dual = rows(case.net("dual", net), neurons);
            let norms: Vec<f64> = (0..neurons).map(|i| norm(dual.iter().map(|row| row[i]))).collect();
            let sums: Vec<f64> = (0..neurons).map(|i| dual.iter().map(|row| row[i].abs()).sum()).collect();
            for (trial, state) in bipolar(case.net("states", net), neurons).iter().enumerate() {
                let reference = case.net("reference", net)[trial] as usize;
                let weight = |distance| table.weight(distance, reference);
                let exact = oracle::field(state, &keys, &weight, &dual);
                let weights = norm(keys.iter().map(|key| weight(oracle::distance(state, key))));
                for ((backend, _), [field, weight_norm]) in ran.iter().zip(&results) {
                    let row = net * trials + trial;
                    for i in 0..neurons {
                        let dropped = 0.5_f64.powi(63) * sums[i];
                        let tolerance = gamma(patterns + 3) * weights * norms[i] + dropped + underflow;
                        let what = || format!("{}, {}, net {net}, trial {trial}, {i}", case.name, name(*backend));
                        within(field[row * neurons + i].into(), exact[i], tolerance, what);
                    }
                    let squared = if variant == "without norm" { 0.0 } else { weights * weights };
                    let tolerance = gamma(patterns + 3) * squared + underflow;
                    let what = || format!("{}, {}, norm of {net}, {trial}", case.name, name(*backend));
                    within(weight_norm[row].into(), squared, tolerance, what);
                }
            }
        }
    });
}

/// A bias, and of n inputs the products are exact and each sum rounded once: |error| <= gamma_(n + 1) of the sum of
/// |bias_i| and |W\[j, i\]|, with some left for the oracle. The bits are the same whether multiply-adds round once or
/// twice, and the norm is the number of components that are not 0.
#[test]
fn couple() {
    walk(&COUPLE, |case, variant, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let inputs = patterns.min(neurons);
        let (field, norms) = (ran[0].1.output("field").values(), ran[0].1.output("weight_norm").values());
        let binary = variant.starts_with("binary");
        for net in 0..nets {
            let couplings = rows(case.net("couplings", net), neurons);
            let bias = rows(case.net("bias", net), neurons).concat();
            let sum = |i: usize| couplings.iter().take(inputs).map(|row| row[i].abs()).sum::<f64>() + bias[i].abs();
            let sums: Vec<f64> = (0..neurons).map(sum).collect();
            for (trial, mut state) in bipolar(case.net("states", net), neurons).into_iter().enumerate() {
                if binary {
                    state.iter_mut().for_each(|bit| *bit = (*bit).max(0));
                }
                let squares: i32 = state.iter().take(inputs).map(|&bit| i32::from(bit * bit)).sum();
                assert_eq!(norms[net * trials + trial], squares as f32, "{}", case.name);
                for (i, exact) in oracle::coupled(&state, &couplings).into_iter().enumerate() {
                    let computed = field[(net * trials + trial) * neurons + i];
                    let tolerance = gamma(inputs + 1) * sums[i] + UNDERFLOW;
                    within(computed.into(), exact + bias[i], tolerance, || {
                        format!("{}, {net}, {trial}, {i}", case.name)
                    });
                }
            }
        }
        for (backend, other) in &ran[1..] {
            same_bits(&ran[0].1, other).unwrap_or_else(|fault| panic!("{}, {}: {fault}", case.name, name(*backend)));
        }
    });
}

/// |error| <= gamma_P of the sum of |weight dual| in any order, and as much again for the oracle and products that are rounded too.
#[test]
fn weighted() {
    walk(&WEIGHTED, |case, _, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let results: Vec<Vec<f32>> = ran.iter().map(|(_, ran)| ran.output("field").values()).collect();
        for net in 0..nets {
            let dual = rows(case.net("dual", net), neurons);
            for (trial, weights) in rows(case.net("weights", net), padded(patterns)).iter().enumerate() {
                let weights = &weights[..patterns];
                let exact = oracle::weighted(weights, &dual);
                let sizes: Vec<Vec<f64>> = dual.iter().map(|row| row.iter().map(|x| x.abs()).collect()).collect();
                let sums = oracle::weighted(&weights.iter().map(|weight| weight.abs()).collect::<Vec<_>>(), &sizes);
                for ((backend, _), field) in ran.iter().zip(&results) {
                    for i in 0..neurons {
                        let tolerance = gamma(patterns + 2) * sums[i] + (patterns + 1) as f64 * UNDERFLOW;
                        let what = || format!("{}, {}, net {net}, trial {trial}, {i}", case.name, name(*backend));
                        within(field[(net * trials + trial) * neurons + i].into(), exact[i], tolerance, what);
                    }
                }
            }
        }
    });
}

/// The promise of `field_half` and `field_split`: against the field of the weights and duals before they were rounded,
/// |error| <= (e |W| + s sqrt(P)) |v|, W the rounded weights as the kernel's own norm gives them; and that norm is theirs,
/// up to the s of each that is dropped.
fn keeps_its_bound(kernel: &'static Kernel, relative_error: fn(usize) -> f64) {
    walk(kernel, |case, _, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let results: Vec<_> =
            ran.iter().map(|(_, ran)| [ran.output("field").values(), ran.output("weight_norm").values()]).collect();
        let floor = f64::from(case.scalar("floor"));
        for net in 0..nets {
            let keys = bipolar(case.net("keys", net), neurons);
            let dual = rows(case.net("exact_dual", net), neurons);
            let norms: Vec<f64> = (0..neurons).map(|i| norm(dual.iter().map(|row| row[i]))).collect();
            let sums: Vec<f64> = (0..neurons).map(|i| dual.iter().map(|row| row[i].abs()).sum()).collect();
            let [exact, halves] = ["exact_table", "table"].map(|name| rows(case.net(name, net), 1).concat());
            let exponents: Vec<i32> = case.net("exponents", net).iter().map(|&word| word as i32).collect();
            for (trial, state) in bipolar(case.net("states", net), neurons).iter().enumerate() {
                let reference = case.net("reference", net)[trial] as usize;
                let scaled = |table: &[f64], d: usize| {
                    libm::scalbn(table[d], TOP_EXPONENT + exponents[d] - exponents[reference])
                };
                let fields = oracle::field(state, &keys, &|d| scaled(&exact, d), &dual);
                let weights = norm(keys.iter().map(|key| scaled(&halves, oracle::distance(state, key))));
                for ((backend, _), [field, weight_norm]) in ran.iter().zip(&results) {
                    let row = net * trials + trial;
                    let what = || format!("{}, {}, net {net}, trial {trial}", case.name, name(*backend));
                    let dropped = SMALLEST * (patterns as f64).sqrt();
                    for i in 0..neurons {
                        // Duals are dropped below s too; where the largest is no 2^14, that is no small share of |v|.
                        let dropped = dropped * (norms[i] + weights + dropped);
                        let small = SMALLEST * sums[i].min(SMALLEST * patterns as f64);
                        let tolerance = relative_error(patterns) * weights * norms[i] + dropped + small;
                        within(field[row * neurons + i].into(), fields[i], tolerance, || format!("{}, {i}", what()));
                    }
                    let squared = floor + weights * weights;
                    let tolerance = sum_error(patterns) * squared + dropped * (2.0 * weights + dropped);
                    within(weight_norm[row].into(), squared, tolerance, what);
                }
            }
        }
    });
}

#[test]
fn half_precision_keeps_its_bound() {
    keeps_its_bound(&FIELD_HALF, field_half::relative_error);
}

#[test]
fn pairs_of_halves_keep_their_bound() {
    keeps_its_bound(&FIELD_SPLIT, field_split::relative_error);
}

/// A matrix unit's sum of one block: every term aligned to the largest and cut to 24 bits, the result cut too.
fn truncated_block(terms: &[f64], sum: f32) -> f32 {
    let all = || terms.iter().copied().chain([f64::from(sum)]);
    let largest = all().fold(0.0_f64, |most, term| most.max(term.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let unit = libm::exp2(f64::from(libm::ilogb(largest)) - 23.0);
    let exact: f64 = all().map(|term| (term / unit).trunc() * unit).sum();
    if exact == 0.0 {
        return 0.0;
    }
    let last = libm::exp2(f64::from(libm::ilogb(exact)) - 23.0);
    ((exact / last).trunc() * last) as f32
}

/// A matrix unit's chain of products from a sum on, so many at a time.
fn truncated_chain(products: &[f64], size: usize, sum: f32) -> f32 {
    products.chunks(size).fold(sum, |sum, block| truncated_block(block, sum))
}

/// Weights and duals of every kind, for every number of patterns, with what to call them.
fn weights_and_duals(check: impl Fn(&[f64], &[f64], &str)) {
    let mut draw = common::Draw::new(31);
    for patterns in [1, 4, 15, 16, 17, 64, 300, 2000] {
        for kind in 0..4 {
            let mut value = |most: f32| match kind {
                0 => draw.signed() * most,
                1 => draw.signed() * most * [1.0, 1e-2, 1e-4][draw.below(3)],
                2 => draw.signed().abs() * most,
                _ => most * [1.0, -1.0, 1.0 + 1.0 / 4096.0, -1.0 - 1.0 / 4096.0][draw.below(4)],
            };
            let mut values = || (0..patterns).map(|_| f64::from(value(32_000.0))).collect::<Vec<_>>();
            check(&values(), &values(), &format!("{patterns} patterns, kind {kind}"));
        }
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// No machine here has cooperative matrices; their sums are only said to be in f32 and in some order. Every order and
/// rounding tried stays within what `field_half` promises.
#[test]
fn sums_in_any_order_stay_within_the_bound_of_halves() {
    weights_and_duals(|weights, dual, what| {
        let patterns = weights.len();
        let [halves, half_dual] = [weights, dual].map(|values| values.iter().map(|&x| to_half(x).to_f64()));
        let halves: Vec<f64> = halves.collect();
        let products: Vec<f64> = halves.iter().zip(half_dual).map(|(w, v)| w * v).collect();
        let bound = field_half::relative_error(patterns) * norm(halves.iter().copied()) * norm(dual.iter().copied())
            + SMALLEST * (patterns as f64).sqrt() * norm(dual.iter().copied());
        let forwards = products.iter().fold(0.0_f32, |sum, &product| sum + product as f32);
        let backwards = products.iter().rev().fold(0.0_f32, |sum, &product| sum + product as f32);
        let mut sums = vec![("forwards", forwards), ("backwards", backwards)];
        sums.extend([4, 8, 16].map(|size| ("blocks", truncated_chain(&products, size, 0.0))));
        // Panels of 64 patterns, each summed by itself.
        let panels = products.chunks(64).fold(0.0_f32, |sum, panel| sum + truncated_chain(panel, 4, 0.0));
        sums.push(("panels", panels));
        for (order, sum) in sums {
            within(sum.into(), dot(weights, dual), bound, || format!("{what}, {order}"));
        }
    });
}

/// What the cooperative variants of `field_split` do, on a matrix unit that truncates: in blocks of 16 patterns the low
/// products first, the blocks added up, and the panels.
#[test]
fn truncated_sums_stay_within_the_bound_of_pairs_of_halves() {
    weights_and_duals(|weights, dual, what| {
        let patterns = weights.len();
        let split = |values: &[f64]| -> Vec<[f64; 2]> {
            let halves = |&value: &f64| {
                let (whole, high) = (f64::from(to_split(value)), to_half(value).to_f64());
                [high, whole - high]
            };
            values.iter().map(halves).collect()
        };
        let (weight_halves, dual_halves) = (split(weights), split(dual));
        let (kept, whole) = (norm(weight_halves.iter().map(|[high, low]| high + low)), norm(dual.iter().copied()));
        // The largest dual may be no 2^14 here: what is dropped is no small share of it.
        let dropped = SMALLEST * (patterns as f64).sqrt();
        let bound = field_split::relative_error(patterns) * kept * whole + dropped * (whole + kept);
        for size in [4, 8, 16] {
            for panel in [64, patterns.next_multiple_of(64)] {
                let block = |(weights, dual): (&[[f64; 2]], &[[f64; 2]])| {
                    let chain = |sum, [w, v]: [usize; 2]| {
                        let products: Vec<f64> = weights.iter().zip(dual).map(|(a, b)| a[w] * b[v]).collect();
                        truncated_chain(&products, size, sum)
                    };
                    [[1, 0], [0, 1], [0, 0]].into_iter().fold(0.0, chain)
                };
                let panels = weight_halves.chunks(panel).zip(dual_halves.chunks(panel));
                let sum = panels.fold(0.0_f32, |sum, (weights, dual)| {
                    sum + weights.chunks(16).zip(dual.chunks(16)).map(block).sum::<f32>()
                });
                within(sum.into(), dot(weights, dual), bound, || {
                    format!("{what}, {size} at a time, panels of {panel}")
                });
            }
        }
    });
}

/// Signs are exact, ties keep the state, and a sign is doubted exactly when (h / bound)^2 <= |k|^2, up to the three
/// roundings of the comparison; what is not finite is always doubted.
#[test]
fn threshold() {
    walk(&THRESHOLD, |case, _, ran| {
        let Work { nets, trials, neurons, .. } = case.work;
        let states = bipolar(case.input("states"), neurons);
        let fields = rows(case.input("field"), neurons);
        let norms = rows(case.input("weight_norm"), 1).concat();
        let inverse = rows(case.input("inverse_bound"), neurons);
        for (backend, ran) in ran {
            let next = bipolar(&ran.output("next").counts(), neurons);
            let uncertain = bipolar(&ran.output("uncertain").counts(), neurons);
            let changed = ran.output("changed").counts();
            for row in 0..nets * trials {
                let exact = oracle::activate(&fields[row], &states[row]);
                for i in 0..neurons {
                    let (h, doubted) = (fields[row][i], uncertain[row][i] > 0);
                    let what = || format!("{}, {}, row {row}, neuron {i}, field {h:e}", case.name, name(*backend));
                    assert!(h.is_nan() || next[row][i] == exact[i], "{}", what());
                    let inverse = inverse[row / trials][i];
                    let ratio = (h * inverse).powi(2) / norms[row];
                    let finite = h.is_finite() && norms[row].is_finite() && inverse > 0.0;
                    let certainly = ratio > 1.0 + 4.0 * UNIT && finite;
                    let possibly = ratio > 1.0 - 4.0 * UNIT;
                    assert!(if doubted { !certainly } else { possibly }, "{}: ratio {ratio:e}", what());
                }
                assert_eq!(changed[row], u32::from(next[row] != states[row]), "{}", case.name);
            }
        }
    });
}

/// In each group so many win, by field, then activity, then index. Each doubt is one that the margins leave, and no
/// other: by pairs, written down once more.
#[test]
fn winners() {
    walk(&WINNERS, |case, variant, ran| {
        let Work { nets, trials, neurons, .. } = case.work;
        let groups = groups(neurons, variant);
        let states = bipolar(case.input("states"), neurons);
        let fields = rows(case.input("field"), neurons);
        let norms = rows(case.input("weight_norm"), 1).concat();
        let margins = rows(case.input("margin"), neurons);
        for (backend, ran) in ran {
            let next = bipolar(&ran.output("next").counts(), neurons);
            let uncertain = bipolar(&ran.output("uncertain").counts(), neurons);
            let changed = ran.output("changed").counts();
            for row in 0..nets * trials {
                let (field, margin) = (&fields[row], &margins[row / trials]);
                let whole = norms[row] <= groups.active(neurons) as f64;
                for first in (0..neurons).step_by(groups.size) {
                    let members: Vec<usize> = (first..neurons.min(first + groups.size)).collect();
                    let known = |i: usize| whole && margin[i] >= 0.0 && field[i].is_finite();
                    let exact = members.iter().all(|&i| known(i) && margin[i] == 0.0);
                    let mut order = members.clone();
                    order.sort_by(|&a, &b| {
                        let by_field = field[b].partial_cmp(&field[a]).unwrap_or(std::cmp::Ordering::Equal);
                        by_field.then(states[row][b].cmp(&states[row][a])).then(a.cmp(&b))
                    });
                    let surely = |a: usize, b: usize| {
                        known(a) && known(b) && ((field[a] - margin[a]) as f32) > ((field[b] + margin[b]) as f32)
                    };
                    for (place, &i) in order.iter().enumerate() {
                        let what = || format!("{}, {}, row {row}, neuron {i}", case.name, name(*backend));
                        let below = members.iter().filter(|&&other| surely(i, other)).count();
                        let above = members.iter().filter(|&&other| surely(other, i)).count();
                        let wins = known(i) && below + groups.winners >= members.len();
                        let certain = exact || wins || (known(i) && above >= groups.winners);
                        assert_eq!(uncertain[row][i] > 0, !certain, "{}", what());
                        // What is no number has no place of its own.
                        if members.iter().all(|&other| !field[other].is_nan()) {
                            assert_eq!(next[row][i] > 0, place < groups.winners, "{}", what());
                        }
                    }
                }
                assert_eq!(changed[row], u32::from(next[row] != states[row]), "{}", case.name);
            }
        }
    });
}

/// Each trial goes where the rules say, written down once more and one by one: where it may go at all, it leaves its
/// state to its history and ends on a state that it knows; every other trial keeps what it has.
#[test]
fn advance() {
    walk(&ADVANCE, |case, variant, ran| {
        let Work { nets, trials, neurons, .. } = case.work;
        let (words, most, resuming) = (neurons.div_ceil(32), MOST as usize, variant == "resuming");
        let norms = rows(case.input("weight_norm"), 1).concat();
        for (backend, ran) in ran {
            let what = || format!("{}, {}", case.name, name(*backend));
            let [states, history, course] = ["states", "history", "course"].map(|name| ran.output(name).counts());
            let marks: Vec<_> =
                ran.output("changed").counts().into_iter().zip(ran.output("weight_norm").values()).collect();
            let mut counts = case.input("counts").to_vec();
            for row in 0..nets * trials {
                let of = |name: &str, width: usize| case.input(name)[row * width..][..width].to_vec();
                let (next, mut past) = (of("next", words), of("history", most * words));
                let (mut state, mut stood) = (of("states", words), of("course", 2));
                let fresh = case.input("changed")[row] != 2 && norms[row] != -1.0;
                let waited = stood[1] == 0x7FFF_FFFF;
                let doubted = of("uncertain", words).iter().any(|&mask| mask > 0);
                let able = stood[0] < MOST && if resuming { waited } else { fresh && stood[1] == 0 };
                let steps = able && (resuming || !doubted);
                let mut count = |what: usize, by: bool| counts[row / trials * 3 + what] += u32::from(by);
                count(0, if resuming { able } else { fresh });
                if steps {
                    let taken = stood[0] as usize;
                    past[taken * words..][..words].copy_from_slice(&state);
                    let known: Vec<usize> = (0..=taken).filter(|&at| past[at * words..][..words] == next).collect();
                    let period = known.last().map_or(0, |&last| taken + 1 - last);
                    stood = vec![taken as u32 + 1, period as u32];
                    state = next;
                    count(2, period > 0 || taken + 1 == most);
                } else if able {
                    stood[1] = 0x7FFF_FFFF;
                    count(1, true);
                }
                assert_eq!(states[row * words..][..words], state, "{}, row {row}", what());
                assert!(history[row * most * words..][..most * words] == past, "{}, row {row}", what());
                assert_eq!(course[row * 2..][..2], stood, "{}, row {row}", what());
                let before = (case.input("changed")[row], norms[row] as f32);
                assert_eq!(marks[row], if fresh && !resuming { (2, -1.0) } else { before }, "{}, row {row}", what());
            }
            assert_eq!(ran.output("counts").counts(), counts, "{}", what());
        }
    });
}

/// A row is a copy of the one it asked for, or what it was if there is none.
#[test]
fn gather() {
    walk(&GATHER, |case, _, ran| {
        let Work { trials, patterns, neurons, .. } = case.work;
        let width = neurons.div_ceil(32) * GATHERED as usize;
        for (backend, ran) in ran {
            let (gathered, found) = (ran.output("gathered").counts(), ran.output("found").counts());
            for (row, &index) in case.input("index").iter().enumerate() {
                let there = (index as usize) < patterns;
                let (from, at) = match there {
                    true => (case.input("source"), row / trials * patterns + index as usize),
                    false => (case.input("gathered"), row),
                };
                let what = || format!("{}, {}, row {row}", case.name, name(*backend));
                assert_eq!(gathered[row * width..][..width], from[at * width..][..width], "{}", what());
                assert_eq!(found[row], u32::from(there), "{}", what());
            }
        }
    });
}

/// |error| <= (3 + |x|) eps sigma(x) for the sigmoid of a negative x (its own test; x log2 e is rounded before its fraction
/// is taken) and 2^-57 where it is constant, u |lambda alpha| and u |result|.
#[test]
fn logistic() {
    walk(&LOGISTIC, |case, _, ran| {
        let neurons = case.work.neurons;
        let regularization = f64::from(case.scalar("regularization"));
        let targets = bipolar(case.input("targets"), neurons).concat();
        let fields = rows(case.input("residual"), 1).concat();
        let duals = rows(case.input("dual"), 1).concat();
        for (backend, ran) in ran {
            for (i, &computed) in ran.output("residual").values().iter().enumerate() {
                let exact = oracle::residual(fields[i], duals[i], targets[i], regularization);
                let pull = regularization * duals[i];
                let miss = oracle::residual(fields[i], duals[i], targets[i], 0.0).abs();
                let sigmoid = 2.0 * (3.0 + fields[i].abs().min(40.0)) * UNIT * miss + 0.5_f64.powi(57);
                let tolerance = sigmoid + 1.000_001 * UNIT * (pull.abs() + exact.abs() + sigmoid) + UNDERFLOW;
                within(computed.into(), exact, tolerance, || {
                    format!("{}, {}, {i}, field {:e}", case.name, name(*backend), fields[i])
                });
            }
        }
    });
}

/// |error| <= u |rate gradient| + u |result|.
#[test]
fn step() {
    walk(&STEP, |case, _, ran| {
        let rate = f64::from(case.scalar("rate"));
        let gradients = rows(case.input("gradient"), 1).concat();
        let duals = rows(case.input("dual"), 1).concat();
        for (backend, ran) in ran {
            for (i, &computed) in ran.output("dual").values().iter().enumerate() {
                let exact = duals[i] - rate * gradients[i];
                let tolerance = 1.000_001 * UNIT * ((rate * gradients[i]).abs() + exact.abs()) + UNDERFLOW;
                within(computed.into(), exact, tolerance, || format!("{}, {}, {i}", case.name, name(*backend)));
            }
        }
    });
}

/// Two roundings for what moved, and one more for each of what it is stored and added as.
#[test]
fn momentum() {
    walk(&MOMENTUM, |case, _, ran| {
        let column = |name: &str| rows(case.input(name), 1).concat();
        let (pace, gradients, carried, duals) = (column("pace"), column("gradient"), column("carried"), column("dual"));
        let per_net = case.work.trials * case.work.neurons;
        for (backend, ran) in ran {
            let (next, moved) = (ran.output("dual").values(), ran.output("carried").values());
            for i in 0..gradients.len() {
                let [step, momentum] = [0, 1].map(|entry| pace[2 * (i / per_net) + entry]);
                let pull = step * gradients[i];
                let exact = carried[i] - pull;
                let off = 1.000_001 * UNIT * (pull.abs() + exact.abs());
                let what = || format!("{}, {}, {i}", case.name, name(*backend));
                let kept = momentum * exact;
                within(moved[i].into(), kept, momentum * off + 1.000_001 * UNIT * kept.abs() + UNDERFLOW, what);
                let stepped = duals[i] - pull;
                let dual = kept + stepped;
                // Each product and sum once, of values that are off by what went before.
                let roundings = pull.abs() + 2.0 * stepped.abs() + 2.0 * kept.abs() + dual.abs();
                within(next[i].into(), dual, 2.0 * momentum * off + 1.000_002 * UNIT * roundings + UNDERFLOW, what);
            }
        }
    });
}

/// A network that has arrived rests: a pace of nothing moves no bit, whatever was carried.
#[test]
fn a_pace_of_nothing_leaves_the_dual() {
    let case = case("momentum", Work { nets: 3, trials: 65, patterns: 0, neurons: 33 }, "at rest");
    for backend in backends() {
        assert_eq!(execute(backend, &MOMENTUM, &case).output("dual").counts(), case.input("dual"), "{}", name(backend));
    }
}

#[test]
fn outcome() {
    walk(&OUTCOME, |case, _, ran| {
        let neurons = case.work.neurons;
        let finals = bipolar(case.input("finals"), neurons);
        let targets = bipolar(case.input("targets"), neurons);
        for (backend, ran) in ran {
            let (outcome, distance) = (ran.output("outcome").counts(), ran.output("distance").counts());
            for (trial, (state, target)) in finals.iter().zip(&targets).enumerate() {
                let stored = case.input("nearest")[trial] == 0;
                let exact = oracle::outcome(state, target, stored, case.input("period")[trial] as usize);
                let what = || format!("{}, {}, trial {trial}", case.name, name(*backend));
                assert_eq!(outcome[trial], exact, "{}", what());
                assert_eq!(distance[trial] as usize, oracle::distance(state, target), "{}", what());
            }
        }
    });
}

/// The probe said which arithmetic this GPU has; the case where all digits are rounding error shows it.
#[test]
fn the_two_arithmetics_differ_where_they_should() {
    let work = Work { nets: 1, trials: 300, patterns: 0, neurons: 1 };
    let case = case("multiply_add", work, "cancelling");
    for backend in backends() {
        let results = execute(backend, &MULTIPLY_ADD, &case).output("result").values();
        let zeros = results.iter().filter(|&&result| result == 0.0).count();
        match backend.arithmetic() {
            Arithmetic::TwiceRounded => assert_eq!(zeros, 300, "{}", name(backend)),
            Arithmetic::Fused => assert!(zeros < 30, "{}: {zeros} zeros", name(backend)),
        }
    }
}

/// Scalars reach the kernel they are meant for.
#[test]
fn a_rate_of_zero_leaves_the_dual() {
    let mut case = case("step", Work { nets: 3, trials: 65, patterns: 0, neurons: 33 }, "ordinary");
    case.scalars = vec![("rate", Scalar::F32(0.0))];
    for backend in backends() {
        assert_eq!(execute(backend, &STEP, &case).output("dual").counts(), case.input("dual"), "{}", name(backend));
    }
}

/// A chain x <- a x + b with |a| <= 1/2 stays below max(|x_0|, 2 |b|), so its rounding errors, each at most 2 u times
/// that and halved with every step, add up to at most 4 u times it; twelve chains, and eleven additions of their sums.
#[test]
fn peak_settles_where_the_textbook_does() {
    walk(&PEAK, |case, _, ran| {
        let [factors, offsets] = ["factor", "offset"].map(|name| rows(case.input(name), 1).concat());
        for (backend, ran) in ran {
            for (trial, &computed) in ran.output("result").values().iter().enumerate() {
                let (a, b) = (factors[trial], offsets[trial]);
                let settled = |start: usize| (0..2048).fold(start as f64, |x, _| a.mul_add(x, b));
                let largest = (2.0 * b.abs()).max(11.0);
                let tolerance = UNIT * largest * (12.0 * 4.0 + 11.0 * 12.0) + UNDERFLOW;
                let exact: f64 = (0..12).map(settled).sum();
                within(computed.into(), exact, tolerance, || format!("{}, {}, {trial}", case.name, name(*backend)));
            }
        }
    });
}

/// Products of whole numbers: the same whole number in any order, as long as it is below 2^24.
#[test]
fn peak_half_is_exact() {
    walk(&PEAK_HALF, |case, _, ran| {
        for (backend, ran) in ran {
            for (trial, &computed) in ran.output("result").values().iter().enumerate() {
                let factor = case.input("factor")[trial];
                let row = |k: u32| (0..16).flat_map(|c| (0..4).map(move |j| (k + 2 * c + j) % 3)).sum::<u32>();
                let exact = 128 * (0..16).map(|k| (factor + k % 4) * row(k)).sum::<u32>();
                assert!(exact < 1 << 24);
                assert_eq!(f64::from(computed), f64::from(exact), "{}, {}, {trial}", case.name, name(*backend));
            }
        }
    });
}
