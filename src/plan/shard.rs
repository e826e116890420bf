//! Which of an experiment's networks are this run's, where several share it: `--shard i/n`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// One of several runs, each of which has every n-th network. Written `2/8`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    first: usize,
    count: usize,
}

impl Shard {
    /// Which it is, counted from 0.
    pub fn index(self) -> usize {
        self.first
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.count
    }
}

/// The networks that are this run's of so many, in order; all where nothing is shared.
pub(crate) fn own(shard: Option<Shard>, networks: usize) -> impl Iterator<Item = usize> {
    let Shard { first, count } = shard.unwrap_or(Shard { first: 0, count: 1 });
    (first..networks).step_by(count)
}

/// Those of a group of `networks`, counted from its first.
pub(crate) fn within(left: &[usize], group: usize, networks: usize) -> Vec<u32> {
    left.iter().filter(|&&network| network / networks == group).map(|network| (network % networks) as u32).collect()
}

/// Refuses a shard of more than there are networks: it would have none.
pub(crate) fn check(shard: Option<Shard>, networks: usize) -> Result<()> {
    match shard.filter(|shard| shard.first >= networks) {
        None => Ok(()),
        Some(shard) => {
            let what = format!("--shard {shard} of {networks} networks has none");
            Err(Error::setting(what, format!("share them among {networks} at most")))
        }
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(which, count)| Some((which.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((which @ 1.., count)) if which <= count => Ok(Self { first: which - 1, count }),
            _ => Err(Error::setting(format!("shard {text:?}"), "write i/n with i from 1 to n, such as 2/8")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first + 1, self.count)
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_is_one_shards() {
        for (networks, count) in [(7, 3), (4, 4), (10, 1), (5, 2)] {
            let shards = (1..=count).map(|which| format!("{which}/{count}").parse().unwrap());
            let mut all: Vec<usize> = shards.flat_map(|shard| own(Some(shard), networks)).collect();
            all.sort_unstable();
            assert_eq!(all, own(None, networks).collect::<Vec<_>>());
        }
        let third: Shard = "3/3".parse().unwrap();
        assert!(check(Some(third), 3).is_ok() && check(None, 0).is_ok());
        assert!(check(Some(third), 2).unwrap_err().to_string().contains("--shard 3/3 of 2 networks has none"));
    }

    #[test]
    fn shards_are_spelled_as_they_are_read() {
        assert_eq!("2/8".parse::<Shard>().unwrap().to_string(), "2/8");
        for text in ["", "2", "0/3", "4/3", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert!(text.parse::<Shard>().unwrap_err().to_string().contains("i/n"), "{text}");
        }
    }
}
