//! What a sweep means: its cells, their sizes and their memory. Refused here, or not at all.

use serde::{Deserialize, Serialize};

use crate::cue::flips;
use crate::engine::array::size;
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::memory::Profile;
use crate::pattern::{Patterns, words_per_pattern};
use crate::rule::{Descent, Rule};

/// Patterns squared times neurons that are trained together: more networks at once than this keep no device busier, and
/// fewer finished cells would be saved on the way.
const TRAINED_TOGETHER: u64 = 500_000_000;

/// All that decides the numbers in a sweep's cells; two sweeps that agree here agree in every bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Neurons, N.
    pub neurons: usize,
    /// Loads P/N.
    pub loads: Vec<f64>,
    /// Cosines between cue and target.
    pub similarities: Vec<f64>,
    /// Kernels, as `--kernel` spells them.
    pub kernels: Vec<String>,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// eta.
    pub learning_rate: f32,
    /// lambda.
    pub regularization: f32,
    /// Updates of the dual.
    pub updates: usize,
    /// Share of the initial gradient below which training counts as settled.
    pub tolerance: f64,
    /// Cues of each stored pattern.
    pub cues_per_pattern: usize,
    /// Most cues per network and similarity.
    pub max_cues: usize,
    /// Independent networks per load.
    pub networks: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Most synchronous steps.
    pub max_steps: usize,
    /// The user's own patterns, when not random.
    pub patterns: Option<Source>,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
}

/// A file of patterns, and a fingerprint of what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file, as given.
    pub file: String,
    /// `--binarize`, if given.
    pub binarize: Option<String>,
    /// FNV-1a of the packed patterns, in hexadecimal.
    pub fingerprint: String,
}

impl Source {
    /// Names a file and what it holds.
    pub fn new(file: String, binarize: Option<String>, patterns: &Patterns) -> Self {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let hash = patterns.words().iter().flat_map(|word| word.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, fold);
        Self { file, binarize, fingerprint: format!("{hash:016x}") }
    }
}

/// The networks of one kernel and load that are trained and recalled together.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The kernel.
    pub profile: Profile,
    /// The load asked for.
    pub load: f64,
    /// Stored patterns, P.
    pub patterns: usize,
    /// Networks, by index.
    pub networks: Vec<u32>,
    /// Multiply-adds of training, and of one recall step of every trial.
    pub cost: f64,
}

/// A sweep, checked and cut into units.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// The rule.
    pub rule: Rule,
    /// The descent's settings.
    pub descent: Descent,
    /// The user's own patterns, when given.
    pub patterns: Option<Patterns>,
    /// Bits to flip for each similarity.
    pub flips: Vec<usize>,
    /// (kernel, load, patterns) in the order of the cells.
    groups: Vec<(Profile, f64, usize)>,
}

impl Plan {
    /// Checks settings, and the patterns given with them.
    ///
    /// # Errors
    /// Naming the first setting that cannot be meant and what to write instead.
    pub fn new(settings: Settings, patterns: Option<Patterns>) -> Result<Self> {
        let descent = Descent {
            learning_rate: settings.learning_rate,
            regularization: settings.regularization,
            updates: settings.updates,
            tolerance: settings.tolerance,
        };
        descent.check()?;
        check_counts(&settings)?;
        check_similarities(&settings.similarities)?;
        let counts = pattern_counts(&settings, patterns.as_ref())?;
        let mut groups = Vec::new();
        for (index, kernel) in settings.kernels.iter().enumerate() {
            let profile: Profile = kernel.parse()?;
            profile.table(settings.neurons)?;
            if settings.kernels[..index].contains(kernel) {
                return Err(Error::setting(format!("kernel {kernel} twice"), "list each kernel once"));
            }
            groups.extend(settings.loads.iter().zip(&counts).map(|(&load, &count)| (profile, load, count)));
        }
        let flips = settings.similarities.iter().map(|&similarity| flips(settings.neurons, similarity)).collect();
        let rule = settings.rule.parse()?;
        Ok(Self { settings, rule, descent, patterns, flips, groups })
    }

    /// Cells in all.
    pub fn cells(&self) -> usize {
        self.groups.len() * self.settings.networks * self.settings.similarities.len()
    }

