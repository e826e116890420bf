//! Memories on the same patterns and queries, as the paper compares them.

use crate::data::Features;
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::claim::Rate;
use crate::random;
use crate::reproduce::lab::Lab;
use crate::retrieval::fit::{Examples, Spread, Training, bias, fit, separate};
use crate::retrieval::{
    Cumulative, Footprint, Kinds, MODELS, Modulation, Network, Similarity, Steps, Use, Variant, Variation, evaluate,
};

/// Queries of each network and memory.
pub(super) const QUERIES: usize = 2048;

/// Patterns, and variants of them that no training saw.
pub(super) struct Trial {
    pub(super) patterns: Features,
    pub(super) variation: Variation,
    pub(super) queries: Features,
    pub(super) sources: Vec<usize>,
}

/// A share of correct answers with the number of queries, and the mean squared error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) share: Rate,
    pub(super) error: f64,
}

/// How much training a footprint or Phi gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) epochs: usize,
    pub(super) samples: usize,
}

impl Effort {
    /// The published number of epochs with a variant of each pattern, or few.
    pub(super) fn of(lab: &Lab<'_, '_>, patterns: usize) -> Self {
        Self { epochs: lab.either(60, 200), samples: lab.either(patterns.min(512), patterns) }
    }
}

/// A network's variants, in the order of the text. Networks differ in the signs of their bias too.
pub(super) fn variation(lab: &Lab<'_, '_>, network: u32, variant: Variant) -> Variation {
    Variation::new(variant, lab.seed().wrapping_add(u64::from(network) << 32))
}

/// A network's patterns.
pub(super) fn uniform(lab: &Lab<'_, '_>, network: u32, count: usize) -> Result<Features> {
    random::features(lab.seed(), network, 64, count)
}

impl Trial {
    /// Uniform patterns of a network.
    pub(super) fn uniform(lab: &Lab<'_, '_>, network: u32, count: usize, variation: Variation) -> Result<Self> {
        Self::new(lab, uniform(lab, network, count)?, variation)
    }

    /// Given patterns.
    pub(super) fn new(lab: &Lab<'_, '_>, patterns: Features, variation: Variation) -> Result<Self> {
        let count = patterns.len();
        let draws: Vec<[u32; 2]> = (0..QUERIES).map(|at| [(at % count) as u32, (at / count) as u32]).collect();
        let space = Workspace::new(lab.request.backend);
        let queries = variation.features(&space, &patterns, &draws, Use::Trying)?;
        let sources = draws.into_iter().map(|draw| draw[0] as usize).collect();
        Ok(Self { patterns, variation, queries, sources })
    }

    /// How a memory that learns nothing answers.
    pub(super) fn fixed(&self, lab: &mut Lab<'_, '_>, similarity: Similarity, separation: &str) -> Result<Answered> {
        self.answered(lab, similarity, separation, None)
    }

    /// One of the papers' memories that learns nothing.
    pub(super) fn named(&self, lab: &mut Lab<'_, '_>, name: &str) -> Result<Answered> {
        let model = MODELS.iter().find(|model| model.name == name);
        let model = model.ok_or_else(|| Error::setting(format!("memory {name}"), "please report this"))?;
        let similarity = model.similarity.parse().map_err(unread)?;
        self.answered(lab, similarity, model.separation, None)
    }

    /// A footprint of all likenesses, sorted; the shared bias is taken off first.
    pub(super) fn adaptive(&self, lab: &mut Lab<'_, '_>, effort: Effort) -> Result<Answered> {
        let start = Footprint::plain(self.patterns.dimensions(), Kinds::BOTH, true, Cumulative::Identity);
        self.footprint(lab, start, true, effort)
    }

    /// A footprint from this one on; the shared bias is taken off first, if asked for.
    pub(super) fn footprint(
        &self,
        lab: &mut Lab<'_, '_>,
        start: Footprint,
        debias: bool,
        effort: Effort,
    ) -> Result<Answered> {
        self.learned(lab, start.into(), debias, effort, 0.1, "a footprint")
    }

    /// Phi by the loss of variants, from the identity on.
    pub(super) fn modulated(&self, lab: &mut Lab<'_, '_>, effort: Effort) -> Result<Answered> {
        // A step of 0.1 throws each of Phi's d^2 numbers about.
        self.learned(
            lab,
            Modulation::identity(self.patterns.dimensions()).into(),
            false,
            effort,
            0.01,
            "Phi by variants",
        )
    }

    fn learned(
        &self,
        lab: &mut Lab<'_, '_>,
        start: Similarity,
        debias: bool,
        effort: Effort,
        learning_rate: f64,
        doing: &str,
    ) -> Result<Answered> {
        let backend = lab.request.backend;
        let space = Workspace::new(backend);
        let examples = Examples::Variants(&self.variation);
        let shift = if debias { Some(bias(&space, &self.patterns, &examples, lab.seed())?) } else { None };
        let Effort { epochs, samples } = effort;
        let training = Training {
            epochs,
            samples,
            batch: samples,
            learning_rate,
            bias: shift.clone(),
            ..Training::of(self.patterns.len(), lab.seed())
        };
        let mut stopped = false;
        let fitted = fit(&space, &self.patterns, &start, &examples, &training, &mut |epoch| {
            stopped = !lab.go_on(doing, epoch.number as f64 / epochs as f64);
            !stopped
        })?;
        if stopped {
            return Err(Error::Interrupted);
        }
        self.answered(lab, fitted.learned.similarity, "softmax", shift)
    }

    fn answered(
        &self,
        lab: &mut Lab<'_, '_>,
        similarity: Similarity,
        separation: &str,
        bias: Option<Vec<f32>>,
    ) -> Result<Answered> {
        let backend = lab.request.backend;
        let separation = separation.parse().map_err(unread)?;
        let network = Network { bias, ..Network::new(self.patterns.clone(), similarity, separation) };
        let mut go_on = |share: f64| lab.go_on("retrieval", share);
        let space = Workspace::new(backend);
        let found = evaluate(&space, &network, &self.queries, &self.sources, Steps::default(), &mut go_on)?;
        Ok(Answered { share: (found.accuracy(), found.correct.len()), error: found.error() })
    }
}

/// Phi by the separation loss of patterns alone, which no variant changes.
pub(super) fn separated(lab: &mut Lab<'_, '_>, patterns: &Features) -> Result<Similarity> {
    let spread = Spread { epochs: lab.either(20, 100), ..Spread::default() };
    let mut go_on = |share: f64| lab.go_on("Phi by separation", share);
    Ok(separate(patterns, Modulation::identity(patterns.dimensions()), spread, &mut go_on)?.0.into())
}

fn unread(what: String) -> Error {
    Error::setting(what, "please report this")
}
