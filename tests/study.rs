//! The studies: what is written is what a sweep of the same memories finds, continued; what cannot be meant is refused.

mod common;
#[path = "study/heights.rs"]
mod heights;

use std::collections::BTreeMap;
use std::path::Path;

use common::program::{refuse, succeed, text};

type Record = BTreeMap<String, String>;

fn rows(path: &Path) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(path).expect("the table is there");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &Record, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?}", row[column]))
}

const MEMORIES: [&str; 10] =
    ["--neurons", "40", "--loads", "0.1,1", "--rule", "klr,hebb", "--updates", "100", "--networks", "2"];

fn run(verb: &str, more: &[&str], out: &Path) -> Vec<String> {
    let arguments = [&[verb][..], &MEMORIES, more, &["--quiet", "--out", text(out)]].concat();
    succeed(&arguments);
    arguments.into_iter().map(str::to_owned).collect()
}

/// Same memories, same cues: the same rates, on the CPU and, where there is one, on the GPU.
#[test]
fn outcomes_are_a_sweeps() {
    let folder = tempfile::tempdir().unwrap();
    let (sweep, study) = (folder.path().join("sweep"), folder.path().join("study"));
    let cues = ["--similarities", "1,0.8,0.4", "--cues-per-pattern", "2"];
    run("sweep", &cues, &sweep);
    run("attractors", &[&cues[..], &["--basins", "7"]].concat(), &study);
    let (cells, found) = (rows(&sweep.join("cells.csv")), rows(&study.join("attractors.csv")));
    assert_eq!((cells.len(), found.len()), (24, 24));
    for (cell, row) in cells.iter().zip(&found) {
        for column in ["kernel", "rule", "patterns", "network", "similarity", "flips", "trials", "target_rate"] {
            assert_eq!(cell[column], row[column], "{column}");
        }
        for column in ["other_rate", "spurious_rate", "unsettled_rate", "mean_steps", "settled"] {
            assert_eq!(cell[column], row[column], "{column}");
        }
        let cycles = number(row, "two_cycle_rate") + number(row, "long_cycle_rate");
        assert!((number(cell, "cycle_rate") - cycles).abs() < 1e-12);
        let all = ["target_rate", "other_rate", "spurious_rate", "unsettled_rate"];
        assert!((all.iter().map(|column| number(row, column)).sum::<f64>() + cycles - 1.0).abs() < 1e-12);
        let radii = ["radius_least", "radius_10", "radius_50", "radius_90", "radius_most"];
        assert!(radii.windows(2).all(|pair| number(row, pair[0]) <= number(row, pair[1])));
        assert_eq!(number(row, "basins"), number(row, "patterns").min(7.0));
        // A pattern that stays has a radius of 0 at least.
        if number(row, "flips") == 0.0 && number(row, "target_rate") == 1.0 {
            assert_eq!(number(row, "basin_share"), 1.0);
        }
    }
}

#[test]
fn rows_continue_and_the_phase_diagram_has_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (snr, phase) = (folder.path().join("snr"), folder.path().join("phase"));
    let arguments = run("snr", &["--flip", "0.2"], &snr);
    let table = snr.join("snr.csv");
    let whole = std::fs::read_to_string(&table).unwrap();
    // Cut within the third row: it and what follows are made again, the same.
    let cut: usize = whole.split_inclusive('\n').take(3).map(str::len).sum::<usize>() + 20;
    std::fs::write(&table, &whole[..cut]).unwrap();
    succeed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(std::fs::read_to_string(&table).unwrap(), whole);
    for file in ["report.html", "figures/snr.svg", "figures/recalled.csv", "figures/margins-klr-rbf-0.02-0.01.svg"] {
        assert!(snr.join(file).exists(), "{file}");
    }

    run("phase", &["--flip", "0.2", "--kernel", "rbf:0.02"], &phase);
    let (firm, cells) = (rows(&table), rows(&phase.join("phase.csv")));
    let klr = |rows: &[Record]| -> Vec<Record> { rows.iter().filter(|row| row["rule"] == "klr").cloned().collect() };
    let (firm, cells) = (klr(&firm), klr(&cells));
    assert_eq!((firm.len(), cells.len()), (4, 4));
    for (firm, cell) in firm.iter().zip(&cells) {
        for column in ["patterns", "network", "objective", "gradient_norm", "snr", "fixed", "flips", "target_rate"] {
            assert_eq!(firm[column], cell[column], "{column}");
        }
        // |a + b|^2 is at most twice |a|^2 + |b|^2.
        let [whole, direct, feedback] = ["sharpness", "direct", "feedback"].map(|column| number(cell, column));
        assert!(whole > 0.0 && whole <= 2.0 * (direct + feedback), "{whole} {direct} {feedback}");
    }
}

#[test]
fn penalties_are_a_list_and_rules_without_one_come_once() {
    let folder = tempfile::tempdir().unwrap();
    run("snr", &["--regularizations", "0.01,0.1"], folder.path());
    let found = rows(&folder.path().join("snr.csv"));
    let of = |rule: &str, penalty: &str| {
        found.iter().filter(|row| row["rule"] == rule && row["regularization"] == penalty).count()
    };
    assert_eq!([of("klr", "0.01"), of("klr", "0.1"), of("hebb", "0.01"), of("hebb", "0.1")], [4, 4, 4, 0]);
    // A stronger penalty leaves smaller dual variables.
    let signal = |penalty: &str| {
        let own = found.iter().filter(|row| row["rule"] == "klr" && row["regularization"] == penalty);
        own.map(|row| number(row, "signal")).sum::<f64>()
    };
    assert!(signal("0.1") < signal("0.01"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    for (arguments, words) in [
        (vec!["snr", "--flip", "1.5"], vec!["--flip 1.5", "0.1"]),
        (vec!["snr", "--max-cues", "0"], vec!["--max-cues 0"]),
        (vec!["snr", "--regularizations", "0.1,0.1"], vec!["0.1 twice"]),
        (vec!["snr", "--loads", "0.001"], vec!["no pattern"]),
        (vec!["attractors", "--similarities", "2"], vec!["similarity 2", "-1 to 1"]),
        (vec!["attractors", "--neurons", "10", "--loads", "1", "--similarities", "1,0.99"], vec!["flips 0", "2/N"]),
        (vec!["attractors", "--rule", "nothing"], vec!["nothing"]),
        (vec!["phase", "--flip", "nan"], vec!["--flip NaN"]),
        (vec!["phase", "--networks", "0"], vec!["--networks 0"]),
        (vec!["phase", "--kernel", "rbf:-1"], vec!["rbf:-1"]),
        (vec!["potential", "--kernel", "argmax"], vec!["argmax", "use one with a formula"]),
        (vec!["potential", "--points", "2"], vec!["--points 2", "3 to 1001"]),
        (vec!["potential", "--flips", "0.1,1.5"], vec!["--flips 1.5", "0.1,0.3"]),
        (vec!["potential", "--flips", "0.1,0.101"], vec!["10 bits twice"]),
        (vec!["potential", "--loads", "0.01"], vec!["1 pattern", "2/N"]),
    ] {
        refuse(2, &[&arguments[..], &["--out", out]].concat(), &words);
    }
}
