//! The papers' memories by name (arXiv 2511.20609, table 1).

use std::fmt;
use std::str::FromStr;

/// What a memory learns before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learns {
    /// Nothing.
    Nothing,
    /// A footprint, from variants.
    Footprint,
    /// Phi, from variants.
    Modulation,
    /// Phi, from the stored patterns alone: the separation loss of arXiv 2404.03827.
    Separated,
}

/// A memory of the papers.
#[derive(Debug)]
pub struct Model {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub what: &'static str,
    /// Its similarity as it is written; what a learned one starts from.
    pub similarity: &'static str,
    /// Its separation as it is written.
    pub separation: &'static str,
    /// Its activation as it is written.
    pub activation: &'static str,
    /// What it learns.
    pub learns: Learns,
}

const fn fixed(
    name: &'static str,
    what: &'static str,
    similarity: &'static str,
    separation: &'static str,
    activation: &'static str,
) -> Model {
    Model { name, what, similarity, separation, activation, learns: Learns::Nothing }
}

/// Every one of them.
pub static MODELS: [Model; 9] = [
    fixed("hop", "Hopfield's, its self-coupling kept", "dot", "identity", "sign"),
    fixed("d-hop", "dense, of interaction order 3", "dot", "power:2", "sign"),
    fixed("e-hop", "exponential", "dot", "exponential", "sign"),
    fixed("m-hop", "modern: attention", "dot", "softmax", "identity"),
    fixed("u-hop", "universal: the nearest by Manhattan distance", "l1", "argmax", "identity"),
    fixed("s-hop", "sparse", "dot", "sparsemax", "identity"),
    Model {
        name: "k-hop",
        what: "kernelised, Phi by the separation loss of the stored patterns",
        similarity: "dot",
        separation: "entmax:1.5",
        activation: "identity",
        learns: Learns::Separated,
    },
    Model {
        name: "k2-hop",
        what: "kernelised, Phi by the loss of variants",
        similarity: "dot",
        separation: "softmax",
        activation: "identity",
        learns: Learns::Modulation,
    },
    Model {
        name: "a-hop",
        what: "adaptive, a footprint by the loss of variants",
        similarity: "dot",
        separation: "softmax",
        activation: "identity",
        learns: Learns::Footprint,
    },
];

impl Model {
    /// Their names.
    pub fn names() -> String {
        MODELS.iter().map(|model| model.name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for &'static Model {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = MODELS.iter().find(|model| model.name == text.to_lowercase());
        named.ok_or_else(|| format!("memory {text:?}: write one of {}", Model::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::{Activation, Separation, Similarity};

    #[test]
    fn every_row_means_something() {
        for model in &MODELS {
            model.similarity.parse::<Similarity>().unwrap();
            model.separation.parse::<Separation>().unwrap();
            model.activation.parse::<Activation>().unwrap();
        }
    }
}
