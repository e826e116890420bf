//! Between two memories: where the golden morphs end, by the independent NumPy implementation, and laws of the paths.

mod common;

use std::collections::BTreeMap;
use std::path::Path as File;

use attractor::data::{write_i8, write_i64};
use attractor::engine::Workspace;
use attractor::measure::morph::{Group, Path, fates, sample_group, sample_pairs, starts};
use attractor::pattern::{Patterns, hamming};
use attractor::random::patterns;
use common::golden::Golden;
use common::program::{refuse, succeed, text};
use common::{backends, memory, name, rbf, recalled};

type Record = BTreeMap<String, String>;

fn rows(folder: &File) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(folder.join("morph.csv")).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn fates_are_the_golden_ones() {
    for (file, gamma) in [("morph_ridge", 0.02), ("morph_local", 5.0)] {
        let mut golden = Golden::open(file);
        let (keys, starts) = (golden.patterns("keys"), golden.patterns("start"));
        let dual = golden.array::<f64>("alpha").into_iter().map(|alpha| alpha as f32).collect();
        let memory = memory(&keys, dual, &rbf(keys.neurons(), gamma));
        let [a, b] = ["overlap_a", "overlap_b"].map(|name| golden.array::<f64>(name));
        let steps: Vec<i64> = golden.array("steps");
        for backend in backends() {
            let recalls = recalled(backend, &[&memory], std::slice::from_ref(&starts), 30);
            let pairs = [vec![[0, 1]; starts.len()]];
            let found = fates(&Workspace::new(backend), &[&keys], &recalls, &pairs).unwrap().remove(0);
            for (trial, fate) in found.iter().enumerate() {
                assert_eq!(fate.overlaps, [a[trial], b[trial]], "{file}, {}, {trial}", name(backend));
                assert_eq!(fate.steps.map(|steps| steps as i64), Some(steps[trial]));
                assert_eq!(fate.is_b, b[trial] == 1.0);
            }
        }
    }
}

#[test]
fn paths_lead_from_a_to_b() {
    let keys = patterns(3, 0, 90, 20).unwrap();
    let pairs = sample_pairs(3, 0, 20, 40);
    assert!(pairs.iter().all(|[a, b]| a != b && *a < 20 && *b < 20));
    assert_eq!(sample_pairs(3, 0, 20, 10), pairs[..10]);
    for path in [Path::Sign, Path::Bits] {
        let states = starts(3, 0, &keys, &pairs, path, &[0.0, 0.25, 0.5, 1.0]).unwrap();
        for (index, &[a, b]) in pairs.iter().enumerate() {
            let apart = |at: usize, row: usize| hamming(states.row(at * pairs.len() + index), keys.row(row));
            let whole = hamming(keys.row(a), keys.row(b));
            assert_eq!((apart(0, a), apart(3, b)), (0, 0));
            // Every state lies between the two.
            assert!((0..4).all(|at| apart(at, a) + apart(at, b) == whole));
            let quarter = if path == Path::Sign { 0 } else { (0.25 * f64::from(whole)).round() as u32 };
            assert_eq!(apart(1, a), quarter);
        }
    }
}

