//! A recording: the dispatches an algorithm wants, checked against the kernel table as they are appended.
//!
//! A recording holds no mathematics and does no work; a [`Backend`](super::Backend) runs it, any number of times.

use super::array::{Array, Chunks, Element, size};
use super::kernel::{Access, Axis, Kernel, Slot, Width};
use crate::error::{Error, Result};

/// The whole of a dispatch's work, before any device's limits cut it into panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Networks.
    pub nets: usize,
    /// Trials per network.
    pub trials: usize,
    /// Stored patterns per network (0 for kernels without that axis).
    pub patterns: usize,
    /// Neurons, N.
    pub neurons: usize,
}

/// A scalar argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// Single precision.
    F32(f32),
    /// Unsigned.
    U32(u32),
}

impl Scalar {
    fn element(self) -> Element {
        match self {
            Self::F32(_) => Element::F32,
            Self::U32(_) => Element::U32,
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::F32(value) => value.to_bits(),
            Self::U32(value) => value,
        }
    }
}

/// One kernel over one extent of work, its arrays in slot order.
#[derive(Clone, Debug)]
pub(crate) struct Dispatch {
    pub(crate) kernel: &'static Kernel,
    pub(crate) work: Work,
    pub(crate) arrays: Vec<Array>,
    pub(crate) scalars: Vec<u32>,
}

impl Dispatch {
    /// Rows per net of the arrays along an axis, padding included.
    pub(crate) fn stride(&self, axis: Axis) -> usize {
        let along = self.bindings().find(|(slot, _)| slot.axis == axis).map(|(_, array)| array.shape.stride());
        // Rows of one value per pattern are as long as those along patterns would be many.
        let wide = || self.bindings().find(|(slot, _)| axis == Axis::Pattern && slot.width == Width::StoredPatterns);
        along.or_else(|| wide().map(|(_, array)| array.shape.width)).unwrap_or(0)
    }

    /// Whether the kernel takes all patterns at once, however much work that is.
    pub(crate) fn takes_whole(&self) -> bool {
        self.kernel.slots.iter().any(|slot| slot.axis == Axis::Neuron)
    }

    /// Refuses arrays in pieces where the kernel takes them whole.
    pub(crate) fn check_whole(&self, chunks: &[Chunks]) -> Result<()> {
        let along = |slot: &Slot| matches!(slot.axis, Axis::Neuron | Axis::Pattern);
        let in_pieces =
            |((slot, array), chunks): &((&Slot, &Array), &Chunks)| along(slot) && chunks.rows < array.shape.stride();
        match self.bindings().zip(chunks).find(in_pieces).filter(|_| self.takes_whole()) {
            None => Ok(()),
            Some(((_, array), _)) => Err(Error::Memory {
                what: format!("{} in one piece for kernel {}", array.label, self.kernel.stem),
                needed: size(array.shape.bytes() / array.shape.nets.max(1) as u64),
                available: "less in one binding of this device".into(),
                cure: "use --backend cpu, or fewer patterns".into(),
            }),
        }
    }

    /// The slots with their arrays.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = (&'static Slot, &Array)> {
        self.kernel.slots.iter().zip(&self.arrays)
    }
}

/// Dispatches in order; each sees what the ones before it wrote.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub(crate) dispatches: Vec<Dispatch>,
}

impl Recording {
    /// An empty recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends all that another recording holds.
    pub fn extend(&mut self, other: &Self) {
        self.dispatches.extend_from_slice(&other.dispatches);
    }

