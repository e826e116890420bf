//! attractor: a compute engine for associative memories.

pub mod cue;
pub mod data;
pub mod endpoint;
pub mod engine;
pub mod error;
pub mod measure;
pub mod memory;
pub mod pattern;
pub mod plan;
pub mod random;
pub mod recall;
pub mod report;
pub mod rule;
pub mod sweep;

pub use error::{Error, Result};
