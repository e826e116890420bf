//! Sequences: orbits are what recall passes through, and `attractor sequence` keeps what it promises.

mod common;

use std::path::Path;

use attractor::engine::Workspace;
use attractor::memory::Memory;
use attractor::recall::{Orbit, Precision, orbits, recall_in};
#[cfg(unix)]
use common::program::interrupt;
use common::program::{npy, refuse, stderr, succeed, table, text};
use common::{Draw, backends, coupled, memory, name, near, rbf};
use tempfile::TempDir;

/// Two trials of three short lengths, the longest of which too few updates leave unlearnt.
const SMALL: [&str; 11] = [
    "sequence",
    "--neurons",
    "30",
    "--lengths",
    "10,40,120",
    "--trials",
    "2",
    "--updates",
    "40",
    "--kernel",
    "rbf:0.05",
];

fn sequence(folder: &Path, more: &[&str]) -> std::process::Output {
    succeed(&[&SMALL[..], &["--out", text(folder)], more].concat())
}

fn rows(folder: &Path) -> String {
    table(&folder.join("sequences.csv"))
}

/// One column of every row.
fn column(folder: &Path, wanted: &str) -> Vec<String> {
    let table = rows(folder);
    let at = table.lines().next().unwrap().split(',').position(|name| name == wanted).expect("the column is there");
    table.lines().skip(1).map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

/// Networks that walk, settle and cycle, and their cues.
fn networks(neurons: usize, draw: &mut Draw) -> (Vec<Memory>, Vec<attractor::pattern::Patterns>) {
    let table = rbf(neurons, 0.05);
    let of = |draw: &mut Draw| {
        let keys = draw.patterns(neurons, 50);
        let dual = draw.values(50 * neurons, 1.0);
        let cues = near(&keys, 7, 4, draw);
        (memory(&keys, dual, &table), cues)
    };
    (0..3).map(|_| of(draw)).unzip()
}

#[test]
fn orbits_are_what_recall_passes_through() {
    const STEPS: usize = 90;
    let mut draw = Draw::new(41);
    for neurons in [33, 64] {
        let (mut memories, cues) = networks(neurons, &mut draw);
        for kind in 0..2 {
            if kind == 1 {
                let couple = |memory: Memory| coupled(&memory.keys, draw.values(neurons * neurons, 1.0));
                memories = memories.into_iter().map(couple).collect();
            }
            let references: Vec<&Memory> = memories.iter().collect();
            let mut first: Option<Vec<Vec<Orbit>>> = None;
            for backend in backends() {
                for precision in Precision::ALL {
                    let what = format!("N {neurons}, kind {kind}, {}, {precision}", name(backend));
                    let space = Workspace::new(backend);
                    let orbits = orbits(precision, &space, &references, &cues, STEPS, &mut |_| true).unwrap();
                    let recalls = recall_in(precision, &space, &references, &cues, STEPS, &mut |_| true).unwrap();
                    for (orbits, recall) in orbits.iter().zip(&recalls) {
                        for (trial, (orbit, ending)) in orbits.iter().zip(&recall.endings).enumerate() {
                            assert_eq!(orbit.period(), ending.period, "{what}, trial {trial}");
                            assert_eq!(orbit.state(ending.steps), recall.finals.row(trial), "{what}, trial {trial}");
                            assert_eq!(orbit.uncertain(), ending.uncertain, "{what}, trial {trial}");
                            assert_eq!(orbit.ending(STEPS), *ending, "{what}, trial {trial}");
                            // What is repeated is what another step would give.
                            let far = if orbit.period() > 0 { 10 * STEPS } else { STEPS - 1 };
                            let steps = [orbit.index(far), orbit.index(far + 1)];
                            assert!(steps[1] == steps[0] + 1 || steps[1] + orbit.period() == steps[0] + 1, "{what}");
                        }
                    }
                    let states = |orbits: &[Vec<Orbit>]| {
                        orbits.iter().flatten().map(|orbit| orbit.states().clone()).collect::<Vec<_>>()
                    };
                    let first = first.get_or_insert_with(|| orbits.clone());
                    assert_eq!(states(first), states(&orbits), "{what}");
                }
            }
        }
    }
}

#[test]
fn an_orbit_that_is_not_wanted_stops() {
    let mut draw = Draw::new(43);
    let (memories, cues) = networks(40, &mut draw);
    let references: Vec<&Memory> = memories.iter().collect();
    let space = Workspace::new(common::fused());
    let stopped = orbits(Precision::F32, &space, &references, &cues, 50, &mut |share| share < 0.02).unwrap_err();
    assert!(matches!(stopped, attractor::Error::Interrupted), "{stopped}");
    assert!(orbits(Precision::F32, &space, &references, &cues[1..], 50, &mut |_| true).is_err());
    assert!(orbits(Precision::F32, &space, &[], &[], 50, &mut |_| true).unwrap().is_empty());
}

#[test]
fn trials_are_judged_saved_drawn_and_continued() {
    let (whole, broken, other) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let output = sequence(whole.path(), &["--backend", "cpu"]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("    10 |     2/2           1.000"), "{table}");
    let [success, transitions, errors] =
        ["success", "transitions", "first_error"].map(|name| column(whole.path(), name));
    // Once round without an error is every transition right, whatever else goes wrong.
    for ((success, transitions), error) in success.iter().zip(&transitions).zip(&errors) {
        assert_eq!(success == "true", transitions == "1.0");
        assert_eq!(success == "true", error.is_empty());
    }
    assert_eq!(success, ["true", "true", "true", "true", "false", "false"], "{transitions:?}");
    let report = std::fs::read_to_string(whole.path().join("report.html")).unwrap();
    assert_eq!(report.matches("<svg").count(), 3 + 3);
    let map = std::fs::read_to_string(whole.path().join("figures/overlap-klr-rbf-0.05-10.csv")).unwrap();
    // 61 states with 10 patterns; each is the pattern whose turn it is.
    assert!(map.starts_with("step,pattern,overlap\n0,0,1\n") && map.lines().count() == 1 + 61 * 10, "{map}");
    assert!(map.contains("\n13,3,1\n"), "{map}");

    // Cut after a length, and within a row.
    sequence(broken.path(), &["--quiet"]);
    let path = broken.path().join("sequences.csv");
    let full = std::fs::read(&path).unwrap();
    let ends: Vec<usize> = full.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for keep in [ends[2], ends[3] + 20] {
        std::fs::write(&path, &full[..keep]).unwrap();
        let told = sequence(broken.path(), &[]);
        assert!(stderr(&told).contains("trials are there already"), "{}", stderr(&told));
        assert_eq!(rows(whole.path()), rows(broken.path()), "cut at {keep}");
    }
    let refused = [&SMALL[..], &["--out", text(broken.path()), "--seed", "2"]].concat();
    refuse(2, &refused, &["another sequence experiment", "seed 1 there, 2 here"]);

    // Trials and lengths do not depend on their neighbours.
    let alone = ["sequence", "--neurons", "30", "--lengths", "40", "--trials", "1", "--updates", "40"];
    let output = succeed(&[&alone[..], &["--kernel", "rbf:0.05", "--json", "--out", text(other.path())]].concat());
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&row["patterns"], &row["steps"], &row["period"]), (&40.into(), &240.into(), &40.into()));
    assert!(rows(whole.path()).contains(rows(other.path()).lines().nth(1).unwrap()));
}

