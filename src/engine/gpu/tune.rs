//! Which variant of a kernel is fastest here: tried once for each shape of work, and remembered.
//!
//! Every variant of a row gives the same bits, or signs certified alike, so a choice, a stale one and a wrong one change
//! no result. Trials write into arrays of their own. What was found is kept in memory and, given a folder, in a file
//! there; a file that is missing, from another version or broken is as none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use wgpu::{Buffer, BufferDescriptor, BufferUsages};

use super::pipeline::Pipeline;
use super::submit::{bind, encode, grid, uniforms};
use super::{Gpu, Stored, locked, shaders};
use crate::data::write_atomic;
use crate::engine::Array;
use crate::engine::array::Chunks;
use crate::engine::kernel::{Access, KERNELS, Kernel, Slot, Variant};
use crate::engine::panel::{Limits, Panel, panels};
use crate::engine::recording::{Dispatch, Work};
use crate::error::Result;

/// The file, in the folder of caches.
const FILE: &str = "variants.json";
/// Work below this takes no longer than its launch: plain does it.
const WORTH_TRYING: u64 = 1 << 24;
/// A trial runs at least so long, so that what surrounds a launch does not count.
const TRIAL_SECONDS: f64 = 0.005;
/// Each candidate is tried so often, and its best time counts: nothing makes a trial faster than it is.
const TRIALS: usize = 3;
/// A run so many times longer than a rival's best is no bad luck.
const HOPELESS: f64 = 2.0;
/// A trial repeats its launch at most so often.
const MOST_REPEATS: usize = 32;
/// Bytes that a trial may write: its arrays come on top of the work's own.
const SCRATCH: u64 = 64 << 20;

/// What is known, and where it is kept.
pub(super) struct Tuner {
    /// Adapter, driver and mode of the shaders.
    adapter: String,
    file: Option<PathBuf>,
    /// Variant by class of work.
    choices: Mutex<BTreeMap<String, String>>,
}

/// What the file holds; adapters by name, of each the variant by class of work.
#[derive(Default, Deserialize, Serialize)]
struct Cache {
    version: String,
    /// FNV-1a of every shader's text, in hexadecimal.
    shaders: String,
    adapters: BTreeMap<String, BTreeMap<String, String>>,
}

impl Cache {
    /// The file's, if it is of this version and these shaders; else an empty one.
    fn read(file: &Path) -> Self {
        let current = Self { version: env!("CARGO_PKG_VERSION").into(), shaders: fingerprint(), ..Self::default() };
        let found = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let same = |found: &Self| (&found.version, &found.shaders) == (&current.version, &current.shaders);
        found.filter(same).unwrap_or(current)
    }
}

fn fingerprint() -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let texts = KERNELS.iter().flat_map(|kernel| kernel.variants).filter_map(|variant| variant.text().ok());
    let hash = texts.fold(0xcbf2_9ce4_8422_2325, |hash, text| text.bytes().fold(hash, fold));
    format!("{hash:016x}")
}

/// Where programs keep what they could find out again: `$ATTRACTOR_CACHE_DIR`, or the platform's place for attractor.
/// None where there is no home.
pub fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let below = |folder: Option<PathBuf>| folder.map(|folder| folder.join("attractor"));
    let own = folder("ATTRACTOR_CACHE_DIR");
    if cfg!(windows) {
        return own.or_else(|| below(folder("LOCALAPPDATA")));
    }
    let home = |place: &str| folder("HOME").map(|home| home.join(place));
    if cfg!(target_os = "macos") {
        return own.or_else(|| below(home("Library/Caches")));
    }
    own.or_else(|| below(folder("XDG_CACHE_HOME").or_else(|| home(".cache"))))
}

