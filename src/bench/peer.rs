//! Peers: programs that answer the same questions another way, run as processes and read by the JSON line they print.
//!
//! A peer may do anything: fail, print rubbish or never come back. Each of these is its own row's matter and nobody else's.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::job::{Case, Task};
use super::subject::{Failure, Round, Subject};
use crate::error::{Error, Result};

/// Timed repeats, or epochs in a row, in one invocation: starting an interpreter costs far more than a repeat.
pub(super) const REPEATS: usize = 3;
/// Between two looks at whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The most of a peer's own words that a message repeats.
const LONGEST_LINE: usize = 160;
/// The longest name in a table.
const LONGEST_LABEL: usize = 28;

/// A program to compare with, as the user gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The program and its first arguments.
    words: Vec<String>,
    /// What tables call it: the arguments after its script.
    pub label: String,
    /// How long one invocation may take.
    pub timeout: Duration,
}

impl Peer {
    /// Splits a command as a shell would.
    ///
    /// # Errors
    /// If there is no word in it, or a quote is not closed.
    pub fn new(command: &str, timeout: Duration) -> Result<Self> {
        let words = shlex::split(command).filter(|words| !words.is_empty()).ok_or_else(|| {
            Error::setting(
                format!("--peer {command:?}"),
                "give a command and its arguments, every quote closed, such as \"python3 benches/peer.py numpy\"",
            )
        })?;
        let is_script = |word: &String| {
            let extension = Path::new(word).extension();
            extension.is_some_and(|extension| extension.to_string_lossy().chars().all(char::is_alphabetic))
        };
        let script = words.iter().position(is_script).unwrap_or(0);
        let label = match words[script + 1..].join(" ") {
            rest if rest.is_empty() => {
                let stem = Path::new(&words[script]).file_stem();
                stem.map_or_else(|| words[script].clone(), |stem| stem.to_string_lossy().into_owned())
            }
            rest => rest,
        };
        let label = shortened(&label, LONGEST_LABEL);
        Ok(Self { words, label, timeout })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Words with a NUL in them cannot be quoted, nor can they be a command line's.
        f.write_str(&shlex::try_join(self.words.iter().map(String::as_str)).unwrap_or_default())
    }
}

/// One question put to one peer.
pub(super) struct Asked {
    peer: Peer,
    arguments: Vec<String>,
    /// Where its output goes: files rather than pipes, which a grandchild could hold open for ever.
    folder: PathBuf,
    answers: bool,
}

impl Asked {
    /// A case, its data in `npz`.
    pub(super) fn case(peer: &Peer, case: &Case, npz: &Path, folder: &Path) -> Self {
        let of_task = match case.task {
            Task::Train => ("updates", case.updates),
            Task::Recall | Task::Fit | Task::Retrieve => ("b", case.trials),
        };
        let mut arguments = numbered(case.task.word(), &[("n", case.neurons), ("p", case.patterns), of_task]);
        if case.nets > 1 {
            arguments.extend(["--nets".into(), case.nets.to_string()]);
        }
        arguments.extend(["--npz".into(), npz.display().to_string()]);
        Self { peer: peer.clone(), arguments, folder: folder.into(), answers: true }
    }

    /// Its own matrix product.
    pub(super) fn sgemm(peer: &Peer, n: usize, folder: &Path) -> Self {
        let arguments = numbered("sgemm", &[("n", n)]);
        Self { peer: peer.clone(), arguments, folder: folder.into(), answers: false }
    }

    fn start(&self, output: &Path, errors: &Path) -> std::io::Result<Child> {
        let mut command = Command::new(&self.peer.words[0]);
        command.args(&self.peer.words[1..]).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(File::create(output)?).stderr(File::create(errors)?);
        // A group of its own, so that it can be ended with all that it started.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

fn numbered(job: &str, sizes: &[(&str, usize)]) -> Vec<String> {
    let sizes = sizes.iter().chain(&[("repeats", REPEATS)]);
    std::iter::once(job.to_owned())
        .chain(sizes.flat_map(|(name, size)| [format!("--{name}"), size.to_string()]))
        .collect()
}

fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // Where the group is gone already, so is what was to be ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // It may just have ended by itself, which is as good.
    let _ = child.kill();
    let _ = child.wait();
}

impl Subject for Asked {
    fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Round, Failure> {
        let (output, errors) = (self.folder.join("peer.out"), self.folder.join("peer.err"));
        let mut child = self
            .start(&output, &errors)
            .map_err(|error| Failure::Hopeless(format!("cannot start {}: {error}", self.peer.words[0])))?;
        let start = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => {}
                Err(error) => {
                    end(&mut child);
                    return Err(Failure::Failed(format!("cannot be waited for: {error}")));
                }
            }
            if !go_on() {
                end(&mut child);
                return Err(Failure::Interrupted);
            }
            if start.elapsed() >= self.peer.timeout {
                end(&mut child);
                let limit = self.peer.timeout.as_secs_f64();
                return Err(Failure::Hopeless(format!("no answer in {limit} s{}", last_words(&errors))));
            }
            std::thread::sleep(LOOK_EVERY);
        };
        // Ctrl-C in a terminal reaches the peer too: then it did not fail by itself.
        if !go_on() {
            return Err(Failure::Interrupted);
        }
        if !status.success() {
            return Err(Failure::Failed(format!("failed ({status}){}", last_words(&errors))));
        }
        let printed = std::fs::read(&output).unwrap_or_default();
        parse(&String::from_utf8_lossy(&printed), self.answers)
            .map_err(|what| Failure::Failed(format!("{what}{}", last_words(&errors))))
    }
}

