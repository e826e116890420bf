//! Ways to the same fields: which one a call takes changes no bit.

use super::kept::Form;
use super::{BLOCK, FEW, Field, Kept, Lanes};
use crate::philox::philox;
use crate::vector::dispatch;
use crate::{Arithmetic, Extent};

/// A network and how many trials it is shown.
struct Example {
    extent: Extent,
    keys: Vec<u32>,
    dual: Vec<f32>,
    table: Vec<f32>,
}

fn words(stream: u32, count: usize) -> Vec<u32> {
    (0..count.div_ceil(4)).flat_map(|block| philox([stream, 0], [block as u32, 0, 0, 0])).take(count).collect()
}

impl Example {
    fn new(trials: usize, patterns: usize, neurons: usize) -> Self {
        let extent = Extent::of_one_net(trials, patterns, neurons);
        let dual = words(2, extent.pattern_stride * neurons).into_iter().map(|word| word as i32 as f32).collect();
        let table = (0..extent.table_stride()).map(|distance| 1.0 / (1.0 + distance as f32)).collect();
        Self { extent, keys: packed(1, extent.pattern_stride, neurons), dual, table }
    }

    fn states(&self, stream: u32) -> Vec<u32> {
        packed(stream, self.extent.trial_stride, self.extent.neurons)
    }

    /// The bits of fields and norms of the first `trials`, the chains cut before pattern `cut`.
    fn run(&self, states: &[u32], trials: usize, cut: usize, mut kept: Option<&mut Kept>) -> [Vec<u32>; 2] {
        let Self { extent, keys, dual, table } = self;
        let Extent { patterns, neurons, .. } = *extent;
        let (reference, exponents) = (vec![0; extent.trial_stride], vec![0; extent.table_stride()]);
        let mut outputs = [vec![0.0; extent.trial_stride * neurons], vec![0.0; extent.trial_stride]];
        for rows in [0..cut, cut..patterns] {
            let [field, weight_norm] = &mut outputs;
            let arrays = Field {
                states,
                keys: &keys[rows.start * extent.words()..],
                table,
                exponents: &exponents,
                reference: &reference,
                dual: &dual[rows.start * neurons..],
                field,
                weight_norm,
            };
            let extent = Extent { trials, patterns: rows.len(), first_pattern: rows.start, ..*extent };
            super::field(&extent, Arithmetic::Fused, true, arrays, kept.as_deref_mut());
        }
        let [fields, norms] = outputs.map(|values| values.into_iter().map(f32::to_bits).collect::<Vec<_>>());
        [fields[..trials * neurons].to_vec(), norms[..trials].to_vec()]
    }
}

/// Packed rows, tail bits zero.
fn packed(stream: u32, rows: usize, neurons: usize) -> Vec<u32> {
    let width = neurons.div_ceil(32);
    let mut rows = words(stream, rows * width);
    let tail = rows.iter_mut().skip(width - 1).step_by(width);
    tail.for_each(|word| *word &= u32::MAX >> (neurons.wrapping_neg() % 32));
    rows
}

/// Calls on the same states and keys, with what is kept and without, also when the states change.
#[test]
fn what_is_kept_changes_no_bit() {
    for (trials, patterns, neurons, form) in [
        (70, 130, 100, Form::Weight),
        (530, 520, 100, Form::Distance),
        (513, 600, 31, Form::Distance),
        (600, 513, 130, Form::Distance),
    ] {
        assert!(Form::of(trials * patterns, neurons) == Some(form));
        let example = Example::new(trials, patterns, neurons);
        let mut kept = Kept::default();
        for stream in [3, 3, 4, 3, 3] {
            let states = example.states(stream);
            let again = example.run(&states, trials, 0, Some(&mut kept));
            let fresh = example.run(&states, trials, 0, None);
            assert!(again == fresh, "{trials} trials, {patterns} patterns, {neurons} neurons");
        }
    }
}

/// A trial among many, whose dual is packed, and among few, whose dual is not; whole, and with its chain cut. The last
/// example's neurons are shared among threads.
#[test]
fn company_changes_no_bit() {
    let few = FEW * dispatch(Lanes);
    for (patterns, neurons) in
        [(1, 1), (40, 3), (BLOCK + 1, 16), (3 * BLOCK, 31), (300, 100), (BLOCK, 130), (9000, 257)]
    {
        let example = Example::new(few + 1, patterns, neurons);
        let states = example.states(3);
        let [fields, norms] = example.run(&states, few + 1, 0, None);
        for trials in [1, 2, 3, 7, few] {
            let alone = [fields[..trials * neurons].to_vec(), norms[..trials].to_vec()];
            for cut in [0, patterns / 3] {
                let what = format!("{trials} trials, {patterns} patterns, {neurons} neurons, cut before {cut}");
                assert!(example.run(&states, trials, cut, None) == alone, "{what}");
            }
        }
    }
}