    /// Appends a kernel over `work`, its arrays and scalars given by name.
    ///
    /// # Errors
    /// If a slot or scalar is missing, unknown or of the wrong type, if an array's shape does not fit the work, or if
    /// one array is bound to be both read and written.
    pub fn dispatch(
        &mut self,
        kernel: &'static Kernel,
        work: Work,
        arrays: &[(&str, &Array)],
        scalars: &[(&str, Scalar)],
    ) -> Result<()> {
        let refuse =
            |what: String| Error::setting(format!("kernel {}: {what}", kernel.stem), "record what its row asks for");
        if arrays.len() != kernel.slots.len() || scalars.len() != kernel.scalars.len() {
            return Err(refuse(format!(
                "{} arrays and {} scalars given, {} and {} expected",
                arrays.len(),
                scalars.len(),
                kernel.slots.len(),
                kernel.scalars.len()
            )));
        }
        let mut values = Vec::with_capacity(scalars.len());
        for &(name, element) in kernel.scalars {
            let found = scalars.iter().find(|(given, _)| *given == name);
            let (_, scalar) = found.ok_or_else(|| refuse(format!("no scalar {name}")))?;
            if scalar.element() != element {
                return Err(refuse(format!("scalar {name} is {:?}, not {element:?}", scalar.element())));
            }
            values.push(scalar.bits());
        }
        let mut bound = Vec::with_capacity(arrays.len());
        for slot in kernel.slots {
            let found = arrays.iter().find(|(name, _)| *name == slot.name);
            let (_, array) = found.ok_or_else(|| refuse(format!("no array for {}", slot.name)))?;
            check_range(slot, work).map_err(refuse)?;
            check_shape(slot, array, work, &values).map_err(refuse)?;
            bound.push((*array).clone());
        }
        let dispatch = Dispatch { kernel, work, arrays: bound, scalars: values };
        check_strides(&dispatch).map_err(refuse)?;
        check_aliases(&dispatch).map_err(refuse)?;
        self.dispatches.push(dispatch);
        Ok(())
    }
}

/// Distances go up to N.
fn check_range(slot: &Slot, work: Work) -> Result<(), String> {
    match slot.element == Element::Shorts && work.neurons > usize::from(u16::MAX) {
        true => Err(format!("{} has 16 bits for a distance, too few for {} neurons", slot.name, work.neurons)),
        false => Ok(()),
    }
}

/// Rows per net, and words per row, of a slot's array.
pub(crate) fn rows_and_width(slot: &Slot, work: Work, scalars: &[u32]) -> (usize, usize) {
    let width = slot.width.of(work, scalars);
    match slot.axis {
        Axis::Trial | Axis::Tiled => (work.trials, width),
        Axis::Pattern => (work.patterns, width),
        Axis::Neuron => (work.neurons, width),
        // A per-net array is one column, so that its stride is padded like any other's.
        Axis::Net => (width, 1),
    }
}

fn check_shape(slot: &Slot, array: &Array, work: Work, scalars: &[u32]) -> Result<(), String> {
    let (rows, width) = rows_and_width(slot, work, scalars);
    let shape = array.shape;
    // Kernels compute a per-net array's stride from its width, so only its own length will do.
    let fits = if slot.axis == Axis::Net { shape.rows == rows } else { shape.rows >= rows };
    if array.element != slot.element || shape.width != width || !fits || shape.nets < work.nets {
        return Err(format!(
            "{} needs {:?} [{} nets, {rows} rows, {width}], but {} is {:?} [{}, {}, {}]",
            slot.name, slot.element, work.nets, array.label, array.element, shape.nets, shape.rows, shape.width
        ));
    }
    Ok(())
}

fn check_strides(dispatch: &Dispatch) -> Result<(), String> {
    for (slot, array) in dispatch.bindings().filter(|(slot, _)| slot.axis != Axis::Net) {
        let axis = if slot.axis == Axis::Tiled { Axis::Trial } else { slot.axis };
        let (stride, expected) = (array.shape.stride(), dispatch.stride(axis));
        if stride != expected {
            return Err(format!("{} has {stride} rows a net, others along its axis {expected}", slot.name));
        }
        let patterns = dispatch.stride(Axis::Pattern);
        let stored = match slot.width {
            Width::PatternPairs => 2 * array.shape.width,
            Width::StoredPatterns => array.shape.width,
            _ => continue,
        };
        if stored != patterns {
            return Err(format!("{} is for {stored} patterns a net, others for {patterns}", slot.name));
        }
    }
    Ok(())
}

fn check_aliases(dispatch: &Dispatch) -> Result<(), String> {
    for (slot, array) in dispatch.bindings().filter(|(slot, _)| slot.access == Access::Write) {
        if dispatch.bindings().filter(|(_, other)| other.id == array.id).count() > 1 {
            return Err(format!("{} is written and bound a second time", slot.name));
        }
    }
    Ok(())
}
