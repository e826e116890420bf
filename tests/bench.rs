//! `attractor bench` from outside: what it writes, that everyone is asked the same question, and that no peer can spoil it.
//! Nothing here depends on how fast anything is.

mod common;

use std::path::Path;
use std::process::Output;

use attractor::bench::{Case, Job, Overrides, Task, cases, checksum, points};
#[cfg(unix)]
use common::program::interrupt;
use common::program::{attractor, stderr, succeed, text};
use tempfile::TempDir;

fn bench(folder: &Path, more: &[&str]) -> Output {
    let out = folder.join("out");
    succeed(&[&["bench", "--quick", "--out", text(&out)], more].concat())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("out").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// raw.csv as rows of (column, value).
fn raw(folder: &Path) -> Vec<std::collections::HashMap<String, String>> {
    let text = read(folder, "raw.csv");
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

/// A script that a peer's command can run.
fn script(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the script is written");
    format!("sh '{}'", path.display())
}

#[test]
fn a_quick_run_writes_files_that_parse() {
    let folder = TempDir::new().unwrap();
    let output = bench(folder.path(), &["--backend", "cpu"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for words in ["Ceilings", "Recall", "Training of many small networks", "against load", "number of trials", "sgemm"]
    {
        assert!(table.contains(words), "no {words:?} in {table}");
    }
    let device: serde_json::Value = serde_json::from_str(&read(folder.path(), "device.json")).unwrap();
    assert!(device["command"].as_str().unwrap().starts_with("attractor bench --quick"));
    assert_eq!(device["devices"][0]["backend"], "cpu");
    assert!(device["memory"].as_u64().unwrap() > 0 && device["cpu"].is_string() && device["date"].is_string());
    let rows = raw(folder.path());
    for (kind, what) in [
        ("ceiling", "sgemm"),
        ("ceiling", "peak"),
        ("ceiling", "popcount"),
        ("ceiling", "memory"),
        ("case", "recall"),
        ("case", "train"),
        ("case", "nets"),
        ("case", "load"),
        ("case", "trials"),
    ] {
        let found: Vec<_> = rows.iter().filter(|row| row["kind"] == kind && row["what"] == what).collect();
        assert!(["1", "2"].iter().all(|round| found.iter().any(|row| row["round"] == *round)), "{what} in both rounds");
        assert!(found.iter().all(|row| row["seconds"].parse::<f64>().unwrap() > 0.0 && row["failure"].is_empty()));
        assert!(kind == "ceiling" || found.iter().all(|row| row["checksum"].parse::<i64>().is_ok()));
    }
    let page = read(folder.path(), "summary.md");
    for words in
        ["# attractor bench", "## Ceilings", "## How it was measured", "## Do it again", "(rate.svg)", "agrees"]
    {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    assert!(read(folder.path(), "rate.svg").trim_end().ends_with("</svg>"));
    assert!(!folder.path().join("out/cost.csv").exists());
}

#[test]
fn the_gpu_gives_the_answer_of_the_cpu() {
    let folder = TempDir::new().unwrap();
    let devices: serde_json::Value = serde_json::from_slice(&attractor(&["devices", "--json"]).stdout).unwrap();
    let adapters = devices["adapters"].as_array().unwrap();
    assert!(!adapters.is_empty(), "no adapter: on Debian, install mesa-vulkan-drivers");
    // The first one is taken where none is real: all of one machine's software adapters round alike.
    let arithmetic = adapters[0]["arithmetic"].as_str().unwrap();
    bench(folder.path(), &["--backend", "cpu,gpu", "--arithmetic", arithmetic]);
    let rows = raw(folder.path());
    let answers = |on: &str| -> Vec<[String; 7]> {
        let keys = ["what", "nets", "neurons", "patterns", "trials", "updates", "checksum"];
        let on = rows.iter().filter(|row| row["kind"] == "case" && row["on"] == on && row["round"] == "1");
        on.map(|row| keys.map(|key| row[key].clone())).collect()
    };
    assert_eq!(answers("cpu"), answers("gpu"));
    assert_eq!(answers("cpu").len(), 9);
    let page = read(folder.path(), "summary.md");
    assert!(page.contains("## GPU against CPU") && page.contains("times as fast"), "{page}");
}

/// The job `footprint`: its tables, and one answer on the CPU and on the GPU.
#[test]
fn the_adaptive_similarity_is_measured_where_it_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let devices: serde_json::Value = serde_json::from_slice(&attractor(&["devices", "--json"]).stdout).unwrap();
    let adapters = devices["adapters"].as_array().unwrap();
    assert!(!adapters.is_empty(), "no adapter: on Debian, install mesa-vulkan-drivers");
    let arithmetic = adapters[0]["arithmetic"].as_str().unwrap();
    bench(folder.path(), &["--backend", "cpu,gpu", "--arithmetic", arithmetic, "--jobs", "footprint"]);
    let rows = raw(folder.path());
    // The epoch, and the answers.
    for updates in ["1", "0"] {
        let of = |on: &str| -> Vec<_> {
            let asked = |row: &&std::collections::HashMap<_, _>| {
                row["what"] == "footprint" && row["updates"] == updates && row["on"] == on
            };
            rows.iter().filter(asked).collect()
        };
        let (cpu, gpu) = (of("cpu"), of("gpu"));
        assert_eq!((cpu.len(), gpu.len()), (2, 2), "a time in each of two rounds");
        for row in cpu.iter().chain(&gpu) {
            assert_eq!([&row["neurons"], &row["patterns"], &row["trials"]], ["32", "256", "128"]);
            assert!(row["seconds"].parse::<f64>().unwrap() > 0.0 && row["failure"].is_empty());
            assert_eq!(row["work"].parse::<f64>().unwrap(), 2.0 * 128.0 * 256.0 * 32.0);
            assert_eq!(row["checksum"], cpu[0]["checksum"], "the same bits on every backend, in every round");
        }
        assert_ne!(cpu[0]["checksum"], "0");
    }
    let page = read(folder.path(), "summary.md");
    for words in [
        "## An epoch of the adaptive similarity",
        "## Answers by the adaptive similarity",
        "N 32, P 256, B 128, an epoch",
        "Gvalues/s sorted",
        "queries/s",
        "## GPU against CPU",
    ] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    let epoch = page.lines().find(|line| line.contains("an epoch | cpu")).unwrap();
    let cells: Vec<&str> = epoch.split(" | ").collect();
    assert_eq!((cells[7], cells[8]), ("-", "agrees |"), "no share of a ceiling is claimed: {epoch}");
}

#[cfg(unix)]
#[test]
fn a_peer_has_its_rows_and_every_failure_is_told() {
    let folder = TempDir::new().unwrap();
    let good = r#"echo "warming up"; echo "{\"times_s\": [0.5, 0.25, 0.25], \"checksum\": 1.0, \"device\": \"cpu\"}""#;
    let good = script(folder.path(), "steady.sh", good);
    let rude = script(folder.path(), "rude.sh", "echo first >&2; echo last words >&2; exit 3");
    let babbling = script(folder.path(), "babbling.sh", "echo rubbish");
    let silent = script(folder.path(), "silent.sh", "sleep 600 & sleep 600");
    let absent = folder.path().join("absent.sh").display().to_string();
    let peers = [&good, &rude, &babbling, &silent, &absent].map(|command| ["--peer", command.as_str()]);
    let arguments = ["--backend", "cpu", "--jobs", "recall,train,nets", "--peer-timeout", "0.5"];
    bench(folder.path(), &[&arguments[..], &peers.concat()].concat());

    let rows = raw(folder.path());
    let of = |peer: &str| rows.iter().filter(|row| row["on"] == peer).cloned().collect::<Vec<_>>();
    // Four questions and the matrix product, two rounds, three repeats.
    assert_eq!(of("steady").len(), 5 * 2 * 3);
    assert!(of("steady").iter().all(|row| row["device"] == "cpu" && row["failure"].is_empty()));
    for (peer, words) in [
        ("rude", "exit status: 3): last words"),
        ("babbling", "no JSON object but \"rubbish\""),
        ("silent", "no answer in 0.5 s"),
        ("absent", "No such file"),
    ] {
        let rows = of(peer);
        assert_eq!(rows.len(), 5, "{peer}: one row for each that failed");
        assert!(rows.iter().all(|row| row["failure"].contains(words) && row["seconds"].is_empty()), "{rows:?}");
    }
    let page = read(folder.path(), "summary.md");
    for words in ["x steady", "checksum off by", "last words", "## What failed", "no answer in 0.5 s"] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    assert!(!page.contains("x rude"), "nothing to be compared with");
}

#[cfg(unix)]
#[test]
fn peers_are_asked_in_the_words_of_the_manual() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("asked");
    let text = format!(r#"echo "$@" >> '{}'; echo '{{"median_s": 1, "checksum": 0}}'"#, log.display());
    let peer = script(folder.path(), "peer.sh", &text);
    bench(folder.path(), &["--backend", "cpu", "--jobs", "recall,nets", "--repeats", "1", "--peer", &peer]);
    let asked = std::fs::read_to_string(log).unwrap();
    let asked: Vec<&str> = asked.lines().map(|line| line.split(" --npz").next().unwrap()).collect();
    assert_eq!(
        asked,
        [
            "sgemm --n 128 --repeats 3",
            "recall --n 40 --p 120 --b 256 --repeats 3",
            "recall --n 33 --p 50 --b 20 --repeats 3 --nets 3",
            "train --n 33 --p 50 --updates 3 --repeats 3 --nets 3",
        ]
    );
}

/// Peers of the job `footprint` are asked for no matrix product, and a checksum within the tolerance is right.
#[cfg(unix)]
#[test]
fn peers_of_the_adaptive_similarity_are_asked_for_it_alone() {
    let folder = TempDir::new().unwrap();
    bench(folder.path(), &["--backend", "cpu", "--jobs", "footprint", "--repeats", "1"]);
    let rows = raw(folder.path());
    let right: Vec<i64> = rows.iter().filter_map(|row| row["checksum"].parse().ok()).collect();
    assert_eq!(right.len(), 2);
    let peer = |name: &str, off: i64| {
        let [fit, retrieve] = [right[0] + off, right[1] + off];
        let text = format!(
            r#"echo "$@" >> '{}'; [ $1 = fit ] && sum={fit} || sum={retrieve}
            cp "${{11}}" '{}/'$1.npz; echo "{{\"median_s\": 1, \"checksum\": $sum}}""#,
            folder.path().join(name).display(),
            folder.path().display(),
        );
        script(folder.path(), &format!("{name}.sh"), &text)
    };
    let (near, far) = (peer("near", 100), peer("far", 101));
    std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    let shape = ["--neurons", "32", "--trials", "128", "--updates", "7"];
    let peers = ["--peer", &near, "--peer", &far];
    let rest = ["--backend", "cpu", "--jobs", "footprint", "--repeats", "1"];
    bench(folder.path(), &[&rest[..], &shape, &peers].concat());
    let asked = std::fs::read_to_string(folder.path().join("near")).unwrap();
    let asked: Vec<&str> = asked.lines().map(|line| line.split(" --npz").next().unwrap()).collect();
    let wanted = ["fit --n 32 --p 256 --b 128 --repeats 3", "retrieve --n 32 --p 256 --b 128 --repeats 3"];
    assert_eq!(asked, wanted);
    let page = read(folder.path(), "summary.md");
    for words in ["x near", "| near |", "checksum off by 101: not within 100"] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    assert!(page.lines().filter(|line| line.contains("| near |")).all(|line| line.ends_with("agrees |")), "{page}");
    assert_eq!(page.matches("not within 100").count(), 2, "{page}");
    assert!(!page.contains("## What failed"), "{page}");
    // Three arrays of f32, not compressed.
    let [fit, retrieve] = ["fit.npz", "retrieve.npz"].map(|name| std::fs::read(folder.path().join(name)).unwrap());
    let names = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        [("patterns.npy", "(256, 32, )"), ("queries.npy", "(128, 32, )"), ("weights.npy", "(2, 32, )")]
            .iter()
            .all(|(name, shape)| text.contains(name) && text.contains(shape) && text.contains("<f4"))
    };
    assert!(names(&fit) && names(&retrieve) && fit != retrieve);
}

#[cfg(unix)]
#[test]
fn interrupted_it_writes_what_there_is() {
    let folder = TempDir::new().unwrap();
    let peer = script(folder.path(), "slow.sh", "sleep 600");
    let out = folder.path().join("out");
    // Once the folder is there, so is the handler.
    let arguments = ["bench", "--quick", "--backend", "cpu", "--peer", &peer, "--out", text(&out)];
    let output = interrupt(&arguments, || out.exists());
    assert!(stderr(&output).contains("what was measured so far is in"), "{}", stderr(&output));
    assert!(read(folder.path(), "summary.md").contains("**Interrupted"));
    assert!(read(folder.path(), "raw.csv").starts_with("round,kind,what,on,device"));
}

#[test]
fn cost_is_measured_point_by_point() {
    let folder = TempDir::new().unwrap();
    bench(folder.path(), &["--jobs", "cost", "--backend", "cpu"]);
    let text = read(folder.path(), "cost.csv");
    let rows: Vec<std::collections::HashMap<String, String>> =
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["against"].as_str()).collect::<String>(), "PPNNBB");
    for row in &rows {
        let [start, peak, given] =
            ["start_bytes", "peak_bytes", "given_bytes"].map(|name| row[name].parse::<u64>().unwrap());
        assert!(row["skipped"].is_empty() && peak >= start && given > 0, "{row:?}");
        assert!(row["seconds"].parse::<f64>().unwrap() > 0.0);
    }
    assert!(read(folder.path(), "cost.svg").contains("</svg>"));
    let page = read(folder.path(), "summary.md");
    assert!(page.contains("## Cost as work grows") && page.contains("(cost.svg)") && !page.contains("## Ceilings"));
}

#[test]
fn what_does_not_fit_is_skipped_and_said() {
    let folder = TempDir::new().unwrap();
    // A trillion trials of 40 neurons: more than any machine has.
    let large = ["--jobs", "cost", "--backend", "cpu", "--trials", "1000000000000"];
    bench(folder.path(), &large);
    let text = read(folder.path(), "cost.csv");
    assert_eq!(text.lines().filter(|line| line.contains("skipped: needs about")).count(), 4, "{text}");
    assert!(read(folder.path(), "summary.md").contains("TiB"));
}

#[test]
fn wrong_options_are_refused_before_anything_starts() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine"), "mine").unwrap();
    let occupied = folder.path().to_str().unwrap();
    let free = folder.path().join("free");
    let free = free.to_str().unwrap();
    let wrong: [(&[&str], &[&str]); 9] = [
        (&["--jobs", "recal"], &["recal", "recall, train, nets, load, trials, footprint and cost"]),
        (&["--repeats", "0"], &["--repeats 0", "1 or more"]),
        (&["--neurons", "0"], &["--neurons 0", "1 or more"]),
        (&["--jobs", "cost", "--trials", "0"], &["--trials 0"]),
        (&["--peer", ""], &["--peer \"\"", "benches/peer.py"]),
        (&["--peer", "python3 'peer.py"], &["every quote closed"]),
        (&["--peer-timeout", "-1"], &["--peer-timeout -1", "above 0"]),
        (&["--backend", "cpu,cpu"], &["cpu", "name each device once"]),
        (&["--backend", "abacus"], &["abacus", "auto, cpu, gpu"]),
    ];
    for (arguments, words) in wrong {
        let output = attractor(&[&["bench", "--quick", "--out", free][..], arguments].concat());
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(words.iter().all(|word| message.contains(word)), "{arguments:?}: {message}");
    }
    let output = attractor(&["bench", "--quick", "--jobs", "recall", "--out", occupied]);
    assert_eq!((output.status.code(), stderr(&output).contains("holds something already")), (Some(2), true));
    let huge = ["bench", "--jobs", "recall", "--patterns", "1000000000000", "--out", free];
    let output = attractor(&huge);
    assert_eq!(
        (output.status.code(), stderr(&output).contains("lower --patterns")),
        (Some(3), true),
        "{}",
        stderr(&output)
    );
    assert!(!Path::new(free).exists());
}

