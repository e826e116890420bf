//! Checksums of answers, so that a fast wrong run shows.

use crate::pattern::Patterns;

/// How far apart two checksums of the same numbers may be: a ten-thousandth in the mean. Programs that sum in another
/// order in f32 come to within a few; one readout of 2048 that is another pattern's moves it by thousands.
pub(super) const TOLERANCE: u64 = 100;

/// sum over the flat index k of sign(v_k) (k mod 97 + 1), sign(0) = 0: that of an answer's values in row-major order.
/// One wrong sign changes it by at most 194.
pub fn checksum(values: impl IntoIterator<Item = f32>) -> i64 {
    let weighted = |(k, value): (usize, f32)| {
        let sign = i64::from(value > 0.0) - i64::from(value < 0.0);
        sign * (k % 97 + 1) as i64
    };
    values.into_iter().enumerate().map(weighted).sum()
}

/// That of packed states, network after network.
pub(super) fn checksum_of(sets: &[Patterns]) -> i64 {
    checksum(sets.iter().flat_map(Patterns::to_bipolar).map(f32::from))
}

/// That of real numbers: a million times the mean over the index k of v_k (k mod 97 + 1), rounded. Signs of numbers near
/// 0 depend on the order of summation; this moves as little as the numbers do.
pub(super) fn checksum_of_numbers(values: impl ExactSizeIterator<Item = f64>) -> i64 {
    let count = values.len().max(1) as f64;
    let sum: f64 = values.enumerate().map(|(k, value)| value * (k % 97 + 1) as f64).sum();
    (1e6 * sum / count).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_by_hand() {
        // 1 - 2 + 0 * 3 + 4, then the weights start again after 97.
        assert_eq!(checksum([0.5, -3.0, 0.0, 1.0]), 3);
        let mut long = vec![0.0; 99];
        (long[96], long[97], long[98]) = (1.0, -1.0, 1.0);
        assert_eq!(checksum(long), 97 - 1 + 2);
        let rows = Patterns::from_signs(2, [true, false, true, true]).unwrap();
        assert_eq!(checksum_of(&[rows]), 1 - 2 + 3 + 4);
    }

    #[test]
    fn that_of_numbers_by_hand() {
        // (0.5 - 2 * 3 + 3 * 0.25) / 3.
        assert_eq!(checksum_of_numbers([0.5, -3.0, 0.25].into_iter()), -1_583_333);
        assert_eq!(checksum_of_numbers([].into_iter()), 0);
    }
}
