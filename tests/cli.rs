//! The command line as a contract: what comes out, what is refused and how, and that nothing finished is ever lost.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

#[cfg(unix)]
use common::program::interrupt;
use common::program::{attractor, npy, program, refuse, stderr, succeed, table, text};
use tempfile::TempDir;

/// A sweep of a second or two, with enough units to be stopped between.
const SMALL: [&str; 12] = [
    "sweep",
    "--neurons",
    "30",
    "--loads",
    "1,2,3",
    "--similarities",
    "1,0.8",
    "--updates",
    "60",
    "--max-cues",
    "50",
    "--quiet",
];

fn cells(folder: &Path) -> String {
    table(&folder.join("cells.csv"))
}

fn sweep(folder: &Path, more: &[&str]) -> Output {
    succeed(&[&SMALL[..], &["--out", text(folder)], more].concat())
}

/// Four IDX images of 2 x 3 pixels.
fn idx(folder: &Path) -> PathBuf {
    let path = folder.join("images.idx");
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend([0, 200, 30, 255, 9, 0, 255, 1, 2, 3, 128, 127, 90, 90, 0, 0, 255, 255, 250, 0, 250, 0, 250, 0]);
    std::fs::write(&path, bytes).expect("the file is written");
    path
}

#[test]
fn a_sweep_writes_cells_manifest_figures_and_a_report() {
    let folder = TempDir::new().unwrap();
    let output =
        succeed(&[&SMALL[..11], &["--out", text(folder.path()), "--backend", "cpu", "--kernel", "rbf:0.1"]].concat());
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("load P/N") && table.contains("1.000"), "{table}");
    let rows = cells(folder.path());
    assert_eq!(rows.lines().count(), 1 + 3 * 3 * 2);
    for column in
        ["neurons", "load", "target_rate", "cycle_rate", "mean_cosine", "gradient_norm", "settled", "uncertain_signs"]
    {
        assert!(rows.lines().next().unwrap().split(',').any(|name| name == column), "{column}");
    }
    for line in rows.lines().skip(1).filter(|line| line.contains(",1.0,0,")) {
        assert!(line.split(',').nth(10) == Some("1.0"), "a stored pattern recalls itself: {line}");
    }
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["settings"]["neurons"], 30);
    assert!(manifest["command"].as_str().unwrap().starts_with("attractor sweep"));
    assert_eq!(manifest["runs"][0]["device"]["arithmetic"], "fused");
    let report = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("<svg") && !report.contains("src=\"http"));
    assert!(folder.path().join("figures/target-rate-vs-load.svg").is_file());
}

