//! Writes the numbers behind a figure as CSV. Knows nothing of files.

use super::estimate::Estimate;
use crate::error::{Error, Result};

/// The numbers behind a figure, one row per mark: full precision, empty ends where there is no interval.
pub(super) fn tidy<const KEYS: usize>(
    stem: &str,
    columns: &[&str],
    rows: impl Iterator<Item = ([String; KEYS], Estimate)>,
) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let write = |table: &mut csv::Writer<Vec<u8>>| -> csv::Result<()> {
        table.write_record(columns.iter().chain(&["low", "high"]))?;
        for (keys, Estimate { value, interval }) in rows {
            let ends =
                interval.map_or([String::new(), String::new()], |(low, high)| [low.to_string(), high.to_string()]);
            table.write_record(keys.into_iter().chain([value.to_string()]).chain(ends))?;
        }
        Ok(())
    };
    let failed = |source| Error::io(format!("{stem}.csv"), "write")(source);
    write(&mut table).map_err(|error| failed(error.into()))?;
    let bytes = table.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_missing_ends_are_empty() {
        let rows = [(["a,b".to_owned()], Estimate { value: 0.5, interval: None })];
        let csv = tidy("steps", &["series", "value"], rows.into_iter()).expect("written");
        assert_eq!(csv, "series,value,low,high\n\"a,b\",0.5,,\n");
    }
}
