//! The rows that an input means: its file's, or those chosen of them, with their classes where these are known.

use std::path::Path;

use super::format::{Contents, Labels, Wanted, read};
use super::input::Input;
use super::values::Values;
use crate::error::{Error, Result};

/// From here on not every whole number is told from the next.
const MOST: f64 = 9_007_199_254_740_992.0;

/// Reads the rows of an input and their classes, if the file has them or the input names them.
pub(super) fn rows(input: &Input) -> Result<(Values<'_>, Option<Vec<i64>>)> {
    let path = input.path();
    let mut contents = read(path, Wanted { array: input.array(), labels: input.labels() })?;
    let found = contents.labels.take();
    let mut values = Values::of_rows(path, contents)?;
    let count = values.rows();
    let labels = match (found, input.labels()) {
        (Some(Labels::Classes(classes)), _) => Some(classes),
        (Some(Labels::Array(array)), _) => Some(classes(path, *array, count)?),
        (None, Some(name)) => Some(labels(&elsewhere(path, name)?, count)?),
        (None, None) => None,
    };
    if labels.is_none() && input.needs_labels() {
        let what = "label= chooses rows by class, and the file has none";
        return Err(Error::data(path, what, "name them: FILE,labels=NAME, an array or column of it, or another file"));
    }
    let Some(chosen) = input.chosen(count, labels.as_deref())? else { return Ok((values, labels)) };
    let labels = labels.map(|labels| chosen.iter().filter_map(|&row| labels.get(row).copied()).collect());
    values.choose(chosen);
    Ok((values, labels))
}

/// Another file's labels, which is there.
fn elsewhere(path: &Path, name: &str) -> Result<Input> {
    if Path::new(name).is_file() {
        return Ok(Input::from(Path::new(name)));
    }
    let what = format!("has no labels {name}, and there is no file of that name");
    Err(Error::data(path, what, "name an array or column of it, or a file"))
}

/// Reads the classes of an input of `rows` of them.
pub(super) fn labels(input: &Input, rows: usize) -> Result<Vec<i64>> {
    let contents = read(input.path(), Wanted { array: input.array(), labels: None })?;
    let whole = match contents.layout.shape.as_slice() {
        [count] => *count,
        _ => rows,
    };
    match input.chosen(whole, None)? {
        None => classes(input.path(), contents, rows),
        Some(chosen) => {
            let all = classes(input.path(), contents, whole)?;
            let some: Vec<i64> = chosen.iter().filter_map(|&row| all.get(row).copied()).collect();
            check_count(input.path(), some.len(), rows).map(|()| some)
        }
    }
}

/// An array as classes, one for each of `rows`.
fn classes(path: &Path, contents: Contents, rows: usize) -> Result<Vec<i64>> {
    let Contents { bytes, layout, untyped, column, .. } = contents;
    let found = match *layout.shape.as_slice() {
        [found] => found,
        [found, 1] if untyped => found,
        _ => {
            let what = format!("the shape is {:?}: labels lie along one axis, a number for each row", layout.shape);
            return Err(Error::data(path, what, column));
        }
    };
    check_count(path, found, rows)?;
    if !untyped && !layout.element.is_integer() {
        let what = "the labels are floating-point numbers, and classes are whole numbers";
        return Err(Error::data(path, what, "convert them before saving: array.astype(numpy.int64)"));
    }
    let values = Values::new(path, bytes, layout)?;
    let label = |(row, _, value): (usize, usize, f64)| {
        if value.fract() != 0.0 {
            let what = format!("row {row} (counted from 0) has the label {value}, and classes are whole numbers");
            return Err(Error::data(path, what, "number the classes with whole numbers"));
        }
        if value.abs() < MOST {
            return Ok(value as i64);
        }
        let what = format!("row {row} (counted from 0) has the label {value:e}: {MOST} and above are rounded");
        Err(Error::data(path, what, "number the classes from 0: numpy.unique(labels, return_inverse=True)[1]"))
    };
    values.iter().map(label).collect()
}

fn check_count(path: &Path, found: usize, rows: usize) -> Result<()> {
    if found == rows {
        return Ok(());
    }
    let what = format!("{found} labels for {rows} rows of patterns");
    Err(Error::data(path, what, "give the labels of the same file, one for each of its rows"))
}
