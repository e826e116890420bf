//! Separations: what turns a row of scores into weights of the patterns.

use std::fmt;
use std::str::FromStr;

use crate::engine::Scalar;
use crate::engine::kernel::{ENTMAX, Kernel, POWER, SOFTMAX, TOP};

/// A number that a separation takes.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is if not given.
    pub default: Option<f64>,
    /// The least and the most that it may be.
    pub range: [f64; 2],
    /// Whether it counts something.
    pub whole: bool,
}

const BETA: Parameter = Parameter { name: "BETA", default: Some(1.0), range: [1e-6, 1e6], whole: false };

/// A separation, by name.
#[derive(Debug)]
pub struct Named {
    /// How it is written, before its parameters.
    pub name: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// The kernel that does it in the scores' place, if anything is to be done.
    pub(crate) kernel: Option<&'static Kernel>,
    /// The kernel's scalars.
    pub(crate) scalars: fn(&[f64]) -> Vec<(&'static str, Scalar)>,
    /// Whether a row's weights are just these; others are up to a positive factor of each query, so that none
    /// overflows.
    pub exact: bool,
    /// Whether it is softmax, of which a step lowers an energy.
    pub(crate) softmax: bool,
}

fn real(value: f64) -> Scalar {
    Scalar::F32(value as f32)
}

/// Every separation. To add one: a shader, a twin, its row in the kernel table, and its line here.
pub static SEPARATIONS: [Named; 8] = [
    Named {
        name: "identity",
        what: "the scores themselves",
        parameters: &[],
        kernel: None,
        scalars: |_| Vec::new(),
        exact: true,
        softmax: false,
    },
    Named {
        name: "power",
        what: "their powers, relative to the largest magnitude",
        parameters: &[Parameter { name: "N", default: None, range: [1.0, 64.0], whole: true }],
        kernel: Some(&POWER),
        scalars: |of| vec![("exponent", Scalar::U32(of[0] as u32))],
        exact: false,
        softmax: false,
    },
    Named {
        name: "exponential",
        what: "exp(BETA s), relative to the largest",
        parameters: &[BETA],
        kernel: Some(&SOFTMAX),
        scalars: |of| vec![("beta", real(of[0])), ("normalized", Scalar::U32(0))],
        exact: false,
        softmax: false,
    },
    Named {
        name: "softmax",
        what: "softmax(BETA s)",
        parameters: &[BETA],
        kernel: Some(&SOFTMAX),
        scalars: |of| vec![("beta", real(of[0])), ("normalized", Scalar::U32(1))],
        exact: true,
        softmax: true,
    },
    Named {
        name: "sparsemax",
        what: "sparsemax(BETA s)",
        parameters: &[BETA],
        kernel: Some(&ENTMAX),
        scalars: |of| vec![("sharpness", real(of[0])), ("power", Scalar::F32(1.0))],
        exact: true,
        softmax: false,
    },
    Named {
        name: "entmax",
        what: "ALPHA-entmax(BETA s): sparsemax at 2, softmax towards 1",
        parameters: &[Parameter { name: "ALPHA", default: None, range: [1.05, 2.0], whole: false }, BETA],
        kernel: Some(&ENTMAX),
        scalars: |of| vec![("sharpness", real((of[0] - 1.0) * of[1])), ("power", real((of[0] - 1.0).recip()))],
        exact: true,
        softmax: false,
    },
    Named {
        name: "argmax",
        what: "the highest score alone, the first among equals",
        parameters: &[],
        kernel: Some(&TOP),
        scalars: |_| vec![("count", Scalar::U32(1)), ("beta", Scalar::F32(1.0))],
        exact: true,
        softmax: false,
    },
    Named {
        name: "top",
        what: "softmax(BETA s) of the K highest scores",
        parameters: &[Parameter { name: "K", default: None, range: [1.0, 1e9], whole: true }, BETA],
        kernel: Some(&TOP),
        scalars: |of| vec![("count", Scalar::U32(of[0] as u32)), ("beta", real(of[1]))],
        exact: true,
        softmax: false,
    },
];

const SOFTMAX_AT: usize = 3;

/// A separation with its parameters.
#[derive(Clone, Debug)]
pub struct Separation {
    pub(crate) named: &'static Named,
    pub(crate) parameters: Vec<f64>,
}

impl Separation {
    /// softmax(beta s).
    pub fn softmax_of(beta: f64) -> Self {
        Self { named: &SEPARATIONS[SOFTMAX_AT], parameters: vec![beta] }
    }

