//! What becomes of a model after training: recalled in every dynamics, traced state by state, and in fewer bits.

mod common;

use std::path::{Path, PathBuf};

use common::program::{attractor, npy, refuse, stderr, succeed, text};
use tempfile::TempDir;

/// A model of the 32 test patterns.
fn model(folder: &Path, arguments: &[&str]) -> (PathBuf, PathBuf) {
    let (patterns, model) = (npy(folder, "patterns.npy", -1, 1), folder.join("model.safetensors"));
    succeed(&[&["train", "--quiet", "--patterns", text(&patterns), "--out", text(&model)], arguments].concat());
    (patterns, model)
}

/// A table's rows, by column.
fn rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
    (lines.next().unwrap(), lines.collect())
}

fn column<'a>((header, rows): &'a (Vec<String>, Vec<Vec<String>>), name: &str) -> Vec<&'a str> {
    let at = header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name} in {header:?}"));
    rows.iter().map(|row| row[at].as_str()).collect()
}

#[test]
fn a_trace_tells_every_state() {
    let folder = TempDir::new().unwrap();
    let (patterns, model) = model(folder.path(), &["--first", "3", "--rule", "hebb", "--kernel", "dense:3"]);
    for dynamics in ["synchronous", "sequential", "random:energy", "event-driven:energy"] {
        let out = folder.path().join(dynamics);
        let arguments = ["recall", "--model", text(&model), "--cues", text(&patterns), "--targets", text(&patterns)];
        let more = ["--dynamics", dynamics, "--trace", "--quiet", "--out", text(&out)];
        succeed(&[&arguments[..], &more].concat());
        let (recalled, traced) = (rows(&out.join("recall.csv")), rows(&out.join("trace.csv")));
        let read = |name: &str| attractor::data::read_patterns(&out.join(name), None).unwrap();
        let (states, finals) = (read("trace.npy"), read("final.npy"));
        assert_eq!(states.len(), traced.1.len(), "{dynamics}: a state for each row");
        let cues = column(&traced, "cue");
        let (changed, energy, overlap) =
            (column(&traced, "changed"), column(&traced, "energy"), column(&traced, "overlap"));
        for (cue, steps) in column(&recalled, "steps").into_iter().enumerate() {
            let own: Vec<usize> = (0..cues.len()).filter(|&row| cues[row] == cue.to_string()).collect();
            assert_eq!(
                own.len(),
                steps.parse::<usize>().unwrap() + 1,
                "{dynamics}, cue {cue}: one state more than steps"
            );
            let (first, last) = (own[0], own[own.len() - 1]);
            assert_eq!((changed[first], overlap[first]), ("0", "1.0"), "{dynamics}, cue {cue} is its own target");
            assert_eq!(states.row(last), finals.row(cue), "{dynamics}, cue {cue}");
            for pair in own.windows(2) {
                let flips = attractor::pattern::hamming(states.row(pair[0]), states.row(pair[1]));
                assert_eq!(changed[pair[1]], flips.to_string());
                let [before, after] = [pair[0], pair[1]].map(|row| energy[row].parse::<f64>().unwrap());
                assert!(!dynamics.ends_with(":energy") || after <= before, "{dynamics}, cue {cue}: {before} {after}");
            }
        }
        let efforts = recalled.0.contains(&"events".to_owned()) && recalled.0.contains(&"sums".to_owned());
        assert_eq!(efforts, dynamics != "synchronous", "{dynamics}");
    }
    let recall = ["recall", "--model", text(&model), "--cues", text(&patterns), "--out", text(folder.path())];
    let backwards = attractor(&[&recall[..], &["--dynamics", "backwards"]].concat());
    assert_eq!(backwards.status.code(), Some(2));
    assert!(stderr(&backwards).contains("event-driven[:energy]"), "{}", stderr(&backwards));
}

