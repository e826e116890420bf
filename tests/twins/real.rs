//! The kernels on real-valued states against the textbook in f64.

use attractor::engine::kernel::{
    BEST, CROSS_ENTROPY, ENTMAX, FOOTPRINT, FOOTPRINT_GRADIENT, Kernel, POWER, PRIOR, SIMILARITY, SOFTMAX, TOP, VARY,
};
use attractor::engine::{Backend, Scalar, Work};
use attractor_kernels_cpu::oracle;
use attractor_kernels_cpu::padded;

use super::{Case, Ran, UNIT, gamma, name, rows, walk, within};

/// An unsigned scalar of a case.
fn count(case: &Case, name: &str) -> u32 {
    match case.scalars.iter().find(|scalar| scalar.0 == name) {
        Some(&(_, Scalar::U32(value))) => value,
        _ => panic!("no u32 scalar {name}"),
    }
}

/// Rows of an input, by network.
fn of_nets(case: &Case, name: &str, width: usize) -> Vec<Vec<Vec<f64>>> {
    (0..case.work.nets).map(|net| rows(case.net(name, net), width)).collect()
}

/// Hands over each value of an output: where it stands (net, trial, column), what it is, and of which backend.
fn each(case: &Case, ran: &[(&dyn Backend, Ran)], output: &str, check: impl Fn([usize; 3], f64, &str)) {
    for (backend, ran) in ran {
        let (output, backend) = (ran.output(output), name(*backend));
        for (at, value) in output.values().into_iter().enumerate() {
            let (row, column) = (at / output.width, at % output.width);
            check([row / case.work.trials, row % case.work.trials, column], value.into(), &backend);
        }
    }
}

/// Each chain within gamma of the sum of its terms' magnitudes: a difference, a square and a sum are a rounding each.
#[test]
fn similarity() {
    walk(&SIMILARITY, |case, _, ran| {
        let Work { patterns, neurons, .. } = case.work;
        let kind = count(case, "kind");
        let (queries, stored) = (of_nets(case, "queries", neurons), of_nets(case, "patterns", neurons));
        each(case, ran, "scores", |[net, trial, pattern], score, backend| {
            if pattern >= patterns {
                return assert_eq!(score, 0.0, "{}", case.name);
            }
            let terms = oracle::similarities(kind, &queries[net][trial], &stored[net][pattern]);
            let size: f64 = terms.iter().map(|term| term.abs()).sum();
            let tolerance = gamma(neurons + 4) * size + neurons as f64 * super::UNDERFLOW;
            within(score, terms.iter().sum(), tolerance, || format!("{}, {backend}", case.name));
        });
    });
}

/// The likenesses of a query and a pattern, as a case wants them: \[kind\]\[dimension\], empty where a kind is not
/// asked for.
fn likenesses(case: &Case, query: &[f64], stored: &[f64]) -> [Vec<f64>; 2] {
    [2, 0].map(|similarity| {
        let kind = usize::from(similarity == 0);
        if count(case, "kinds") >> kind & 1 == 0 {
            return Vec::new();
        }
        let mut values = oracle::similarities(similarity, query, stored);
        if count(case, "sorted") != 0 {
            values.sort_by(|a, b| b.total_cmp(a));
        }
        values
    })
}

#[test]
fn footprint() {
    walk(&FOOTPRINT, |case, _, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        let (queries, stored) = (of_nets(case, "queries", neurons), of_nets(case, "patterns", neurons));
        let coefficients = of_nets(case, "coefficients", neurons);
        // The sum and the sum of its terms' magnitudes. Rounded likenesses sort as exact ones do.
        let of_pair = |net: usize, trial: usize, pattern: usize| {
            let values = likenesses(case, &queries[net][trial], &stored[net][pattern]);
            let terms = values.iter().zip(&coefficients[net]).flat_map(|(values, c)| values.iter().zip(c));
            terms.map(|(v, c)| v * c).fold([0.0, 0.0], |[sum, size], term: f64| [sum + term, size + term.abs()])
        };
        let places =
            (0..nets * trials * patterns).map(|at| (at / patterns / trials, at / patterns % trials, at % patterns));
        let exact: Vec<[f64; 2]> = places.map(|(net, trial, pattern)| of_pair(net, trial, pattern)).collect();
        each(case, ran, "scores", |[net, trial, pattern], score, backend| {
            if pattern >= patterns {
                return assert_eq!(score, 0.0, "{}", case.name);
            }
            let [sum, size] = exact[(net * trials + trial) * patterns + pattern];
            let tolerance = gamma(2 * neurons + 8) * size + neurons as f64 * super::UNDERFLOW;
            within(score, sum, tolerance, || format!("{}, {backend}", case.name));
        });
    });
}