#[test]
fn the_gpu_and_the_cpu_fill_the_same_cells() {
    let (gpu, cpu) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    sweep(gpu.path(), &["--backend", "gpu"]);
    let manifest = std::fs::read(gpu.path().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let device = &manifest["runs"][0]["device"];
    assert_eq!(device["backend"], "gpu");
    sweep(cpu.path(), &["--backend", "cpu", "--arithmetic", device["arithmetic"].as_str().unwrap()]);
    assert_eq!(cells(gpu.path()), cells(cpu.path()));
}

#[test]
fn networks_and_kernels_do_not_depend_on_their_neighbours() {
    let (all, part) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    sweep(all.path(), &["--kernel", "rbf:0.02,rbf:0.1", "--networks", "3"]);
    sweep(part.path(), &["--kernel", "rbf:0.1", "--networks", "2"]);
    let (all, part) = (cells(all.path()), cells(part.path()));
    assert!(part.lines().all(|line| all.lines().any(|other| other == line)), "{part}\n{all}");
}

#[test]
fn killed_at_any_moment_a_sweep_continues_to_the_same_cells() {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    sweep(whole.path(), &[]);
    for milliseconds in [5, 20, 60, 120, 200, 300] {
        let arguments = [&SMALL[..], &["--out", text(broken.path())][..]].concat();
        let mut child =
            program().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("attractor runs");
        std::thread::sleep(Duration::from_millis(milliseconds));
        // It may have finished by then, which is as good.
        let _ = child.kill();
        child.wait().expect("the child ends");
    }
    sweep(broken.path(), &[]);
    assert_eq!(cells(whole.path()), cells(broken.path()));
}

#[cfg(unix)]
#[test]
fn interrupted_a_sweep_says_so_and_continues() {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let long =
        ["sweep", "--neurons", "60", "--loads", "1,4", "--similarities", "1", "--max-cues", "50", "--updates", "3000"];
    let long = [&long[..], &["--networks", "1"]].concat();
    let arguments = [&long[..], &["--out", text(broken.path())]].concat();
    // Once the folder is there, so is the handler.
    let output = interrupt(&arguments, || broken.path().join("cells.csv").exists());
    assert!(stderr(&output).contains("the same command continues"), "{}", stderr(&output));
    succeed(&arguments);
    succeed(&[&long[..], &["--out", text(whole.path())]].concat());
    assert_eq!(cells(whole.path()), cells(broken.path()));
}

#[test]
fn torn_and_missing_rows_are_run_again() {
    let (whole, torn) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    sweep(whole.path(), &[]);
    sweep(torn.path(), &[]);
    let path = torn.path().join("cells.csv");
    let full = std::fs::read(&path).unwrap();
    // Within the header, within a row, at a row's end inside a network, just before the last newline.
    let second_row = full.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(3).unwrap().0 + 1;
    for keep in [3, full.len() / 2, second_row, full.len() - 1] {
        std::fs::write(&path, &full[..keep]).unwrap();
        sweep(torn.path(), &[]);
        assert_eq!(cells(whole.path()), cells(torn.path()), "cut at {keep} of {}", full.len());
    }
}

#[test]
fn rows_that_are_not_what_was_saved_are_refused_and_kept() {
    let folder = TempDir::new().unwrap();
    sweep(folder.path(), &[]);
    let (path, journal) = (folder.path().join("cells.csv"), folder.path().join("journal.csv"));
    let (full, entries) = (table(&path), table(&journal));
    let again = [&SMALL[..], &["--out", text(folder.path())][..]].concat();
    let refused = |altered: &str, words: &[&str]| {
        std::fs::write(&path, altered).unwrap();
        refuse(2, &again, words);
        assert_eq!(table(&path), altered);
    };
    refused(&full.replacen("rbf:0.02,klr,30,30", "rbf:0.02,klr,30,31", 1), &["cells.csv", "row 1", "another --out"]);
    // What someone liked better: no row that could not be there, but not the one that was saved.
    let liked = full.replacen(",false,", ",true,", 1);
    assert_ne!(liked, full);
    refused(&liked, &["cells.csv", "other rows 1 to", "than were saved", "bring the file back"]);
    std::fs::remove_file(&journal).unwrap();
    refused(&full, &["cells.csv", "journal.csv"]);
    std::fs::write(&journal, entries.replacen("\n0,", "\n1,", 1)).unwrap();
    refused(&full, &["journal.csv", "row 1 where that of row 0"]);
    std::fs::write(&journal, "a,b\n1,2\n").unwrap();
    refused(&full, &["journal.csv", "no journal"]);
    // What it does not name yet is made again; as is a row without its entry.
    for cut in [entries.len() - 1, entries.find('\n').unwrap() + 1, 3, 0] {
        std::fs::write(&journal, &entries[..cut]).unwrap();
        sweep(folder.path(), &[]);
        assert_eq!(table(&path), full, "journal cut at {cut}");
    }
}

#[test]
fn a_finished_sweep_is_not_run_again_and_another_is_refused() {
    let folder = TempDir::new().unwrap();
    sweep(folder.path(), &[]);
    let before = std::fs::read(folder.path().join("cells.csv")).unwrap();
    let again = succeed(&[&SMALL[..11], &["--out", text(folder.path())]].concat());
    assert!(stderr(&again).contains("every cell is there already"), "{}", stderr(&again));
    assert_eq!(before, std::fs::read(folder.path().join("cells.csv")).unwrap());
    let other = [&SMALL[..], &["--out", text(folder.path()), "--seed", "2"][..]].concat();
    refuse(2, &other, &["another sweep", "seed 1 there, 2 here", "another --out"]);
    let other = [&SMALL[..], &["--out", text(folder.path()), "--learning-rate", "0.2"]].concat();
    refuse(2, &other, &["learning_rate 0.1 there, 0.2 here"]);
    let other = [&SMALL[..], &["--out", text(folder.path()), "--solver", "nesterov"]].concat();
    refuse(2, &other, &["solver \"auto\" there, \"nesterov\" here"]);
}

/// `auto` of klr is gradient descent, which all manifests said before there was `auto`.
#[test]
fn a_sweep_by_gradient_descent_is_continued_by_the_usual_solver() {
    let folder = TempDir::new().unwrap();
    sweep(folder.path(), &["--solver", "gradient-descent"]);
    let again = succeed(&[&SMALL[..11], &["--out", text(folder.path())]].concat());
    assert!(stderr(&again).contains("every cell is there already"), "{}", stderr(&again));
}

#[test]
fn train_and_recall_on_a_file_of_ones_own() {
    let folder = TempDir::new().unwrap();
    let patterns = npy(folder.path(), "patterns.npy", -1, 1);
    let (model, out) = (folder.path().join("model.safetensors"), folder.path().join("recalled"));
    succeed(&["train", "--patterns", text(&patterns), "--kernel", "rbf:0.1", "--out", text(&model)]);
    let arguments = ["recall", "--model", text(&model), "--cues", text(&patterns), "--out", text(&out), "--json"];
    let untargeted = succeed(&arguments);
    let summary: serde_json::Value = serde_json::from_slice(&untargeted.stdout).unwrap();
    assert_eq!((&summary["cues"], &summary["outcomes"]["learned"]), (&32.into(), &32.into()));
    succeed(&[&arguments[..], &["--targets", text(&patterns)]].concat());
    let csv = std::fs::read_to_string(out.join("recall.csv")).unwrap();
    let header = "cue,target,outcome,steps,period,nearest,distance,cosine,hamming,jaccard,euclidean,bit_accuracy";
    assert!(csv.starts_with(&format!("{header}\n0,0,target,1,1,0,0,1,0,1,0,1\n")), "{csv}");
    let finals = attractor::data::read_patterns(&out.join("final.npy"), None).unwrap();
    assert_eq!(finals, attractor::data::read_patterns(&patterns, None).unwrap());

    // 0/1 values are the same patterns.
    let zeros = npy(folder.path(), "zeros.npy", 0, 1);
    let other = folder.path().join("other.safetensors");
    succeed(&["train", "--patterns", text(&zeros), "--kernel", "rbf:0.1", "--out", text(&other)]);
    let readout = |path: &Path| attractor::memory::load(path).unwrap().readout;
    assert_eq!(readout(&model), readout(&other));
}

/// A model of couplings from another program: Hebb's rule on two patterns, in every precision.
#[test]
fn a_model_of_couplings_is_recalled() {
    use safetensors::tensor::{Dtype, TensorView, serialize};
    let folder = TempDir::new().unwrap();
    let rows: [[i8; 8]; 2] = [[1, 1, 1, 1, -1, -1, -1, -1], [1, -1, 1, -1, 1, -1, 1, -1]];
    let hebb = (0..64).map(|at| rows.iter().map(|row| row[at / 8] * row[at % 8]).sum::<i8>());
    let couplings: Vec<u8> = hebb.flat_map(|sum| f32::from(sum).to_le_bytes()).collect();
    let signs: Vec<u8> = rows.concat().into_iter().map(|sign| sign as u8).collect();
    let view = |kind, shape: [usize; 2], bytes| TensorView::new(kind, shape.to_vec(), bytes).unwrap();
    let tensors = [("keys", view(Dtype::I8, [2, 8], &signs)), ("couplings", view(Dtype::F32, [8, 8], &couplings))];
    let model = folder.path().join("hebb.safetensors");
    std::fs::write(&model, serialize(tensors, None).unwrap()).unwrap();
    let cues = folder.path().join("cues.npy");
    let mut flipped = rows;
    flipped.iter_mut().for_each(|row| row[0] = -row[0]);
    attractor::data::write_i8(&cues, 2, 8, &flipped.concat()).unwrap();
    for precision in ["f32", "f16", "f16-split"] {
        let out = folder.path().join(precision);
        let arguments = ["recall", "--model", text(&model), "--cues", text(&cues), "--out", text(&out)];
        succeed(&[&arguments[..], &["--backend", "cpu", "--precision", precision]].concat());
        let finals = attractor::data::read_patterns(&out.join("final.npy"), None).unwrap();
        assert_eq!(finals.to_bipolar(), rows.concat(), "{precision}");
    }
}

#[test]
fn hetero_association_walks_a_sequence() {
    let folder = TempDir::new().unwrap();
    let patterns = npy(folder.path(), "patterns.npy", -1, 1);
    let rows = attractor::data::read_patterns(&patterns, None).unwrap();
    let shifted = rows.select((0..32).map(|row| (row + 1) % 32));
    let targets = folder.path().join("targets.npy");
    attractor::data::write_i8(&targets, 32, 16, &shifted.to_bipolar()).unwrap();
    let (model, out) = (folder.path().join("model.safetensors"), folder.path().join("out"));
    let arguments = ["train", "--patterns", text(&patterns), "--targets", text(&targets), "--kernel", "rbf:0.1"];
    succeed(&[&arguments[..], &["--out", text(&model)]].concat());
    succeed(&["recall", "--model", text(&model), "--cues", text(&patterns), "--max-steps", "1", "--out", text(&out)]);
    assert_eq!(attractor::data::read_patterns(&out.join("final.npy"), None).unwrap(), shifted);
    // One step from every pattern stands in its target, though nothing is fixed.
    let arguments = ["recall", "--model", text(&model), "--cues", text(&patterns), "--targets", text(&targets)];
    let scored = succeed(&[&arguments[..], &["--max-steps", "1", "--json", "--out", text(&out)]].concat());
    let scored: serde_json::Value = serde_json::from_slice(&scored.stdout).unwrap();
    assert_eq!(scored["outcomes"]["target"], 32);
    // A whole round of 32 states is a cycle of period 32.
    let arguments = ["recall", "--model", text(&model), "--cues", text(&patterns), "--max-steps", "40"];
    succeed(&[&arguments[..], &["--out", text(&out)]].concat());
    let csv = std::fs::read_to_string(out.join("recall.csv")).unwrap();
    assert!(csv.lines().skip(1).all(|line| line.contains(",cycle,32,32,")), "{csv}");
}

#[test]
fn images_are_binarised() {
    let folder = TempDir::new().unwrap();
    let (images, model) = (idx(folder.path()), folder.path().join("model.safetensors"));
    for binarize in ["threshold:127", "mean", "median"] {
        succeed(&["train", "--patterns", text(&images), "--binarize", binarize, "--out", text(&model)]);
    }
    refuse(2, &["train", "--patterns", text(&images), "--out", text(&model)], &["row 0", "--binarize"]);
    let sweep =
        ["sweep", "--patterns", text(&images), "--binarize", "threshold:127", "--loads", "0.5", "--similarities", "1"];
    let out = folder.path().join("sweep");
    succeed(&[&sweep[..], &["--out", text(&out), "--quiet"]].concat());
    assert_eq!(cells(&out).lines().count(), 2);
    let too_many = [&sweep[..6], &["1", "--similarities", "1", "--out", text(&out)]].concat();
    refuse(2, &too_many, &["needs 6 patterns", "the file has 4", "--loads"]);
}

#[test]
fn wrong_settings_are_refused_before_anything_starts() {
    let folder = TempDir::new().unwrap();
    let out = text(folder.path());
    let cases: [(&[&str], &[&str]); 19] = [
        (&["--loads", "0.001"], &["rounds to no pattern", "0.01"]),
        (&["--loads", "-1"], &["rounds to no pattern"]),
        (&["--loads", "x"], &["\"x\"", "first..last:step"]),
        (&["--loads", "1,1"], &["load 1", "once"]),
        (&["--neurons", "4", "--loads", "5"], &["20 patterns of 4 neurons", "16"]),
        (&["--neurons", "0"], &["--neurons 0"]),
        (&["--similarities", "1.5"], &["similarity 1.5", "-1 and 1"]),
        (&["--similarities", "nan"], &["nan"]),
        (&["--similarities", "1,0.999"], &["similarity 0.999", "0 of 100 bits"]),
        (&["--learning-rate", "-1"], &["learning rate -1"]),
        (&["--kernel", "rbf:-1"], &["rbf:-1", "rbf:GAMMA"]),
        (&["--kernel", "gauss:1"], &["gauss:1"]),
        (&["--kernel", "rbf:1e300"], &["smaller gamma"]),
        (&["--rule", "magic"], &["magic", "klr"]),
        (&["--learning-rate", "0"], &["learning rate 0", "0.1"]),
        (&["--regularization", "nan"], &["regularization NaN"]),
        (&["--max-steps", "0"], &["--max-steps 0"]),
        (&["--networks", "0"], &["--networks 0"]),
        (&["--backend", "gpu:no such adapter"], &["no such adapter"]),
    ];
    for (arguments, words) in cases {
        refuse(2, &[&["sweep", "--out", out], arguments].concat(), words);
    }
    refuse(3, &["sweep", "--out", out, "--neurons", "100000", "--loads", "100"], &["GiB", "lower --loads"]);
    assert!(!folder.path().join("report.html").exists());
    assert_eq!(attractor(&["sweep", "--loads"]).status.code(), Some(2), "clap's own refusals");
}

#[test]
fn a_diverging_kernel_does_not_keep_the_others_from_finishing() {
    let folder = TempDir::new().unwrap();
    // At gamma = 1e-5 the kernel matrix is nearly all ones: its largest eigenvalue is P, and a step of 0.5 too large.
    let arguments = [
        "--out",
        text(folder.path()),
        "--kernel",
        "rbf:0.00001,rbf:0.2",
        "--regularization",
        "1",
        "--learning-rate",
        "0.5",
    ];
    refuse(5, &[&SMALL[..], &arguments].concat(), &["diverged", "18 of 36 cells", "--learning-rate"]);
    let rows = cells(folder.path());
    assert_eq!(
        rows.lines().filter(|line| line.starts_with("rbf:0.00001,") && line.contains(",0,NaN,")).count(),
        18,
        "{rows}"
    );
    assert_eq!(rows.lines().filter(|line| line.starts_with("rbf:0.2,") && !line.contains("NaN")).count(), 18, "{rows}");
    assert!(std::fs::read_to_string(folder.path().join("report.html")).unwrap().contains("diverged"));
    // Nothing is left to run, and the verdict stays.
    refuse(5, &[&SMALL[..], &arguments].concat(), &["diverged"]);
    let patterns = npy(folder.path(), "patterns.npy", -1, 1);
    let model = folder.path().join("model.safetensors");
    let train = ["train", "--patterns", text(&patterns), "--learning-rate", "1e30", "--quiet", "--out", text(&model)];
    refuse(5, &train, &["diverged", "--learning-rate"]);
    assert!(!model.exists());
}

#[test]
fn results_of_others_are_neither_taken_over_nor_overwritten() {
    let folder = TempDir::new().unwrap();
    let arguments = [&SMALL[..], &["--out", text(folder.path())]].concat();
    let cells = folder.path().join("cells.csv");
    for foreign in ["my,precious,header", "a,b\n1,2\n"] {
        std::fs::write(&cells, foreign).unwrap();
        refuse(2, &arguments, &["cells.csv", "manifest.json", "another --out"]);
        assert_eq!(std::fs::read_to_string(&cells).unwrap(), foreign);
    }
    std::fs::remove_file(&cells).unwrap();
    succeed(&arguments);
    let finished = std::fs::read(&cells).unwrap();
    let manifest = folder.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"version\": \"", "\"version\": \"9.")).unwrap();
    refuse(2, &arguments, &["manifest.json", "attractor 9."]);
    std::fs::remove_file(&manifest).unwrap();
    refuse(2, &arguments, &["cells.csv", "manifest.json"]);
    assert_eq!(std::fs::read(&cells).unwrap(), finished);
    std::fs::write(&manifest, &text).unwrap();
    std::fs::write(&cells, "a,b\n1,2\n").unwrap();
    refuse(2, &arguments, &["cells.csv", "header"]);
    assert_eq!(std::fs::read_to_string(&cells).unwrap(), "a,b\n1,2\n");
}

