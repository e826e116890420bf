//! attractor: a compute engine for associative memories.

pub mod data;
pub mod error;
pub mod measure;
pub mod memory;
pub mod pattern;

pub use error::{Error, Result};
