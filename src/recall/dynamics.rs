//! How states move: all neurons at once, or one after another.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// How states move: what `--dynamics` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dynamics {
    /// All neurons at once, from the fields of one state.
    #[default]
    Synchronous,
    /// One neuron after another, each from the state that the one before has left.
    Asynchronous(Asynchronous),
}

/// How neurons are visited one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asynchronous {
    /// In which order.
    pub order: Order,
    /// Whether a neuron takes the value of lower energy, and not the sign of its field: its own part is then left out,
    /// so that no visit raises the energy (Hanley 2025, definitions 2.2.1 and 2.3.1).
    pub by_energy: bool,
}

/// The order of a step's N visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the first neuron to the last.
    Sequential,
    /// A new random order in every step and trial.
    Random,
    /// A random order of those neurons whose field can have changed since they were visited: a trial ends when none is
    /// left, and most neurons of sparse couplings are left alone (arXiv 2605.05978).
    EventDriven,
}

const ORDERS: [(&str, Order); 3] =
    [("sequential", Order::Sequential), ("random", Order::Random), ("event-driven", Order::EventDriven)];

/// Marks dynamics by energy.
const BY_ENERGY: &str = ":energy";

impl Dynamics {
    /// How each is written.
    pub const SPELLINGS: &str = "synchronous, sequential[:energy], random[:energy], event-driven[:energy]";

    /// Whether a state decides the next one, so that one that returns is a cycle.
    pub fn is_deterministic(self) -> bool {
        matches!(self, Self::Synchronous | Self::Asynchronous(Asynchronous { order: Order::Sequential, .. }))
    }
}

impl FromStr for Dynamics {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "synchronous" {
            return Ok(Self::Synchronous);
        }
        let (name, by_energy) = text.strip_suffix(BY_ENERGY).map_or((text, false), |name| (name, true));
        let order = ORDERS.iter().find(|order| order.0 == name).map(|order| order.1);
        let order = order
            .ok_or_else(|| Error::setting(format!("dynamics {text:?}"), format!("write one of {}", Self::SPELLINGS)))?;
        Ok(Self::Asynchronous(Asynchronous { order, by_energy }))
    }
}

impl fmt::Display for Dynamics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Synchronous => f.write_str("synchronous"),
            Self::Asynchronous(Asynchronous { order, by_energy }) => {
                let name = ORDERS.iter().find(|row| row.1 == *order).map_or("", |row| row.0);
                write!(f, "{name}{}", if *by_energy { BY_ENERGY } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips_and_nonsense_is_refused() {
        for text in [
            "synchronous",
            "sequential",
            "sequential:energy",
            "random",
            "random:energy",
            "event-driven",
            "event-driven:energy",
        ] {
            assert_eq!(text.parse::<Dynamics>().unwrap().to_string(), text);
        }
        for text in ["", "synchronous:energy", "random:", "asynchronous", "Random", ":energy"] {
            assert!(text.parse::<Dynamics>().unwrap_err().to_string().contains("event-driven[:energy]"), "{text}");
        }
    }
}