#[test]
fn broken_files_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (good, model) = (npy(folder.path(), "good.npy", -1, 1), folder.path().join("model.safetensors"));
    let bytes = std::fs::read(&good).unwrap();
    let train =
        |path: &Path, words: &[&str]| refuse(2, &["train", "--patterns", text(path), "--out", text(&model)], words);
    train(&write("empty.npy", &[]), &["empty.npy", "empty"]);
    train(&write("short.npy", &bytes[..bytes.len() - 7]), &["short.npy"]);
    train(&write("magic.npy", b"PK\x03\x04 is a zip"), &["magic.npy"]);
    train(&npy(folder.path(), "two.npy", 2, 1), &["two.npy", "row", "column", "--binarize"]);
    let output = attractor(&["train", "--patterns", "no/such/file.npy", "--out", text(&model)]);
    assert_eq!((output.status.code(), stderr(&output).contains("no/such/file.npy")), (Some(1), true));

    succeed(&["train", "--patterns", text(&good), "--updates", "5", "--out", text(&model)]);
    let images = idx(folder.path());
    let out = folder.path().join("out");
    let recall =
        ["recall", "--model", text(&model), "--cues", text(&images), "--binarize", "mean", "--out", text(&out)];
    refuse(2, &recall, &["6 neurons", "the model has 16"]);
    let broken = write("broken.safetensors", &std::fs::read(&model).unwrap()[..100]);
    refuse(
        2,
        &["recall", "--model", text(&broken), "--cues", text(&good), "--out", text(&out)],
        &["broken.safetensors"],
    );
    let unwritable = write("a-file", b"");
    let output = attractor(&[&SMALL[..], &["--out", text(&unwritable.join("below"))]].concat());
    assert_eq!(
        (output.status.code(), stderr(&output).contains("cannot create")),
        (Some(1), true),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_result_never_replaces_an_input_or_a_stranger() {
    let folder = TempDir::new().unwrap();
    let patterns = npy(folder.path(), "patterns.npy", -1, 1);
    let before = std::fs::read(&patterns).unwrap();
    refuse(2, &["train", "--patterns", text(&patterns), "--out", text(&patterns)], &["replace the input"]);
    assert_eq!(std::fs::read(&patterns).unwrap(), before);
    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "mine").unwrap();
    refuse(2, &["train", "--patterns", text(&patterns), "--out", text(&notes)], &["exists and is no model"]);
    let model = folder.path().join("model.safetensors");
    for _ in 0..2 {
        succeed(&["train", "--patterns", text(&patterns), "--updates", "5", "--out", text(&model)]);
    }
    let cues = npy(folder.path(), "final.npy", -1, 1);
    let recall = ["recall", "--model", text(&model), "--cues", text(&cues), "--out", text(folder.path())];
    refuse(2, &recall, &["replace the input"]);
    let swept = folder.path().join("swept");
    sweep(&swept, &[]);
    refuse(2, &["recall", "--model", text(&model), "--cues", text(&cues), "--out", text(&swept)], &["holds a sweep"]);
}

