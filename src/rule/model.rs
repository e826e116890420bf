//! A rule, the kernel that it learns with and the code of what it learns: what a memory is, before it has learnt
//! anything.

use std::fmt;
use std::str::FromStr;

use super::Rule;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::memory::{Profile, Table};
use crate::pattern::Patterns;

/// A rule, its kernel, and the code of its patterns.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The rule.
    pub rule: Rule,
    /// The kernel; linear for rules that take no other.
    pub profile: Profile,
    /// The code; bipolar unless [`Self::coded`] says otherwise.
    pub code: Code,
}

impl Model {
    /// A rule with a kernel, or with its usual one.
    ///
    /// # Errors
    /// If the rule takes no such kernel.
    pub fn new(rule: Rule, profile: Option<Profile>) -> Result<Self> {
        let usual = rule.usual_kernel();
        let takes_none = usual.is_none();
        let profile = profile.or(usual).unwrap_or(Profile::Linear);
        if takes_none && profile != Profile::Linear {
            return Err(Error::setting(
                format!("rule {rule} with kernel {profile}"),
                "it learns couplings between neurons: leave --kernel out, or use klr, krr or hebb",
            ));
        }
        Ok(Self { rule, profile, code: Code::Bipolar })
    }

    /// The same for patterns of another code.
    ///
    /// # Errors
    /// If the rule learns no such patterns.
    pub fn coded(self, code: Code) -> Result<Self> {
        let model = Self { code, ..self };
        model.check_code()?;
        Ok(model)
    }

    /// Refuses a code that the rule does not learn.
    ///
    /// # Errors
    /// Naming both, and what goes together.
    pub fn check_code(&self) -> Result<()> {
        let Self { rule, code, .. } = self;
        if rule.is_sparse() == code.is_sparse() {
            return Ok(());
        }
        let cure = if rule.is_sparse() {
            "it learns sparse patterns: give --code hypercolumns:H or active:K".to_owned()
        } else {
            format!("it learns bipolar patterns: leave --code out, or use {}", Rule::sparse().join(", "))
        };
        Err(Error::setting(format!("rule {rule} with code {code}"), cure))
    }

    /// Refuses patterns that are not of the code.
    ///
    /// # Errors
    /// Naming the first, and what is wrong with it.
    pub fn check_patterns(&self, patterns: &Patterns) -> Result<()> {
        let code = self.code;
        code.check(patterns.neurons())?;
        match code.fault(patterns) {
            None => Ok(()),
            Some(what) => {
                Err(Error::setting(format!("code {code}: {what}"), "give patterns of the code, or another --code"))
            }
        }
    }

    /// Every model that lists of rules and kernels stand for. A rule is written RULE, and learns with each kernel listed if it
    /// takes any, or RULE/KERNEL, and learns with that one.
    ///
    /// # Errors
    /// If a rule or a kernel is none, they do not go together, or a model comes twice.
    pub fn all(rules: &[String], kernels: &[String]) -> Result<Vec<Self>> {
        let listed: Vec<Profile> = kernels.iter().map(|kernel| kernel.parse()).collect::<Result<_>>()?;
        let mut models: Vec<Self> = Vec::new();
        // Linear is what the others learn with.
        let mut took = listed.is_empty() || listed.contains(&Profile::Linear);
        for text in rules {
            let (rule, own) = split(text);
            let rule: Rule = rule.parse()?;
            let profiles = match own {
                Some(kernel) => vec![Some(kernel.parse()?)],
                None if rule.usual_kernel().is_some() && !listed.is_empty() => {
                    took = true;
                    listed.iter().cloned().map(Some).collect()
                }
                None => vec![None],
            };
            for profile in profiles {
                let model = Self::new(rule.clone(), profile)?;
                if models.contains(&model) {
                    return Err(Error::setting(format!("{model} twice"), "list each rule and each kernel once"));
                }
                models.push(model);
            }
        }
        if !took {
            let what = format!("--kernel {} with --rule {}", kernels.join(","), rules.join(","));
            return Err(Error::setting(what, "every rule here takes none, or has its own: leave --kernel out"));
        }
        Ok(models)
    }

    /// The kernel's table for N neurons.
    ///
    /// # Errors
    /// If there is none, or the rule cannot learn with it.
    pub fn table(&self, neurons: usize) -> Result<Table> {
        let table = self.profile.table(neurons)?;
        self.rule.check(&table)?;
        Ok(table)
    }

    /// Terms of a field: the patterns of a dual, the inputs of couplings.
    pub fn terms(&self, patterns: usize, neurons: usize) -> usize {
        if self.rule.couples(&self.profile) { neurons } else { patterns }
    }

    /// Multiply-adds of training one network, about; and of one step of one trial.
    pub fn cost(&self, patterns: usize, neurons: usize, updates: usize) -> [f64; 2] {
        [self.rule.cost(patterns, neurons, updates), self.terms(patterns, neurons) as f64 * neurons as f64]
    }
}

/// RULE/KERNEL; a slash in the name of a rule's file parts nothing.
fn split(text: &str) -> (&str, Option<&str>) {
    if text.starts_with("expanded:") {
        return (text, None);
    }
    text.split_once('/').map_or((text, None), |(rule, kernel)| (rule, Some(kernel)))
}

impl FromStr for Model {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (rule, kernel) = split(text);
        Self::new(rule.parse()?, kernel.map(str::parse).transpose()?)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule.usual_kernel() {
            Some(_) => write!(f, "{}/{}", self.rule, self.profile),
            None => write!(f, "{}", self.rule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(rules: &[&str], kernels: &[&str]) -> Result<Vec<String>> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Ok(Model::all(&owned(rules), &owned(kernels))?.iter().map(Model::to_string).collect())
    }

    #[test]
    fn lists_stand_for_every_pair_that_goes_together() {
        assert_eq!(all(&["klr"], &[]).unwrap(), ["klr/rbf:0.02"]);
        assert_eq!(all(&["hebb", "storkey"], &[]).unwrap(), ["hebb/linear", "storkey"]);
        let both = all(&["klr", "llr", "hebb"], &["rbf:0.1", "dense:3"]).unwrap();
        assert_eq!(both, ["klr/rbf:0.1", "klr/dense:3", "llr", "hebb/rbf:0.1", "hebb/dense:3"]);
        let own = all(&["hebb/dense:4", "klr", "table"], &["rbf:0.1"]);
        assert!(own.unwrap_err().to_string().contains("rule \"table\""));
        assert_eq!(all(&["hebb/dense:4", "klr"], &["rbf:0.1"]).unwrap(), ["hebb/dense:4", "klr/rbf:0.1"]);
        // What a manifest holds reads back as itself.
        for model in both {
            assert_eq!(all(&[&model], &[]).unwrap(), [model]);
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let refusal = |rules: &[&str], kernels: &[&str]| all(rules, kernels).unwrap_err().to_string();
        assert!(refusal(&["storkey/rbf:1"], &[]).contains("storkey with kernel rbf:1"));
        assert!(refusal(&["storkey"], &["rbf:1"]).contains("takes none, or has its own"));
        assert!(refusal(&["klr", "klr"], &[]).contains("klr/rbf:0.02 twice"));
        assert!(refusal(&["klr/nothing"], &[]).contains("kernel \"nothing\""));
    }
}
