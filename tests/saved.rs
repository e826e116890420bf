//! Experiments as their folders have them: shards joined, reports made again, by processes of their own.

mod common;

use std::fs;
use std::path::Path;

use common::program::{attractor, program, refuse, stderr, succeed, table, text};
use tempfile::TempDir;

const SWEEP: [&str; 13] = [
    "sweep",
    "--neurons",
    "30",
    "--loads",
    "1,2,3",
    "--similarities",
    "1,0.8",
    "--updates",
    "40",
    "--max-cues",
    "50",
    "--networks",
    "2",
];
const PHASE: [&str; 11] =
    ["phase", "--neurons", "20", "--loads", "1,3", "--kernel", "rbf:0.1,rbf:0.5", "--updates", "30", "--networks", "2"];

/// Every file of a folder's figures, by name.
fn figures(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder.join("figures")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries.map(|path| (text(&path).rsplit('/').next().unwrap().into(), table(&path))).collect();
    all.sort();
    all
}

#[test]
fn shards_joined_are_the_single_run() {
    for (command, rows, counts) in [(&SWEEP[..], "cells.csv", [1, 2, 4]), (&PHASE[..], "phase.csv", [1, 3, 5])] {
        let folder = TempDir::new().unwrap();
        let single = folder.path().join("single");
        succeed(&[command, &["--quiet", "--out", text(&single)]].concat());
        for count in counts {
            let place = |which: usize| folder.path().join(format!("{which}-of-{count}"));
            // Each a process of its own, all at once, as a scheduler runs them.
            let running: Vec<_> = (1..=count)
                .map(|which| {
                    let shard = format!("{which}/{count}");
                    let more = ["--quiet", "--shard", &shard, "--out", text(&place(which)).to_owned().leak()];
                    program().args([command, &more].concat()).spawn().unwrap()
                })
                .collect();
            running.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
            let out = folder.path().join(format!("joined-{count}"));
            let folders: Vec<_> = (1..=count).rev().map(place).collect();
            let folders: Vec<&str> = folders.iter().map(|path| text(path)).collect();
            let merge = [&["merge"], &folders[..], &["--out", text(&out)]].concat();
            succeed(&merge);
            assert_eq!(table(&out.join(rows)), table(&single.join(rows)), "{count} shards");
            assert_eq!(figures(&out), figures(&single), "{count} shards");
            // The same again changes nothing; the command of the whole finds every row.
            succeed(&merge);
            succeed(&[command, &["--quiet", "--out", text(&out)]].concat());
            assert_eq!(table(&out.join(rows)), table(&single.join(rows)));
        }
    }
}

#[test]
fn what_is_no_whole_is_not_joined() {
    let folder = TempDir::new().unwrap();
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        succeed(&[&SWEEP[..], &["--quiet", "--out", text(&out)], more].concat());
        out
    };
    let [one, two] = ["1/2", "2/2"].map(|shard| run(&shard.replace('/', "-"), &["--shard", shard]));
    let [whole, third] = [run("whole", &[]), run("third", &["--shard", "1/3"])];
    let other = run("other", &["--shard", "2/2", "--seed", "2"]);
    let out = folder.path().join("out");
    let refused = |folders: &[&Path], words: &[&str]| {
        let folders: Vec<&str> = folders.iter().map(|path| text(path)).collect();
        refuse(2, &[&["merge"], &folders[..], &["--out", text(&out)]].concat(), words);
        assert!(!out.join("cells.csv").exists());
    };
    refused(&[&one], &["shard 2/2 is missing"]);
    refused(&[&one, &two, &two], &["shard 2/2 is there twice"]);
    refused(&[&one, &third], &["third", "shard 1/3, and others are of 2"]);
    refused(&[&one, &other], &["other", "another sweep", "seed"]);
    refused(&[&whole], &["whole", "not a shard of one"]);
    let cells = table(&two.join("cells.csv"));
    fs::write(two.join("cells.csv"), cells.split_inclusive('\n').take(3).collect::<String>()).unwrap();
    refused(&[&one, &two], &["2-2", "run its command again"]);
    fs::write(two.join("cells.csv"), cells.replacen(",false,", ",true,", 1)).unwrap();
    refused(&[&one, &two], &["other rows", "than were saved"]);
    refuse(
        2,
        &[&SWEEP[..], &["--shard", "9/9", "--out", text(&out)]].concat(),
        &["--shard 9/9 of 6 networks has none"],
    );
    let spelled = attractor(&[&SWEEP[..], &["--shard", "0/2"]].concat());
    assert!(spelled.status.code() == Some(2) && stderr(&spelled).contains("i/n"), "{}", stderr(&spelled));
    // A shard's folder continues as that shard alone.
    refuse(2, &[&SWEEP[..], &["--out", text(&one)]].concat(), &["another sweep", "shard \"1/2\" there, null here"]);
}