    /// How they are written, for messages.
    pub fn spellings() -> String {
        SEPARATIONS.iter().map(Named::spelling).collect::<Vec<_>>().join(", ")
    }

    /// Whether weights are just what it says, and not only up to a factor.
    pub fn is_exact(&self) -> bool {
        self.named.exact
    }

    /// beta of softmax, of which a step lowers E(x) = -1/beta ln of the sum of exp(beta s).
    pub(crate) fn softmax(&self) -> Option<f64> {
        self.named.softmax.then(|| self.parameters[0])
    }

    /// The scalars of its kernel.
    pub(crate) fn scalars(&self) -> Vec<(&'static str, Scalar)> {
        (self.named.scalars)(&self.parameters)
    }
}

impl Named {
    fn spelling(&self) -> String {
        let of = |(at, parameter): (usize, &Parameter)| {
            let before = if at == 0 { ":" } else { "," };
            match parameter.default {
                Some(default) => format!("[{before}{}={default}]", parameter.name),
                None => format!("{before}{}", parameter.name),
            }
        };
        let parameters: String = self.parameters.iter().enumerate().map(of).collect();
        format!("{}{parameters}", self.name)
    }
}

impl PartialEq for Separation {
    fn eq(&self, other: &Self) -> bool {
        self.named.name == other.named.name && self.parameters == other.parameters
    }
}

impl fmt::Display for Separation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.named.name)?;
        for (at, parameter) in self.parameters.iter().enumerate() {
            write!(f, "{}{parameter}", if at == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Separation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| format!("separation {text:?}: {why}; write one of {}", Self::spellings());
        let (name, given) = text.split_once(':').unwrap_or((text, ""));
        let named = SEPARATIONS.iter().find(|named| named.name == name).ok_or_else(|| refuse("there is none"))?;
        let given: Vec<&str> = if given.is_empty() { Vec::new() } else { given.split(',').collect() };
        if given.len() > named.parameters.len() {
            return Err(refuse(&format!("{} numbers for {}", given.len(), named.parameters.len())));
        }
        let value = |(at, parameter): (usize, &Parameter)| {
            let Parameter { name, default, range: [least, most], whole } = parameter;
            let number: Option<f64> = match given.get(at) {
                Some(text) => text.trim().parse().ok(),
                None => *default,
            };
            let fits = |number: &f64| (least..=most).contains(&number) && (!whole || number.fract() == 0.0);
            number.filter(fits).ok_or_else(|| refuse(&format!("{name} is a number from {least} to {most}")))
        };
        let parameters = named.parameters.iter().enumerate().map(value).collect::<Result<_, _>>()?;
        Ok(Self { named, parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separations_are_spelled_as_they_are_read() {
        for text in ["identity", "power:3", "exponential:2", "softmax:0.5", "sparsemax:1", "entmax:1.5,2", "top:5,1"] {
            assert_eq!(text.parse::<Separation>().unwrap().to_string(), text);
        }
        assert_eq!(Separation::softmax_of(2.0).to_string(), "softmax:2");
        assert_eq!("argmax".parse::<Separation>().unwrap().to_string(), "argmax");
        assert_eq!("softmax".parse::<Separation>().unwrap().to_string(), "softmax:1");
        assert_eq!("top:3".parse::<Separation>().unwrap().to_string(), "top:3,1");
    }

    #[test]
    fn what_is_none_is_refused_with_all_that_are() {
        for text in
            ["", "max", "power", "power:0", "power:2.5", "entmax:1", "entmax:2.5", "softmax:0", "softmax:1,2", "top:a"]
        {
            let refused = text.parse::<Separation>().unwrap_err();
            assert!(refused.contains("entmax:ALPHA[,BETA=1]"), "{text}: {refused}");
        }
    }
}
