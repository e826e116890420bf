//! One error type for the whole library. Each message names the thing, the number and the cure.

use std::path::PathBuf;

/// What can go wrong, from the user's input to the device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot be meant: found before any work starts.
    #[error("{what}: {cure}")]
    Setting {
        /// The setting and its value.
        what: String,
        /// What to write instead.
        cure: String,
    },
    /// A file whose contents cannot be used.
    #[error("{path}: {what}; {cure}", path = path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the offending number.
        what: String,
        /// What to do about it.
        cure: String,
    },
    /// The operating system refused to read or write a file.
    #[error("{path}: cannot {action}: {reason}; check the path, its permissions and the space left", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// "read", "write", "create", ...
        action: &'static str,
        /// The system's reason. Not a `source`: it is part of the message already.
        reason: std::io::Error,
    },
    /// The work would not fit in memory.
    #[error("{what} needs about {needed}, but {available} is available: {cure}")]
    Memory {
        /// What would be held.
        what: String,
        /// Its estimated size, as text with a unit.
        needed: String,
        /// What there is, as text with a unit.
        available: String,
        /// Which setting to lower.
        cure: String,
    },
    /// A GPU, its driver or a shader failed.
    #[error("{device}: {what}: {cure}")]
    Device {
        /// The adapter's name.
        device: String,
        /// What failed, naming the kernel or the buffer and its size.
        what: String,
        /// What to do about it.
        cure: String,
    },
    /// These patterns have no such memory, or it was not found: another network's may.
    #[error("{what}: {cure}")]
    Unlearnable {
        /// What has no solution, or was not solved, with the number that shows it.
        what: String,
        /// Another rule or setting.
        cure: String,
    },
    /// Training left the finite numbers.
    #[error("training diverged: {what}; lower --learning-rate (now {learning_rate}){}", up_to(*safe))]
    Diverged {
        /// Which network and quantity.
        what: String,
        /// The step that was too large.
        learning_rate: f32,
        /// Up to which one is safe, if any is.
        safe: Option<f64>,
    },
    /// The caller asked for the work to stop; everything finished so far is saved.
    #[error("interrupted; what had finished is saved, and the same command continues from there")]
    Interrupted,
    /// The caller asked for work to stop whose only result is the whole.
    #[error("interrupted; nothing was saved, and the same command starts over")]
    Abandoned,
    /// The caller asked for a training to stop; the best so far is saved, and the same command begins anew.
    #[error("interrupted; {place} holds the best so far, and the same command begins anew", place = place.display())]
    Kept {
        /// Where it is saved.
        place: PathBuf,
    },
    /// The caller asked for a bench to stop; what was measured is saved, and the same command begins anew.
    #[error("interrupted; what was measured so far is in {folder}", folder = folder.display())]
    Stopped {
        /// Where it is saved.
        folder: PathBuf,
    },
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn up_to(safe: Option<f64>) -> String {
    safe.map_or(String::new(), |safe| format!(": up to {safe:.2e} is safe"))
}

impl Error {
    /// A setting that cannot be meant, and what to write instead.
    pub fn setting(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Setting { what: what.into(), cure: cure.into() }
    }

    /// Patterns without such a memory, why, and what to do.
    pub fn unlearnable(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Unlearnable { what: what.into(), cure: cure.into() }
    }

    /// A file whose contents cannot be used, why, and what to do.
    pub fn data(path: impl Into<PathBuf>, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Data { path: path.into(), what: what.into(), cure: cure.into() }
    }

    /// Wraps an I/O error with the path and the action that failed.
    pub fn io(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Io { path, action, reason }
    }
}
