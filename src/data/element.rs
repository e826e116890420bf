//! The number types of pattern and label files, and how their bytes become numbers.
//!
//! Knows nothing of files, shapes or patterns.

use half::{bf16, f16};

/// The number types a file may hold. Booleans are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    Bf16,
    F32,
    F64,
}

impl Element {
    /// Whether it holds whole numbers alone.
    pub(super) fn is_integer(self) -> bool {
        !matches!(self, Self::F16 | Self::Bf16 | Self::F32 | Self::F64)
    }

    /// Bytes per element.
    pub(super) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The number in exactly [`Self::size`] bytes. Integers beyond 2^53 are rounded to the nearest f64.
    pub(super) fn decode(self, bytes: &[u8], big_endian: bool) -> f64 {
        fn array<const SIZE: usize>(bytes: &[u8], big_endian: bool) -> [u8; SIZE] {
            let mut array = [0; SIZE];
            array.copy_from_slice(bytes);
            if big_endian {
                array.reverse();
            }
            array
        }
        match self {
            Self::U8 => u8::from_le_bytes(array(bytes, big_endian)).into(),
            Self::I8 => i8::from_le_bytes(array(bytes, big_endian)).into(),
            Self::U16 => u16::from_le_bytes(array(bytes, big_endian)).into(),
            Self::I16 => i16::from_le_bytes(array(bytes, big_endian)).into(),
            Self::U32 => u32::from_le_bytes(array(bytes, big_endian)).into(),
            Self::I32 => i32::from_le_bytes(array(bytes, big_endian)).into(),
            Self::U64 => u64::from_le_bytes(array(bytes, big_endian)) as f64,
            Self::I64 => i64::from_le_bytes(array(bytes, big_endian)) as f64,
            Self::F16 => f16::from_le_bytes(array(bytes, big_endian)).into(),
            Self::Bf16 => bf16::from_le_bytes(array(bytes, big_endian)).into(),
            Self::F32 => f32::from_le_bytes(array(bytes, big_endian)).into(),
            Self::F64 => f64::from_le_bytes(array(bytes, big_endian)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_type_decodes_in_both_byte_orders() {
        fn check(element: Element, little: &[u8], expected: f64) {
            let big: Vec<u8> = little.iter().rev().copied().collect();
            assert_eq!(element.decode(little, false), expected, "{element:?}");
            assert_eq!(element.decode(&big, true), expected, "{element:?}");
        }
        check(Element::U8, &[200], 200.0);
        check(Element::I8, &[200], -56.0);
        check(Element::U16, &60_000u16.to_le_bytes(), 60_000.0);
        check(Element::I16, &(-300i16).to_le_bytes(), -300.0);
        check(Element::U32, &4_000_000_000u32.to_le_bytes(), 4e9);
        check(Element::I32, &(-70_000i32).to_le_bytes(), -70_000.0);
        check(Element::U64, &(1u64 << 63).to_le_bytes(), 2f64.powi(63));
        check(Element::I64, &(-5_000_000_000i64).to_le_bytes(), -5e9);
        check(Element::F16, &f16::from_f32(-1.5).to_le_bytes(), -1.5);
        check(Element::F32, &0.25f32.to_le_bytes(), 0.25);
        check(Element::F64, &1e-300f64.to_le_bytes(), 1e-300);
    }
}