#[test]
fn the_capacity_is_found_between_its_bounds() {
    let folder = TempDir::new().unwrap();
    let search =
        ["sequence", "--neurons", "30", "--trials", "2", "--updates", "40", "--kernel", "rbf:0.05", "--capacity"];
    let search = [&search[..], &["20..120:20", "--out", text(folder.path())]].concat();
    let output = succeed(&[&search[..], &["--json"]].concat());
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let found: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    let (holds, fails) = (found["capacity"].as_u64().unwrap(), found["fails_at"].as_u64().unwrap());
    assert_eq!(fails, holds + 20, "{lines}");
    let [lengths, success] = ["patterns", "success"].map(|name| column(folder.path(), name));
    for (length, success) in lengths.iter().zip(&success) {
        let length: u64 = length.parse().unwrap();
        assert!(length > holds || success == "true", "{lines}");
    }
    // Found again without a network trained.
    let before = std::fs::read(folder.path().join("sequences.csv")).unwrap();
    let again = succeed(&search);
    assert_eq!(before, std::fs::read(folder.path().join("sequences.csv")).unwrap());
    assert!(String::from_utf8_lossy(&again.stdout).contains(&format!("P_c = {holds}")));
    // Rules that cannot hold the lower bound, or hold the upper one.
    let both = ["--rule", "hebb,pseudoinverse", "--capacity", "4..24:2", "--trials", "1", "--neurons", "30"];
    let output = succeed(&[&["sequence", "--out", text(&folder.path().join("both"))], &both[..]].concat());
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("hebb/linear: P_c") && told.contains("pseudoinverse: P_c is at least 24"), "{told}");
}

