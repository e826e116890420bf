//! What a user writes for a file of rows: `FILE[,array=NAME][,labels=NAME][,rows=A..B][,label=L]`.
//!
//! Knows how it is spelled, and which rows it means; knows no format.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};

/// A file of rows, and which of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    path: PathBuf,
    array: Option<String>,
    labels: Option<String>,
    steps: Vec<Step>,
}

/// A choice among the rows that those before it left.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// These, counted from 0, in this order.
    Rows(Vec<Range<usize>>),
    /// Those of these classes, in their own order.
    Labels(Vec<i64>),
}

/// What options are called.
const KEYS: [&str; 4] = ["array", "labels", "rows", "label"];

impl Input {
    /// How it is written, in a line of help.
    pub const SPELLING: &'static str =
        "FILE[,array=NAME][,labels=NAME][,rows=A..B][,label=L], its options applied in their order (docs/files.md)";

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An array or column of classes alone.
    pub(super) fn labels_of(path: &Path, name: &str) -> Self {
        Self { labels: Some(name.to_owned()), ..Self::from(path) }
    }

    /// All files that it may be read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let labels =
            self.labels.iter().flat_map(|name| [Some(name.as_str()), name.rsplit_once(':').map(|(file, _)| file)]);
        [self.path.as_path()].into_iter().chain(labels.flatten().map(Path::new))
    }

    /// The array of a file of several, by name.
    pub(super) fn array(&self) -> Option<&str> {
        self.array.as_deref()
    }

    /// Where the rows' classes are.
    pub(super) fn labels(&self) -> Option<&str> {
        self.labels.as_deref()
    }

    /// Whether rows are chosen by class.
    pub(super) fn needs_labels(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Labels(_)))
    }

    /// The rows chosen of `count`, whose classes `labels` are; none if all are left as they are.
    pub(super) fn chosen(&self, count: usize, labels: Option<&[i64]>) -> Result<Option<Vec<usize>>> {
        let mut rows: Option<Vec<usize>> = None;
        for step in &self.steps {
            let left = rows.unwrap_or_else(|| (0..count).collect());
            let kept: Vec<usize> = match step {
                Step::Rows(ranges) => self.in_ranges(ranges, &left)?,
                Step::Labels(wanted) => {
                    let labels = labels.unwrap_or_default();
                    left.into_iter()
                        .filter(|&row| labels.get(row).is_some_and(|label| wanted.contains(label)))
                        .collect()
                }
            };
            if kept.is_empty() {
                let what = format!("{step} leaves no rows of {count}");
                return Err(Error::data(&self.path, what, "choose some of its rows"));
            }
            rows = Some(kept);
        }
        Ok(rows)
    }

    fn in_ranges(&self, ranges: &[Range<usize>], left: &[usize]) -> Result<Vec<usize>> {
        let mut kept = Vec::new();
        for range in ranges {
            // An open range ends where the rows do.
            let end = if range.end == usize::MAX { left.len() } else { range.end };
            let Some(some) = left.get(range.start..end) else {
                let what = format!("rows={} of {} rows", spelled(range), left.len());
                return Err(Error::data(&self.path, what, format!("choose within 0..{}", left.len())));
            };
            kept.extend_from_slice(some);
        }
        Ok(kept)
    }
}

// Not of text: clap would take that for what a user writes.
impl From<&Path> for Input {
    /// All rows of a file, whatever its name.
    fn from(path: &Path) -> Self {
        Self { path: path.to_owned(), array: None, labels: None, steps: Vec::new() }
    }
}

impl From<&PathBuf> for Input {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&Input> for Input {
    fn from(input: &Input) -> Self {
        input.clone()
    }
}

impl FromStr for Input {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_option = |part: &str| part.split_once('=').is_some_and(|(key, _)| KEYS.contains(&key));
        let parts: Vec<&str> = text.split(',').collect();
        // What precedes the first option is the name, commas and all.
        let options = (1..parts.len()).find(|&at| is_option(parts[at])).unwrap_or(parts.len());
        let mut input = Self::from(Path::new(&parts[..options].join(",")));
        let mut rest = &parts[options..];
        while let [first, more @ ..] = rest {
            let (key, value) = first.split_once('=').unwrap_or_default();
            // A list goes on to the next option.
            let count = more.iter().position(|part| is_option(part)).unwrap_or(more.len());
            let values: Vec<&str> = [value].into_iter().chain(more[..count].iter().copied()).collect();
            input.set(text, key, &values)?;
            rest = &more[count..];
        }
        if input.path.as_os_str().is_empty() {
            return Err(Error::setting(format!("{text:?} names no file"), format!("write {}", Self::SPELLING)));
        }
        Ok(input)
    }
}

