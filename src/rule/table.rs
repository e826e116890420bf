//! Every learning rule, by name.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use super::lesson::Learn;
use super::{
    bayesian, covariance, expanded, hebbian, linear_logistic, logistic, oja, pseudoinverse, ridge, sparse, storkey,
};
use crate::error::{Error, Result};

/// How a file's rules are written, and read back: none if the name is another's.
pub(super) struct Row {
    pub(super) spellings: &'static [&'static str],
    pub(super) read: fn(&str) -> Option<Result<Rule>>,
}

/// Every rule.
const ROWS: [Row; 11] = [
    hebbian::ROW,
    covariance::ROW,
    oja::ROW,
    storkey::ROW,
    expanded::ROW,
    pseudoinverse::ROW,
    linear_logistic::ROW,
    ridge::ROW,
    logistic::ROW,
    sparse::ROW,
    bayesian::ROW,
];

/// A learning rule: what `--rule` means. What it does is [`Learn`]'s.
#[derive(Clone, Debug)]
pub struct Rule(Arc<dyn Learn>);

impl Rule {
    pub(super) fn new(rule: impl Learn + 'static) -> Self {
        Self(Arc::new(rule))
    }

    /// Kernel logistic regression by full gradient descent.
    pub fn klr() -> Self {
        Self::new(logistic::Klr)
    }

    /// The rules of sparse patterns, as they are written.
    pub fn sparse() -> Vec<&'static str> {
        let sparse = |text: &&str| text.parse::<Self>().is_ok_and(|rule| rule.is_sparse());
        Self::spellings().into_iter().filter(sparse).collect()
    }

    /// How each rule is written.
    pub fn spellings() -> Vec<&'static str> {
        ROWS.iter().flat_map(|row| row.spellings).copied().collect()
    }
}

impl Deref for Rule {
    type Target = dyn Learn;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

/// Rules of one name are one rule: the name holds every setting.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        ROWS.iter().find_map(|row| (row.read)(text)).unwrap_or_else(|| {
            Err(Error::setting(format!("rule {text:?}"), format!("write one of {}", Self::spellings().join(", "))))
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        for text in "hebb hebb-self covariance oja:0.01 storkey pseudoinverse pseudoinverse-zero-diagonal llr llr-symmetric krr klr \
                     sparse-hebb sparse-covariance presynaptic-covariance sparse-hopfield willshaw bcpnn boms"
            .split(' ') {
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
