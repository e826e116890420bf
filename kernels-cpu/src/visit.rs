//! Neurons visited one by one: a step of asynchronous recall. Twin of `shaders/visit.wgsl`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// Numbers that a trial's course holds: how many neurons of the order are done, the verdict on the next one, how many
/// changed, and how many fields were summed.
pub const COURSE: usize = 4;
/// The verdict on a neuron that has none yet.
pub const OPEN: u32 = 0;
/// The verdict of a trial that waits: the field's sign is in doubt.
pub const DOUBTED: u32 = 1;
/// The verdict that the field is negative.
pub const DOWN: u32 = 2;
/// The verdict that the field is positive.
pub const UP: u32 = 3;

/// Chains that a field is summed in: terms l, l + 64, ... in chain l; then eight chains after another, and the eight
/// sums.
const CHAINS: usize = 64;
/// Chains summed before the eight sums are.
const BLOCK: usize = 8;
/// Weights below 2^-64 of a trial's heaviest are dropped.
const SMALLEST_SHIFT: i32 = -64;

/// The arrays of a call. Leading shapes are per net; every net's rows are padded.
pub struct Visit<'a> {
    /// Packed states \[trial\], each followed by the neurons whose field may have changed since they were visited.
    pub states: &'a mut [u32],
    /// Neurons in the order of their visits \[trial, N\].
    pub order: &'a [u32],
    /// Packed keys \[pattern\].
    pub keys: &'a [u32],
    /// Each weight's value, as the bits of an f32, and its binary exponent \[N + 1, 2\], by distance.
    pub table: &'a [u32],
    /// The dual by neuron \[neuron, pattern\].
    pub columns: &'a [f32],
    /// 1 / (gamma |dual_i|_2) \[N\]; below 0 where every sum is exact.
    pub inverse_bound: &'a [f32],
    /// Distances between state and keys \[trial, pattern\]: room to work.
    pub distances: &'a mut [u32],
    /// Where each trial stands \[trial, [`COURSE`]\].
    pub course: &'a mut [u32],
}

/// Visits each trial's neurons from where its course stands: a neuron takes the sign of its field, 0 keeping its state,
/// and the next one sees it. A trial stops where a sign is in doubt; where sums are exact none is, and a field of 0 is
/// one.
///
/// field_i = sum over mu of table\[d(state, key_mu)\] * columns\[i, mu\]; `excluding` neuron i itself from the
/// distance, where the table is that of a difference of energies. `lazy` leaves out neurons whose field cannot have
/// changed since their last visit.
pub fn visit(extent: &Extent, arithmetic: Arithmetic, excluding: bool, lazy: bool, arrays: Visit<'_>) {
    let (words, neurons, patterns) = (extent.words(), extent.neurons, extent.patterns);
    let Visit { states, order, keys, table, columns, inverse_bound, distances, course } = arrays;
    let trials = extent
        .split_trials(states, 2 * words)
        .zip(extent.split_trials(distances, patterns))
        .zip(extent.split_trials(course, COURSE));
    for (net, ((states, distances), course)) in trials.enumerate() {
        let order = extent.trials_of(net, order, neurons);
        let terms = Weighed {
            keys: extent.patterns_of(net, keys, words),
            words,
            neurons,
            table: &table[net * padded_pairs(neurons)..][..2 * (neurons + 1)],
            excluding,
        };
        let memory = Memory {
            columns: &columns[net * extent.neuron_stride() * patterns..][..neurons * patterns],
            inverse_bound: &inverse_bound[net * extent.neuron_stride()..][..neurons],
            arithmetic,
            lazy,
        };
        let trials = states
            .par_chunks_exact_mut(2 * words)
            .zip(distances.par_chunks_exact_mut(patterns.max(1)))
            .zip(course.par_chunks_exact_mut(COURSE))
            .zip(order.par_chunks_exact(neurons));
        trials.for_each(|(((state, distances), course), order)| {
            let (state, pending) = state.split_at_mut(words);
            let terms = OfKeys { shared: &terms, distances, weights: vec![0.0; patterns] };
            run(&memory, terms, Trial { state, pending, order, course });
        });
    }
}

