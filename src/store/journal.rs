//! What was appended to a table, and how long it took: journal.csv. Rows count when it names them, and only while they
//! are what it names.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::data::fingerprint;
use crate::error::{Error, Result};

/// The journal's file.
pub(super) const JOURNAL: &str = "journal.csv";

/// What rows took that were saved together. No part of them: the same rows, made again, may take other times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    training: f64,
    measuring: f64,
}

impl Seconds {
    /// Time of training, and of recalling and measuring what was trained.
    pub fn new(training: Duration, measuring: Duration) -> Self {
        Self { training: training.as_secs_f64(), measuring: measuring.as_secs_f64() }
    }
}

/// Rows that were saved together. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The first of them, counted from 0.
    pub(super) row: usize,
    /// How many.
    pub(super) rows: usize,
    /// [`fingerprint`] of their lines.
    pub(super) fingerprint: String,
    /// Of training, all rows together.
    train_seconds: f64,
    /// Of recalling and measuring.
    recall_seconds: f64,
}

impl Entry {
    /// Of `rows` rows from `row` on, and their lines.
    pub(super) fn new(row: usize, rows: usize, lines: &[u8], seconds: Seconds) -> Self {
        let fingerprint = fingerprint(lines.iter().copied());
        Self { row, rows, fingerprint, train_seconds: seconds.training, recall_seconds: seconds.measuring }
    }
}

impl Entry {
    /// What each of its rows took.
    pub(super) fn each(&self) -> Seconds {
        let rows = self.rows as f64;
        Seconds { training: self.train_seconds / rows, measuring: self.recall_seconds / rows }
    }
}

impl std::iter::Sum for Seconds {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, more| Self {
            training: sum.training + more.training,
            measuring: sum.measuring + more.measuring,
        })
    }
}

/// The entries of a journal's whole lines, and where each ends.
pub(super) fn parse(path: &Path, text: &[u8]) -> Result<(Vec<Entry>, Vec<usize>)> {
    let (mut entries, mut ends) = (Vec::new(), Vec::new());
    let mut reader = csv::Reader::from_reader(text);
    let altered = |error| Error::data(path, format!("is no journal ({error})"), "bring it back, or give another --out");
    let columns = reader.headers().cloned().map_err(altered)?;
    let mut lines = reader.records();
    while let Some(line) = lines.next() {
        entries.push(line.and_then(|line| line.deserialize(Some(&columns))).map_err(altered)?);
        ends.push(lines.reader().position().byte() as usize);
    }
    Ok((entries, ends))
}