    /// Cells of one network at one kernel and load: they are saved together.
    pub fn cells_per_network(&self) -> usize {
        self.settings.similarities.len()
    }

    /// Trials of one similarity.
    pub fn trials(&self, patterns: usize) -> usize {
        patterns.saturating_mul(self.settings.cues_per_pattern).min(self.settings.max_cues)
    }

    /// Whether this cell belongs in this row of cells.csv.
    pub fn expects(&self, row: usize, cell: &Cell) -> bool {
        let similarities = self.cells_per_network();
        let (network, similarity) = (row / similarities, row % similarities);
        self.groups.get(network / self.settings.networks).is_some_and(|&(profile, load, patterns)| {
            (cell.kernel.as_str(), cell.load, cell.patterns) == (profile.to_string().as_str(), load, patterns)
                && cell.network == network % self.settings.networks
                && cell.similarity == self.settings.similarities[similarity]
                && (cell.neurons, cell.flips) == (self.settings.neurons, self.flips[similarity])
        })
    }

    /// The units that remain when the first `done` networks are finished, in the order of the cells.
    pub fn units(&self, done: usize) -> Vec<Unit> {
        let networks = self.settings.networks;
        let mut units = Vec::new();
        for (index, &(profile, load, patterns)) in self.groups.iter().enumerate() {
            let first = done.saturating_sub(index * networks).min(networks);
            let remaining: Vec<u32> = (first as u32..networks as u32).collect();
            let one = patterns as u64 * patterns as u64 * self.settings.neurons as u64;
            let together = (TRAINED_TOGETHER / one.max(1)).max(1) as usize;
            units.extend(remaining.chunks(together).map(|networks| Unit {
                profile,
                load,
                patterns,
                networks: networks.to_vec(),
                cost: networks.len() as f64 * self.network_cost(patterns),
            }));
        }
        units
    }

    /// Multiply-adds of training one network and of recalling its cues, at three steps a trial.
    fn network_cost(&self, patterns: usize) -> f64 {
        let (patterns, neurons) = (patterns as f64, self.settings.neurons as f64);
        let trials = self.trials(patterns as usize) as f64 * self.settings.similarities.len() as f64;
        patterns * neurons * (2.0 * patterns * (self.settings.updates + 2) as f64 + 3.0 * trials)
    }

    /// Share of a unit's cost that is training.
    pub fn training_share(&self, unit: &Unit) -> f64 {
        let patterns = unit.patterns as f64;
        let training = 2.0 * patterns * patterns * self.settings.neurons as f64 * (self.settings.updates + 2) as f64;
        training / self.network_cost(unit.patterns)
    }

    /// Bytes that the largest unit holds at once, on the host or device.
    pub fn bytes(&self) -> u64 {
        self.units(0).iter().map(|unit| self.unit_bytes(unit)).max().unwrap_or(0)
    }

    fn unit_bytes(&self, unit: &Unit) -> u64 {
        let (nets, patterns, neurons) = (unit.networks.len(), unit.patterns, self.settings.neurons);
        let trials = self.trials(patterns) * self.settings.similarities.len();
        let recall = recall_bytes(nets, patterns, neurons, trials, self.settings.max_steps);
        training_bytes(nets, patterns, neurons).max(recall)
    }

    /// Refuses a plan that will not fit in `available` bytes.
    ///
    /// # Errors
    /// [`Error::Memory`] with the estimate and what to lower.
    pub fn check_memory(&self, available: u64) -> Result<()> {
        let largest = self.groups.iter().map(|group| group.2).max().unwrap_or(0);
        let what = format!("a sweep of up to {largest} patterns of {} neurons", self.settings.neurons);
        check_fits(&what, self.bytes(), available, "lower --loads, --neurons, --max-cues or --max-steps")
    }
}

/// Bytes that training holds at once: dual, residual and gradient on the device, each once more on its way to the host,
/// and the packed dual of a product.
pub fn training_bytes(nets: usize, patterns: usize, neurons: usize) -> u64 {
    product(&[nets, patterns, neurons, 4 * 7])
}