#[test]
fn duplicate_patterns_are_warned_of() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("twice.npy");
    attractor::data::write_i8(&path, 3, 4, &[1, 1, -1, 1, -1, -1, 1, 1, 1, 1, -1, 1]).unwrap();
    let model = folder.path().join("model.safetensors");
    let output = succeed(&["train", "--patterns", text(&path), "--out", text(&model), "--quiet"]);
    assert!(stderr(&output).contains("1 of 3 patterns repeat an earlier one (rows 0 and 2"), "{}", stderr(&output));
}

/// How a GPU computes is its own affair: no variant, check, precision or place of distances changes a number.
#[test]
fn variants_checks_precisions_and_distances_change_no_cell() {
    let folder = TempDir::new().unwrap();
    let swept = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        sweep(&out, &[&["--backend", "gpu"], more].concat());
        cells(&out)
    };
    let plain = swept("plain", &["--variant", "plain"]);
    assert_eq!(swept("checked", &["--variant", "tiled-small", "--checked-shaders"]), plain);
    assert_eq!(swept("stored", &["--distances", "stored"]), plain);
    // In halves other signs are doubted, and their count, the last column but two, is all that differs.
    let undoubted = |cells: &str| -> Vec<String> {
        cells.lines().map(|line| line.rsplit_once(',').expect("a line has columns").0.to_owned()).collect()
    };
    for precision in ["f16", "f16-split"] {
        let halved = swept(precision, &["--precision", precision]);
        assert_eq!(undoubted(&halved), undoubted(&plain), "{precision}");
        assert_ne!(halved, plain, "{precision}");
        let manifest = std::fs::read_to_string(folder.path().join(precision).join("manifest.json")).unwrap();
        assert!(manifest.contains(&format!(r#""precision": "{precision}""#)), "{manifest}");
    }
    let out = folder.path().join("refused");
    let with = |more: &[&'static str]| [&SMALL[..], &["--out", text(&out)], more].concat();
    refuse(2, &with(&["--backend", "gpu", "--variant", "planted"]), &["planted, which no kernel has", "plain, tiled"]);
    refuse(2, &with(&["--backend", "cpu", "--variant", "plain"]), &["--variant plain on the CPU", "--backend gpu"]);
    let unknown = attractor(&with(&["--precision", "f8"]));
    assert!(
        unknown.status.code() == Some(2) && stderr(&unknown).contains("write f32, f16 or f16-split"),
        "{}",
        stderr(&unknown)
    );
    let unknown = attractor(&with(&["--distances", "kept"]));
    assert!(unknown.status.code() == Some(2) && stderr(&unknown).contains("auto, recomputed or stored"));
    refuse(2, &with(&["--backend", "gpu", "--variant", "tiled-vec4"]), &["tiled-vec4 with 30 neurons"]);
    let wide = ["sweep", "--neurons", "65536", "--loads", "0.001", "--distances", "stored", "--out", text(&out)];
    refuse(2, &wide, &["65536 neurons, which 16 bits do not hold", "--distances recomputed"]);
}

#[test]
fn devices_are_listed_as_text_and_json() {
    let listed = succeed(&["devices", "--kernels"]);
    let listed = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.contains("auto takes") && listed.contains("variants: plain, tiled, "), "{listed}");
    let json: serde_json::Value = serde_json::from_slice(&succeed(&["devices", "--json"]).stdout).unwrap();
    assert!(json["auto"].is_string());
    assert!(!json["adapters"].as_array().unwrap().is_empty(), "no adapter: on Debian, install mesa-vulkan-drivers");
}

/// Every rule stores and answers, several in one sweep on the same patterns and cues, and a sweep stopped among them goes on.
#[test]
fn one_sweep_compares_every_rule() {
    let folder = TempDir::new().unwrap();
    let expanded = folder.path().join("product.toml");
    std::fs::write(&expanded, "c2_corr = 1.0\n").unwrap();
    let rules = format!(
        "hebb,hebb-self,hebb/dense:3,hebb/exponential,covariance,oja:0.1,storkey,expanded:{},pseudoinverse,llr,krr,klr",
        text(&expanded)
    );
    let run = |name: &str, loads: &str| {
        let out = folder.path().join(name);
        let arguments = ["sweep", "--neurons", "40", "--loads", loads, "--similarities", "1,0.9", "--networks", "2"];
        succeed(&[&arguments[..], &["--updates", "60", "--rule", &rules, "--quiet", "--out", text(&out)]].concat());
        out
    };
    let out = run("small", "0.05,0.1");
    let cells = cells(&out);
    let rows: Vec<Vec<&str>> = cells.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 12 * 2 * 2 * 2);
    // Two patterns of forty neurons are no task: whoever stores them at all recalls them.
    for row in rows.iter().filter(|row| row[4] == "0.05" && row[5] == "1.0") {
        assert!(row[10] == "1.0" || row[1].starts_with("oja"), "{row:?}");
    }
    // An activity product written as an expanded rule is Hebb's.
    let rates = |rule: &str, kernel: &str| -> Vec<Vec<String>> {
        let of = rows.iter().filter(|row| row[1].starts_with(rule) && row[0] == kernel);
        of.map(|row| row[9..17].iter().map(|value| (*value).to_owned()).collect()).collect()
    };
    let hebb = rows.iter().filter(|row| row[1] == "hebb" && row[0] == "linear");
    let hebb: Vec<Vec<String>> = hebb.map(|row| row[9..17].iter().map(|value| (*value).to_owned()).collect()).collect();
    assert_eq!(rates("expanded:", "linear"), hebb);
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("memories-target-rate-at-0.9") && report.contains("memories-difference-at-1"));
    assert!(report.contains("hebb/dense:3") && report.contains("storkey/linear"));
    // Again: nothing to do, and nothing changes.
    run("small", "0.05,0.1");
    assert_eq!(self::cells(&out), cells);
}

