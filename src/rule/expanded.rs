//! The expanded rule: a local rule's Taylor series in both activities, to second order ([H] C. Hanley, Investigating
//! Hebbian alternatives to dense associative memory, 2025; W. Gerstner, W. Kistler, Spiking Neuron Models, 2002,
//! section 10.2). From W = 0, for one pattern after the other, x_j before and y_i after the synapse,
//!
//! ```text
//! W[j][i] += c0 + c1_pre x_j + c1_post y_i + c2_pre x_j^2 + c2_post y_i^2 + c2_corr x_j y_i
//! ```
//!
//! Each coefficient is a constant or proportional to the W\[j\]\[i\] before the update. Activities are clamped to the
//! pattern and its target: what the network would have answered plays no part. They are -1 and +1, so that c2_pre and
//! c2_post do what c0 does. The activity product has c2_corr = eta, Oja's rule also c2_post = -eta W.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Observer;
use super::couplings::{SelfCoupling, check_pairs};
use super::lesson::{Class, Learn, Learned, in_turn};
use super::table::{Row, Rule};
use crate::data::{check_mark, fingerprint, unmarked};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::memory::Readout;
use crate::pattern::Patterns;

pub(super) const ROW: Row = Row {
    spellings: &["expanded:FILE"],
    read: |text| {
        let (file, mark) = unmarked(text.strip_prefix("expanded:")?);
        let read = || {
            let rule = Named { file: file.into(), coefficients: Expanded::read(Path::new(file))? };
            check_mark(Path::new(file), mark, &rule.fingerprint())?;
            Ok(Rule::new(rule))
        };
        Some(read())
    },
};

/// The rule of a file.
#[derive(Debug)]
struct Named {
    /// As given.
    file: String,
    coefficients: Expanded,
}

impl Named {
    /// Tells two contents of one file apart.
    fn fingerprint(&self) -> String {
        // Finite numbers always serialise.
        fingerprint(serde_json::to_string(&self.coefficients).unwrap_or_default().bytes())
    }
}

impl Learn for Named {
    /// With what the file held: a resumed sweep must not mix two contents.
    fn name(&self) -> String {
        format!("expanded:{}#{}", self.file, self.fingerprint())
    }

    /// In one pass.
    fn learn(&self, _: &Workspace<'_>, class: &Class<'_>, observer: &mut Observer<'_>) -> Result<Vec<Learned>> {
        in_turn(class, observer, |keys, targets, _| {
            let couplings = expanded_couplings(keys, targets, &self.coefficients, 1, SelfCoupling::Removed)?;
            Ok(Learned::of(Readout::Couplings(couplings.into())))
        })
    }
}

/// Couplings past this have blown up: f32 ends soon after.
pub(super) const LARGEST: f64 = 1e30;

/// How a file writes a coefficient.
const SPELLING: &str = "write coefficients as c2_corr = 0.1, or as c2_post = { times_weight = -0.1 }; \
                        there are c0, c1_pre, c1_post, c2_pre, c2_post and c2_corr";

/// One coefficient of the series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Coefficient {
    /// A number.
    Constant(f64),
    /// A number times W\[j\]\[i\].
    Proportional(Proportional),
}

/// The factor of W\[j\]\[i\].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proportional {
    /// The coefficient is this times W\[j\]\[i\].
    pub times_weight: f64,
}

impl Coefficient {
    /// `factor` times W\[j\]\[i\].
    pub fn proportional(factor: f64) -> Self {
        Self::Proportional(Proportional { times_weight: factor })
    }

    /// Its constant, and its factor of W\[j\]\[i\].
    fn parts(self) -> [f64; 2] {
        match self {
            Self::Constant(value) => [value, 0.0],
            Self::Proportional(Proportional { times_weight }) => [0.0, times_weight],
        }
    }
}

impl Default for Coefficient {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// The six coefficients; those that a file leaves out are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expanded {
    /// Of 1.
    pub c0: Coefficient,
    /// Of x_j.
    pub c1_pre: Coefficient,
    /// Of y_i.
    pub c1_post: Coefficient,
    /// Of x_j^2.
    pub c2_pre: Coefficient,
    /// Of y_i^2.
    pub c2_post: Coefficient,
    /// Of x_j y_i.
    pub c2_corr: Coefficient,
}

