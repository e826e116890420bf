//! The golden files: arrays computed by an independent NumPy implementation in f64.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use attractor::pattern::Patterns;
use npyz::npz::NpzArchive;

/// The arrays of one golden file.
pub(crate) struct Golden(NpzArchive<BufReader<File>>);

impl Golden {
    pub(crate) fn open(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{file}.npz"));
        Self(NpzArchive::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    pub(crate) fn array<T: npyz::Deserialize>(&mut self, name: &str) -> Vec<T> {
        let array = self.0.by_name(name).unwrap().unwrap_or_else(|| panic!("no array {name}"));
        array.into_vec().unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn scalar(&mut self, name: &str) -> f64 {
        self.array::<f64>(name)[0]
    }

    /// Rows of -1 and +1.
    pub(crate) fn patterns(&mut self, name: &str) -> Patterns {
        let shape = self.0.by_name(name).unwrap().unwrap_or_else(|| panic!("no array {name}")).shape().to_vec();
        let signs = self.array::<i8>(name).into_iter().map(|sign| sign > 0);
        Patterns::from_signs(shape[1] as usize, signs).unwrap()
    }
}
