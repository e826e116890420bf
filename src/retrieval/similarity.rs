//! Similarities: a score for each query and pattern.

use std::fmt;
use std::str::FromStr;

use super::footprint::{Footprint, Kinds};
use crate::data::Features;
use crate::error::{Error, Result};
use crate::rule::dense::{product, rows};

/// Phi of a kernelised similarity, (Phi xi) . (Phi x).
#[derive(Clone, Debug, PartialEq)]
pub struct Modulation {
    /// d.
    pub dimensions: usize,
    /// Phi, row-major \[m, d\].
    pub entries: Vec<f64>,
}

impl Modulation {
    /// The identity, which changes nothing: what training starts from.
    pub fn identity(dimensions: usize) -> Self {
        let unit = |at: usize| f64::from(u8::from(at / dimensions == at % dimensions));
        Self { dimensions, entries: (0..dimensions * dimensions).map(unit).collect() }
    }

    /// Phi x of each row.
    ///
    /// # Errors
    /// If a result is beyond 1e15.
    pub fn apply(&self, features: &Features) -> Result<Features> {
        let m = self.entries.len() / self.dimensions;
        let wide = features.wide();
        let states = rows(&wide, features.len(), self.dimensions);
        let product = product(states, rows(&self.entries, m, self.dimensions).transpose());
        Features::new(m, product.into_iter().map(|value| value as f32).collect())
    }
}

/// How alike queries and patterns are.
#[derive(Clone, Debug, PartialEq)]
pub enum Similarity {
    /// xi . x.
    Dot,
    /// Their cosine; 0 of a row of zeros.
    Cosine,
    /// -|xi - x|_1.
    L1,
    /// -|xi - x|_2^2.
    L2,
    /// The sum of the best `count` dimensions: k-optimal.
    Best {
        /// Of distances, or of products.
        kinds: Kinds,
        /// k.
        count: usize,
    },
    /// A weighted footprint.
    Footprint(Footprint),
    /// (Phi xi) . (Phi x).
    Modulated(Modulation),
}

impl Similarity {
    /// How those without learned numbers are written.
    pub const SPELLINGS: &'static str =
        "dot, cosine, l1, l2, best:K (the K most alike dimensions, by squared differences), best:K,products";

    /// Refuses one that is not of so many dimensions.
    pub(crate) fn check(&self, dimensions: usize) -> Result<()> {
        let refuse = |what: String, cure: &str| Err(Error::setting(what, cure));
        match self {
            Self::Dot | Self::Cosine | Self::L1 | Self::L2 => Ok(()),
            Self::Best { count, .. } if *count > dimensions => {
                refuse(format!("similarity best:{count} of {dimensions} dimensions"), "give at most as many")
            }
            Self::Best { .. } => Ok(()),
            Self::Footprint(footprint) if footprint.dimensions() != dimensions => {
                let what = format!("a footprint of {} dimensions for patterns of {dimensions}", footprint.dimensions());
                refuse(what, "fit the similarity to patterns of the same width")
            }
            Self::Footprint(footprint) => footprint.check(),
            Self::Modulated(Modulation { dimensions: own, entries }) => {
                let whole = *own > 0 && !entries.is_empty() && entries.len().is_multiple_of(*own);
                let finite = entries.iter().all(|entry| entry.is_finite());
                match *own == dimensions && whole && finite {
                    true => Ok(()),
                    false => refuse(
                        format!("Phi of {} numbers for patterns of {dimensions} dimensions", entries.len()),
                        "give rows as wide as the patterns, of finite numbers",
                    ),
                }
            }
        }
    }

    /// As sorted likenesses, if they are what it is made of.
    pub(crate) fn footprint(&self, dimensions: usize) -> Option<Footprint> {
        match self {
            Self::Best { kinds, count } => Some(Footprint::best(dimensions, *kinds, *count)),
            Self::Footprint(footprint) => Some(footprint.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Similarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dot => f.write_str("dot"),
            Self::Cosine => f.write_str("cosine"),
            Self::L1 => f.write_str("l1"),
            Self::L2 => f.write_str("l2"),
            Self::Best { kinds: Kinds { distances: true, .. }, count } => write!(f, "best:{count}"),
            Self::Best { count, .. } => write!(f, "best:{count},products"),
            Self::Footprint(_) => f.write_str("footprint"),
            Self::Modulated(_) => f.write_str("modulated"),
        }
    }
}

impl FromStr for Similarity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("similarity {text:?}: write one of {}", Self::SPELLINGS);
        match text {
            "dot" => return Ok(Self::Dot),
            "cosine" => return Ok(Self::Cosine),
            "l1" => return Ok(Self::L1),
            "l2" => return Ok(Self::L2),
            _ => {}
        }
        let best = text.strip_prefix("best:").ok_or_else(refuse)?;
        let (count, products) = match best.split_once(',') {
            Some((count, "products")) => (count, true),
            Some(_) => return Err(refuse()),
            None => (best, false),
        };
        match count.parse() {
            Ok(count) if count > 0 => Ok(Self::Best { kinds: Kinds { distances: !products, products }, count }),
            _ => Err(refuse()),
        }
    }
}
