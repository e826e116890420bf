//! Kernels of bipolar memories learned from queries: the gradient, Bayes' kernel, one that is even, the verb.

mod common;

use std::path::Path;

use attractor::data::{write_i8, write_i64};
use attractor::engine::{Backend, Workspace};
use attractor::memory::{Memory, Provenance, Readout, load};
use attractor::pattern::Patterns;
use attractor::random;
use attractor::recall::{Precision, recall_in};
use attractor::retrieval::fit::{Cues, Fitted, LogKernel, Training, fit_kernel, kernel_loss};
use attractor::retrieval::{Order, Use, Variant, Variation};
use attractor::rule::hebbian_dual;
use common::program::{attractor, refuse, stderr, succeed, text};
use common::{backends, cpu_like_gpu, fused, gpu, name};

/// A variant of each pattern, so many times.
fn draws(patterns: u32, times: u32) -> Vec<[u32; 2]> {
    (0..times).flat_map(|time| (0..patterns).map(move |pattern| [pattern, time])).collect()
}

fn fitted(backend: &dyn Backend, patterns: &Patterns, cues: &Cues<'_>, training: &Training) -> Fitted<LogKernel> {
    let start = LogKernel::straight(patterns.neurons(), 2.0);
    fit_kernel(&Workspace::new(backend), patterns, &start, cues, training, &mut |_| true).unwrap()
}

fn loss(kernel: &LogKernel, patterns: &Patterns, (queries, sources): &(Patterns, Vec<usize>)) -> f64 {
    kernel_loss(&Workspace::new(fused()), patterns, kernel, queries, sources).unwrap().0
}

/// How many queries one step of recall takes to their source.
fn recalled(kernel: &LogKernel, patterns: &Patterns, (queries, sources): &(Patterns, Vec<usize>)) -> usize {
    let readout = Readout::Dual { dual: hebbian_dual(patterns), table: kernel.table().unwrap() };
    let provenance = Provenance::unknown("fitted");
    let memory = Memory { keys: patterns.clone(), readout, code: attractor::code::Code::Bipolar, provenance };
    let space = Workspace::new(fused());
    let cues = std::slice::from_ref(queries);
    let finals = recall_in(Precision::F32, &space, &[&memory], cues, 1, &mut |_| true).unwrap().remove(0).finals;
    let correct = |&(row, &source): &(usize, &usize)| finals.row(row) == patterns.row(source);
    sources.iter().enumerate().filter(correct).count()
}