#[cfg(unix)]
#[test]
fn interrupted_it_keeps_what_has_finished() {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let long = ["sequence", "--neurons", "60", "--lengths", "8,300", "--trials", "1", "--updates", "2000"];
    let arguments = [&long[..], &["--out", text(broken.path())]].concat();
    let path = broken.path().join("sequences.csv");
    // The header and a whole row of the shorter sequence.
    let a_row = || std::fs::read(&path).is_ok_and(|table| table.iter().filter(|byte| **byte == b'\n').count() == 2);
    interrupt(&arguments, a_row);
    assert_eq!(column(broken.path(), "patterns"), ["8"]);
    succeed(&arguments);
    succeed(&[&long[..], &["--out", text(whole.path())]].concat());
    assert_eq!(rows(whole.path()), rows(broken.path()));
}

#[test]
fn a_file_of_ones_own_is_a_sequence() {
    let folder = TempDir::new().unwrap();
    let patterns = npy(folder.path(), "patterns.npy", 0, 1);
    let out = folder.path().join("out");
    let own = ["sequence", "--patterns", text(&patterns), "--out", text(&out), "--kernel", "rbf:0.1"];
    succeed(&[&own[..], &["--lengths", "8,32", "--solver", "preconditioned"]].concat());
    assert_eq!(column(&out, "success"), ["true", "true"]);
    assert_eq!(column(&out, "neurons"), ["16", "16"]);
    refuse(2, &[&own[..], &["--lengths", "33"]].concat(), &["33 patterns", "the file has 32"]);
    refuse(2, &[&own[..], &["--lengths", "8", "--trials", "2"]].concat(), &["--trials 2", "leave --trials out"]);
    refuse(2, &[&own[..], &["--lengths", "8", "--neurons", "17"]].concat(), &["rows have 16"]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let with = |more: &[&str], words: &[&str]| {
        refuse(2, &[&["sequence", "--neurons", "20", "--out", text(&out)], more].concat(), words);
    };
    with(&["--lengths", "1"], &["length 1", "2 patterns"]);
    with(&["--lengths", "8,8"], &["length 8 twice"]);
    with(&["--lengths", "8.5"], &["8.5", "whole numbers"]);
    with(&["--lengths", "-3"], &["-3"]);
    with(&["--lengths", "2000000"], &["only 1048576 differ"]);
    with(&["--lengths", "8", "--steps", "7"], &["--steps 7", "at least 8"]);
    with(&["--lengths", "8", "--trials", "0"], &["--trials 0"]);
    with(&["--capacity", "20..10:1"], &["20..10:1", "LOW"]);
    with(&["--lengths", "8", "--rule", "klr/none"], &["none"]);
    with(&["--lengths", "8", "--rule", "storkey"], &["storkey", "use hebb"]);
    with(&["--lengths", "8", "--rule", "bcpnn"], &["bcpnn with code bipolar"]);
    with(&["--lengths", "8", "--solver", "cholesky"], &["--solver cholesky for rule klr"]);
    assert!(!out.exists());
}

#[test]
fn a_descent_that_diverges_is_told_of_whatever_the_rule() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--rule", "llr", "--learning-rate", "1e30", "--neurons", "16", "--lengths", "8", "--trials", "2"];
    refuse(
        5,
        &[&["sequence", "--quiet", "--out", text(folder.path())], &arguments[..]].concat(),
        &["2 of 2 trials", "is safe"],
    );
}