#[test]
fn dynamics_that_a_memory_does_not_have_are_refused() {
    let folder = TempDir::new().unwrap();
    let (patterns, model) = model(folder.path(), &["--updates", "50"]);
    let recall = ["recall", "--model", text(&model), "--cues", text(&patterns), "--out", text(folder.path())];
    refuse(
        2,
        &[&recall[..], &["--dynamics", "random:energy"]].concat(),
        &["rule klr", "no energy", "leave :energy out"],
    );
    let sweep = ["sweep", "--neurons", "20", "--loads", "1", "--out", text(folder.path()), "--dynamics"];
    refuse(2, &[&sweep[..], &["sequential:energy"]].concat(), &["--dynamics sequential:energy of klr", "no energy"]);
    let sparse = ["random", "--code", "active:3", "--rule", "willshaw"];
    refuse(2, &[&sweep[..], &sparse].concat(), &["code active:3", "give --dynamics synchronous"]);
}

#[test]
fn a_quantised_model_is_a_model() {
    let folder = TempDir::new().unwrap();
    let (patterns, model) = model(folder.path(), &["--first", "20", "--kernel", "rbf:0.1"]);
    let out = folder.path().join("narrow");
    let arguments = ["quantise", "--model", text(&model), "--similarities", "1,0.8", "--quiet", "--out", text(&out)];
    succeed(&arguments);
    let losses = rows(&out.join("quantised.csv"));
    let whole = ["f32", "f32", "f16", "f16", "8", "8", "4", "4", "2", "2", "1", "1"];
    assert_eq!(column(&losses, "bits"), whole);
    let numbers = |name| column(&losses, name).into_iter().map(|text| text.parse::<f64>().unwrap()).collect::<Vec<_>>();
    let (bytes, error, unchanged) = (numbers("bytes"), numbers("error"), numbers("unchanged_rate"));
    assert_eq!((bytes[0], bytes[2], bytes[10]), (20.0 * 16.0 * 4.0, 20.0 * 16.0 * 2.0 + 64.0, 20.0 * 2.0 + 64.0));
    assert!(error[2..].iter().step_by(2).is_sorted() && error[0] == 0.0 && error[2] < 1e-3, "{error:?}");
    assert_eq!((unchanged[0], unchanged[2], unchanged[4]), (1.0, 1.0, 1.0), "f16 and 8 bits change nothing");
    for width in ["f16", "8", "4", "2", "1"] {
        let narrow = out.join(format!("{width}.safetensors"));
        let recalled = folder.path().join(format!("recalled-{width}"));
        let arguments = ["recall", "--model", text(&narrow), "--cues", text(&patterns), "--out", text(&recalled)];
        let said = stderr(&succeed(&arguments));
        assert!(said.contains("32 cues:"), "{said}");
        let small = std::fs::metadata(&narrow).unwrap().len() < std::fs::metadata(&model).unwrap().len();
        assert!(small, "{width} takes less than f32");
    }
    let again: Vec<&str> = arguments.iter().copied().chain(["--bits", "4,4"]).collect();
    refuse(2, &again, &["--bits 4 twice"]);
    let coupled = folder.path().join("coupled.safetensors");
    succeed(&["train", "--quiet", "--rule", "hebb", "--patterns", text(&patterns), "--out", text(&coupled)]);
    refuse(2, &["quantise", "--model", text(&coupled), "--out", text(&out)], &["a model of couplings", "klr"]);
    let mut damaged = std::fs::read(out.join("4.safetensors")).unwrap();
    let at = damaged.windows(9).position(|bytes| bytes == b"dual_bits").unwrap();
    damaged[at..at + 9].copy_from_slice(b"dual_hits");
    std::fs::write(&coupled, damaged).unwrap();
    let recall = ["recall", "--model", text(&coupled), "--cues", text(&patterns), "--out", text(&out)];
    refuse(2, &recall, &["there are `dual_codes`, but no \"dual_bits\"", "quantise the model again"]);
}
