//! What the driver made of the shaders, kept in the folder of caches from one run to the next.
//!
//! Vulkan only. A file that is missing, broken, or of another version or driver is as none; one that cannot be written is no
//! error. What is in it is the driver's business.

use std::path::{Path, PathBuf};

use wgpu::{AdapterInfo, Device, Features, PipelineCache, PipelineCacheDescriptor, util};

use crate::data::{fnv, write_atomic};

/// A cache of pipelines, and where it is kept.
pub(super) struct Compiled {
    pub(super) pipelines: PipelineCache,
    file: PathBuf,
    /// The checksum of what the file held, or was last given.
    kept: Option<u64>,
}

impl Compiled {
    /// The cache of a device, with what the file in `folder` holds. None where the device or the user wants none.
    pub(super) fn open(device: &Device, info: &AdapterInfo, folder: Option<&Path>) -> Option<Self> {
        let key = util::pipeline_cache_key(info).filter(|_| device.features().contains(Features::PIPELINE_CACHE))?;
        let file = folder?.join(key);
        let bytes = std::fs::read(&file).unwrap_or_default();
        let data = opened(&bytes);
        let descriptor = PipelineCacheDescriptor { label: Some("pipelines"), data, fallback: true };
        // SAFETY: the data must come from `get_data` of the same kind of device. The file is named after that, only `save`
        // writes it, and the checksum before the data finds what was cut off or damaged since; wgpu and the driver refuse
        // another driver's data by their own headers, and `fallback` makes that an empty cache. A checksum stops nobody who
        // means harm; but who can write in the user's cache folder can write the driver's own cache beside it as well.
        let pipelines = unsafe { device.create_pipeline_cache(&descriptor) };
        Some(Self { pipelines, file, kept: data.map(checksum) })
    }

    /// Writes the cache to its file, if it holds anything new.
    pub(super) fn save(&mut self) {
        let Some(data) = self.pipelines.get_data() else { return };
        let checksum = checksum(&data);
        if self.kept == Some(checksum) {
            return;
        }
        // What cannot be kept is compiled again next time.
        let _ = self.file.parent().map(std::fs::create_dir_all);
        let _ = write_atomic(&self.file, &[&checksum.to_le_bytes(), data.as_slice()].concat());
        self.kept = Some(checksum);
    }
}

/// Of data and of the version, so that a new one begins anew.
fn checksum(data: &[u8]) -> u64 {
    fnv(env!("CARGO_PKG_VERSION").bytes().chain(data.iter().copied()))
}

/// The data of a file, if it is whole.
fn opened(file: &[u8]) -> Option<&[u8]> {
    let (sum, data) = file.split_first_chunk::<8>()?;
    (u64::from_le_bytes(*sum) == checksum(data)).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::{Gpu, Options, adapters};

    #[test]
    fn only_a_whole_file_has_data() {
        let data: Vec<u8> = (0..100).collect();
        let file = [&checksum(&data).to_le_bytes(), data.as_slice()].concat();
        assert_eq!(opened(&file), Some(data.as_slice()));
        for at in 0..file.len() {
            let mut broken = file.clone();
            broken[at] ^= 0x10;
            assert_eq!(opened(&broken), None, "a bit of byte {at}");
            assert_eq!(opened(&file[..at]), None, "{at} bytes");
        }
        assert_eq!(opened(&[file.as_slice(), &[0]].concat()), None);
    }

    /// A cache is written where the device has one, found again, and replaced when broken; whatever is there, a device opens.
    #[test]
    fn pipelines_are_kept_and_a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let (adapters, place) = (adapters(), folder.path().join("made when needed"));
        let adapter = adapters.first().expect("an adapter");
        let open = |place: &Path| {
            let gpu = Gpu::open(adapter, &Options { cache: Some(place.into()), ..Options::default() });
            gpu.unwrap_or_else(|error| panic!("{error}"))
        };
        let file = util::pipeline_cache_key(&adapter.get_info()).map(|key| place.join(key));
        let offered = adapter.features().contains(Features::PIPELINE_CACHE);
        assert_eq!(open(&place).compiled.is_some(), offered);
        let Some(file) = file.filter(|_| offered) else { return };
        let kept = std::fs::read(&file).unwrap();
        let data = opened(&kept).expect("a whole file");
        let device = open(&place).device.clone();
        let again = Compiled::open(&device, &adapter.get_info(), Some(&place)).unwrap();
        assert_eq!(again.kept, Some(checksum(data)));
        for broken in [&kept[..kept.len() / 2], b"planted", b""] {
            std::fs::write(&file, broken).unwrap();
            let found = Compiled::open(&device, &adapter.get_info(), Some(&place)).unwrap();
            assert_eq!(found.kept, None);
            drop(open(&place));
            assert!(opened(&std::fs::read(&file).unwrap()).is_some(), "{} bytes", broken.len());
        }
        // A whole file of nonsense is the driver's to refuse; and a file is no folder.
        std::fs::write(&file, [&checksum(b"nonsense").to_le_bytes(), b"nonsense".as_slice()].concat()).unwrap();
        drop(open(&place));
        drop(open(&file));
    }
}
