//! The energy of a memory, where it has one.

use super::{Continuous, Couplings, Memory, Profile, Readout, Table};
use crate::error::{Error, Result};
use crate::pattern::{hamming, is_up};

/// What a memory's states descend: E(s) = -sum over mu of F(m_mu) where the patterns are their own dual (Hanley 2025,
/// 2.3.1), and E(s) = -1/2 sum over i and j of s_i W\[i, j\] s_j of couplings (Hopfield 1982).
pub struct Energy<'a> {
    memory: &'a Memory,
    /// F by distance, where the energy is that of a dual.
    integral: Option<Vec<f64>>,
}

impl Memory {
    /// The energy, if there is one: none of a dual that is not its keys, such as a learned one, of a sparse code, or of
    /// couplings with a bias.
    pub fn energy(&self) -> Option<Energy<'_>> {
        if self.code.is_sparse() || self.readout.bias().is_some() {
            return None;
        }
        let integral = match &self.readout {
            Readout::Dual { dual, table } => {
                if !self.is_its_own_dual(dual) {
                    return None;
                }
                let known = self.profile(table).and_then(|profile| profile.integral(self.keys.neurons()));
                Some(known.unwrap_or_else(|| table.integral()))
            }
            Readout::Couplings(_) => None,
        };
        Some(Energy { memory: self, integral })
    }

    /// V(s) = -sum over i of s_i h_i(s) of a packed state, in f64: what stands in for an energy where there is none
    /// (arXiv 2605.00366). None of a sparse code, of couplings with a bias, or if it is beyond f64.
    pub fn pseudo_energy(&self, state: &[u32]) -> Option<f64> {
        if self.code.is_sparse() || self.readout.bias().is_some() {
            return None;
        }
        let neurons = self.keys.neurons();
        let signed = |neuron: usize, value: f64| if is_up(state, neuron) { value } else { -value };
        let along = |row: &[f32]| (0..neurons).map(|i| signed(i, f64::from(row[i]))).sum::<f64>();
        let rows = self.readout.matrix().chunks_exact(neurons).enumerate();
        let sum: f64 = match &self.readout {
            Readout::Dual { table, .. } => {
                let weight = |key: usize| {
                    let distance = hamming(state, self.keys.row(key)) as usize;
                    libm::scalbn(f64::from(table.values[distance]), table.exponents[distance])
                };
                rows.map(|(key, row)| weight(key) * along(row)).sum()
            }
            Readout::Couplings(_) => rows.map(|(j, row)| signed(j, along(row))).sum(),
        };
        let vanishes = sum == 0.0 && self.is_wide();
        // From 0, for one of no sign.
        (sum.is_finite() && !vanishes).then_some(0.0 - sum)
    }

    /// Whether weights may be below all of f64's: a sum of 0 then says nothing.
    fn is_wide(&self) -> bool {
        self.readout.dual().is_some_and(|(_, table)| table.is_wide())
    }

    /// Refuses a memory without an energy.
    ///
    /// # Errors
    /// Saying which have one.
    pub fn check_energy(&self) -> Result<()> {
        self.energy().map(|_| ()).ok_or_else(|| {
            let why = match &self.readout {
                _ if self.code.is_sparse() => "its code is sparse",
                Readout::Dual { .. } => "its dual is not its patterns",
                Readout::Couplings(_) => "it has a bias",
            };
            Error::setting(
                format!("a memory by rule {}, which has no energy to descend: {why}", self.provenance.rule),
                "leave :energy out, or use a rule whose patterns are their own dual (hebb) or that gives couplings",
            )
        })
    }

    /// The memory whose fields, without a neuron's own part, are E(s_i = -1) - E(s_i = +1): the same keys and dual with
    /// another table, over the distances of the other neurons; or the couplings' symmetric part without its diagonal.
    ///
    /// # Errors
    /// If it has no energy, or no table holds its differences.
    pub(crate) fn of_differences(&self) -> Result<Self> {
        self.check_energy()?;
        let neurons = self.keys.neurons();
        let readout = match &self.readout {
            Readout::Dual { dual, table } => {
                let known = self.profile(table).and_then(|profile| profile.differences(neurons));
                let table: Table = known.unwrap_or_else(|| table.differences())?;
                Readout::Dual { dual: dual.clone(), table }
            }
            Readout::Couplings(Couplings { matrix, .. }) => {
                let between = |i: usize, j: usize| match i == j {
                    true => 0.0,
                    // Half their sum would round the same way, but for the smallest numbers.
                    false => matrix[i * neurons + j] + matrix[j * neurons + i],
                };
                let both: Vec<f32> = (0..neurons * neurons).map(|at| between(at / neurons, at % neurons)).collect();
                Readout::Couplings(both.into())
            }
        };
        Ok(Self { keys: self.keys.clone(), readout, code: self.code, provenance: self.provenance.clone() })
    }

    /// The continuous form of its kernel, for real-valued states (see [`Continuous`]).
    ///
    /// # Errors
    /// Of couplings, which have no kernel, and where the table is not known to be that of a kernel with a formula.
    pub fn continuous(&self) -> Result<Continuous> {
        let Some((_, table)) = self.readout.dual() else {
            let what = format!("a kernel of a memory by rule {}, whose readout is couplings", self.provenance.rule);
            return Err(Error::setting(what, "use a rule with a kernel: klr, krr or hebb"));
        };
        match self.profile(table) {
            Some(profile) => profile.continuous(self.keys.neurons()),
            None => Err(Error::setting(
                format!("kernel {:?}, whose table here is not the one of that name", self.provenance.kernel),
                "real-valued states need a kernel with a formula: train the memory here, with --kernel rbf:GAMMA say",
            )),
        }
    }

    /// The kernel, if it is known by its formula: a name alone says nothing, for the table is what counts.
    fn profile(&self, table: &Table) -> Option<Profile> {
        let named: Profile = self.provenance.kernel.parse().ok()?;
        named.table(self.keys.neurons()).is_ok_and(|own| own == *table).then_some(named)
    }

    /// Whether the dual is the keys, times a positive number.
    fn is_its_own_dual(&self, dual: &[f32]) -> bool {
        let factor = dual.first().map_or(1.0, |first| first.abs());
        let keys = self.keys.to_bipolar();
        factor > 0.0
            && keys.len() == dual.len()
            && keys.iter().zip(dual).all(|(&key, &dual)| f32::from(key) * factor == dual)
    }
}

impl Energy<'_> {
    /// The energy of a packed state, in f64; none if it is beyond f64.
    pub fn of(&self, state: &[u32]) -> Option<f64> {
        // Of couplings it is half of what their fields come to.
        let Some(integral) = &self.integral else { return self.memory.pseudo_energy(state).map(|twice| twice / 2.0) };
        let keys = &self.memory.keys;
        let below: f64 = (0..keys.len()).map(|key| integral[hamming(state, keys.row(key)) as usize]).sum();
        let vanishes = below == 0.0 && self.memory.is_wide();
        (below.is_finite() && !vanishes).then_some(0.0 - below)
    }
}
