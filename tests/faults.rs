//! What befalls a run from outside: it is killed, its disk is full, another run wants its folder. Nothing finished is
//! lost, and what follows is, byte for byte, what an undisturbed run has.

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use attractor_kernels_cpu::philox::philox;
use common::program::{program, refuse, stderr, succeed, table, text};
use tempfile::TempDir;

const SWEEP: [&str; 16] = [
    "sweep",
    "--neurons",
    "40",
    "--loads",
    "1,2,3,4,5",
    "--similarities",
    "1,0.9,0.8",
    "--updates",
    "100",
    "--max-cues",
    "200",
    "--networks",
    "3",
    "--backend",
    "cpu",
    "--quiet",
];

fn results(folder: &Path) -> Vec<(String, String)> {
    let mut files = vec![folder.join("cells.csv")];
    let figures = fs::read_dir(folder.join("figures")).expect("figures were drawn");
    files.extend(figures.map(|entry| entry.expect("an entry").path()));
    files.sort();
    files.iter().map(|path| (text(path).rsplit('/').next().unwrap_or_default().to_owned(), table(path))).collect()
}

/// How many kills: a few wherever tests run; docs/reliability.md says what more of them found.
fn kills() -> u32 {
    std::env::var("ATTRACTOR_TEST_KILLS").map_or(12, |count| count.parse().expect("a number of kills"))
}

#[test]
fn killed_at_any_moment_a_sweep_continues_to_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let run = |out: &Path| program().args(SWEEP).args(["--out", text(out)]).stderr(Stdio::null()).spawn().unwrap();
    let whole = folder.path().join("whole");
    let start = Instant::now();
    assert!(run(&whole).wait().unwrap().success());
    let undisturbed = start.elapsed();
    let wanted = results(&whole);
    let (mut begun, mut rows) = (0, 0);
    for kill in 0..kills() {
        let out = folder.path().join("killed");
        let mut child = run(&out);
        let share = f64::from(philox([1, 0], [kill, 0, 0, 0])[0]) / f64::from(u32::MAX);
        sleep(undisturbed.mul_f64(share));
        // SIGKILL: no handler, no last words.
        child.kill().unwrap();
        let survived = child.wait().unwrap().success();
        let saved = fs::read_to_string(out.join("cells.csv")).unwrap_or_default().lines().count();
        begun += usize::from(!survived && saved > 0);
        rows += saved.saturating_sub(1);
        let again = succeed(&[&SWEEP[..], &["--out", text(&out)]].concat());
        assert_eq!(results(&out), wanted, "kill {kill} at {share} of {undisturbed:?}: {}", stderr(&again));
        fs::remove_dir_all(&out).unwrap();
    }
    println!("{} kills, {begun} of them between the first row and the last, {rows} rows kept", kills());
    assert!(begun > 0, "every kill came too early or too late: {undisturbed:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_room_a_sweep_says_so_and_continues_with_some() {
    let folder = TempDir::new().unwrap();
    let [whole, out] = ["whole", "out"].map(|name| folder.path().join(name));
    succeed(&[&SWEEP[..], &["--out", text(&whole)]].concat());
    // Files may grow to so many blocks of 512 bytes, and a write beyond fails as on a full disk.
    for blocks in [1, 4, 8, 12] {
        let mut arguments = vec!["-c", "ulimit -f \"$0\"; trap '' XFSZ; exec \"$@\""];
        let [blocks, program_path] = [blocks.to_string(), env!("CARGO_BIN_EXE_attractor").to_owned()];
        arguments.extend([blocks.as_str(), &program_path]);
        arguments.extend(SWEEP);
        arguments.extend(["--out", text(&out)]);
        let output = std::process::Command::new("sh")
            .args(&arguments)
            .env("ATTRACTOR_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{blocks} blocks: {}", stderr(&output));
        let told = stderr(&output);
        assert!(told.contains("cannot write") && told.contains("the space left"), "{blocks} blocks: {told}");
    }
    succeed(&[&SWEEP[..], &["--out", text(&out)]].concat());
    assert_eq!(results(&out), results(&whole));
}

#[test]
fn of_two_runs_in_one_folder_the_second_is_refused() {
    let folder = TempDir::new().unwrap();
    let [whole, out] = ["whole", "out"].map(|name| folder.path().join(name));
    succeed(&[&SWEEP[..], &["--out", text(&whole)]].concat());
    let arguments = [&SWEEP[..], &["--out", text(&out)]].concat();
    fs::create_dir(&out).unwrap();
    // As the first run does for as long as it lives.
    let first = fs::File::create(out.join(".lock")).unwrap();
    first.lock().unwrap();
    refuse(2, &arguments, &["in use by another attractor"]);
    assert!(!out.join("cells.csv").exists());
    drop(first);
    succeed(&arguments);
    assert_eq!(results(&out), results(&whole));
}
