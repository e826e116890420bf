//! Learning rules: (keys, targets, profile) -> dual.
//!
//! To add a rule: one file here and its name in [`Rule`].

mod logistic;

use std::fmt;
use std::str::FromStr;

pub use logistic::{Descent, Trained, Training, train};

use crate::error::{Error, Result};

/// A learning rule by name: what `--rule` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Kernel logistic regression by full gradient descent.
    Klr,
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "klr" => Ok(Self::Klr),
            _ => Err(Error::setting(format!("rule {text:?}"), "write klr")),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Klr => f.write_str("klr"),
        }
    }
}

/// Told how many of the updates are done; answers whether to go on.
pub type Observer<'a> = dyn FnMut(usize) -> bool + 'a;
