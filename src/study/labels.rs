//! The classes of the user's own patterns.

use serde::{Deserialize, Serialize};

use crate::data::fingerprint;
use crate::error::{Error, Result};

/// A file of labels, and a fingerprint of what it held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Labels {
    /// The file, as given.
    pub file: String,
    /// FNV-1a of the labels as little-endian int64, in hexadecimal.
    pub fingerprint: String,
    /// The class of each row of the patterns; a manifest does without.
    #[serde(skip)]
    pub classes: Vec<i64>,
}

impl Labels {
    /// Names a file and what it holds.
    pub fn new(file: String, classes: Vec<i64>) -> Self {
        let fingerprint = fingerprint(classes.iter().flat_map(|class| class.to_le_bytes()));
        Self { file, fingerprint, classes }
    }

    /// Those of the first patterns.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn first(&self, patterns: usize) -> Result<&[i64]> {
        self.classes.get(..patterns).ok_or_else(|| {
            let what = format!("{} labels for {patterns} patterns", self.classes.len());
            Error::setting(what, "give one label for each pattern")
        })
    }
}

/// As a manifest tells them apart.
impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        (&self.file, &self.fingerprint) == (&other.file, &other.fingerprint)
    }
}
