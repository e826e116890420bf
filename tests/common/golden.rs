//! The golden files: arrays computed by an independent NumPy implementation in f64.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use attractor::pattern::Patterns;
use npyz::NpyFile;
use zip::ZipArchive;

/// The arrays of one golden file.
pub(crate) struct Golden(ZipArchive<BufReader<File>>);

impl Golden {
    pub(crate) fn open(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{file}.npz"));
        let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(ZipArchive::new(BufReader::new(file)).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    fn file(&mut self, name: &str) -> NpyFile<Cursor<Vec<u8>>> {
        let mut entry = self.0.by_name(&format!("{name}.npy")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        NpyFile::new(Cursor::new(bytes)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn array<T: npyz::Deserialize>(&mut self, name: &str) -> Vec<T> {
        self.file(name).into_vec().unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn scalar(&mut self, name: &str) -> f64 {
        self.array::<f64>(name)[0]
    }

    /// Rows of -1 and +1.
    pub(crate) fn patterns(&mut self, name: &str) -> Patterns {
        let shape = self.file(name).shape().to_vec();
        let signs = self.array::<i8>(name).into_iter().map(|sign| sign > 0);
        Patterns::from_signs(shape[1] as usize, signs).unwrap()
    }
}
