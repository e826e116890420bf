//! How much of the work one kernel call does, and where a net's rows lie.

/// Every net's rows are padded to a multiple of this many, so that a panel may start at any multiple of it and still
/// meet a device's alignment of buffer offsets (256 bytes at most).
pub const PAD: usize = 64;

/// `rows` rounded up to a multiple of [`PAD`].
pub const fn padded(rows: usize) -> usize {
    rows.div_ceil(PAD) * PAD
}

/// The panel of work that one kernel call does: the same header, field for field, that every shader receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Networks in the panel.
    pub nets: usize,
    /// Trials in the panel (in training: patterns presented as states).
    pub trials: usize,
    /// Stored patterns in the panel.
    pub patterns: usize,
    /// Neurons, N.
    pub neurons: usize,
    /// Rows per net of the arrays along trials, padding included.
    pub trial_stride: usize,
    /// Rows per net of the arrays along patterns, padding included.
    pub pattern_stride: usize,
    /// Index of the panel's first pattern: 0 starts the chains, anything else continues them.
    pub first_pattern: usize,
}

impl Extent {
    /// All the work on a single network.
    pub fn of_one_net(trials: usize, patterns: usize, neurons: usize) -> Self {
        let (trial_stride, pattern_stride) = (padded(trials), padded(patterns));
        Self { nets: 1, trials, patterns, neurons, trial_stride, pattern_stride, first_pattern: 0 }
    }

    /// 32-bit words per packed state.
    pub fn words(&self) -> usize {
        self.neurons.div_ceil(32)
    }

    /// Stride of a per-net array of N + 1 entries, such as the table.
    pub fn table_stride(&self) -> usize {
        padded(self.neurons + 1)
    }

    /// Stride of a per-net array of N entries.
    pub fn neuron_stride(&self) -> usize {
        padded(self.neurons)
    }

    /// The rows of one net out of an array along trials: `width` values each.
    pub(crate) fn trials_of<'a, T>(&self, net: usize, array: &'a [T], width: usize) -> &'a [T] {
        &array[net * self.trial_stride * width..][..self.trials * width]
    }

    /// The rows of one net out of an array along patterns: `width` values each.
    pub(crate) fn patterns_of<'a, T>(&self, net: usize, array: &'a [T], width: usize) -> &'a [T] {
        &array[net * self.pattern_stride * width..][..self.patterns * width]
    }

    /// Mutable rows per net of an array along trials, the padding cut off.
    pub(crate) fn split_trials<'a, T>(
        &self,
        array: &'a mut [T],
        width: usize,
    ) -> impl Iterator<Item = &'a mut [T]> + use<'a, T> {
        let (nets, used) = (self.nets, self.trials * width);
        let stride = if nets == 1 { array.len() } else { self.trial_stride * width };
        array.chunks_mut(stride.max(1)).take(nets).map(move |rows| &mut rows[..used])
    }
}
