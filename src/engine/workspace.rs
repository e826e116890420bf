//! The arrays of one piece of work, given back together however it ends.

use std::cell::RefCell;

use super::{Array, Backend, Element, Shape};
use crate::error::Result;

/// Allocates on a backend and frees what it allocated when dropped.
pub struct Workspace<'a> {
    backend: &'a dyn Backend,
    arrays: RefCell<Vec<Array>>,
}

impl<'a> Workspace<'a> {
    /// An empty workspace on a backend.
    pub fn new(backend: &'a dyn Backend) -> Self {
        Self { backend, arrays: RefCell::default() }
    }

    /// The backend.
    pub fn backend(&self) -> &'a dyn Backend {
        self.backend
    }

    /// An unwritten array of `nets` x `rows` x `width`.
    ///
    /// # Errors
    /// As [`Backend::alloc`].
    pub fn alloc(
        &self,
        label: &'static str,
        element: Element,
        nets: usize,
        rows: usize,
        width: usize,
    ) -> Result<Array> {
        let array = self.backend.alloc(label, element, Shape { nets, rows, width })?;
        self.arrays.borrow_mut().push(array.clone());
        Ok(array)
    }

    /// An array along trials or patterns with its rows, `[nets, rows, width]`.
    ///
    /// # Errors
    /// As [`Backend::alloc`] and [`Backend::upload`].
    pub fn rows(
        &self,
        label: &'static str,
        element: Element,
        nets: usize,
        width: usize,
        words: &[u32],
    ) -> Result<Array> {
        let array = self.alloc(label, element, nets, words.len() / (nets * width).max(1), width)?;
        self.backend.upload(&array, words)?;
        Ok(array)
    }

    /// A per-net array with its entries, `[nets, entries]`.
    ///
    /// # Errors
    /// As [`Backend::alloc`] and [`Backend::upload`].
    pub fn per_net(&self, label: &'static str, element: Element, nets: usize, words: &[u32]) -> Result<Array> {
        self.rows(label, element, nets, 1, words)
    }
}

impl Drop for Workspace<'_> {
    fn drop(&mut self) {
        for array in self.arrays.take() {
            self.backend.free(array);
        }
    }
}