/// Stride of a per-net array of two numbers for each distance.
fn padded_pairs(neurons: usize) -> usize {
    crate::padded(2 * (neurons + 1))
}

/// What fields are made of, beside their terms' weights.
pub(crate) struct Memory<'a> {
    /// \[neuron, term\].
    pub(crate) columns: &'a [f32],
    pub(crate) inverse_bound: &'a [f32],
    pub(crate) arithmetic: Arithmetic,
    pub(crate) lazy: bool,
}

/// One trial's rows.
pub(crate) struct Trial<'a> {
    pub(crate) state: &'a mut [u32],
    pub(crate) pending: &'a mut [u32],
    pub(crate) order: &'a [u32],
    pub(crate) course: &'a mut [u32],
}

/// The weights of a trial's terms, from state to state.
pub(crate) trait Terms {
    /// Takes in the state.
    fn start(&mut self, state: &[u32]);

    /// Whether each neuron weighs the terms in its own way.
    fn differ(&self) -> bool;

    /// The weights in the field of one neuron; `up` is what it is.
    fn weights(&mut self, neuron: usize, up: bool) -> &[f32];

    /// A neuron has changed; `up` is what it is now.
    fn flipped(&mut self, neuron: usize, up: bool);

    /// Marks the neurons whose field that may have changed.
    fn mark(&self, neuron: usize, pending: &mut [u32]);
}

/// Visits one trial's neurons, compiled for the vectors found at run time.
pub(crate) fn run<T: Terms>(memory: &Memory<'_>, terms: T, trial: Trial<'_>) {
    match memory.arithmetic {
        Arithmetic::Fused => dispatch(Visits::<T, true> { memory, terms, trial }),
        Arithmetic::TwiceRounded => dispatch(Visits::<T, false> { memory, terms, trial }),
    }
}

struct Visits<'a, T, const FUSED: bool> {
    memory: &'a Memory<'a>,
    terms: T,
    trial: Trial<'a>,
}

impl<T: Terms, const FUSED: bool> WithSimd for Visits<'_, T, FUSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { memory, mut terms, trial } = self;
        let Trial { state, pending, order, course } = trial;
        let &mut [ref mut done, ref mut verdict, ref mut flips, ref mut sums] = course else { return };
        if *done as usize >= order.len() {
            return;
        }
        terms.start(state);
        let mut norm = None;
        while let Some(&neuron) = order.get(*done as usize) {
            let neuron = (neuron as usize).min(order.len() - 1);
            let (word, bit) = (neuron / 32, neuron % 32);
            if memory.lazy && pending[word] >> bit & 1 == 0 {
                *done += 1;
                continue;
            }
            let old = state[word] >> bit & 1 == 1;
            let up = match std::mem::replace(verdict, OPEN) {
                OPEN | DOUBTED => {
                    let count = memory.columns.len() / order.len();
                    let column = &memory.columns[neuron * count..][..count];
                    if terms.differ() {
                        norm = None;
                    }
                    let weights = terms.weights(neuron, old);
                    let field = chained::<FUSED>(weights, column);
                    let norm = *norm.get_or_insert_with(|| chained::<FUSED>(weights, weights));
                    *sums += 1;
                    let inverse = memory.inverse_bound[neuron];
                    let (scaled, exact) = (field * inverse, inverse < 0.0);
                    let certain = exact || inverse > 0.0 && scaled * scaled > norm;
                    if !(certain && field.is_finite() && norm.is_finite()) {
                        *verdict = DOUBTED;
                        return;
                    }
                    field > 0.0 || field == 0.0 && old
                }
                decided => decided == UP,
            };
            pending[word] &= !(1 << bit);
            if up != old {
                state[word] ^= 1 << bit;
                *flips += 1;
                terms.flipped(neuron, up);
                norm = None;
                if memory.lazy {
                    terms.mark(neuron, pending);
                }
            }
            *done += 1;
        }
    }
}

