//! Arrays on a device: their shapes, how rows are padded, and how an array too large for one buffer is cut into chunks.

use std::sync::atomic::{AtomicU64, Ordering};

use attractor_kernels_cpu::{PAD, padded};

use crate::error::{Error, Result};

/// What every array is filled with before a kernel writes it: a NaN as f32, beyond any count as u32. Found in a result, it
/// means that a kernel did not run. Packed states and shorts may hold any bits, so who reads one checks a count beside it.
pub const SENTINEL: u32 = 0xFFC0_DEAD;

/// What the 32-bit words of an array mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32 bipolar values, bit 1 is +1; tail bits zero.
    Bits,
    /// IEEE single precision.
    F32,
    /// Two half-precision values, the first in the lower half.
    Halves,
    /// Two unsigned counts below 2^16, the first in the lower half.
    Shorts,
    /// An unsigned count or index, below 2^31.
    U32,
    /// A signed integer.
    I32,
}

/// Rows per net and words per row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Networks.
    pub nets: usize,
    /// Rows per network, without padding.
    pub rows: usize,
    /// 32-bit words per row.
    pub width: usize,
}

impl Shape {
    /// Rows per net in memory: [`padded`], and never none.
    pub fn stride(&self) -> usize {
        padded(self.rows.max(1))
    }

    /// Words in memory, padding included; saturates.
    pub fn words(&self) -> usize {
        self.nets.saturating_mul(self.stride()).saturating_mul(self.width)
    }

    /// Bytes in memory, padding included; saturates.
    pub fn bytes(&self) -> u64 {
        (self.words() as u64).saturating_mul(4)
    }
}

/// A handle to an array that a backend holds.
#[derive(Clone, Debug)]
pub struct Array {
    pub(crate) id: u64,
    pub(crate) label: &'static str,
    pub(crate) element: Element,
    pub(crate) shape: Shape,
}

impl Array {
    /// An identity that no other array of this process has, on whichever backend: an array given to another backend is
    /// found missing there, not mistaken for one of its own.
    pub(crate) fn next_id() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }
}

/// How an array is cut into buffers: whole nets where they fit, else rows of one net. Every cut is a multiple of [`PAD`]
/// rows, so a panel that starts at a cut is aligned for every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunks {
    shape: Shape,
    /// Nets per chunk.
    pub(crate) nets: usize,
    /// Rows per chunk; at least the stride when nets are whole.
    pub(crate) rows: usize,
}

impl Chunks {
    /// Cuts an array so that no chunk exceeds `limit` bytes.
    pub(crate) fn new(label: &str, shape: Shape, limit: u64) -> Result<Self> {
        let limit = (limit / 4) as usize;
        let net = shape.stride() * shape.width;
        if net <= limit {
            return Ok(Self { shape, nets: (limit / net).clamp(1, shape.nets.max(1)), rows: shape.stride() });
        }
        match limit / shape.width / PAD * PAD {
            0 => Err(Error::Memory {
                what: format!("a panel of {PAD} rows of {label} ({} values each)", shape.width),
                needed: size(PAD as u64 * shape.width as u64 * 4),
                available: format!("{} in one binding of this device", size(limit as u64 * 4)),
                cure: "use --backend cpu, or fewer neurons".into(),
            }),
            rows => Ok(Self { shape, nets: 1, rows }),
        }
    }

    fn per_net(&self) -> usize {
        self.shape.stride().div_ceil(self.rows)
    }

    /// Words of each chunk, in order.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let Shape { nets, width, .. } = self.shape;
        let stride = self.shape.stride();
        if self.rows >= stride {
            let chunk = |first: usize| self.nets.min(nets - first) * stride * width;
            return (0..nets).step_by(self.nets).map(chunk).collect();
        }
        let chunk = |first: usize| self.rows.min(stride - first) * width;
        (0..nets).flat_map(|_| (0..stride).step_by(self.rows).map(chunk)).collect()
    }

    /// How one network's rows lie when taken alone, and how many words they are.
    pub(crate) fn of_one_net(&self) -> (Self, usize) {
        let shape = Shape { nets: 1, ..self.shape };
        (Self { shape, nets: 1, rows: shape.stride() }, shape.words())
    }

    /// The chunk that holds a row, and the row's first word in it.
    pub(crate) fn locate(&self, net: usize, row: usize) -> (usize, usize) {
        let Shape { width, .. } = self.shape;
        if self.rows >= self.shape.stride() {
            (net / self.nets, ((net % self.nets) * self.shape.stride() + row) * width)
        } else {
            (net * self.per_net() + row / self.rows, row % self.rows * width)
        }
    }

    /// Runs of used rows that are contiguous in one chunk, as (net, first row, rows).
    pub(crate) fn runs(&self, rows: usize) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let step = self.rows;
        (0..self.shape.nets)
            .flat_map(move |net| (0..rows).step_by(step).map(move |first| (net, first, step.min(rows - first))))
    }
}