impl Input {
    fn set(&mut self, text: &str, key: &str, values: &[&str]) -> Result<()> {
        let unknown = |what: &str| Error::setting(format!("{text:?}: {what}"), format!("write {}", Self::SPELLING));
        let name = |known: &Option<String>| match (known, values.join(",")) {
            (None, name) if !name.is_empty() => Ok(Some(name)),
            _ => Err(unknown(&format!("{key}= takes one name, once"))),
        };
        match key {
            "array" => self.array = name(&self.array)?,
            "labels" => self.labels = name(&self.labels)?,
            "rows" => {
                let ranges: Option<Vec<Range<usize>>> = values.iter().map(|value| range(value)).collect();
                let ranges =
                    ranges.ok_or_else(|| unknown("rows= takes ranges A..B of rows, counted from 0, B left out"))?;
                self.steps.push(Step::Rows(ranges));
            }
            _ => {
                let labels: Option<Vec<i64>> = values.iter().map(|value| value.parse().ok()).collect();
                self.steps.push(Step::Labels(labels.ok_or_else(|| unknown("label= takes whole numbers"))?));
            }
        }
        Ok(())
    }
}

/// `A..B`, `A..`, `..B`, or a row alone.
fn range(text: &str) -> Option<Range<usize>> {
    let bound = |text: &str, open: usize| if text.is_empty() { Some(open) } else { text.parse().ok() };
    let (start, end) = match text.split_once("..") {
        Some((start, end)) => (bound(start, 0)?, bound(end, usize::MAX)?),
        None => {
            let row: usize = text.parse().ok()?;
            (row, row.checked_add(1)?)
        }
    };
    (start < end).then_some(start..end)
}

fn spelled(range: &Range<usize>) -> String {
    match range.end {
        usize::MAX => format!("{}..", range.start),
        end => format!("{}..{end}", range.start),
    }
}

fn list(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(ranges) => write!(f, "rows={}", list(ranges.iter().map(spelled))),
            Self::Labels(labels) => write!(f, "label={}", list(labels.iter().map(i64::to_string))),
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        for (key, value) in [("array", &self.array), ("labels", &self.labels)] {
            value.iter().try_for_each(|value| write!(f, ",{key}={value}"))?;
        }
        self.steps.iter().try_for_each(|step| write!(f, ",{step}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str) -> Input {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_meant() {
        for text in ["a.npy", "a,b.npy", "x=1,2.csv", "a.npz,array=x,labels=y", "a,rows=0..5,8..9,label=-3,4,rows=7.."]
        {
            assert_eq!(input(text).to_string(), text);
        }
        assert_eq!(input("a,rows=..5,3").to_string(), "a,rows=0..5,3..4");
        assert_eq!(input("a,b,rows=1").path(), Path::new("a,b"));
        assert_eq!(Input::from(Path::new("a,rows=1")).path(), Path::new("a,rows=1"));
        for (text, why) in [
            ("", "names no file"),
            ("a,rows=", "rows= takes"),
            ("a,rows=5..5", "rows= takes"),
            ("a,rows=-1..2", "rows= takes"),
            ("a,rows=0..1,x", "rows= takes"),
            ("a,label=three", "label= takes"),
            ("a,array=", "array= takes"),
            ("a,array=x,array=y", "array= takes"),
        ] {
            let refused = text.parse::<Input>().unwrap_err().to_string();
            assert!(refused.contains(why) && refused.contains("FILE[,array=NAME]"), "{text}: {refused}");
        }
    }

    #[test]
    fn options_choose_in_their_order() {
        let labels = [3, 1, 3, 3, 1];
        let chosen = |text| input(text).chosen(5, Some(&labels)).unwrap();
        assert_eq!(chosen("a"), None);
        assert_eq!(chosen("a,label=3"), Some(vec![0, 2, 3]));
        assert_eq!(chosen("a,label=3,rows=1.."), Some(vec![2, 3]));
        assert_eq!(chosen("a,rows=1..,label=3"), Some(vec![2, 3]));
        assert_eq!(chosen("a,rows=1..3,label=3"), Some(vec![2]));
        assert_eq!(chosen("a,rows=4,0..2"), Some(vec![4, 0, 1]));
        assert_eq!(chosen("a,label=1,3"), Some(vec![0, 1, 2, 3, 4]));
        let refused = |text| input(text).chosen(5, Some(&labels)).unwrap_err().to_string();
        assert!(
            refused("a,rows=3..6").contains("rows=3..6 of 5 rows; choose within 0..5"),
            "{}",
            refused("a,rows=3..6")
        );
        assert!(refused("a,label=3,rows=3..4").contains("of 3 rows"));
        assert!(refused("a,label=7").contains("label=7 leaves no rows of 5"));
    }
}