/// A central difference is off by its step squared, and by f64's rounding divided by the step. Weights far from one
/// another overflow nothing.
#[test]
fn gradients_are_those_of_differences() {
    let patterns = random::patterns(3, 0, 33, 70).unwrap();
    for backend in backends() {
        let space = Workspace::new(backend);
        let (queries, sources) =
            Cues::Independent(0.3).draw(&space, 3, &patterns, &draws(70, 2), Use::Training).unwrap();
        for scale in [1.0, 200.0] {
            let random = random::features(4, 0, 34, 1).unwrap();
            let kernel = LogKernel(random.values().iter().map(|&value| scale * f64::from(value)).collect());
            let of = |kernel: &LogKernel| kernel_loss(&space, &patterns, kernel, &queries, &sources).unwrap();
            let (_, gradient) = of(&kernel);
            assert!(gradient.iter().sum::<f64>().abs() < 1e-12, "a constant changes nothing");
            for (at, slope) in gradient.iter().enumerate() {
                let step = 1e-4;
                let moved = |by: f64| {
                    let mut moved = kernel.clone();
                    moved.0[at] += by;
                    of(&moved).0
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                let ok = (difference - slope).abs() < 1e-6;
                assert!(ok, "{scale}, {at}, {}: {slope} against {difference}", name(backend));
            }
        }
    }
}

/// Of independent flips Bayes' kernel is T[h] = h ln(p / (1 - p)), and no other has a lower loss but by chance. Beyond
/// the distances met, the start's slope goes on.
#[test]
fn of_independent_flips_bayes_kernel_is_learned() {
    let patterns = random::patterns(5, 0, 40, 300).unwrap();
    for share in [0.2_f64, 0.3] {
        let cues = Cues::Independent(share);
        let training = Training { learning_rate: 0.02, epochs: 150, ..Training::of(300, 5) };
        let learned = fitted(fused(), &patterns, &cues, &training);
        assert!(!learned.diverged && learned.losses.len() == 150);
        let fresh = cues.draw(&Workspace::new(fused()), 5, &patterns, &draws(300, 20), Use::Trying).unwrap();
        let bayes = LogKernel::straight(40, (1.0 / share - 1.0).ln());
        let [start, best, found] =
            [&LogKernel::straight(40, 2.0), &bayes, &learned.learned].map(|kernel| loss(kernel, &patterns, &fresh));
        // Of 6000 queries whose losses differ by some tenths from Bayes'.
        assert!(found > best - 0.01 && found < best + 0.05, "{share}: {found} against {best}");
        assert!(found < start, "{share}: {found}, at the start {start}");
        let slopes: Vec<f64> = learned.learned.0.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(slopes.last().is_some_and(|slope| (slope + 2.0).abs() < 1e-9), "{slopes:?}");
    }
}

/// Where half of the queries are negated, near and far patterns are equally likely sources: no falling kernel can know.
#[test]
fn of_negated_queries_an_even_kernel_is_learned() {
    // So many flips that sources are in doubt: where none is, any steep kernel will do.
    let (neurons, count, share) = (32, 60, 0.25_f64);
    let patterns = random::patterns(6, 0, neurons, count).unwrap();
    let space = Workspace::new(fused());
    let negated = |purpose: Use, times: u32| {
        let cues = Cues::Independent(share);
        let (queries, sources) = cues.draw(&space, 6, &patterns, &draws(count as u32, times), purpose).unwrap();
        let signs = queries.to_bipolar();
        let negates = |row: usize| (row + row / count) % 2 == 1;
        let signs = signs.iter().enumerate().map(|(at, &sign)| (sign > 0) != negates(at / neurons));
        (Patterns::from_signs(neurons, signs).unwrap(), sources)
    };
    let (queries, sources) = negated(Use::Training, 40);
    let cues = Cues::Pairs { queries: &queries, sources: &sources };
    let training = Training { learning_rate: 0.05, epochs: 300, ..Training::of(queries.len(), 6) };
    let learned = fitted(fused(), &patterns, &cues, &training).learned;
    // Bayes' kernel of both: sums of probabilities, and even.
    let bayes = (0..=neurons as i32).map(|h| {
        let likely = |h: i32| share.powi(h) * (1.0 - share).powi(neurons as i32 - h);
        (likely(h) + likely(neurons as i32 - h)).ln()
    });
    let fresh = negated(Use::Trying, 10);
    let [best, found] = [&LogKernel(bayes.collect()), &learned].map(|kernel| loss(kernel, &patterns, &fresh));
    assert!(found > best - 0.02 && found < best + 0.1, "{found} against {best}");
    // U-shaped: both ends above the middle by what they are likelier.
    let middle = learned.0[neurons / 2];
    for near in 6..11 {
        let (left, right) = (learned.0[near] - middle, learned.0[neurons - near] - middle);
        assert!(left > 3.0 && right > 3.0 && (left - right).abs() < 0.25 * left, "{near}: {left} {right}");
    }
    let [falling, even] =
        [&LogKernel::straight(neurons, 2.0), &learned].map(|kernel| recalled(kernel, &patterns, &fresh));
    assert!(2 * even > fresh.1.len() && 3 * falling < 2 * even, "{even} and {falling} of {}", fresh.1.len());
}

/// Every kind of query, on every backend: counts are integers, so kernels are the same to the last bit.
#[test]
fn devices_learn_the_same_kernel() {
    let patterns = random::patterns(7, 0, 70, 130).unwrap();
    let order: Order = "mask,noise,bias".parse().unwrap();
    let variation = Variation { order, ..Variation::new(Variant { mask: 0.4, noise: 0.3, bias: 0.2 }, 7) };
    let training = Training { epochs: 3, samples: 200, batch: 64, learning_rate: 0.02, ..Training::of(130, 7) };
    for cues in [Cues::Independent(0.3), Cues::Flips(20), Cues::Variants(&variation)] {
        let of = |backend: &dyn Backend| fitted(backend, &patterns, &cues, &training);
        assert_eq!(of(&cpu_like_gpu()), of(gpu()));
        let exact = cues.draw(&Workspace::new(gpu()), 7, &patterns, &[[3, 0]], Use::Training).unwrap();
        assert_eq!(exact.1, [3]);
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let patterns = random::patterns(8, 0, 20, 10).unwrap();
    let space = Workspace::new(fused());
    let training = Training::of(10, 8);
    let refusal = |patterns: &Patterns, start: &LogKernel, cues: &Cues<'_>, training: &Training| {
        fit_kernel(&space, patterns, start, cues, training, &mut |_| true).unwrap_err().to_string()
    };
    let start = LogKernel::straight(20, 2.0);
    let of = |cues: &Cues<'_>| refusal(&patterns, &start, cues, &training);
    assert!(of(&Cues::Independent(1.1)).contains("share 1.1") && of(&Cues::Independent(f64::NAN)).contains("NaN"));
    assert!(of(&Cues::Flips(21)).contains("21 flips of 20"));
    let pairs = |queries: &Patterns, sources: &[usize]| of(&Cues::Pairs { queries, sources });
    assert!(pairs(&patterns, &[0; 9]).contains("9 sources"));
    assert!(pairs(&patterns, &[10; 10]).contains("pair 0 names pattern 10 of 10"));
    assert!(pairs(&random::patterns(8, 0, 21, 10).unwrap(), &[0; 10]).contains("21 neurons"));
    assert!(pairs(&patterns.prefix(0), &[]).contains("0 queries"));
    let (cues, wide) = (Cues::Flips(3), LogKernel::straight(21, 2.0));
    assert!(refusal(&patterns, &wide, &cues, &training).contains("22 numbers for 20 neurons"));
    assert!(refusal(&patterns.prefix(0), &start, &cues, &training).contains("no patterns"));
    let biased = Training { bias: Some(vec![0.0; 20]), ..training.clone() };
    assert!(refusal(&patterns, &start, &cues, &biased).contains("bias"));
    // Slopes that no text holds: what is not 0 is as it was learned, and what is is told.
    let (values, lost) = LogKernel::straight(20, 50.0).values();
    assert!(lost == 0 && values[0] > 1e100 && (values[0] / values[1] / 50.0_f64.exp() - 1.0).abs() < 1e-9);
    assert_eq!(LogKernel::straight(20, 100.0).values().1, 6);
}

/// From the command line: a kernel is fitted, and both of its files are used.
#[test]
fn a_kernel_is_fitted_and_used_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name)).to_owned();
    let patterns = random::patterns(9, 0, 32, 20).unwrap();
    let write = |name: &str, rows: &Patterns| {
        write_i8(Path::new(&path(name)), rows.len(), rows.neurons(), &rows.to_bipolar()).unwrap();
    };
    let cues = Cues::Independent(0.1);
    let (queries, sources) = cues.draw(&Workspace::new(fused()), 9, &patterns, &draws(20, 5), Use::Training).unwrap();
    write("patterns.npy", &patterns);
    write("queries.npy", &queries);
    let numbers: Vec<i64> = sources.iter().map(|&source| source as i64).collect();
    write_i64(Path::new(&path("sources.npy")), &numbers).unwrap();
    let stored = path("patterns.npy");
    let out = path("out");
    let base = ["fit-kernel", "--backend", "cpu", "--patterns", &stored, "--epochs", "20", "--out", &out];
    let (own, origins) = (path("queries.npy"), path("sources.npy"));
    let pairs = [own.as_str(), origins.as_str()];
    let given = ["--pairs", pairs[0], "--sources", pairs[1]];
    // So far from their patterns that M-Hop, where training starts, is too sure.
    for cues in [&["--flips", "0.4"][..], &["--similarity", "0.25"], &["--variant", "0.5,0.5,0.3"], &given] {
        let said = succeed(&[&["--json"], &base[..], cues].concat());
        let found: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert!(found["best_loss"].as_f64().unwrap() < found["first_loss"].as_f64().unwrap() + 1e-9, "{found}");
        let tried = found["tried"].as_array().unwrap();
        assert_eq!(tried.len(), if cues[0] == "--pairs" { 0 } else { 2 });
        let losses: Vec<f64> = tried.iter().map(|tried| tried["loss"].as_f64().unwrap()).collect();
        assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{cues:?}: {losses:?}");
        let losses = std::fs::read_to_string(Path::new(&out).join("training.csv")).unwrap();
        assert!(losses.starts_with("epoch,loss\n1,") && losses.lines().count() == 21, "{losses}");
    }
    let model = path("out/model.safetensors");
    let files = ["--model", &model, "--cues", pairs[0], "--out", &path("recalled")];
    succeed(&[&["recall", "--backend", "cpu"], &files[..]].concat());
    let kernel = format!("table:{}", path("out/kernel.txt"));
    let trained = path("trained.safetensors");
    let train = ["train", "--backend", "cpu", "--patterns", &stored, "--kernel", &kernel, "--rule", "hebb"];
    succeed(&[&train[..], &["--out", &trained]].concat());
    let [fitted, trained] = [&model, &trained].map(|path| load(Path::new(path)).unwrap());
    assert_eq!((&fitted.keys, fitted.readout.matrix()), (&trained.keys, trained.readout.matrix()));
    let weights = |memory: &Memory| -> Vec<f64> {
        let Readout::Dual { table, .. } = &memory.readout else { panic!("a dual was saved") };
        (0..=32).map(|distance| table.weight(distance, 0) / table.weight(0, 0)).collect()
    };
    for (own, read) in weights(&fitted).into_iter().zip(weights(&trained)) {
        assert!((own - read).abs() <= 1e-6 * own, "{own} in the model, {read} by the file");
    }

    let diverged = attractor(&[&base[..], &["--flips", "0.2", "--learning-rate", "1e9"]].concat());
    assert_eq!(diverged.status.code(), Some(5), "{}", stderr(&diverged));
    load(Path::new(&model)).unwrap();
    refuse(2, &[&base[..], &["--flips", "1.5"]].concat(), &["share 1.5"]);
    refuse(2, &[&base[..], &["--similarity", "2"]].concat(), &["--similarity 2"]);
    refuse(2, &[&base[..], &["--pairs", &stored, "--sources", pairs[1]]].concat(), &["sources.npy"]);
    refuse(2, &[&base[..], &["--flips", "0.1", "--first", "21"]].concat(), &["--first 21"]);
    refuse(2, &[&base[..], &["--flips", "0.1", "--batch", "0"]].concat(), &["batches of 0"]);
}

/// What is interrupted leaves its best, and says so.
#[cfg(unix)]
#[test]
fn what_is_interrupted_keeps_its_best() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let flags = ["fit-kernel", "--backend", "cpu", "--random", "200,40", "--flips", "0.2", "--epochs", "1000000"];
    let arguments = [&flags[..], &["--out", text(&out)]].concat();
    // Once the folder is there, so is the handler.
    let output = common::program::interrupt(&arguments, || out.exists());
    let told = stderr(&output);
    assert!(told.contains("holds the best so far") && !told.contains("nothing was saved"), "{told}");
    load(&out.join("model.safetensors")).unwrap();
}
