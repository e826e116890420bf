//! Rows of a study pooled over networks. Knows nothing of what was measured.

use super::estimate::Estimate;
use super::number::scientific;
use crate::measure::row::{Head, Row};

/// The rows of one condition, one of each network; those of networks that learnt nothing left out.
pub(crate) struct Pool<'a, Measured> {
    /// The first, whichever it is.
    first: &'a Row<Measured>,
    /// Networks, whether they learnt anything or not.
    pub(crate) networks: usize,
    rows: Vec<&'a Row<Measured>>,
}

/// Pools rows whose networks differ in their patterns alone and whose measured parts have the same key, in the order in
/// which conditions first appear.
pub(crate) fn pooled<Measured, Key: PartialEq>(
    rows: &[Row<Measured>],
    key: impl Fn(&Measured) -> Key,
) -> Vec<Pool<'_, Measured>> {
    let mut pools: Vec<Pool<'_, Measured>> = Vec::new();
    for row in rows {
        // Rows of one condition lie near one another: the search from the end is short.
        let alike = |pool: &Pool<'_, Measured>| {
            pool.first.head.alike(&row.head) && key(&pool.first.measured) == key(&row.measured)
        };
        let at = pools.iter().rposition(alike).unwrap_or_else(|| {
            pools.push(Pool { first: row, networks: 0, rows: Vec::new() });
            pools.len() - 1
        });
        let pool = &mut pools[at];
        pool.networks += 1;
        pool.rows.extend(row.head.learnt().then_some(row));
    }
    pools
}

impl<Measured> Pool<'_, Measured> {
    /// The head of its first row.
    pub(crate) fn head(&self) -> &Head {
        &self.first.head
    }

    /// What was measured in its first network.
    pub(crate) fn first(&self) -> &Measured {
        &self.first.measured
    }

    /// What was measured, network by network.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Measured> {
        self.rows.iter().map(|row| &row.measured)
    }

    /// Mean over networks with Student's interval.
    pub(crate) fn mean(&self, of: impl Fn(&Measured) -> Option<f64>) -> Option<Estimate> {
        Estimate::mean(self.each().filter_map(|measured| Some((of(measured)?, 1))).collect())
    }

    /// A share of all networks' trials together, with Wilson's interval: (share, trials) of each.
    pub(crate) fn share(&self, of: impl Fn(&Measured) -> (f64, usize)) -> Option<Estimate> {
        let parts = || self.each().map(&of).filter(|(share, trials)| share.is_finite() && *trials > 0);
        let trials: u64 = parts().map(|(_, trials)| trials as u64).sum();
        let successes = parts().map(|(share, trials)| (share * trials as f64).round() as u64).sum();
        (trials > 0).then(|| Estimate::share(successes, trials))
    }

    /// Networks whose training had settled.
    pub(crate) fn settled(&self) -> usize {
        self.rows.iter().filter(|row| row.head.settled).count()
    }

    /// Whether some had not.
    pub(crate) fn unsettled(&self) -> bool {
        self.settled() < self.rows.len()
    }

    /// The largest gradient component left in any network.
    pub(crate) fn gradient_norm(&self) -> String {
        scientific(self.rows.iter().map(|row| row.head.gradient_norm).fold(f64::NAN, f64::max))
    }
}

/// The conditions of one memory (rule, kernel, penalty and N) after another.
pub(crate) fn memories<'a, 'b, Measured>(
    pools: &'b [Pool<'a, Measured>],
) -> impl Iterator<Item = &'b [Pool<'a, Measured>]> {
    let one = |head: &Head| (head.model(), head.regularization, head.neurons);
    pools.chunk_by(move |a, b| one(a.head()) == one(b.head()))
}

/// A memory's rule, kernel and penalty in letters that every file system takes.
pub(crate) fn file_name(head: &Head) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    format!("{}-{}", head.model(), head.regularization).to_ascii_lowercase().chars().map(safe).take(80).collect()
}
