//! The cross entropy of the patterns that queries were made from, and its gradient in their scores.

use crate::engine::kernel::CROSS_ENTROPY;
use crate::engine::{Array, Element, Recording, Scalar, Workspace};
use crate::error::Result;
use crate::retrieval::stage::Stage;

/// Scores on the device, which become their own slopes.
pub(super) struct Entropy {
    pub(super) slopes: Array,
    summary: Array,
    queries: usize,
    /// Patterns that have a prior.
    prior: usize,
}

impl Entropy {
    /// Records the scores of queries on the device and, in their place, `scale` times the gradient of the sum of their losses.
    pub(super) fn record(
        stage: &Stage<'_>,
        space: &Workspace<'_>,
        recording: &mut Recording,
        queries: &Array,
        sources: &[u32],
        scale: f32,
    ) -> Result<Self> {
        let count = sources.len();
        let source = space.rows("source", Element::U32, 1, 1, sources)?;
        let slopes = space.alloc("scores", Element::F32, 1, count, stage.stride())?;
        let summary = space.alloc("summary", Element::F32, 1, count, 2)?;
        stage.record(recording, queries, &slopes)?;
        let arrays = [("source", &source), ("weights", &slopes), ("summary", &summary)];
        let scalars = [("beta", Scalar::F32(1.0)), ("scale", Scalar::F32(scale))];
        recording.dispatch(&CROSS_ENTROPY, stage.work(count), &arrays, &scalars)?;
        let prior = if stage.has_prior() { stage.work(count).patterns } else { 0 };
        Ok(Self { slopes, summary, queries: count, prior })
    }

    /// The sum of the losses, once the recording has run: of each query the first of a pair and ln of the second.
    pub(super) fn loss(&self, space: &Workspace<'_>) -> Result<f64> {
        let loss = |pair: &[u32]| {
            let [behind, total] = [pair[0], pair[1]].map(|word| f64::from(f32::from_bits(word)));
            behind + total.ln()
        };
        Ok(space.backend().download(&self.summary, self.queries)?.chunks_exact(2).map(loss).sum())
    }

    /// The gradient in the prior, once the recording has run, if there is one: the sum of each pattern's slopes.
    pub(super) fn prior(&self, space: &Workspace<'_>) -> Result<Vec<f64>> {
        let mut sums = vec![0.0; self.prior];
        if self.prior > 0 {
            let slopes = space.backend().download(&self.slopes, self.queries)?;
            for row in slopes.chunks_exact(self.slopes.shape().width) {
                sums.iter_mut().zip(row).for_each(|(sum, &word)| *sum += f64::from(f32::from_bits(word)));
            }
        }
        Ok(sums)
    }
}