impl Expanded {
    /// Reads the coefficients from a TOML file.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold finite coefficients by their names.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        let rule: Self = toml::from_str(&text).map_err(|error| Error::data(path, error.message(), SPELLING))?;
        match rule.fault() {
            None => Ok(rule),
            Some(what) => Err(Error::data(path, what, SPELLING)),
        }
    }

    fn named(&self) -> [(&'static str, Coefficient); 6] {
        [
            ("c0", self.c0),
            ("c1_pre", self.c1_pre),
            ("c1_post", self.c1_post),
            ("c2_pre", self.c2_pre),
            ("c2_post", self.c2_post),
            ("c2_corr", self.c2_corr),
        ]
    }

    fn fault(&self) -> Option<String> {
        let all = self.named();
        let (name, _) = all.iter().find(|(_, coefficient)| coefficient.parts().iter().any(|part| !part.is_finite()))?;
        Some(format!("coefficient {name} is not finite"))
    }

    /// The update at activities x and y is a + b W: \[a, b\].
    fn update(&self, x: f64, y: f64) -> [f64; 2] {
        let factors = [1.0, x, y, x * x, y * y, x * y];
        let terms =
            self.named().into_iter().zip(factors).map(|((_, coefficient), factor)| (coefficient.parts(), factor));
        terms.fold([0.0; 2], |[a, b], ([constant, proportional], factor)| {
            [a + factor * constant, b + factor * proportional]
        })
    }
}

/// W \[N (input), N (output)\] after so many passes over the patterns in their order, in f64 and then rounded:
/// passes P N^2 multiply-adds.
///
/// # Errors
/// If a coefficient is not finite, there is no pattern or no pass, targets have another shape than keys, or a coupling
/// passes 1e30.
pub fn expanded_couplings(
    keys: &Patterns,
    targets: &Patterns,
    rule: &Expanded,
    passes: usize,
    own: SelfCoupling,
) -> Result<Vec<f32>> {
    if let Some(what) = rule.fault() {
        return Err(Error::setting(what, SPELLING));
    }
    let cure = "give smaller coefficients, or one with a negative times_weight, which keeps couplings bounded";
    learn(keys, targets, rule, passes, own, "the expanded rule", cure)
}

/// [`expanded_couplings`] for a rule of some name, with what cures its blowing up.
pub(super) fn learn(
    keys: &Patterns,
    targets: &Patterns,
    rule: &Expanded,
    passes: usize,
    own: SelfCoupling,
    name: &str,
    cure: &str,
) -> Result<Vec<f32>> {
    check_pairs(keys, targets)?;
    check_passes(passes)?;
    let (neurons, patterns) = (keys.neurons(), keys.len());
    let updates = [-1.0, 1.0].map(|x| [-1.0, 1.0].map(|y| rule.update(x, y)));
    let answers = targets.to_bipolar();
    // Rows of W do not meet: each goes through all patterns by itself.
    let blown = AtomicUsize::new(usize::MAX);
    let mut couplings = vec![0.0_f32; neurons * neurons];
    couplings.par_chunks_mut(neurons).enumerate().for_each_init(
        || vec![0.0_f64; neurons],
        |weights, (input, row)| {
            weights.fill(0.0);
            for presentation in 0..passes * patterns {
                let pattern = presentation % patterns;
                let up = keys.row(pattern)[input / 32] >> (input % 32) & 1;
                let answers = &answers[pattern * neurons..][..neurons];
                if !present(weights, answers, updates[up as usize]) {
                    blown.fetch_min(presentation, Ordering::Relaxed);
                    break;
                }
            }
            for (coupling, &weight) in row.iter_mut().zip(weights.iter()) {
                *coupling = weight as f32;
            }
        },
    );
    match blown.into_inner() {
        usize::MAX => {}
        presentation => return Err(blew_up(name, presentation % patterns, presentation / patterns, cure)),
    }
    own.apply(&mut couplings, neurons);
    Ok(couplings)
}

/// Adds a + b W to one row, by what each neuron answers; says whether all is still in range.
fn present(weights: &mut [f64], answers: &[i8], [down, up]: [[f64; 2]; 2]) -> bool {
    let mut in_range = true;
    for (weight, &answer) in weights.iter_mut().zip(answers) {
        let (a, b) = if answer > 0 { (up[0], up[1]) } else { (down[0], down[1]) };
        *weight += a + b * *weight;
        in_range &= weight.abs() <= LARGEST;
    }
    in_range
}

/// # Errors
/// If there is none: W would stay 0.
pub(super) fn check_passes(passes: usize) -> Result<()> {
    if passes == 0 { Err(Error::setting("0 passes over the patterns", "give at least 1")) } else { Ok(()) }
}