/// Work of one class is told apart by nothing that moves the ranking much: the powers of two that hold its sizes, and
/// which variants take it.
fn class(kernel: &Kernel, work: Work, candidates: &[&'static Variant]) -> String {
    let Work { nets, trials, patterns, neurons } = work;
    let [nets, trials, patterns, neurons] =
        [nets, trials, patterns, neurons].map(|size| size.max(1).next_power_of_two());
    let names: Vec<&str> = candidates.iter().map(|variant| variant.name).collect();
    format!(
        "{} of {nets} nets, {trials} trials, {patterns} patterns, {neurons} neurons among {}",
        kernel.stem,
        names.join(", ")
    )
}

impl Tuner {
    /// What the file in `folder` says of an adapter.
    pub(super) fn new(info: &wgpu::AdapterInfo, checked: bool, folder: Option<&Path>) -> Self {
        let mode = if checked { "checked" } else { "unchecked" };
        let adapter = format!("{}; {} {}; {}; {mode}", info.name, info.driver, info.driver_info, info.backend);
        let file = folder.map(|folder| folder.join(FILE));
        let known = file.as_deref().and_then(|file| Cache::read(file).adapters.remove(&adapter));
        Self { adapter, file, choices: Mutex::new(known.unwrap_or_default()) }
    }

    fn known(&self, class: &str) -> Option<String> {
        locked(&self.choices).get(class).cloned()
    }

    fn remember(&self, class: String, variant: &str) {
        locked(&self.choices).insert(class.clone(), variant.to_owned());
        let Some(file) = &self.file else { return };
        // Read again, because another process may have added to it since.
        let mut cache = Cache::read(file);
        cache.adapters.entry(self.adapter.clone()).or_default().insert(class, variant.to_owned());
        let bytes = serde_json::to_vec_pretty(&cache).unwrap_or_default();
        // What cannot be kept is found out again next time.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = write_atomic(file, &bytes);
    }
}

/// The variant for a dispatch among those that take it: the one found fastest for its class, found now if need be.
pub(super) fn fastest(
    gpu: &Gpu,
    dispatch: &Dispatch,
    stored: &[&Stored],
    candidates: &[&'static Variant],
) -> Result<&'static Variant> {
    let kernel = dispatch.kernel;
    let Work { nets, trials, patterns, .. } = dispatch.work;
    let whole = Panel { nets: 0..nets, trials: 0..trials, patterns: 0..patterns };
    if candidates.len() == 1 || (kernel.work)(&whole.extent(dispatch)) < WORTH_TRYING {
        return Ok(candidates[0]);
    }
    let class = class(kernel, dispatch.work, candidates);
    let by_name = |name: String| candidates.iter().find(|variant| variant.name == name);
    if let Some(known) = gpu.tuner.known(&class).and_then(by_name) {
        return Ok(known);
    }
    let (trial, repeats) = Trial::sized(gpu, dispatch, stored, candidates[0])?;
    let mut best = (f64::INFINITY, candidates[0]);
    for &variant in candidates {
        // A driver that refuses a faster way does not stop the work: there is another. A lost device shows again below.
        let Ok(seconds) = trial.best(gpu, variant, repeats, best.0) else { continue };
        if seconds < best.0 {
            best = (seconds, variant);
        }
    }
    gpu.tuner.remember(class, best.1.name);
    Ok(best.1)
}

/// The first panel of a dispatch, its outputs replaced by arrays that nobody reads.
struct Trial<'a> {
    dispatch: &'a Dispatch,
    stored: &'a [&'a Stored],
    panel: Panel,
    /// For every slot, the array written instead.
    scratch: Vec<Option<Buffer>>,
}