#[test]
fn footprint_gradient() {
    walk(&FOOTPRINT_GRADIENT, |case, _, ran| {
        let Work { nets, trials, patterns, neurons } = case.work;
        // By net, trial and column: the sum and the sum of its terms' magnitudes.
        let mut exact = vec![[0.0, 0.0]; nets * trials * 2 * neurons];
        for net in 0..nets {
            let (queries, stored) = (rows(case.net("queries", net), neurons), rows(case.net("patterns", net), neurons));
            let slopes = rows(case.net("slopes", net), padded(patterns.max(1)));
            for (trial, query) in queries.iter().enumerate() {
                for (pattern, stored) in stored.iter().enumerate().filter(|(pattern, _)| slopes[trial][*pattern] != 0.0)
                {
                    for (kind, values) in likenesses(case, query, stored).iter().enumerate() {
                        for (dimension, value) in values.iter().enumerate() {
                            let term = slopes[trial][pattern] * value;
                            let place = ((net * trials + trial) * 2 + kind) * neurons + dimension;
                            exact[place][0] += term;
                            exact[place][1] += term.abs();
                        }
                    }
                }
            }
        }
        each(case, ran, "gradient", |[net, trial, column], slope, backend| {
            let [sum, size] = exact[(net * trials + trial) * 2 * neurons + column];
            let tolerance = gamma(patterns + 4) * size + patterns as f64 * super::UNDERFLOW;
            within(slope, sum, tolerance, || format!("{}, {backend}, {column}", case.name));
        });
    });
}

/// Walks a kernel on rows of scores: `exact` makes weights of a row, with how far off each may be.
fn walk_rows(kernel: &'static Kernel, exact: impl Fn(&Case, &[f64], usize) -> Vec<[f64; 2]>) {
    walk(kernel, |case, _, ran| {
        let Work { nets, trials, patterns, .. } = case.work;
        let stride = padded(patterns.max(1));
        let expected: Vec<Vec<[f64; 2]>> = (0..nets)
            .flat_map(|net| rows(case.net("weights", net), stride))
            .enumerate()
            .map(|(row, scores)| exact(case, &scores[..patterns], row))
            .collect();
        each(case, ran, "weights", |[net, trial, pattern], weight, backend| {
            let [exact, tolerance] =
                if pattern < patterns { expected[net * trials + trial][pattern] } else { [0.0; 2] };
            within(weight, exact, tolerance, || format!("{}, {backend}, {pattern}", case.name));
        });
    });
}

/// A few units in the last place of each exponential, |x| of them where multiply-adds are rounded twice, as many from x
/// itself, a product and a reciprocal; and the rounding of the sum, of which what was dropped is no more.
fn softmax_of(scores: &[f64], beta: f64, normalized: bool) -> Vec<[f64; 2]> {
    let (weights, total) = oracle::exponentials(scores, beta);
    let share = if normalized { total } else { 1.0 };
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let of = |(weight, score): (f64, &f64)| {
        let x = beta * (most - score);
        let relative = (16.0 + 8.0 * x) * UNIT + gamma(scores.len());
        [weight / share, weight / share * relative + 2.0_f64.powi(-63)]
    };
    weights.into_iter().zip(scores).map(of).collect()
}

#[test]
fn softmax() {
    walk_rows(&SOFTMAX, |case, scores, _| {
        softmax_of(scores, case.scalar("beta").into(), count(case, "normalized") != 0)
    });
}

#[test]
fn top() {
    walk_rows(&TOP, |case, scores, _| {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        // A stable sort: of equals the first comes first, and -0 equals 0.
        order.sort_by(|&a, &b| scores[b].partial_cmp(&scores[a]).unwrap());
        order.truncate(count(case, "count") as usize);
        let chosen: Vec<f64> = order.iter().map(|&place| scores[place]).collect();
        let mut weights = vec![[0.0; 2]; scores.len()];
        let of_chosen = softmax_of(&chosen, case.scalar("beta").into(), true);
        order.into_iter().zip(of_chosen).for_each(|(place, weight)| weights[place] = weight);
        weights
    });
}

#[test]
fn cross_entropy() {
    walk_rows(&CROSS_ENTROPY, |case, scores, row| {
        let scale: f64 = case.scalar("scale").into();
        let source = case.input("source")[row] as usize;
        let mut slopes = softmax_of(scores, case.scalar("beta").into(), true);
        for (pattern, slope) in slopes.iter_mut().enumerate() {
            let at_source = f64::from(u8::from(pattern == source));
            let tolerance = slope[1] + 3.0 * UNIT;
            *slope = [scale * (slope[0] - at_source), scale * tolerance];
        }
        slopes
    });
    walk(&CROSS_ENTROPY, |case, _, ran| {
        let patterns = case.work.patterns;
        let beta: f64 = case.scalar("beta").into();
        let rows: Vec<Vec<f64>> = of_nets(case, "weights", padded(patterns.max(1))).concat();
        for (backend, ran) in ran {
            for ((row, summary), &source) in
                rows.iter().zip(ran.output("summary").values().chunks(2)).zip(case.input("source"))
            {
                let scores = &row[..patterns];
                let (_, total) = oracle::exponentials(scores, beta);
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let exact = beta * (most - scores[source as usize]) + total.ln();
                let loss = f64::from(summary[0]) + f64::from(summary[1]).ln();
                let tolerance = 4.0 * UNIT * (exact.abs() + 1.0) + 64.0 * UNIT + gamma(patterns);
                within(loss, exact, tolerance, || format!("{}, {}: loss", case.name, name(*backend)));
            }
        }
    });
}

