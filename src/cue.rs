//! Starting states: which pattern each trial starts from, and how many of its bits are flipped, or, of a sparse code,
//! how many of its active neurons are moved.

mod sparse;

use crate::code::Code;
use crate::engine::kernel::CUE;
use crate::engine::{Backend, Element, Recording, Work, Workspace};
use crate::error::{Error, Result};
use crate::pattern::{Patterns, hamming};
use crate::random::{Purpose, stream};

/// Bits to flip for a cue of direction cosine `similarity` to its target: round(N (1 - m) / 2) (arXiv 2505.01218).
///
/// Rounded to nearest, halves away from zero, after removing the dust of the subtraction.
pub fn flips(neurons: usize, similarity: f64) -> usize {
    let exact = neurons as f64 * (1.0 - similarity) / 2.0;
    let steady = (exact * 1e9).round() / 1e9;
    (steady.round().max(0.0) as usize).min(neurons)
}

/// [`flips`] of a code: of a sparse one, the active neurons to move for a cue that keeps a share `similarity` of them.
pub fn flips_of(code: Code, neurons: usize, similarity: f64) -> usize {
    // A share s of k is a cosine of 2 s - 1 in this count.
    if code.is_sparse() { flips(code.active(neurons), 2.0 * similarity - 1.0) } else { flips(neurons, similarity) }
}

/// One trial: a stored pattern, which repetition of it this is, and how many bits to flip. The cue depends on these and
/// the experiment's seed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Index of the target among the stored patterns.
    pub pattern: usize,
    /// Distinguishes the cues of one pattern.
    pub repetition: usize,
    /// Bits to flip, or active neurons to move.
    pub flips: usize,
}

/// The trials of one similarity: `per_pattern` cues of each of `patterns`, at most `most` in all, spread evenly: trial
/// t cues pattern t mod P.
pub fn trials(patterns: usize, per_pattern: usize, most: usize, flips: usize) -> Vec<Trial> {
    let count = patterns.saturating_mul(per_pattern).min(most);
    (0..count).map(|t| Trial { pattern: t % patterns, repetition: t / patterns, flips }).collect()
}

/// [`cues`] of patterns of a code: of a sparse one made on the host, for they cost little.
///
/// # Errors
/// As [`cues`]; if patterns are not of the code, or so many active neurons cannot be moved.
pub fn cues_of(
    code: Code,
    backend: &dyn Backend,
    seed: u64,
    networks: &[u32],
    keys: &[Patterns],
    trials: &[Trial],
) -> Result<Vec<Patterns>> {
    check(networks, keys, trials)?;
    let made = |(&network, keys): (&u32, &Patterns)| {
        let neurons = keys.neurons();
        code.check(neurons)?;
        let movable = code.movable(neurons);
        if let Some(trial) = trials.iter().find(|trial| trial.flips > movable) {
            let what = format!("{} active neurons moved, of code {code} of {neurons} neurons", trial.flips);
            return Err(Error::setting(what, format!("move at most {movable}")));
        }
        if let Some(what) = code.fault(keys) {
            return Err(Error::setting(format!("cues of code {code}: {what}"), "give patterns of the code"));
        }
        let key = stream(seed, Purpose::Cue, network);
        let rows = trials.iter().flat_map(|trial| sparse::cue(code, key, trial, neurons, keys.row(trial.pattern)));
        Patterns::from_words(neurons, rows.collect())
    };
    if code.is_sparse() {
        networks.iter().zip(keys).map(made).collect()
    } else {
        cues(backend, seed, networks, keys, trials)
    }
}

/// # Errors
/// If the networks differ in neurons, or a trial cues what is not there.
fn check(networks: &[u32], keys: &[Patterns], trials: &[Trial]) -> Result<()> {
    let neurons = keys.first().map_or(0, Patterns::neurons);
    if keys.iter().any(|keys| keys.neurons() != neurons) || keys.len() != networks.len() {
        return Err(Error::setting("networks of different widths in one batch", "batch networks of equal neurons"));
    }
    if let Some(trial) = trials.iter().find(|trial| keys.iter().any(|keys| trial.pattern >= keys.len())) {
        return Err(Error::setting(format!("a cue of pattern {}", trial.pattern), "cue patterns that are stored"));
    }
    Ok(())
}

