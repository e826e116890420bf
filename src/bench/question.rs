//! A case's data: the same keys, dual and cues for the engine and for its peers.

use std::path::Path;

use rayon::prelude::*;

use super::archive::{member, write_npz};
use super::job::Case;
use super::{KERNEL, SEED};
use crate::code::Code;
use crate::engine::Backend;
use crate::engine::Workspace;
use crate::error::Result;
use crate::memory::{Memory, Profile, Readout, Table};
use crate::pattern::Patterns;
use crate::random::{Philox, Purpose, patterns, stream};
use crate::recall::recall;
use crate::rule::{self, Descent, Model, Rule};

/// The settings of training: the published ones.
pub(super) fn descent(updates: usize) -> Descent {
    Descent { updates, ..Descent::default() }
}

/// The data of one case, one entry per network.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) case: Case,
    pub(super) keys: Vec<Patterns>,
    /// Random dual variables, row-major \[P, N\]: how fast recall is does not depend on where they come from.
    pub(super) duals: Vec<Vec<f32>>,
    pub(super) cues: Vec<Patterns>,
    pub(super) table: Table,
}

impl Question {
    /// Draws a case's data. A pattern or a dual depends on its network and row alone.
    pub(super) fn draw(case: Case) -> Result<Self> {
        let Case { nets, neurons, patterns: stored, trials, .. } = case;
        let sets = |first: usize, count: usize| {
            (first..first + nets)
                .map(|network| patterns(SEED, network as u32, neurons, count))
                .collect::<Result<Vec<_>>>()
        };
        Ok(Self {
            case,
            keys: sets(0, stored)?,
            duals: (0..nets).map(|net| dual(net as u32, stored, neurons)).collect(),
            cues: sets(nets, trials)?,
            table: KERNEL.parse::<Profile>()?.table(neurons)?,
        })
    }

    /// The networks as memories, ready for recall; moved, so that they are there once.
    pub(super) fn into_memories(self, backend: &dyn Backend) -> Result<Vec<Memory>> {
        let provenance =
            rule::provenance(&Model::new(Rule::klr(), Some(KERNEL.parse()?))?, &descent(0), backend.device());
        let table = self.table;
        let nets = self.keys.into_iter().zip(self.duals);
        let readout = |dual| Readout::Dual { dual, table: table.clone() };
        let memory =
            |(keys, dual)| Memory { keys, readout: readout(dual), code: Code::Bipolar, provenance: provenance.clone() };
        Ok(nets.map(memory).collect())
    }

    /// The next states, every sign of them certified: the right answer, whichever backend finds it.
    pub(super) fn certified(&self, backend: &dyn Backend) -> Result<Vec<Patterns>> {
        let memories = self.clone().into_memories(backend)?;
        let memories: Vec<&Memory> = memories.iter().collect();
        let recalled = recall(&Workspace::new(backend), &memories, &self.cues, 1, &mut |_| true)?;
        Ok(recalled.into_iter().map(|recall| recall.finals).collect())
    }

    /// Writes keys and cues (int8) and alpha (f32) as an uncompressed .npz, with an axis of networks in front when there
    /// are several.
    pub(super) fn write_npz(&self, path: &Path) -> Result<()> {
        let bipolar = |sets: &[Patterns]| sets.iter().flat_map(Patterns::to_bipolar).collect::<Vec<i8>>();
        let shape = |rows: usize| {
            let shape = [self.case.nets, rows, self.case.neurons].map(|length| length as u64);
            shape[usize::from(self.case.nets == 1)..].to_vec()
        };
        write_npz(path, |archive| {
            let stored = shape(self.case.patterns);
            member(archive, "keys", &stored, &bipolar(&self.keys))?;
            member(archive, "alpha", &stored, &self.duals.concat())?;
            member(archive, "cues", &shape(self.case.trials), &bipolar(&self.cues))
        })
    }
}

/// Dual variables uniform in \[-1, 1), 24 bits each, row-major \[P, N\].
pub(super) fn dual(network: u32, patterns: usize, neurons: usize) -> Vec<f32> {
    use rand::Rng;
    let key = stream(SEED, Purpose::Dual, network);
    let mut dual = vec![0.0; patterns * neurons];
    dual.par_chunks_mut(neurons).enumerate().for_each(|(pattern, row)| {
        let mut generator = Philox::new(key, [pattern as u32, 0, 0]);
        row.fill_with(|| (generator.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0);
    });
    dual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duals_are_balanced_and_rows_depend_on_themselves_alone() {
        let long = dual(0, 500, 40);
        assert_eq!(dual(0, 3, 40), long[..120]);
        assert_ne!(dual(1, 3, 40), long[..120]);
        assert!(long.iter().all(|value| (-1.0..1.0).contains(value)));
        // Standard deviation 1 / sqrt 3 each: five of the sum's are 409.
        assert!(long.iter().sum::<f32>().abs() < 409.0);
    }
}