/// Bytes that recall holds at once: duals three times, the fields of a batch (at most 256 MiB), and every state of every
/// step of a trial.
pub fn recall_bytes(nets: usize, patterns: usize, neurons: usize, trials: usize, max_steps: usize) -> u64 {
    let duals = product(&[nets, patterns, neurons, 4 * 3]);
    let fields = product(&[nets, trials, neurons, 4]).min(256 << 20);
    let states = product(&[nets, trials, words_per_pattern(neurons), 4, max_steps + 4]);
    duals.saturating_add(fields).saturating_add(states)
}

fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |product: u64, &factor| product.saturating_mul(factor as u64))
}

/// Refuses work that needs more bytes than are available.
///
/// # Errors
/// [`Error::Memory`] with the estimate and the cure.
pub fn check_fits(what: &str, needed: u64, available: u64, cure: &str) -> Result<()> {
    if needed <= available {
        return Ok(());
    }
    Err(Error::Memory { what: what.into(), needed: size(needed), available: size(available), cure: cure.into() })
}

fn check_counts(settings: &Settings) -> Result<()> {
    let counts = [
        ("--neurons", settings.neurons),
        ("--cues-per-pattern", settings.cues_per_pattern),
        ("--max-cues", settings.max_cues),
        ("--networks", settings.networks),
        ("--max-steps", settings.max_steps),
    ];
    if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
        return Err(Error::setting(format!("{name} 0"), format!("give {name} of at least 1")));
    }
    // Indices are 32-bit on the device.
    if let Some((name, count)) = counts.iter().find(|(_, count)| *count > 1 << 24) {
        return Err(Error::setting(format!("{name} {count}"), format!("give {name} of at most {}", 1 << 24)));
    }
    if settings.kernels.is_empty() || settings.loads.is_empty() || settings.similarities.is_empty() {
        return Err(Error::setting("an empty list", "give at least one kernel, one load and one similarity"));
    }
    if settings.patterns.is_some() && settings.networks > 1 {
        return Err(Error::setting(
            format!("--networks {} with --patterns", settings.networks),
            "a file gives one network: leave --networks out",
        ));
    }
    Ok(())
}

fn check_similarities(similarities: &[f64]) -> Result<()> {
    for (index, &similarity) in similarities.iter().enumerate() {
        if !(-1.0..=1.0).contains(&similarity) {
            return Err(Error::setting(
                format!("similarity {similarity}"),
                "a cosine lies between -1 and 1: give --similarities within",
            ));
        }
        if similarities[..index].contains(&similarity) {
            return Err(Error::setting(format!("similarity {similarity} twice"), "list each similarity once"));
        }
    }
    Ok(())
}

/// P for every load.
fn pattern_counts(settings: &Settings, given: Option<&Patterns>) -> Result<Vec<usize>> {
    let mut counts = Vec::with_capacity(settings.loads.len());
    for &load in &settings.loads {
        let exact = load * settings.neurons as f64;
        if !load.is_finite() || exact.round() < 1.0 {
            let least = 1.0 / settings.neurons as f64;
            return Err(Error::setting(
                format!("load {load} of {} neurons, which rounds to no pattern", settings.neurons),
                format!("give --loads of at least {least}"),
            ));
        }
        // 2^24 patterns index exactly everywhere, and no sum over more is certified.
        if exact.round() > f64::from(1 << 24) {
            return Err(Error::setting(
                format!("load {load}, {exact:e} patterns"),
                format!("store at most {} patterns", 1 << 24),
            ));
        }
        let count = exact.round() as usize;
        if settings.neurons < 25 && count > 1 << settings.neurons {
            return Err(Error::setting(
                format!(
                    "load {load}: {count} patterns of {} neurons, but only {} differ",
                    settings.neurons,
                    1 << settings.neurons
                ),
                "lower --loads or raise --neurons",
            ));
        }
        if let Some(given) = given.filter(|given| given.len() < count) {
            return Err(Error::setting(
                format!(
                    "load {load} of {} neurons needs {count} patterns, the file has {}",
                    settings.neurons,
                    given.len()
                ),
                format!("give --loads of at most {}", given.len() as f64 / settings.neurons as f64),
            ));
        }
        if counts.contains(&count) {
            return Err(Error::setting(
                format!("load {load}, which stores {count} patterns like another"),
                "list each load once",
            ));
        }
        counts.push(count);
    }
    Ok(counts)
}