/// Makes the cues of every network, in the order of `trials`.
///
/// # Errors
/// If the networks differ in neurons, or the backend fails.
pub fn cues(
    backend: &dyn Backend,
    seed: u64,
    networks: &[u32],
    keys: &[Patterns],
    trials: &[Trial],
) -> Result<Vec<Patterns>> {
    let Some(neurons) = keys.first().map(Patterns::neurons) else { return Ok(Vec::new()) };
    check(networks, keys, trials)?;
    let words = keys[0].stride();
    let source: Vec<u32> =
        keys.iter().flat_map(|keys| trials.iter().flat_map(|trial| keys.row(trial.pattern).iter().copied())).collect();
    let draw: Vec<u32> = trials.iter().flat_map(|t| [t.pattern, t.repetition, t.flips].map(|x| x as u32)).collect();
    let key: Vec<u32> = networks.iter().flat_map(|&network| stream(seed, Purpose::Cue, network)).collect();

    let space = Workspace::new(backend);
    let nets = keys.len();
    let sources = space.rows("cue sources", Element::Bits, nets, words, &source)?;
    let draw = space.rows("cue draws", Element::U32, nets, 3, &draw.repeat(nets))?;
    let key = space.per_net("cue streams", Element::U32, nets, &key)?;
    let cue = space.alloc("cues", Element::Bits, nets, trials.len(), words)?;
    let mut recording = Recording::new();
    let work = Work { nets, trials: trials.len(), patterns: 0, neurons };
    recording.dispatch(&CUE, work, &[("source", &sources), ("draw", &draw), ("key", &key), ("cue", &cue)], &[])?;
    backend.run(&recording, 1)?;
    let cues = backend.download(&cue, trials.len())?;
    // A packed state may hold any bits, so no sentinel shows whether the kernel ran; the flips do.
    let made = cues.chunks_exact(words).zip(source.chunks_exact(words));
    let wrong = made
        .zip(trials.iter().cycle())
        .filter(|((cue, source), trial)| hamming(cue, source) as usize != trial.flips.min(neurons));
    match wrong.count() {
        0 => {}
        count => {
            return Err(Error::Device {
                device: backend.device().name.clone(),
                what: format!(
                    "{count} of {} cues do not differ from their pattern by the bits asked for",
                    cues.len() / words
                ),
                cure: "the device dropped or garbled work; update its driver, or use --backend cpu".into(),
            });
        }
    }
    let size = words * trials.len();
    (0..nets).map(|net| Patterns::from_words(neurons, cues[net * size..][..size].to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flips_follow_the_published_rounding() {
        assert_eq!(flips(100, 1.0), 0);
        assert_eq!(flips(100, 0.95), 3); // 2.5
        assert_eq!(flips(100, 0.9), 5);
        assert_eq!(flips(100, 0.4), 30);
        assert_eq!(flips(100, -1.0), 100);
        assert_eq!(flips(500, 0.05), 238); // 237.5
        assert_eq!(flips_of(Code::Bipolar, 500, 0.05), 238);
        assert_eq!(flips_of(Code::Hypercolumns(32), 1024, 0.96875), 1);
        assert_eq!([1.0, 0.9, 0.0].map(|kept| flips_of(Code::Active(20), 400, kept)), [0, 2, 20]);
    }

    #[test]
    fn trials_cover_patterns_evenly_when_cut() {
        let trials = trials(7, 5, 20, 3);
        assert_eq!(trials.len(), 20);
        for pattern in 0..7 {
            let count = trials.iter().filter(|trial| trial.pattern == pattern).count();
            assert!((2..=3).contains(&count));
        }
    }
}
