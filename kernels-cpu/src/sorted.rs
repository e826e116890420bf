//! Sorting in every lane of some vectors at once: networks of minima and maxima, which know no branches.

use pulp::Simd;

/// Values that are sorted in registers.
pub(crate) const BLOCK: usize = 8;

/// Comparisons, written out: in a loop over pairs of places the values lie in memory, and sorting takes four times as
/// long.
macro_rules! exchange {
    ($simd:ident, $values:ident: $(($a:literal, $b:literal)),*) => {
        $(($values[$a], $values[$b]) =
            ($simd.max_f32s($values[$a], $values[$b]), $simd.min_f32s($values[$a], $values[$b]));)*
    };
}

/// The fewest comparisons for eight elements: 19 (Knuth, The Art of Computer Programming, volume 3, section 5.3.4).
macro_rules! of_eight {
    ($act:ident!($($before:tt)*)) => {
        $act!($($before)* (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7), (0, 1), (2, 3), (4, 5), (6, 7),
            (2, 4), (3, 5), (1, 4), (3, 6), (1, 2), (3, 4), (5, 6))
    };
}

/// What sorts so many values: a network whose elements are sorted blocks of eight, and whose comparisons leave the
/// eight highest of two blocks in the first. Merging two blocks in registers is 32 comparisons for 32 loads and stores;
/// single comparisons between distant values, in loops, took four times as long.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pairs: Vec<(usize, usize)>,
}

impl Network {
    /// Of so many values: Batcher's odd-even merges (Batcher, AFIPS 1968), which take any number of blocks; of eight
    /// blocks the fewest.
    pub(crate) fn new(values: usize) -> Self {
        let blocks = values.div_ceil(BLOCK);
        if blocks == BLOCK {
            return Self { pairs: of_eight!(vec!()) };
        }
        let mut pairs = Vec::new();
        let mut run = 1;
        while run < blocks {
            let mut step = run;
            while step > 0 {
                for low in (step % run..blocks.saturating_sub(step)).step_by(2 * step) {
                    // Both sides in one pair of runs.
                    if !(low + step).is_multiple_of(2 * run) {
                        let end = (low + step).min(blocks - step);
                        pairs.extend((low..end).map(|block| (block, block + step)));
                    }
                }
                step /= 2;
            }
            run *= 2;
        }
        Self { pairs }
    }

    /// Sorts the values of each lane, highest first; their number is a multiple of [`BLOCK`], the last of them perhaps
    /// `f32::MIN`, which pads.
    #[inline(always)]
    pub(crate) fn sort<S: Simd>(&self, simd: S, values: &mut [S::f32s]) {
        let (blocks, _) = values.as_chunks_mut::<BLOCK>();
        for block in blocks.iter_mut() {
            let mut held = *block;
            of_eight!(exchange!(simd, held:));
            *block = held;
        }
        for &(first, second) in &self.pairs {
            let (before, after) = blocks.split_at_mut(second);
            let (first, second) = (&mut before[first], &mut after[0]);
            let (a, b) = (*first, *second);
            let high = std::array::from_fn(|i| simd.max_f32s(a[i], b[BLOCK - 1 - i]));
            let low = std::array::from_fn(|i| simd.min_f32s(a[i], b[BLOCK - 1 - i]));
            *first = settle(simd, high);
            *second = settle(simd, low);
        }
    }
}

/// Of eight values that fall after they rose, or rise after they fell, half after half comes into order.
#[inline(always)]
fn settle<S: Simd>(simd: S, mut values: [S::f32s; BLOCK]) -> [S::f32s; BLOCK] {
    exchange!(simd, values: (0, 4), (1, 5), (2, 6), (3, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 1), (2, 3), (4, 5), (6, 7));
    values
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::{BLOCK, Network};
    use crate::philox::philox;

    fn sorted(mut values: Vec<f32>) -> Vec<f32> {
        let count = values.len();
        values.resize(count.next_multiple_of(BLOCK), f32::MIN);
        Network::new(count).sort(Scalar, &mut values);
        values.truncate(count);
        values
    }

    /// By the 0-1 principle (Knuth, theorem Z of section 5.3.4) a network that sorts all zeros and ones sorts anything;
    /// up to 16 values all of them are tried, beyond random values.
    #[test]
    fn every_number_of_values_is_sorted() {
        for count in 0..=16_usize {
            for bits in 0..1_u32 << count {
                let values = sorted((0..count).map(|i| (bits >> i & 1) as f32).collect());
                assert!(values.is_sorted_by(|a, b| a >= b), "{count} values: {bits:b}");
                assert_eq!(values.iter().sum::<f32>(), bits.count_ones() as f32);
            }
        }
        for count in (17..200).chain([255, 256, 257, 511, 784, 1000, 1023, 1024, 1025]) {
            let values: Vec<f32> = (0..count).map(|i| philox([count, 0], [i, 0, 0, 0])[0] as i32 as f32).collect();
            let mut expected = values.clone();
            expected.sort_by(|a, b| b.total_cmp(a));
            assert_eq!(sorted(values), expected, "{count} values");
        }
    }

    /// Blocks of zeros and ones: of each number of blocks every way in which each may be all zeros or all ones, and one
    /// mixed.
    #[test]
    fn every_number_of_blocks_is_sorted() {
        for blocks in 1..=12_usize {
            for bits in 0..1_u32 << blocks {
                for mixed in 0..blocks {
                    let value = |at: usize| match at / BLOCK == mixed {
                        true => f32::from(at.is_multiple_of(3)),
                        false => (bits >> (at / BLOCK) & 1) as f32,
                    };
                    let values = sorted((0..blocks * BLOCK).map(value).collect());
                    assert!(values.is_sorted_by(|a, b| a >= b), "{blocks} blocks: {bits:b}, {mixed}");
                }
            }
        }
    }
}
