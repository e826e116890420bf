//! Which pairs of patterns: any, or those within and between classes.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::random::{Philox, Purpose, stream};

/// Pairs by the classes of their patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Whatever their classes, or where none are known.
    #[default]
    Any,
    /// Of one class.
    Within,
    /// Of two classes.
    Between,
}

impl Group {
    /// As `morph.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Within => "within",
            Self::Between => "between",
        }
    }

    /// Whether a pair of these labels is of it.
    pub fn holds(self, a: i64, b: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Within => a == b,
            Self::Between => a != b,
        }
    }
}

/// Pairs [A, B] of different rows of `patterns` >= 2, each ordered pair equally often; pairs may repeat.
pub fn sample_pairs(seed: u64, network: u32, patterns: usize, count: usize) -> Vec<[usize; 2]> {
    let key = stream(seed, Purpose::Morph, network);
    (0..count).map(|index| Philox::new(key, [index as u32, 0, 0]).pair(patterns)).collect()
}

/// The same of one group of labelled rows; none if no pair is of it.
pub fn sample_group(seed: u64, network: u32, labels: &[i64], group: Group, count: usize) -> Option<Vec<[usize; 2]>> {
    let coordinate = match group {
        Group::Any => return (labels.len() > 1).then(|| sample_pairs(seed, network, labels.len(), count)),
        Group::Within => 3,
        Group::Between => 4,
    };
    let key = stream(seed, Purpose::Morph, network);
    let all = Numbered::of(labels, group);
    let pair = |index| all.pair(Philox::new(key, [index as u32, coordinate, 0]).below_wide(all.count));
    (all.count > 0).then(|| (0..count).map(pair).collect())
}

/// Fewest first rows among which a pair is of a group; none if no pair of all is.
pub fn least_rows(labels: &[i64], group: Group) -> Option<usize> {
    let mut met = HashSet::new();
    let completes = |(at, &label): (usize, &i64)| {
        let pairs = match group {
            Group::Any => at > 0,
            Group::Within => met.contains(&label),
            Group::Between => at > 0 && label != labels[0],
        };
        met.insert(label);
        pairs
    };
    labels.iter().enumerate().position(completes).map(|at| at + 1)
}

/// The ordered pairs of rows of one class, or of two, each with a number.
struct Numbered {
    group: Group,
    /// Rows, class by class.
    rows: Vec<usize>,
    classes: Vec<Class>,
    /// Pairs there are.
    count: u64,
}

struct Class {
    /// Where its rows begin.
    start: usize,
    /// How many they are.
    size: usize,
    /// Rows that one of its own is paired with.
    others: usize,
    /// The number of the first pair that begins with one of its own.
    first: u64,
}

impl Numbered {
    fn of(labels: &[i64], group: Group) -> Self {
        let mut rows: Vec<usize> = (0..labels.len()).collect();
        rows.sort_by_key(|&row| labels[row]);
        let (mut start, mut count, mut classes) = (0, 0, Vec::new());
        for class in rows.chunk_by(|&a, &b| labels[a] == labels[b]) {
            let size = class.len();
            let others = if group == Group::Within { size - 1 } else { rows.len() - size };
            classes.push(Class { start, size, others, first: count });
            start += size;
            count += size as u64 * others as u64;
        }
        Self { group, rows, classes, count }
    }

    /// The pair of a number below their count.
    fn pair(&self, number: u64) -> [usize; 2] {
        // Of classes that begin at the same number all but the last have no pair.
        let class = &self.classes[self.classes.partition_point(|class| class.first <= number) - 1];
        let within = number - class.first;
        let (a, other) = (within / class.others as u64, (within % class.others as u64) as usize);
        let a = class.start + a as usize;
        let b = match self.group {
            Group::Within => class.start + other + usize::from(class.start + other >= a),
            _ => other + if other >= class.start { class.size } else { 0 },
        };
        [self.rows[a], self.rows[b]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [i64; 8] = [7, -2, 7, 0, -2, 7, 9, -2];

    #[test]
    fn every_ordered_pair_of_a_group_has_one_number() {
        for group in [Group::Within, Group::Between] {
            let all = Numbered::of(&LABELS, group);
            let mut found: Vec<[usize; 2]> = (0..all.count).map(|number| all.pair(number)).collect();
            found.sort_unstable();
            let pairs = (0..8).flat_map(|a| (0..8).map(move |b| [a, b]));
            let wanted: Vec<[usize; 2]> = pairs.filter(|&[a, b]| a != b && group.holds(LABELS[a], LABELS[b])).collect();
            assert_eq!(found, wanted, "{group:?}");
        }
    }

    #[test]
    fn a_group_needs_so_many_rows() {
        assert_eq!(
            [Group::Any, Group::Within, Group::Between].map(|group| least_rows(&LABELS, group)),
            [Some(2), Some(3), Some(2)]
        );
        assert_eq!([Group::Within, Group::Between].map(|group| least_rows(&[1, 1, 1], group)), [Some(2), None]);
        assert_eq!([Group::Within, Group::Between].map(|group| least_rows(&[1, 2, 3], group)), [None, Some(2)]);
        assert_eq!(sample_group(1, 0, &[1, 2, 3], Group::Within, 5), None);
        assert_eq!(sample_group(1, 0, &[1], Group::Any, 5), None);
    }
}
