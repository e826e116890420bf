//! How profiles are written and read back, and the one that is a file.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::Profile;
use crate::data::{check_mark, fingerprint, unmarked};
use crate::error::{Error, Result};
use crate::memory::Table;

/// Numbers of a user's own, by Hamming distance.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomTable {
    /// The file, as given.
    file: Arc<str>,
    values: Arc<[f64]>,
}

impl CustomTable {
    /// Reads a text file of numbers, separated by white space or commas; a line's rest after # is left out.
    ///
    /// # Errors
    /// `Io` if it cannot be read; `Data` if it is no text or holds something that is no finite number.
    pub fn read(file: &str) -> Result<Self> {
        let path = Path::new(file);
        let cure = "give a text file of N + 1 numbers, one for each Hamming distance from 0 (numpy.savetxt writes one)";
        let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
        let text = String::from_utf8(bytes).map_err(|_| Error::data(path, "the file is not text", cure))?;
        let mut values = Vec::new();
        for (line, text) in text.lines().enumerate() {
            let numbers = text.split('#').next().unwrap_or_default();
            let words = numbers.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
            for word in words {
                let value = word.parse().ok().filter(|value: &f64| value.is_finite());
                let refuse = || Error::data(path, format!("line {} holds {word:?}, no finite number", line + 1), cure);
                values.push(value.ok_or_else(refuse)?);
            }
        }
        if values.is_empty() {
            return Err(Error::data(path, "there is no number in the file", cure));
        }
        Ok(Self { file: file.into(), values: values.into() })
    }

    pub(super) fn table(&self, neurons: usize) -> Result<Table> {
        let found = self.values.len();
        if found != neurons + 1 {
            let what = format!("{found} numbers for {neurons} neurons");
            let cure = format!("give {}, one for each Hamming distance from 0 to {neurons}", neurons + 1);
            return Err(Error::data(Path::new(&*self.file), what, cure));
        }
        Table::from_values(&self.values)
    }

    /// Tells two contents of one file apart.
    fn fingerprint(&self) -> String {
        fingerprint(self.values.iter().flat_map(|value| value.to_bits().to_le_bytes()))
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let above_0 = |value: Option<&str>| value?.parse().ok().filter(|&value: &f64| value > 0.0 && value.is_finite());
        let order = |least: u32| value.and_then(|value| value.parse().ok()).filter(|&order: &u32| order >= least);
        let profile = match (name, value) {
            ("linear", None) => Some(Self::Linear),
            ("polynomial", Some(value)) => polynomial(value),
            ("dense", _) => order(2).map(|order| Self::Dense { order, rectified: false }),
            ("dense-rectified", _) => order(2).map(|order| Self::Dense { order, rectified: true }),
            ("exponential", None) => Some(Self::Exponential { beta: 1.0 }),
            ("exponential", _) => above_0(value).map(|beta| Self::Exponential { beta }),
            ("rbf", _) => above_0(value).map(|gamma| Self::Rbf { gamma }),
            ("laplacian", _) => above_0(value).map(|gamma| Self::Laplacian { gamma }),
            ("minerva", None) => Some(Self::Minerva),
            ("argmax", None) => Some(Self::Argmax),
            ("table", Some(file)) => return custom(file).map(Self::Table),
            _ => None,
        };
        profile.ok_or_else(|| {
            Error::setting(format!("kernel {text:?}"), format!("write one of {}", Self::SPELLINGS.join(", ")))
        })
    }
}

fn polynomial(value: &str) -> Option<Profile> {
    let (degree, offset) = value.split_once(',')?;
    let (degree, offset) = (degree.trim().parse().ok()?, offset.trim().parse().ok()?);
    (degree >= 1 && (0.0..f64::INFINITY).contains(&offset)).then_some(Profile::Polynomial { degree, offset })
}

/// A file, or a file and the fingerprint of what it held when its name was written down.
fn custom(file: &str) -> Result<CustomTable> {
    let (file, mark) = unmarked(file);
    let custom = CustomTable::read(file)?;
    check_mark(Path::new(file), mark, &custom.fingerprint())?;
    Ok(custom)
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear => f.write_str("linear"),
            Self::Polynomial { degree, offset } => write!(f, "polynomial:{degree},{offset}"),
            Self::Dense { order, rectified: false } => write!(f, "dense:{order}"),
            Self::Dense { order, rectified: true } => write!(f, "dense-rectified:{order}"),
            Self::Exponential { beta } => write!(f, "exponential:{beta}"),
            Self::Rbf { gamma } => write!(f, "rbf:{gamma}"),
            Self::Laplacian { gamma } => write!(f, "laplacian:{gamma}"),
            Self::Minerva => f.write_str("minerva"),
            Self::Argmax => f.write_str("argmax"),
            // With what it held: a resumed sweep must not mix two contents.
            Self::Table(custom) => write!(f, "table:{}#{}", custom.file, custom.fingerprint()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        let all = "linear polynomial:3,0.5 dense:2 dense-rectified:4 exponential:0.5 rbf:0.02 rbf:5 laplacian:1 minerva argmax";
        for text in all.split(' ') {
            assert_eq!(text.parse::<Profile>().unwrap().to_string(), text);
        }
        let nonsense = [
            "rbf",
            "rbf:",
            "rbf:-1",
            "rbf:0",
            "rbf:nan",
            "rbf:inf",
            "laplace:1",
            "",
            "linear:1",
            "dense",
            "dense:1",
            "dense:2.5",
            "polynomial:2",
            "polynomial:0,1",
            "polynomial:2,-1",
            "polynomial:2,nan",
            "exponential:0",
            "minerva:3",
            "argmax:1",
        ];
        for text in nonsense {
            let refusal = text.parse::<Profile>().unwrap_err().to_string();
            assert!(refusal.contains("rbf:GAMMA") && refusal.contains("dense:N"), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_file_is_read_checked_and_told_from_its_later_self() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.txt");
        let name = format!("table:{}", path.display());
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let refusal = || name.parse::<Profile>().unwrap_err().to_string();
        assert!(refusal().contains("weights.txt"));
        write("1, 0.5 # near\n-0.25\n");
        let profile: Profile = name.parse().unwrap();
        assert_eq!(profile.table(2).unwrap().values, [1.0, 0.5, -0.25]);
        assert!(profile.table(3).unwrap_err().to_string().contains("3 numbers for 3 neurons; give 4"));
        let spelled = profile.to_string();
        assert_eq!(spelled.parse::<Profile>().unwrap(), profile);
        write("1 0.5 0.25");
        assert!(spelled.parse::<Profile>().unwrap_err().to_string().contains("held other numbers"));
        for (text, what) in
            [("1 two", "line 1 holds \"two\""), ("1\nnan", "line 2 holds \"nan\""), ("# 1", "no number")]
        {
            write(text);
            assert!(refusal().contains(what), "{}", refusal());
        }
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(refusal().contains("not text"));
    }
}