impl<'a> Trial<'a> {
    /// A panel that keeps the device busy for long enough, or all there is; and how often to launch it.
    fn sized(
        gpu: &Gpu,
        dispatch: &'a Dispatch,
        stored: &'a [&'a Stored],
        plain: &'static Variant,
    ) -> Result<(Self, usize)> {
        // From little work upwards, so that the first guess of a slow device's speed makes no long launch.
        let mut work = WORTH_TRYING.min(gpu.limits.work);
        loop {
            let trial = Self::new(gpu, dispatch, stored, work)?;
            let seconds = trial.best(gpu, plain, 1, f64::INFINITY)?;
            let whole = (dispatch.kernel.work)(&trial.panel.extent(dispatch)) < work / 2;
            let next = work.saturating_mul(4).min(gpu.limits.work);
            let bytes = Self::bytes(dispatch, &trial.panel) * 4;
            if seconds >= TRIAL_SECONDS || whole || next == work || bytes > SCRATCH {
                let repeats = (TRIAL_SECONDS / seconds.max(1e-6)).ceil() as usize;
                return Ok((trial, repeats.clamp(1, MOST_REPEATS)));
            }
            work = next;
        }
    }

    fn new(gpu: &Gpu, dispatch: &'a Dispatch, stored: &'a [&'a Stored], work: u64) -> Result<Self> {
        let chunks: Vec<Chunks> = stored.iter().map(|stored| stored.chunks).collect();
        let limits = Limits { work, ..gpu.limits };
        // Cut for the least tile that any variant has.
        let panels = panels(dispatch, &chunks, gpu.shaders.least_tile(dispatch.kernel), &limits);
        let Some(panel) = panels.into_iter().next() else { return Err(gpu.failed("no work to try")) };
        let scratch = |((slot, array), stored): ((&Slot, &Array), &&Stored)| {
            let words = panel.span(&stored.chunks, slot.axis, array.shape()).1.len();
            (slot.access == Access::Write).then(|| {
                gpu.device.create_buffer(&BufferDescriptor {
                    label: Some("trial"),
                    size: words as u64 * 4,
                    usage: BufferUsages::STORAGE,
                    mapped_at_creation: false,
                })
            })
        };
        let scratch =
            gpu.guarded("allocating for a trial", || Ok(dispatch.bindings().zip(stored).map(scratch).collect()))?;
        Ok(Self { dispatch, stored, panel, scratch })
    }

    /// Bytes that a panel writes.
    fn bytes(dispatch: &Dispatch, panel: &Panel) -> u64 {
        let written = dispatch.bindings().filter(|(slot, _)| slot.access == Access::Write);
        let rows = (panel.nets.len() * panel.trials.len()) as u64;
        written.map(|(_, array)| rows * array.shape().width as u64 * 4).sum()
    }

    /// The shortest of several runs of a variant, in seconds a launch; of one run, if that is far above `rival`.
    fn best(&self, gpu: &Gpu, variant: &'static Variant, repeats: usize, rival: f64) -> Result<f64> {
        let pipeline: Arc<Pipeline> = shaders::compile(gpu, self.dispatch.kernel, variant)?;
        let extent = self.panel.extent(self.dispatch);
        let groups = grid(gpu, self.dispatch, &pipeline, &extent)?;
        let mut best = f64::INFINITY;
        gpu.guarded(&format!("trying {} of kernel {}", variant.name, self.dispatch.kernel.stem), || {
            let uniforms = uniforms(gpu, self.dispatch, &[extent]);
            let place = (&uniforms, 0);
            let bindings = bind(gpu, self.dispatch, self.stored, &pipeline, &self.panel, place, &self.scratch);
            // The first run finds caches cold.
            for run in 0..=TRIALS {
                let start = Instant::now();
                let launch = (self.dispatch.kernel.stem, &*pipeline, &bindings, groups);
                let submission = encode(gpu, std::iter::repeat_n(launch, repeats));
                gpu.wait(submission)?;
                let seconds = start.elapsed().as_secs_f64() / repeats as f64;
                if run > 0 || seconds > HOPELESS * rival {
                    best = best.min(seconds);
                }
                if seconds > HOPELESS * rival {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kernel::FIELD;

    fn tuner(folder: &Path) -> Tuner {
        let mut info = super::super::adapters().first().expect("an adapter").get_info();
        info.name = "planted".into();
        Tuner::new(&info, false, Some(folder))
    }

    #[test]
    fn choices_are_kept_and_a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("made").join("when needed");
        let file = place.join(FILE);
        tuner(&place).remember("a class".into(), "tiled");
        tuner(&place).remember("another".into(), "plain");
        assert_eq!(tuner(&place).known("a class").as_deref(), Some("tiled"));
        assert_eq!(tuner(&place).known("another").as_deref(), Some("plain"));
        let kept = std::fs::read_to_string(&file).unwrap();
        let others = [
            kept.replace(env!("CARGO_PKG_VERSION"), "0.0.0-planted"),
            kept.replace(&fingerprint(), "0000000000000000"),
            kept.replace("planted;", "another card;"),
            kept[..kept.len() / 2].to_owned(),
            "[1, 2]".into(),
            String::new(),
        ];
        for other in others {
            std::fs::write(&file, &other).unwrap();
            assert_eq!(tuner(&place).known("a class"), None, "{other}");
        }
        // What is broken is replaced by the next choice; what cannot be written is no error.
        tuner(&place).remember("a class".into(), "plain");
        assert_eq!(tuner(&place).known("a class").as_deref(), Some("plain"));
        tuner(&file).remember("a class".into(), "tiled");
    }

    #[test]
    fn classes_hold_like_work_of_the_same_candidates() {
        let of = |trials, neurons, count| {
            let candidates: Vec<_> = FIELD.variants.iter().take(count).collect();
            class(&FIELD, Work { nets: 3, trials, patterns: 0, neurons }, &candidates)
        };
        assert_eq!(of(1000, 100, 2), of(700, 68, 2));
        assert_ne!(of(1000, 100, 2), of(1025, 100, 2));
        assert_ne!(of(1000, 100, 2), of(1000, 100, 3));
    }
}