/// With z known to 4 u and the sum to (P + 8 p) u, its slope at least p, tau is off by no more than (P / p + 8) u, and
/// a weight by p times that and what its own power loses.
#[test]
fn entmax() {
    walk_rows(&ENTMAX, |case, scores, _| {
        let (sharpness, power): (f64, f64) = (case.scalar("sharpness").into(), case.scalar("power").into());
        let count = scores.len() as f64;
        let absolute = (2.0 * count + 24.0 * power) * UNIT + 2e-9;
        let weights = oracle::entmax(scores, sharpness, power);
        weights.into_iter().map(|weight| [weight, absolute + weight * (44.0 * power + count) * UNIT]).collect()
    });
}

#[test]
fn power() {
    walk_rows(&POWER, |case, scores, _| {
        let exponent = count(case, "exponent") as i32;
        let most = scores.iter().fold(1e-30, |most: f64, score| most.max(score.abs()));
        let of = |score: &f64| {
            let weight = (score / most).powi(exponent);
            [weight, weight.abs() * 6.0 * f64::from(exponent) * UNIT + 2.0_f64.powi(-63)]
        };
        scores.iter().map(of).collect()
    });
}

/// A sum is a rounding.
#[test]
fn prior() {
    walk(&PRIOR, |case, _, ran| {
        let patterns = case.work.patterns;
        let (scores, prior) = (of_nets(case, "scores", padded(patterns.max(1))), of_nets(case, "prior", 1));
        each(case, ran, "scores", |[net, trial, pattern], score, backend| {
            if pattern >= patterns {
                return assert_eq!(score, 0.0, "{}", case.name);
            }
            let exact = scores[net][trial][pattern] + prior[net][pattern][0];
            within(score, exact, UNIT * exact.abs(), || format!("{}, {backend}", case.name));
        });
    });
}

#[test]
fn best() {
    walk(&BEST, |case, _, ran| {
        let patterns = case.work.patterns;
        let rows: Vec<Vec<f64>> = of_nets(case, "scores", padded(patterns.max(1))).concat();
        for (backend, ran) in ran {
            let found = ran.output("index").counts().into_iter().zip(ran.output("score").values());
            for (row, (index, score)) in rows.iter().zip(found) {
                let first = (0..patterns).fold(0, |best, at| if row[at] > row[best] { at } else { best });
                assert_eq!(
                    (index as usize, f64::from(score)),
                    (first, row[first]),
                    "{}, {}",
                    case.name,
                    name(*backend)
                );
            }
        }
    });
}

/// Which dimensions are masked, and with what, to the last bit; noise to a few units in the last place of its largest.
#[test]
fn vary() {
    walk(&VARY, |case, _, ran| {
        let Work { nets, trials, neurons, .. } = case.work;
        let variation = (case.scalar("deviation").into(), count(case, "masked"), count(case, "after_mask"));
        let exact: Vec<Vec<f64>> = (0..nets)
            .flat_map(|net| {
                let key = case.net("key", net);
                let (scale, bias) = (rows(case.net("scale", net), neurons), rows(case.net("bias", net), neurons));
                let draws = case.net("draw", net).chunks(2);
                rows(case.net("source", net), neurons)
                    .into_iter()
                    .zip(draws)
                    .map(move |(source, draw)| {
                        oracle::variant(variation, [key[0], key[1]], [draw[0], draw[1]], &source, &scale[0], &bias[0])
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let (scales, biases) = (of_nets(case, "scale", neurons), of_nets(case, "bias", neurons));
        each(case, ran, "queries", |[net, trial, dimension], value, backend| {
            let spread = f64::from(case.scalar("deviation")) * scales[net][0][dimension].abs();
            let bias = biases[net][0][dimension].abs();
            let tolerance =
                128.0 * UNIT * spread + 8.0 * UNIT * (1.0 + bias + exact[net * trials + trial][dimension].abs());
            let what = || format!("{}, {backend}, {trial}, {dimension}", case.name);
            within(value, exact[net * trials + trial][dimension], tolerance, what);
        });
    });
}
