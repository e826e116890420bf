//! What several analyses refuse.

use crate::error::{Error, Result};

/// A count by its option's name, with the least and the most that can be meant.
pub(super) type Count = (&'static str, usize, usize, usize);

/// Refuses the first count out of its range.
pub(super) fn counts(counts: &[Count]) -> Result<()> {
    match counts.iter().find(|&&(_, count, least, most)| count < least || count > most) {
        None => Ok(()),
        Some((name, count, least, most)) => {
            Err(Error::setting(format!("{name} {count}"), format!("give {name} of {least} to {most}")))
        }
    }
}

/// Refuses loads of which the smallest stores no pair of patterns.
pub(super) fn stores_pairs(least: usize) -> Result<()> {
    if least < 2 {
        return Err(Error::setting(format!("{least} pattern at the smallest load"), "give --loads of 2/N at least"));
    }
    Ok(())
}
