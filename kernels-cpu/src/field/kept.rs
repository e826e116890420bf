//! What is kept from one call to the next: training asks for the weights of the same states and keys twice an update.
//!
//! Weights are kept as they are where they come from a core's own cache: measured at N = 100 on a core with 2 MiB of it, kept
//! weights gain 15 % at P = 400, nothing at P = 1600 (10 MiB), and lose at P = 6400, against making them again. Above that
//! distances are kept, a byte each, and looked up again: 5 % at P = 1600 (2.5 MiB), 3 % at N = 200, P = 3200 (10 MiB), and
//! nothing at P = 6400 (40 MiB).

use rayon::prelude::*;

use super::tile::Lines;
use super::weights::Patterns;
use super::{Panel, Trials};

/// Bytes of weights kept for a network: half of a large core's second cache.
const WEIGHTS: usize = 1 << 20;
/// Bytes of distances kept for a network.
const DISTANCES: usize = 16 << 20;

/// What a call of [`field`](super::field()) leaves behind for the next on the same network.
#[derive(Default)]
pub struct Kept {
    /// All that the weights depend on.
    question: [Vec<u32>; 5],
    /// \[tile, pattern, lane\].
    values: Option<Lines>,
}

/// What is kept of each pair of a trial and a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Weight,
    Distance,
}

impl Form {
    /// The form in which so many pairs of states of N neurons are kept, if any.
    pub(super) fn of(pairs: usize, neurons: usize) -> Option<Self> {
        let fits = |form: Self, most| pairs.saturating_mul(form.bytes()) <= most;
        if fits(Self::Weight, WEIGHTS) {
            Some(Self::Weight)
        } else if fits(Self::Distance, DISTANCES) && neurons <= u8::MAX.into() {
            Some(Self::Distance)
        } else {
            None
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Weight => size_of::<f32>(),
            Self::Distance => size_of::<u8>(),
        }
    }
}

/// Room for what a call keeps.
pub(super) struct Room<'a> {
    form: Form,
    bytes: &'a mut [u8],
    /// Whether it is there already.
    made: bool,
}

/// A block of a tile, \[pattern, lane\].
pub(super) enum Block<'a> {
    /// Its weights, and whether they are made.
    Weights(&'a mut [f32], bool),
    /// Its distances, and whether they are made.
    Distances(&'a mut [u8], bool),
}

impl Kept {
    /// Room for the pairs of these trials and patterns.
    pub(super) fn room<M>(&mut self, trials: &Trials<'_>, panel: &Panel<'_, M>, form: Form, pairs: usize) -> Room<'_> {
        let [values, exponents] = panel.tables.words();
        let keys = match panel.patterns {
            Patterns::Keys(keys) => keys,
            // Components are made faster than kept, and nobody asks for it.
            Patterns::Inputs { .. } => &[],
        };
        let question = [trials.states, trials.reference, keys, values, exponents];
        let made = self.values.is_some() && self.question.iter().eq(question);
        if !made {
            self.question = question.map(<[u32]>::to_vec);
            self.values = None;
        }
        let bytes = pairs * form.bytes();
        let values = self.values.get_or_insert_with(|| Lines::any(bytes.div_ceil(size_of::<u32>())));
        Room { form, bytes: &mut bytemuck::cast_slice_mut(values.u32s_mut())[..bytes], made }
    }
}

impl<'a> Room<'a> {
    /// The first pairs, and the others.
    pub(super) fn split_at(room: Option<Self>, pairs: usize) -> (Option<Self>, Option<Self>) {
        let Some(Self { form, bytes, made }) = room else { return (None, None) };
        let (first, others) = bytes.split_at_mut(pairs * form.bytes());
        (Some(Self { form, bytes: first, made }), Some(Self { form, bytes: others, made }))
    }

    /// Pieces of so many pairs.
    pub(super) fn chunks(self, pairs: usize) -> impl IndexedParallelIterator<Item = Room<'a>> {
        let Self { form, bytes, made } = self;
        bytes.par_chunks_mut(pairs * form.bytes()).map(move |bytes| Self { form, bytes, made })
    }

    /// A block of a tile.
    pub(super) fn block(&mut self, start: usize, pairs: usize) -> Block<'_> {
        let bytes = &mut self.bytes[start * self.form.bytes()..][..pairs * self.form.bytes()];
        match self.form {
            Form::Weight => Block::Weights(bytemuck::cast_slice_mut(bytes), self.made),
            Form::Distance => Block::Distances(bytes, self.made),
        }
    }
}
