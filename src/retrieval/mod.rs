//! Memories on real-valued states: similarity, separation, readout (arXiv 2511.20609, table 1).
//!
//! ```text
//! scores  = similarity(queries, patterns)     [queries, patterns]
//! weights = separation(scores)                [queries, patterns]
//! y       = activation(weights . values)      [queries, dimensions]
//! ```
//!
//! [`Network`] is such a memory, [`MODELS`] are the papers' by name, [`retrieve`] takes queries through its steps, and
//! [`fit`] learns a [`Similarity`] from [`Variant`]s of patterns: what corruption looks like.

mod evaluate;
mod file;
pub mod fit;
mod footprint;
mod model;
mod network;
mod run;
mod separation;
mod similarity;
mod stage;
mod variant;

pub use evaluate::{Evaluation, check_sources, evaluate, judge};
pub use file::{load, save};
pub use footprint::{Cumulative, Footprint, Kinds};
pub use model::{Learns, MODELS, Model};
pub use network::{Activation, Network};
pub use run::{Retrieved, Steps, retrieve};
pub use separation::{SEPARATIONS, Separation};
pub use similarity::{Modulation, Similarity};
pub use variant::{Order, Use, Variant, Variation};
