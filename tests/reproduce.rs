//! Reproductions: verdicts are saved as they come, a second run goes on from there, and what is told is what was
//! measured.

mod common;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use attractor::Error;
use attractor::engine::cpu::Cpu;
use attractor::engine::{Arithmetic, Backend};
use attractor::measure::claim::Verdict;
use attractor::recall::Precision;
use attractor::reproduce::{self, Event, Judged, Paper, Request, Settings};
use attractor::store::Store;
use attractor::sweep::Ways;
use common::program::{attractor, npy, refuse, stderr, text};

fn settings(backend: &dyn Backend) -> Settings {
    let arithmetic = backend.device().arithmetic.clone();
    Settings { paper: Paper::H, quick: true, seed: 1, patterns: None, arithmetic }
}

/// Runs until so many claims have their verdict.
fn run(folder: &Path, seed: u64, most: usize) -> (attractor::Result<Vec<Judged>>, Vec<Judged>) {
    let backend = Cpu::new(Arithmetic::Fused);
    let settings = Settings { seed, ..settings(&backend) };
    let command = "attractor reproduce h --quick";
    let request = Request {
        settings: &settings,
        patterns: None,
        features: None,
        backend: &backend,
        ways: Ways::default(),
        command,
    };
    let mut heard = Vec::new();
    let all = Store::open(folder, &settings, command, backend.device(), Precision::default()).and_then(|mut store| {
        reproduce::run(&request, &mut store, &mut |event| {
            if let Event::Judged(judged) = event {
                heard.push(judged.clone());
            }
            heard.len() < most
        })
    });
    (all, heard)
}

/// A line's fingerprint in the journal: FNV-1a.
fn fnv(line: Option<&str>) -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let line = format!("{}\n", line.expect("a row"));
    format!("{:016x}", line.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}

#[test]
fn verdicts_are_saved_as_they_come_and_a_second_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (stopped, first) = run(folder.path(), 1, 1);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let claims = read("claims.csv");
    assert_eq!(claims.lines().count(), 2);
    let (_, second) = run(folder.path(), 1, 2);
    assert_eq!((first[0].row.claim.as_str(), &first[0].readings), ("special-cases", &second[0].readings));
    let more = read("claims.csv");
    assert!(more.starts_with(&claims) && more.lines().count() == 3, "{more}");

    let mut reader = csv::Reader::from_path(folder.path().join("readings.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let told: Vec<_> = second.iter().flat_map(|claim| &claim.readings).collect();
    assert_eq!(rows.len(), told.len());
    for (row, reading) in rows.iter().zip(told) {
        assert_eq!((&row["claim"], &row["what"]), (&reading.claim, &reading.what));
        assert_eq!(row["measured"].parse::<f64>().unwrap(), reading.measured);
    }
    let page = read("report.html");
    assert!(page.contains("2 of 8 rows") && page.contains("special-cases: reproduced"), "{page}");

    // What was judged otherwise is not overwritten, and what was published stays until there is as much again.
    let other = more.replacen(",reproduced,", ",not-reproduced,", 1);
    std::fs::write(folder.path().join("claims.csv"), &other).unwrap();
    let journal = read("journal.csv").replacen(&fnv(more.lines().nth(1)), &fnv(other.lines().nth(1)), 1);
    std::fs::write(folder.path().join("journal.csv"), journal).unwrap();
    let error = run(folder.path(), 1, 2).0.unwrap_err().to_string();
    assert!(error.contains("special-cases not reproduced, and it is judged reproduced now"), "{error}");
    assert_eq!((read("claims.csv"), read("report.html")), (other, page));

    // Another seed is another reproduction.
    let error = run(folder.path(), 2, 1).0.unwrap_err().to_string();
    assert!(error.contains("seed 1 there, 2 here") && error.contains("--out"), "{error}");
}

/// Both are proved: a coupling is the same sum, and no visit by energy raises it.
#[test]
fn laws_of_the_rules_are_reproduced() {
    let folder = tempfile::tempdir().unwrap();
    let (_, judged) = run(folder.path(), 5, 2);
    assert_eq!(judged.iter().map(|claim| claim.row.verdict).collect::<Vec<_>>(), [Verdict::Reproduced; 2]);
    let moved = judged[1].readings.iter().filter(|reading| reading.what.ends_with("flips"));
    assert!(moved.map(|reading| reading.measured).all(|steps| steps > 500.0));
}

#[test]
fn every_claim_has_a_name_of_its_own_and_says_how_it_is_judged() {
    for paper in Paper::ALL {
        let claims = paper.claims();
        let names: HashSet<&str> = claims.iter().map(|claim| claim.name).collect();
        assert_eq!(names.len(), claims.len());
        for claim in claims {
            assert!(claim.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{claim:?}");
            assert!([claim.says, claim.judged].iter().all(|text| text.ends_with('.')), "{claim:?}");
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let other = attractor(&["reproduce", "x", "--out", text(&out)]);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("give q, g, h or a"), "{}", stderr(&other));
    let missing = folder.path().join("none.npy");
    refuse(1, &["reproduce", "g", "--patterns", text(&missing), "--out", text(&out)], &["none.npy"]);
    let few = npy(folder.path(), "few.npy", -1, 1);
    let few = text(&few);
    refuse(
        2,
        &["reproduce", "q", "--patterns", few, "--out", text(&out)],
        &["no claim about real data", "leave it out"],
    );
    refuse(2, &["reproduce", "h", "--patterns", few, "--out", text(&out)], &["32 patterns", "give 40 at least"]);
    assert!(!out.exists());
}