/// What a rule cannot store, or a file does not hold, is said before anything is lost.
#[test]
fn rules_refuse_what_they_cannot_store() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("patterns.npy");
    let mut signs: Vec<i8> = (0..60).map(|i| if ((i / 5) >> (i % 5)) & 1 == 1 { 1 } else { -1 }).collect();
    attractor::data::write_i8(&path, 12, 5, &signs).unwrap();
    let out = folder.path().join("model.safetensors");
    let train = |more: &[&'static str]| [&["train", "--patterns", text(&path), "--out", text(&out)], more].concat();
    refuse(2, &train(&["--rule", "pseudoinverse", "--quiet"]), &["12 patterns: at most 5", "--rule krr"]);
    refuse(2, &train(&["--rule", "storkey", "--kernel", "rbf:0.1"]), &["storkey with kernel rbf:0.1"]);
    for (unknown, all) in [(["--rule", "hopfield"], "storkey"), (["--kernel", "argmin"], "argmax")] {
        let refused = attractor(&train(&unknown));
        assert!(refused.status.code() == Some(2) && stderr(&refused).contains(all), "{}", stderr(&refused));
    }
    assert!(!out.exists());
    // Duplicates leave nothing to invert, and ridge regression does not mind.
    signs.truncate(15);
    signs.copy_within(0..5, 10);
    attractor::data::write_i8(&path, 3, 5, &signs).unwrap();
    let refused = attractor(&train(&["--rule", "pseudoinverse", "--quiet"]));
    assert!(refused.status.code() == Some(2) && stderr(&refused).contains("use --rule krr"), "{}", stderr(&refused));
    succeed(&train(&["--rule", "krr", "--quiet"]));
    succeed(&[
        "recall",
        "--model",
        text(&out),
        "--cues",
        text(&path),
        "--out",
        text(&folder.path().join("recalled")),
        "--quiet",
    ]);
    attractor::data::write_i8(&path, 1, 5, &[1; 5]).unwrap();
    let weights = folder.path().join("weights.txt");
    std::fs::write(&weights, "1 0.5 0.25").unwrap();
    let kernel = format!("table:{}", text(&weights));
    let wrong = ["train", "--patterns", text(&path), "--out", text(&out), "--kernel", &kernel];
    refuse(2, &wrong, &["3 numbers for 5 neurons", "give 6"]);
    let expanded = folder.path().join("rule.toml");
    std::fs::write(&expanded, "c0 = { times_weight = 1e9 }\nc2_corr = 1.0\n").unwrap();
    let rule = format!("expanded:{}", text(&expanded));
    attractor::data::write_i8(&path, 12, 5, &[1; 60]).unwrap();
    let wild = ["train", "--patterns", text(&path), "--out", text(&out), "--rule", &rule, "--quiet"];
    let refused = attractor(&wild);
    assert!(stderr(&refused).contains("passed 1e30 at pattern"), "{}", stderr(&refused));
}

