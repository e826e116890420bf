//! A tile of trials: as many as fit in [`VECTORS`] vectors, one trial a lane, so that N needs no padding.

use std::cell::RefCell;

use pulp::Simd;

/// Vectors of trials per tile: with up to 14 neurons a time, the sums fill AVX-512's registers.
pub(super) const VECTORS: usize = 2;

/// Trials and neurons that are transposed together.
const SQUARE: usize = 16;

thread_local! {
    /// Memory that this thread has used before. A fresh block would be mapped, cleared page by page and unmapped with every
    /// call: several per cent of a small network's time.
    static SPARE: RefCell<Vec<Vec<u32>>> = const { RefCell::new(Vec::new()) };
}

/// Blocks that a thread keeps for the next call: a group of tiles, their weights and a packed dual.
const KEPT: usize = 16;
/// Words of the largest block that is kept: what is larger takes far longer to use than to map.
const LARGEST: usize = 4 << 20;
/// Words of a cache line.
const LINE: usize = 64 / size_of::<u32>();

/// Words from the start of a cache line on: a vector that straddles two lines is loaded twice.
pub(super) struct Lines {
    words: Vec<u32>,
    start: usize,
}

impl Lines {
    /// Words of any value.
    pub(super) fn any(words: usize) -> Self {
        let wanted = words + LINE;
        let block = SPARE.with_borrow_mut(|spare| {
            // Not a block far too large, which another use may want.
            let fits = spare.iter().position(|block| (wanted..=4 * wanted).contains(&block.len()));
            fits.map(|index| spare.remove(index))
        });
        let block = block.unwrap_or_else(|| vec![0; wanted]);
        let start = block.as_ptr().align_offset(4 * LINE).min(LINE);
        Self { words: block, start }
    }

    /// Zeros, at least so many.
    pub(super) fn zeros(words: usize) -> Self {
        let mut lines = Self::any(words);
        lines.u32s_mut()[..words].fill(0);
        lines
    }

    pub(super) fn f32s(&self) -> &[f32] {
        bytemuck::cast_slice(&self.words[self.start..])
    }

    pub(super) fn f32s_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.words[self.start..])
    }

    pub(super) fn u32s(&self) -> &[u32] {
        &self.words[self.start..]
    }

    pub(super) fn u32s_mut(&mut self) -> &mut [u32] {
        &mut self.words[self.start..]
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let block = std::mem::take(&mut self.words);
        // Where a thread is ending, its memory goes with it.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if block.len() <= LARGEST {
                spare.push(block);
            }
            // The oldest make room: they may fit nothing that is still asked for.
            while spare.len() > KEPT || spare.iter().map(Vec::len).sum::<usize>() > 2 * LARGEST {
                spare.remove(0);
            }
        });
    }
}

/// Lays packed states \[trial, word\] out as \[word, lane\]; `transposed` is zero where there is no trial.
pub(super) fn transpose_states(states: &[u32], words: usize, lanes: usize, transposed: &mut [u32]) {
    for (lane, state) in states.chunks_exact(words).enumerate() {
        for (word, &bits) in state.iter().enumerate() {
            transposed[word * lanes + lane] = bits;
        }
    }
}

/// Copies fields \[trial, neuron\] into sums \[neuron, lane\].
pub(super) fn load_sums(field: &[f32], neurons: usize, lanes: usize, sums: &mut [f32]) {
    for (lane, row) in field.chunks_exact(neurons).enumerate() {
        for (neuron, &value) in row.iter().enumerate() {
            sums[neuron * lanes + lane] = value;
        }
    }
}

