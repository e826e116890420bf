//! Fields from stored distances, the same bits as `field` makes. Twin of `shaders/field.wgsl` with `STORED`.
//!
//! The CPU makes distances again faster than it fetches them (`field/kept.rs`): this is only what a GPU is held against.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::distance::Stored;
use crate::field::scaled_weight;
use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// Arrays of [`field_stored`], as those of [`Field`](crate::field::Field) but for the first.
pub struct FieldStored<'a> {
    /// Stored distances \[tile of 64 trials, pattern, pair of trials\], as [`distance`](crate::distance) writes them.
    pub distances: &'a [u32],
    /// Weight mantissas by Hamming distance \[N + 1\].
    pub table: &'a [f32],
    /// Binary exponents of the weights \[N + 1\].
    pub exponents: &'a [i32],
    /// The distance whose exponent scales each trial's weights \[trial\].
    pub reference: &'a [u32],
    /// Dual variables \[pattern, N\].
    pub dual: &'a [f32],
    /// Fields \[trial, N\]: written, or continued.
    pub field: &'a mut [f32],
    /// Sum of squared weights \[trial\], likewise; written as 0 unless asked for.
    pub weight_norm: &'a mut [f32],
}

/// field\[net, trial, i\] = sum over mu of weight(net, distances\[net, trial, mu\]) * dual\[net, mu, i\], and, when
/// `with_norm`, the sum of squared weights.
pub fn field_stored(extent: &Extent, arithmetic: Arithmetic, with_norm: bool, arrays: FieldStored<'_>) {
    let neurons = extent.neurons;
    let nets = extent.split_trials(arrays.field, neurons).zip(extent.split_trials(arrays.weight_norm, 1));
    for (net, (field, norm)) in nets.enumerate() {
        let table = net * extent.table_stride()..net * extent.table_stride() + neurons + 1;
        let panel = Panel {
            arithmetic,
            with_norm,
            starts: extent.first_pattern == 0,
            distances: Stored::new(extent, net, arrays.distances),
            table: &arrays.table[table.clone()],
            exponents: &arrays.exponents[table],
            dual: extent.patterns_of(net, arrays.dual, neurons),
        };
        let reference = extent.trials_of(net, arrays.reference, 1);
        let trials = field.par_chunks_exact_mut(neurons).zip(norm).zip(reference).enumerate();
        trials.for_each(|(trial, ((field, norm), &reference))| {
            dispatch(Chains { panel: &panel, trial, reference: reference as usize, field, norm });
        });
    }
}

/// One net's patterns.
struct Panel<'a> {
    arithmetic: Arithmetic,
    with_norm: bool,
    /// Whether the chains start here.
    starts: bool,
    distances: Stored<'a>,
    table: &'a [f32],
    exponents: &'a [i32],
    dual: &'a [f32],
}

/// One trial's; compiled for the vector extension found at run time.
struct Chains<'a> {
    panel: &'a Panel<'a>,
    trial: usize,
    reference: usize,
    field: &'a mut [f32],
    norm: &'a mut f32,
}

impl WithSimd for Chains<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { panel, trial, reference, field, norm } = self;
        let (arithmetic, last) = (panel.arithmetic, panel.table.len() - 1);
        let scale = panel.exponents[reference.min(last)];
        if panel.starts {
            field.fill(0.0);
            *norm = 0.0;
        }
        for (pattern, dual) in panel.dual.chunks_exact(field.len()).enumerate() {
            let distance = panel.distances.between(trial, pattern).min(last);
            let weight = scaled_weight(panel.table[distance], panel.exponents[distance], scale);
            for (sum, &dual) in field.iter_mut().zip(dual) {
                *sum = arithmetic.multiply_add(weight, dual, *sum);
            }
            if panel.with_norm {
                *norm = arithmetic.multiply_add(weight, weight, *norm);
            }
        }
    }
}
