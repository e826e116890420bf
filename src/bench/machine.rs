//! The machine that was measured, in words that another one's can be held against.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::engine::Device;

/// What device.json holds.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// When the bench started, UTC.
    pub date: String,
    /// The command as typed.
    pub command: String,
    /// This crate's version.
    pub version: &'static str,
    /// The commit it was built from, as far as git can tell from where the program lies.
    pub commit: Option<String>,
    /// Operating system and kernel.
    pub system: String,
    /// The processor's name.
    pub cpu: String,
    /// Physical cores, where the system tells.
    pub cores: Option<usize>,
    /// Threads the CPU backend uses.
    pub threads: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// The backends that were measured, with their drivers, vector extensions and arithmetics.
    pub devices: Vec<Device>,
    /// Every adapter there is.
    pub adapters: Vec<String>,
}

impl Machine {
    /// Asks the system.
    pub fn here(command: String, devices: Vec<Device>, adapters: Vec<String>) -> Self {
        let known =
            RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()).with_memory(MemoryRefreshKind::everything());
        let system = System::new_with_specifics(known).ok();
        let brand = system.as_ref().and_then(|system| Some(system.cpus().first()?.brand().trim().to_owned()));
        let named = |answer: Result<String, sysinfo::Error>| answer.unwrap_or_else(|_| "unknown".into());
        Self {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            command,
            version: env!("CARGO_PKG_VERSION"),
            commit: commit(),
            system: format!("{}, kernel {}", named(System::long_os_version()), named(System::kernel_version())),
            cpu: brand.filter(|brand| !brand.is_empty()).unwrap_or_else(|| std::env::consts::ARCH.into()),
            cores: System::physical_core_count().ok(),
            threads: rayon::current_num_threads(),
            memory: system.map_or(0, |system| system.total_memory()),
            devices,
            adapters,
        }
    }

    /// A short name for folders: the GPU's or else the processor's, and the threads.
    pub fn slug(&self) -> String {
        let gpu = self.devices.iter().find(|device| device.backend == "gpu").map(|device| &device.name);
        slug(gpu.unwrap_or(&self.cpu), self.threads)
    }

    /// `bench-results/<date>-<slug>`.
    pub fn folder(&self) -> PathBuf {
        Path::new("bench-results").join(format!("{}-{}", self.date.get(..10).unwrap_or_default(), self.slug()))
    }
}

/// The name's telling words, and the number of threads.
fn slug(name: &str, threads: usize) -> String {
    const COMMON: [&str; 11] =
        ["r", "tm", "c", "cpu", "gpu", "processor", "core", "with", "graphics", "intel", "corporation"];
    // What follows describes the clock, or a driver's build.
    let name = name.to_lowercase();
    let name = name.split(['@', ',']).next().unwrap_or_default();
    let words =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && !COMMON.contains(word));
    let mut short = words.take(4).collect::<Vec<_>>().join("-");
    if short.is_empty() {
        short = std::env::consts::ARCH.into();
    }
    format!("{short}-{threads}t")
}

/// The folder itself, or with -2, -3 ... at its end where earlier results lie.
pub fn free_folder(folder: &Path) -> PathBuf {
    let numbered = |count: usize| PathBuf::from(format!("{}-{count}", folder.display()));
    let mut candidates = std::iter::once(folder.to_owned()).chain((2..).map(numbered));
    candidates.find(|folder| !folder.exists()).unwrap_or_else(|| unreachable!("there is always another number"))
}

/// `git describe` beside the program: where it lies in a checkout's target folder, that is its own commit.
fn commit() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let mut git = Command::new("git");
    git.arg("-C").arg(program.parent()?).args(["describe", "--always", "--dirty", "--abbrev=12"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|commit| !commit.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_safe() {
        for (name, wanted) in [
            ("AMD EPYC 9654 96-Core Processor", "amd-epyc-9654-96-8t"),
            ("Intel(R) Core(TM) i9-13900K CPU @ 3.00GHz", "i9-13900k-8t"),
            ("NVIDIA H200", "nvidia-h200-8t"),
            ("llvmpipe (LLVM 15.0.6, 256 bits)", "llvmpipe-llvm-15-0-8t"),
            ("../..", &format!("{}-8t", std::env::consts::ARCH)),
        ] {
            assert_eq!(slug(name, 8), wanted);
        }
    }

    #[test]
    fn earlier_results_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("today");
        assert_eq!(free_folder(&wanted), wanted);
        std::fs::create_dir(&wanted).unwrap();
        std::fs::create_dir(folder.path().join("today-2")).unwrap();
        assert_eq!(free_folder(&wanted), folder.path().join("today-3"));
    }
}
