//! The rows that an input means: its file's, or those chosen of them, with their classes where these are known.

use std::path::Path;

use super::format::{Contents, Labels, Wanted, read};
use super::input::Input;
use super::values::Values;
use crate::error::{Error, Result};

/// From here on not every whole number is told from the next.
pub(super) const MOST_CLASS: f64 = 9_007_199_254_740_992.0;

/// Reads the rows of an input and their classes, if the file has them or the input names them.
pub(super) fn rows(input: &Input) -> Result<(Values<'_>, Option<Vec<i64>>)> {
    let path = input.path();
    let mut contents = read(path, Wanted { array: input.array(), labels: input.labels() })?;
    let found = contents.labels.take();
    let mut values = Values::of_rows(path, contents)?;
    let count = values.rows();
    let labels = match (found, input.labels()) {
        (Some(Labels::Column(classes)), _) | (Some(Labels::Own(classes)), None) => Some(classes),
        (Some(Labels::Array(array)), _) => Some(classes(path, *array, count)?),
        (_, Some(name)) => Some(labels(&elsewhere(path, name)?, count)?),
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

/// Another file's labels, which is there: FILE, or FILE:NAME for an array or column of it.
fn elsewhere(path: &Path, name: &str) -> Result<Input> {
    if Path::new(name).is_file() {
        return Ok(Input::from(Path::new(name)));
    }
    if let Some((file, within)) = name.rsplit_once(':').filter(|(file, _)| Path::new(file).is_file()) {
        return Ok(Input::labels_of(Path::new(file), within));
    }
    let what = format!("has no labels {name}, and there is no file of that name");
    Err(Error::data(path, what, "name an array or column of it, or a file"))
}

/// Reads the classes of an input of `rows` of them.
pub(super) fn labels(input: &Input, rows: usize) -> Result<Vec<i64>> {
    let path = input.path();
    let mut contents = read(path, Wanted { array: input.array().or(input.labels()), labels: input.labels() })?;
    let all = match (contents.labels.take(), input.labels()) {
        (Some(Labels::Column(classes)), _) => classes,
        (Some(Labels::Array(array)), _) => column(path, *array)?,
        (_, None) => column(path, contents)?,
        (_, Some(name)) => {
            let what = format!("has no labels {name}");
            return Err(Error::data(path, what, "name an array or column of it"));
        }
    };
    let some = match input.chosen(all.len(), Some(&all))? {
        None => all,
        Some(chosen) => chosen.iter().filter_map(|&row| all.get(row).copied()).collect(),
    };
    check_count(path, some.len(), rows).map(|()| some)
}

/// An array as classes, one for each of `rows`.
fn classes(path: &Path, contents: Contents, rows: usize) -> Result<Vec<i64>> {
    let classes = column(path, contents)?;
    check_count(path, classes.len(), rows).map(|()| classes)
}

/// An array of one axis as classes.
fn column(path: &Path, contents: Contents) -> Result<Vec<i64>> {
    let Contents { bytes, layout, untyped, column, .. } = contents;
    if !(matches!(layout.shape.as_slice(), [_]) || untyped && matches!(layout.shape.as_slice(), [_, 1])) {
        let what = format!("the shape is {:?}: labels lie along one axis, a number for each row", layout.shape);
        return Err(Error::data(path, what, column));
    }
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
        if value.abs() < MOST_CLASS {
            return Ok(value as i64);
        }
        let what = format!("row {row} (counted from 0) has the label {value:e}: {MOST_CLASS} and above are rounded");
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