#[test]
fn results_are_objects_for_programs() {
    let folder = TempDir::new().unwrap();
    let output = bench(folder.path(), &["--jobs", "train", "--backend", "cpu", "--json", "--repeats", "1"]);
    let objects: Vec<serde_json::Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let train = objects.iter().find(|object| object["what"] == "train").unwrap();
    assert_eq!((&train["patterns"], &train["updates"], &train["repeats"]), (&120.into(), &3.into(), &1.into()));
    assert!(train["median_s"].as_f64().unwrap() > 0.0 && train["checksum"].is_i64());
    assert_eq!(train["distances"], "recomputed");
}

#[test]
fn useful_work_and_checksums_are_as_defined() {
    let case =
        Case { job: Job::Nets, task: Task::Recall, nets: 64, neurons: 100, patterns: 400, trials: 50, updates: 10 };
    assert_eq!(case.useful(), 64.0 * 2.0 * 50.0 * 400.0 * 100.0);
    assert_eq!(Case { task: Task::Train, ..case }.useful(), 64.0 * 4.0 * 400.0 * 400.0 * 100.0 * 10.0);
    let fit = Case { job: Job::Footprint, task: Task::Fit, nets: 1, ..case };
    assert_eq!((fit.useful(), fit.count()), (2.0 * 50.0 * 400.0 * 100.0, 50.0));
    assert_eq!((fit.unit(), case.unit()), ("Gvalues/s sorted", "GFLOP/s"));
    // +1 -2 +3, then 0 for a zero.
    assert_eq!(checksum([0.1, -0.1, 5.0, 0.0]), 2);
}