/// Refuses a shape that no memory could hold, or that holds nothing.
pub(crate) fn check_shape(label: &str, shape: Shape) -> Result<()> {
    let row = PAD.checked_mul(shape.width).and_then(|words| words.checked_mul(4));
    let whole = shape.rows.checked_add(PAD).zip(row).and_then(|(rows, row)| rows.checked_mul(row));
    let fits = whole.and_then(|bytes| bytes.checked_mul(shape.nets)).is_some();
    if shape.width > 0 && fits {
        return Ok(());
    }
    Err(Error::setting(
        format!("{label} of {} nets, {} rows, {} words a row", shape.nets, shape.rows, shape.width),
        "give at least one word a row, and fewer bytes than can be addressed",
    ))
}

/// Room for the first `rows` rows of every net.
pub(crate) fn room_for(array: &Array, rows: usize) -> Result<Vec<u32>> {
    let Shape { nets, rows: most, width } = array.shape;
    if rows > most {
        return Err(Error::setting(
            format!("{rows} rows of {}, which has {most}", array.label),
            "read no more than there are",
        ));
    }
    let mut words = Vec::new();
    words.try_reserve_exact(nets * rows * width).map_err(|_| Error::Memory {
        what: format!("reading {}", array.label),
        needed: size((nets * rows * width) as u64 * 4),
        available: "less".into(),
        cure: "lower the load, the neurons or the trials".into(),
    })?;
    Ok(words)
}

/// How many rows of every net `words` words are.
pub(crate) fn uploaded_rows(array: &Array, words: usize) -> Result<usize> {
    let Shape { nets, rows, width } = array.shape;
    let row = nets * width;
    if row == 0 || !words.is_multiple_of(row) || words / row > rows {
        return Err(Error::setting(
            format!("{words} words for {} of {nets} nets, {rows} rows, {width} words a row", array.label),
            "upload whole rows for every net, and no more than there are",
        ));
    }
    Ok(words / row)
}

/// Checks that a kernel has written all that was downloaded.
pub(crate) fn check_written(array: &Array, device: &str, words: &[u32]) -> Result<()> {
    let unwritten = match array.element {
        // May hold any bits.
        Element::Bits | Element::Halves | Element::Shorts => 0,
        Element::F32 | Element::U32 | Element::I32 => words.iter().filter(|&&word| word == SENTINEL).count(),
    };
    if unwritten == 0 {
        return Ok(());
    }
    Err(Error::Device {
        device: device.into(),
        what: format!("{unwritten} of {} values of {} were never written", words.len(), array.label),
        cure: "the device dropped work without an error; update its driver, or use --backend cpu".into(),
    })
}

/// A size with its unit, for people.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_row_once_and_start_aligned() {
        for (nets, rows, width, limit) in
            [(3, 100, 5, 1 << 20), (3, 100, 5, 4000), (2, 1000, 7, 7 * 4 * 64), (1, 1, 1, 256)]
        {
            let shape = Shape { nets, rows, width };
            let chunks = Chunks::new("test", shape, limit).unwrap();
            let sizes = chunks.sizes();
            assert!(sizes.iter().all(|&words| words as u64 * 4 <= limit));
            assert_eq!(sizes.iter().sum::<usize>(), shape.words());
            let mut seen = vec![0; sizes.len()];
            for net in 0..nets {
                for row in 0..shape.stride() {
                    let (chunk, word) = chunks.locate(net, row);
                    assert_eq!(word, seen[chunk]);
                    seen[chunk] += width;
                }
            }
            assert_eq!(seen, sizes);
        }
    }

    #[test]
    fn a_row_wider_than_a_binding_is_refused_with_its_size() {
        let error = Chunks::new("dual", Shape { nets: 1, rows: 64, width: 1000 }, 1000).unwrap_err().to_string();
        assert!(error.contains("250.0 KiB") && error.contains("dual"), "{error}");
    }
}
