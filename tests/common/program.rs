//! The program, run as a user would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program, keeping what it remembers apart from the user's.
pub(crate) fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_attractor"));
    program.env("ATTRACTOR_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    program
}

pub(crate) fn attractor(arguments: &[&str]) -> Output {
    program().args(arguments).stdin(Stdio::null()).output().expect("attractor runs")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn succeed(arguments: &[&str]) -> Output {
    let output = attractor(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    output
}

/// Fails with the code, in one or two lines that hold all of `words`.
pub(crate) fn refuse(code: i32, arguments: &[&str], words: &[&str]) {
    let output = attractor(arguments);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    let told = |line: &&str| line.starts_with("device: ") || line.starts_with("warning: ");
    let errors: Vec<&str> = message.lines().filter(|line| !told(line)).collect();
    assert!(errors.len() <= 2 && errors[0].starts_with("error: "), "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: no {word:?} in {message}");
    }
}

/// Interrupted, as by Ctrl-C, once what it writes says that it is well on its way.
#[cfg(unix)]
pub(crate) fn interrupt(arguments: &[&str], on_its_way: impl Fn() -> bool) -> Output {
    let mut program = program();
    let mut child =
        program.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("attractor runs");
    while !on_its_way() {
        if child.try_wait().expect("the child is ours").is_some() {
            panic!("{arguments:?} ended by itself: {:?}", child.wait_with_output());
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let output = child.wait_with_output().expect("the child ends");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    output
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// A .npy of 32 distinct rows of 16 values, made by the binary representation of squares.
pub(crate) fn npy(folder: &Path, name: &str, zero: i8, one: i8) -> PathBuf {
    let bit =
        |row: u32, column: u32| if (row * row * 7919 + row * 104_729) >> (column % 16) & 1 == 1 { one } else { zero };
    let values: Vec<i8> = (0..32).flat_map(|row| (0..16).map(move |column| bit(row, column))).collect();
    let path = folder.join(name);
    attractor::data::write_i8(&path, 32, 16, &values).expect("the file is written");
    path
}

/// A table, byte for byte.
pub(crate) fn table(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the table is there")
}
