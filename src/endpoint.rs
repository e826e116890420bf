//! Where a trial ended: its target, another stored pattern, a spurious state, a cycle, or nowhere yet.

use attractor_kernels_cpu::outcome as code;
use serde::Serialize;

use crate::engine::kernel::{NEAREST, OUTCOME};
use crate::engine::{Element, Recording, Work, Workspace};
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::recall::Recall;

/// Where a trial ended, by exact equality (arXiv 2505.01218, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A fixed point that is its target.
    Target,
    /// A fixed point that is another stored pattern.
    Other,
    /// A fixed point that is no stored pattern.
    Spurious,
    /// A cycle of two or more states.
    Cycle,
    /// Still moving after the last step.
    Unsettled,
}

impl Outcome {
    fn from_code(value: u32) -> Result<Self> {
        match value {
            code::TARGET => Ok(Self::Target),
            code::OTHER => Ok(Self::Other),
            code::SPURIOUS => Ok(Self::Spurious),
            code::CYCLE => Ok(Self::Cycle),
            code::UNSETTLED => Ok(Self::Unsettled),
            _ => Err(Error::setting(format!("outcome code {value}"), "report this: a kernel wrote what it cannot")),
        }
    }

    /// Whether the trial ended in a fixed point.
    pub fn is_fixed_point(self) -> bool {
        matches!(self, Self::Target | Self::Other | Self::Spurious)
    }
}

/// A trial's end and the stored patterns around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Endpoint {
    /// Where it ended.
    pub outcome: Outcome,
    /// Index of the stored pattern nearest to the final state, the lowest among equals.
    pub nearest: usize,
    /// Hamming distance to it.
    pub distance: usize,
    /// Hamming distance d between the final state and the target.
    pub target_distance: usize,
    /// Direction cosine between them, 1 - 2 d / N.
    pub cosine: f64,
}

/// Finds every trial's endpoint. `learned` are the stored patterns of each network, the nearest of which is found and
/// named; `targets` are each trial's own, in the order of the recall.
///
/// # Errors
/// If the shapes differ, or the backend fails.
pub fn endpoints(
    space: &Workspace<'_>,
    learned: &[&Patterns],
    recalls: &[Recall],
    targets: &[Patterns],
) -> Result<Vec<Vec<Endpoint>>> {
    let (Some(first), Some(recalled)) = (learned.first(), recalls.first()) else { return Ok(Vec::new()) };
    let (neurons, words, nets) = (first.neurons(), first.stride(), learned.len());
    let trials = recalled.endings.len();
    let fits = |rows: &Patterns, count: usize| rows.neurons() == neurons && rows.len() == count;
    let alike = learned.iter().all(|rows| fits(rows, first.len()))
        && recalls.iter().all(|recall| fits(&recall.finals, trials))
        && targets.iter().all(|rows| fits(rows, trials));
    if !alike || recalls.len() != nets || targets.len() != nets {
        return Err(Error::setting(
            format!("{} targets for {trials} trials of {neurons} neurons in {nets} networks", targets.len()),
            "give every trial of every network one target of the memory's width",
        ));
    }
    let packed: Vec<u32> = learned.iter().flat_map(|rows| rows.words().iter().copied()).collect();
    let finals: Vec<u32> = recalls.iter().flat_map(|recall| recall.finals.words().iter().copied()).collect();
    let wanted: Vec<u32> = targets.iter().flat_map(|rows| rows.words().iter().copied()).collect();
    let periods: Vec<u32> =
        recalls.iter().flat_map(|recall| recall.endings.iter().map(|end| end.period as u32)).collect();

    let backend = space.backend();
    let space = Workspace::new(backend);
    let keys = space.rows("learned patterns", Element::Bits, nets, words, &packed)?;
    let finals = space.rows("final states", Element::Bits, nets, words, &finals)?;
    let wanted = space.rows("targets", Element::Bits, nets, words, &wanted)?;
    let period = space.rows("periods", Element::U32, nets, 1, &periods)?;
    let [nearest, index, outcome, distance] = ["nearest distances", "nearest patterns", "outcomes", "target distances"]
        .map(|label| space.alloc(label, Element::U32, nets, trials, 1));
    let (nearest, index, outcome, distance) = (nearest?, index?, outcome?, distance?);
    let mut recording = Recording::new();
    let work = Work { nets, trials, patterns: first.len(), neurons };
    let arrays = [("states", &finals), ("keys", &keys), ("distance", &nearest), ("index", &index)];
    recording.dispatch(&NEAREST, work, &arrays, &[])?;
    let arrays = [
        ("finals", &finals),
        ("targets", &wanted),
        ("nearest", &nearest),
        ("period", &period),
        ("outcome", &outcome),
        ("distance", &distance),
    ];
    recording.dispatch(&OUTCOME, work, &arrays, &[])?;
    backend.run(&recording, 1)?;
    let [nearest, index, outcome, distance] =
        [nearest, index, outcome, distance].map(|array| backend.download(&array, trials));
    let (nearest, index, outcome, distance) = (nearest?, index?, outcome?, distance?);
    let endpoint = |trial: usize| {
        Ok(Endpoint {
            outcome: Outcome::from_code(outcome[trial])?,
            nearest: index[trial] as usize,
            distance: nearest[trial] as usize,
            target_distance: distance[trial] as usize,
            cosine: (neurons as f64 - 2.0 * f64::from(distance[trial])) / neurons as f64,
        })
    };
    (0..nets).map(|net| (net * trials..(net + 1) * trials).map(endpoint).collect()).collect()
}
