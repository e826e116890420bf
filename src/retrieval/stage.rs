//! Patterns on a device, and the scores of queries there.

use attractor_kernels_cpu::similarity::Kind;

use super::footprint::Footprint;
use super::network::check_prior;
use super::similarity::Similarity;
use crate::data::Features;
use crate::engine::kernel::{FOOTPRINT, PRIOR, SIMILARITY};
use crate::engine::{Array, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};

/// Values that a workgroup has room for: dimensions that kernel `footprint` sorts on a GPU.
const SORTED: usize = 1024;

/// Patterns as the scores' kernel takes them.
pub(super) struct Stage<'a> {
    pub(super) space: Workspace<'a>,
    /// What the kernels call trials, patterns and neurons: 0 queries yet.
    work: Work,
    patterns: Array,
    form: Form,
    prior: Option<Array>,
}

enum Form {
    Sum(Kind),
    Footprint { footprint: Footprint, coefficients: Array },
}

impl<'a> Stage<'a> {
    /// Brings patterns to a device, to be compared by a similarity, with what each has before any query.
    pub(super) fn new(
        space: &Workspace<'a>,
        patterns: &Features,
        similarity: &Similarity,
        prior: Option<&[f32]>,
    ) -> Result<Self> {
        check_prior(prior, patterns.len())?;
        let patterns = prepared(similarity, patterns, None)?;
        let own = Workspace::new(space.backend());
        let form = match (similarity.footprint(patterns.dimensions()), similarity) {
            (Some(footprint), _) => {
                check_width(space, patterns.dimensions())?;
                let words = footprint.coefficients();
                let coefficients = own.per_net("coefficients", Element::F32, 1, bytemuck::cast_slice(&words))?;
                Form::Footprint { footprint, coefficients }
            }
            (None, Similarity::L1) => Form::Sum(Kind::L1),
            (None, Similarity::L2) => Form::Sum(Kind::L2),
            _ => Form::Sum(Kind::Dot),
        };
        let (count, dimensions) = (patterns.len(), patterns.dimensions());
        let work = Work { nets: 1, trials: 0, patterns: count, neurons: dimensions };
        let patterns = own.rows("patterns", Element::F32, 1, dimensions, bytemuck::cast_slice(patterns.values()))?;
        let prior =
            prior.map(|prior| own.per_net("prior", Element::F32, 1, bytemuck::cast_slice(prior))).transpose()?;
        Ok(Self { space: own, work, patterns, form, prior })
    }

    /// The work of so many queries.
    pub(super) fn work(&self, queries: usize) -> Work {
        Work { trials: queries, ..self.work }
    }

    /// Words in a row of scores.
    pub(super) fn stride(&self) -> usize {
        self.patterns.shape().stride()
    }

    /// The patterns, \[P, d\].
    pub(super) fn patterns(&self) -> &Array {
        &self.patterns
    }

    /// Records the scores of queries on the device.
    pub(super) fn record(&self, recording: &mut Recording, queries: &Array, scores: &Array) -> Result<()> {
        let work = self.work(queries.shape().rows);
        let arrays = [("queries", queries), ("patterns", &self.patterns), ("scores", scores)];
        match &self.form {
            Form::Sum(kind) => {
                let kind = [("kind", Scalar::U32(*kind as u32))];
                recording.dispatch(&SIMILARITY, work, &arrays, &kind)?;
            }
            Form::Footprint { footprint, coefficients } => {
                let [queries, patterns, scores] = arrays;
                let arrays = [queries, patterns, ("coefficients", coefficients), scores];
                recording.dispatch(&FOOTPRINT, work, &arrays, &footprint.scalars())?;
            }
        }
        match &self.prior {
            Some(prior) => recording.dispatch(&PRIOR, work, &[("prior", prior), ("scores", scores)], &[]),
            None => Ok(()),
        }
    }

    /// Replaces what patterns have before any query.
    pub(super) fn set_prior(&self, values: &[f32]) -> Result<()> {
        match &self.prior {
            Some(prior) => self.space.backend().upload(prior, bytemuck::cast_slice(values)),
            None => Ok(()),
        }
    }

    /// Whether patterns have something before any query.
    pub(super) fn has_prior(&self) -> bool {
        self.prior.is_some()
    }

    /// Replaces a footprint's coefficients.
    pub(super) fn set(&self, values: &[f32]) -> Result<()> {
        match &self.form {
            Form::Footprint { coefficients, .. } => {
                self.space.backend().upload(coefficients, bytemuck::cast_slice(values))
            }
            Form::Sum(_) => Ok(()),
        }
    }
}

/// Features as a similarity's kernel takes them, less a bias: rows of length 1 for cosines, Phi x.
pub(super) fn prepared(similarity: &Similarity, features: &Features, bias: Option<&[f32]>) -> Result<Features> {
    let shifted = match bias {
        None => features.clone(),
        Some(bias) => features.less(bias)?,
    };
    match similarity {
        Similarity::Cosine => {
            let of_row = |row: &[f32]| {
                let length = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
                let share = if length > 0.0 { length.recip() } else { 0.0 };
                row.iter().map(|&value| (f64::from(value) * share) as f32).collect::<Vec<_>>()
            };
            Features::new(shifted.dimensions(), shifted.rows().flat_map(of_row).collect())
        }
        Similarity::Modulated(modulation) => modulation.apply(&shifted),
        _ => Ok(shifted),
    }
}

/// Refuses more dimensions than a workgroup sorts.
fn check_width(space: &Workspace<'_>, dimensions: usize) -> Result<()> {
    match dimensions > SORTED && space.backend().device().backend == "gpu" {
        true => Err(Error::setting(
            format!("{dimensions} dimensions to sort, and a workgroup of a GPU holds {SORTED}"),
            "use --backend cpu, or features of fewer dimensions",
        )),
        false => Ok(()),
    }
}
