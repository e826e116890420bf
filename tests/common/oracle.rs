//! Packed arrays as the rows of -1 and +1 that the oracle in `kernels-cpu` computes on.

/// Packed rows as -1 and +1.
pub(crate) fn bipolar(words: &[u32], neurons: usize) -> Vec<Vec<i8>> {
    let row = |row: &[u32]| (0..neurons).map(|i| if row[i / 32] >> (i % 32) & 1 == 1 { 1 } else { -1 }).collect();
    words.chunks_exact(neurons.div_ceil(32)).map(row).collect()
}

/// Rows of `width` values in f64.
pub(crate) fn rows(words: &[u32], width: usize) -> Vec<Vec<f64>> {
    words.chunks_exact(width).map(|row| row.iter().map(|&word| f64::from(f32::from_bits(word))).collect()).collect()
}

/// Unit roundoff of f32.
pub(crate) const UNIT: f64 = 1.0 / (1 << 24) as f64;

/// gamma_n = n u / (1 - n u): the relative error of n roundings (Higham, section 3.1).
pub(crate) fn gamma(count: usize) -> f64 {
    let product = count as f64 * UNIT;
    product / (1.0 - product)
}

/// Euclidean norm.
pub(crate) fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}