/// Sparse patterns from a file and at random: learnt, recalled and compared in one sweep; what is not of the code is
/// refused.
#[test]
fn sparse_patterns_are_learnt_and_swept() {
    let folder = TempDir::new().unwrap();
    let code = attractor::code::Code::Hypercolumns(8);
    let keys = code.patterns(3, 0, 64, 12).unwrap();
    let bits: Vec<i8> = keys.to_bipolar().into_iter().map(|bit| bit.max(0)).collect();
    let [patterns, model, out] = ["patterns.npy", "model.safetensors", "out"].map(|name| folder.path().join(name));
    attractor::data::write_i8(&patterns, 12, 64, &bits).unwrap();
    let train =
        |more: &[&'static str]| [&["train", "--patterns", text(&patterns), "--out", text(&model)], more].concat();
    refuse(2, &train(&["--rule", "bcpnn"]), &["rule bcpnn with code bipolar", "give --code"]);
    refuse(2, &train(&["--code", "active:8"]), &["rule klr with code active:8", "willshaw"]);
    refuse(2, &train(&["--rule", "bcpnn", "--code", "hypercolumns:7"]), &["hypercolumns:7 of 64 neurons"]);
    refuse(2, &train(&["--rule", "bcpnn", "--code", "active:9"]), &["pattern 0 (counted from 0) has 8 active"]);
    succeed(&train(&["--rule", "bcpnn", "--code", "hypercolumns:8", "--quiet"]));
    let files = ["--model", text(&model), "--cues", text(&patterns), "--targets", text(&patterns)];
    let recalled = succeed(&[&["recall", "--out", text(&out), "--json"], &files[..]].concat());
    let summary: serde_json::Value = serde_json::from_slice(&recalled.stdout).unwrap();
    assert_eq!(summary["outcomes"]["target"], 12);
    assert_eq!(std::fs::read(out.join("final.npy")).unwrap(), std::fs::read(&patterns).unwrap());

    let swept = folder.path().join("swept");
    let sweep = |more: &[&'static str]| {
        let to = ["sweep", "--neurons", "64", "--networks", "2", "--quiet", "--out", text(&swept)];
        [&to, more].concat()
    };
    let asked = ["--code", "active:8", "--loads", "0.1,0.2", "--similarities", "1,0.75", "--rule", "willshaw,boms"];
    succeed(&sweep(&asked));
    let cells = cells(&swept);
    let rows: Vec<Vec<&str>> = cells.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 2 * 2 * 2 * 2);
    for row in rows {
        // Two of eight active neurons moved; a low load.
        let (moved, found): (_, f64) = (row[6], row[10].parse().unwrap());
        assert!(moved == if row[5] == "1.0" { "0" } else { "2" } && found > 0.9, "{row:?}");
    }
    refuse(2, &sweep(&["--code", "active:8", "--rule", "bcpnn", "--similarities=-0.5"]), &["between 0 and 1"]);
    refuse(2, &sweep(&["--code", "active:60", "--rule", "bcpnn", "--similarities", "0"]), &["room for 4 active"]);
    refuse(2, &sweep(&["--rule", "klr,bcpnn"]), &["rule bcpnn with code bipolar"]);
}

#[test]
fn shells_and_manuals_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let printed = String::from_utf8(succeed(&["completions", shell]).stdout).unwrap();
        for word in ["fit-similarity", "merge", "arithmetic"] {
            assert!(printed.contains(word), "{shell}: no {word}");
        }
    }
    let folder = TempDir::new().unwrap();
    let told = succeed(&["man", "--out", text(folder.path())]);
    let pages = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(stderr(&told).contains(&format!("{pages} pages")), "{}", stderr(&told));
    let page = table(&folder.path().join("attractor-sweep.1"));
    assert!(
        page.starts_with(".ie") && page.contains("shard") && page.contains("Train networks at many loads"),
        "{page}"
    );
    assert!(table(&folder.path().join("attractor.1")).contains("attractor"));
}
