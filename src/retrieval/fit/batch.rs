//! Queries to learn from: variants that are drawn, or pairs that are given.

use super::{Training, draws};
use crate::data::Features;
use crate::engine::kernel::STEP;
use crate::engine::{Array, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::retrieval::variant::{Use, Variation};

/// Queries with the patterns that they come from.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    /// \[B, d\].
    pub queries: &'a Features,
    /// The pattern of each.
    pub sources: &'a [usize],
}

/// Where queries come from.
#[derive(Clone, Copy, Debug)]
pub enum Examples<'a> {
    /// Drawn on the device.
    Variants(&'a Variation),
    /// Given.
    Pairs(Pairs<'a>),
}

/// Some queries on the device.
pub(super) struct Batch {
    pub(super) queries: Array,
    pub(super) sources: Vec<u32>,
    pub(super) host: Option<Features>,
}

impl Examples<'_> {
    pub(super) fn check(&self, patterns: &Features) -> Result<()> {
        let dimensions = patterns.dimensions();
        match self {
            Self::Variants(variation) => variation.check(dimensions),
            Self::Pairs(Pairs { queries, sources }) => {
                if queries.dimensions() != dimensions || queries.len() != sources.len() {
                    let what = format!(
                        "{} queries of {} dimensions with {} sources, for patterns of {dimensions}",
                        queries.len(),
                        queries.dimensions(),
                        sources.len()
                    );
                    return Err(Error::setting(what, "give queries as wide as the patterns, and a source for each"));
                }
                draws::check_sources(sources, patterns.len())
            }
        }
    }

    /// What each query of an epoch is made from: a pattern, of so many, and the number of its variant, or a pair twice.
    pub(super) fn draws(&self, patterns: usize, training: &Training, epoch: usize) -> Vec<[u32; 2]> {
        match self {
            Self::Pairs(Pairs { sources, .. }) => draws::of_pairs(sources.len(), training, epoch),
            Self::Variants(_) => draws::of_patterns(patterns, training, epoch),
        }
    }

    /// Brings queries less a bias to the device.
    pub(super) fn batch(
        &self,
        space: &Workspace<'_>,
        patterns: &Features,
        draws: &[[u32; 2]],
        bias: Option<&[f32]>,
        to_host: bool,
    ) -> Result<Batch> {
        match self {
            Self::Variants(variation) => {
                let queries = variation.draw(space, patterns, draws, Use::Training)?;
                if let Some(bias) = bias {
                    subtract(space, &queries, bias)?;
                }
                let host = if to_host {
                    let words = space.backend().download(&queries, draws.len())?;
                    let values = words.into_iter().map(f32::from_bits).collect();
                    Some(Features::new(patterns.dimensions(), values)?)
                } else {
                    None
                };
                Ok(Batch { queries, sources: draws.iter().map(|draw| draw[0]).collect(), host })
            }
            Self::Pairs(Pairs { queries, sources }) => {
                let host = queries.select(draws.iter().map(|draw| draw[0] as usize));
                let host = match bias {
                    Some(bias) => host.less(bias)?,
                    None => host,
                };
                let words = bytemuck::cast_slice(host.values());
                let queries = space.rows("queries", Element::F32, 1, host.dimensions(), words)?;
                let sources = draws.iter().map(|draw| sources[draw[0] as usize] as u32).collect();
                Ok(Batch { queries, sources, host: Some(host) })
            }
        }
    }
}

/// Takes a bias from every query on the device: a descent's step of length 1 along it.
fn subtract(space: &Workspace<'_>, queries: &Array, bias: &[f32]) -> Result<()> {
    let own = Workspace::new(space.backend());
    let count = queries.shape().rows;
    let shift = own.rows("bias", Element::F32, 1, bias.len(), &bytemuck::cast_slice(bias).repeat(count))?;
    let work = Work { nets: 1, trials: count, patterns: 0, neurons: bias.len() };
    let mut recording = Recording::new();
    let arrays = [("gradient", &shift), ("dual", queries)];
    recording.dispatch(&STEP, work, &arrays, &[("rate", Scalar::F32(1.0))])?;
    own.backend().run(&recording, 1).map(|_| ())
}