/// The sum of products in the defined order.
#[inline(always)]
pub(crate) fn chained<const FUSED: bool>(left: &[f32], right: &[f32]) -> f32 {
    let mut chains = [0.0_f32; CHAINS];
    let multiply_add = |a: f32, b: f32, c: f32| if FUSED { a.mul_add(b, c) } else { a * b + c };
    let (lefts, rights) = (left.chunks_exact(CHAINS), right.chunks_exact(CHAINS));
    let (left_rest, right_rest) = (lefts.remainder(), rights.remainder());
    for (left, right) in lefts.zip(rights) {
        for lane in 0..CHAINS {
            chains[lane] = multiply_add(left[lane], right[lane], chains[lane]);
        }
    }
    for (chain, (&left, &right)) in chains.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        *chain = multiply_add(left, right, *chain);
    }
    let blocks = chains.chunks_exact(BLOCK).map(|block| block[1..].iter().fold(block[0], |sum, chain| sum + chain));
    blocks.fold(0.0, |sum, block| sum + block)
}

/// What the trials of a network share in weighing its keys.
struct Weighed<'a> {
    keys: &'a [u32],
    words: usize,
    neurons: usize,
    table: &'a [u32],
    excluding: bool,
}

impl Weighed<'_> {
    fn exponent(&self, distance: usize) -> i32 {
        self.table[2 * distance + 1] as i32
    }

    /// A weight as a multiple of 2^scale.
    fn weight(&self, distance: usize, scale: i32) -> f32 {
        let shift = self.exponent(distance) - scale;
        match f32::from_bits(self.table[2 * distance]) {
            0.0 => 0.0,
            _ if shift < SMALLEST_SHIFT => 0.0,
            value => f32::from_bits(value.to_bits().wrapping_add((shift as u32) << 23)),
        }
    }
}

/// A trial's weights for the keys of a dual.
struct OfKeys<'a> {
    shared: &'a Weighed<'a>,
    distances: &'a mut [u32],
    weights: Vec<f32>,
}

impl OfKeys<'_> {
    /// Whether a component of a key is another than the state's.
    #[inline(always)]
    fn differs(&self, pattern: usize, neuron: usize, up: bool) -> bool {
        (self.shared.keys[pattern * self.shared.words + neuron / 32] >> (neuron % 32) & 1 == 1) != up
    }

    /// Weighs each key by its distance, less what one neuron adds to it.
    #[inline(always)]
    fn weigh(&mut self, left_out: Option<(usize, bool)>) {
        let shared = self.shared;
        let least = |this: &Self, pattern: usize| {
            let own = left_out.is_some_and(|(neuron, up)| this.differs(pattern, neuron, up));
            (this.distances[pattern] as usize).min(shared.neurons) - usize::from(own)
        };
        let mut scale = i32::MIN;
        for pattern in 0..self.weights.len() {
            scale = scale.max(shared.exponent(least(self, pattern)));
        }
        for pattern in 0..self.weights.len() {
            self.weights[pattern] = shared.weight(least(self, pattern), scale);
        }
    }
}

impl Terms for OfKeys<'_> {
    #[inline(always)]
    fn start(&mut self, state: &[u32]) {
        for (distance, key) in self.distances.iter_mut().zip(self.shared.keys.chunks_exact(self.shared.words)) {
            *distance = state.iter().zip(key).map(|(a, b)| (a ^ b).count_ones()).sum();
        }
        if !self.shared.excluding {
            self.weigh(None);
        }
    }

    #[inline(always)]
    fn differ(&self) -> bool {
        self.shared.excluding
    }

    #[inline(always)]
    fn weights(&mut self, neuron: usize, up: bool) -> &[f32] {
        if self.shared.excluding {
            self.weigh(Some((neuron, up)));
        }
        &self.weights
    }

    #[inline(always)]
    fn flipped(&mut self, neuron: usize, up: bool) {
        for pattern in 0..self.distances.len() {
            let further = self.differs(pattern, neuron, up);
            self.distances[pattern] = self.distances[pattern].wrapping_add_signed(if further { 1 } else { -1 });
        }
        if !self.shared.excluding {
            self.weigh(None);
        }
    }

    /// Every distance has changed, and with it every field.
    #[inline(always)]
    fn mark(&self, _: usize, pending: &mut [u32]) {
        pending.fill(u32::MAX);
        if let Some(last) = pending.last_mut() {
            *last >>= self.shared.neurons.wrapping_neg() % 32;
        }
    }
}
