//! Weights kept from one call to the next: training asks for the same ones twice an update.
//!
//! Only for networks whose weights stay in a core's own cache: measured at N = 100, weights that must come from further away
//! gain 8 % at P = 1600 and lose at P = 6400, against making them again.

use super::tile::Lines;
use super::{Panel, Trials};

/// Bytes of weights: half of a large core's second cache.
const MOST: usize = 1 << 20;

/// What a call of [`field`](super::field()) leaves behind for the next on the same network.
#[derive(Default)]
pub struct Kept {
    /// All that the weights depend on.
    question: [Vec<u32>; 5],
    /// \[tile, pattern, lane\].
    weights: Option<Lines>,
    /// Memory for the packed dual.
    pub(super) room: Lines,
}

/// Room for the weights of a call.
pub(super) struct Weights<'a> {
    values: &'a mut [f32],
    /// Whether they are there already.
    made: bool,
}

impl Kept {
    /// The weights of these trials, made or to be made; none where they would not fit.
    pub(super) fn weights<M>(
        &mut self,
        trials: &Trials<'_>,
        panel: &Panel<'_, M>,
        lanes: usize,
    ) -> Option<Weights<'_>> {
        let size = trials.reference.len().next_multiple_of(lanes) * (panel.keys.len() / panel.words);
        if size * size_of::<f32>() > MOST {
            return None;
        }
        let [values, exponents] = panel.tables.words();
        let question = [trials.states, trials.reference, panel.keys, values, exponents];
        let made = self.weights.is_some() && self.question.iter().eq(question);
        if !made {
            self.question = question.map(<[u32]>::to_vec);
            self.weights = Some(Lines::new(size));
        }
        let values = &mut self.weights.as_mut()?.f32s_mut()[..size];
        Some(Weights { values, made })
    }
}

impl<'a> Weights<'a> {
    /// The first `values`, and the others.
    pub(super) fn split_at(weights: Option<Self>, values: usize) -> (Option<Self>, Option<Self>) {
        let Some(Self { values: all, made }) = weights else { return (None, None) };
        let (first, others) = all.split_at_mut(values);
        (Some(Self { values: first, made }), Some(Self { values: others, made }))
    }

    /// A block of a tile, and whether its weights are made.
    pub(super) fn block(&mut self, start: usize, size: usize) -> (&mut [f32], bool) {
        (&mut self.values[start..start + size], self.made)
    }
}