#[test]
fn reports_are_made_again_from_what_was_saved() {
    let small = ["--neurons", "20", "--updates", "20", "--kernel", "rbf:0.1"];
    let experiments: [&[&str]; 6] = [
        &["sweep", "--loads", "1", "--similarities", "1,0.8", "--max-cues", "20"],
        &["sequence", "--lengths", "5,9", "--trials", "2"],
        &["capacity", "--flips", "0", "--most-patterns", "8", "--networks", "1"],
        &["attractors", "--loads", "1"],
        &["snr", "--loads", "1"],
        &["spectrum", "--loads", "1"],
    ];
    for command in experiments {
        let folder = TempDir::new().unwrap();
        let place = ["--quiet", "--out", text(folder.path())];
        succeed(&[command, &small[..], &place].concat());
        let page = table(&folder.path().join("report.html"));
        let before = figures(folder.path());
        // A sequence's walks are drawn as they are walked, and kept.
        for (name, _) in before.iter().filter(|(name, _)| !name.starts_with("overlap-")) {
            fs::remove_file(folder.path().join("figures").join(name)).unwrap();
        }
        fs::remove_file(folder.path().join("report.html")).unwrap();
        succeed(&["report", text(folder.path())]);
        assert_eq!(table(&folder.path().join("report.html")), page, "{command:?}");
        assert_eq!(figures(folder.path()), before, "{command:?}");
    }
    // What came up is said again; and where table and journal disagree, nothing is touched.
    let folder = TempDir::new().unwrap();
    let place = ["--quiet", "--out", text(folder.path()), "--learning-rate", "1e30", "--loads", "1"];
    assert_eq!(attractor(&[&["sweep", "--similarities", "1"], &small[..], &place].concat()).status.code(), Some(5));
    let page = table(&folder.path().join("report.html"));
    assert!(page.contains("3 of 3 cells have no trials") && page.contains("learning rate"), "{page}");
    succeed(&["report", text(folder.path())]);
    assert_eq!(table(&folder.path().join("report.html")), page);
    let [cells, journal] = ["cells.csv", "journal.csv"].map(|name| folder.path().join(name));
    let (rows, entries) = (table(&cells), table(&journal));
    for cut in [0, entries.find('\n').unwrap() + 1] {
        fs::write(&journal, &entries[..cut]).unwrap();
        refuse(2, &["report", text(folder.path())], &["agree on", "run the command again"]);
        assert_eq!((table(&cells).as_str(), table(&journal).as_str()), (rows.as_str(), &entries[..cut]));
    }
    // A run makes the rows again, and keeps those it cannot vouch for.
    attractor(&[&["sweep", "--similarities", "1"], &small[..], &place].concat());
    assert_eq!(table(&cells), rows);
    assert_eq!(table(&folder.path().join("cells.csv.cut")), rows);
    let nothing = TempDir::new().unwrap();
    refuse(1, &["report", text(nothing.path())], &["manifest.json", "cannot read"]);
    fs::write(nothing.path().join("manifest.json"), "{}").unwrap();
    refuse(2, &["report", text(nothing.path())], &["is no manifest"]);
    fs::write(nothing.path().join("manifest.json"), r#"{"format":"x-1","version":"0"}"#).unwrap();
    refuse(2, &["report", text(nothing.path())], &["another kind of experiment (x-1)"]);
}
