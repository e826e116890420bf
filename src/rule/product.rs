//! K r, the kernel matrix of networks' own keys times a right-hand side: what a descent is made of.
//!
//! K is never in memory. Its Hamming distances are made again for every product, or stored before the first and fetched:
//! two bytes for each pair of patterns, and the same bits in the end.

use super::distances::shape;
use super::{Distances, Training};
use crate::engine::array::size;
use crate::engine::kernel::{DISTANCE, FIELD, FIELD_STORED};
use crate::engine::{Array, Backend, Element, Recording, Scalar, Shape, Work, Workspace, available_memory};
use crate::error::{Error, Result};

/// The arrays that K is made from.
pub(super) struct Product<'a> {
    backend: &'a dyn Backend,
    work: Work,
    keys: Array,
    table: Array,
    exponents: Array,
    reference: Array,
    norm: Array,
    /// With what gives its memory back.
    distances: Option<(Array, Workspace<'a>)>,
}

impl<'a> Product<'a> {
    /// With distances that are made again each time.
    pub(super) fn new(space: &Workspace<'a>, training: Training<'_>, work: Work) -> Result<Self> {
        let Work { nets, patterns, .. } = work;
        let packed: Vec<u32> = training.keys.iter().flat_map(|set| set.words().iter().copied()).collect();
        let table: &[u32] = bytemuck::cast_slice(&training.table.values);
        let exponents: &[u32] = bytemuck::cast_slice(&training.table.exponents);
        Ok(Self {
            backend: space.backend(),
            work,
            keys: space.rows("keys", Element::Bits, nets, training.keys[0].stride(), &packed)?,
            table: space.per_net("table", Element::F32, nets, &table.repeat(nets))?,
            exponents: space.per_net("table exponents", Element::I32, nets, &exponents.repeat(nets))?,
            // A stored pattern is its own nearest key.
            reference: space.rows("reference distances", Element::U32, nets, 1, &vec![0; nets * patterns])?,
            norm: space.alloc("weight norms", Element::F32, nets, patterns, 1)?,
            distances: None,
        })
    }

    pub(super) fn backend(&self) -> &'a dyn Backend {
        self.backend
    }

    pub(super) fn work(&self) -> Work {
        self.work
    }

    /// Where its distances are from.
    pub(super) fn used(&self) -> Distances {
        if self.distances.is_some() { Distances::Stored } else { Distances::Recomputed }
    }

    /// Appends K `right` into `result`.
    pub(super) fn record(&self, recording: &mut Recording, right: &Array, result: &Array) -> Result<()> {
        let mut arrays = vec![
            ("table", &self.table),
            ("exponents", &self.exponents),
            ("reference", &self.reference),
            ("dual", right),
            ("field", result),
            ("weight_norm", &self.norm),
        ];
        let kernel = match &self.distances {
            Some((distances, _)) => {
                arrays.push(("distances", distances));
                &FIELD_STORED
            }
            None => {
                arrays.extend([("states", &self.keys), ("keys", &self.keys)]);
                &FIELD
            }
        };
        recording.dispatch(kernel, self.work, &arrays, &[("with_norm", Scalar::U32(0))])
    }

    /// Room for the distances.
    ///
    /// # Errors
    /// If the memory cannot be had.
    pub(super) fn room(&self) -> Result<Room<'a>> {
        let Work { nets, patterns, .. } = self.work;
        let shape = shape(nets, patterns);
        let available = available_memory();
        if shape.bytes() > available {
            return Err(Error::Memory {
                what: format!("storing the distances of {patterns} patterns"),
                needed: size(shape.bytes()),
                available: size(available),
                cure: "give --distances recomputed".into(),
            });
        }
        let space = Workspace::new(self.backend);
        let Shape { rows, width, .. } = shape;
        let distances = space.alloc("distances", Element::Shorts, nets, rows, width)?;
        let witness = Workspace::new(self.backend);
        let compared = witness.alloc("compared patterns", Element::U32, nets, rows, 1)?;
        Ok(Room { distances, space, compared, _witness: witness })
    }

    /// Makes the distances now, for every product recorded from now on.
    ///
    /// # Errors
    /// If the backend fails.
    pub(super) fn fill(&mut self, room: Room<'a>) -> Result<()> {
        let Room { distances, space, compared, _witness } = room;
        let patterns = self.work.patterns;
        let mut recording = Recording::new();
        let arrays = [("states", &self.keys), ("keys", &self.keys), ("distances", &distances), ("compared", &compared)];
        recording.dispatch(&DISTANCE, self.work, &arrays, &[])?;
        self.backend.run(&recording, 1)?;
        // The distances may hold any bits; the counts beside them tell whether they were made.
        let counts = self.backend.download(&compared, patterns)?;
        if counts.iter().any(|&count| count as usize != patterns) {
            return Err(Error::Device {
                device: self.backend.device().name.clone(),
                what: "some distances were never made".into(),
                cure: "the device dropped work without an error; update its driver, or use --backend cpu".into(),
            });
        }
        self.distances = Some((distances, space));
        Ok(())
    }

    /// Gives the memory of its distances back; products recorded from now on make them again.
    pub(super) fn forget(&mut self) {
        self.distances = None;
    }
}

/// Arrays for distances, and for the counts that vouch for them.
pub(super) struct Room<'a> {
    distances: Array,
    space: Workspace<'a>,
    compared: Array,
    /// Owns the counts, which nobody needs later.
    _witness: Workspace<'a>,
}