/// Copies sums \[neuron, lane\] into fields \[trial, neuron\], a square at a time where there are whole ones.
#[inline(always)]
pub(super) fn store_sums<S: Simd>(simd: S, sums: &[f32], neurons: usize, lanes: usize, field: &mut [f32]) {
    let trials = field.len() / neurons;
    let whole = if neurons < SQUARE || lanes < SQUARE { 0 } else { trials / SQUARE * SQUARE };
    let (squares, rest) = field.split_at_mut(whole * neurons);
    for (band, rows) in squares.chunks_exact_mut(SQUARE * neurons).enumerate() {
        for start in (0..neurons).step_by(SQUARE) {
            // The last square may overlap the one before.
            let start = start.min(neurons - SQUARE);
            let square = transposed(simd, &sums[start * lanes + band * SQUARE..], lanes);
            for (row, from) in rows.chunks_exact_mut(neurons).zip(&square) {
                if let Some(to) = row[start..].first_chunk_mut() {
                    *to = *from;
                }
            }
        }
    }
    for (trial, row) in rest.chunks_exact_mut(neurons).enumerate() {
        for (value, column) in row.iter_mut().zip(sums.chunks(lanes)) {
            *value = column[whole + trial];
        }
    }
}

/// The columns of a square whose rows lie `stride` apart.
#[inline(always)]
fn transposed<S: Simd>(simd: S, rows: &[f32], stride: usize) -> [[f32; SQUARE]; SQUARE] {
    let mut square = [[0.0; SQUARE]; SQUARE];
    // One slice that holds them all: nothing is left to check in the loop, and the zeros are never stored.
    let rows = &rows[..(SQUARE - 1) * stride + SQUARE];
    for (row, to) in square.iter_mut().enumerate() {
        if let Some(from) = rows[row * stride..].first_chunk() {
            *to = *from;
        }
    }
    transpose(simd, &mut square);
    square
}

/// Rows to columns.
#[inline(always)]
fn transpose<S: Simd>(simd: S, square: &mut [[f32; SQUARE]; SQUARE]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = crate::vector::avx512(simd) {
        return transpose_avx512(simd, square);
    }
    let _ = simd;
    let columns = *square;
    for (row, values) in square.iter_mut().enumerate() {
        for (value, column) in values.iter_mut().zip(&columns) {
            *value = column[row];
        }
    }
}

/// Pairs of rows, then pairs of pairs, within quarters of a vector; then the quarters themselves, twice.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_avx512(simd: pulp::x86::V4, square: &mut [[f32; SQUARE]; SQUARE]) {
    use std::arch::x86_64::__m512;
    let avx = simd.avx512f;
    let rows: [__m512; SQUARE] = pulp::cast(*square);
    // Loops, not closures: a closure would be compiled without the instructions.
    let (mut pairs, mut fours, mut eights, mut columns) = (rows, rows, rows, rows);
    for (i, pair) in pairs.iter_mut().enumerate() {
        let (a, b) = (rows[i & !1], rows[i | 1]);
        *pair = if i & 1 == 0 { avx._mm512_unpacklo_ps(a, b) } else { avx._mm512_unpackhi_ps(a, b) };
    }
    // fours[4 g + k], quarter q: column 4 q + k of rows 4 g to 4 g + 3.
    for (i, four) in fours.iter_mut().enumerate() {
        let first = (i & !3) + i % 4 / 2;
        let (a, b) = (pairs[first], pairs[first + 2]);
        *four = if i & 1 == 0 { avx._mm512_shuffle_ps::<0x44>(a, b) } else { avx._mm512_shuffle_ps::<0xEE>(a, b) };
    }
    // eights[8 h + 4 s + k]: quarters s and s + 2 of groups 2 h and 2 h + 1.
    for (i, eight) in eights.iter_mut().enumerate() {
        let first = i / 8 * 8 + i % 4;
        let (a, b) = (fours[first], fours[first + 4]);
        let even = i / 4 % 2 == 0;
        *eight = if even { avx._mm512_shuffle_f32x4::<0x88>(a, b) } else { avx._mm512_shuffle_f32x4::<0xDD>(a, b) };
    }
    for (i, column) in columns.iter_mut().enumerate() {
        let first = i / 4 % 2 * 4 + i % 4;
        let (a, b) = (eights[first], eights[first + 8]);
        *column = if i < 8 { avx._mm512_shuffle_f32x4::<0x88>(a, b) } else { avx._mm512_shuffle_f32x4::<0xDD>(a, b) };
    }
    *square = pulp::cast(columns);
}