/// The last line of the file that is not blank, shortened, with a colon before it.
fn last_words(errors: &Path) -> String {
    let said = std::fs::read(errors).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .map(|line| format!(": {}", shortened(line, LONGEST_LINE)))
        .unwrap_or_default()
}

fn shortened(line: &str, most: usize) -> String {
    let mut short: String = line.chars().take(most).collect();
    if short.len() < line.len() {
        short.push_str("...");
    }
    short
}

/// What a peer prints: its last line that is not blank, a JSON object with `times_s` or `median_s`, and with `checksum`
/// where there is an answer.
fn parse(printed: &str, answers: bool) -> Result<Round, String> {
    let Some(line) = printed.lines().map(str::trim).rfind(|line| !line.is_empty()) else {
        return Err("printed nothing".into());
    };
    let value: Value = serde_json::from_str(line)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| format!("printed no JSON object but {:?}", shortened(line, LONGEST_LINE)))?;
    let times = match &value["times_s"] {
        Value::Array(times) if !times.is_empty() => times.iter().map(Value::as_f64).collect(),
        _ => value["median_s"].as_f64().map(|median| Some(vec![median])).unwrap_or_default(),
    };
    let usable = |times: &Vec<f64>| times.iter().all(|time| time.is_finite() && *time > 0.0);
    let seconds = times.filter(usable).ok_or("printed neither times_s nor median_s as positive numbers of seconds")?;
    // A sum of integers, whatever type it was added up in.
    let checksum = value["checksum"].as_f64().filter(|sum| sum.is_finite()).map(|sum| sum.round() as i64);
    if answers && checksum.is_none() {
        return Err("printed no checksum".into());
    }
    let device = value["device"].as_str().map(str::to_owned);
    Ok(Round { seconds, checksum, device, ..Round::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_named_by_what_follows_its_script() {
        let label = |command: &str| Peer::new(command, Duration::ZERO).unwrap().label;
        assert_eq!(label("python3 benches/peer.py torch --device cuda"), "torch --device cuda");
        assert_eq!(label("/usr/bin/python3 'my peer.py'"), "my peer");
        assert_eq!(label("fortran-peer"), "fortran-peer");
        assert_eq!(label("python3.11 ./peer.py numpy --gamma 0.5"), "numpy --gamma 0.5");
        assert_eq!(label("sh -c 'a very long command that nobody could read'").chars().count(), LONGEST_LABEL + 3);
        for command in ["", "  ", "python3 'peer.py"] {
            assert!(Peer::new(command, Duration::ZERO).unwrap_err().to_string().contains("--peer"), "{command}");
        }
    }

    #[test]
    fn only_whole_answers_are_taken() {
        let good = parse("warming up\n{\"times_s\": [0.5, 0.25], \"checksum\": -7.0, \"device\": \"cpu\"}\n\n", true);
        let good = good.unwrap();
        assert_eq!((good.seconds, good.checksum, good.device.as_deref()), (vec![0.5, 0.25], Some(-7), Some("cpu")));
        assert_eq!(parse("{\"median_s\": 2}", false).unwrap().seconds, [2.0]);
        for (printed, word) in [
            ("", "nothing"),
            ("rubbish", "\"rubbish\""),
            ("[1]", "no JSON object"),
            ("{\"times_s\": [0]}", "positive"),
            ("{\"times_s\": [\"a\"]}", "positive"),
            ("{\"checksum\": 1}", "positive"),
            ("{\"median_s\": 1}", "no checksum"),
            ("{\"median_s\": 1, \"checksum\": null}", "no checksum"),
        ] {
            assert!(parse(printed, true).unwrap_err().contains(word), "{printed}");
        }
    }
}
