//! The winners of each group of neurons, and whether their places can be trusted. Twin of `shaders/winners.wgsl`.

use rayon::prelude::*;

use crate::Extent;

/// Arrays of [`winners`], all `[net, trial]` but `margin`, which is `[net]`.
pub struct Winners<'a> {
    /// Packed states the fields were computed from.
    pub states: &'a [u32],
    /// Fields, N per trial.
    pub field: &'a [f32],
    /// Neurons that were active.
    pub weight_norm: &'a [f32],
    /// How far a field may be from the exact one, N per net, where no more neurons are active than may win; below 0
    /// where nothing is certain.
    pub margin: &'a [f32],
    /// Packed next states.
    pub next: &'a mut [u32],
    /// Packed: 1 where it is not certain whether the neuron wins.
    pub uncertain: &'a mut [u32],
    /// 1 where the next state differs from the state, else 0.
    pub changed: &'a mut [u32],
}

/// Groups of `size` neurons that follow each other, the last of what is left; in each so many win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Neurons of a group.
    pub size: usize,
    /// Of them active at a time.
    pub winners: usize,
}

impl Groups {
    /// Active neurons of N.
    pub fn active(self, neurons: usize) -> usize {
        let Self { size, winners } = self;
        neurons / size * winners.min(size) + winners.min(neurons % size)
    }
}

/// In each group the neurons of the highest fields become active, the others inactive. Of equal fields an active neuron
/// comes before an inactive one, then the lower index.
///
/// A neuron's exact field lies within `margin` of the computed one. It certainly wins if it lies above those of all but
/// fewer than `winners` others, and certainly not if so many lie above it; where all margins of a group are 0, ties are
/// ties, and all is certain. Nothing is where more neurons were active than may win, or a field is infinite or NaN.
pub fn winners(extent: &Extent, groups: Groups, arrays: Winners<'_>) {
    let (words, neurons) = (extent.words(), extent.neurons);
    let most = groups.active(neurons) as f32;
    let nets = extent
        .split_trials(arrays.next, words)
        .zip(extent.split_trials(arrays.uncertain, words))
        .zip(extent.split_trials(arrays.changed, 1))
        .enumerate();
    for (net, ((next, uncertain), changed)) in nets {
        let states = extent.trials_of(net, arrays.states, words);
        let field = extent.trials_of(net, arrays.field, neurons);
        let weight_norm = extent.trials_of(net, arrays.weight_norm, 1);
        let margin = &arrays.margin[net * extent.neuron_stride()..][..neurons];
        let outputs = next.par_chunks_mut(words).zip(uncertain.par_chunks_mut(words)).zip(changed);
        let inputs = states.par_chunks(words).zip(field.par_chunks(neurons)).zip(weight_norm);
        outputs.zip(inputs).for_each_init(Ranked::default, |ranked, (((next, uncertain), changed), inputs)| {
            let ((state, field), &norm) = inputs;
            next.fill(0);
            uncertain.fill(0);
            for (first, (field, margin)) in
                (0..).step_by(groups.size).zip(field.chunks(groups.size).zip(margin.chunks(groups.size)))
            {
                let active = |at: usize| state[(first + at) / 32] >> ((first + at) % 32) & 1 == 1;
                ranked.rank(field, margin, norm <= most, active);
                for (at, (wins, doubted)) in ranked.places(groups.winners).enumerate() {
                    let (word, bit) = ((first + at) / 32, (first + at) % 32);
                    next[word] |= u32::from(wins) << bit;
                    uncertain[word] |= u32::from(doubted) << bit;
                }
            }
            *changed = u32::from(next != state);
        });
    }
}

/// A group's neurons.
#[derive(Default)]
struct Ranked {
    /// What they are ordered by, each other.
    places: Vec<u64>,
    /// The least and the most that each exact field can be, of those that are known.
    bounds: Vec<Option<[f32; 2]>>,
    /// All are known, and none is off.
    exact: bool,
    order: Vec<u64>,
    least: Vec<f32>,
    most: Vec<f32>,
}

impl Ranked {
    fn rank(&mut self, field: &[f32], margin: &[f32], known: bool, active: impl Fn(usize) -> bool) {
        let place = |(at, &field): (usize, &f32)| {
            u64::from(key(field)) << 32 | u64::from(active(at)) << 31 | (i32::MAX as u64 - at as u64)
        };
        self.places.clear();
        self.places.extend(field.iter().enumerate().map(place));
        let bound = |(&field, &margin): (&f32, &f32)| {
            (known && margin >= 0.0 && field.is_finite()).then_some([field - margin, field + margin])
        };
        self.bounds.clear();
        self.bounds.extend(field.iter().zip(margin).map(bound));
        self.exact = margin.iter().all(|&margin| margin == 0.0) && self.bounds.iter().all(Option::is_some);
        self.least.clear();
        self.least.extend(self.bounds.iter().flatten().map(|bound| bound[0]));
        self.most.clear();
        self.most.extend(self.bounds.iter().flatten().map(|bound| bound[1]));
    }

    /// For each neuron whether it wins, and whether that is in doubt.
    fn places(&mut self, winners: usize) -> impl Iterator<Item = (bool, bool)> {
        let losers = self.places.len().saturating_sub(winners);
        self.order.clone_from(&self.places);
        let last = if losers == 0 { 0 } else { *self.order.select_nth_unstable(losers).1 };
        // Above this lie fewer than `winners` others; below that, so many lie above.
        let wins = match losers.checked_sub(1) {
            None => f32::NEG_INFINITY,
            Some(at) if at < self.most.len() => *self.most.select_nth_unstable_by(at, f32::total_cmp).1,
            Some(_) => f32::INFINITY,
        };
        let loses = match self.least.len().checked_sub(winners) {
            Some(at) => *self.least.select_nth_unstable_by(at, f32::total_cmp).1,
            None => f32::NEG_INFINITY,
        };
        let exact = self.exact;
        self.places.iter().zip(&self.bounds).map(move |(&place, bound)| {
            let certain = bound.is_some_and(|[least, most]| least > wins || most < loses);
            (place >= last, !(exact || certain))
        })
    }
}

/// Words in the order of the fields, whatever their bits; zeros of both signs are one.
fn key(field: f32) -> u32 {
    let bits = if field == 0.0 { 0 } else { field.to_bits() };
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}
