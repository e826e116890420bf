//! Learning rules by name: what `--rule` means.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::{Expanded, SelfCoupling};
use crate::data::{check_mark, fnv, unmarked};
use crate::error::{Error, Result};
use crate::memory::Profile;

/// A learning rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Hebb's rule: with the linear kernel a matrix of couplings, with any other the patterns as their own dual.
    Hebb(SelfCoupling),
    /// Hebb's rule on activities less their means.
    Covariance,
    /// Oja's rule.
    Oja {
        /// eta, above 0.
        rate: f64,
    },
    /// Storkey's rule.
    Storkey,
    /// The expanded rule, of a file's coefficients.
    Expanded {
        /// The file, as given.
        file: String,
        /// What it holds.
        coefficients: Expanded,
    },
    /// The pseudoinverse, or projection, rule.
    Pseudoinverse,
    /// Linear logistic regression of each neuron on the others.
    Llr {
        /// Whether W becomes (W + W^T) / 2 at the end.
        symmetric: bool,
    },
    /// Kernel ridge regression.
    Krr,
    /// Kernel logistic regression by full gradient descent.
    Klr,
}

impl Rule {
    /// How each is written.
    pub const SPELLINGS: [&str; 11] = [
        "hebb",
        "hebb-self",
        "covariance",
        "oja:ETA",
        "storkey",
        "expanded:FILE",
        "pseudoinverse",
        "llr",
        "llr-symmetric",
        "krr",
        "klr",
    ];

    /// Whether it learns with any kernel; else with the linear one alone.
    pub fn takes_kernel(&self) -> bool {
        matches!(self, Self::Hebb(SelfCoupling::Removed) | Self::Krr | Self::Klr)
    }

    /// The kernel that is meant where none is given.
    pub fn usual_kernel(&self) -> Profile {
        match self {
            Self::Krr | Self::Klr => Profile::Rbf { gamma: 0.02 },
            _ => Profile::Linear,
        }
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse =
            || Error::setting(format!("rule {text:?}"), format!("write one of {}", Self::SPELLINGS.join(", ")));
        match text.split_once(':') {
            Some(("oja", rate)) => {
                let rate = rate.parse().ok().filter(|&rate: &f64| rate > 0.0 && rate.is_finite());
                rate.map(|rate| Self::Oja { rate }).ok_or_else(refuse)
            }
            Some(("expanded", name)) => {
                let (file, mark) = unmarked(name);
                let coefficients = Expanded::read(Path::new(file))?;
                check_mark(Path::new(file), mark, &fingerprint(&coefficients))?;
                Ok(Self::Expanded { file: file.into(), coefficients })
            }
            Some(_) => Err(refuse()),
            None => match text {
                "hebb" => Ok(Self::Hebb(SelfCoupling::Removed)),
                "hebb-self" => Ok(Self::Hebb(SelfCoupling::Kept)),
                "covariance" => Ok(Self::Covariance),
                "storkey" => Ok(Self::Storkey),
                "pseudoinverse" => Ok(Self::Pseudoinverse),
                "llr" => Ok(Self::Llr { symmetric: false }),
                "llr-symmetric" => Ok(Self::Llr { symmetric: true }),
                "krr" => Ok(Self::Krr),
                "klr" => Ok(Self::Klr),
                _ => Err(refuse()),
            },
        }
    }
}

/// Tells two contents of one file apart.
fn fingerprint(coefficients: &Expanded) -> String {
    // Finite numbers always serialise.
    format!("{:016x}", fnv(serde_json::to_string(coefficients).unwrap_or_default().bytes()))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hebb(SelfCoupling::Removed) => f.write_str("hebb"),
            Self::Hebb(SelfCoupling::Kept) => f.write_str("hebb-self"),
            Self::Covariance => f.write_str("covariance"),
            Self::Oja { rate } => write!(f, "oja:{rate}"),
            Self::Storkey => f.write_str("storkey"),
            // With what it held: a resumed sweep must not mix two contents.
            Self::Expanded { file, coefficients } => write!(f, "expanded:{file}#{}", fingerprint(coefficients)),
            Self::Pseudoinverse => f.write_str("pseudoinverse"),
            Self::Llr { symmetric: false } => f.write_str("llr"),
            Self::Llr { symmetric: true } => f.write_str("llr-symmetric"),
            Self::Krr => f.write_str("krr"),
            Self::Klr => f.write_str("klr"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        for text in "hebb hebb-self covariance oja:0.01 storkey pseudoinverse llr llr-symmetric krr klr".split(' ') {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for text in ["", "hebb:1", "oja", "oja:0", "oja:nan", "KLR", "svm"] {
            let refusal = text.parse::<Rule>().unwrap_err().to_string();
            assert!(refusal.contains("oja:ETA") && refusal.contains("klr"), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_file_of_coefficients_is_told_from_its_later_self() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rule.toml");
        std::fs::write(&path, "c2_corr = 0.1").unwrap();
        let rule: Rule = format!("expanded:{}", path.display()).parse().unwrap();
        assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        std::fs::write(&path, "c2_corr = 0.2").unwrap();
        assert!(rule.to_string().parse::<Rule>().unwrap_err().to_string().contains("held other"));
    }
}
