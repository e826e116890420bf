//! The sums of several trials and all neurons: tiles of both are held in registers for a block of patterns.

use pulp::Simd;

/// Vectors of neurons in a tile.
const VECTORS: usize = 2;

/// The sums of some trials, and the block of patterns that they are continued by.
pub(super) struct Tiles {
    neurons: usize,
    /// Neurons of a tile.
    width: usize,
    /// N, filled up to whole tiles.
    columns: usize,
    trials: usize,
    /// By trial and neuron.
    sums: Vec<f64>,
    /// Of the trials of each tile, \[tile of trials, pattern, trial in tile\].
    weights: Vec<f64>,
    /// In f64, \[tile of neurons, pattern, neuron in tile\]: what the inner loop reads lies in a row.
    dual: Vec<f64>,
}

/// Trials of a tile that starts at `first`: what is left, in powers of two, and no more than the registers hold.
#[inline(always)]
fn height<S: Simd>(trials: usize, first: usize) -> usize {
    // The sums take twice as many registers.
    let most = if S::REGISTER_COUNT >= 32 { 8 } else { 4 };
    let left = trials - first;
    if left >= most { most } else { 1 << left.ilog2() }
}

impl Tiles {
    #[inline(always)]
    pub(super) fn new<S: Simd>(neurons: usize, block: usize, trials: usize) -> Self {
        let width = VECTORS * S::F64_LANES;
        let columns = neurons.next_multiple_of(width);
        let dual = if trials > 0 { block * columns } else { 0 };
        Self {
            neurons,
            width,
            columns,
            trials,
            sums: vec![0.0; trials * columns],
            weights: vec![0.0; trials * block],
            dual: vec![0.0; dual],
        }
    }

    /// The sums of some neurons of a trial.
    pub(super) fn wanted(&self, trial: usize, wanted: &[usize]) -> Vec<f64> {
        wanted.iter().map(|neuron| self.sums[trial * self.columns + neuron]).collect()
    }

    /// Where the weights of a trial for a block of so many patterns belong.
    #[inline(always)]
    pub(super) fn weights<S: Simd>(&mut self, trial: usize, patterns: usize) -> impl Iterator<Item = &mut f64> {
        let mut first = 0;
        while first + height::<S>(self.trials, first) <= trial {
            first += height::<S>(self.trials, first);
        }
        let height = height::<S>(self.trials, first);
        self.weights[first * patterns..][..height * patterns][trial - first..].iter_mut().step_by(height)
    }

    /// Continues all sums by a block of dual \[pattern, N\].
    #[inline(always)]
    pub(super) fn add<S: Simd>(&mut self, simd: S, dual: &[f32], patterns: usize) {
        self.pack::<S>(dual, patterns);
        let (width, columns) = (self.width, self.columns);
        for (tile, dual) in self.dual.chunks_exact(patterns * width).take(columns / width).enumerate() {
            let mut first = 0;
            while first < self.trials {
                let height = height::<S>(self.trials, first);
                let weights = &self.weights[first * patterns..][..height * patterns];
                let sums = &mut self.sums[first * columns + tile * width..];
                match height {
                    8 => multiply::<S, 8>(simd, weights, dual, columns, sums),
                    4 => multiply::<S, 4>(simd, weights, dual, columns, sums),
                    2 => multiply::<S, 2>(simd, weights, dual, columns, sums),
                    _ => multiply::<S, 1>(simd, weights, dual, columns, sums),
                }
                first += height;
            }
        }
    }

    #[inline(always)]
    fn pack<S: Simd>(&mut self, dual: &[f32], patterns: usize) {
        // A constant, so that a tile is copied as vectors.
        let width = VECTORS * S::F64_LANES;
        for (pattern, row) in dual.chunks_exact(self.neurons).enumerate() {
            let mut places = self.dual[pattern * width..].chunks_mut(patterns * width);
            let tiles = row.chunks_exact(width);
            let rest = tiles.remainder();
            for (values, packed) in tiles.zip(places.by_ref()) {
                widen(&mut packed[..width], &values[..width]);
            }
            if let Some(packed) = places.next() {
                widen(packed, rest);
            }
        }
    }
}

#[inline(always)]
fn widen(packed: &mut [f64], values: &[f32]) {
    for (packed, &value) in packed.iter_mut().zip(values) {
        *packed = f64::from(value);
    }
}

#[inline(always)]
fn multiply<S: Simd, const TRIALS: usize>(simd: S, weights: &[f64], dual: &[f64], columns: usize, sums: &mut [f64]) {
    let dual = S::as_simd_f64s(dual).0.as_chunks::<VECTORS>().0;
    let mut held = [[simd.splat_f64s(0.0); VECTORS]; TRIALS];
    for (held, sums) in held.iter_mut().zip(sums.chunks(columns)) {
        if let Some(sums) = S::as_simd_f64s(sums).0.first_chunk() {
            *held = *sums;
        }
    }
    for (weights, dual) in weights.as_chunks::<TRIALS>().0.iter().zip(dual) {
        for (sums, &weight) in held.iter_mut().zip(weights) {
            let weight = simd.splat_f64s(weight);
            for (sum, &dual) in sums.iter_mut().zip(dual) {
                *sum = simd.add_f64s(*sum, simd.mul_f64s(weight, dual));
            }
        }
    }
    for (held, sums) in held.iter().zip(sums.chunks_mut(columns)) {
        if let Some(sums) = S::as_mut_simd_f64s(sums).0.first_chunk_mut() {
            *sums = *held;
        }
    }
}