#[test]
fn the_ends_of_a_path_are_the_memories() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        ["morph", "--neurons", "60", "--loads", "1", "--kernel", "rbf:0.02", "--updates", "100", "--networks", "2"];
    succeed(&[&run[..], &["--pairs", "8", "--points", "3", "--quiet", "--out", text(folder.path())]].concat());
    let rows = rows(folder.path());
    assert_eq!(rows.len(), 2 * 2 * 3);
    for row in &rows {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let rates = ["a_rate", "b_rate", "other_rate", "spurious_rate", "cycle_rate", "unsettled_rate"];
        assert!((rates.map(number).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for (ratio, end) in [(0.0, "a"), (1.0, "b")] {
            if number("ratio") == ratio {
                assert_eq!((number(&format!("{end}_rate")), number(&format!("overlap_{end}"))), (1.0, 1.0));
                assert_eq!(number("mean_steps"), 1.0);
            }
        }
    }
    assert!(File::exists(&folder.path().join("figures/overlaps-bits-klr-rbf-0.02-0.01.svg")));
    refuse(2, &["morph", "--points", "1", "--out", text(folder.path())], &["--points 1"]);
    refuse(2, &["morph", "--loads", "0.01", "--out", text(folder.path())], &["1 pattern"]);
}

const LABELS: [i64; 24] = [5, 1, 9, 5, 1, 9, 5, 1, 9, 5, 1, 9, 5, 1, 9, 5, 1, 9, 5, 1, 9, 5, 1, 9];
const NEURONS: usize = 48;

/// Three classes of eight patterns, each its class's prototype with another six bits flipped.
fn classes() -> Patterns {
    let prototypes = patterns(8, 0, NEURONS, 3).unwrap().to_bipolar();
    let sign = |row: usize, neuron: usize| {
        let flipped = neuron / 6 == row / 3;
        (prototypes[row % 3 * NEURONS + neuron] > 0) != flipped
    };
    Patterns::from_signs(NEURONS, (0..24).flat_map(|row| (0..NEURONS).map(move |neuron| sign(row, neuron)))).unwrap()
}

#[test]
fn pairs_of_a_group_are_drawn_equally_often() {
    let labels = [4, 4, -1, 4, 7];
    for (group, wanted) in [(Group::Within, 6), (Group::Between, 14)] {
        let pairs = sample_group(3, 1, &labels, group, 20_000).unwrap();
        let mut counts: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        pairs.iter().for_each(|&pair| *counts.entry(pair).or_default() += 1);
        assert!(counts.keys().all(|&[a, b]| a != b && group.holds(labels[a], labels[b])));
        assert_eq!(counts.len(), wanted);
        let share = 1.0 / wanted as f64;
        let most = 5.0 * (20_000.0 * share * (1.0 - share)).sqrt();
        assert!(counts.values().all(|&count| (count as f64 - 20_000.0 * share).abs() < most), "{counts:?}");
        assert_eq!(sample_group(3, 1, &labels, group, 10).unwrap(), pairs[..10]);
    }
    assert_eq!(sample_group(3, 1, &labels, Group::Any, 10).unwrap(), sample_pairs(3, 1, 5, 10));
}

/// Patterns and labels of three classes in a folder, and what names them on the command line.
fn labelled(folder: &File) -> Vec<String> {
    let [bits, labels] = ["patterns.npy", "labels.npy"].map(|name| folder.join(name));
    write_i8(&bits, 24, NEURONS, &classes().to_bipolar()).unwrap();
    write_i64(&labels, &LABELS).unwrap();
    ["morph", "--quiet", "--kernel", "rbf:0.05", "--updates", "300", "--points", "3", "--patterns", text(&bits)]
        .into_iter()
        .chain(["--labels", text(&labels)])
        .map(str::to_owned)
        .collect()
}

#[test]
fn groups_are_of_the_classes_of_stored_patterns() {
    let folder = tempfile::tempdir().unwrap();
    let given = labelled(folder.path());
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let keys = classes();
    let overlap = |&[a, b]: &[usize; 2]| 1.0 - 2.0 * f64::from(hamming(keys.row(a), keys.row(b))) / NEURONS as f64;
    // The first row of a path is A itself, so its overlap with B is that of the pair.
    let at_a = |rows: &[Record], group: &str| {
        let first = rows.iter().find(|row| row["group"] == group && row["path"] == "bits").expect("a row");
        assert_eq!((first["ratio"].as_str(), first["a_rate"].as_str()), ("0.0", "1.0"));
        (first["pairs"].parse::<usize>().unwrap(), first["overlap_b"].parse::<f64>().unwrap())
    };
    let mean = |pairs: &[[usize; 2]]| pairs.iter().map(overlap).sum::<f64>() / pairs.len() as f64;

    let out = folder.path().join("sampled");
    // 18 of the 24 rows are stored.
    let sampled = [&given[..], &["--loads", "0.375", "--pairs", "12", "--out", text(&out)]].concat();
    succeed(&sampled);
    let found = rows(&out);
    assert_eq!(found.len(), 2 * 2 * 3);
    for (name, group) in [("within", Group::Within), ("between", Group::Between)] {
        let pairs = sample_group(1, 0, &LABELS[..18], group, 12).unwrap();
        let (count, overlap) = at_a(&found, name);
        assert!(count == 12 && (overlap - mean(&pairs)).abs() < 1e-12, "{name}: {overlap}");
    }
    // Rows are read again and found to be its own.
    succeed(&sampled);
    assert_eq!(rows(&out), found);
    for path in ["sign", "bits"] {
        assert!(out.join(format!("figures/overlaps-{path}-klr-rbf-0.05-0.01-load-0.375.svg")).exists());
    }

    let out = folder.path().join("given");
    let pairs = ["--pair", "0,3", "--pair", "17,2", "--pair", "4,5"];
    succeed(&[&given[..], &["--loads", "0.375", "--out", text(&out)], &pairs].concat());
    let found = rows(&out);
    assert_eq!(found.len(), 2 * 2 * 3);
    let (count, overlap) = at_a(&found, "within");
    assert!(count == 2 && (overlap - mean(&[[0, 3], [17, 2]])).abs() < 1e-12);
    let (count, overlap) = at_a(&found, "between");
    assert!(count == 1 && (overlap - mean(&[[4, 5]])).abs() < 1e-12);
}

#[test]
fn pairs_and_labels_that_cannot_be_meant_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let given = labelled(folder.path());
    let (given, out) = (given.iter().map(String::as_str).collect::<Vec<_>>(), folder.path().join("out"));
    let with = |more: &[&str], words: &[&str]| refuse(2, &[&given[..], more, &["--out", text(&out)]].concat(), words);
    // Of the first three patterns no two are of one class; the fourth is of the first one's.
    with(&["--loads", "0.0625"], &["no two of the 3 patterns", "one class", "0.0833"]);
    with(&["--loads", "0.375", "--pair", "0,18"], &["--pair 0,18", "18 patterns", "raise --loads"]);
    with(&["--loads", "0.375", "--pair", "4,4"], &["--pair 4,4", "two different"]);
    let labels = folder.path().join("labels.npy");
    for (labels_are, words) in [(vec![3; 24], "two classes"), ((0..24).collect(), "one class")] {
        write_i64(&labels, &labels_are).unwrap();
        with(&["--loads", "0.375"], &["no two of the 18 patterns", words, "leave --labels out"]);
    }
    write_i64(&labels, &LABELS[1..]).unwrap();
    with(&["--loads", "0.375"], &["23 labels for 24 rows"]);
    // What was begun with some labels is not continued with others.
    write_i64(&labels, &LABELS).unwrap();
    let begun = ["--loads", "0.375", "--updates", "2", "--pairs", "1", "--out", text(&out)];
    let given: Vec<&str> = given.iter().copied().filter(|word| !["--updates", "300"].contains(word)).collect();
    succeed(&[&given[..], &begun].concat());
    write_i64(&labels, &LABELS.map(|label| label + 1)).unwrap();
    refuse(2, &[&given[..], &begun].concat(), &["labels", "another --out"]);
    let without: Vec<&str> = given.iter().copied().filter(|word| !["--labels", text(&labels)].contains(word)).collect();
    refuse(2, &[&without[..], &begun].concat(), &["labels", "null here", "another --out"]);
}
