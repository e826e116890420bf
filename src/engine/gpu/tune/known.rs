//! What was found about variants, kept in memory and, given a folder, in a file there.
//!
//! A file that is missing, from another version or broken is as none; what cannot be kept is found out again next time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::data::{fingerprint, write_atomic};
use crate::engine::gpu::locked;
use crate::engine::kernel::KERNELS;

/// The file, in the folder of caches.
const FILE: &str = "variants.json";

/// What is known, and where it is kept.
pub(in crate::engine::gpu) struct Tuner {
    /// Adapter, driver and mode of the shaders.
    adapter: String,
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

/// Of one adapter, by class of work.
#[derive(Clone, Default, Deserialize, Serialize)]
struct Known {
    /// The variant to take.
    fastest: BTreeMap<String, String>,
    /// Variants that gave something else than plain.
    differing: BTreeMap<String, BTreeSet<String>>,
}

/// What the file holds.
#[derive(Default, Deserialize, Serialize)]
struct Cache {
    version: String,
    /// FNV-1a of every shader's text, in hexadecimal.
    shaders: String,
    adapters: BTreeMap<String, Known>,
}

impl Cache {
    /// The file's, if it is of this version and these shaders; else an empty one.
    fn read(file: &Path) -> Self {
        let current = Self { version: env!("CARGO_PKG_VERSION").into(), shaders: shaders(), ..Self::default() };
        let found = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let same = |found: &Self| (&found.version, &found.shaders) == (&current.version, &current.shaders);
        found.filter(same).unwrap_or(current)
    }
}

/// Tells these shaders from others.
fn shaders() -> String {
    let texts = KERNELS.iter().flat_map(|kernel| kernel.variants).filter_map(|variant| variant.text().ok());
    fingerprint(texts.flat_map(String::into_bytes))
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

impl Tuner {
    /// What the file in `folder` says of an adapter.
    pub(in crate::engine::gpu) fn new(info: &wgpu::AdapterInfo, checked: bool, folder: Option<&Path>) -> Self {
        let mode = if checked { "checked" } else { "unchecked" };
        let adapter = format!("{}; {} {}; {}; {mode}", info.name, info.driver, info.driver_info, info.backend);
        let file = folder.map(|folder| folder.join(FILE));
        let known = file.as_deref().and_then(|file| Cache::read(file).adapters.remove(&adapter));
        Self { adapter, file, known: Mutex::new(known.unwrap_or_default()) }
    }

    /// The variant to take for a class of work.
    pub(super) fn known(&self, class: &str) -> Option<String> {
        let fastest = locked(&self.known).fastest.get(class).cloned();
        fastest.filter(|variant| !self.differs(class, variant))
    }

    /// Whether a variant gave something else than plain.
    pub(super) fn differs(&self, class: &str, variant: &str) -> bool {
        locked(&self.known).differing.get(class).is_some_and(|differing| differing.contains(variant))
    }

    /// Keeps a choice, beyond this run if it is `lasting`.
    pub(super) fn remember(&self, class: &str, variant: &str, lasting: bool) {
        let add = |known: &mut Known| {
            known.fastest.insert(class.to_owned(), variant.to_owned());
        };
        if lasting { self.learn(add) } else { add(&mut locked(&self.known)) }
    }

    pub(super) fn refuse(&self, class: &str, variant: &str) {
        self.learn(|known| {
            known.differing.entry(class.to_owned()).or_default().insert(variant.to_owned());
        });
    }

    fn learn(&self, add: impl Fn(&mut Known)) {
        add(&mut locked(&self.known));
        let Some(file) = &self.file else { return };
        // Read again, because another process may have added to it since.
        let mut cache = Cache::read(file);
        add(cache.adapters.entry(self.adapter.clone()).or_default());
        let bytes = serde_json::to_vec_pretty(&cache).unwrap_or_default();
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = write_atomic(file, &bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::adapters;

    fn tuner(folder: &Path) -> Tuner {
        let mut info = adapters().first().expect("an adapter").get_info();
        info.name = "planted".into();
        Tuner::new(&info, false, Some(folder))
    }

    #[test]
    fn choices_are_kept_and_a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("made").join("when needed");
        let file = place.join(FILE);
        tuner(&place).remember("a class", "tiled", true);
        tuner(&place).remember("another", "plain", true);
        tuner(&place).refuse("another", "tiled");
        assert_eq!(tuner(&place).known("a class").as_deref(), Some("tiled"));
        assert_eq!(tuner(&place).known("another").as_deref(), Some("plain"));
        assert!(tuner(&place).differs("another", "tiled") && !tuner(&place).differs("a class", "tiled"));
        let kept = std::fs::read_to_string(&file).unwrap();
        let others = [
            kept.replace(env!("CARGO_PKG_VERSION"), "0.0.0-planted"),
            kept.replace(&shaders(), "0000000000000000"),
            kept.replace("planted;", "another card;"),
            kept[..kept.len() / 2].to_owned(),
            "[1, 2]".into(),
            String::new(),
        ];
        for other in others {
            std::fs::write(&file, &other).unwrap();
            assert_eq!(tuner(&place).known("a class"), None, "{other}");
            assert!(!tuner(&place).differs("another", "tiled"), "{other}");
        }
        // What is broken is replaced by the next choice; what cannot be written is no error.
        tuner(&place).remember("a class", "plain", true);
        assert_eq!(tuner(&place).known("a class").as_deref(), Some("plain"));
        tuner(&file).remember("a class", "tiled", true);
    }

    #[test]
    fn a_variant_that_differs_is_not_taken_whatever_else_is_said() {
        let folder = tempfile::tempdir().unwrap();
        tuner(folder.path()).remember("a class", "tiled", true);
        tuner(folder.path()).refuse("a class", "tiled");
        assert_eq!(tuner(folder.path()).known("a class"), None);
    }
}