#[test]
fn a_shape_of_ones_own_takes_the_place_of_all() {
    let jobs = [Job::Recall, Job::Train, Job::Nets, Job::Load, Job::Trials];
    let all = cases(&jobs, &Overrides::default(), false).unwrap();
    assert_eq!(all.len(), 2 + 2 + 3 + 7 + 14);
    let own = Overrides { neurons: Some(60), trials: Some(10), ..Overrides::default() };
    let own = cases(&jobs, &own, false).unwrap();
    assert!(own.iter().all(|case| case.neurons == 60) && own.len() == 1 + 1 + 2 + 7 + 14);
    assert_eq!((own[0].patterns, own[0].trials), (1600, 10));
    let loads = own.iter().filter(|case| case.job == Job::Load);
    assert_eq!(loads.map(|case| case.patterns / 60).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64]);
    let own = Overrides { trials: Some(9), updates: Some(9), ..Overrides::default() };
    let own = cases(&[Job::Footprint], &own, false).unwrap();
    let sizes: Vec<_> = own.iter().map(|case| (case.task, case.neurons, case.trials, case.updates)).collect();
    assert_eq!(sizes, [(Task::Fit, 64, 9, 1), (Task::Retrieve, 64, 9, 0)]);
    let own = Overrides { patterns: Some(5), ..Overrides::default() };
    assert!(points(&own, false).unwrap().iter().all(|point| point.against == "P" || point.patterns == 5));
}
