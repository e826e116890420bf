//! What was asked for, read: patterns and queries.

use attractor::data::{read_patterns, read_sources};
use attractor::pattern::Patterns;
use attractor::retrieval::Variation;
use attractor::retrieval::fit::Cues;
use attractor::{Error, cue, random};

use super::options::FitKernelArgs;

/// Queries to learn from, read.
enum Queries {
    Independent(f64),
    Flips(usize),
    Variants(Variation),
    Pairs(Patterns, Vec<usize>),
}

/// All that was asked for, read.
pub(super) struct Plan {
    pub(super) patterns: Patterns,
    queries: Queries,
}

impl Plan {
    pub(super) fn read(args: &FitKernelArgs) -> attractor::Result<Self> {
        let patterns = match (&args.patterns, args.random) {
            (Some(path), _) => read_patterns(path, args.binarize)?,
            (None, Some([count, neurons])) => random::patterns(args.fitting.seed, 0, neurons, count)?,
            (None, None) => return Err(Error::setting("no patterns", "give --patterns or --random")),
        };
        let patterns = super::super::train::first(args.first, patterns)?;
        let cues = &args.cues;
        let queries = match (cues.flips, cues.similarity, cues.variant, &cues.pairs, &cues.sources) {
            (Some(share), ..) => Queries::Independent(share),
            (_, Some(similarity), ..) if (-1.0..=1.0).contains(&similarity) => {
                Queries::Flips(cue::flips(patterns.neurons(), similarity))
            }
            (_, Some(similarity), ..) => {
                return Err(Error::setting(format!("--similarity {similarity}"), "give a cosine from -1 to 1"));
            }
            (_, _, Some(variant), ..) => {
                Queries::Variants(Variation { order: cues.order, ..Variation::new(variant, args.fitting.seed) })
            }
            (_, _, _, Some(pairs), Some(sources)) => {
                let queries = read_patterns(pairs, args.binarize)?;
                let sources = read_sources(sources, queries.len())?;
                Queries::Pairs(queries, sources)
            }
            _ => return Err(Error::setting("no queries to learn from", "give --flips, or --pairs and --sources")),
        };
        let plan = Self { patterns, queries };
        plan.cues().check(&plan.patterns)?;
        Ok(plan)
    }

    pub(super) fn cues(&self) -> Cues<'_> {
        match &self.queries {
            Queries::Independent(share) => Cues::Independent(*share),
            Queries::Flips(flips) => Cues::Flips(*flips),
            Queries::Variants(variation) => Cues::Variants(variation),
            Queries::Pairs(queries, sources) => Cues::Pairs { queries, sources },
        }
    }

    /// How many pairs were given, if any were.
    pub(super) fn pairs(&self) -> Option<usize> {
        match &self.queries {
            Queries::Pairs(_, sources) => Some(sources.len()),
            _ => None,
        }
    }
}