/// What a rule whose couplings left the range has to say; patterns and passes are counted from 0.
pub(super) fn blew_up(name: &str, pattern: usize, pass: usize, cure: &str) -> Error {
    Error::unlearnable(format!("couplings of {name} passed {LARGEST:e} at pattern {pattern} of pass {pass}"), cure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::patterns;
    use crate::rule::hebbian_couplings;

    fn parsed(text: &str) -> Result<Expanded> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Expanded::read(file.path())
    }

    #[test]
    fn the_activity_product_is_a_special_case() {
        let (keys, targets) = (patterns(1, 0, 37, 50).unwrap(), patterns(2, 0, 37, 50).unwrap());
        let rule = parsed("c2_corr = 1").unwrap();
        for own in [SelfCoupling::Removed, SelfCoupling::Kept] {
            let once = expanded_couplings(&keys, &targets, &rule, 1, own).unwrap();
            assert_eq!(once, hebbian_couplings(&keys, &targets, own).unwrap());
        }
    }

    #[test]
    fn every_coefficient_stands_where_the_series_has_it() {
        let (keys, targets) = (patterns(1, 0, 9, 7).unwrap(), patterns(2, 0, 9, 7).unwrap());
        let [x, y] =
            [keys.to_bipolar(), targets.to_bipolar()].map(|s| s.into_iter().map(f64::from).collect::<Vec<_>>());
        for factor in 0..12 {
            let names = ["c0", "c1_pre", "c1_post", "c2_pre", "c2_post", "c2_corr"];
            let (name, proportional) = (names[factor / 2], factor % 2 == 1);
            let text =
                if proportional { format!("{name} = {{ times_weight = 0.25 }}") } else { format!("{name} = 0.25") };
            // Something to be proportional to, which another coefficient must not overwrite.
            let start = if name == "c2_corr" { "c1_pre = 0.5" } else { "c2_corr = 0.5" };
            let rule = parsed(&format!("{text}\n{start}")).unwrap();
            let couplings = expanded_couplings(&keys, &targets, &rule, 2, SelfCoupling::Kept).unwrap();
            for (j, i) in (0..9).flat_map(|j| (0..9).map(move |i| (j, i))) {
                let mut weight = 0.0;
                for mu in (0..7).chain(0..7) {
                    let (x, y) = (x[mu * 9 + j], y[mu * 9 + i]);
                    let term = [1.0, x, y, x * x, y * y, x * y][factor / 2];
                    let base = if name == "c2_corr" { 0.5 * x } else { 0.5 * x * y };
                    weight += base + 0.25 * term * if proportional { weight } else { 1.0 };
                }
                // 14 updates of binary fractions: at most 2 bits each beyond the first, exact in f64.
                assert_eq!(couplings[j * 9 + i], weight as f32, "{text}, {j} to {i}");
            }
        }
    }

    #[test]
    fn growth_without_bound_names_its_pattern() {
        let keys = patterns(1, 0, 20, 30).unwrap();
        // |W| is (2^n - 1) / 100 at most after n presentations: 1e30 is passed by the 107th, the 17th of pass 3.
        let rule = parsed("c0 = 0.01\nc2_pre = { times_weight = 1.0 }").unwrap();
        let error = expanded_couplings(&keys, &keys, &rule, 9, SelfCoupling::Removed).unwrap_err().to_string();
        assert!(error.contains("pattern 16 of pass 3") && error.contains("smaller coefficients"), "{error}");
    }

    #[test]
    fn files_that_mean_something_else_are_refused() {
        for text in ["c3 = 1", "c0 = 'a'", "c0 = { weight = 1 }", "c0 = nan", "c0 = { times_weight = inf }", "c0 ="] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.contains("c2_post = { times_weight = -0.1 }"), "{text}: {error}");
        }
        assert!(Expanded::read(Path::new("no such file")).unwrap_err().to_string().contains("cannot read"));
        let keys = patterns(1, 0, 9, 7).unwrap();
        let rule = Expanded { c0: Coefficient::Constant(f64::NAN), ..Expanded::default() };
        let refusal = |rule: &Expanded, passes| {
            expanded_couplings(&keys, &keys, rule, passes, SelfCoupling::Kept).unwrap_err().to_string()
        };
        assert!(refusal(&rule, 1).contains("c0 is not finite"));
        assert!(refusal(&Expanded::default(), 0).contains("0 passes"));
    }
}
