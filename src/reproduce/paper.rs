//! The papers, and where their claims are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Claim, a, g, h, q};
use crate::error::{Error, Result};

/// Which paper's claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    /// A. Tamamori, Quantitative attractor analysis of high-capacity kernel Hopfield networks, arXiv 2505.01218.
    Q,
    /// A. Tamamori, Geometric and dynamical analysis of attractor boundaries and storage limits in kernel Hopfield
    /// networks, arXiv 2605.00366; and what the papers around it say of the same memories.
    G,
    /// C. Hanley, Investigating Hebbian alternatives to dense associative memory, 2025; and A. Lansner et al., arXiv
    /// 2401.00335.
    H,
    /// S. Wang et al., Adaptive Hopfield network: rethinking similarities in associative memory, arXiv 2511.20609.
    A,
}

impl Paper {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Q, Self::G, Self::H, Self::A];

    /// Whether its patterns are real numbers.
    pub fn is_real(self) -> bool {
        self == Self::A
    }

    /// Its claims, in order.
    pub fn claims(self) -> &'static [Claim] {
        match self {
            Self::Q => &q::CLAIMS,
            Self::G => &g::CLAIMS,
            Self::H => &h::CLAIMS,
            Self::A => &a::CLAIMS,
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Q => "Quantitative attractor analysis of high-capacity kernel Hopfield networks (arXiv 2505.01218)",
            Self::G => {
                "Geometric and dynamical analysis of attractor boundaries and storage limits in kernel Hopfield \
                 networks (arXiv 2605.00366)"
            }
            Self::A => "Adaptive Hopfield network: rethinking similarities in associative memory (arXiv 2511.20609)",
            Self::H => "Investigating Hebbian alternatives to dense associative memory (C. Hanley, 2025)",
        }
    }
}

impl FromStr for Paper {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|paper| paper.to_string() == text.to_ascii_lowercase());
        named.ok_or_else(|| Error::setting(format!("paper {text:?}"), "give q, g, h or a"))
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Q => "q",
            Self::G => "g",
            Self::H => "h",
            Self::A => "a",
        })
    }
}
