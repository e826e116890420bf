//! attractor: a compute engine for associative memories.

pub mod error;
pub mod measure;
pub mod pattern;
pub mod report;

pub use error::{Error, Result};
