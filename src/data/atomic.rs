//! Files that are either whole or not there: written beside their place, then renamed into it.
//!
//! Knows nothing of what is in a file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path` so that a reader, or a crash, never sees a part of them.
///
/// # Errors
/// `Io`, naming `path`, if the folder does not exist or the file cannot be created, written or renamed; what was at
/// `path` is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = beside(path)?;
    let mut file = File::create(&temporary).map_err(Error::io(path, "create"))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(path, "write"));
    // Closed before the rename, which some systems refuse for open files.
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, path).map_err(Error::io(path, "write")));
    if let Some(Ok(folder)) =
        path.parent().map(|folder| File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }))
    {
        // The rename itself reaches the disk with the folder; where folders cannot be synced, it soon will anyway.
        let _ = folder.sync_all();
    }
    renamed.inspect_err(|_| {
        // The first failure is the one to report.
        let _ = fs::remove_file(&temporary);
    })
}

/// Finds out before long work whether its result can be written to `path`; leaves nothing behind.
///
/// # Errors
/// `Io`, naming `path`, if its folder does not exist or takes no file; `Setting` if it is a folder itself.
pub fn check_writable(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::setting(format!("{} is a folder", path.display()), "give the path of a file"));
    }
    let temporary = beside(path)?;
    File::create(&temporary).map_err(Error::io(path, "create"))?;
    fs::remove_file(&temporary).map_err(Error::io(path, "write"))
}

/// A name in the same folder. The process is in it, so that two that write the same file do not write into each other's
/// half.
fn beside(path: &Path) -> Result<PathBuf> {
    let Some(name) = path.file_name() else {
        return Err(Error::setting(format!("{} is no file name", path.display()), "give the path of a file"));
    };
    let mut temporary = name.to_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(temporary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.bin");
        write_atomic(&path, b"first, longer").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["result.bin"]);
    }

    #[test]
    fn failures_are_io_errors_and_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent").join("result.bin");
        assert!(matches!(write_atomic(&absent, b"x"), Err(Error::Io { action: "create", .. })));
        let occupied = folder.path().join("folder");
        fs::create_dir(&occupied).unwrap();
        assert!(matches!(write_atomic(&occupied, b"x"), Err(Error::Io { action: "write", .. })));
        assert_eq!(names(folder.path()), ["folder"]);
        assert!(matches!(write_atomic(Path::new("/"), b"x"), Err(Error::Setting { .. })));
    }
}
