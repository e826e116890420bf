//! Capacity searches from outside: the same on every backend, and the verb as a contract.

mod common;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use attractor::capacity::{self, Capacity, Criterion, Plan, Settings, Store};
use attractor::code::Code;
use attractor::engine::Backend;
use attractor::recall::Precision;
use attractor::rule::Descent;
use attractor::sweep::Ways;
use common::{cpu_like_gpu, gpu};
use tempfile::TempDir;

fn searched(backend: &dyn Backend) -> Vec<Capacity> {
    let folder = TempDir::new().unwrap();
    let plan = Plan::new(Settings {
        neurons: vec![33],
        models: vec!["klr/rbf:0.05".into(), "hebb/dense:3".into(), "storkey".into()],
        descent: Descent { updates: 40, ..Descent::default() },
        criterion: Criterion::Mean,
        code: Code::Bipolar,
        flip: 0.2,
        flips: None,
        failure: 0.2,
        recovered_cosine: 0.9,
        confidence: 0.9,
        max_trials: 300,
        most_patterns: 150,
        resolution: 0.05,
        networks: 1,
        seed: 4,
        max_steps: 20,
        dynamics: "synchronous".into(),
        arithmetic: backend.device().arithmetic.clone(),
    })
    .unwrap();
    let mut store = Store::open(folder.path(), &plan, "test", backend.device(), Precision::F32).unwrap();
    capacity::run(&plan, Ways::default(), backend, &mut store, &mut |_| true).unwrap()
}

#[test]
fn the_gpu_and_the_cpu_find_the_same() {
    let found = searched(&cpu_like_gpu());
    assert!(found.iter().all(|found| found.capacity > 0), "{found:?}");
    assert_eq!(found, searched(gpu()));
}

const SMALL: [&str; 12] = [
    "capacity",
    "--neurons",
    "16,24,32",
    "--rule",
    "hebb,hebb/dense:3",
    "--failure",
    "0.1",
    "--networks",
    "2",
    "--max-trials",
    "200",
    "--backend=cpu",
];

fn attractor(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_attractor"));
    program.args(arguments).stdin(Stdio::null()).output().expect("attractor runs")
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

#[test]
fn the_verb_writes_capacities_decisions_a_figure_and_a_report() {
    let folder = TempDir::new().unwrap();
    let arguments = [&SMALL[..], &["--out", text(folder.path()), "--json"]].concat();
    let output = attractor(&arguments);
    assert!(output.status.success(), "{}", message(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let capacities = read("capacities.csv");
    let columns = "kernel,rule,neurons,network,capacity,bits_per_synapse,shown,refuted,decisions,trials,unsettled\n";
    assert!(capacities.starts_with(columns), "{capacities}");
    assert_eq!((lines.lines().count(), capacities.lines().count()), (12, 13));
    assert!(lines.lines().all(|line| line.contains("\"capacity\":")), "{lines}");
    let report = read("report.html");
    assert!(report.contains("capacity grows as N^") && report.contains("<svg") && report.contains("hebb/dense:3"));
    assert_eq!(read("figures/capacity-vs-neurons.csv"), capacities);
    // Again, nothing is left to do.
    let decisions = read("decisions.csv");
    assert!(attractor(&arguments).status.success());
    assert_eq!(decisions, read("decisions.csv"));
    // A row that this search would not write is no one's to overwrite.
    std::fs::write(
        folder.path().join("decisions.csv"),
        decisions.replacen("linear,hebb,16,0,2,", "linear,hebb,16,0,3,", 1),
    )
    .unwrap();
    let refused = attractor(&arguments);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message(&refused).contains("a row 2 (counted from 1)"), "{}", message(&refused));
}

#[test]
fn wrong_settings_are_refused_before_anything_starts() {
    let folder = TempDir::new().unwrap();
    for (arguments, words) in [
        (["--flip", "1.2"], "--flip 1.2: give a number from 0 to 1"),
        (["--flip", "nan"], "--flip NaN"),
        (["--failure", "-0.1"], "--failure -0.1"),
        (["--neurons", "16.5"], "--neurons 16.5: give whole numbers"),
        (["--neurons", "16,16"], "--neurons 16 twice"),
        (["--criterion", "all"], "write every or mean"),
        (["--max-trials", "10"], "--max-trials 10"),
        (["--confidence", "1"], "--confidence 1"),
        (["--rule", "storkey/rbf:1"], "storkey with kernel rbf:1"),
    ] {
        let output = attractor(
            &[&["capacity", "--backend=cpu", "--out", text(&folder.path().join("new"))], &arguments[..]].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", message(&output));
        assert!(message(&output).contains(words), "{arguments:?}: {}", message(&output));
    }
    let large = ["capacity", "--backend=cpu", "--rule=krr", "--neurons=100000", "--most-patterns=16777216"];
    let output = attractor(&[&large[..], &["--out", text(&folder.path().join("new"))]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", message(&output));
    assert!(message(&output).contains("lower --most-patterns"), "{}", message(&output));
    assert!(!folder.path().join("new").exists());
}
