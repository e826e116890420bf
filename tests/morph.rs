//! Between two memories: where the golden morphs end, by the independent NumPy implementation, and laws of the paths.

mod common;

use std::path::Path as File;

use attractor::engine::Workspace;
use attractor::measure::morph::{Path, fates, sample_pairs, starts};
use attractor::pattern::hamming;
use attractor::random::patterns;
use common::golden::Golden;
use common::program::{refuse, succeed, text};
use common::{backends, memory, name, rbf, recalled};

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
    let mut reader = csv::Reader::from_path(folder.path().join("morph.csv")).unwrap();
    let rows: Vec<std::collections::BTreeMap<String, String>> = reader.deserialize().map(|row| row.unwrap()).collect();
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
